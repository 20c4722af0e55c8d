package lab

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// service is one port of a host: a stream served over TCP, packets over UDP, or
// both.
type service struct {
	host    string // whose it is, as FQDN makes it
	port    uint16
	reads   bool // it is for reading mail
	cond    *condition
	delay   time.Duration // of each reply while Slow
	busy    string        // what is said instead of a greeting while Busy
	stream  func(ctx context.Context, l net.Listener)
	packets responder

	tcp, udp atomic.Pointer[netip.AddrPort]
}

func (s *service) speaks(proto string) bool {
	if proto == "udp" {
		return s.packets != nil
	}
	return s.stream != nil
}

// at is where the service listens on loopback; invalid before it is open.
func (s *service) at(proto string) netip.AddrPort {
	p := s.tcp.Load()
	if proto == "udp" {
		p = s.udp.Load()
	}
	if p == nil {
		return netip.AddrPort{}
	}
	return *p
}

// open listens and serves until ctx ends; wg counts what runs for it.
func (s *service) open(ctx context.Context, wg *sync.WaitGroup, framed bool) error {
	if s.stream != nil {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		at := loopback(l.Addr())
		s.tcp.Store(&at)
		sl := &listener{Listener: l, service: s}
		context.AfterFunc(ctx, sl.shut)
		wg.Go(func() { s.stream(ctx, sl) })
	}
	switch {
	case s.packets == nil:
	case framed:
		at, err := listenFramed(ctx, wg, s.packets.framed)
		if err != nil {
			return err
		}
		s.udp.Store(&at)
	default:
		c, err := listenUDP(ctx)
		if err != nil {
			return err
		}
		at := loopback(c.LocalAddr())
		s.udp.Store(&at)
		context.AfterFunc(ctx, func() { _ = c.Close() })
		wg.Go(func() { s.packets.datagrams(ctx, c) })
	}
	return nil
}

func listenUDP(ctx context.Context) (*net.UDPConn, error) {
	var lc net.ListenConfig
	c, err := lc.ListenPacket(ctx, "udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	u, ok := c.(*net.UDPConn)
	if !ok {
		_ = c.Close()
		return nil, net.UnknownNetworkError("udp4")
	}
	return u, nil
}

// listener hands out connections that suffer from the host's condition.
type listener struct {
	net.Listener
	service *service

	mu   sync.Mutex
	open map[*serverConn]struct{}
	done bool
}

// Accept waits for a connection that the host's condition lets through.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &serverConn{Conn: raw, cond: l.service.cond, delay: l.service.delay, from: l, closed: make(chan struct{})}
		if !c.enter() {
			_ = raw.Close()
			continue
		}
		// Asked only now: a fault that came before the connection was known would
		// have passed it by.
		switch fault, _ := c.suffers(); fault {
		case Reset, Refuse:
			c.kill()
			continue
		case Busy:
			if l.service.busy != "" {
				_, _ = raw.Write([]byte(l.service.busy))
				_ = c.Close()
				continue
			}
		default:
		}
		return c, nil
	}
}

// shut closes the listener and every connection that came through it.
func (l *listener) shut() {
	l.mu.Lock()
	l.done = true
	var open []*serverConn
	for c := range l.open {
		open = append(open, c)
	}
	l.mu.Unlock()
	_ = l.Close()
	for _, c := range open {
		_ = c.Close()
	}
}

// serverConn is the server's end of a connection.
type serverConn struct {
	net.Conn
	cond  *condition
	delay time.Duration
	from  *listener

	once   sync.Once
	closed chan struct{}

	mu        sync.Mutex
	dead      bool
	said      time.Time // when the client was last told something
	owed      bool      // a message is stored and the client has not been heard since
	told      bool      // the 250 for it has been sent
	condemned bool      // to be reset as soon as nothing is owed
	grace     *time.Timer
}

const (
	// graceOwed is how long the client of a condemned connection may take to show that
	// its 250 has come.
	graceOwed = 5 * time.Second
	// tooLate is when a message is not stored any more that a host which hung has had
	// for so long: its sender may have given up waiting, and would send it again.
	tooLate = storeLimit / 2
)

func (c *serverConn) enter() bool {
	c.from.mu.Lock()
	defer c.from.mu.Unlock()
	if c.from.done {
		return false
	}
	if c.from.open == nil {
		c.from.open = map[*serverConn]struct{}{}
	}
	c.from.open[c] = struct{}{}
	c.cond.admit(c)
	return true
}

// Read waits, as long as the host hangs, with what has come.
func (c *serverConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.owed, c.told = false, false
	condemned := c.condemned
	c.mu.Unlock()
	if condemned {
		c.kill()
		return 0, net.ErrClosed
	}
	if err == nil && !c.pass() {
		return 0, net.ErrClosed
	}
	return n, err
}

// Write waits as long as the host hangs, and for its delay while it is slow.
func (c *serverConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	owed := c.owed
	c.mu.Unlock()
	if !owed && !c.pass() {
		return 0, net.ErrClosed
	}
	if fault, _ := c.suffers(); fault == Slow {
		t := time.NewTimer(c.delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-c.closed:
			return 0, net.ErrClosed
		}
	}
	n, err := c.Conn.Write(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said = time.Now()
	if c.told = c.owed; c.told && c.condemned && err == nil {
		c.mourn()
	}
	return n, err
}

// suffers gives what the connection suffers from, and a channel that is closed
// when that may change.
func (c *serverConn) suffers() (Fault, <-chan struct{}) { return c.cond.of(c) }

// pass waits while the host says nothing; false when the connection closed.
func (c *serverConn) pass() bool {
	for {
		fault, changed := c.suffers()
		if fault != Hang && fault != Silent {
			return true
		}
		select {
		case <-changed:
		case <-c.closed:
			return false
		}
	}
}

// commit runs store unless the connection is dead or the client may be gone, and
// from then on the client gets its answer, whatever breaks: see the package comment.
func (c *serverConn) commit(store func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.condemned || time.Since(c.said) > tooLate {
		return false
	}
	store()
	c.owed = true
	return true
}

// reset breaks the connection, as soon as nothing is owed on it.
func (c *serverConn) reset() {
	c.mu.Lock()
	owed := c.owed
	if c.told {
		c.mourn()
	}
	c.condemned = true
	c.mu.Unlock()
	if !owed {
		c.kill()
	}
}

// mourn lets a connection whose 250 is on its way live a little longer. The caller
// holds mu.
func (c *serverConn) mourn() {
	if c.grace == nil {
		c.grace = time.AfterFunc(graceOwed, c.kill)
	}
}

// kill closes the connection with a reset instead of an end.
func (c *serverConn) kill() {
	c.mu.Lock()
	c.dead = true
	c.mu.Unlock()
	if t, ok := c.Conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// Close ends the connection and forgets it.
func (c *serverConn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		close(c.closed)
		c.from.mu.Lock()
		delete(c.from.open, c)
		c.from.mu.Unlock()
		c.cond.forget(c)
		c.mu.Lock()
		if c.grace != nil {
			c.grace.Stop()
		}
		c.mu.Unlock()
		err = c.Conn.Close()
	})
	return err
}
