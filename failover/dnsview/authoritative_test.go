package dnsview_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/fakedns"
)

// one asks a single server that a test has made.
func one(t *testing.T, h fakedns.Handler, key failover.Key, change ...func(*dnsview.Options)) failover.Answer {
	t.Helper()
	w := newWorld(t)
	w.Serve("192.0.2.99", h)
	servers := []dnsview.Server{{Name: "ns9.example.net.", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.99")}}}
	v := w.reader(change...).Authoritative(t.Context(), "example.test", servers, key)
	if len(v.Answers) != 1 {
		t.Fatalf("one address was asked, and there are %d answers", len(v.Answers))
	}
	return v.Answers[0]
}

func TestEveryAddressIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	views, err := w.reader().Look(t.Context(), "example.test", mx, failover.Key{Name: "nothing.example.test.", Type: "TXT"})
	if err != nil {
		t.Fatal(err)
	}
	want := failover.NewRRset("example.test", "MX", 300, "10 mx1.example.net.", "20 mx2.example.net.")
	if got := views[0].With(want); got != 4 || views[0].Asked() != 4 {
		t.Fatalf("%d of %d addresses give the set, want 4 of 4: %+v", got, views[0].Asked(), views[0].Answers)
	}
	var order []string
	for _, a := range views[0].Answers {
		order = append(order, a.Server+" "+a.Addr.String())
		if a.At.IsZero() || !a.Detail.IsZero() {
			t.Errorf("%s: At %v, Detail %q; want a time and nothing to explain", a.Addr, a.At, a.Detail)
		}
	}
	if want := []string{"ns1.example.test. " + first, "ns1.example.test. " + firstSix, "ns2.example.test. " + second, "ns3.example.net. " + third}; !slices.Equal(order, want) {
		t.Errorf("answers in the order %v, want %v", order, want)
	}
	for _, a := range views[1].Answers {
		if a.State != failover.Answered || a.Set.Exists() || a.Set.Key != views[1].Key {
			t.Errorf("a name that does not exist: %s with %v, want answered without values", a.State, a.Set)
		}
	}
}

func TestHowServersFail(t *testing.T) {
	t.Parallel()
	other := fakedns.NewZone("other.test.")
	withoutAuthority := fakedns.Resolver(fakedns.NewZone("example.test.", "@ 300 MX 10 mx1.example.net."))
	child := fakedns.NewZone("example.test.", "sub 300 NS ns.elsewhere.test.", "@ 300 MX 10 mx1.example.net.")
	for _, c := range []struct {
		name   string
		server fakedns.Handler
		key    failover.Key
		state  failover.AnswerState
		says   string
	}{
		{"refuses", fakedns.Authority(other), mx, failover.Refused, "error REFUSED"},
		{"fails", fakedns.Error(dns.RcodeServerFailure), mx, failover.Refused, "error SERVFAIL"},
		{"not authority", withoutAuthority, mx, failover.Lame, "does not answer for it"},
		{"refers downwards", fakedns.Authority(child), failover.Key{Name: "a.sub.example.test.", Type: "MX"}, failover.Lame, "belongs to the zone sub.example.test"},
		{"silent", func(string, []byte) [][]byte { return nil }, mx, failover.Silent, "no answer in time"},
		{"garbage", func(string, []byte) [][]byte { return [][]byte{[]byte("HTTP/1.1 400 Bad Request\r\n\r\n")} }, mx, failover.Silent, "ns9.example.net"},
		{"unknown type", fakedns.Authority(child), failover.Key{Name: "example.test.", Type: "MEX"}, failover.Refused, `"MEX" is no DNS record type`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := one(t, c.server, c.key, hurried)
			if a.State != c.state || !strings.Contains(a.Detail.String(), c.says) {
				t.Errorf("state %s, %q; want %s, a sentence with %q", a.State, a.Detail, c.state, c.says)
			}
			if a.Set.Exists() {
				t.Errorf("a server that does not answer gives the set %v", a.Set)
			}
		})
	}
}

