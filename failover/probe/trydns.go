package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
)

// testDNS asks everybody who may be asked for the name's MX records: each authoritative
// server at each of its addresses, resolvers over HTTPS, and this machine's own. Unlike
// the preflight's look at the same sources it names the server that is behind, since the
// mail of whoever asks that one goes astray whatever is switched.
func testDNS() Test {
	return Test{
		ID:     "dns",
		Title:  failover.Say("DNS servers agree"),
		Reason: failover.Say("Senders ask any of the domain's name servers, at any address. One that is behind leads their mail to the wrong place, and goes on doing so after a switch."),
		Remedy: failover.Say("Ask the DNS host to bring all name servers up to date; a server that is not its own any more has to be taken out of the delegation at the registrar."),
		Limit:  30 * time.Second, Usual: time.Second,
		used: func(Site) bool { return true },
		run:  func(ctx context.Context, t *attempt) { t.askDNS(ctx) },
	}
}

// settling is how long servers that differ are given before they are asked again: a
// change may be on its way to them.
const settling = 3 * time.Second

func (t *attempt) askDNS(ctx context.Context) {
	v := t.lookDNS(ctx)
	if v.zone == nil && len(v.behind()) > 0 && t.prober.opt.Sleep(ctx, settling) == nil {
		v = t.lookDNS(ctx)
	}
	if ctx.Err() != nil {
		return
	}
	t.judgeServers(v)
	t.judgeResolvers(v)
	switch asked, good := v.servers.Asked(), len(v.good()); {
	case asked == 1 && good == 1:
		t.say(failover.Say("1 address"))
	case asked > 0:
		t.say(failover.Say("{count} of {all} addresses", "count", good, "all", asked))
	}
}

// authorities is what all sources say of a name's MX set, with the zone's serial
// numbers.
type authorities struct {
	views
	serials map[string]uint32 // by server and address
}

func (t *attempt) lookDNS(ctx context.Context) authorities {
	key := failover.Key{Name: failover.FQDN(t.site.Domain.Name), Type: "MX"}
	reader := t.prober.opt.Reader
	v := authorities{serials: map[string]uint32{}}
	zone := t.survey.zone(ctx)
	if v.zone = zone.err; v.zone == nil {
		v.servers = reader.Authoritative(ctx, zone.name, zone.servers, key)
		for _, a := range reader.Authoritative(ctx, zone.name, zone.servers, failover.Key{Name: zone.name, Type: "SOA"}).Answers {
			if n, ok := serial(a.Set); ok && a.State == failover.Answered {
				v.serials[place53(a)] = n
			}
		}
	}
	v.public = reader.DoH(ctx, key)
	v.system, v.noSystem = reader.System(ctx, key)
	return v
}

// place53 tells the addresses of servers apart.
func place53(a failover.Answer) string { return a.Server + " " + a.Addr.String() }

// serial reads the serial number off an SOA set (RFC 1035 section 3.3.13).
func serial(set failover.RRset) (uint32, bool) {
	const fields, at = 7, 2
	if len(set.Values) != 1 {
		return 0, false
	}
	words := strings.Fields(set.Values[0])
	if len(words) != fields {
		return 0, false
	}
	n, err := strconv.ParseUint(words[at], 10, 32)
	return uint32(n), err == nil
}

// newest is the highest serial number, by the arithmetic of RFC 1982.
func (v authorities) newest() (highest uint32, known bool) {
	for _, n := range v.serials {
		if !known || int32(n-highest) > 0 { //nolint:gosec // it wraps around, which is the point
			highest, known = n, true
		}
	}
	return highest, known
}

// truth is the MX set that counts: what the servers with the newest zone say, or else
// most of them.
func (v authorities) truth() (failover.RRset, bool) {
	newest, known := v.newest()
	for _, a := range v.servers.Answers {
		if n, ok := v.serials[place53(a)]; known && ok && n == newest && a.State == failover.Answered {
			return a.Set, true
		}
	}
	sets := v.servers.Distinct()
	if len(sets) == 0 {
		return failover.RRset{}, false
	}
	return sets[0], true
}

