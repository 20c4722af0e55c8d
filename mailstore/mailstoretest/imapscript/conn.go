package imapscript

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Conn is a connection as a script sees it. Its methods are for the script's
// goroutine. When one of them fails the test, or the client is gone while something
// is said, the script ends there.
type Conn struct {
	server *Server
	number int
	tcp    net.Conn
	conn   net.Conn // tcp, or TLS over it
	in     *bufio.Reader
	tag    string

	mu         sync.Mutex
	transcript []string
}

func newConn(s *Server, number int, tcp net.Conn) *Conn {
	return &Conn{server: s, number: number, tcp: tcp, conn: tcp, in: bufio.NewReader(tcp), tag: "*"}
}

func (c *Conn) run(script Script) {
	defer func() { _ = c.conn.Close() }()
	if c.server.options.Implicit {
		c.StartTLS()
	}
	script(c)
}

// Number is which connection it is, from 0.
func (c *Conn) Number() int { return c.number }

// Say writes lines, each with CRLF after it.
func (c *Conn) Say(lines ...string) {
	for _, line := range lines {
		c.Raw(strings.ReplaceAll(line, "<tag>", c.tag) + "\r\n")
	}
}

// Raw writes exactly these bytes; <tag> is no sign here.
func (c *Conn) Raw(text string) {
	c.note("S: %s", show(text))
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.note("(the client is gone: %v)", err)
		runtime.Goexit()
	}
}

// Trickle writes the bytes one at a time, with a pause between them, until the client
// closes the connection; it returns how many were written.
func (c *Conn) Trickle(text string, pause time.Duration) int {
	c.note("S: (trickling) %s", show(text))
	gone := c.drain()
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for i := range len(text) {
		if _, err := io.WriteString(c.conn, text[i:i+1]); err != nil {
			return i
		}
		timer.Reset(pause)
		select {
		case <-gone:
			return i + 1
		case <-timer.C:
		}
	}
	<-gone
	return len(text)
}

// drain reads and drops what the client says; the channel is closed when it ends.
func (c *Conn) drain() <-chan struct{} {
	gone := make(chan struct{})
	_ = c.conn.SetReadDeadline(time.Time{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, c.in)
	}()
	return gone
}

// Expect reads one line that must match the pattern, and returns what the <any> and
// <word> in it stand for.
func (c *Conn) Expect(pattern string) []string {
	line, err := c.readLine()
	if err != nil {
		c.fail("expected %q, but %s", pattern, c.why(err))
	}
	found, ok := c.match(pattern, line)
	if !ok {
		c.fail("expected %q, but the client said %q", pattern, line)
	}
	return found
}

// Until answers commands in whatever order they come, each pattern of answers with
// its lines, until one matches the pattern given; it returns what Expect would.
func (c *Conn) Until(pattern string, answers map[string][]string) []string {
	for {
		line, err := c.readLine()
		if err != nil {
			c.fail("expected %q sooner or later, but %s", pattern, c.why(err))
		}
		if found, ok := c.match(pattern, line); ok {
			return found
		}
		known := false
		for other, lines := range answers {
			if _, ok := c.match(other, line); ok {
				c.Say(lines...)
				known = true
				break
			}
		}
		if !known {
			c.fail("expected %q or one of the patterns answered before it, but the client said %q", pattern, line)
		}
	}
}

// ExpectBytes reads n bytes, as of a literal.
func (c *Conn) ExpectBytes(n int) string {
	data := make([]byte, n)
	_ = c.conn.SetReadDeadline(time.Now().Add(c.server.options.Patience))
	got, err := io.ReadFull(c.in, data)
	c.note("C: %s", show(string(data[:got])))
	if err != nil {
		c.fail("expected %d bytes, but after %d %s", n, got, c.why(err))
	}
	return string(data)
}

