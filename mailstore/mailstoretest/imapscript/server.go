package imapscript

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"
)

// Script is what happens on one connection. It runs in a goroutine of its own.
type Script func(c *Conn)

// Options are how a server listens.
type Options struct {
	// TLS is the server's certificate; nil: there is no TLS.
	TLS *tls.Config
	// Implicit: TLS from the first byte, rather than by [Conn.StartTLS].
	Implicit bool
}

// Server is a scripted server on loopback.
type Server struct{}

// Start starts a server that ends with the test. The first connection is served by
// the first script, the second by the second, and so on; the last script serves all
// that come after. The test fails when a script did not end by itself or did not run.
func Start(t testing.TB, options Options, scripts ...Script) *Server {
	t.Helper()
	return &Server{}
}

// Addr is where it listens, "127.0.0.1:port".
func (s *Server) Addr() string { return "" }

// DialContext connects to the server, whatever the address.
func (s *Server) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return nil, net.ErrClosed
}

// Connections is how many connections came so far.
func (s *Server) Connections() int { return 0 }

// Conn is a connection as a script sees it.
type Conn struct{}

// Number is which connection it is, from 0.
func (c *Conn) Number() int { return 0 }

// Say writes lines, each with CRLF after it.
func (c *Conn) Say(lines ...string) {}

// Raw writes exactly these bytes; <tag> is no sign here.
func (c *Conn) Raw(text string) {}

// Trickle writes the bytes one at a time, with a pause between them, until the client
// closes the connection; it returns how many were written.
func (c *Conn) Trickle(text string, pause time.Duration) int { return 0 }

// Expect reads one line that must match the pattern, and returns what the <any> and
// <word> in it stand for.
func (c *Conn) Expect(pattern string) []string { return nil }

// ExpectBytes reads n bytes, as of a literal.
func (c *Conn) ExpectBytes(n int) string { return "" }

// Line reads one line, whatever it is, with its tag; what is said afterwards is said
// with this tag. ok is false when the client closed the connection.
func (c *Conn) Line() (tag, rest string, ok bool) { return "", "", false }

// ExpectClose reads what the client still says and returns when it closes.
func (c *Conn) ExpectClose() {}

// StartTLS begins TLS, after the script has said OK to STARTTLS.
func (c *Conn) StartTLS() {}

// Stall says nothing more and reads nothing until the client closes the connection.
func (c *Conn) Stall() {}

// Close closes the connection in an orderly way.
func (c *Conn) Close() {}

// Reset breaks the connection off (TCP RST).
func (c *Conn) Reset() {}