// behind are the answers with other records, or an older zone, than those that count.
func (v authorities) behind() []failover.Answer {
	truth, _ := v.truth()
	newest, _ := v.newest()
	var out []failover.Answer
	for _, a := range v.servers.Answers {
		if a.State != failover.Answered {
			continue
		}
		if n, ok := v.serials[place53(a)]; !a.Set.Equal(truth) || ok && n != newest {
			out = append(out, a)
		}
	}
	return out
}

// good are the answers that are as they should be.
func (v authorities) good() []failover.Answer {
	behind := v.behind()
	return slices.DeleteFunc(slices.Clone(v.servers.Answers), func(a failover.Answer) bool {
		return a.State != failover.Answered || slices.ContainsFunc(behind, func(b failover.Answer) bool { return place53(a) == place53(b) })
	})
}

func (v authorities) evidence() []string {
	out := v.views.evidence()
	for i, a := range v.servers.Answers {
		if n, ok := v.serials[place53(a)]; ok && i < len(out) {
			out[i] += fmt.Sprintf(" (serial %d)", n)
		}
	}
	return out
}

// judgeServers notes a finding for each authoritative server that is not as it should
// be, and one for where the records lead.
func (t *attempt) judgeServers(v authorities) {
	domain := failover.Display(t.site.Domain.Name)
	truth, known := v.truth()
	if !known {
		s := v.withoutServers(domain, say{verdict: failover.Red, evidence: v.evidence()})
		if errors.Is(v.zone, failover.ErrZone) {
			s = v.judge(t.site.Target)
		}
		if s.ownLine || s.unseen {
			s.verdict = failover.Unknown
		}
		t.say(failover.Say("no answer"))
		t.note(t.site.Domain.Name, s)
		return
	}
	newest, _ := v.newest()
	for _, a := range v.behind() {
		t.note(a.Server, judgeBehind(domain, a, truth, v.serials[place53(a)], newest, v.evidence()))
	}
	for _, a := range v.servers.Answers {
		switch a.State {
		case failover.Answered, failover.NoIPv6:
		case failover.Unresolved:
			t.note(a.Server, say{verdict: failover.Warn, evidence: v.evidence(),
				text:   failover.Say("The name server {server} of {domain} has no address; senders who are led to it lose time.", "server", failover.Display(a.Server), "domain", domain),
				remedy: failover.Say("Take {server} out of the zone's name servers, here and at the registrar, or give it an address.", "server", failover.Display(a.Server))})
		default:
			t.note(a.Server, say{verdict: failover.Warn, evidence: v.evidence(),
				text: failover.Say("The name server {server} ({address}) gives no answer for {domain} that counts: {answer}",
					"server", failover.Display(a.Server), "address", a.Addr, "domain", domain, "answer", silence(a)),
				remedy: failover.Say("Ask the DNS host whether {server} is working; senders who meet it take longer.", "server", failover.Display(a.Server))})
		}
	}
	t.note(t.site.Domain.Name, t.judgeRoute(domain, truth, v.evidence()))
}

// silence says in a word how a server failed.
func silence(a failover.Answer) string {
	if text := a.Detail.String(); text != "" {
		return text
	}
	return string(a.State)
}

// judgeBehind tells of one server that is behind the others.
func judgeBehind(domain string, a failover.Answer, truth failover.RRset, has, newest uint32, evidence []string) say {
	server := failover.Display(a.Server)
	out := say{verdict: failover.Red, evidence: evidence,
		remedy: failover.Say("Ask the DNS host why {server} ({address}) does not follow; if it is not one of its servers any more, take it out of the delegation at the registrar.",
			"server", server, "address", a.Addr)}
	switch {
	case a.Set.Equal(truth): // only the zone as a whole is older
		out.verdict = failover.Warn
		out.text = failover.Say("The name server {server} ({address}) has an older version of the zone of {domain} than the others (serial {old}, not {new}): after a switch it may go on giving the old records.",
			"server", server, "address", a.Addr, "domain", domain, "old", has, "new", newest)
	case a.Set.SameValues(truth):
		out.verdict = failover.Warn
		out.text = failover.Say("The name server {server} ({address}) gives the MX records of {domain} with another TTL than the others: {seconds} seconds.",
			"server", server, "address", a.Addr, "domain", domain, "seconds", a.Set.TTL)
	default:
		out.text = failover.Say("The name server {server} ({address}) is behind: it gives other MX records for {domain} than the rest, and senders who ask it are led there.",
			"server", server, "address", a.Addr, "domain", domain)
	}
	return out
}