// Line reads one line, whatever it is, with its tag; what is said afterwards is said
// with this tag. A line of one word has no tag. ok is false when the connection
// ended, or the test.
func (c *Conn) Line() (tag, rest string, ok bool) {
	line, err := c.readLine()
	if err != nil {
		var slow net.Error
		if errors.As(err, &slow) && slow.Timeout() || errors.Is(err, errLong) {
			c.fail("expected any line, but %s", c.why(err))
		}
		return "", "", false
	}
	tag, rest, tagged := strings.Cut(line, " ")
	if !tagged {
		return "", line, true
	}
	c.tag = tag
	return tag, rest, true
}

// ExpectClose reads what the client still says and returns when it closes.
func (c *Conn) ExpectClose() { <-c.drain() }

// StartTLS begins TLS, after the script has said OK to STARTTLS. A handshake that
// fails ends the script: the client may be meant to refuse the certificate.
func (c *Conn) StartTLS() {
	if c.server.options.TLS == nil {
		c.fail("the server has no certificate: set Options.TLS")
	}
	secure := tls.Server(c.tcp, c.server.options.TLS)
	_ = c.tcp.SetReadDeadline(time.Now().Add(c.server.options.Patience))
	if err := secure.HandshakeContext(c.server.t.Context()); err != nil {
		c.note("(no TLS: %v)", err)
		runtime.Goexit()
	}
	c.note("(TLS)")
	c.conn, c.in = secure, bufio.NewReader(secure)
}

// Stall says nothing more until the client closes the connection.
func (c *Conn) Stall() {
	c.note("(the server stalls)")
	<-c.drain()
}

// Close closes the connection in an orderly way.
func (c *Conn) Close() {
	c.note("(the server closes)")
	_ = c.conn.Close()
}

// Reset breaks the connection off (TCP RST).
func (c *Conn) Reset() {
	c.note("(the server resets the connection)")
	if tcp, ok := c.tcp.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // what it fails for, a closed connection, Close says too
	}
	_ = c.tcp.Close()
}

// Transcript is what was said on the connection so far.
func (c *Conn) Transcript() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.transcript, "\n")
}

// longest is how long a line of a client may be.
const longest = 1 << 20

var errLong = fmt.Errorf("the client's line is longer than %d bytes", longest)

func (c *Conn) readLine() (string, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(c.server.options.Patience))
	var line strings.Builder
	for line.Len() <= longest {
		b, err := c.in.ReadByte()
		if err != nil {
			if line.Len() > 0 {
				c.note("C: %s", show(line.String()))
			}
			return "", err
		}
		line.WriteByte(b)
		if b == '\n' {
			c.note("C: %s", show(line.String()))
			return strings.TrimRight(line.String(), "\r\n"), nil
		}
	}
	return "", errLong
}

// why says what kept a line from coming.
func (c *Conn) why(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the client closed the connection"
	case c.server.ending():
		return "the test ended first"
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("the client said nothing for %v", c.server.options.Patience)
	}
	return err.Error()
}

func (c *Conn) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transcript = append(c.transcript, fmt.Sprintf(format, args...))
}

// shown is how much of a transcript tells the story.
const shown = 60

// fail fails the test with the end of the transcript, and ends the script.
func (c *Conn) fail(format string, args ...any) {
	c.mu.Lock()
	said, before := c.transcript, ""
	if more := len(said) - shown; more > 0 {
		said, before = said[more:], fmt.Sprintf(" (and %d lines before)", more)
	}
	story := strings.Join(said, "\n")
	c.mu.Unlock()
	c.server.t.Errorf("imapscript: connection %d: %s\n--- what was said%s:\n%s\n---", c.number, fmt.Sprintf(format, args...), before, story)
	runtime.Goexit()
}

// show makes bytes readable in one line, and cuts what is long.
func show(text string) string {
	text = strings.TrimSuffix(text, "\r\n")
	const most = 300
	cut := ""
	if len(text) > most {
		text, cut = text[:most], fmt.Sprintf(" ... (%d bytes in all)", len(text))
	}
	quoted := fmt.Sprintf("%q", text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + cut
}
