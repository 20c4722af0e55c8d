package line

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"
)

// Options are what a line does from its start.
type Options struct {
	// RoundTrip is how far away the server is: each way takes half of it, whatever
	// the amount, and a connection takes one to be made. The bandwidth is unlimited.
	RoundTrip time.Duration
	// Serve is what clients are shown when the line ends TLS, Dial how the server is
	// then spoken to; nil: without TLS on that side. Both nil: bytes go through as
	// they are, encrypted or not.
	Serve, Dial *tls.Config
	// Filter makes what reads and changes the IMAP of a connection; nil: nothing
	// does.
	Filter func() Filter
}

// Line is a proxy on loopback. It ends with the test.
type Line struct {
	t        testing.TB
	server   string
	options  Options
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	conns   map[*link]struct{}
	fault   *armed
	met     int
	cut     bool
	ended   bool
	traffic Traffic
}

// Start lays a line to the server at the address.
func Start(t testing.TB, server string, options Options) *Line {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("line: cannot listen: %v", err)
	}
	l := &Line{t: t, server: server, options: options, listener: listener, conns: map[*link]struct{}{}}
	l.running.Add(1)
	go l.accept(t.Context())
	t.Cleanup(l.stop)
	return l
}

// Addr is where clients connect to.
func (l *Line) Addr() string { return l.listener.Addr().String() }

// DialContext connects to the line, whatever the address: the line is a dialer for
// clients whose server is at its other end.
func (l *Line) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", l.Addr())
}

// Traffic is what went over a line, counted at the clients' end, TLS included.
type Traffic struct {
	Up, Down    int64 // bytes to the server, bytes to clients
	RoundTrips  int   // how often a client spoke after the server had
	Connections int
}

// Traffic returns what went over the line since its start, or the last ResetTraffic.
func (l *Line) Traffic() Traffic {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.traffic
}

// ResetTraffic counts from zero again.
func (l *Line) ResetTraffic() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.traffic = Traffic{}
}

// Break lets connections that are made from now on meet the fault, in place of any
// other.
func (l *Line) Break(fault Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = &armed{Fault: fault, line: l, left: fault.Times}
}

// Met is how many connections met a fault so far.
func (l *Line) Met() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.met
}

// Drop breaks all connections off (TCP RST), and goes on taking new ones.
func (l *Line) Drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.reset()
	}
}

// Cut breaks all connections off and lets no more come: they are reset at once.
func (l *Line) Cut() {
	l.mu.Lock()
	l.cut = true
	l.mu.Unlock()
	l.Drop()
}

// Mend takes connections again, without faults.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.fault = false, nil
}

func (l *Line) accept(ctx context.Context) {
	defer l.running.Done()
	for {
		tcp, err := l.listener.Accept()
		if err != nil {
			return
		}
		c := newLink(l, tcp)
		if !l.add(c) {
			c.reset()
			continue
		}
		l.running.Add(1)
		go func() {
			defer l.running.Done()
			defer l.remove(c)
			c.run(ctx)
		}()
	}
}

// add remembers a connection, unless none is taken.
func (l *Line) add(c *link) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut || l.ended {
		return false
	}
	l.conns[c] = struct{}{}
	l.traffic.Connections++
	c.gate.fault = l.fault
	return true
}

func (l *Line) remove(c *link) {
	c.close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}

func (l *Line) stop() {
	_ = l.listener.Close()
	l.mu.Lock()
	l.ended = true
	for c := range l.conns {
		c.close()
	}
	l.mu.Unlock()
	l.running.Wait()
}
