package imapscript

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"testing"
	"time"
)

// giveUp is how long a script waits for a client to say something: long enough for
// the slowest machine, short enough to end a test that hangs with a transcript.
const giveUp = time.Minute

// Script is what happens on one connection. It runs in a goroutine of its own.
type Script func(c *Conn)

// Options are how a server listens.
type Options struct {
	// TLS is the server's certificate; nil: there is no TLS.
	TLS *tls.Config
	// Implicit: TLS from the first byte, rather than by [Conn.StartTLS].
	Implicit bool
	// Patience is how long a script waits for a line; 0: a minute.
	Patience time.Duration
}

// Server is a scripted server on loopback.
type Server struct {
	t        testing.TB
	options  Options
	scripts  []Script
	listener net.Listener
	done     chan struct{} // closed when the test ends
	running  sync.WaitGroup

	mu    sync.Mutex
	conns []*Conn
}

// Start starts a server that ends with the test. The first connection is served by
// the first script, the second by the second, and so on; the last script serves all
// that come after. The test fails when a script still waits for a line as the test
// ends, or was never run.
func Start(t testing.TB, options Options, scripts ...Script) *Server {
	t.Helper()
	if len(scripts) == 0 {
		t.Fatal("imapscript: there is no script")
	}
	if options.Patience == 0 {
		options.Patience = giveUp
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("imapscript: cannot listen: %v", err)
	}
	s := &Server{t: t, options: options, scripts: scripts, listener: listener, done: make(chan struct{})}
	s.running.Add(1)
	go s.accept()
	t.Cleanup(s.stop)
	return s
}

// Addr is where it listens, "127.0.0.1:port".
func (s *Server) Addr() string { return s.listener.Addr().String() }

// DialContext connects to the server, whatever the address: the server is its own
// dialer.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", s.Addr())
}

// Connections is how many connections came so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *Server) accept() {
	defer s.running.Done()
	for {
		tcp, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		number := len(s.conns)
		c := newConn(s, number, tcp)
		s.conns = append(s.conns, c)
		s.mu.Unlock()
		s.running.Add(1)
		go func() {
			defer s.running.Done()
			c.run(s.scripts[min(number, len(s.scripts)-1)])
		}()
	}
}

// stop ends the server: whoever still waits for the client is woken, and says so.
func (s *Server) stop() {
	close(s.done)
	_ = s.listener.Close()
	s.mu.Lock()
	conns := s.conns
	s.mu.Unlock()
	for _, c := range conns {
		_ = c.tcp.Close()
	}
	s.running.Wait()
	if missing := len(s.scripts) - len(conns); missing > 0 {
		s.t.Errorf("imapscript: %d of %d scripts were not run: the client made %d connections", missing, len(s.scripts), len(conns))
	}
}

func (s *Server) ending() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}
