package submit

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"lifeboat/failover"
)

const (
	// longestLine bounds a command line: what RFC 4954 section 4 asks of a server that
	// offers AUTH.
	longestLine = 12 << 10
	// bufferSize holds the longest line, and most messages' worth of one read.
	bufferSize = 16 << 10
	// mostSkipped is how much of a line that is too long is read before the connection ends.
	mostSkipped = 1 << 20
	// mostErrors is how many commands the connection itself refuses before it ends.
	mostErrors = 20
	// replyRoom is how many bytes of replies wait for the end of a pipelined group.
	replyRoom = 4 << 10
)

var (
	errStopping = errors.New("the server is being stopped")
	errLong     = errors.New("line too long")
	errEnded    = errors.New("the connection has ended")
)

// conn is a client's connection as go-smtp sees it. go-smtp reads one command line at a
// time and nothing else: what follows DATA and BDAT, STARTTLS and the TLS under it, the
// list of extensions and all bounds are conn's own. See the package comment for why.
//
// All methods but halt belong to the goroutine that go-smtp serves the connection with.
type conn struct {
	net.Conn // the TCP connection
	server   *Server
	client   netip.Addr
	implicit bool     // TLS from the first byte, which comes when something is to be sent
	wire     net.Conn // Conn, or the TLS connection over it
	secure   bool     // wire is TLS
	onClose  func(*conn)
	closing  sync.Once

	buf  []byte // read and not yet used: buf[r:w]
	r, w int
	out  []byte // replies, not yet sent

	line    []byte   // the command that go-smtp is at, within buf
	give    []byte   // what go-smtp still has to read of it
	session *session // since the first EHLO

	exchange bool   // the next line is an answer within AUTH
	hello    bool   // EHLO is being answered
	extended bool   // EHLO was said, not HELO
	again    bool   // after STARTTLS everything begins anew (RFC 3207 section 4.2)
	instead  []byte // what go-smtp's next reply is replaced by
	ended    bool   // nothing more is read: it could be the rest of a message
	errs     int

	began time.Time // the message that is being read

	mu       sync.Mutex // what halt shares
	busy     bool       // between MAIL and the end of the message
	stopping bool
}

func newConn(tcp net.Conn, s *Server, security failover.Security) *conn {
	return &conn{Conn: tcp, server: s, client: addressOf(tcp.RemoteAddr()), wire: tcp, implicit: security == failover.ImplicitTLS}
}

// halt ends the session between two messages.
func (c *conn) halt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
	if !c.busy {
		_ = c.SetReadDeadline(time.Unix(1, 0))
	}
}

func (c *conn) setBusy(busy bool) {
	c.mu.Lock()
	c.busy = busy
	c.mu.Unlock()
}

// Read gives go-smtp the next command line, or what is left of it.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.give) == 0 {
		if c.ended {
			return 0, io.EOF
		}
		if err := c.next(); err != nil {
			c.ended = true
			return 0, err
		}
	}
	n := copy(p, c.give)
	c.give = c.give[n:]
	return n, nil
}

// next sets give to the next line that is for go-smtp. Its error is io.EOF, since
// whatever there was to be said has been said.
func (c *conn) next() error {
	for {
		line, err := c.readLine()
		switch {
		case errors.Is(err, errLong):
			err = c.mistake("500 5.5.2 A command line has at most 12288 characters (RFC 4954 section 4)")
		case err != nil:
			c.farewell(err)
		default:
			c.line, c.give = line, nil
			err = c.look(line)
		}
		if err != nil {
			return io.EOF
		}
		if len(c.give) > 0 {
			return nil
		}
	}
}

// farewell says why the connection ends, if the client can hear it.
func (c *conn) farewell(err error) {
	var timeout net.Error
	switch {
	case errors.Is(err, errStopping):
		c.reply("421 4.3.2 Lifeboat is being stopped; what was answered with 250 is safe. Try again later")
	case errors.As(err, &timeout) && timeout.Timeout():
		c.reply("421 4.4.2 Nothing came for a while; good-bye")
	}
}

// reply queues a reply of our own: code, enhanced code (RFC 2034) and text.
func (c *conn) reply(text string) { c.out = append(append(c.out, text...), "\r\n"...) }

