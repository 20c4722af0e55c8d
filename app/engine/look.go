package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/journal"
	"lifeboat/failover/probe"
)

// preflight judges, for the provider that a plan leads to, each domain that the
// plan changes.
func (l *looker) preflight(ctx context.Context, p failover.Plan, domains []failover.Domain) (map[string]probe.Judgement, error) {
	out := map[string]probe.Judgement{}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(probesAtOnce)
	for _, d := range domains {
		if !slices.ContainsFunc(p.Steps, func(s failover.Step) bool { return s.Domain == d.Name }) {
			continue
		}
		g.Go(func() error {
			_, j, err := l.judge(gctx, target(p, d, p.Kind.Target()), false)
			mu.Lock()
			defer mu.Unlock()
			out[d.Name] = j
			return err
		})
	}
	return out, g.Wait()
}

// published judges what a preparation would publish: an SPF record that receivers
// cannot evaluate is worse than none, for it harms the mail that is sent today.
func (l *looker) published(ctx context.Context, p failover.Plan) (map[string]probe.Judgement, error) {
	out := map[string]probe.Judgement{}
	for _, s := range p.Steps {
		spf, at, _ := dnswire.SPF(s.After.Values)
		if s.After.Type != "TXT" || s.After.Name != s.Domain || at < 0 {
			continue
		}
		prober, err := l.prober(failover.Secondary)
		if err != nil {
			return nil, err
		}
		j := probe.Judgement{Allowed: true}
		switch f := prober.SPFWorks(ctx, s.Domain, spf); f.Verdict {
		case failover.Red:
			j.Allowed, j.Blocking = false, append(j.Blocking, f)
		case failover.Unknown, failover.Warn:
			j.Warnings = append(j.Warnings, f)
		case failover.Pass:
		}
		out[s.Domain] = j
	}
	return out, nil
}

// target is what has to be shown before a plan is carried out: that the hosts it
// publishes take the domain's mail. They are those of the settings, unless the plan
// is older than the settings.
func target(p failover.Plan, d failover.Domain, to failover.Role) probe.Target {
	t := probe.Target{Domain: d, Provider: d.Provider(to)}
	if s, ok := moving(p, d); ok {
		t.Provider.MX = s.After.MX()
	}
	return t
}

// looker takes evidence for one request. All its domains share one prober for each
// provider, and so one bound on how many addresses are asked for in a second.
type looker struct {
	e     *Engine
	ops   []journal.Operation
	found func(failover.Finding)

	mu      sync.Mutex
	probers map[failover.Role]*probe.Prober
}

func (e *Engine) looker(ops []journal.Operation, found func(failover.Finding)) *looker {
	if found == nil {
		found = func(failover.Finding) {}
	}
	return &looker{e: e, ops: ops, found: found, probers: map[failover.Role]*probe.Prober{}}
}

// prober returns what tries a provider's servers.
func (l *looker) prober(to failover.Role) (*probe.Prober, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.probers[to]; p != nil {
		return p, nil
	}
	settings := l.e.opt.Settings.Providers.Primary
	if to == failover.Secondary {
		settings = l.e.opt.Settings.Providers.Secondary
	}
	p, err := l.e.opt.MakeProber(settings, l.found)
	if err == nil {
		l.probers[to] = p
	}
	return p, err
}

// judge returns the evidence on a domain's provider and what follows from it. What
// is old or missing is taken then and there, with fresh everything; what is taken
// is kept.
func (l *looker) judge(ctx context.Context, t probe.Target, fresh bool) ([]failover.Finding, probe.Judgement, error) {
	e := l.e
	ev, needs := e.evidence(ctx), t.Needs()
	if now := e.opt.Now(); !fresh {
		needs = ev.Stale(t, now, e.ageFor(t.Domain, t.Provider.Role, l.ops, now))
	}
	if len(needs) > 0 {
		p, err := l.prober(t.Provider.Role)
		if err != nil {
			return nil, probe.Judgement{}, err
		}
		looked := t
		looked.Domain = e.withSigning(ctx, t.Domain)
		seen := p.Look(ctx, looked, needs)
		if err := ctx.Err(); err != nil {
			return nil, probe.Judgement{}, stopped(err)
		}
		if ev, err = e.keep(ctx, t, seen); err != nil {
			return nil, probe.Judgement{}, err
		}
	}
	f, now := ev.Findings(t), e.opt.Now()
	return f, e.withLeftOut(probe.Judge(f, t, now, e.ageFor(t.Domain, t.Provider.Role, l.ops, now)), t, now), nil
}

// recall judges the evidence that is kept, as of now, without looking at anything.
func (l *looker) recall(ctx context.Context, t probe.Target) probe.Judgement {
	now := l.e.opt.Now()
	return l.e.withLeftOut(probe.Judge(l.e.evidence(ctx).Findings(t), t, now, l.e.ageFor(t.Domain, t.Provider.Role, l.ops, now)), t, now)
}

func (e *Engine) maxAge() time.Duration { return e.opt.Settings.Preflight.MaxAge.Duration() }

// ageFor is how old evidence may be, now, that a provider takes the domain's mail. What
// the primary did before mail was led away from it says nothing about the end of
// its outage.
func (e *Engine) ageFor(d failover.Domain, to failover.Role, ops []journal.Operation, now time.Time) time.Duration {
	if to != failover.Primary {
		return e.maxAge()
	}
	age := min(e.maxAge(), probe.HomeAge)
	for _, op := range slices.Backward(ops) {
		led, known := leadsTo(op.Plan, d)
		if !known || op.Result == journal.Aborted {
			continue
		}
		// Where the clock was set back since, only the usual age can be held to.
		if since := now.Sub(op.Started); led == failover.Secondary && since > 0 {
			age = min(age, since)
		}
		break
	}
	return max(age, 1) // 0 would mean the usual age
}
