package drill

import (
	"slices"
	"time"
)

// measures are the times of a drill, as far as it has come. Those that the right
// moves do not come to are left out unless there is something to tell.
func (r *record) measures() []Measure {
	goals := r.scenario.Goals
	fault, found := r.moments[Faulted], r.moments[Detected]
	change, back := r.change(), r.moved[Failback]
	moving := r.scenario.Right.moves(Failover) || r.scenario.Right.moves(Announce)
	all := []struct {
		name     MeasureName
		from, to time.Time
		goal     Span
		belongs  bool
	}{
		{MeasureDetect, fault, found, goals.Detect, true},
		{MeasureDecide, found, r.decidedAt(found), goals.Decide, true},
		{MeasureSwitch, change.Yes, change.Sent, 0, r.switches()},
		{MeasureVerify, change.Yes, change.Verified, goals.Switch, r.switches()},
		{MeasureFirstMail, fault, r.firstMail, goals.FirstMail, moving},
		{MeasureDrained, fault, r.drained, 0, moving || r.switches()},
		{MeasureFailback, back.Yes, back.Verified, goals.Failback, r.scenario.Right.moves(Failback) && r.switches()},
		{MeasureHome, r.worksAgain, r.home, 0, r.scenario.Right.moves(Failback) || r.scenario.Right.moves(Repair)},
	}
	var out []Measure
	for _, m := range all {
		took := between(m.from, m.to)
		if took == nil && !m.belongs {
			continue
		}
		out = append(out, r.judged(Measure{Name: m.name, Took: took, Goal: m.goal}))
	}
	if m := r.past; m != nil && m.Problem.IsZero() && m.Messages > 0 {
		out = append(out, Measure{Name: MeasureBehind, Took: &m.Behind})
	}
	if change.OldTTL > 0 {
		ttl := Span(change.OldTTL)
		out = append(out, Measure{Name: MeasureOldTTL, Took: &ttl})
	}
	return out
}

// judged says whether a goal was met, where the times are those of life.
func (r *record) judged(m Measure) Measure {
	if m.Took != nil && m.Goal > 0 && r.factor == 1 {
		met := *m.Took <= m.Goal
		m.Met = &met
	}
	return m
}

// between is a time that passed, to the millisecond; nil where one end is missing.
func between(from, to time.Time) *Span {
	if from.IsZero() || to.IsZero() {
		return nil
	}
	took := Span(max(to.Sub(from), 0).Round(time.Millisecond))
	return &took
}

// switches reports whether records are to be changed, or were.
func (r *record) switches() bool {
	right := r.scenario.Right
	return right.moves(Failover) || right.moves(Repair) || slices.Contains(r.made, Failover) || slices.Contains(r.made, Repair)
}

// change is the first move that changed where the domain's mail is led.
func (r *record) change() Moved {
	for _, m := range r.made {
		if m == Failover || m == Repair {
			return r.moved[m]
		}
	}
	return Moved{}
}

// decidedAt is when somebody first decided after the detection.
func (r *record) decidedAt(found time.Time) time.Time {
	if found.IsZero() {
		return time.Time{}
	}
	for _, d := range r.decisions {
		if !d.TooEarly && !d.At.Before(found) {
			return d.At
		}
	}
	return time.Time{}
}
