package engine

import (
	"context"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// CheckRequest asks for the preflight.
type CheckRequest struct {
	Domains []string
	// To is the provider that has to take the mail; empty is the secondary.
	To failover.Role
	// Fresh takes all evidence anew; otherwise only what is missing or old.
	Fresh bool
	// Seed sends a seed message through the provider's submission port.
	Seed bool
	// Found gets each finding as it comes; it may be nil.
	Found func(failover.Finding)
}

// CheckReport is the result of a preflight.
type CheckReport struct {
	At       time.Time          `json:"at"`
	Ready    bool               `json:"ready"`
	Domains  []DomainReport     `json:"domains"`
	Findings []failover.Finding `json:"findings"`
}

// DomainReport is the preflight's judgement on one domain.
type DomainReport struct {
	Domain    string          `json:"domain"`
	To        failover.Role   `json:"to"`
	Provider  string          `json:"provider"`
	Judgement probe.Judgement `json:"judgement"`
}

// Check takes the evidence that is missing, keeps it, and judges it.
func (e *Engine) Check(ctx context.Context, req CheckRequest) (CheckReport, error) {
	if req.To == "" {
		req.To = failover.Secondary
	}
	domains, err := e.Domains(req.Domains)
	if err != nil {
		return CheckReport{}, err
	}
	if req.To == failover.Secondary {
		if err := e.needSecondary(domains); err != nil {
			return CheckReport{}, err
		}
	}
	release, err := e.lease()
	if err != nil {
		return CheckReport{}, err
	}
	defer release()
	if req.Seed {
		if err := e.seed(ctx, domains, req); err != nil {
			return CheckReport{}, err
		}
	}
	report := CheckReport{Ready: true, Domains: make([]DomainReport, len(domains))}
	findings := make([][]failover.Finding, len(domains))
	var g errgroup.Group
	g.SetLimit(probesAtOnce)
	for i, d := range domains {
		g.Go(func() error {
			f, err := e.gather(ctx, d, req.To, req.Fresh, req.Found)
			findings[i] = f
			t := probe.Target{Domain: d, Provider: d.Provider(req.To)}
			report.Domains[i] = DomainReport{
				Domain: d.Name, To: req.To, Provider: t.Provider.Name,
				Judgement: probe.Judge(f, t, e.opt.Now(), e.ageFor(req.To)),
			}
			return err
		})
	}
	err = g.Wait()
	report.At = e.opt.Now().UTC()
	for i, r := range report.Domains {
		report.Ready = report.Ready && r.Judgement.Allowed
		report.Findings = append(report.Findings, findings[i]...)
	}
	return report, err
}

// probesAtOnce bounds the domains whose servers are tried side by side. The
// addresses asked for in a second are bounded for all of them together.
const probesAtOnce = 4

// preflight judges each domain of a plan for the provider that the plan leads to.
func (e *Engine) preflight(ctx context.Context, p failover.Plan, found func(failover.Finding)) (map[string]probe.Judgement, error) {
	domains, err := e.Domains(p.Domains)
	if err != nil {
		return nil, err
	}
	out := map[string]probe.Judgement{}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(probesAtOnce)
	for _, d := range domains {
		g.Go(func() error {
			j, err := e.judge(gctx, d, p.Kind.Target(), found)
			mu.Lock()
			defer mu.Unlock()
			out[d.Name] = j
			return err
		})
	}
	return out, g.Wait()
}

func (e *Engine) judge(ctx context.Context, d failover.Domain, to failover.Role, found func(failover.Finding)) (probe.Judgement, error) {
	f, err := e.gather(ctx, d, to, false, found)
	t := probe.Target{Domain: d, Provider: d.Provider(to)}
	return probe.Judge(f, t, e.opt.Now(), e.ageFor(to)), err
}

// gather returns the evidence on a domain's provider, taking what is old or
// missing then and there, or with fresh everything. What is taken is kept.
func (e *Engine) gather(ctx context.Context, d failover.Domain, to failover.Role, fresh bool, found func(failover.Finding)) ([]failover.Finding, error) {
	t := probe.Target{Domain: d, Provider: d.Provider(to)}
	ev := e.evidence()
	needs := t.Needs()
	if !fresh {
		needs = ev.Stale(t, e.opt.Now(), e.ageFor(to))
	}
	if len(needs) > 0 {
		p, err := e.prober(to, found)
		if err != nil {
			return nil, err
		}
		seen := p.Look(ctx, t, needs)
		if err := ctx.Err(); err != nil {
			return nil, stopped(err)
		}
		if ev, err = e.keep(t, seen); err != nil {
			return nil, err
		}
	}
	return ev.Findings(t), nil
}

// evidence reads the evidence file. A damaged one counts as none: everything is
// looked at anew.
func (e *Engine) evidence() *probe.Evidence {
	ev, err := probe.LoadEvidence(e.path(evidenceFile))
	if err != nil {
		e.opt.Logger.Warn("evidence", "error", err)
	}
	return ev
}

// keep adds findings to the evidence file.
func (e *Engine) keep(t probe.Target, fresh []failover.Finding) (*probe.Evidence, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	ev := e.evidence()
	ev.Merge(t, fresh)
	return ev, ev.Save(e.path(evidenceFile))
}

// prober makes what tries a provider's servers.
func (e *Engine) prober(to failover.Role, found func(failover.Finding)) (*probe.Prober, error) {
	if found == nil {
		found = func(failover.Finding) {}
	}
	p := e.opt.Settings.Providers.Primary
	if to == failover.Secondary {
		p = e.opt.Settings.Providers.Secondary
	}
	return e.opt.MakeProber(p, found)
}

// providerSettings returns a domain's provider, complete.
func (e *Engine) providerSettings(domain string, r failover.Role) configs.Provider {
	p, _ := e.opt.Settings.ProvidersOf(domain) // the domain is one of the settings
	if r == failover.Secondary {
		return p.Secondary
	}
	return p.Primary
}

// seed asks the provider's submission port about all recipients and sends those
// it takes a seed message.
func (e *Engine) seed(ctx context.Context, domains []failover.Domain, req CheckRequest) error {
	p, err := e.prober(req.To, req.Found)
	if err != nil {
		return err
	}
	for _, d := range domains {
		settings := e.providerSettings(d.Name, req.To)
		t := probe.Target{Domain: d, Provider: d.Provider(req.To)}
		found, err := p.Seed(ctx, t, probe.SeedOptions{
			Username: settings.Submission.Username, From: settings.Submission.Username,
			Password: func(ctx context.Context) (string, error) {
				return e.opt.Password(ctx, settings.Submission.Password)
			},
		})
		if err != nil {
			return err
		}
		if _, err := e.keep(t, found); err != nil {
			return err
		}
	}
	return nil
}

// ImportEvidence takes in what was found on another line: a report of lifeboat
// check --json, or an SMTP dialogue copied from a terminal, held at the given time.
// It returns how many findings were taken in.
func (e *Engine) ImportEvidence(r io.Reader, at time.Time, names []string, to failover.Role) (int, error) {
	domains, err := e.Domains(names)
	if err != nil {
		return 0, err
	}
	release, err := e.lease()
	if err != nil {
		return 0, err
	}
	defer release()
	got, err := probe.Import(r, probe.ImportOptions{At: at, Now: e.opt.Now(), MaxAge: e.maxAge()})
	if err != nil {
		return 0, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	ev, count := e.evidence(), 0
	for _, d := range domains {
		count += ev.Merge(probe.Target{Domain: d, Provider: d.Provider(to)}, got)
	}
	return count, ev.Save(e.path(evidenceFile))
}

func (e *Engine) maxAge() time.Duration { return e.opt.Settings.Preflight.MaxAge.Duration() }

// ageFor is how old evidence may be that a provider takes the domain's mail.
func (e *Engine) ageFor(to failover.Role) time.Duration {
	if to == failover.Primary {
		return min(probe.HomeAge, e.maxAge())
	}
	return e.maxAge()
}
