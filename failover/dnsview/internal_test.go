package dnsview

import (
	"testing"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// FuzzAnswer gives any bytes as a server's answer. Whatever is made of it: no
// panic, a set with the very key that was asked, and never a set from a server
// without authority.
func FuzzAnswer(f *testing.F) {
	q := query{name: "example.test.", qtype: dns.TypeMX}
	key := failover.Key{Name: q.name, Type: "MX"}
	seed := func(change func(*dns.Msg)) {
		m := new(dns.Msg).SetReply(q.message(7, true))
		m.Authoritative = true
		change(m)
		wire, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	hdr := func(name string, t uint16) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: t, Class: dns.ClassINET, Ttl: 300}
	}
	seed(func(*dns.Msg) {})
	seed(func(m *dns.Msg) { m.Authoritative = false })
	seed(func(m *dns.Msg) { m.Rcode = dns.RcodeRefused })
	seed(func(m *dns.Msg) { m.Truncated = true })
	seed(func(m *dns.Msg) {
		m.Answer = []dns.RR{&dns.MX{Hdr: hdr("example.test.", dns.TypeMX), Preference: 10, Mx: "mx.example.net."}}
	})
	seed(func(m *dns.Msg) {
		m.Answer = []dns.RR{&dns.CNAME{Hdr: hdr("EXAMPLE.test.", dns.TypeCNAME), Target: "a.example.net."}}
	})
	seed(func(m *dns.Msg) { m.Ns = []dns.RR{&dns.NS{Hdr: hdr("example.test.", dns.TypeNS), Ns: "ns."}} })
	seed(func(m *dns.Msg) { m.Ns = []dns.RR{&dns.SOA{Hdr: hdr("test.", dns.TypeSOA), Ns: "ns.", Mbox: "h."}} })
	seed(func(m *dns.Msg) {
		m.Extra = []dns.RR{&dns.A{Hdr: hdr("ns.", dns.TypeA)}, &dns.OPT{Hdr: hdr(".", dns.TypeOPT)}}
	})
	f.Add([]byte{})
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))

	f.Fuzz(func(t *testing.T, wire []byte) {
		if len(wire) >= 2 {
			wire = append([]byte{0, 7}, wire[2:]...) // with the right ID more is reached
		}
		m, err := q.parse(wire, 7)
		if err != nil {
			return
		}
		state, set, say := judge(m, "test.", key, "ns.test.", "192.0.2.1")
		if set.Key != key {
			t.Fatalf("asked for %v, got %v", key, set.Key)
		}
		if set.Exists() && (state != failover.Answered || !m.Authoritative) {
			t.Fatalf("%s and AA %v, with the set %v", state, m.Authoritative, set)
		}
		if state != failover.Answered && say.IsZero() {
			t.Fatalf("%s without a word", state)
		}
		if apex := apexOf(m, q.name); apex != "" && !failover.Within(q.name, apex) {
			t.Fatalf("the zone of %s is %s", q.name, apex)
		}
		for _, a := range addressesIn(append(m.Answer, m.Extra...), "") {
			if !a.IsValid() {
				t.Fatal("an address that is none")
			}
		}
		nsNames("example.test.", m.Answer, m.Ns)
	})
}

func TestParentOf(t *testing.T) {
	for name, want := range map[string]string{"example.test.": "test.", "test.": ".", ".": ".", `a\.b.test.`: "test."} {
		if got := parentOf(name); got != want {
			t.Errorf("parentOf(%s) = %s, want %s", name, got, want)
		}
	}
}
