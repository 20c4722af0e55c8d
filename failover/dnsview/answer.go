package dnsview

import (
	"fmt"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// judge reads an authoritative server's message as its word on one record set:
// the state, the set when there is one to go by, and what a person should know.
// The name and address of the server are for the sentence only.
func judge(m *dns.Msg, zone string, key failover.Key, server, addr string) (failover.AnswerState, failover.RRset, failover.Sentence) {
	none := failover.NewRRset(key.Name, key.Type, 0)
	switch {
	case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
		return failover.Refused, none, failover.Say(
			"{server} ({address}) answers with the error {code} and says nothing about {zone}; at the DNS host, see whether the zone is loaded there",
			"server", display(server), "address", addr, "code", rcode(m.Rcode), "zone", display(zone))
	case m.Authoritative:
	case delegatedAway(m, zone, key.Name) != "":
		return failover.Lame, none, failover.Say(
			"{name} belongs to the zone {child}, which {server} ({address}) leaves to other servers; look for the record in that zone",
			"name", display(key.Name), "child", display(delegatedAway(m, zone, key.Name)), "server", display(server), "address", addr)
	default:
		return failover.Lame, none, failover.Say(
			"{server} ({address}) is named as a server of {zone} but does not answer for it; have it taken out of the NS records or set up again",
			"server", display(server), "address", addr, "zone", display(zone))
	}
	if target := alias(m, key.Name); target != "" && key.Type != "CNAME" {
		return failover.Answered, none, failover.Say(
			"{name} is an alias (CNAME) of {target}, so it can have no {type} records of its own; remove the alias first",
			"name", display(key.Name), "target", display(target), "type", key.Type)
	}
	return failover.Answered, setOf(m, key), failover.Sentence{}
}

// setOf takes the set with this very key out of the answer section. Records of
// other names, which follow an alias, are not part of it.
func setOf(m *dns.Msg, key failover.Key) failover.RRset {
	return dnswire.Pick(key, inet(m.Answer))
}

// inet leaves out what is not of the Internet class, and nil records.
func inet(rrs []dns.RR) []dns.RR {
	var out []dns.RR
	for _, rr := range rrs {
		if rr != nil && rr.Header().Class == dns.ClassINET {
			out = append(out, rr)
		}
	}
	return out
}

// alias returns the target when the answer says that the name is an alias.
func alias(m *dns.Msg, name string) string {
	for _, rr := range inet(m.Answer) {
		if c, ok := rr.(*dns.CNAME); ok && failover.FQDN(c.Hdr.Name) == name {
			return failover.FQDN(c.Target)
		}
	}
	return ""
}

// delegatedAway returns the zone, between the zone asked and the name, that a
// referral points to (RFC 1034 section 4.3.2, step 3b); empty when there is none.
func delegatedAway(m *dns.Msg, zone, name string) string {
	for _, rr := range inet(m.Ns) {
		owner := failover.FQDN(rr.Header().Name)
		if _, ok := rr.(*dns.NS); ok && owner != zone && failover.Within(owner, zone) && failover.Within(name, owner) {
			return owner
		}
	}
	return ""
}

// nsNames returns the targets of the NS set of a zone out of the sections given.
func nsNames(zone string, sections ...[]dns.RR) []string {
	var out []string
	for _, rrs := range sections {
		for _, rr := range inet(rrs) {
			if ns, ok := rr.(*dns.NS); ok && failover.FQDN(ns.Hdr.Name) == zone {
				out = append(out, failover.FQDN(ns.Ns))
			}
		}
	}
	return out
}

// apexOf returns the zone that a message, answering an SOA question about name,
// says the name is in; empty when it does not say.
func apexOf(m *dns.Msg, name string) string {
	if alias(m, name) != "" {
		return "" // the SOA is that of the alias's target
	}
	for _, rrs := range [][]dns.RR{m.Answer, m.Ns} {
		for _, rr := range inet(rrs) {
			if soa, ok := rr.(*dns.SOA); ok && failover.Within(name, failover.FQDN(soa.Hdr.Name)) {
				return failover.FQDN(soa.Hdr.Name)
			}
		}
	}
	return ""
}

// parentOf strips the leftmost label: "." above a top-level domain.
func parentOf(name string) string {
	next, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[next:]
}

func rcode(code int) string {
	if s, ok := dns.RcodeToString[code]; ok {
		return s
	}
	return fmt.Sprint(code)
}

// typeOf returns the number of a type as failover.Key names it.
func typeOf(typ string) (uint16, bool) {
	if code, ok := dns.StringToType[typ]; ok {
		return code, code != dns.TypeNone
	}
	var n uint16
	_, err := fmt.Sscanf(typ, "TYPE%d", &n)
	return n, err == nil && n != 0
}

func display(name string) string { return failover.Display(name) }
