package hosttest

import (
	"fmt"
	"slices"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// TTL is that of every record of [Records], in seconds.
const TTL = 300

// Records are what a zone holds when a case begins, beside its SOA record and an
// NS set with a name server below it: the sets that cases change, and many of the
// kind that must not be touched, odd ones included.
func Records(zone string) []failover.RRset {
	at := func(name, typ string, values ...string) failover.RRset {
		return failover.NewRRset(strings.TrimPrefix(name+"."+zone, "."), typ, TTL, values...)
	}
	return []failover.RRset{
		at("", "MX", "10 mx1.primary.example.", "20 mx2.primary.example."),
		at("", "TXT",
			dnswire.TXT("v=spf1 include:spf.primary.example -all"),
			dnswire.TXT("site-verification=aB3+/xyz=="),
			dnswire.TXT(`semicolons; "quotes" and back\slashes`),
			dnswire.TXTStrings(strings.Repeat("k", 255), "and the rest of it")),
		at("", "A", "192.0.2.1"),
		at("", "AAAA", "2001:db8::1"),
		at("", "CAA", `0 issue "ca.example"`),
		at("www", "A", "192.0.2.1", "192.0.2.2"),
		at("lists", "MX", "10 mx1.primary.example.", "20 mx2.primary.example."),
		at("shop", "MX", "5 mx.shop.example."),
		at("shop", "TXT", dnswire.TXT("v=spf1 -all")),
		at("_dmarc", "TXT", dnswire.TXT("v=DMARC1; p=none")),
		at("_mta-sts", "TXT", dnswire.TXT("v=STSv1; id=1")),
		at("autodiscover", "CNAME", "autodiscover.primary.example."),
		at("p1._domainkey", "CNAME", "p1.dkim.primary.example."),
		at("p2._domainkey", "TXT", dnswire.TXT("v=DKIM1; k=rsa; p="+strings.Repeat("MIIB", 100))),
		at("_imaps._tcp", "SRV", "0 1 993 imap.primary.example."),
	}
}

// ZoneText is a zone with [Records] as a master file (RFC 1035 section 5).
func ZoneText(zone string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s 300 IN SOA ns1.%s hostmaster.%s 1 3600 900 86400 300\n", zone, zone, zone)
	fmt.Fprintf(&b, "%s 300 IN NS ns1.%s\nns1.%s 300 IN A 192.0.2.53\n", zone, zone, zone)
	for _, line := range Lines(Records(zone)...) {
		fmt.Fprintln(&b, line)
	}
	return b.String()
}

// Lines are record sets as a Subject's Snapshot has them: "example.test. 300 MX
// 10 mx1.primary.example.", a line a record, sorted.
func Lines(sets ...failover.RRset) []string {
	var lines []string
	for _, s := range sets {
		for _, v := range s.Values {
			lines = append(lines, fmt.Sprintf("%s %d %s %s", s.Name, s.TTL, s.Type, v))
		}
	}
	slices.Sort(lines)
	return lines
}

// of reports whether a line of a snapshot is a record of the set.
func of(line string, k failover.Key) bool {
	f := strings.SplitN(line, " ", 4)
	return len(f) == 4 && f[0] == k.Name && f[2] == k.Type
}
