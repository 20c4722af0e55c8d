package probe

import (
	"context"
	"fmt"
	"time"

	"lifeboat/failover"
)

// testSeed sends messages and waits for them, only when somebody asks for it: nothing
// else shows that mail which is handed in arrives.
func testSeed() Test {
	return Test{
		ID:     SeedTest,
		Title:  failover.Say("Seed message out and back"),
		Reason: failover.Say("A server that accepts a message may still lose it, delay it, or put it where nobody looks. Only a message that is seen to arrive shows that mail flows."),
		Remedy: failover.Say("Look for the message in the mailbox, its spam folder and the provider's message trace, by the number shown here."),
		Limit:  seedLimit, Usual: 6 * time.Second,
		used: func(s Site) bool { return s.Seed != nil },
		run: func(ctx context.Context, t *attempt) {
			waiting, cancel := context.WithTimeout(ctx, t.test.Limit*29/30) // so that what is known is told
			defer cancel()
			legs := t.site.Seed(waiting)
			if ctx.Err() == nil {
				t.judgeSeed(ctx, legs)
			}
		},
	}
}

// seedLimit ends the wait for seed messages.
const seedLimit = 60 * time.Second

// judgeSeed notes a finding for each leg.
func (t *attempt) judgeSeed(ctx context.Context, legs []Leg) {
	took := time.Duration(0)
	word := failover.Sentence{}
	for _, l := range legs {
		s, bad := judgeLeg(l)
		if l.Failed != nil {
			if line := t.survey.lineState(ctx); line.kind == lineOffline {
				s = unseen(line)
			}
		}
		if !bad.IsZero() {
			word = bad
		}
		took += l.Took
		t.note(l.From+" "+l.To, s)
	}
	if word.IsZero() {
		word = failover.Say("{seconds} s", "seconds", tenths(took))
	}
	t.say(word)
}

// judgeLeg says what became of one message, and in a word what is wrong.
func judgeLeg(l Leg) (say, failover.Sentence) {
	var evidence []string
	if l.ID != "" {
		evidence = append(evidence, seedMark+l.ID, fmt.Sprintf("%s -> %s", clean(l.From, 254), clean(l.To, 254)))
	}
	parts := []any{"from", clean(l.From, 254), "to", clean(l.To, 254), "provider", l.Through}
	switch {
	case l.Failed != nil && !l.Sent:
		return say{verdict: failover.Red, text: failover.SentenceOf(l.Failed), evidence: append(evidence, causes(l.Failed)...),
			remedy: failover.Say("See the test of the sign-in to send, mend what it names, and test again.")}, failover.Say("not sent")
	case l.Failed != nil:
		return say{verdict: failover.Unknown, text: failover.SentenceOf(l.Failed), evidence: append(evidence, causes(l.Failed)...),
			remedy: failover.Say("See the test of the sign-in to read, mend what it names, and test again.")}, failover.Say("not looked for")
	case l.At == "":
		return say{verdict: failover.Unknown, evidence: evidence,
			text:   failover.Say("The message from {from} to {to}, handed in at {provider}, has not arrived within {seconds} seconds.", append(parts, "seconds", int(seedLimit.Seconds()))...),
			remedy: failover.Say("Look for the message in the mailbox, its spam folder and the provider's message trace, by the number shown here.")}, failover.Say("no answer in {seconds} s", "seconds", int(seedLimit.Seconds()))
	case l.Wanted != "" && l.At != l.Wanted:
		return say{verdict: failover.Warn, evidence: evidence,
			text: failover.Say("The message from {from} to {to} stayed at {provider}, which takes this address for its own: whoever writes there does not reach people at {other}.",
				append(parts, "other", l.Wanted)...),
			remedy: failover.Say("In {provider}'s console, remove the domain of {to} from the domains that it takes mail for.", "provider", l.Through, "to", clean(l.To, 254))}, failover.Say("stayed at home")
	}
	return say{verdict: failover.Pass, evidence: evidence,
		text: failover.Say("The message from {from} to {to}, handed in at {provider}, was found in the mailbox at {other} after {seconds} s.",
			append(parts, "other", l.At, "seconds", tenths(l.Took))...)}, failover.Sentence{}
}

// tenths tells a time in seconds with one decimal.
func tenths(d time.Duration) string {
	return fmt.Sprintf("%.1f", max(d, 100*time.Millisecond).Seconds())
}
