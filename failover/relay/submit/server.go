package submit

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/users"
)

// Users knows who may hand mail in; [users.Book] does.
type Users interface {
	Check(ctx context.Context, address, password string) (users.User, bool)
	Get(address string) (users.User, bool)
}

// Listen is an address to listen on, and how TLS begins there.
type Listen struct {
	Address string // host:port
	TLS     failover.Security
}

// Device lets clients at certain addresses hand in without TLS and sign-in, as a user.
type Device struct {
	Prefixes []netip.Prefix
	User     string // an address; it need not be in the book
}

// Rate is how much one user may hand in; 0 is no limit.
type Rate struct {
	MessagesPerHour  int
	RecipientsPerDay int
}

// Options are what a server needs.
type Options struct {
	Queue relay.Queue
	Users Users
	// Signer makes our DKIM signature; nil: none.
	Signer  relay.Signer
	Listen  []Listen
	Devices []Device
	// Certificate is asked when the server starts and once an hour after.
	Certificate func() (*tls.Certificate, error)
	// Hostname is what the server calls itself, in its greeting and in Received.
	Hostname      string
	MaxSize       int64 // of a message, in bytes; 0: 50 MB
	MaxRecipients int   // of a message; 0: 500
	PerUser       Rate
	Sessions      int // at once; 0: 400
	PerAddress    int // sessions at once from one client address; 0: 100
	Now           func() time.Time
	Log           *slog.Logger
	// Wait waits before the answer to a wrong password; nil: with a timer.
	Wait func(context.Context, time.Duration) error
}

// Server takes mail in.
type Server struct{ opt Options }

// New makes a server.
func New(opt Options) *Server { return &Server{opt: opt} }

// Run listens and serves until ctx ends; messages that are being handed in then are
// finished. It calls ready, if not nil, with the addresses it listens on, in the order
// of Options.Listen.
func (s *Server) Run(ctx context.Context, ready func([]net.Addr)) error { return nil }