// What is not the answer to our question must neither count nor keep the right
// answer, which comes after it, from being heard.
func TestForeignMessagesArePassedOver(t *testing.T) {
	t.Parallel()
	zone := fakedns.NewZone("example.test.", "@ 300 MX 10 right.example.net.")
	forge := func(change func(*dns.Msg)) fakedns.Handler {
		return func(network string, wire []byte) [][]byte {
			right := fakedns.Authority(zone)(network, wire)
			m := &dns.Msg{}
			if err := m.Unpack(right[0]); err != nil {
				return nil
			}
			m.Answer = []dns.RR{&dns.MX{Hdr: dns.RR_Header{Name: "example.test.", Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 300}, Preference: 1, Mx: "forged.example.org."}}
			change(m)
			forged, err := m.Pack()
			if err != nil {
				return nil
			}
			return append([][]byte{forged}, right...)
		}
	}
	for name, change := range map[string]func(*dns.Msg){
		"wrong ID":          func(m *dns.Msg) { m.Id++ },
		"wrong name":        func(m *dns.Msg) { m.Question[0].Name = "example.org." },
		"wrong type":        func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeA },
		"wrong class":       func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS },
		"no question":       func(m *dns.Msg) { m.Question = nil },
		"not a response":    func(m *dns.Msg) { m.Response = false },
		"a second question": func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := one(t, forge(change), mx)
			if want := failover.NewRRset("example.test", "MX", 300, "10 right.example.net."); !a.Set.Equal(want) {
				t.Errorf("%s %v (%s), want %v", a.State, a.Set, a.Detail, want)
			}
		})
	}
	t.Run("nothing else comes", func(t *testing.T) {
		t.Parallel()
		a := one(t, func(_ string, wire []byte) [][]byte {
			out := append([]byte(nil), wire...)
			out[0], out[2] = out[0]+1, out[2]|0x80
			return [][]byte{out}
		}, mx, hurried)
		if a.State != failover.Silent || !strings.Contains(a.Detail.String(), "belong to another") {
			t.Errorf("%s: %q", a.State, a.Detail)
		}
	})
}

func TestLargeAnswersComeOverTCP(t *testing.T) {
	t.Parallel()
	zone := fakedns.NewZone("example.test.")
	var values []string
	for i := range 600 { // about 55 KB; a DNS message can hold 64
		host := fmt.Sprintf("mx%04d.%s.example.net.", i, strings.Repeat("x", 40))
		zone.Add(fmt.Sprintf("@ 300 MX %d %s", i, host))
		values = append(values, fmt.Sprintf("%d %s", i, host))
	}
	a := one(t, fakedns.Authority(zone), mx)
	if want := failover.NewRRset("example.test", "MX", 300, values...); !a.Set.Equal(want) {
		t.Errorf("%s with %d values (%s), want all %d", a.State, len(a.Set.Values), a.Detail, len(values))
	}
}

// A server may cut the message anywhere, in the middle of a record too.
func TestTruncatedMidRecord(t *testing.T) {
	t.Parallel()
	zone := fakedns.NewZone("example.test.", "@ 300 MX 10 mx1.example.net.")
	a := one(t, func(network string, wire []byte) [][]byte {
		out := fakedns.Authority(zone)(network, wire)
		if network == "udp" {
			out[0] = out[0][:len(out[0])-20]
			out[0][2] |= 0x02 // TC
		}
		return out
	}, mx)
	if a.State != failover.Answered || len(a.Set.Values) != 1 {
		t.Errorf("%s %v: %s", a.State, a.Set, a.Detail)
	}
}

func TestOldServersAreAskedPlainly(t *testing.T) {
	t.Parallel()
	zone := fakedns.NewZone("example.test.", "@ 300 MX 10 mx1.example.net.")
	for name, reply := range map[string]func(q *dns.Msg) *dns.Msg{
		"FORMERR": func(q *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeFormatError) },
		"dropped": func(*dns.Msg) *dns.Msg { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := one(t, func(network string, wire []byte) [][]byte {
				q := &dns.Msg{}
				if q.Unpack(wire) == nil && q.IsEdns0() != nil {
					return fakedns.Answer(reply)(network, wire)
				}
				return fakedns.Authority(zone)(network, wire)
			}, mx)
			if a.State != failover.Answered || !a.Set.Exists() {
				t.Errorf("%s: %s", a.State, a.Detail)
			}
		})
	}
}

