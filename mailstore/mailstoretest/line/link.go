package line

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// link is one connection through a line.
type link struct {
	line   *Line
	client net.Conn // counted
	tcp    *net.TCPConn
	gate   *gate
	gone   chan struct{} // closed when the connection is to end
	left   chan struct{} // closed when the client says nothing more

	mu     sync.Mutex
	server net.Conn
	once   sync.Once
}

func newLink(l *Line, conn net.Conn) *link {
	c := &link{line: l, gone: make(chan struct{}), left: make(chan struct{})}
	c.tcp, _ = conn.(*net.TCPConn)
	c.client = &counted{Conn: conn, line: l}
	c.gate = &gate{link: c}
	return c
}

// close ends the connection on both sides; it may be called many times.
func (c *link) close() {
	c.once.Do(func() { close(c.gone) })
	_ = c.client.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server != nil {
		_ = c.server.Close()
	}
}

// reset is close with a TCP RST to the client.
func (c *link) reset() {
	if c.tcp != nil {
		_ = c.tcp.SetLinger(0) // it fails for a connection that is closed already
	}
	_ = c.tcp.Close()
	c.close()
}

// wait waits for the time, or until the connection is to end.
func (c *link) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.gone:
		return false
	case <-timer.C:
		return true
	}
}

// hasLeft reports whether the client says nothing more.
func (c *link) hasLeft() bool {
	select {
	case <-c.left:
		return true
	default:
		return false
	}
}

// run carries the connection until it ends.
func (c *link) run(ctx context.Context) {
	if !c.wait(c.line.options.RoundTrip) {
		return
	}
	client, server, err := c.connect(ctx)
	if err != nil {
		c.reset()
		return
	}
	c.gate.Writer = client
	up := newDelay(c, server)
	down := newDelay(c, c.gate)
	carryUp, carryDown := plainly(client, up), plainly(server, down)
	if filter := c.line.options.Filter; filter != nil {
		f := &filtered{filter: filter(), up: up, down: down}
		carryUp, carryDown = func() error { return f.carryUp(client) }, func() error { return f.carryDown(server) }
	}
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		err := carryUp()
		close(c.left)
		up.end()
		halfClose(server)
		if err != nil {
			c.close()
		}
	}()
	go func() {
		defer both.Done()
		err := carryDown()
		down.end()
		if err == nil {
			halfClose(client)
			c.close()
		} else {
			c.reset()
		}
	}()
	both.Wait()
}

// connect makes the connection to the server, and TLS on both sides where it is
// wanted.
func (c *link) connect(ctx context.Context) (client, server net.Conn, err error) {
	options := c.line.options
	server, err = new(net.Dialer).DialContext(ctx, "tcp", c.line.server)
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	c.server = server
	c.mu.Unlock()
	select {
	case <-c.gone:
		_ = server.Close()
		return nil, nil, net.ErrClosed
	default:
	}
	client = c.client
	if options.Dial != nil {
		secure := tls.Client(server, options.Dial)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, nil, err
		}
		server = secure
	}
	if options.Serve != nil {
		secure := tls.Server(client, options.Serve)
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, nil, err
		}
		client = secure
	}
	return client, server, nil
}

// plainly copies what comes as it is.
func plainly(from io.Reader, to io.Writer) func() error {
	return func() error {
		_, err := io.Copy(to, from)
		return err
	}
}

func halfClose(conn net.Conn) {
	if c, ok := conn.(*counted); ok {
		conn = c.Conn
	}
	if c, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite() // the other side has gone, or is told
	}
}

// counted counts what a client sends and gets.
type counted struct {
	net.Conn
	line *Line

	spoke bool // the server, since the client last did; under line.mu
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.line.mu.Lock()
		defer c.line.mu.Unlock()
		c.line.traffic.Up += int64(n)
		if c.spoke {
			c.line.traffic.RoundTrips++
			c.spoke = false
		}
	}
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	// Before it is written: a client that has read it finds it counted.
	c.line.mu.Lock()
	c.line.traffic.Down += int64(len(p))
	c.spoke = true
	c.line.mu.Unlock()
	return c.Conn.Write(p)
}

// delay is one direction of a connection: what is written comes out at the other end
// half a round trip later, each piece by itself, so that commands sent one after the
// other without waiting travel together.
type delay struct {
	link   *link
	to     io.Writer
	half   time.Duration
	pieces chan piece
	done   chan struct{}
}

type piece struct {
	due  time.Time
	data []byte
	last bool // nothing comes after it
}

// far and near are how many pieces, of some 32 KiB, are under way at most.
const (
	far  = 4096
	near = 16
)

func newDelay(c *link, to io.Writer) *delay {
	d := &delay{link: c, to: to, half: c.line.options.RoundTrip / 2, done: make(chan struct{})}
	d.pieces = make(chan piece, near)
	if d.half > 0 {
		d.pieces = make(chan piece, far)
	}
	go d.carry()
	return d
}

// Write takes a piece; it comes out later.
func (d *delay) Write(p []byte) (int, error) {
	return len(p), d.put(piece{due: time.Now().Add(d.half), data: append([]byte(nil), p...)})
}

func (d *delay) put(p piece) error {
	select {
	case <-d.done:
		return net.ErrClosed
	default:
	}
	select {
	case d.pieces <- p:
		return nil
	case <-d.done:
	case <-d.link.gone:
	}
	return net.ErrClosed
}

func (d *delay) carry() {
	defer close(d.done)
	for {
		var p piece
		select {
		case p = <-d.pieces:
		case <-d.link.gone:
			return
		}
		if p.last || !d.link.wait(time.Until(p.due)) {
			return
		}
		if _, err := d.to.Write(p.data); err != nil {
			if !errors.Is(err, errFault) {
				d.link.close()
			}
			return
		}
	}
}

// end takes no more, and returns when everything came out.
func (d *delay) end() {
	_ = d.put(piece{last: true}) // or it has ended already
	<-d.done
}
