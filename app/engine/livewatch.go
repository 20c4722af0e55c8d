package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
)

// spot is one resolver that is watched while the old answer runs out of its cache:
// what senders who ask it would see.
type spot struct {
	name     string    // its URL; empty for the resolver of this line
	held     bool      // it was seen to hold the old answer before the switch
	followed time.Time // when it was first seen to give the new one, zero while it does not
}

func (s *spot) unwatched() failover.Sentence {
	if s.name == "" {
		return failover.Say("The resolver of this line does not give the old records, so it is not watched")
	}
	return failover.Say("The resolver {resolver} does not give the old records, so it is not watched", "resolver", s.name)
}

func (s *spot) follows(after time.Duration) failover.Sentence {
	if s.name == "" {
		return failover.Say("The resolver of this line gives the new records, {span} after the yes", "span", after)
	}
	return failover.Say("The resolver {resolver} gives the new records, {span} after the yes", "resolver", s.name, "span", after)
}

func (s *spot) stays() failover.Sentence {
	if s.name == "" {
		return failover.Say("The resolver of this line still gives the old records, long after their TTL")
	}
	return failover.Say("The resolver {resolver} still gives the old records, long after their TTL", "resolver", s.name)
}

// look asks every resolver once: those of this line, and each over HTTPS.
func (r *rehearsal) look(ctx context.Context) []failover.RRset {
	reader := r.e.opt.Reader
	set, err := reader.System(ctx, r.key())
	if err != nil {
		set = failover.RRset{}
	}
	names, sets := []string{""}, []failover.RRset{set}
	for _, a := range reader.DoH(ctx, r.key()) {
		if a.Err != nil {
			a.Set = failover.RRset{}
		}
		names, sets = append(names, a.Resolver), append(sets, a.Set)
	}
	for len(r.spots) < len(names) {
		r.spots = append(r.spots, &spot{name: names[len(r.spots)]})
	}
	return sets
}

// pause is how long to wait between two looks: often enough to measure by, and no
// burden on anybody's resolver.
func (r *rehearsal) pause() time.Duration {
	ttl := time.Duration(r.test.MXTTL) * time.Second
	return min(max(ttl/20, 250*time.Millisecond), 10*time.Second)
}

// prime has every resolver take the old answer into its cache, so that it is seen to
// leave it. One that does not give it, because it cannot be reached or holds something
// older, is waited for as long as anything may be cached, and then not watched.
func (r *rehearsal) prime(ctx context.Context) {
	old := failover.MXSet(r.test.Name, r.test.MXTTL, r.test.Primary.MX)
	until := r.e.opt.Now().Add(time.Duration(r.test.MXTTL)*time.Second + inTime)
	for {
		all := true
		for i, set := range r.look(ctx) {
			r.spots[i].held = set.SameValues(old)
			all = all && (r.spots[i].held || !set.Exists())
		}
		if all || !r.e.opt.Now().Before(until) || r.e.opt.Sleep(ctx, r.pause()) != nil {
			break
		}
	}
	for _, s := range r.spots {
		if !s.held {
			r.entry(drill.Entry{Kind: drill.EntryNote, Say: s.unwatched()})
		}
	}
}

// follow watches the old answer run out at the resolvers that held it. It returns
// when the last of them gave the new records, zero if one never did, and whether any
// was later than the old TTL allows.
func (r *rehearsal) follow(ctx context.Context, moved drill.Moved) (last time.Time, late bool) {
	fresh := failover.MXSet(r.test.Name, r.test.MXTTL, r.test.Secondary.MX)
	due := moved.Verified.Add(moved.OldTTL + inTime)
	watched := func(s *spot) bool { return s.held && s.followed.IsZero() }
	for slices.ContainsFunc(r.spots, watched) && !r.e.opt.Now().After(due.Add(moved.OldTTL)) {
		for i, set := range r.look(ctx) {
			s := r.spots[i]
			if now := r.e.opt.Now(); watched(s) && set.SameValues(fresh) {
				s.followed, last = now, now
				r.entry(drill.Entry{Kind: drill.EntryFound, Bad: now.After(due), Say: s.follows(now.Sub(moved.Yes).Round(100 * time.Millisecond))})
			}
		}
		if r.e.opt.Sleep(ctx, r.pause()) != nil {
			return time.Time{}, true
		}
	}
	for _, s := range r.spots {
		late = late || s.held && (s.followed.IsZero() || s.followed.After(due))
		if watched(s) {
			last = time.Time{}
			r.entry(drill.Entry{Kind: drill.EntryFound, Bad: true, Say: s.stays()})
		}
	}
	return last, late
}

