package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"lifeboat/failover"
)

// Options shape a world. The zero value is a world of example.test, in which
// all that is done in calm times has been done.
type Options struct {
	// Domain is the mail domain; empty is "example.test".
	Domain string
	// Recipients are the domain's addresses, which both providers have; empty is
	// five of them, of every kind.
	Recipients []failover.Recipient
	// Secondaries is how many name servers follow ns1; 0 is 2, at most 8.
	Secondaries int
	// Lag is how long after a change the secondaries have it; see SetLag.
	Lag time.Duration
	// TTL, in seconds, is that of the domain's records; 0 is 300.
	TTL uint32
	// IPv6 gives the name servers and mail hosts IPv6 addresses beside IPv4.
	IPv6 bool
	// Unprepared leaves out what belongs to calm times: no emergency subdomain,
	// the secondary neither in SPF nor with its DKIM selector.
	Unprepared bool
	// Interval is the time between two messages from outside, of the three groups in
	// turn; the staff write half as many. 0 is half a second, and a negative one is none
	// until SetInterval or Send.
	Interval time.Duration
	// Retry is how those who have mail to hand on try again.
	Retry Retry
	// Staff: the domain's people read and write. Without it nobody looks at the mail.
	Staff bool
	// Busy are addresses of the domain that those outside write to, and the staff among
	// themselves; empty: each to each.
	Busy []string
	// Letter, when set, writes what people write: it completes the subject and the text.
	// The same letter must always be completed in the same way.
	Letter func(Letter) Letter
	// LateAfter is how long after it was written a message that arrives counts as
	// delayed; 0 is a minute, and a negative one is never.
	LateAfter time.Duration
	// Delay is how late each reply comes from a provider that is Slow; 0 is 2 s.
	Delay time.Duration
	// Factor is how many times faster than life the world's clock runs; 0 is 1.
	// Whatever waits by the clock follows it (TTLs, lag, retries, intervals, staff);
	// what the network takes does not (Delay, time-outs).
	Factor float64
	// StatusDelay is how long after the beginning of a trouble an honest status page
	// tells of it; 0 is 20 minutes, and a negative one is at once.
	StatusDelay time.Duration
	// Now is a clock for a test to turn: TTLs, lag and what is told go by it. nil is
	// a clock that starts at the real time and goes Factor times as fast.
	Now func() time.Time
	// Log takes what goes on inside, at debug level; nil is nowhere.
	Log *slog.Logger

	framed bool // datagrams go over TCP even where there is UDP; for tests
}

// Retry is a sender's patience. Real ones are far slower: Postfix tries again
// after 5 minutes, then up to 67 minutes apart, for 5 days.
type Retry struct {
	// First is the wait after the first failure, doubled after each further one up
	// to Most. 0 is 1 s and 15 s.
	First, Most time.Duration
	// Expire is the age at which an undelivered message goes back to its sender; 0
	// is 4 hours.
	Expire time.Duration
	// Notice is the age at which a provider tells whoever wrote it that a message is
	// delayed; 0 is a minute.
	Notice time.Duration
	// Patience is how long the sender waits for a connection or for an answer, but
	// for the one that says a message is stored, for which it waits longer; 0 is 5 s.
	Patience time.Duration
}

// World is a running mail world. Its methods may be called from several
// goroutines.
type World struct {
	opt      Options
	clock    *clock
	domain   failover.Domain
	ca       *certifier
	inet     *network
	office   *line
	zone     *zone // the domain's
	key      TSIG
	servers  []*nameserver
	resolver *resolver
	stub     map[string]*condition // of the resolvers' doors, by host name
	provider map[failover.Role]*provider
	controls []string
	outside  []*outsider
	groups   []*outsider // those of them that write to the domain
	traffic  *traffic
	staff    *staff
	books    *books
	marker   marker
	ledger   *ledger
	events   *events

	mu     sync.Mutex
	state  state
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

type state int

const (
	unborn state = iota
	running
	closed
)

// New makes a world, which is still until Start. Options that make no sense are
// failover.ErrInvalid.
func New(opt Options) (*World, error) {
	opt, err := opt.filled()
	if err != nil {
		return nil, err
	}
	clock := newClock(opt.Factor, opt.Now)
	opt.Now = clock.now
	ca, err := newCertifier()
	if err != nil {
		return nil, err
	}
	key, err := newTSIG()
	if err != nil {
		return nil, err
	}
	w := &World{
		opt: opt, clock: clock, ca: ca, key: key,
		inet:   newNetwork(),
		events: newEvents(opt.Now),
		ledger: newLedger(keepSettled),
	}
	if err := w.settle(); err != nil {
		return nil, err
	}
	return w, nil
}

// Start opens the world's sockets and sets everything going. When ctx ends the
// world closes.
func (w *World) Start(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state != unborn {
		return failover.Fail(failover.ErrInvalid, "This practice world has been started before; make a new one")
	}
	ctx, w.cancel = context.WithCancel(ctx)
	w.state = running
	if err := w.open(ctx); err != nil {
		w.cancel()
		w.shut()
		return failover.Fail(failover.ErrUnreachable,
			"The practice world could not open its ports on 127.0.0.1; see whether a firewall or the limit of open files forbids it").Because(err)
	}
	w.wg.Go(func() {
		<-ctx.Done()
		w.inet.close()
		w.events.close()
	})
	for _, o := range w.groups {
		w.wg.Go(func() { o.run(ctx) })
	}
	for _, p := range w.provider {
		w.wg.Go(func() { p.outgoing.run(ctx) })
	}
	w.wg.Go(func() { w.traffic.run(ctx) })
	w.wg.Go(func() { w.staff.run(ctx) })
	return nil
}

// open starts every server of the network.
func (w *World) open(ctx context.Context) error {
	if err := w.inet.open(ctx, &w.wg, w.opt.framed, w.opt.Log); err != nil {
		return err
	}
	for _, h := range w.inet.all() {
		for _, s := range h.services {
			s.host = h.name
			if err := s.open(ctx, &w.wg, w.inet.framed); err != nil {
				return err
			}
		}
	}
	return nil
}

// shut waits until nothing of the world runs any more. The caller holds mu and
// has cancelled the world's context.
func (w *World) shut() {
	w.inet.close()
	w.wg.Wait()
	w.events.close()
	w.state = closed
}

// Close stops everything and waits for it: no goroutine, no socket and no
// subscription is left. A second Close does nothing; a world that was never started
// cannot be after it.
func (w *World) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cancel != nil {
		w.cancel()
	}
	w.shut()
	return nil
}

