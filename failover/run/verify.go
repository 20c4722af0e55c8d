package run

import (
	"context"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/journal"
)

const (
	firstLook = 100 * time.Millisecond
	longPause = 2 * time.Second
	// silentLooks is how often a server must have been silent, while others give
	// the new set, before it is taken for unreachable.
	silentLooks = 3
)

// verifyAll asks the authoritative servers about every step of the zone.
func (z *zoneRun) verifyAll(ctx context.Context, f found) error {
	for i := range z.outcomes {
		out := &z.outcomes[i]
		if out.State == failover.Verified {
			continue
		}
		if f.err != nil {
			out.Problem = failover.Say("the name servers of {zone} could not be found, so nothing is verified yet: give lifeboat verify later",
				"zone", failover.Display(z.zone))
			continue
		}
		if err := z.verify(ctx, out, f); err != nil {
			return err
		}
	}
	return nil
}

// verify looks until every address that answers gives the new set, or the time
// is up. That some addresses are silent is said, and does not hold the run up.
func (z *zoneRun) verify(ctx context.Context, out *failover.StepOutcome, f found) error {
	began := z.r.Now()
	w := newWatch(out.Step, z.acked(out.Step, began))
	limit := z.r.VerifyFor
	if limit == 0 {
		limit = defaultVerify
	}
	for pause := firstLook; ; pause = min(2*pause, longPause) {
		view := z.r.View.Authoritative(ctx, z.zone, f.servers, out.Step.After.Key)
		w.take(view, z.r.Now())
		out.View, out.Unverified = view, view.Missing(out.Step.After)
		out.OldUntil, out.Open = w.oldUntil()
		z.r.tell(Event{Operation: z.op.ID, Step: out.Step, State: out.State, View: view})
		if w.settled() {
			break
		}
		if z.r.Now().Sub(began) > limit {
			out.Problem = w.complaint()
			return nil
		}
		if err := z.r.Sleep(ctx, pause); err != nil {
			return stopped(err)
		}
	}
	entry := journal.Entry{
		Op: z.op.ID, Event: journal.Verified, Step: out.Step.ID, OldUntil: out.OldUntil, OldUntilOpen: out.Open,
		Say: failover.Say("{set} verified at {count} of {all} addresses",
			"set", out.Step.After.Key.String(), "count", out.View.With(out.Step.After), "all", out.View.Asked()),
	}
	if err := z.r.Journal.Append(entry); err != nil {
		return err
	}
	out.State = failover.Verified
	z.r.tell(Event{Operation: z.op.ID, Step: out.Step, State: out.State, View: out.View, Say: entry.Say})
	return nil
}

// acked is when the host confirmed the step.
func (z *zoneRun) acked(s failover.Step, fallback time.Time) time.Time {
	op, _ := journal.Unfinished(z.r.Journal.Entries())
	if at, ok := op.Acked[s.ID]; ok {
		return at
	}
	return fallback
}

// watch follows what each address gives while a change spreads.
type watch struct {
	step   failover.Step
	view   failover.View
	last   time.Time
	oldAt  map[string]time.Time // when an address last gave, or may have given, the old set
	silent int                  // looks in a row in which only silence was missing
}

func newWatch(s failover.Step, acked time.Time) *watch {
	return &watch{step: s, last: acked, oldAt: map[string]time.Time{"": acked}}
}

func (w *watch) take(v failover.View, now time.Time) {
	w.view, w.last = v, now
	answering := 0
	for _, a := range v.Missing(w.step.After) {
		w.oldAt[a.Server+a.Addr.String()] = now
		if a.State == failover.Answered {
			answering++
		}
	}
	if answering == 0 && v.With(w.step.After) > 0 {
		w.silent++
	} else {
		w.silent = 0
	}
}

// settled reports whether looking longer would tell nothing more.
func (w *watch) settled() bool {
	missing := len(w.view.Missing(w.step.After))
	return w.view.With(w.step.After) > 0 && (missing == 0 || w.silent >= silentLooks)
}

// oldUntil is the last moment any address gave the old set, plus the old TTL: by
// then every cache has let it go (RFC 2181 section 8). An address that is silent
// may be giving the old set still, so while there is one the end is open.
func (w *watch) oldUntil() (time.Time, bool) {
	if !w.step.Before.Exists() {
		return time.Time{}, false
	}
	var latest time.Time
	for _, at := range w.oldAt {
		if at.After(latest) {
			latest = at
		}
	}
	open := len(w.view.Missing(w.step.After)) > 0
	return latest.Add(time.Duration(w.step.Before.TTL) * time.Second).UTC(), open
}

// complaint says what is wrong when the time is up.
func (w *watch) complaint() failover.Sentence {
	for _, a := range w.view.Missing(w.step.After) {
		if a.State == failover.Answered {
			return failover.Say("{server} still gives {served}: it has not taken the new records over yet; give lifeboat verify later",
				"server", failover.Display(a.Server), "served", a.Set.String())
		}
	}
	return failover.Say("no authoritative server of {zone} answers this line, so nothing is verified yet: give lifeboat verify later",
		"zone", failover.Display(w.step.Zone))
}
