package probe

import (
	"context"
	"sync"
	"time"

	"lifeboat/failover"
)

// testPort looks how long connections to the mail exchangers take to come about. Whoever
// does not answer is told from a line that lets nothing out by the controls.
func testPort() Test {
	return Test{
		ID:     "port25",
		Title:  failover.Say("Port 25 answers"),
		Reason: failover.Say("Senders hand mail over on port 25 of the MX hosts, and nowhere else. A port that is closed or silent takes no mail."),
		Remedy: failover.Say("Ask the provider whether the host is in service, and whether a firewall stands before it."),
		Limit:  45 * time.Second, Usual: time.Second,
		used: hasHosts,
		run: func(ctx context.Context, t *attempt) {
			slowest, answered := time.Duration(0), 0
			all := t.greetings(ctx)
			for _, host := range t.site.hosts() {
				g := all[host]
				if took, ok := g.connected(); ok {
					slowest, answered = max(slowest, took), answered+1
				}
				if s := t.judgePort(ctx, host, g); s.verdict != "" {
					t.note(host, s)
				}
			}
			switch {
			case answered == 0:
				t.say(failover.Say("no answer"))
			case answered < len(all):
				t.say(failover.Say("{count} of {all} hosts", "count", answered, "all", len(all)))
			default:
				t.say(failover.Say("{ms} ms", "ms", max(1, slowest.Round(time.Millisecond).Milliseconds())))
			}
		},
	}
}

// greetings greets all hosts, side by side.
func (t *attempt) greetings(ctx context.Context) map[string]greeting {
	var wg sync.WaitGroup
	var mu sync.Mutex
	out := map[string]greeting{}
	for _, host := range t.site.hosts() {
		wg.Go(func() {
			g := t.survey.greeting(ctx, host)
			mu.Lock()
			defer mu.Unlock()
			out[host] = g
		})
	}
	wg.Wait()
	return out
}

// connected reports how long the connection took, if there was one.
func (g greeting) connected() (time.Duration, bool) {
	if g.session != nil {
		return g.session.took, true
	}
	return g.fault.took, g.fault.took > 0
}

// where is the host with the address that answered.
func (g greeting) where() string {
	if g.session != nil {
		return g.session.where
	}
	return g.fault.where
}

// judgePort says what a host's port is like. What came after the connection is another
// test's business.
func (t *attempt) judgePort(ctx context.Context, host string, g greeting) say {
	mx := failover.Display(host)
	took, ok := g.connected()
	if ok {
		if line := t.survey.lineState(ctx); line.kind == lineAltered {
			return unseen(line)
		}
		return say{verdict: failover.Pass, evidence: []string{g.where() + ": connected in " + took.Round(time.Millisecond).String()},
			text: failover.Say("{mx} answers on port 25 after {ms} ms.", "mx", mx, "ms", max(1, took.Round(time.Millisecond).Milliseconds()))}
	}
	others := t.anyHost(func(h string) bool {
		_, reached := t.survey.greeting(ctx, h).connected()
		return reached
	})
	return told25(t.survey.noConversation(ctx, host, g.fault, others))
}

// told25 is a preflight's word on a host that did not answer, in a test: where other
// hosts take the mail meanwhile it is a warning, which was seen.
func told25(s say) say {
	if s.verdict == failover.Warn {
		s.unseen = false
	}
	return s
}
