package deliver_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/deliver"
	"lifeboat/failover/relay/queue"
)

// BenchmarkDrain sends on 10 KB messages that wait in a queue on the disk, to Postfix's
// smtp-sink. LIFEBOAT_DRAIN says how many (2,000).
func BenchmarkDrain(b *testing.B) {
	messages := 2000
	if n, err := strconv.Atoi(os.Getenv("LIFEBOAT_DRAIN")); err == nil {
		messages = n
	}
	text := "Subject: drain\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 142)
	for _, senders := range []int{1, 20, 1000} {
		b.Run(fmt.Sprintf("senders=%d", senders), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				drain(b, messages, senders, text)
			}
		})
	}
}

func drain(b *testing.B, messages, senders int, text string) {
	b.Helper()
	addr := sink(b)
	q, err := queue.Open(b.Context(), queue.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = q.Close() }()
	for n := range messages {
		in := q.New(relay.Envelope{From: fmt.Sprintf("user%d@example.test", n%senders), To: []string{boss}})
		if _, err := in.Write([]byte(text)); err != nil {
			b.Fatal(err)
		}
		if _, err := in.Commit(b.Context(), relay.Header{}); err != nil {
			b.Fatal(err)
		}
	}
	host, port, _ := strings.Cut(addr, ":")
	n, _ := strconv.Atoi(port)
	w := newWorld(b)
	w.o.Queue, w.o.Retry = q, deliver.Retry{}
	w.o.Target = func(string, failover.Role) (deliver.Target, error) {
		return deliver.Target{Endpoint: failover.Endpoint{Host: host, Port: uint16(n)}}, nil
	}
	d := deliver.New(w.o)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	b.StartTimer()
	began := time.Now()
	go func() { done <- d.Run(ctx) }()
	for changed := q.Changed(); ; changed = q.Changed() {
		if _, more := first(q); !more {
			break
		}
		<-changed
	}
	took := time.Since(began)
	b.StopTimer()
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(messages)/took.Seconds(), "messages/s")
	b.StartTimer()
}

// sink starts an smtp-sink that keeps nothing.
func sink(b *testing.B) string {
	addr := servers.FreeAddress(b)
	args := []string{addr, "1000"}
	if os.Geteuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	servers.Run(b, servers.Program{Name: "smtp-sink", Binary: "smtp-sink", Package: "postfix", Dir: b.TempDir(), Args: args, Listen: []string{addr}, Ready: func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			err = conn.Close()
		}
		return err
	}})
	return addr
}

func first(q relay.Queue) (relay.Item, bool) {
	for i := range q.Items() {
		return i, true
	}
	return relay.Item{}, false
}