// judgeRoute says where the records lead, on which all servers agree.
func (t *attempt) judgeRoute(domain string, truth failover.RRset, evidence []string) say {
	route := t.site.Domain.RouteOf(truth)
	out := say{verdict: failover.Warn, evidence: evidence, remedy: failover.Say("See in the settings whether all MX hosts of both providers are named there, and at the DNS host who changed the records.")}
	switch {
	case route == failover.RouteNone:
		out.verdict = failover.Red
		out.text = failover.Say("{domain} has no MX records, so mail for it goes nowhere.", "domain", domain)
		out.remedy = failover.Say("Publish the MX records at the DNS host.")
		if t.site.Emergency {
			out.remedy = failover.Say("Let Lifeboat publish them in calm times (lifeboat prepare).")
		}
	case t.site.Emergency && route != failover.RouteSecondary:
		out.verdict = failover.Red
		out.text = failover.Say("The MX records of {domain} do not lead to {provider}, as those of an emergency subdomain must at all times.", "domain", domain, "provider", t.site.Provider.Name)
		out.remedy = failover.Say("Let Lifeboat publish them in calm times (lifeboat prepare).")
	case route == failover.RouteMixed:
		out.text = failover.Say("The MX records of {domain} lead to both providers at once.", "domain", domain)
	case route == failover.RouteForeign:
		out.text = failover.Say("The MX records of {domain} lead to a host that is neither provider's.", "domain", domain)
	default:
		return say{verdict: failover.Pass, evidence: evidence,
			text: failover.Say("The name servers that answer give the MX records of {domain}.", "domain", domain)}
	}
	return out
}

// judgeResolvers notes what resolvers make of it. What differs and is one of the domain's
// own two routes is an old answer out of a cache.
func (t *attempt) judgeResolvers(v authorities) {
	truth, known := v.truth()
	if !known {
		return // told already
	}
	domain := failover.Display(t.site.Domain.Name)
	fine := func(set failover.RRset) bool {
		route := t.site.Domain.RouteOf(set)
		return set.SameValues(truth) || route == failover.RoutePrimary || route == failover.RouteSecondary
	}
	out := say{verdict: failover.Warn, evidence: v.evidence()}
	switch {
	case v.noSystem != nil:
		out.text = failover.Say("This machine's resolver gives no answer for {domain}: {error}", "domain", domain, "error", clean(v.noSystem.Error(), 200))
		out.remedy = failover.Say("See the network settings of this machine, or name resolvers in the settings of Lifeboat.")
	case !fine(v.system):
		out.text = failover.Say("This machine's resolver gives other MX records for {domain} than its authoritative servers do: this network seems to have its own version of the domain.", "domain", domain)
		out.remedy = failover.Say("See the evidence for who says what. A switch does not reach what this network serves by itself; change it there as well.")
	default:
		out = say{verdict: failover.Pass, evidence: out.evidence, text: failover.Say("This machine's resolver knows where the mail of {domain} goes.", "domain", domain)}
	}
	t.note("resolver", out)
	if len(v.public) == 0 {
		return
	}
	wrong := slices.ContainsFunc(v.public, func(a dnsview.ResolverAnswer) bool { return a.Err == nil && !fine(a.Set) })
	answered := slices.ContainsFunc(v.public, func(a dnsview.ResolverAnswer) bool { return a.Err == nil })
	out = say{verdict: failover.Warn, evidence: v.evidence()}
	switch {
	case wrong:
		out.text = failover.Say("A public resolver gives other MX records for {domain} than its authoritative servers do; some senders are led elsewhere.", "domain", domain)
		out.remedy = failover.Say("See the evidence for who says what, and find out who changed the records and when before anything else is changed.")
	case !answered:
		out.text = failover.Say("No resolver over HTTPS gives an answer; where a line blocks port 53, nothing could be seen.")
		out.remedy = failover.Say("See whether this line lets HTTPS out to the resolvers named in the settings (doh, under resolver).")
	default:
		out = say{verdict: failover.Pass, evidence: out.evidence, text: failover.Say("Public resolvers know where the mail of {domain} goes.", "domain", domain)}
	}
	t.note("doh", out)
}
