package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

func oneShotClient() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

func get(url string, count int) error {
	client := oneShotClient()
	client.Timeout = timeout
	for range count {
		body, err := fetch(context.Background(), client, url)
		if err != nil {
			return err
		}
		fmt.Print(body)
	}
	return nil
}

func fetch(patience context.Context, client *http.Client, url string) (string, error) {
	request, err := http.NewRequestWithContext(patience, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", url, response.Status)
	}
	return string(body), nil
}

func sendLine(network, target, text string) error {
	connection, err := net.DialTimeout(network, target, timeout)
	if err != nil {
		return err
	}
	defer connection.Close()
	if network == "tcp" {
		text += "\n"
	}
	if _, err := io.WriteString(connection, text); err != nil {
		return err
	}
	return printLine(connection)
}

func greeted(target string) error {
	connection, err := net.DialTimeout("tcp", target, timeout)
	if err != nil {
		return err
	}
	defer connection.Close()
	return printLine(connection)
}

func printLine(connection net.Conn) error {
	if err := connection.SetReadDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	fmt.Print(line)
	return err
}

// Tally is what a load has done so far, printed as a line of JSON five times a second: the last line is the result,
// whatever becomes of the pod or of the API server.
type tally struct {
	mutex   sync.Mutex
	OK      int            `json:"ok"`
	Failed  int            `json:"failed"`
	Open    int            `json:"open"`
	SlowMs  int64          `json:"slowest_ms"`
	Reasons map[string]int `json:"reasons"`
}

func newTally() *tally { return &tally{Reasons: map[string]int{}} }

func (t *tally) count(started time.Time, err error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.SlowMs = max(t.SlowMs, time.Since(started).Milliseconds())
	if err == nil {
		t.OK++
		return
	}
	t.Failed++
	// With the time: a test that finds a failure wants to know during what.
	fmt.Fprintln(os.Stderr, time.Now().UTC().Format("15:04:05.000"), err)
	t.Reasons[reason(err)]++
}

// Without addresses and ports, of which each connection has its own.
func reason(err error) string {
	var failed *net.OpError
	if errors.As(err, &failed) {
		return failed.Op + ": " + failed.Err.Error()
	}
	return err.Error()
}

func (t *tally) opened(by int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.Open += by
}

func (t *tally) print() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	line, _ := json.Marshal(t)
	fmt.Println(string(line))
}

func (t *tally) printUntil(end context.Context) error {
	ticks := time.NewTicker(200 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			t.print()
		case <-end.Done():
			t.print()
			return nil
		}
	}
}

func loadHTTP(end context.Context, url string, rate int) error {
	results := newTally()
	client := oneShotClient()
	go func() {
		// Open loop: a slow answer does not slow the next request down.
		for range time.Tick(time.Second / time.Duration(rate)) {
			go func() {
				started := time.Now()
				patience, end := patience()
				defer end()
				_, err := fetch(patience, client, url)
				results.count(started, err)
			}()
		}
	}()
	return results.printUntil(end)
}

func loadHold(end context.Context, target string, connections int) error {
	results := newTally()
	for range connections {
		go hold(target, results)
	}
	return results.printUntil(end)
}

// Never dials again: a held connection that breaks is a failure, and stays one.
func hold(target string, results *tally) {
	started := time.Now()
	connection, err := net.DialTimeout("tcp", target, timeout)
	if err != nil {
		results.count(started, err)
		return
	}
	defer connection.Close()
	results.opened(1)
	defer results.opened(-1)
	answers := bufio.NewReader(connection)
	for range time.Tick(100 * time.Millisecond) {
		started = time.Now()
		if err := exchange(connection, answers); err != nil {
			results.count(started, err)
			return
		}
		results.count(started, nil)
	}
}

func exchange(connection net.Conn, answers *bufio.Reader) error {
	patience, end := patience()
	defer end()
	defer context.AfterFunc(patience, func() { connection.SetDeadline(time.Now()) })()
	if _, err := io.WriteString(connection, "ping\n"); err != nil {
		return err
	}
	_, err := answers.ReadString('\n')
	return err
}

// Ends after the timeout, of which only time counts in which this process had a CPU: a machine that is busy with other
// things for longer, or halted by its host, lets no request of a load fail.
func patience() (context.Context, context.CancelFunc) {
	const parts = 100
	patience, end := context.WithCancelCause(context.Background())
	go func() {
		ticks := time.NewTicker(timeout / parts)
		defer ticks.Stop()
		for range parts {
			select {
			// Ticks that nobody was there to take are not made up for.
			case <-ticks.C:
			case <-patience.Done():
				return
			}
		}
		end(fmt.Errorf("nothing in %v", timeout))
	}()
	return patience, func() { end(nil) }
}
