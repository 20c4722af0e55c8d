package run

import (
	"context"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/journal"
)

const (
	firstLook = 25 * time.Millisecond
	longPause = 2 * time.Second
	// silentLooks and silentFor are how often, and how long, servers must have been
	// silent, while others give the new set, before they are taken for unreachable.
	silentLooks = 3
	silentFor   = 5 * time.Second
)

// verifyAll asks the authoritative servers about every step of the zone.
func (z *zoneRun) verifyAll(ctx context.Context, f found) error {
	for i := range z.outcomes {
		out := &z.outcomes[i]
		if out.State == failover.Verified {
			continue
		}
		if f.err != nil {
			if ctx.Err() != nil {
				return stopped(f.err)
			}
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
	w := newWatch(out.Step)
	limit := z.r.VerifyFor
	if limit == 0 {
		limit = defaultVerify
	}
	for pause := firstLook; ; pause = min(2*pause, longPause) {
		view := z.r.View.Authoritative(ctx, z.zone, f.servers, out.Step.After.Key)
		if ctx.Err() != nil {
			return stopped(ctx.Err()) // silence would be our own
		}
		w.take(view, z.r.Now())
		out.View, out.Unverified = w.view, w.missing()
		out.OldUntil, out.Open = w.oldUntil()
		z.r.tell(Event{Operation: z.op.ID, Step: out.Step, State: out.State, View: w.view})
		if w.settled() {
			if err := z.verified(out); err != nil {
				return err
			}
			return z.remarkTTL(w)
		}
		if w.hopeless() || z.r.Now().Sub(began) > limit {
			return z.unverified(out, w.complaint())
		}
		if err := z.r.Sleep(ctx, pause); err != nil {
			return stopped(err)
		}
	}
}

// verified journals what the servers give, and who is silent.
func (z *zoneRun) verified(out *failover.StepOutcome) error {
	set, count, asked := out.Step.After.Key.String(), out.View.With(out.Step.After), out.View.Asked()
	say := failover.Say("{set} verified at {count} of {all} addresses", "set", set, "count", count, "all", asked)
	if len(out.Unverified) > 0 {
		say = failover.Say("{set} verified at {count} of {all} addresses; no answer from {servers}",
			"set", set, "count", count, "all", asked, "servers", names(out.Unverified))
	}
	entry := journal.Entry{
		Op: z.op.ID, Event: journal.Verified, Step: out.Step.ID, OldUntil: out.OldUntil, OldUntilOpen: out.Open, Say: say,
	}
	if err := z.r.Journal.Append(entry); err != nil {
		return err
	}
	out.State = failover.Verified
	z.r.tell(Event{Operation: z.op.ID, Step: out.Step, State: out.State, View: out.View, Say: say})
	return nil
}

// remarkTTL notes that the servers give the records with another TTL than was asked
// for: hosts bend TTLs to bounds of their own.
func (z *zoneRun) remarkTTL(w *watch) error {
	if w.bent == nil {
		return nil
	}
	say := failover.Say("{set} is served with a TTL of {ttl} seconds, not {want}: the DNS host keeps TTLs of its own; its records are right",
		"set", w.step.After.Key.String(), "ttl", *w.bent, "want", w.step.After.TTL)
	z.r.tell(Event{Operation: z.op.ID, Step: w.step, State: failover.Verified, Say: say})
	return z.r.Journal.Append(journal.Entry{Op: z.op.ID, Event: journal.Note, Say: say})
}

// unverified notes why a change that was made is not seen everywhere.
func (z *zoneRun) unverified(out *failover.StepOutcome, why failover.Sentence) error {
	out.Problem = why
	return z.r.Journal.Append(journal.Entry{
		Op: z.op.ID, Event: journal.Note, Step: out.Step.ID, OldUntil: out.OldUntil, OldUntilOpen: out.Open, Say: why,
	})
}

func names(answers []failover.Answer) string {
	var out []string
	for _, a := range answers {
		name := failover.Display(a.Server)
		if a.Addr.IsValid() {
			name += " (" + a.Addr.String() + ")"
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

// watch follows what each address gives while a change spreads.
type watch struct {
	step   failover.Step
	view   failover.View
	now    time.Time
	old    bool                 // there is, or was seen, a set that is replaced
	oldTTL uint32               // the longest TTL of any such set
	bent   *uint32              // a TTL that the new records are served with in place of ours
	newAt  map[string]time.Time // when an address was first seen to give the new set
	silent int                  // looks in a row in which only silence was missing
	since  time.Time            // the first of them
}

func newWatch(s failover.Step) *watch {
	return &watch{step: s, old: s.Before.Exists(), oldTTL: s.Before.TTL, newAt: map[string]time.Time{}}
}

func (w *watch) take(v failover.View, now time.Time) {
	v.Answers = slices.Clone(v.Answers)
	answering := false
	for i := range v.Answers {
		a := &v.Answers[i]
		if a.State != failover.Answered {
			continue
		}
		switch at := address(*a); {
		case !w.isNew(a.Set):
			answering = true
			delete(w.newAt, at)
			if a.Set.Exists() { // whatever it is, caches have it
				w.old, w.oldTTL = true, max(w.oldTTL, a.Set.TTL)
			}
		case w.newAt[at].IsZero():
			w.newAt[at] = now
			fallthrough
		default:
			if ttl := a.Set.TTL; a.Set.Exists() && ttl != w.step.After.TTL && w.step.After.Exists() && !w.step.OwnTTL {
				w.bent = &ttl
			}
			a.Set = w.step.After // so that it counts as it, whatever its TTL
		}
	}
	w.view, w.now = v, now
	switch {
	case answering || len(w.missing()) == 0:
		w.silent = 0
	case w.silent == 0:
		w.silent, w.since = 1, now
	default:
		w.silent++
	}
}

// isNew reports whether a server that gives this set has taken the change over. Where
// the set was to go, what is given in its place is a wildcard's (RFC 4592).
func (w *watch) isNew(set failover.RRset) bool {
	return w.step.IsAfter(set) || !w.step.After.Exists() && !set.SameValues(w.step.Before)
}

func address(a failover.Answer) string { return a.Server + a.Addr.String() }

func (w *watch) missing() []failover.Answer { return w.view.Missing(w.step.After) }

// settled reports whether looking longer would tell nothing more: every address
// gives the new set, or some do and the others have long been silent.
func (w *watch) settled() bool {
	if w.view.With(w.step.After) == 0 {
		return false
	}
	return len(w.missing()) == 0 || w.longSilent()
}

func (w *watch) longSilent() bool { return w.silent >= silentLooks && w.now.Sub(w.since) >= silentFor }

// hopeless reports whether it is this line that lets no DNS through.
func (w *watch) hopeless() bool {
	for _, a := range w.missing() {
		if a.State != failover.BlockedLine && a.State != failover.Unresolved {
			return false
		}
	}
	return w.view.With(w.step.After) == 0 && w.silent >= silentLooks
}

// oldUntil is when the last old answer leaves the caches (RFC 2181 section 8): the
// moment by which every address had been seen to give the new set, plus the old
// TTL. An address that has not been seen to may be giving the old set still, so
// while there is one the end is open; so it is while there is a server that could not
// be asked at all.
func (w *watch) oldUntil() (until time.Time, open bool) {
	if !w.old {
		return time.Time{}, false
	}
	var latest time.Time
	for _, a := range w.view.Answers {
		if a.State == failover.NoIPv6 {
			continue
		}
		at, seen := w.newAt[address(a)]
		if !seen {
			at, open = w.now, true
		}
		if at.After(latest) {
			latest = at
		}
	}
	if latest.IsZero() || len(w.view.Unasked()) > 0 {
		latest, open = w.now, true
	}
	return latest.Add(time.Duration(w.oldTTL) * time.Second).UTC(), open
}

// complaint says what is wrong when the time is up.
func (w *watch) complaint() failover.Sentence {
	for _, a := range w.missing() {
		if a.State == failover.Answered {
			return failover.Say("{server} still gives {served}: it has not taken the new records over yet; give lifeboat verify later",
				"server", failover.Display(a.Server), "served", a.Set.String())
		}
	}
	return failover.Say("no authoritative server of {zone} answers this line, so nothing is verified yet: give lifeboat verify later",
		"zone", failover.Display(w.step.Zone))
}
