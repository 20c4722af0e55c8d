package lab_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/lab"
)

// query puts a question to a server over the world's network.
func query(t *testing.T, w *lab.World, proto, server, name, typ string, change ...func(*dns.Msg)) (*dns.Msg, error) {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(name), dns.StringToType[typ])
	for _, c := range change {
		c(m)
	}
	return exchange(t, w, proto, server, m, dns.Client{Timeout: 5 * time.Second})
}

func exchange(t *testing.T, w *lab.World, proto, server string, m *dns.Msg, client dns.Client) (*dns.Msg, error) {
	t.Helper()
	c, err := w.Dialer().DialContext(t.Context(), proto, server)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	client.Net = proto
	r, _, err := client.ExchangeWithConnContext(t.Context(), m, &dns.Conn{Conn: c})
	return r, err
}

// ask gives the set that a server has, and fails the test if it has no answer.
func ask(t *testing.T, w *lab.World, server, name, typ string) failover.RRset {
	t.Helper()
	r, err := query(t, w, "udp", server, name, typ)
	if err != nil {
		t.Fatalf("%s %s at %s: %v", name, typ, server, err)
	}
	return dnswire.Pick(failover.Key{Name: failover.FQDN(name), Type: typ}, r.Answer)
}

// serverAddr is where a name server of the domain listens in the world.
func serverAddr(t *testing.T, w *lab.World, name string) string {
	t.Helper()
	set := w.Truth(name, "A")
	if !set.Exists() {
		t.Fatalf("%s has no address", name)
	}
	return set.Values[0] + ":53"
}

func TestTheTreeLeadsToTheDomain(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{IPv6: true})
	server := netip.AddrPortFrom(w.DNSControls()[0], 53).String()
	var seen []string
	for range 5 {
		r, err := query(t, w, "udp", server, "example.test", "MX")
		if err != nil {
			t.Fatal(err)
		}
		if r.Authoritative {
			if w.Domain().RouteOf(dnswire.Set(r.Answer)) != failover.RoutePrimary {
				t.Errorf("answer %v", r.Answer)
			}
			if len(seen) != 2 || seen[0] != "test." || seen[1] != "example.test." {
				t.Errorf("the way led over %v", seen)
			}
			return
		}
		if len(r.Ns) == 0 || len(r.Answer) > 0 {
			t.Fatalf("%s refers nowhere: %v", server, r)
		}
		seen = append(seen, r.Ns[0].Header().Name)
		for _, rr := range r.Extra {
			// The last address is an IPv6 one, which has to lead on as well.
			switch a := rr.(type) {
			case *dns.A:
				server = net.JoinHostPort(a.A.String(), "53")
			case *dns.AAAA:
				server = net.JoinHostPort(a.AAAA.String(), "53")
			}
		}
	}
	t.Errorf("no end: %v", seen)
}

