package engine

import (
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// leftOut are the findings on rows of recipients' files that nobody can read. The
// mirror goes on without them; but whoever stands there is not tried at the secondary,
// where mail for them might be refused, so that a delay would become a bounce.
func (e *Engine) leftOut(domain string, now time.Time) []failover.Finding {
	var out []failover.Finding
	for _, p := range e.opt.Settings.LeftOut() {
		template, args := p.Sentence()
		out = append(out, failover.Finding{
			Check: "rcpt", Domain: domain, Subject: p.File, Verdict: failover.Red, Source: failover.FromHere, At: now,
			Say:    failover.Sentence{Template: template, Args: args},
			Remedy: failover.Say("Nobody tries at the secondary whoever this row means, and mail for them might be refused there. Mend the row, or take it out."),
		})
	}
	return out
}

// withLeftOut refuses a switch to the secondary while there are such rows.
func (e *Engine) withLeftOut(j probe.Judgement, t probe.Target, now time.Time) probe.Judgement {
	if t.Provider.Role != failover.Secondary {
		return j
	}
	if lost := e.leftOut(t.Domain.Name, now); len(lost) > 0 {
		j.Allowed, j.Blocking = false, slices.Concat(lost, j.Blocking)
	}
	return j
}
