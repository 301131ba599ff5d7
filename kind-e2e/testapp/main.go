// Testapp is the one program of the end-to-end tests: every kind of server that they need, and clients that count.
//
//	testapp serve                      all servers, until the end
//	testapp get URL [COUNT]            GETs, each over a connection of its own; prints the answers
//	testapp tcp HOST:PORT TEXT         sends a line, prints the answer
//	testapp greeted HOST:PORT          prints what the server says first
//	testapp udp HOST:PORT TEXT         sends a datagram, prints the answer
//	testapp lookup NAME                prints the addresses of a name
//	testapp load http URL RATE         GETs at a rate a second, counted, until the end
//	testapp load hold HOST:PORT COUNT  connections that are kept and used ten times a second, counted, until the end
//	testapp true                       succeeds: for exec probes
//
// Exit status 1: something failed; 2: wrong usage.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const timeout = 10 * time.Second

func main() {
	// As the first process of a container a signal without a handler would be ignored.
	end, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(end, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(end context.Context, args []string) error {
	command, args := first(args)
	switch {
	case command == "serve" && len(args) == 0:
		return serve(end)
	case command == "get" && len(args) == 1:
		return get(args[0], 1)
	case command == "get" && len(args) == 2:
		return get(args[0], number(args[1]))
	case command == "tcp" && len(args) == 2:
		return sendLine("tcp", args[0], args[1])
	case command == "udp" && len(args) == 2:
		return sendLine("udp", args[0], args[1])
	case command == "greeted" && len(args) == 1:
		return greeted(args[0])
	case command == "lookup" && len(args) == 1:
		return lookup(args[0])
	case command == "load" && len(args) == 3 && args[0] == "http":
		return loadHTTP(end, args[1], number(args[2]))
	case command == "load" && len(args) == 3 && args[0] == "hold":
		return loadHold(end, args[1], number(args[2]))
	case command == "true" && len(args) == 0:
		return nil
	}
	fmt.Fprintln(os.Stderr, "arguments:", os.Args[1:], "(expected: as in the head of main.go)")
	os.Exit(2)
	return nil
}

func first(args []string) (string, []string) {
	if len(args) == 0 {
		return "", nil
	}
	return args[0], args[1:]
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 {
		fmt.Fprintf(os.Stderr, "number: %s (expected: 1 or more)\n", text)
		os.Exit(2)
	}
	return value
}

func lookup(name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return err
	}
	slices.Sort(addresses)
	fmt.Println(strings.Join(addresses, "\n"))
	return nil
}