func TestAuthoritativeAnswers(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{TTL: 40})
	at := w.UpdateServer()
	for _, c := range []struct {
		name, typ string
		rcode     int
		answers   []string // types
		authority string
	}{
		{"example.test", "SOA", dns.RcodeSuccess, []string{"SOA"}, ""},
		{"EXAMPLE.test", "NS", dns.RcodeSuccess, []string{"NS", "NS", "NS"}, ""},
		{"example.test", "MX", dns.RcodeSuccess, []string{"MX", "MX"}, ""},
		{"example.test", "AAAA", dns.RcodeSuccess, nil, "SOA"},
		{"example.test", "ANY", dns.RcodeSuccess, []string{"SOA"}, ""},
		{"nothing.example.test", "MX", dns.RcodeNameError, nil, "SOA"},
		{"_domainkey.example.test", "TXT", dns.RcodeSuccess, nil, "SOA"}, // an empty non-terminal exists
		{"harbor1._domainkey.example.test", "TXT", dns.RcodeSuccess, []string{"CNAME"}, ""},
		{"harbor1._domainkey.example.test", "CNAME", dns.RcodeSuccess, []string{"CNAME"}, ""},
		{"example.org", "MX", dns.RcodeRefused, nil, ""},
		{"example.test", "AXFR", dns.RcodeRefused, nil, ""},
	} {
		for _, proto := range []string{"udp", "tcp"} {
			r, err := query(t, w, proto, at, c.name, c.typ)
			if err != nil {
				t.Fatalf("%s %s over %s: %v", c.name, c.typ, proto, err)
			}
			var got []string
			for _, rr := range r.Answer {
				got = append(got, dns.Type(rr.Header().Rrtype).String())
			}
			authority := ""
			if len(r.Ns) > 0 {
				authority = dns.Type(r.Ns[0].Header().Rrtype).String()
			}
			if r.Rcode != c.rcode || !slices.Equal(got, c.answers) || authority != c.authority || r.Authoritative != (c.rcode != dns.RcodeRefused) {
				t.Errorf("%s %s over %s: %s, AA %v, answers %v, authority %q", c.name, c.typ, proto, dns.RcodeToString[r.Rcode], r.Authoritative, got, authority)
			}
			if soa, ok := first(r.Ns).(*dns.SOA); ok && (soa.Minttl != 40 || soa.Hdr.Ttl != 40) {
				t.Errorf("negative TTL %d, %d", soa.Hdr.Ttl, soa.Minttl)
			}
		}
	}
}

func first(rrs []dns.RR) dns.RR {
	if len(rrs) == 0 {
		return nil
	}
	return rrs[0]
}

func TestAnswersTooLargeForUDPComeOverTCP(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	var long []string
	for i := range 12 {
		long = append(long, dnswire.TXT(fmt.Sprintf("%02d %s", i, strings.Repeat("x", 150))))
	}
	if err := w.Put(failover.NewRRset("long.example.test", "TXT", 60, long...)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		proto string
		edns  uint16
		cut   bool
	}{{"udp", 0, true}, {"udp", 1232, true}, {"udp", 4096, true}, {"tcp", 0, false}} {
		r, err := query(t, w, c.proto, w.UpdateServer(), "long.example.test", "TXT", func(m *dns.Msg) {
			if c.edns > 0 {
				m.SetEdns0(c.edns, false)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		r.Compress = true
		if r.Truncated != c.cut || (len(r.Answer) == 12) == c.cut || c.proto == "udp" && r.Len() > max(int(c.edns), 512) {
			t.Errorf("%s with EDNS %d: TC %v, %d records, %d octets", c.proto, c.edns, r.Truncated, len(r.Answer), r.Len())
		}
		if (r.IsEdns0() != nil) != (c.edns > 0) {
			t.Errorf("%s with EDNS %d answered with %v", c.proto, c.edns, r.IsEdns0())
		}
	}
	// The resolver goes on over TCP by itself.
	if r, err := query(t, w, "tcp", w.Resolver(), "long.example.test", "TXT"); err != nil || len(r.Answer) != 12 {
		t.Errorf("the resolver: %v, %v", r, err)
	}
}

func TestEDNSVersionsAndOddQuestions(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	for _, server := range []string{w.UpdateServer(), w.Resolver()} {
		for name, c := range map[string]struct {
			change func(*dns.Msg)
			rcode  int
		}{
			"version 1":     {func(m *dns.Msg) { m.SetEdns0(1232, false); m.IsEdns0().SetVersion(1) }, dns.RcodeBadVers},
			"two OPT":       {func(m *dns.Msg) { m.SetEdns0(1232, false); m.Extra = append(m.Extra, m.Extra[0]) }, dns.RcodeFormatError},
			"no question":   {func(m *dns.Msg) { m.Question = nil }, dns.RcodeFormatError},
			"two questions": {func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }, dns.RcodeFormatError},
			"class CH":      {func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }, dns.RcodeRefused},
			"NOTIFY":        {func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }, dns.RcodeNotImplemented},
		} {
			r, err := query(t, w, "udp", server, "example.test", "MX", c.change)
			if err != nil || r.Rcode != c.rcode {
				t.Errorf("%s at %s: %v, %v", name, server, r, err)
			}
		}
	}
}

