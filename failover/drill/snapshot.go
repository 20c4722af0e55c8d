package drill

import (
	"cmp"
	"slices"

	"lifeboat/failover"
)

// Snapshot returns how the drill stands. The caller owns it.
func (s *Session) Snapshot() Snapshot {
	picture, totals, now := s.w.Picture(), s.w.Totals(), s.w.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Snapshot{
		Scenario: s.scenario, Kind: Functional, Now: now, Factor: s.factor, Running: s.running, Faulted: s.moments[Faulted],
		Timeline: slices.Clone(s.timeline), State: s.state, Moves: slices.Clone(s.decisions), Measures: s.measures(),
		Picture: picture, Totals: totals, Ahead: s.ahead(), OldTTLEnds: s.oldTTLEnds, Problem: s.broke,
	}
	if s.result != nil {
		r := *s.result
		out.Now, out.Totals, out.Result = s.ended, s.mail, &r
	}
	if !s.started.IsZero() {
		out.Since = Span(out.Now.Sub(s.started))
	}
	return out
}

// ahead lists the acts still to come, those without a time last.
func (s *Session) ahead() []Ahead {
	var out []Ahead
	if !s.running {
		return nil
	}
	for i := range s.acts {
		a := &s.acts[i]
		if a.done {
			continue
		}
		next := Ahead{At: -1, Say: s.says(a)}
		if at, came := s.due(a); came {
			next.At = Span(at.Sub(s.started))
		}
		out = append(out, next)
	}
	slices.SortStableFunc(out, func(a, b Ahead) int {
		if (a.At < 0) != (b.At < 0) {
			return cmp.Compare(b.At, a.At)
		}
		return cmp.Compare(a.At, b.At)
	})
	return out
}

// conclude makes the result of a drill whose loop has ended.
func (s *Session) conclude(broke error) Result {
	mail, route := s.w.Totals(), s.domain.RouteOf(s.w.Truth(s.domain.Name, "MX"))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.busy, s.broke = false, nil, broke
	s.ended, s.mail, s.route, s.sending = s.w.Now(), mail, route, s.standing.sending
	r := Result{
		ID: s.opt.ID, Scenario: s.scenario, Kind: Functional, Domain: s.opt.Domain,
		Started: s.started, Ended: s.ended, Factor: s.factor, Seed: s.opt.Seed, Unattended: s.opt.Unattended, Version: s.opt.Version,
		Facilitator: s.opt.Facilitator, Participants: slices.Clone(s.opt.Participants),
		Timeline: slices.Clone(s.timeline), Moves: slices.Clone(s.decisions), Measures: s.measures(), Mail: mail, Mirror: s.past, Relay: s.sent,
		Checks: s.checks(), Observations: slices.Clone(s.observations), Targets: s.opt.Targets,
	}
	if r.ID == "" {
		r.ID = NewID(s.started, s.scenario.Name)
	}
	if broke != nil {
		r.Broke = sentenceOf(broke)
	}
	r.Passed = broke == nil && !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.OK })
	r.Recommendations = s.recommend(r.Measures, r.Checks)
	r.Cost = costOf(s.opt.Targets, s.scenario, r.Measures, s.factor)
	s.result = &r
	return r
}

// says is the sentence of an act.
func (s *Session) says(a *act) failover.Sentence {
	if a.Says != "" {
		return failover.Sentence{Template: a.Says}
	}
	return s.happens(a)
}
