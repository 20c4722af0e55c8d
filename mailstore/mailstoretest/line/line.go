package line

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"
)

// Options are what a line does from its start.
type Options struct {
	// RoundTrip is how far away the server is: each way takes half of it, whatever
	// the amount. The bandwidth is unlimited.
	RoundTrip time.Duration
	// Serve is what clients are shown when the line ends TLS, Dial how the server is
	// then spoken to; both nil: bytes go through as they are. Needed for a Filter
	// where there is TLS.
	Serve, Dial *tls.Config
	// Filter reads and changes the IMAP that goes through; nil: nothing does.
	Filter func() Filter
}

// Filter is what reads along one connection.
type Filter interface{}

// Line is a proxy on loopback. It ends with the test.
type Line struct{}

// Start lays a line to the server at the address.
func Start(t testing.TB, server string, options Options) *Line { t.Helper(); return &Line{} }

// Addr is where clients connect to.
func (l *Line) Addr() string { return "" }

// DialContext connects to the line, whatever the address.
func (l *Line) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return nil, net.ErrClosed
}

// Traffic is what went over a line.
type Traffic struct {
	Up, Down    int64 // bytes to the server, bytes to clients
	RoundTrips  int   // how often a client spoke after the server had
	Connections int
}

// Traffic returns what went over the line since its start, or the last Reset.
func (l *Line) Traffic() Traffic { return Traffic{} }

// ResetTraffic counts from zero again.
func (l *Line) ResetTraffic() {}

// Fault is what happens to the bytes that go to a client.
type Fault struct {
	// After is after how many bytes to the client it happens.
	After int64
	// InLiteral counts After within the first literal that is at least this long,
	// rather than from the start of the connection; 0: from the start. The line must
	// be able to read what it carries.
	InLiteral int64
	// Do is what happens.
	Do Trouble
	// Times is how many connections it happens to; 0: all.
	Times int
	// Pause is the time between two bytes of Trickle.
	Pause time.Duration
}

// Trouble is a way for a connection to go wrong.
type Trouble int

// The troubles.
const (
	Stall   Trouble = iota // nothing more comes, and the connection stays
	Reset                  // TCP RST
	Hangup                 // an orderly end
	Trickle                // a byte at a time
)

// Break lets connections that are made from now on meet the fault.
func (l *Line) Break(Fault) {}

// Cut breaks all connections off and takes no more.
func (l *Line) Cut() {}

// Mend takes connections again, without faults.
func (l *Line) Mend() {}

// Microsoft365 is a filter that leaves of a Dovecot what Microsoft 365 has.
func Microsoft365() Filter { return nil }
