package probe

import (
	"context"
	"time"

	"lifeboat/failover"
)

// testGreeting looks at how the mail exchangers greet: the banner, EHLO, and whether they
// offer STARTTLS. It names nobody.
func testGreeting() Test {
	return Test{
		ID:     "smtp",
		Title:  failover.Say("Mail server greets"),
		Reason: failover.Say("A port that is open is no mail server yet: it has to greet, answer EHLO, and offer to encrypt (STARTTLS, RFC 3207) before senders hand mail over."),
		Remedy: failover.Say("Ask the provider what its mail server says to this line, with the exact answers shown here."),
		Limit:  75 * time.Second, Usual: time.Second,
		used: hasHosts,
		run: func(ctx context.Context, t *attempt) {
			word, greeted := failover.Say("no greeting"), 0
			all := t.greetings(ctx)
			for _, host := range t.site.hosts() {
				g := all[host]
				if g.session != nil {
					greeted++
				}
				if s := t.judgeGreeting(ctx, host, g); s.verdict != "" {
					t.note(host, s)
				}
			}
			switch {
			case greeted > 0 && greeted < len(t.site.hosts()):
				word = failover.Say("{count} of {all} hosts", "count", greeted, "all", len(t.site.hosts()))
			case greeted > 0 && t.anyHost(func(h string) bool { return !t.survey.greeting(ctx, h).session.offered }):
				word = failover.Say("no STARTTLS")
			case greeted > 0:
				word = failover.Say("with STARTTLS")
			}
			t.say(word)
		},
	}
}

func (t *attempt) judgeGreeting(ctx context.Context, host string, g greeting) say {
	mx := failover.Display(host)
	if g.fault != nil {
		if _, reached := g.connected(); !reached {
			return t.unreached(ctx, host, g)
		}
		others := t.anyHost(func(h string) bool { return t.survey.greeting(ctx, h).session != nil })
		return told25(t.survey.noConversation(ctx, host, g.fault, others))
	}
	if line := t.survey.lineState(ctx); line.kind == lineAltered {
		return unseen(line)
	}
	c := g.session
	evidence := append([]string{c.where}, c.banner.exact()...)
	evidence = append(evidence, c.ehlo.exact()...)
	if !c.offered {
		return say{verdict: failover.Warn, evidence: evidence,
			text:   failover.Say("{mx} greets, but offers no STARTTLS; senders that insist on encryption will not deliver there.", "mx", mx),
			remedy: failover.Say("Ask the provider to offer STARTTLS on the host.")}
	}
	return say{verdict: failover.Pass, evidence: evidence, text: failover.Say("{mx} greets and offers STARTTLS.", "mx", mx)}
}

// unreached is the finding of a test that needs a connection on a host that cannot be
// reached: the test of the port says what is wrong, and here nobody knows.
func (t *attempt) unreached(ctx context.Context, host string, g greeting) say {
	why := t.survey.noConversation(ctx, host, g.fault, false)
	if why.verdict == "" || why.ownLine {
		return why
	}
	return say{verdict: failover.Unknown, unseen: true, evidence: why.evidence, remedy: why.remedy,
		text: failover.Say("{mx} could not be reached on port 25, so nothing more can be said about it.", "mx", failover.Display(host))}
}
