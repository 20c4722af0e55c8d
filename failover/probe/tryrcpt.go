package probe

import (
	"context"
	"time"

	"lifeboat/failover"
)

const idRecipients = "rcpt"

// testRecipients asks for every recipient as the preflight does, by its own check, at the
// pace of [Pace].
func testRecipients(recipients int) Test {
	c := checkRecipients()
	return Test{
		ID: idRecipients, Title: failover.Say("Your addresses accepted"), Reason: c.Reason, Remedy: c.Remedy,
		Limit: limitFor(recipients), Usual: usualFor(recipients),
		used: hasHosts,
		run: func(ctx context.Context, t *attempt) {
			found := t.preflight(ctx, c.ID)
			t.take(shown(found)...)
			pass := 0
			for _, f := range found {
				if f.Verdict == failover.Pass {
					pass++
				}
			}
			t.say(failover.Say("{count} of {all}", "count", pass, "all", len(t.site.addresses())))
		},
	}
}

// limitFor is the time that so many recipients may take: at the usual pace, each of
// them refused, with the wait of greylisting, and with a server that lets strangers wait.
func limitFor(recipients int) time.Duration {
	return 3*time.Minute + time.Duration(recipients)*time.Second*refusalCosts/usualPace
}

// usualFor is the time that they take when nothing is wrong.
func usualFor(recipients int) time.Duration {
	return 2*time.Second + time.Duration(max(0, recipients-aheadOfPace))*time.Second/usualPace
}
