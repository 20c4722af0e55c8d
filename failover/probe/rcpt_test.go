package probe

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
)

func TestRecipientMissing(t *testing.T) {
	w := newWorld(t)
	w.mx1.rcpt = knowing("info@example.test", "taro@example.test")
	findings := w.look("rcpt", "mx-answers")
	f := find(t, findings, "rcpt", "sales@example.test")
	expect(t, f, failover.Red, "sales@example.test", "mx1.second.test", "550 5.1.1")
	if !slices.Contains(f.Evidence, "RCPT TO:<sales@example.test>") || !slices.Contains(f.Evidence, "550 5.1.1 <sales@example.test>: Recipient address rejected: User unknown") {
		t.Errorf("the evidence is not the exact dialogue: %q", f.Evidence)
	}
	expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass)
	expect(t, find(t, findings, "mx-answers", "mx1.second.test."), failover.Pass)
}

// knowing makes an answer to RCPT that takes these addresses only.
func knowing(addresses ...string) func(to, from string) string {
	return func(to, _ string) string {
		if slices.Contains(addresses, to) {
			return "250 2.1.5 Ok"
		}
		return "550 5.1.1 <" + to + ">: Recipient address rejected: User unknown"
	}
}

func TestServerThatAcceptsEverythingProvesNothing(t *testing.T) {
	w := newWorld(t)
	w.mx1.rcpt = func(string, string) string { return "250 Ok" }
	findings := w.look()
	expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Unknown, "every address")
	f := find(t, findings, "mx-answers", "mx1.second.test.")
	expect(t, f, failover.Unknown, "every address", "lifeboat-nobody-")
	if f.OwnLine {
		t.Error("an accept-all server is blamed on our line")
	}
	if j := Judge(findings, w.target, w.clock.now(), 0); j.Allowed || len(j.Blocking) > 0 {
		t.Errorf("judged %+v", j)
	}
}

func TestGreylisting(t *testing.T) {
	t.Run("waited out", func(t *testing.T) {
		w := newWorld(t)
		known := w.mx1.rcpt
		first := map[string]time.Time{}
		w.mx1.rcpt = func(to, from string) string {
			if _, ok := first[to]; !ok {
				first[to] = w.clock.now()
			}
			if answer := known(to, from); strings.HasPrefix(answer, "5") {
				return answer
			}
			if w.clock.now().Sub(first[to]) < time.Minute {
				return "450 4.2.0 Greylisted, see you later"
			}
			return "250 Ok"
		}
		expect(t, w.one("rcpt", "info@example.test"), failover.Pass)
		if n := len(w.mx1.commands("RCPT")); n != 7 { // three recipients twice, the stranger once
			t.Errorf("%d RCPT commands, want 7", n)
		}
		if !slices.Contains(w.clock.slept, 90*time.Second) {
			t.Errorf("slept %v, without the wait for greylisting", w.clock.slept)
		}
	})
	t.Run("for ever", func(t *testing.T) {
		w := newWorld(t)
		w.mx1.rcpt = func(string, string) string { return "451 4.7.1 Try again later" }
		findings := w.look("rcpt", "mx-answers")
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Unknown, "451 4.7.1 Try again later")
		expect(t, find(t, findings, "mx-answers", "mx1.second.test."), failover.Unknown, "everybody")
		if n := len(w.mx1.commands("RCPT")); n != 8 {
			t.Errorf("%d RCPT commands, want each of four addresses twice", n)
		}
	})
	t.Run("only those who do not exist", func(t *testing.T) {
		w := newWorld(t)
		w.mx1.rcpt = func(to, _ string) string {
			if strings.HasPrefix(to, "lifeboat-nobody-") {
				return "450 4.1.1 unknown in local recipient table"
			}
			return "250 Ok"
		}
		findings := w.look("rcpt", "mx-answers")
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass)
		expect(t, find(t, findings, "mx-answers", "mx1.second.test."), failover.Warn, "450 4.1.1")
	})
}

