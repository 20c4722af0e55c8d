package engine

import (
	"context"
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
	ops, err := e.operations()
	if err != nil {
		return CheckReport{}, err
	}
	look := e.looker(ops, req.Found)
	if req.Seed {
		if err := e.seed(ctx, domains, req.To, look); err != nil {
			return CheckReport{}, err
		}
	}
	report := CheckReport{Ready: true, Domains: make([]DomainReport, len(domains))}
	findings := make([][]failover.Finding, len(domains))
	var g errgroup.Group
	g.SetLimit(probesAtOnce)
	for i, d := range domains {
		g.Go(func() error {
			f, j, err := look.judge(ctx, probe.Target{Domain: d, Provider: d.Provider(req.To)}, req.Fresh)
			findings[i] = f
			report.Domains[i] = DomainReport{Domain: d.Name, To: req.To, Provider: d.Provider(req.To).Name, Judgement: j}
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
func (e *Engine) seed(ctx context.Context, domains []failover.Domain, to failover.Role, look *looker) error {
	p, err := look.prober(to)
	if err != nil {
		return err
	}
	for _, d := range domains {
		settings := e.providerSettings(d.Name, to)
		t := probe.Target{Domain: d, Provider: d.Provider(to)}
		found, err := p.Seed(ctx, t, probe.SeedOptions{
			Username: settings.Submission.Username, From: settings.Submission.Username,
			Password: func(ctx context.Context) (string, error) {
				return e.opt.Password(ctx, settings.Submission.Password)
			},
		})
		if err != nil {
			return err
		}
		if _, err := e.keep(ctx, t, found); err != nil {
			return err
		}
	}
	return nil
}
