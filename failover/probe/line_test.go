package probe

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
)

// block makes the line one that lets nothing out on port 25.
func (w *world) block() {
	for _, a := range []string{mx1Addr, mx2Addr, controlOne, controlTwo} {
		w.refuse(a + ":25")
	}
}

func TestLineThatBlocksPort25(t *testing.T) {
	w := newWorld(t)
	w.block()
	findings := w.look()
	for _, c := range []struct{ check, subject string }{{"line", ""}, {"mx-answers", "mx1.second.test."}, {"rcpt", "info@example.test"}} {
		f := find(t, findings, c.check, c.subject)
		expect(t, f, failover.Unknown)
		if !f.OwnLine || !strings.Contains(f.Remedy.String(), "seed message") || !strings.Contains(f.Remedy.String(), "another line") {
			t.Errorf("%s: own line %v, remedy %q", c.check, f.OwnLine, f.Remedy)
		}
	}
	expect(t, find(t, findings, "line", ""), failover.Unknown, "Your line blocks port 25")
	f := find(t, findings, "starttls", "mx1.second.test.")
	expect(t, f, failover.Warn)
	if !f.OwnLine {
		t.Error("the unseen certificate is not owed to the line")
	}
	j := Judge(findings, w.target, w.clock.now(), 0)
	if j.Allowed || len(j.Blocking) > 0 || len(j.Unknown) != 6 {
		t.Errorf("judged %+v", j)
	}
}

// Where the policy makes senders insist on the certificate, nobody may guess it.
func TestLineThatBlocksPort25WithMTASTS(t *testing.T) {
	w := newWorld(t)
	w.policy("version: STSv1\nmode: enforce\nmx: *.second.test\nmax_age: 604800\n")
	w.block()
	expect(t, w.one("starttls", "mx1.second.test."), failover.Unknown, "MTA-STS")
}

func TestLineWithoutControls(t *testing.T) {
	w := newWorld(t)
	w.block()
	w.opt.Controls = nil
	f := w.one("line", "")
	expect(t, f, failover.Unknown, "no control hosts")
	if f.OwnLine {
		t.Error("nobody could tell, and yet it is our line")
	}
	expect(t, w.one("mx-answers", "mx1.second.test."), failover.Unknown)
}

// Most lines drop the packets, so that whoever connects waits.
func TestLineThatSwallowsPort25(t *testing.T) {
	w := newWorld(t)
	w.opt.Patience = 300 * time.Millisecond
	w.opt.Controls = []string{"198.51.100.99:25", "203.0.113.99:25"}
	w.target.Provider.MX = []failover.MX{{Preference: 10, Host: "silent.second.test."}}
	for _, a := range []string{"A 192.0.2.91", "A 192.0.2.92", "A 192.0.2.93", "AAAA 2001:db8::91"} {
		w.second.Add("silent 300 " + a)
	}
	f := w.one("line", "")
	expect(t, f, failover.Unknown, "Your line blocks port 25")
	if !f.OwnLine {
		t.Error("not our line")
	}
}

func TestLineIsDown(t *testing.T) {
	w := newWorld(t)
	w.Silence(resolverAddr)
	w.dns.Timeout = 200 * time.Millisecond
	w.opt.Controls = []string{"mx.one.example:25", "mx.two.example:25"}
	f := w.one("line", "")
	expect(t, f, failover.Unknown, "no network")
	if !f.OwnLine {
		t.Error("not our line")
	}
}

func TestBoxesOnTheWay(t *testing.T) {
	t.Run("one that answers for everybody", func(t *testing.T) {
		w := newWorld(t)
		for _, a := range []string{mx1Addr, mx2Addr, controlOne, controlTwo} {
			h := w.mailHost("proxy.isp.example", a+":25")
			h.rcpt = func(string, string) string { return "250 Ok" }
		}
		findings := w.look()
		expect(t, find(t, findings, "line", ""), failover.Unknown, "Something on your line")
		f := find(t, findings, "rcpt", "info@example.test")
		expect(t, f, failover.Unknown)
		if !f.OwnLine {
			t.Error("a recipient is unknown because of the line, and does not say so")
		}
		expect(t, find(t, findings, "starttls", "mx1.second.test."), failover.Warn)
	})
	t.Run("one that overwrites", func(t *testing.T) {
		w := newWorld(t)
		w.mx1.cert, w.mx1.ehlo = nil, []string{"SIZE", "XXXXXXXA"}
		findings := w.look("line", "starttls", "rcpt")
		expect(t, find(t, findings, "line", ""), failover.Unknown, "Something on your line")
		expect(t, find(t, findings, "starttls", "mx1.second.test."), failover.Warn)
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Unknown)
		if len(w.mx1.commands("RCPT")) > 0 {
			t.Error("whoever answers there was asked for recipients")
		}
	})
	t.Run("stars", func(t *testing.T) {
		w := newWorld(t)
		w.mx1.banner = "220 ****************************************0*0*2***"
		expect(t, w.one("line", ""), failover.Unknown, "Something on your line")
	})
}