// readiness looks, beside the rehearsal, whether the secondary would take the real
// recipients' mail today.
func (r *rehearsal) readiness(ctx context.Context) {
	report, err := r.e.Check(ctx, CheckRequest{Domains: []string{r.domain.Name}, To: failover.Secondary, Found: r.req.Found})
	if err != nil && ctx.Err() == nil && !errors.Is(err, failover.ErrLocked) {
		r.entry(drill.Entry{Kind: drill.EntryNote, Bad: true, Say: failover.SentenceOf(err)})
	}
	r.check(err == nil && report.Ready, failover.Say("{provider} would take the mail of every recipient of {domain}",
		"provider", r.domain.Secondary.Name, "domain", failover.Display(r.domain.Name)))
}

// measure takes the times down, against the scenario's goals.
func (r *rehearsal) measure(moved, back drill.Moved, followed time.Time) {
	goals := r.Scenario.Goals
	add := func(name drill.MeasureName, from, to time.Time, goal drill.Span) {
		m := drill.Measure{Name: name, Goal: goal}
		if !from.IsZero() && !to.Before(from) {
			took := drill.Span(to.Sub(from))
			m.Took = &took
			if met := took <= goal; goal > 0 {
				m.Met = &met
			}
		}
		r.Measures = append(r.Measures, m)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	add(drill.MeasureSwitch, moved.Yes, moved.Sent, 0)
	add(drill.MeasureVerify, moved.Yes, moved.Verified, goals.Switch)
	add(drill.MeasureFollowed, moved.Yes, followed, 0)
	add(drill.MeasureFailback, back.Yes, back.Verified, goals.Failback)
	add(drill.MeasureOldTTL, moved.Yes, moved.Yes.Add(moved.OldTTL), 0)
}

// entry adds a line to the timeline and tells it.
func (r *rehearsal) entry(e drill.Entry) {
	r.mu.Lock()
	if e.At.IsZero() {
		e.At = r.e.opt.Now()
	}
	e.At, e.Since = e.At.UTC(), drill.Span(e.At.Sub(r.Started))
	r.Timeline = append(r.Timeline, e)
	r.mu.Unlock()
	if r.req.Tell != nil {
		r.req.Tell(e)
	}
}

func (r *rehearsal) step(s drill.Step) {
	r.entry(drill.Entry{At: s.At, Kind: drill.EntryStep, Say: s.Say, Bad: s.Bad})
}

// decide takes down a move of the rehearsal's own script.
func (r *rehearsal) decide(m drill.Move) {
	now := r.e.opt.Now()
	r.mu.Lock()
	r.Moves = append(r.Moves, drill.Decision{Move: m, Who: r.Facilitator, At: now.UTC(), Since: drill.Span(now.Sub(r.Started))})
	r.mu.Unlock()
	say := failover.Say("Failover of {name}", "name", failover.Display(r.test.Name))
	if m == drill.Failback {
		say = failover.Say("Failback of {name}", "name", failover.Display(r.test.Name))
	}
	r.entry(drill.Entry{At: now, Kind: drill.EntryDecision, Who: r.Facilitator, Say: say})
}

func (r *rehearsal) check(ok bool, say failover.Sentence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Checks = append(r.Checks, drill.Check{Say: say, OK: ok})
}