// mistake answers a command that go-smtp never sees. The error says that it was one
// too many.
func (c *conn) mistake(text string) error {
	c.reply(text)
	if c.errs++; c.errs <= mostErrors {
		return nil
	}
	c.reply("421 4.7.0 Too many errors; good-bye")
	return errEnded
}

// readLine returns the next line with its end. The slice holds until the next read.
func (c *conn) readLine() ([]byte, error) {
	from := c.r
	for {
		if i := bytes.IndexByte(c.buf[from:c.w], '\n'); i >= 0 {
			line := c.buf[c.r : from+i+1]
			c.r = from + i + 1
			return line, nil
		}
		if c.w-c.r >= longestLine {
			return nil, c.skipLine()
		}
		scanned := c.w - c.r
		if err := c.fill(c.patience()); err != nil {
			return nil, err
		}
		from = c.r + scanned
	}
}

// skipLine reads on to the end of a line that is too long.
func (c *conn) skipLine() error {
	for skipped := 0; skipped < mostSkipped; {
		if i := bytes.IndexByte(c.buf[c.r:c.w], '\n'); i >= 0 {
			c.r += i + 1
			return errLong
		}
		skipped += c.w - c.r
		c.r = c.w
		if err := c.fill(c.patience()); err != nil {
			return err
		}
	}
	c.reply("500 5.5.2 The line has no end; good-bye")
	return errEnded
}

// patience is how long the next command may take to come.
func (c *conn) patience() time.Duration {
	if c.session != nil && c.session.known() {
		return c.server.times.idle
	}
	return c.server.times.stranger
}

// fill sends what is to be sent and reads more into buf.
func (c *conn) fill(patience time.Duration) error {
	if err := c.flush(); err != nil {
		return err
	}
	if c.buf == nil {
		c.buf = make([]byte, bufferSize)
	}
	switch {
	case c.r == c.w:
		c.r, c.w = 0, 0
	case c.w == len(c.buf):
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if err := c.arm(patience); err != nil {
		return err
	}
	n, err := c.wire.Read(c.buf[c.w:])
	c.w += n
	if n > 0 {
		return nil // an error comes again
	}
	if err == nil {
		return io.ErrNoProgress
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping && !c.busy {
		return errStopping
	}
	return err
}

// arm sets the deadline of the next read.
func (c *conn) arm(patience time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping && !c.busy {
		return errStopping
	}
	until := time.Now().Add(patience)
	if !c.began.IsZero() {
		if last := c.began.Add(c.server.times.message); last.Before(until) {
			until = last
		}
	}
	return c.SetReadDeadline(until)
}

// Write takes go-smtp's reply, a line at a time. It leaves with the next read that has to
// wait for the client, so that a pipelined group is answered at once (RFC 2920 section 3.2).
func (c *conn) Write(p []byte) (int, error) {
	switch {
	case c.instead != nil:
		c.out = append(c.out, c.instead...)
		c.instead = nil
	case c.hello && bytes.HasPrefix(p, []byte("250-")): // ours are told at the end
	case c.hello:
		c.hello = false
		if bytes.HasPrefix(p, []byte("250 ")) {
			c.out = c.appendExtensions(c.out)
			break
		}
		c.out = append(c.out, p...)
	default:
		c.exchange = bytes.HasPrefix(p, []byte("334"))
		c.out = append(c.out, p...)
	}
	if len(c.out) >= replyRoom {
		if err := c.flush(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// flush sends the replies that are waiting.
func (c *conn) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	if c.implicit && !c.secure {
		if err := c.handshake(); err != nil {
			return err
		}
	}
	if err := c.SetWriteDeadline(time.Now().Add(c.server.times.write)); err != nil {
		return err
	}
	_, err := c.wire.Write(c.out)
	c.out = c.out[:0]
	return err
}

// Close says what is left to say and closes the connection.
func (c *conn) Close() error {
	var err error
	c.closing.Do(func() {
		_ = c.flush()
		if t, ok := c.wire.(*tls.Conn); ok {
			_ = t.CloseWrite() // the client may be gone
		}
		err = c.Conn.Close()
		if c.onClose != nil {
			c.onClose(c)
		}
	})
	return err
}
