package submit

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

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

// Rate is how much one user may hand in; 0 is no limit. Windows slide: an hour is the
// last sixty minutes, a day the last 24 hours.
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
	// Certificate is asked when the server starts, and again when the last answer is an
	// hour old. Nil: no TLS, so that only devices can hand anything in.
	Certificate func() (*tls.Certificate, error)
	// Hostname is what the server calls itself, in its greeting and in Received.
	Hostname      string
	MaxSize       int64 // of a message, in bytes; 0: 50 MB
	MaxRecipients int   // of a message; 0: 500
	PerUser       Rate
	Sessions      int              // at once; 0: 400
	PerAddress    int              // sessions at once from one client address; 0: 100
	Now           func() time.Time // nil: time.Now
	Log           *slog.Logger     // nil: nothing is logged
	// Wait waits before the answer to a wrong password; nil: with a timer.
	Wait func(context.Context, time.Duration) error
}

// What holds where Options say nothing.
const (
	defaultSize       = 50 << 20
	defaultRecipients = 500
	defaultSessions   = 400
	defaultPerAddress = 100
)

// Server takes mail in.
type Server struct {
	opt   Options
	times times
	guard *guard
	rates *rates
	cert  *certificate

	// life is cancelled when sessions have had their time to finish after Run's context
	// ended; what they do with the queue is done under it.
	life  context.Context
	notes *notes

	mu       sync.Mutex
	conns    map[*conn]struct{}
	from     map[netip.Addr]int // sessions by client address
	stopping bool
	open     sync.WaitGroup // a conn each
	turned   chan struct{}  // holds one for each connection that is being told 421
}

// New makes a server.
func New(opt Options) *Server {
	or := func(n *int, std int) {
		if *n <= 0 {
			*n = std
		}
	}
	or(&opt.MaxRecipients, defaultRecipients)
	or(&opt.Sessions, defaultSessions)
	or(&opt.PerAddress, defaultPerAddress)
	if opt.MaxSize <= 0 {
		opt.MaxSize = defaultSize
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Wait == nil {
		opt.Wait = wait
	}
	if opt.Hostname == "" {
		opt.Hostname = "localhost"
	}
	return &Server{
		opt: opt, times: standardTimes,
		guard: newGuard(opt.Now), rates: newRates(opt.PerUser, opt.Now), notes: newNotes(opt),
		cert:  &certificate{source: opt.Certificate, now: opt.Now, log: opt.Log},
		conns: map[*conn]struct{}{}, from: map[netip.Addr]int{},
		turned: make(chan struct{}, turnedAtOnce),
	}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run listens and serves until ctx ends; messages that are being handed in then are
// finished. It calls ready, if not nil, with the addresses it listens on, in the order
// of Options.Listen. A server runs once.
func (s *Server) Run(ctx context.Context, ready func([]net.Addr)) error {
	listeners, err := s.listen(ctx)
	if err != nil {
		return err
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	s.life = life
	protocol := smtp.NewServer(smtp.BackendFunc(s.begin))
	protocol.Domain = s.opt.Hostname
	protocol.MaxLineLength = 2 * longestLine // never met: conn bounds lines
	protocol.AllowInsecureAuth = true        // session.AuthMechanisms asks for TLS
	protocol.EnableSMTPUTF8 = true
	protocol.ErrorLog = protocolLog{s.opt.Log}
	failed := make(chan error, len(listeners))
	var addrs []net.Addr
	for i, l := range listeners {
		addrs = append(addrs, l.Addr())
		d := &door{Listener: l, server: s, security: s.opt.Listen[i].TLS}
		go func() { failed <- protocol.Serve(d) }()
	}
	if ready != nil {
		ready(addrs)
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
		if errors.Is(err, net.ErrClosed) {
			err = nil
		}
	}
	for _, l := range listeners {
		_ = l.Close()
	}
	s.finish(end)
	return err
}

func (s *Server) listen(ctx context.Context) ([]net.Listener, error) {
	if s.opt.Certificate != nil {
		if _, err := s.cert.get(); err != nil {
			return nil, err
		}
	}
	var all []net.Listener
	for _, want := range s.opt.Listen {
		if want.TLS == failover.ImplicitTLS && s.opt.Certificate == nil {
			return nil, errors.Join(failover.Fail(failover.ErrInvalid, "Outgoing mail cannot be taken in at {address}: TLS is wanted there and there is no certificate.", "address", want.Address), closeAll(all))
		}
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", want.Address)
		if err != nil {
			return nil, errors.Join(cannotListen(want.Address, err), closeAll(all))
		}
		all = append(all, l)
	}
	return all, nil
}

// cannotListen says why mail cannot be taken in at an address.
func cannotListen(address string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return failover.Fail(failover.ErrInvalid, "Outgoing mail cannot be taken in at {address}: only an administrator may open ports below 1024 here. Choose a higher one under relay.listen, or let an administrator start Lifeboat.", "address", address).Because(err)
	}
	return failover.Fail(failover.ErrInvalid, "Outgoing mail cannot be taken in at {address}: another program listens there, or this machine does not have the address. Choose another one under relay.listen.", "address", address).Because(err)
}

func closeAll(all []net.Listener) error {
	var err error
	for _, l := range all {
		err = errors.Join(err, l.Close())
	}
	return err
}

// finish ends all sessions: those between two messages at once, the others when their
// message is in, or when the time for that is over.
func (s *Server) finish(end func()) {
	s.mu.Lock()
	s.stopping = true
	for c := range s.conns {
		c.halt()
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.open.Wait(); close(done) }()
	late := time.NewTimer(s.times.finish)
	defer late.Stop()
	select {
	case <-done:
		return
	case <-late.C:
	}
	end()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Conn.Close()
	}
	s.mu.Unlock()
	<-done
}

// protocolLog is where go-smtp says what it did not expect: mostly connections that
// broke.
type protocolLog struct{ log *slog.Logger }

// Printf implements smtp.Logger.
func (l protocolLog) Printf(format string, v ...any) {
	if strings.HasPrefix(format, "panic") {
		l.log.Error("relay session", "says", sprintf(format, v...))
		return
	}
	l.log.Debug("relay session", "says", sprintf(format, v...))
}

// Println implements smtp.Logger.
func (l protocolLog) Println(v ...any) { l.log.Debug("relay session", "says", sprintln(v...)) }