// What a server says about us at RCPT is no word about the recipient.
func TestRefusalsByPolicy(t *testing.T) {
	for _, c := range []struct {
		name, rcpt string
		verdict    failover.Verdict
		ownLine    bool
	}{
		{"blocklist", "554 5.7.1 Service unavailable; Client host [192.0.2.99] blocked using zen.spamhaus.org", failover.Unknown, true},
		{"a policy without a reason", "550 5.7.1 Access denied", failover.Unknown, true},
		{"banned by Exchange Online", "550 5.7.606 Access denied, banned sending IP [192.0.2.99]", failover.Unknown, true},
		{"the domain is not theirs", "554 5.7.1 <x@example.test>: Relay access denied", failover.Red, false},
		{"the tenant is not theirs", "550 5.7.64 TenantAttribution; Relay Access Denied", failover.Red, false},
		{"Exchange Online knows nobody", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", failover.Red, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.mx1.rcpt = func(string, string) string { return c.rcpt }
			w.mx2.rcpt = w.mx1.rcpt
			f := w.one("rcpt", "info@example.test")
			expect(t, f, c.verdict, c.rcpt)
			if f.OwnLine != c.ownLine {
				t.Errorf("own line: %v", f.OwnLine)
			}
		})
	}
	t.Run("stops asking", func(t *testing.T) {
		w := newWorld(t)
		var many []string
		for _, c := range "abcdefghijklmnop" {
			many = append(many, string(c)+"@example.test")
		}
		w.target.Domain.Recipients = people(many...)
		w.mx1.rcpt = func(string, string) string { return "550 5.7.1 your IP is on a blacklist" }
		findings := w.look("rcpt")
		for _, f := range findings {
			expect(t, f, failover.Unknown)
		}
		if n := len(w.mx1.commands("RCPT")); n > 8 {
			t.Errorf("a server that refuses us was asked %d times", n)
		}
	})
	t.Run("one group takes no mail from outside", func(t *testing.T) {
		w := newWorld(t)
		known := w.mx1.rcpt
		w.mx1.rcpt = func(to, from string) string {
			if to == "sales@example.test" {
				return "550 5.7.1 not allowed to send to this group"
			}
			return known(to, from)
		}
		expect(t, w.one("rcpt", "sales@example.test"), failover.Red, "sales@example.test", "5.7.1")
	})
}

func TestNullSender(t *testing.T) {
	t.Run("a list that takes no bounces", func(t *testing.T) {
		w := newWorld(t)
		known := w.mx1.rcpt
		w.mx1.rcpt = func(to, from string) string {
			if from == "" && to == "sales@example.test" {
				return "550 This address never sends mail and takes no bounces"
			}
			return known(to, from)
		}
		expect(t, w.one("rcpt", "sales@example.test"), failover.Pass)
	})
	t.Run("a server that takes no bounces at all", func(t *testing.T) {
		w := newWorld(t)
		w.mx1.mail = func(from string) string {
			if from == "" {
				return "550 5.7.1 no bounces here"
			}
			return "250 Ok"
		}
		expect(t, w.one("rcpt", "sales@example.test"), failover.Pass)
		if got := w.mx1.commands("MAIL"); !slices.Contains(got, "MAIL FROM:<postmaster@example.test>") {
			t.Errorf("asked as %q", got)
		}
	})
	t.Run("a stranger refused as a bounce only", func(t *testing.T) {
		w := newWorld(t)
		w.mx1.rcpt = func(_, from string) string { // accepts everything, but no bounces
			if from == "" {
				return "550 no bounces"
			}
			return "250 Ok"
		}
		expect(t, w.one("rcpt", "info@example.test"), failover.Unknown, "every address")
	})
	t.Run("no sender will do", func(t *testing.T) {
		w := newWorld(t)
		w.mx1.mail = func(string) string { return "554 5.7.1 go away" }
		w.mx2.mail = w.mx1.mail
		findings := w.look("rcpt", "mx-answers")
		f := find(t, findings, "mx-answers", "mx1.second.test.")
		expect(t, f, failover.Unknown, "will not talk to this line", "554 5.7.1 go away")
		if !f.OwnLine {
			t.Error("a refusal of ourselves is not owed to our line")
		}
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Unknown, "info@example.test")
	})
}

// A server that says 421 wants no more of us now.
func TestServerEndsTheSession(t *testing.T) {
	w := newWorld(t)
	count := 0
	known := w.mx1.rcpt
	w.mx1.rcpt = func(to, from string) string {
		if count++; count > 2 {
			return "421 4.7.0 Too many connections from you"
		}
		return known(to, from)
	}
	unknown := 0
	for _, f := range w.look("rcpt") {
		if f.Verdict == failover.Unknown {
			unknown++
			expect(t, f, failover.Unknown, "421 4.7.0 Too many connections from you")
		}
	}
	if unknown != 2 {
		t.Errorf("%d recipients are unknown, want 2 of 3", unknown)
	}
	if n := len(w.mx1.commands("RCPT")); n != 3 {
		t.Errorf("asked %d times, the last time after 421", n)
	}
}