func TestSecondariesFollowAfterTheirLag(t *testing.T) {
	t.Parallel()
	c := newClock()
	w := start(t, lab.Options{Lag: 10 * time.Second, Now: c.now, Secondaries: 3})
	servers := w.Nameservers()
	if len(servers) != 4 {
		t.Fatal(servers)
	}
	if err := w.SetLag(servers[3], time.Minute); err != nil {
		t.Fatal(err)
	}
	set := failover.NewRRset("example.test", "MX", 60, "10 mx1.lighthouse.test.")
	if err := w.Put(set); err != nil {
		t.Fatal(err)
	}
	// who has the new set
	have := func() (out []string) {
		for _, s := range servers {
			if ask(t, w, serverAddr(t, w, s), "example.test", "MX").Equal(set) {
				out = append(out, s)
			}
		}
		return out
	}
	for _, step := range []struct {
		pass time.Duration
		want []string
	}{
		{0, servers[:1]}, {9 * time.Second, servers[:1]}, {time.Second, servers[:3]}, {49 * time.Second, servers[:3]}, {time.Second, servers},
	} {
		if c.pass(step.pass); !slices.Equal(have(), step.want) {
			t.Errorf("after %v more: %v have it, want %v", step.pass, have(), step.want)
		}
	}
	// A longer lag does not bring the old records back.
	if err := w.SetLag(servers[1], time.Hour); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(have(), servers) {
		t.Errorf("a secondary went back: only %v have it", have())
	}
}

func TestNameServersBreak(t *testing.T) {
	t.Parallel()
	w := start(t, lab.Options{})
	name := w.Nameservers()[1]
	at := serverAddr(t, w, name)
	for _, c := range []struct {
		fault lab.Fault
		udp   func(*dns.Msg, error) bool
		tcp   func(*dns.Msg, error) bool
	}{
		{lab.Refuse, failsWith(lab.CodeRefused), failsWith(lab.CodeRefused)},
		{lab.Silent, timesOut, timesOut},
		{lab.Lame, isLame, isLame},
		{lab.Failing, hasRcode(dns.RcodeServerFailure), hasRcode(dns.RcodeServerFailure)},
		{lab.None, hasRcode(dns.RcodeSuccess), hasRcode(dns.RcodeSuccess)},
	} {
		if err := w.BreakDNS(name, c.fault); err != nil {
			t.Fatal(err)
		}
		for proto, is := range map[string]func(*dns.Msg, error) bool{"udp": c.udp, "tcp": c.tcp} {
			m := new(dns.Msg)
			m.SetQuestion("example.test.", dns.TypeMX)
			patience := time.Minute
			if c.fault == lab.Silent {
				patience = 200 * time.Millisecond
			}
			r, err := patientExchange(t, w, proto, at, m, patience)
			if !is(r, err) {
				t.Errorf("%q over %s: %v, %v", c.fault, proto, r, err)
			}
		}
	}
}

// patientExchange gives up after a while, as silent servers have to be waited for.
func patientExchange(t *testing.T, w *lab.World, proto, at string, m *dns.Msg, patience time.Duration) (*dns.Msg, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := w.Dialer().DialContext(ctx, proto, at)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	client := dns.Client{Net: proto, Timeout: patience}
	r, _, err := client.ExchangeWithConnContext(ctx, m, &dns.Conn{Conn: c})
	return r, err
}

func failsWith(want error) func(*dns.Msg, error) bool {
	return func(_ *dns.Msg, err error) bool { return errors.Is(err, want) }
}

func timesOut(_ *dns.Msg, err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func isLame(r *dns.Msg, err error) bool {
	return err == nil && r.Rcode == dns.RcodeSuccess && !r.Authoritative && len(r.Answer) == 0
}

func hasRcode(want int) func(*dns.Msg, error) bool {
	return func(r *dns.Msg, err error) bool { return err == nil && r.Rcode == want }
}
