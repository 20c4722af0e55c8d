package engine

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"lifeboat/configs"
	"lifeboat/failover"
)

// testApart judges whether the two providers would fail together, as far as can be told
// from outside: by company, by the hosts and networks of their MX, by their servers for
// signing in, and by who serves the DNS. Who rents whose machines cannot be seen.
func (t *fieldTest) testApart(ctx context.Context) {
	if !t.draft.Primary.chosen() || !t.draft.Secondary.chosen() {
		t.missing(failover.Say("Choose both providers first."))
		return
	}
	p, q := t.s.Provider(SidePrimary), t.s.Provider(SideSecondary)
	if len(p.MX) == 0 || len(q.MX) == 0 {
		t.missing(failover.Say("Enter the hosts that take mail, as the provider's console shows them."))
		return
	}
	names := []any{"primary", nameOr(p), "secondary", nameOr(q)}
	red := func(say failover.Sentence) {
		t.says(failover.Red, failover.Say("Not independent"))
		t.answer.Detail, t.answer.Remedy = say, failover.Say("Choose a provider of another company as the secondary.")
	}
	hosts, others := mxNames(p), mxNames(q)
	switch {
	case p.Preset == q.Preset && p.Preset != genericPreset && p.Preset != "":
		red(failover.Say("Both are {primary}: what stops one stops the other.", names...))
		return
	case slices.ContainsFunc(others, func(h string) bool { return slices.Contains(hosts, h) }):
		red(failover.Say("Both take mail at the same hosts.", names...))
		return
	case sameServer(p, q):
		red(failover.Say("People sign in at the same servers for both.", names...))
		return
	}
	if say := t.shared(ctx, hosts, others); !say.IsZero() {
		t.says(failover.Warn, failover.Say("Perhaps not independent"))
		t.answer.Detail, t.answer.Remedy = say, failover.Say("Ask the secondary's provider where it runs its servers.")
		return
	}
	if t.draft.Found != nil && t.draft.Found.DNSHostName != "" && t.draft.Found.DNSHostName == p.Name {
		t.says(failover.Warn, failover.Say("Providers independent, DNS not"))
		t.answer.Detail = failover.Say("The DNS of {domain} is at {primary}, too: while it is down, records may not be changed, and the emergency subdomain is all that works.",
			append(names, "domain", failover.Display(failover.FQDN(t.draft.Domain)))...)
		t.answer.Remedy = failover.Say("Move the DNS to another company, in calm times.")
		return
	}
	t.says(failover.Pass, failover.Say("Independent"))
	t.answer.Detail = failover.Say("Neither company, network nor sign-in are those of {primary}.", names...)
}

func nameOr(p SetupProvider) string {
	if p.Name != "" || len(p.MX) == 0 {
		return p.Name
	}
	return mxNames(p)[0]
}

func mxNames(p SetupProvider) []string {
	var out []string
	for _, m := range mxFor(p.MX) {
		out = append(out, strings.ToLower(strings.TrimSuffix(m.Host, ".")))
	}
	return out
}

func sameServer(p, q SetupProvider) bool {
	at := func(text string) string { return strings.ToLower(endpointFor(text, "").Host) }
	same := func(a, b string) bool { return a != "" && at(a) == at(b) }
	tenant := p.Method == configs.SignInMicrosoft365 && q.Method == p.Method && p.Tenant != "" && strings.EqualFold(p.Tenant, q.Tenant)
	return tenant || same(p.IMAP, q.IMAP) || same(p.Submission, q.Submission)
}

// How large a network is that one company is likely to run as one.
const (
	networkIPv4 = 24
	networkIPv6 = 48
)

// shared says what the MX hosts of both have in common; zero: nothing that can be seen.
func (t *fieldTest) shared(ctx context.Context, hosts, others []string) failover.Sentence {
	domains := map[string]bool{}
	for _, h := range hosts {
		if d, err := publicsuffix.EffectiveTLDPlusOne(h); err == nil {
			domains[d] = true
		}
	}
	for _, h := range others {
		if d, err := publicsuffix.EffectiveTLDPlusOne(h); err == nil && domains[d] {
			return failover.Say("The mail hosts of both are names below {domain}.", "domain", d)
		}
	}
	networks := map[netip.Prefix]string{}
	for _, h := range hosts {
		for _, n := range t.networks(ctx, h) {
			networks[n] = h
		}
	}
	for _, h := range others {
		for _, n := range t.networks(ctx, h) {
			if first, ok := networks[n]; ok {
				return failover.Say("{host} and {other} are in the same network, {network}.", "host", first, "other", h, "network", n)
			}
		}
	}
	return failover.Sentence{}
}

// networks are those of a host's addresses. What is kept for documentation (RFC 5737) is
// nobody's network: practice worlds lie there.
func (t *fieldTest) networks(ctx context.Context, host string) []netip.Prefix {
	ofNobody := []string{"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}
	addrs, _, err := t.s.opt.Discoverer.Reader.Addresses(ctx, failover.FQDN(host))
	if err != nil {
		return nil // what cannot be seen is not said
	}
	var out []netip.Prefix
	for _, a := range addrs {
		bits := networkIPv6
		if a = a.Unmap(); a.Is4() {
			bits = networkIPv4
		}
		if n, err := a.Prefix(bits); err == nil && !a.IsLoopback() && !slices.Contains(ofNobody, n.String()) {
			out = append(out, n)
		}
	}
	return out
}

// meantHost is what a host that has no address was probably meant to be: the like of a
// known server, or the same name under the ending that is usual. It exists.
func (t *fieldTest) meantHost(ctx context.Context, e *Engine, host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	var known []string
	for _, p := range configs.Presets() {
		known = append(known, p.IMAP.Host, p.Submission.Host)
		for _, m := range p.MX {
			known = append(known, m.Host)
		}
	}
	known = slices.DeleteFunc(known, func(k string) bool { return k == "" || strings.Contains(k, "{") })
	for _, candidate := range append([]string{configs.Nearest(host, known)}, otherEndings(host)...) {
		if candidate == "" || candidate == host {
			continue
		}
		if addrs, _, err := e.opt.Reader.Addresses(ctx, failover.FQDN(candidate)); err == nil && len(addrs) > 0 {
			return candidate
		}
	}
	return ""
}

// meantDomain is what a domain that does not exist was probably meant to be.
func (t *fieldTest) meantDomain(ctx context.Context, domain string) string {
	for _, candidate := range otherEndings(domain) {
		zone, err := t.s.opt.Discoverer.Reader.Zone(ctx, failover.FQDN(candidate))
		if err == nil && strings.Contains(strings.TrimSuffix(zone, "."), ".") {
			return candidate
		}
	}
	return ""
}

// otherEndings are names with the ending that was probably meant.
func otherEndings(name string) []string {
	endings := map[string][]string{
		"co": {"com", "co.jp"}, "con": {"com"}, "cmo": {"com"}, "comm": {"com"}, "cm": {"com"}, "om": {"com"}, "vom": {"com"},
		"ne": {"net", "ne.jp"}, "nte": {"net"}, "ent": {"net"}, "ogr": {"org"}, "or": {"org", "or.jp"}, "rog": {"org"},
		"jpp": {"jp"}, "j": {"jp"}, "pj": {"jp"}, "jo": {"jp"}, "jp": {"com"}, "com": {"jp", "net"}, "tset": {"test"}, "tes": {"test"},
	}
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return nil
	}
	var out []string
	for _, e := range endings[name[dot+1:]] {
		out = append(out, name[:dot+1]+e)
	}
	return out
}
