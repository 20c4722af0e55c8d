package engine_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
)

// farDialer makes every server as far away as one on another continent.
type farDialer struct {
	net.Dialer
	trip time.Duration // there and back
}

// DialContext takes a round trip, and so does everything after it.
func (d *farDialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if err := engine.Sleep(ctx, d.trip); err != nil {
		return nil, err
	}
	c, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil || network != "tcp" {
		return c, err
	}
	f := &farConn{Conn: c, half: d.trip / 2, out: make(chan parcel, 100)}
	f.arrived = sync.NewCond(&f.mu)
	go f.send()
	go f.receive()
	return f, nil
}

// parcel is what is on its way, and when it is there.
type parcel struct {
	data []byte
	at   time.Time
}

// farConn is a connection on which everything takes half a round trip.
type farConn struct {
	net.Conn
	half time.Duration
	out  chan parcel
	once sync.Once

	mu      sync.Mutex
	arrived *sync.Cond
	in      bytes.Buffer
	err     error
}

func (f *farConn) Write(b []byte) (n int, err error) {
	defer func() {
		if recover() != nil { // closed meanwhile
			n, err = 0, net.ErrClosed
		}
	}()
	f.out <- parcel{bytes.Clone(b), time.Now().Add(f.half)}
	return len(b), nil
}

func (f *farConn) send() {
	for p := range f.out {
		<-time.After(time.Until(p.at))
		if _, err := f.Conn.Write(p.data); err != nil {
			break
		}
	}
}

func (f *farConn) receive() {
	coming := make(chan parcel, 1000)
	go func() {
		defer close(coming)
		for {
			b := make([]byte, 16<<10)
			n, err := f.Conn.Read(b)
			if n > 0 {
				coming <- parcel{b[:n], time.Now().Add(f.half)}
			}
			if err != nil {
				f.mu.Lock()
				f.err = err
				f.mu.Unlock()
				return
			}
		}
	}()
	for p := range coming {
		<-time.After(time.Until(p.at))
		f.mu.Lock()
		f.in.Write(p.data)
		f.mu.Unlock()
		f.arrived.Broadcast()
	}
	f.arrived.Broadcast()
}

func (f *farConn) Read(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.in.Len() == 0 {
		if f.err != nil {
			return 0, f.err
		}
		f.arrived.Wait()
	}
	n, err := f.in.Read(b)
	if errors.Is(err, io.EOF) { // of the buffer
		err = nil
	}
	return n, err
}

func (f *farConn) Close() error {
	f.once.Do(func() { close(f.out) })
	return f.Conn.Close()
}

// All tests of a domain with 20 accounts at providers that are 150 ms away: what they take
// is told, not judged.
func TestConnectFarAwayLong(t *testing.T) {
	t.Parallel()
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("it waits for round trips: make test-long runs it")
	}
	if !servers.InNamespace(t, servers.Namespace{ResolvConf: "nameserver 127.0.0.53\n"}) {
		return
	}
	w := newTown(t)
	w.trip, w.patience = 150*time.Millisecond, 10*time.Second
	got, err := w.engine().Connect(t.Context(), engine.ConnectRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Cells {
		if c.State == engine.CellDone && c.Verdict != failover.Pass {
			t.Errorf("%s of the %s: %s, %+v", c.Test, c.Side, c.Word, c.Findings)
		}
		if c.State == engine.CellDone {
			t.Logf("%s of the %s: %s", c.Test, c.Side, c.Took.Round(10*time.Millisecond))
		}
	}
	t.Logf("all tests of a domain with 20 accounts at a round trip of %s: %s", w.trip, got.Took)
}