func TestConnectionLostOnceIsNotHeldAgainstAnybody(t *testing.T) {
	w := newWorld(t)
	lost := false
	w.mx1.command = func(line string, conn net.Conn) string {
		if strings.HasPrefix(line, "RCPT") && !lost {
			lost = true
			conn.Close()
		}
		return ""
	}
	for _, f := range w.look("rcpt") {
		expect(t, f, failover.Pass)
	}
}

func TestSecondHostRefusesWhatTheFirstTakes(t *testing.T) {
	w := newWorld(t)
	w.mx2.rcpt = knowing()
	findings := w.look("mx-answers", "rcpt")
	expect(t, find(t, findings, "mx-answers", "mx2.second.test."), failover.Red, "mx2.second.test", "mx1.second.test", "info@example.test")
	if n := len(w.mx2.commands("RCPT")); n > 3 {
		t.Errorf("the second host was asked %d times; one recipient and a stranger will do", n)
	}
}

func TestRecipientsThatCannotBeAskedFor(t *testing.T) {
	t.Run("nobody is listed", func(t *testing.T) {
		w := newWorld(t)
		w.target.Domain.Recipients = nil
		findings := w.look()
		expect(t, find(t, findings, "rcpt", ""), failover.Unknown, "example.test")
		if Judge(findings, w.target, w.clock.now(), 0).Allowed {
			t.Error("a domain without recipients is allowed")
		}
	})
	t.Run("another domain, and no address at all", func(t *testing.T) {
		w := newWorld(t)
		w.target.Domain.Recipients = people("info@example.test", "x@elsewhere.test", "two words@example.test", "evil>\r\nDATA@example.test")
		findings := w.look("rcpt")
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass)
		expect(t, find(t, findings, "rcpt", "x@elsewhere.test"), failover.Red, "x@elsewhere.test")
		expect(t, find(t, findings, "rcpt", "two words@example.test"), failover.Red)
		if n := len(w.mx1.commands("RCPT")); n != 2 {
			t.Errorf("asked for %q", w.mx1.commands("RCPT"))
		}
		if len(w.mx1.commands("DATA")) > 0 {
			t.Error("an address became a command")
		}
	})
	t.Run("letters beyond ASCII", func(t *testing.T) {
		w := newWorld(t)
		w.target.Domain.Recipients = people("太郎@example.test", "info@example.test")
		expect(t, w.one("rcpt", "太郎@example.test"), failover.Red, "SMTPUTF8")
		w.mx1.ehlo = append(w.mx1.ehlo, "SMTPUTF8")
		expect(t, w.one("rcpt", "太郎@example.test"), failover.Pass)
	})
	t.Run("a provider without hosts", func(t *testing.T) {
		w := newWorld(t)
		w.target.Provider.MX = nil
		findings := w.look()
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Red, "Second")
	})
}