// Which banners look like one box in everybody's place.
func TestSameMouth(t *testing.T) {
	for _, c := range []struct {
		name string
		seen []sighting
		box  bool
	}{
		{"different hosts", []sighting{{host: "a.example.com", banner: "220 a.example.com"}, {host: "b.example.org", banner: "220 b.example.org"}}, false},
		{"one box", []sighting{{host: "a.example.com", banner: "220 box.isp.net"}, {host: "b.example.org", banner: "220 box.isp.net"}}, true},
		{"two hosts of one organisation", []sighting{{host: "mx1.google.com", banner: "220 mx.google.com x"}, {host: "mx2.google.com", banner: "220 mx.google.com y"}}, false},
		{"a name of one's own for a large provider's host", []sighting{{host: "mail.example.co.jp", banner: "220 mx.google.com"}, {host: "smtp.google.com", banner: "220 mx.google.com"}}, false},
		{"nobody says a name", []sighting{{host: "a.example.com", banner: "220"}, {host: "b.example.org", banner: "220"}}, false},
		{"addresses of two networks", []sighting{{host: "192.0.2.1", banner: "220 box.isp.net"}, {host: "198.51.100.1", banner: "220 box.isp.net"}}, true},
		{"refusals", []sighting{{host: "a.example.com", banner: "554 no"}, {host: "b.example.org", banner: "554 no"}}, false},
	} {
		if got := sameMouth(c.seen); (got != "") != c.box {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestControlsByNameAndWithoutPort(t *testing.T) {
	w := newWorld(t)
	w.second.Add("control 300 A " + controlOne)
	w.opt.Controls = []string{"control.second.test"}
	w.opt.Reader = dnsview.New(w.dns)
	p := New(w.opt)
	seen := p.sight(t.Context(), "control.second.test")
	if seen.fault != nil || !strings.HasPrefix(seen.banner, "220 mx.one.example") {
		t.Errorf("saw %+v", seen)
	}
}

// A host that speaks before it is asked, after STARTTLS, is attacked or broken
// (the injection of CVE-2011-0411 the other way round).
func TestPlainTextAfterSTARTTLS(t *testing.T) {
	w := newWorld(t)
	w.mx1.command = func(line string, conn net.Conn) string {
		if line == "STARTTLS" {
			_, _ = conn.Write([]byte("220 Ready\r\n250 injected\r\n"))
			return "250 more"
		}
		return ""
	}
	expect(t, w.one("starttls", "mx1.second.test."), failover.Red, "plain text")
}

// While this machine is off the network, nothing that cannot be reached from it has
// failed: neither the DNS host nor a seed message.
func TestLineIsDownForTheDNSHostAndSeeds(t *testing.T) {
	w := newWorld(t)
	w.Silence(resolverAddr)
	w.dns.Timeout = 200 * time.Millisecond
	w.opt.Controls = []string{"mx.one.example:25", "mx.two.example:25"}
	away := failover.Fail(failover.ErrUnreachable, "{server} does not answer", "server", "ns.test")
	for id, change := range map[string]func(*Site){
		"dns-host": func(s *Site) { s.Writing = func(context.Context) (Writing, error) { return Writing{}, away } },
		SeedTest: func(s *Site) {
			s.Seed = func(context.Context) []Leg {
				return []Leg{{From: "a@example.test", To: "b@example.test", Failed: away}}
			}
		},
	} {
		r := w.try(id, change)
		if r.Verdict != failover.Unknown || !r.OwnLine || r.Word.String() != "your own line" {
			t.Errorf("%s: %s, %q, own line %t: %+v", id, r.Verdict, r.Word, r.OwnLine, r.Findings)
		}
	}
}
