package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost/manual"
	"lifeboat/failover/drill"
	"lifeboat/failover/drill/report"
	"lifeboat/failover/probe"
)

// RuncardRequest says what a run card is to be for.
type RuncardRequest struct {
	Domains []string // none are all
	// Flags are what every command needs to find the settings and data, as it is
	// typed; empty where the usual places are meant.
	Flags string
}

// Runcard gathers what is to be printed for the day when mail fails: from settings,
// evidence and past drills as they are on the disk. It asks nobody, so that it works
// without any network.
func (e *Engine) Runcard(ctx context.Context, req RuncardRequest) (report.Card, error) {
	domains, err := e.Domains(req.Domains)
	if err != nil {
		return report.Card{}, err
	}
	s, first := e.opt.Settings, domains[0]
	c := report.Card{
		Organization: s.Organization, Domains: []string{}, Printed: e.opt.Now(),
		Primary: first.Primary.Name, Secondary: first.Secondary.Name, People: peopleOf(s), Machine: e.opt.Owner, Flags: req.Flags,
		Emergency: []string{}, Credentials: s.Runcard.Credentials, DNS: dnsOf(s, domains), Support: []report.Support{},
		Notes: append([]string{}, s.Runcard.Notes...), Last: e.lastMeasured(),
	}
	for _, d := range domains {
		c.Domains = append(c.Domains, failover.Display(d.Name))
		c.OldTTL = max(c.OldTTL, drill.Span(time.Duration(d.MXTTL)*time.Second))
		c.Emergency = append(c.Emergency, emergencyOf(d)...)
	}
	for _, p := range s.Runcard.Support {
		c.Support = append(c.Support, report.Support{Name: p.Name, Phone: p.Phone, Page: p.Page})
	}
	c.Readiness, c.Ready = e.readyNow(ctx, domains)
	return c, nil
}

// peopleOf lists whom to call, those who decide first.
func peopleOf(s *configs.Settings) []report.Person {
	out := make([]report.Person, len(s.People))
	for i, p := range s.People {
		out[i] = report.Person{Name: p.Name, Role: p.Role, Phone: p.Phone, Decides: p.Decides}
	}
	slices.SortStableFunc(out, func(a, b report.Person) int {
		switch {
		case a.Decides == b.Decides:
			return 0
		case a.Decides:
			return -1
		default:
			return 1
		}
	})
	return out
}

// emergencyOf lists a domain's addresses at its emergency subdomain: those that many
// write to first.
func emergencyOf(d failover.Domain) []string {
	if d.Emergency == "" {
		return nil
	}
	var shared, own []string
	for _, r := range d.Recipients {
		at := strings.LastIndexByte(r.Address, '@')
		if at < 0 || r.Kind == failover.Alias {
			continue
		}
		address := r.Address[:at+1] + failover.Display(d.Emergency)
		if r.Kind == failover.Account {
			own = append(own, address)
		} else {
			shared = append(shared, address)
		}
	}
	return append(shared, own...)
}

// cloudflareSignIn is where people sign in to Cloudflare.
const cloudflareSignIn = "https://dash.cloudflare.com"

// dnsOf lists who hosts the domains' records, each once, with where to sign in.
func dnsOf(s *configs.Settings, domains []failover.Domain) []report.DNSHost {
	out := []report.DNSHost{}
	for _, d := range domains {
		set, ok := s.Domain(d.Name)
		if !ok {
			continue
		}
		h := report.DNSHost{}
		switch {
		case set.DNS.Cloudflare != nil:
			h.Name, h.Page = "Cloudflare", cloudflareSignIn
		case set.DNS.RFC2136 != nil:
			h.Name = set.DNS.RFC2136.Server
		case set.DNS.Manual != nil:
			h.Name, h.Page = manual.SignIn(set.DNS.Manual.Console)
		}
		i := slices.IndexFunc(out, func(o report.DNSHost) bool { return o.Name == h.Name && o.Page == h.Page })
		if i < 0 {
			i, out = len(out), append(out, h)
		}
		out[i].Domains = append(out[i].Domains, failover.Display(d.Name))
	}
	for i := range out {
		if out[i].Page == "" || len(out) == 1 && s.Runcard.DNSSignIn != "" {
			out[i].Page = s.Runcard.DNSSignIn
		}
	}
	return out
}

// lastMeasured is the newest drill in which something was measured; nil when there is
// none.
func (e *Engine) lastMeasured() *drill.Point {
	held, err := HeldDrills(Drills(e.opt.DataDir))
	if err != nil {
		e.opt.Logger.Warn("drills", "error", err)
	}
	for _, h := range held {
		if h.Kind != drill.Tabletop && len(h.Measures) > 0 {
			return &h.Point
		}
	}
	return nil
}

// readyNow judges the evidence kept for a switch of the domains, without trying
// anything anew.
func (e *Engine) readyNow(ctx context.Context, domains []failover.Domain) (failover.Sentence, bool) {
	evidence, now := e.evidence(ctx), e.opt.Now()
	blocking, unknown := 0, 0
	for _, d := range domains {
		if d.Secondary.Name == "" {
			return failover.Say("not ready, {domain} has no secondary provider", "domain", failover.Display(d.Name)), false
		}
		t := probe.Target{Domain: d, Provider: d.Secondary}
		j := e.withLeftOut(probe.Judge(evidence.Findings(t), t, now, e.maxAge()), t, now)
		blocking, unknown = blocking+len(j.Blocking), unknown+len(j.Unknown)
	}
	switch {
	case blocking > 0:
		return failover.Say("not ready, {count} checks fail: lifeboat check names them", "count", blocking), false
	case unknown > 0:
		return failover.Say("not known, {count} checks were not made lately: lifeboat check makes them", "count", unknown), false
	default:
		return failover.Say("ready, {provider} takes the mail of everybody", "provider", domains[0].Secondary.Name), true
	}
}
