package probe

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/fakedns"
)

// internal makes this machine's resolver one that has the office's own version of
// example.test, with these records.
func (w *world) internal(records ...string) {
	own := fakedns.NewZone("example.test.", append([]string{"@ 3600 NS ns.test.", "@ 300 MX 10 mx1.first.test."}, records...)...)
	tld := fakedns.NewZone("test.", "@ 3600 NS ns.test.", "ns 3600 A "+serverAddr)
	w.Serve(resolverAddr, fakedns.Resolver(tld, own, w.second))
}

func TestDNSViews(t *testing.T) {
	others := func(mx ...string) fakedns.Handler {
		z := fakedns.NewZone("example.test.", "@ 3600 NS ns.test.")
		for _, m := range mx {
			z.Add("@ 300 MX " + m)
		}
		return fakedns.Resolver(z)
	}
	for _, c := range []struct {
		name    string
		prepare func(*world)
		verdict failover.Verdict
		words   string
		ownLine bool
	}{
		{"agree", func(w *world) { w.doh(others("10 mx1.first.test."), 0) }, failover.Pass, "agree", false},
		{"an old answer", func(w *world) {
			w.example.Delete("@", "MX")
			w.example.Add("@ 300 MX 10 mx1.second.test.", "@ 300 MX 20 mx2.second.test.")
			w.doh(others("10 mx1.first.test."), 0)
		}, failover.Pass, "older answer", false},
		{"another world over HTTPS", func(w *world) { w.doh(others("10 mx.elsewhere.test."), 0) }, failover.Warn, "https://192.0.2.55/dns-query", false},
		{"the office's own version", func(w *world) {
			own := fakedns.NewZone("example.test.", "@ 3600 NS ns.test.", "@ 300 MX 10 exchange.example.test.")
			tld := fakedns.NewZone("test.", "@ 3600 NS ns.test.", "ns 3600 A "+serverAddr)
			w.Serve(resolverAddr, fakedns.Resolver(tld, own, w.second))
		}, failover.Warn, "its own version", false},
		{"nothing answers on 53", func(w *world) {
			w.dns.Timeout = 300 * time.Millisecond
			w.Silence(resolverAddr)
			w.Silence(serverAddr)
			w.doh(fakedns.Resolver(w.example, w.second), 0)
		}, failover.Warn, "port 53", true},
		{"nothing answers at all", func(w *world) {
			w.dns.Timeout = 200 * time.Millisecond
			w.Silence(resolverAddr)
			w.Silence(serverAddr)
		}, failover.Unknown, "Nobody could be asked", true},
		{"servers fail", func(w *world) { w.Serve(serverAddr, fakedns.Error(dns.RcodeServerFailure)) }, failover.Warn, "No authoritative server", false},
		{"servers are silent and nothing else can be asked", func(w *world) {
			w.dns.Timeout = 300 * time.Millisecond
			w.Silence(serverAddr)
		}, failover.Warn, "Only this machine's resolver", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.prepare(w)
			f := w.one("dns-views", "")
			expect(t, f, c.verdict, c.words)
			if f.OwnLine != c.ownLine {
				t.Errorf("own line: %v", f.OwnLine)
			}
			if !strings.Contains(strings.Join(f.Evidence, "\n"), "system: ") {
				t.Errorf("evidence does not say who says what: %q", f.Evidence)
			}
		})
	}
	t.Run("no such domain", func(t *testing.T) {
		w := newWorld(t)
		w.target.Domain.Name = "nosuch.test."
		expect(t, w.one("dns-views", ""), failover.Red, "nosuch.test")
	})
}

func TestDNSServersDisagree(t *testing.T) {
	w := newWorld(t)
	tld := fakedns.NewZone("test.", "@ 3600 NS ns.test.", "ns 3600 A "+serverAddr, "ns2 3600 A 192.0.2.56",
		"example 3600 NS ns.test.", "example 3600 NS ns2.test.", "second 3600 NS ns.test.")
	w.example.Add("@ 3600 NS ns2.test.")
	w.Serve(resolverAddr, fakedns.Resolver(tld, w.example, w.second))
	w.Serve(serverAddr, fakedns.Authority(tld, w.example, w.second))
	lagging := fakedns.NewZone("example.test.", "@ 3600 NS ns.test.", "@ 300 MX 10 mx1.second.test.")
	w.Serve("192.0.2.56", fakedns.Authority(lagging))
	f := w.one("dns-views", "")
	expect(t, f, failover.Warn, "disagree")
	if e := strings.Join(f.Evidence, "\n"); !strings.Contains(e, "mx1.first.test") || !strings.Contains(e, "mx1.second.test") {
		t.Errorf("evidence %q", e)
	}
	w.Silence("192.0.2.56")
	w.dns.Timeout = 400 * time.Millisecond
	expect(t, w.one("dns-views", ""), failover.Warn, "1 of 2")
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		name    string
		off     time.Duration // of the server
		verdict failover.Verdict
		words   string
	}{
		{"right", 0, failover.Pass, "right"},
		{"a minute off", time.Minute, failover.Pass, "right"},
		{"ten minutes fast", -10 * time.Minute, failover.Warn, "10 minutes fast"},
		{"an hour fast", -time.Hour, failover.Red, "60 minutes fast"},
		{"an hour slow", time.Hour, failover.Red, "60 minutes slow"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.doh(fakedns.Resolver(w.example), c.off)
			expect(t, w.one("clock", ""), c.verdict, c.words)
		})
	}
	t.Run("nobody to compare with", func(t *testing.T) {
		expect(t, newWorld(t).one("clock", ""), failover.Warn)
	})
	t.Run("one server wrong itself", func(t *testing.T) {
		now := time.Now()
		expect(t, finding(judgeClock([]time.Duration{time.Second, 0, -20 * time.Hour}, now, nil)), failover.Pass)
	})
}

func finding(s say) failover.Finding {
	return failover.Finding{Verdict: s.verdict, Say: s.text, Remedy: s.remedy, Evidence: s.evidence, OwnLine: s.ownLine}
}
