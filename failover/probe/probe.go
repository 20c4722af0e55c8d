package probe

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
)

// Options say how to probe. The zero value of everything but Reader is usable.
type Options struct {
	// Dialer makes every connection; nil is a plain net.Dialer.
	Dialer failover.Dialer
	// Reader reads the DNS.
	Reader *dnsview.Reader
	// Controls are mail servers ("host:port") of other organisations, in different
	// networks, that answer on port 25 whatever happens to the domain's providers.
	// Without any, a blocked line cannot be told from a dead server.
	Controls []string
	// RCPTPerSecond bounds how many addresses are asked for in a second, over all
	// providers together; 0 is 2.
	RCPTPerSecond float64
	// Hello is the name given in EHLO; empty is the address literal of the
	// connection (RFC 5321 section 4.1.3).
	Hello string
	// Sender is the envelope sender for servers that will not be asked from the
	// null sender; empty is postmaster at the domain.
	Sender string
	// TLS is the configuration of TLS connections (its roots above all); nil checks
	// against the system's roots.
	TLS *tls.Config
	// Port25 is where mail exchangers listen; 0 is 25.
	Port25 uint16
	// Patience is how long to wait for a connection, and for each reply; 0 is 30 s.
	Patience time.Duration
	// RetryAfter is when those put off by a temporary refusal (greylisting) are
	// asked once more; 0 is 90 s.
	RetryAfter time.Duration
	// SteadyAfter is how long a primary that accepts again must go on doing so; 0 is 30 s.
	SteadyAfter time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Sleep waits until the time is over or the context ends, whose error it
	// returns; nil waits in real time.
	Sleep func(ctx context.Context, d time.Duration) error
	// Log hears of what is no part of a finding; nil is silence.
	Log *slog.Logger
	// Tell hears each finding when it is made, one at a time, from any goroutine. A
	// later one on the same check and subject takes the earlier one's place: a
	// recipient put off is told as not known until it has been asked again.
	Tell func(failover.Finding)
}

// Target is what has to be shown: that this provider takes this domain's mail.
type Target struct {
	Domain   failover.Domain
	Provider failover.Provider // the destination, with its role
}

// Prober probes. It is safe for use by several goroutines, which share one rate
// limit.
type Prober struct {
	opt     Options
	limiter *rate.Limiter
	telling sync.Mutex

	// Of connectivity tests: dialing bounds how long a connection may take to come about,
	// and refusal is what an address that is refused costs of the pace; 0 as in the preflight.
	dialing time.Duration
	refusal int
}

// usualPace is how many addresses are asked for in a second.
const usualPace = 2

// New returns a Prober.
func New(opt Options) *Prober {
	if opt.Dialer == nil {
		opt.Dialer = &net.Dialer{}
	}
	if opt.RCPTPerSecond <= 0 {
		opt.RCPTPerSecond = usualPace
	}
	if opt.Port25 == 0 {
		opt.Port25 = 25
	}
	opt.Patience = orElse(opt.Patience, 30*time.Second)
	opt.RetryAfter = orElse(opt.RetryAfter, 90*time.Second)
	opt.SteadyAfter = orElse(opt.SteadyAfter, 30*time.Second)
	if opt.TLS == nil {
		opt.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Sleep == nil {
		opt.Sleep = sleep
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Prober{opt: opt, limiter: rate.NewLimiter(rate.Limit(opt.RCPTPerSecond), 1)}
}

// Preflight takes all evidence on the target anew. The findings are in the order
// of [Checks], and within a check in that of what was looked at. Every need of
// the target has its finding: what could not be looked at, or was cut short with
// ctx, is Unknown. It takes about one second for two recipients, more when a
// server is silent or puts us off.
func (p *Prober) Preflight(ctx context.Context, target Target) []failover.Finding {
	return p.Look(ctx, target, target.Needs())
}

// Look takes only the evidence named, as [Evidence.Stale] lists it. The findings
// are in the order of Preflight's.
func (p *Prober) Look(ctx context.Context, target Target, needs []Need) []failover.Finding {
	wanted := map[Need]bool{}
	for _, n := range needs {
		wanted[n] = true
	}
	s := newSurvey(p, target, wanted)
	checks := Checks()
	found := make([][]failover.Finding, len(checks))
	var wg sync.WaitGroup
	for i, c := range checks {
		var subjects []string
		for _, subject := range c.subjects(target) {
			if wanted[Need{c.ID, subject}] {
				subjects = append(subjects, subject)
			}
		}
		if len(subjects) == 0 {
			continue
		}
		wg.Go(func() {
			v := &visit{survey: s, check: c.ID, found: map[string]failover.Finding{}}
			c.run(ctx, v, subjects)
			found[i] = v.inOrder(subjects)
		})
	}
	wg.Wait()
	var out []failover.Finding
	for _, f := range found {
		out = append(out, f...)
	}
	return out
}

// refused makes the next addresses wait for longer after one that was refused.
func (p *Prober) refused() {
	if p.refusal > 1 {
		p.limiter.ReserveN(p.now(), p.refusal-1)
	}
}

// now is the time as the options' clock has it.
func (p *Prober) now() time.Time { return p.opt.Now() }

// pace waits until the next address may be asked for.
func (p *Prober) pace(ctx context.Context) error {
	now := p.now()
	turn := p.limiter.ReserveN(now, 1)
	err := p.opt.Sleep(ctx, turn.DelayFrom(now))
	if err != nil {
		turn.CancelAt(now)
	}
	return err
}

func (p *Prober) tell(f failover.Finding) {
	if p.opt.Tell == nil {
		return
	}
	p.telling.Lock()
	defer p.telling.Unlock()
	p.opt.Tell(f)
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func orElse(d, standard time.Duration) time.Duration {
	if d <= 0 {
		return standard
	}
	return d
}
