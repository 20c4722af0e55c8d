package probe

import (
	"context"
	"errors"
	"time"

	"lifeboat/failover"
)

// testWriting shows that the DNS host's credential is good for a change. Nothing is
// changed by it, whatever the zone holds.
func testWriting() Test {
	return Test{
		ID:     "dns-host",
		Title:  failover.Say("DNS host lets us write"),
		Reason: failover.Say("A switch is a change of records at the DNS host. A credential that has expired, or may only read, is found out now, by a change that changes nothing."),
		Remedy: failover.Say("Renew the credential at the DNS host, see that it may change MX and TXT records of the zone, and store it with lifeboat secret set."),
		Limit:  30 * time.Second, Usual: time.Second,
		used: func(s Site) bool { return s.Writing != nil },
		run: func(ctx context.Context, t *attempt) {
			w, err := t.site.Writing(ctx)
			if ctx.Err() != nil {
				return
			}
			word, s := judgeWriting(w, err)
			if errors.Is(err, failover.ErrUnreachable) {
				if line := t.survey.lineState(ctx); line.kind == lineOffline {
					s = unseen(line)
				}
			}
			t.say(word)
			t.note(t.site.Domain.Name, s)
		},
	}
}

func judgeWriting(w Writing, err error) (failover.Sentence, say) {
	zone := failover.Display(w.Zone)
	if err != nil {
		out := say{verdict: failover.Red, text: failover.SentenceOf(err), evidence: causes(err),
			remedy: failover.Say("Renew the credential at the DNS host, see that it may change MX and TXT records of the zone, and store it with lifeboat secret set.")}
		word := failover.Say("change refused")
		switch {
		case errors.Is(err, failover.ErrReadOnly):
			word = failover.Say("may only read")
		case errors.Is(err, failover.ErrCredential):
			word = failover.Say("wrong credential")
		case errors.Is(err, failover.ErrClock):
			word = failover.Say("clock is wrong")
			out.remedy = failover.Say("Set this machine's clock and time zone, then check again.")
		case errors.Is(err, failover.ErrUnreachable):
			word = failover.Say("no answer")
			out.remedy = failover.Say("See whether this line lets DNS updates out to the server, and whether the DNS host is in service.")
		case errors.Is(err, failover.ErrThrottled), errors.Is(err, failover.ErrUncertain), errors.Is(err, failover.ErrStale):
			out.verdict = failover.Unknown
			word = failover.Say("busy")
			out.remedy = failover.Say("Test again in a few minutes.")
		}
		return word, out
	}
	evidence := []string{w.Host + ", " + zone}
	switch {
	case w.Untried:
		return failover.Say("read only tried"), say{verdict: failover.Warn, evidence: evidence,
			text:   failover.Say("{host} lets us read {zone}; whether it lets us change it cannot be tried without a change.", "host", w.Host, "zone", zone),
			remedy: failover.Say("Hold a live rehearsal (lifeboat drill), which makes and removes a record of its own.")}
	case w.Shared:
		return failover.Say("same zone"), say{verdict: failover.Pass, evidence: evidence,
			text: failover.Say("{host} lets us read {zone} and would let us change it; nothing was changed.", "host", w.Host, "zone", zone)}
	}
	return failover.Say("{host}, {seconds} s", "host", w.Host, "seconds", tenths(w.Took)), say{verdict: failover.Pass, evidence: evidence,
		text: failover.Say("{host} lets us read {zone} and would let us change it; nothing was changed.", "host", w.Host, "zone", zone)}
}

// causes are the technical words behind an error.
func causes(err error) []string {
	var ours *failover.Error
	if errors.As(err, &ours) && ours.Cause != nil {
		return []string{inOneLine(ours.Cause)}
	}
	return nil
}