// Every way of failing before a recipient can be named, with the line known to be
// good.
func TestHostsThatDoNotAnswer(t *testing.T) {
	for _, c := range []struct {
		name    string
		host    func(*world, *mailHost)
		verdict failover.Verdict
		words   string
	}{
		{"refused", func(w *world, _ *mailHost) { w.refuse(mx1Addr + ":25") }, failover.Red, "does not answer on port 25"},
		{"reset", func(_ *world, h *mailHost) {
			h.connected = func(c net.Conn) bool { _ = c.(*net.TCPConn).SetLinger(0); return true }
		}, failover.Red, "ends the connection"},
		{"hangs after connecting", func(w *world, h *mailHost) {
			w.opt.Patience = 300 * time.Millisecond
			h.connected = func(c net.Conn) bool { _, _ = io.Copy(io.Discard, c); return true }
		}, failover.Red, "says nothing"},
		{"hangs in a reply", func(w *world, h *mailHost) {
			w.opt.Patience = 300 * time.Millisecond
			h.connected = func(c net.Conn) bool {
				_, _ = io.WriteString(c, "220-mx1.second.test\r\n220 mx1.sec")
				_, _ = io.Copy(io.Discard, c)
				return true
			}
		}, failover.Red, "banner"},
		{"ends in a reply", func(_ *world, h *mailHost) {
			h.connected = func(c net.Conn) bool { _, _ = io.WriteString(c, "220-mx1.second.test\r\n220 mx1"); return true }
		}, failover.Red, "ends the connection"},
		{"a line without end", func(_ *world, h *mailHost) {
			h.connected = func(c net.Conn) bool { _, _ = io.WriteString(c, "220 "+strings.Repeat("x", 1<<20)); return true }
		}, failover.Red, "no SMTP"},
		{"lines without end", func(_ *world, h *mailHost) {
			h.connected = func(c net.Conn) bool { _, _ = io.WriteString(c, strings.Repeat("220-x\r\n", 10_000)); return true }
		}, failover.Red, "no SMTP"},
		{"another protocol", func(_ *world, h *mailHost) { h.banner = "SSH-2.0-OpenSSH_9.2" }, failover.Red, "no SMTP"},
		{"turned away by its banner", func(_ *world, h *mailHost) { h.banner = "554 5.7.1 no mail from dynamic addresses" }, failover.Unknown, "554 5.7.1 no mail from dynamic addresses"},
		{"takes no mail at all (RFC 7504)", func(_ *world, h *mailHost) { h.banner = "521 mx1.second.test does not accept mail" }, failover.Red, "521"},
		{"busy", func(_ *world, h *mailHost) { h.banner = "421 4.3.2 Service not available" }, failover.Unknown, "421 4.3.2"},
		{"turned away at EHLO", func(_ *world, h *mailHost) {
			h.command = func(line string, _ net.Conn) string {
				if strings.HasPrefix(line, "EHLO") {
					return "550 5.7.1 bad name"
				}
				return ""
			}
		}, failover.Unknown, "bad name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.target.Provider.MX = w.target.Provider.MX[:1]
			c.host(w, w.mx1)
			findings := w.look("mx-answers", "rcpt", "starttls")
			f := find(t, findings, "mx-answers", "mx1.second.test.")
			expect(t, f, c.verdict, c.words)
			if len(f.Evidence) == 0 {
				t.Error("no evidence")
			}
			for _, line := range f.Evidence {
				if len(line) > 700 || strings.ContainsAny(line, "\r\n\x00") {
					t.Errorf("evidence that cannot be shown: %.100q", line)
				}
			}
			expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Unknown, "info@example.test")
			expect(t, find(t, findings, "starttls", "mx1.second.test."), failover.Warn)
		})
	}
}

// A provider of which one host is down is still one that takes mail.
func TestOneHostDown(t *testing.T) {
	w := newWorld(t)
	w.refuse(mx1Addr + ":25")
	findings := w.look()
	expect(t, find(t, findings, "mx-answers", "mx1.second.test."), failover.Warn, "does not answer")
	expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass, "mx2.second.test")
	if j := Judge(findings, w.target, w.clock.now(), 0); !j.Allowed {
		t.Errorf("judged %+v", j)
	}
}

func TestSecondAddressOfAHostIsTried(t *testing.T) {
	w := newWorld(t)
	w.second.Add("mx1 300 A 192.0.2.5") // sorts before the one that works
	w.refuse("192.0.2.5:25")
	expect(t, w.one("rcpt", "info@example.test"), failover.Pass, "mx1.second.test")
}

func TestSteadyPrimary(t *testing.T) {
	home := func(w *world) { w.target.Provider.Role = failover.Primary }
	t.Run("accepts twice", func(t *testing.T) {
		w := newWorld(t)
		home(w)
		expect(t, w.one("steady", ""), failover.Pass, "30 seconds")
		if !slices.Contains(w.clock.slept, 30*time.Second) {
			t.Errorf("slept %v", w.clock.slept)
		}
	})
	t.Run("flaps", func(t *testing.T) {
		w := newWorld(t)
		home(w)
		known, began := w.mx1.rcpt, w.clock.now()
		w.mx1.rcpt = func(to, from string) string {
			if w.clock.now().Sub(began) > 20*time.Second {
				return "451 4.3.2 System not accepting network messages"
			}
			return known(to, from)
		}
		findings := w.look("rcpt", "steady")
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass)
		f := find(t, findings, "steady", "")
		expect(t, f, failover.Red, "not steady")
		if !slices.Contains(f.Evidence, "451 4.3.2 System not accepting network messages") {
			t.Errorf("evidence %q", f.Evidence)
		}
	})
	t.Run("is still down", func(t *testing.T) {
		w := newWorld(t)
		home(w)
		w.refuse(mx1Addr + ":25")
		w.refuse(mx2Addr + ":25")
		expect(t, w.one("steady", ""), failover.Unknown, "Second")
	})
}
