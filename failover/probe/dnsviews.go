package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
)

func checkDNSViews() Check {
	return Check{
		ID:       "dns-views",
		Reason:   failover.Say("The authoritative servers, public resolvers and this machine's resolver may tell different things about the domain. A plan made from the wrong one switches the wrong records."),
		Remedy:   failover.Say("Find out which answer is right before anything is changed."),
		subjects: theDomain, asked: onNothing, keeps: soon,
		run: func(ctx context.Context, v *visit, _ []string) {
			if s := v.judgeViews(ctx); ctx.Err() == nil {
				v.note("", s)
			}
		},
	}
}

// views is the domain's MX set as three kinds of source tell it.
type views struct {
	zone     error // the zone or its servers could not be found
	servers  failover.View
	public   []dnsview.ResolverAnswer
	system   failover.RRset
	noSystem error
}

func (s *survey) judgeViews(ctx context.Context) say {
	key := failover.Key{Name: failover.FQDN(s.target.Domain.Name), Type: "MX"}
	var v views
	zone := s.zone(ctx)
	if v.zone = zone.err; v.zone == nil {
		v.servers = s.prober.opt.Reader.Authoritative(ctx, zone.name, zone.servers, key)
	}
	v.public = s.prober.opt.Reader.DoH(ctx, key)
	v.system, v.noSystem = s.prober.opt.Reader.System(ctx, key)
	return v.judge(s.target)
}

func (v views) evidence() []string {
	var out []string
	for _, a := range v.servers.Answers {
		said := string(a.State)
		if a.State == failover.Answered {
			said = a.Set.String()
		}
		out = append(out, clean(fmt.Sprintf("%s (%s): %s", failover.Display(a.Server), a.Addr, said), 400))
	}
	if v.zone != nil {
		out = append(out, "authoritative: "+clean(v.zone.Error(), 300))
	}
	for _, a := range v.public {
		out = append(out, a.Resolver+": "+word(a.Set, a.Err))
	}
	return append(out, "system: "+word(v.system, v.noSystem))
}

func word(set failover.RRset, err error) string {
	if err != nil {
		return clean(err.Error(), 300)
	}
	return clean(set.String(), 400)
}

// judge compares the sources. What differs from the authoritative answer but is
// one of the domain's own two routes is taken for an old answer in a cache.
func (v views) judge(t Target) say {
	domain := failover.Display(t.Domain.Name)
	out := say{verdict: failover.Warn, evidence: v.evidence()}
	sets := v.servers.Distinct()
	switch {
	case errors.Is(v.zone, failover.ErrZone):
		out.verdict = failover.Red
		out.text = failover.Say("The domain {domain} does not exist in the DNS.", "domain", domain)
		out.remedy = failover.Say("Correct the domain's name in the settings, or see at the registrar whether it has expired.")
	case len(sets) == 0:
		return v.withoutServers(domain, out)
	case len(sets) > 1:
		out.text = failover.Say("The authoritative servers of {domain} disagree about its MX records.", "domain", domain)
		out.remedy = failover.Say("Wait until the DNS host has brought all its servers up to date, or ask it why they differ.")
	default:
		return v.againstResolvers(t, domain, sets[0], out)
	}
	return out
}

// withoutServers: no authoritative server gave an answer that counts.
func (v views) withoutServers(domain string, out say) say {
	blocked, failing := false, false
	for _, a := range v.servers.Answers {
		blocked = blocked || a.State == failover.BlockedLine
		failing = failing || a.State == failover.Lame || a.State == failover.Refused
	}
	public := slices.ContainsFunc(v.public, func(a dnsview.ResolverAnswer) bool { return a.Err == nil })
	switch {
	case failing, public && !blocked && v.zone == nil && v.noSystem == nil:
		out.text = failover.Say("No authoritative server of {domain} gives an answer that counts; only caches still have its MX records.", "domain", domain)
		out.remedy = failover.Say("Ask the DNS host whether its servers are working.")
		return out
	case public:
		out.ownLine = true // and so unseen
		out.text = failover.Say("This line lets no DNS out on port 53; the MX records of {domain} were read over HTTPS only.", "domain", domain)
		out.remedy = failover.Say("Open port 53 for this machine, or use another line: a switch cannot be verified at the authoritative servers from here.")
		return out
	}
	if v.noSystem == nil {
		out.unseen = true
		out.text = failover.Say("Only this machine's resolver says anything about {domain}; its authoritative servers cannot be reached from here.", "domain", domain)
		out.remedy = failover.Say("Open port 53 for this machine, or use another line: a switch cannot be verified at the authoritative servers from here.")
		return out
	}
	out.verdict, out.ownLine = failover.Unknown, true
	out.text = failover.Say("Nobody could be asked about {domain}: neither port 53 nor HTTPS brings an answer.", "domain", domain)
	out.remedy = failover.Say("Connect this machine to the network, or use another line, and check again.")
	return out
}

// againstResolvers holds the resolvers' answers against the authoritative one.
func (v views) againstResolvers(t Target, domain string, truth failover.RRset, out say) say {
	old := 0
	stale := func(set failover.RRset) bool {
		route := t.Domain.RouteOf(set)
		return route == failover.RoutePrimary || route == failover.RouteSecondary
	}
	var who []string
	for _, a := range v.public {
		switch {
		case a.Err != nil || a.Set.SameValues(truth):
		case stale(a.Set):
			old++
		default:
			who = append(who, a.Resolver)
		}
	}
	second := false
	switch {
	case v.noSystem != nil || v.system.SameValues(truth):
	case stale(v.system):
		old++
	default:
		second = true
	}
	silent := len(v.servers.Missing(truth))
	switch {
	case len(who) > 0:
		out.text = failover.Say("{resolvers} gives other MX records for {domain} than its authoritative servers do; some senders are led elsewhere.",
			"resolvers", strings.Join(who, ", "), "domain", domain)
		out.remedy = failover.Say("See the evidence for who says what, and find out who changed the records and when before anything else is changed.")
	case second:
		out.text = failover.Say("This machine's resolver gives other MX records for {domain} than its authoritative servers do: this network seems to have its own version of the domain.", "domain", domain)
		out.remedy = failover.Say("See the evidence for who says what. A switch does not reach what this network serves by itself; change it there as well.")
	case silent > 0:
		out.text = failover.Say("{count} of {all} addresses of the authoritative servers of {domain} give no answer.", "count", silent, "all", v.servers.Asked(), "domain", domain)
		out.remedy = failover.Say("Ask the DNS host whether its servers are working; senders who meet the silent ones take longer.")
	case old > 0:
		out.verdict = failover.Pass
		out.text = failover.Say("The authoritative servers of {domain} agree; some resolvers still give an older answer out of their caches.", "domain", domain)
	default:
		out.verdict = failover.Pass
		out.text = failover.Say("The authoritative servers, public resolvers and this machine's resolver agree about the MX records of {domain}.", "domain", domain)
	}
	return out
}
