package watch

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/probe"
)

// Options say what to watch and how. Domain and Reader must be set.
type Options struct {
	Domain failover.Domain
	// Dialer makes every connection; nil is a plain net.Dialer.
	Dialer failover.Dialer
	// Reader reads the DNS.
	Reader *dnsview.Reader
	// Access is how to sign in at each provider.
	Access map[failover.Role]Access
	// Controls are mail servers ("host:port") of other organisations, and DNSControls
	// name servers of others; see [detect.Target].
	Controls    []string
	DNSControls []netip.Addr
	// Patience is how long a look may take, and with it a round; 0 is 50 s. It should
	// be above what detection takes for slow (detect.Settings.SlowAfter), and below
	// the time from round to round.
	Patience time.Duration
	// Factor is how many times faster than life the clock runs; 0 is 1. The network
	// is no faster, so that of the patience only this part is left.
	Factor float64
	// Seldom is the time from one look at the status pages and the delay notices to the
	// next; 0 is 10 minutes.
	Seldom time.Duration
	// Mailboxes are those in which the providers' delay notices are read, as often as
	// the status pages. Without any, outages of others' domains are not seen.
	Mailboxes []Mailbox
	// Memory is what an earlier watcher knew.
	Memory Memory
	// Now is the clock, by which it is also measured how long looks take; nil is
	// time.Now.
	Now func() time.Time
	// Log hears of what is no part of an observation; nil is silence.
	Log *slog.Logger
}

// Access is how to come in at a provider.
type Access struct {
	// User and Password sign in at the submission and the IMAP server. Without them
	// these are looked at as far as they can be. The password is asked for in each
	// round, within the round's time, and kept nowhere.
	User     string
	Password func(context.Context) (string, error)
	// TLS is the configuration of TLS connections (its roots above all); nil is the
	// system's roots.
	TLS *tls.Config
	// StatusPage is the URL of the provider's incidents as JSON; empty is none.
	StatusPage string
}

// Memory is what a watcher should know of the ones before it.
type Memory struct {
	// Number is that of the last round.
	Number uint64 `json:"number"`
	// Proved are the targets that have worked, and Secure the MX hosts that have
	// shown a right certificate.
	Proved []detect.Target `json:"proved,omitempty"`
	Secure []detect.Target `json:"secure,omitempty"`
}

// Watcher makes rounds. It is safe for use by several goroutines; rounds wait for
// each other.
type Watcher struct {
	opt     Options
	probers map[failover.Role]*probe.Prober // that of no role is for controls
	turn    chan struct{}                   // held by the round that is going on

	mu      sync.Mutex
	number  uint64
	proved  map[detect.Target]bool
	secure  map[detect.Target]bool
	refused map[detect.Target]refusals
	away    map[string]bool // looks that have not come back
	zone    zone
	paged   time.Time // the last look at the status pages
}

// New returns a Watcher. It looks at nothing yet.
func New(opt Options) *Watcher {
	if opt.Dialer == nil {
		opt.Dialer = &net.Dialer{}
	}
	if opt.Patience <= 0 {
		opt.Patience = 50 * time.Second
	}
	if opt.Factor <= 0 {
		opt.Factor = 1
	}
	if opt.Seldom <= 0 {
		opt.Seldom = 10 * time.Minute
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	w := &Watcher{
		opt: opt, probers: map[failover.Role]*probe.Prober{}, turn: make(chan struct{}, 1), number: opt.Memory.Number,
		proved: setOf(opt.Memory.Proved), secure: setOf(opt.Memory.Secure), refused: map[detect.Target]refusals{}, away: map[string]bool{},
	}
	for _, r := range []failover.Role{failover.Primary, failover.Secondary, ""} {
		w.probers[r] = probe.New(probe.Options{
			Dialer: opt.Dialer, Reader: opt.Reader, TLS: opt.Access[r].TLS, Patience: w.replyPatience(), Now: opt.Now, Log: opt.Log,
		})
	}
	return w
}

// Patience is how long a look may take, by the clock.
func (w *Watcher) Patience() time.Duration { return w.opt.Patience }

// patience is the same in real time.
func (w *Watcher) patience() time.Duration {
	return time.Duration(float64(w.opt.Patience) / w.opt.Factor)
}

// replyPatience is how long one reply may take. It is less than all of a look may
// take, so that a server that stops in the middle is told from one that is slow.
func (w *Watcher) replyPatience() time.Duration { return w.patience() * 3 / 5 }

func setOf(targets []detect.Target) map[detect.Target]bool {
	out := map[detect.Target]bool{}
	for _, t := range targets {
		out[t] = true
	}
	return out
}

// Memory returns what to give the next watcher of this domain.
func (w *Watcher) Memory() Memory {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := Memory{Number: w.number}
	for _, t := range w.targets() {
		if w.proved[t] {
			m.Proved = append(m.Proved, t)
		}
		if w.secure[t] {
			m.Secure = append(m.Secure, t)
		}
	}
	return m
}

// Targets lists what is watched. The domain's name servers join when the first
// round has found them, and change when they do: make a new detector then.
func (w *Watcher) Targets() []detect.Target {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.targets()
}

func (w *Watcher) targets() []detect.Target {
	out := detect.Watch(w.opt.Domain)
	for _, r := range roles() {
		if t := w.pageOf(r); t.Host != "" {
			out = append(out, t)
		}
	}
	for _, s := range w.zone.servers {
		out = append(out, recordsAt(s))
	}
	for _, c := range w.opt.Controls {
		if t := controlOf(c); !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	for _, a := range w.opt.DNSControls {
		out = append(out, dnsControlOf(a))
	}
	return out
}

func roles() []failover.Role { return []failover.Role{failover.Primary, failover.Secondary} }
