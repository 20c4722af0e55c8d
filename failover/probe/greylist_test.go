package probe

import (
	"testing"
	"time"

	"lifeboat/failover"
)

// greylist makes a host put off each address for a while from when it first came,
// and say afterwards what it would have said.
func greylist(w *world, h *mailHost, wait time.Duration) {
	first, after := map[string]time.Time{}, h.rcpt
	h.rcpt = func(to, from string) string {
		if _, met := first[to]; !met {
			first[to] = w.clock.now()
		}
		if w.clock.now().Sub(first[to]) < wait {
			return "450 4.2.0 Greylisted, see you later"
		}
		return after(to, from)
	}
}

// A server that accepts everything, but puts off whom it has not met: once the real
// addresses have been met, an address that nobody has is the only one put off.
func TestAcceptAllServerBehindGreylistingIsNeverProven(t *testing.T) {
	w := newWorld(t)
	w.clock.at = noon
	for _, h := range []*mailHost{w.mx1, w.mx2} {
		h.rcpt = func(string, string) string { return "250 Ok" }
		greylist(w, h, 5*time.Minute)
	}
	ev := &Evidence{Now: w.clock.now}
	look := func(words string) {
		t.Helper()
		findings := w.look()
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Unknown, words)
		expect(t, find(t, findings, "mx-answers", firstHost), failover.Unknown)
		ev.Merge(w.target, findings)
		if j := Judge(ev.Findings(w.target), w.target, w.clock.now(), 0); j.Allowed {
			t.Error("the plan is allowed")
		}
	}
	look("puts info@example.test off")
	w.clock.at = noon.Add(10 * time.Minute)
	look("accepts every address")
	w.clock.at = noon.Add(23 * time.Hour) // the address that nobody has is a new one today
	look("puts off an address that does not exist")
}

// One that refuses strangers, and puts off for longer than a check waits, is proven
// by the next check, since that asks for the same stranger again.
func TestGreylistingBeyondACheckIsWaitedOutByTheNext(t *testing.T) {
	w := newWorld(t)
	w.clock.at = noon
	greylist(w, w.mx1, 5*time.Minute)
	expect(t, w.one("rcpt", "info@example.test"), failover.Unknown, "450 4.2.0")
	w.clock.at = noon.Add(10 * time.Minute)
	findings := w.look("rcpt", "mx-answers")
	expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass)
	expect(t, find(t, findings, "mx-answers", firstHost), failover.Pass)
}

func TestWhatAnAnswerAboutAStrangerShows(t *testing.T) {
	for _, c := range []struct {
		code   int
		text   string
		proves bool
	}{
		{550, "5.1.1 no such user", true},
		{554, "5.7.1 <nobody@example.test>: Relay access denied", true},
		{450, "4.1.1 <nobody@example.test>: Recipient address rejected: User unknown in local recipient table", true},
		{450, "4.1.1 <nobody@example.test>: Recipient address rejected: unverified address: Address verification in progress", false},
		{450, "4.1.1 Greylisted", false},
		{450, "4.1.8 Sender address rejected: Domain not found", false},
		{450, "4.2.0 Greylisted", false},
		{451, "4.7.1 Try again later", false},
		{451, "Try again later", false},
		{250, "2.1.5 Ok", false},
		{550, "5.7.1 your IP is on a blacklist", false},
	} {
		r := reply{code: c.code, lines: []string{c.text}}
		a := answer{kind: judgeRCPT(r), reply: r}
		if a.disowns() != c.proves {
			t.Errorf("%s: proves %v", r, !c.proves)
		}
		iv := interview{host: firstHost, stranger: "x@example.test", answers: map[string]answer{"x@example.test": a}}
		if got := judgeTaken("info@example.test", say{verdict: failover.Unknown}, iv); (got.verdict == failover.Pass) != c.proves {
			t.Errorf("%s: an acceptance beside it is %s", r, got.verdict)
		}
	}
}

func TestStrangerStaysTheSameForADay(t *testing.T) {
	a := stranger("example.test.", noon)
	if b := stranger("Example.TEST", noon.Add(11*time.Hour)); a != b {
		t.Errorf("%s and %s", a, b)
	}
	if b := stranger("example.test", noon.Add(12*time.Hour)); a == b {
		t.Errorf("%s the next day", b)
	}
	if b := stranger("other.test", noon); a[:36] == b[:36] {
		t.Errorf("%s and %s", a, b)
	}
	if _, _, err := envelope(a); err != nil {
		t.Error(err)
	}
}
