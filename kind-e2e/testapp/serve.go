package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Ports of the servers.
const (
	httpPort    = ":8080"
	tcpPort     = ":9000" // echoes lines
	greetPort   = ":9001" // speaks first
	udpPort     = ":9002" // echoes datagrams
	grpcPort    = ":9003" // the gRPC health service
	probePort   = ":8081" // HTTP for probes only, never asked by another pod
	lingerAfter = 4 * time.Second
)

func serve(end context.Context) error {
	failed := make(chan error, 8)
	go func() { failed <- http.ListenAndServe(httpPort, http.HandlerFunc(whoami)) }()
	go func() { failed <- http.ListenAndServe(probePort, http.HandlerFunc(whoami)) }()
	go func() { failed <- serveTCP(tcpPort, echo) }()
	go func() { failed <- serveTCP(greetPort, greet) }()
	go func() { failed <- serveUDP() }()
	go func() { failed <- serveGRPCHealth() }()
	switchReadiness()
	fmt.Println("serving")
	select {
	case err := <-failed:
		return err
	case <-end.Done():
		// Peers learn late that a pod is leaving: as every good server, this one serves on for a moment.
		time.Sleep(lingerAfter)
		return nil
	}
}

// The answer of every server that can tell: who answered, from where, and whom it saw.
func identity(remote, local net.Addr) string {
	host, _ := os.Hostname()
	return fmt.Sprintf("host=%s node=%s remote=%s local=%s", host, os.Getenv("NODE"), remote, local)
}

var ready atomic.Bool

// SIGUSR1 makes the server ready or not, in turns.
func switchReadiness() {
	ready.Store(true)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	go func() {
		for range signals {
			ready.Store(!ready.Load())
		}
	}()
}

type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

func whoami(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ready" && !ready.Load() {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	fmt.Fprintln(w, identity(address(r.RemoteAddr), local))
}

func serveTCP(port string, talk func(net.Conn)) error {
	listener, err := net.Listen("tcp", port)
	if err != nil {
		return err
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer connection.Close()
			talk(connection)
		}()
	}
}

func echo(connection net.Conn) {
	lines := bufio.NewScanner(connection)
	for lines.Scan() {
		if _, err := fmt.Fprintln(connection, lines.Text(), identity(connection.RemoteAddr(), connection.LocalAddr())); err != nil {
			return
		}
	}
}

func greet(connection net.Conn) {
	fmt.Fprintln(connection, "hello", identity(connection.RemoteAddr(), connection.LocalAddr()))
}

func serveUDP() error {
	socket, err := net.ListenPacket("udp", udpPort)
	if err != nil {
		return err
	}
	buffer := make([]byte, 1500)
	for {
		length, peer, err := socket.ReadFrom(buffer)
		if err != nil {
			return err
		}
		answer := string(buffer[:length]) + " " + identity(peer, socket.LocalAddr()) + "\n"
		if _, err := socket.WriteTo([]byte(answer), peer); err != nil {
			fmt.Fprintln(os.Stderr, "udp:", err)
		}
	}
}

// The gRPC health protocol by hand: one answer, SERVING, over HTTP/2 without TLS.
func serveGRPCHealth() error {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Addr: grpcPort, Protocols: protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		// Uncompressed, two bytes long, field 1 (status) = 1 (SERVING).
		_, _ = w.Write([]byte{0, 0, 0, 0, 2, 0x08, 0x01})
		w.Header().Set("Grpc-Status", "0")
	})}
	return server.ListenAndServe()
}
