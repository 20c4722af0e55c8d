package probe

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"lifeboat/failover"
)

func TestPreflightOfAProviderThatIsReady(t *testing.T) {
	w := newWorld(t)
	w.policy("version: STSv1\r\nmode: enforce\r\nmx: *.second.test\r\nmx: mx1.first.test\r\nmax_age: 604800\r\n")
	var mu sync.Mutex
	told := map[Need]failover.Verdict{}
	w.opt.Tell = func(f failover.Finding) {
		mu.Lock()
		defer mu.Unlock()
		told[Need{f.Check, f.Subject}] = f.Verdict
	}
	findings := w.prober().Preflight(t.Context(), w.target)

	var order []string
	for i, n := range w.target.Needs() {
		order = append(order, n.Check+" "+n.Subject)
		if i >= len(findings) || findings[i].Check != n.Check || findings[i].Subject != n.Subject {
			t.Fatalf("finding %d is not that of %v: %v", i, n, findings)
		}
		if told[n] != findings[i].Verdict {
			t.Errorf("%v was told as %q and is %q", n, told[n], findings[i].Verdict)
		}
	}
	want := "clock |line |dns-views |mx-names mx1.second.test.|mx-names mx2.second.test.|mx-answers mx1.second.test.|mx-answers mx2.second.test.|" +
		"rcpt info@example.test|rcpt sales@example.test|rcpt taro@example.test|starttls mx1.second.test.|starttls mx2.second.test.|" +
		"mta-sts |dane mx1.second.test.|dane mx2.second.test.|spf "
	if got := strings.Join(order, "|"); got != want {
		t.Errorf("the order is\n%s, want\n%s", got, want)
	}
	for _, f := range findings {
		want := failover.Pass
		if f.Check == "clock" { // nobody to compare with
			want = failover.Warn
		}
		expect(t, f, want)
		if f.Domain != "example.test." || f.Source != failover.FromHere || f.At.IsZero() {
			t.Errorf("finding without its circumstances: %+v", f)
		}
	}
	j := Judge(findings, w.target, w.clock.now(), 0)
	if !j.Allowed || len(j.Warnings) != 1 {
		t.Errorf("judged %+v", j)
	}
	for _, h := range []*mailHost{w.mx1, w.mx2} {
		if len(h.sent()) > 0 || len(h.commands("DATA")) > 0 {
			t.Errorf("%s was sent a message", h.name)
		}
	}
}

func TestEveryCheckSaysWhyAndWhatToDo(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Checks() {
		if c.ID == "" || seen[c.ID] || c.Reason.IsZero() || c.Remedy.IsZero() || c.subjects == nil || c.asked == nil || c.run == nil {
			t.Errorf("check %q is not complete", c.ID)
		}
		seen[c.ID] = true
	}
}

// What was not looked at in time is there all the same, as not known.
func TestPreflightCutShort(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.mx1.command = func(line string, _ net.Conn) string {
		if strings.HasPrefix(line, "RCPT") {
			cancel()
		}
		return ""
	}
	findings := w.prober().Preflight(ctx, w.target)
	if len(findings) != len(w.target.Needs()) {
		t.Fatalf("%d findings for %d needs", len(findings), len(w.target.Needs()))
	}
	unknown := 0
	for _, f := range findings {
		if f.Check == "rcpt" && f.Verdict == failover.Unknown {
			unknown++
		}
		if f.Verdict == failover.Red {
			t.Errorf("a check that was stopped blames somebody: %s", f.Say)
		}
	}
	if unknown < 2 {
		t.Errorf("%d recipients are unknown after the end of the context; the first was being asked for", unknown)
	}
	if j := Judge(findings, w.target, w.clock.now(), 0); j.Allowed {
		t.Error("a preflight cut short allows the plan")
	}
}

// RCPT commands reach the server no faster than the limit, on the clock that the
// options give, and on several connections of at most perConnection addresses.
func TestRCPTIsSlow(t *testing.T) {
	w := newWorld(t)
	w.opt.RCPTPerSecond = 2
	var addresses []string
	for i := range 120 {
		addresses = append(addresses, fmt.Sprintf("user%03d@example.test", i))
	}
	w.target.Domain.Recipients = people(addresses...)
	w.target.Provider.MX = w.target.Provider.MX[:1]
	findings := w.look("rcpt")
	for _, f := range findings {
		expect(t, f, failover.Pass)
	}
	w.mx1.mu.Lock()
	defer w.mx1.mu.Unlock()
	var times []int64
	inOrder, last := true, ""
	for i, line := range w.mx1.heard {
		if strings.HasPrefix(line, "RCPT") {
			times = append(times, w.mx1.at[i].UnixMilli())
			inOrder = inOrder && line > last
			last = line
		}
	}
	if len(times) != 121 {
		t.Fatalf("%d addresses were asked for, want 120 and one that does not exist", len(times))
	}
	for i := 1; i < len(times); i++ {
		if gap := times[i] - times[i-1]; gap < 499 {
			t.Fatalf("RCPT %d came %d ms after the one before, at a limit of two a second", i, gap)
		}
	}
	if inOrder {
		t.Error("the addresses were asked for in alphabetical order, as a harvester does")
	}
	if w.mx1.conns != 4 { // the greeting, then 50, 50 and 21
		t.Errorf("%d connections, want 4", w.mx1.conns)
	}
}