func TestNamesInAnyCase(t *testing.T) {
	t.Parallel()
	a := one(t, fakedns.Answer(func(q *dns.Msg) *dns.Msg {
		q.Question[0].Name = "eXample.TEST."
		m := new(dns.Msg).SetReply(q)
		m.Authoritative = true
		m.Answer = []dns.RR{&dns.MX{Hdr: dns.RR_Header{Name: "EXAMPLE.test.", Rrtype: dns.TypeMX, Class: dns.ClassINET, Ttl: 300}, Preference: 10, Mx: "MX1.Example.NET."}}
		return m
	}), mx)
	if want := failover.NewRRset("example.test", "MX", 300, "10 mx1.example.net."); !a.Set.Equal(want) {
		t.Errorf("%s %v (%s), want %v", a.State, a.Set, a.Detail, want)
	}
}

func TestAliasInstead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	www := failover.Key{Name: "www.example.test.", Type: "MX"}
	views, err := w.reader().Look(t.Context(), "example.test", www, failover.Key{Name: www.Name, Type: "CNAME"})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range views[0].Answers {
		if a.State != failover.Answered || a.Set.Exists() || !strings.Contains(a.Detail.String(), "alias (CNAME) of web.example.net") {
			t.Errorf("%s %v: %q", a.State, a.Set, a.Detail)
		}
	}
	if want := failover.NewRRset(www.Name, "CNAME", 300, "web.example.net."); views[1].With(want) != 4 {
		t.Errorf("asked for the alias itself: %v", views[1].Distinct())
	}
}

func TestWithoutIPv6(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.WithoutIPv6()
	views, err := w.reader().Look(t.Context(), "example.test", mx)
	if err != nil {
		t.Fatal(err)
	}
	v := views[0]
	want := failover.NewRRset("example.test", "MX", 300, "10 mx1.example.net.", "20 mx2.example.net.")
	if v.Asked() != 3 || v.With(want) != 3 || len(v.Answers) != 4 {
		t.Fatalf("%d of %d asked give the set, %d answers; want 3 of 3, 4", v.With(want), v.Asked(), len(v.Answers))
	}
	if a := v.Answers[1]; a.State != failover.NoIPv6 || !strings.Contains(a.Detail.String(), "no IPv6") {
		t.Errorf("%s at %s: %q", a.State, a.Addr, a.Detail)
	}
}

func TestOneServerOfThreeSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Silence(second)
	w.example.Delete("@", "AAAA")
	views, err := w.reader(hurried).Look(t.Context(), "example.test", mx)
	if err != nil {
		t.Fatal(err)
	}
	missing := views[0].Missing(failover.NewRRset("example.test", "MX", 300, "10 mx1.example.net.", "20 mx2.example.net."))
	if len(missing) != 1 || missing[0].State != failover.Silent || missing[0].Server != "ns2.example.test." {
		t.Errorf("missing: %+v", missing)
	}
}

// However many servers a zone names, the look ends, and every address has an
// answer of some kind.
func TestManySilentServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var servers []dnsview.Server
	for i := range 250 {
		servers = append(servers, dnsview.Server{Name: fmt.Sprintf("ns%d.example.net.", i), Addrs: []netip.Addr{netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})}})
	}
	servers = append(servers, dnsview.Server{Name: "nowhere.example.net."})
	v := w.reader(hurried).Authoritative(t.Context(), "example.test", servers, mx)
	count := map[failover.AnswerState]int{}
	for _, a := range v.Answers {
		count[a.State]++
		if a.Detail.IsZero() || a.At.IsZero() {
			t.Fatalf("%s at %v without a word", a.State, a.At)
		}
	}
	if count[failover.Silent] != 250 || count[failover.Unresolved] != 1 || len(v.Answers) != 251 {
		t.Errorf("states %v, want 250 silent and 1 unresolved", count)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t)
	w.Serve("192.0.2.99", func(string, []byte) [][]byte { cancel(); return nil })
	servers := []dnsview.Server{{Name: "ns9.example.net.", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.99")}}}
	v := w.reader(func(o *dnsview.Options) { o.Timeout = 1 << 40 }).Authoritative(ctx, "example.test", servers, mx)
	if v.Answers[0].State != failover.Silent || !strings.Contains(v.Answers[0].Detail.String(), "not waited for") {
		t.Errorf("%s: %q", v.Answers[0].State, v.Answers[0].Detail)
	}
}
