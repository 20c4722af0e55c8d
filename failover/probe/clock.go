package probe

import (
	"context"
	"slices"
	"time"

	"lifeboat/failover"
)

// soon bounds findings about this machine and this moment.
const soon = time.Hour

// How far the clock may be off: TSIG allows 5 minutes (RFC 8945 section 5.2.3),
// and an hour is a time zone set wrong.
const (
	clockLoose = 5 * time.Minute
	clockWrong = 55 * time.Minute
)

func checkClock() Check {
	return Check{
		ID:       "clock",
		Reason:   failover.Say("With a wrong clock good certificates look expired, DNS servers reject signed changes, and the age of evidence means nothing."),
		Remedy:   failover.Say("Set this machine's clock and time zone, and let it be kept right over the network (NTP)."),
		subjects: theDomain, asked: onNothing, keeps: soon,
		run: func(ctx context.Context, v *visit, _ []string) {
			key := failover.Key{Name: v.target.Domain.Name, Type: "SOA"}
			var off []time.Duration
			var evidence []string
			for _, a := range v.prober.opt.Reader.DoH(ctx, key) {
				if !a.ServerTime.IsZero() {
					off = append(off, v.prober.now().Sub(a.ServerTime))
					evidence = append(evidence, a.Resolver+": "+a.ServerTime.UTC().Format(time.RFC3339))
				}
			}
			if ctx.Err() == nil {
				v.note("", judgeClock(off, v.prober.now(), evidence))
			}
		},
	}
}

// judgeClock weighs how far ahead this machine is of each server; the median
// counts, so that one server that is wrong itself does no harm.
func judgeClock(off []time.Duration, now time.Time, evidence []string) say {
	if len(off) == 0 {
		return say{verdict: failover.Warn, unseen: true, text: failover.Say("There is no server to compare this machine's clock with."),
			remedy: failover.Say("See that the clock is right, and name a resolver over HTTPS in the settings.")}
	}
	slices.Sort(off)
	by := off[len(off)/2]
	out := say{verdict: failover.Red, evidence: append(evidence, "here: "+now.UTC().Format(time.RFC3339)),
		remedy: failover.Say("Set this machine's clock and time zone, then check again.")}
	minutes := int(by.Abs().Round(time.Minute).Minutes())
	switch {
	case by.Abs() <= clockLoose:
		return say{verdict: failover.Pass, evidence: out.evidence, text: failover.Say("This machine's clock is right.")}
	case by.Abs() < clockWrong:
		out.verdict = failover.Warn
	}
	if by > 0 {
		out.text = failover.Say("This machine's clock is {minutes} minutes fast.", "minutes", minutes)
	} else {
		out.text = failover.Say("This machine's clock is {minutes} minutes slow.", "minutes", minutes)
	}
	return out
}