// Dialer is the network as a program in the domain's office has it.
func (w *World) Dialer() failover.Dialer { return w.office }

// Domain is the domain as the settings would tell it.
func (w *World) Domain() failover.Domain {
	d := w.domain
	d.Recipients = append([]failover.Recipient(nil), d.Recipients...)
	return d
}

// Resolver is the address, with its port, of the recursive resolver.
func (w *World) Resolver() string { return resolverAddr + ":53" }

// DoHURL is where the resolver answers DNS over HTTPS (RFC 8484).
func (w *World) DoHURL() string { return "https://" + hostOf(dohName) + dohPath }

// TLSConfig trusts the world's own certificate authority and nobody else. The
// caller owns it.
func (w *World) TLSConfig() *tls.Config {
	return &tls.Config{RootCAs: w.ca.pool, MinVersion: tls.VersionTLS12}
}

// UpdateServer is the address, with its port, that takes dynamic updates.
func (w *World) UpdateServer() string { return w.servers[0].addr.String() + ":53" }

// TSIG is the key that dynamic updates are signed with. It may change MX and TXT
// records, and nothing else.
func (w *World) TSIG() TSIG { return w.key }

// Controls are mail hosts, as "host:25", that have nothing to do with either
// provider: when none of them can be reached it is the line.
func (w *World) Controls() []string { return append([]string(nil), w.controls...) }

// DNSControls are the root servers: they have nothing to do with the domain, and
// when none of them answers it is the line.
func (w *World) DNSControls() []netip.Addr {
	return []netip.Addr{netip.MustParseAddr(root1Addr), netip.MustParseAddr(root2Addr)}
}

// SetLine changes the office's line. The zero Line lets everything through.
func (w *World) SetLine(l Line) { w.office.set(l) }

// filled puts the defaults in.
func (o Options) filled() (Options, error) {
	if o.Domain == "" {
		o.Domain = "example.test"
	}
	o.Domain = failover.FQDN(o.Domain)
	if err := checkDomain(o.Domain); err != nil {
		return o, err
	}
	if len(o.Recipients) == 0 {
		o.Recipients = someRecipients(o.Domain)
	}
	for _, r := range o.Recipients {
		if local, domain := splitAddress(r.Address); local == "" || domain != o.Domain {
			return o, failover.Fail(failover.ErrInvalid,
				"{address} is no address of {domain}; give recipients of the practice domain only", "address", r.Address, "domain", failover.Display(o.Domain))
		}
	}
	if o.Secondaries < 0 || o.Secondaries > maxSecondaries {
		return o, failover.Fail(failover.ErrInvalid,
			"{count} secondary name servers cannot be had; give a number from 1 to {most}", "count", o.Secondaries, "most", maxSecondaries)
	}
	if o.Lag < 0 {
		return o, failover.Fail(failover.ErrInvalid, "The lag {lag} is negative; give the time that secondary name servers take to follow", "lag", o.Lag)
	}
	orDefault(&o.Secondaries, 2)
	orDefault(&o.TTL, 300)
	orDefault(&o.Interval, 500*time.Millisecond)
	orDefault(&o.Delay, 2*time.Second)
	orDefault(&o.StatusDelay, 20*time.Minute)
	orDefault(&o.LateAfter, time.Minute)
	orDefault(&o.Retry.First, time.Second)
	orDefault(&o.Retry.Most, max(o.Retry.First, 15*time.Second))
	orDefault(&o.Retry.Expire, 4*time.Hour)
	orDefault(&o.Retry.Notice, time.Minute)
	orDefault(&o.Retry.Patience, 5*time.Second)
	orDefault(&o.Factor, 1)
	if err := checkFactor(o.Factor); err != nil {
		return o, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

func orDefault[T comparable](value *T, byDefault T) {
	var zero T
	if *value == zero {
		*value = byDefault
	}
}

var errNotRunning = errors.New("the lab does not run")
