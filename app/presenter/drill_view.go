package presenter

import (
	"slices"
	"time"

	"lifeboat/app/i18n"
	"lifeboat/failover/drill"
)

// drillView puts a snapshot into words.
type drillView struct {
	t    *i18n.Tongue
	s    drill.Snapshot
	last *drill.Point
}

const (
	scriptPast  = 7 // things that happened, the last ones
	scriptAhead = 3 // and those still to come
	stepsShown  = 6
)

// scriptOver reports whether nothing more is to come.
func (v drillView) scriptOver() bool { return v.s.Running && len(v.s.Ahead) == 0 }

// script tells what happened last and what comes next, and how far it has come.
func (v drillView) script() ([]ScriptRow, string) {
	var past []ScriptRow
	acts := 0
	for _, e := range v.s.Timeline {
		if e.Kind == drill.EntryStep {
			continue // the ladder tells of those
		}
		if e.Kind == drill.EntryFault {
			acts++
		}
		row := ScriptRow{Light: LightHealthy, Time: clock(time.Duration(e.Since)), Text: v.entry(e)}
		if e.Bad {
			row.Light = LightCare
		}
		past = append(past, row)
	}
	count := v.t.T("{count} so far, {ahead} to come", "count", len(past), "ahead", len(v.s.Ahead))
	if n := len(past) - scriptPast; n > 0 {
		past = past[n:]
	}
	if n := len(past); n > 0 && v.s.Running {
		past[n-1].Now = true
	}
	for i, a := range v.s.Ahead {
		if i == scriptAhead {
			break
		}
		row := ScriptRow{Light: LightWaiting, Text: say(v.t, a.Say), Ahead: true, Time: v.t.T("later")}
		if a.At >= 0 {
			row.Time = clock(time.Duration(a.At))
		}
		past = append(past, row)
	}
	return past, count
}

// entry is a line of the timeline.
func (v drillView) entry(e drill.Entry) string {
	text := spoken(v.t, e.Say)
	if e.Kind == drill.EntryDecision {
		return v.decision(e, text)
	}
	if e.Who != "" {
		return v.t.T("{who}: {text}", "who", theirs(v.t, e.Who), "text", text)
	}
	return text
}

// decision is a decision in words: who, what and why. What no decision is found to is
// told as it is.
func (v drillView) decision(e drill.Entry, text string) string {
	for _, d := range v.s.Moves {
		if !d.At.Equal(e.At) {
			continue
		}
		text = MoveWord(v.t, d.Move)
		if d.Why != "" {
			text = v.t.T("{move}, because: {why}", "move", text, "why", d.Why)
		}
		break
	}
	if e.Who != "" {
		text = v.t.T("{who}: {text}", "who", theirs(v.t, e.Who), "text", text)
	}
	return text
}

// steps are those of the last move.
func (v drillView) steps() []ScriptRow {
	begun := -1
	for i, e := range v.s.Timeline {
		if e.Kind == drill.EntryDecision {
			begun = i
		}
	}
	if begun < 0 {
		return nil
	}
	out := []ScriptRow{{Light: LightHealthy, Text: v.entry(v.s.Timeline[begun]), Time: clock(time.Duration(v.s.Timeline[begun].Since))}}
	for _, e := range v.s.Timeline[begun+1:] {
		if e.Kind != drill.EntryStep {
			continue
		}
		r := ScriptRow{Light: LightHealthy, Text: v.entry(e), Time: clock(time.Duration(e.Since))}
		if e.Bad {
			r.Light = LightCare
		}
		out = append(out, r)
	}
	if n := len(out) - stepsShown; n > 0 {
		out = slices.Delete(out, 1, 1+n)
	}
	return out
}

// since heads what is measured.
func (v drillView) since() string {
	if v.s.Faulted.IsZero() {
		return v.t.T("Measured from the fault on")
	}
	began := v.s.Now.Add(-time.Duration(v.s.Since))
	return v.t.T("Measured since the fault at {when}", "when", clock(v.s.Faulted.Sub(began)))
}

// follow says until when old answers are remembered.
func (v drillView) follow() string {
	left := v.s.OldTTLEnds.Sub(v.s.Now)
	switch {
	case v.s.OldTTLEnds.IsZero():
		return ""
	case left > 0:
		return v.t.T("Every sender follows in {left}", "left", clock(left+time.Second-1))
	default:
		return v.t.T("Every sender follows by now")
	}
}

// measures are the measured times against the goals and the last time.
func (v drillView) measures() []MeasureRow {
	var out []MeasureRow
	running := v.current()
	for _, m := range v.s.Measures {
		if m.Name == drill.MeasureOldTTL || m.Name == drill.MeasureSwitch {
			continue // the clock tells of the one, and verifying holds the other
		}
		row := measureRow(v.t, m, v.last)
		if m.Took == nil && m.Name == running && !v.s.Faulted.IsZero() {
			row.Light = LightWorking
			row.This = clock(v.s.Now.Sub(v.from(m.Name)))
		}
		out = append(out, row)
	}
	return out
}

// measureRow is one measured time.
func measureRow(t *i18n.Tongue, m drill.Measure, last *drill.Point) MeasureRow {
	row := MeasureRow{Label: measureName(t, m.Name), Light: LightWaiting, This: t.T("not yet")}
	if m.Goal > 0 {
		row.Goal = goal(t, time.Duration(m.Goal))
	}
	if last != nil {
		if took, ok := last.Took(m.Name); ok {
			row.Last = exact(t, time.Duration(took))
		}
	}
	if m.Took == nil {
		return row
	}
	row.This, row.Light = exact(t, time.Duration(*m.Took)), LightHealthy
	switch {
	case m.Name == drill.MeasureOldTTL:
		row.Light = NoLight // a setting, and no time that anybody took
	case m.Met == nil && m.Goal > 0:
		row.Light = LightUnknown // time was compressed
	case m.Met != nil && !*m.Met:
		row.Light = LightCare
	}
	return row
}

// measureName names a measured time.
func measureName(t *i18n.Tongue, n drill.MeasureName) string {
	switch n {
	case drill.MeasureDetect:
		return t.T("Detect the fault")
	case drill.MeasureDecide:
		return t.T("Decide what to do")
	case drill.MeasureSwitch:
		return t.T("Change records")
	case drill.MeasureVerify:
		return t.T("Switch and verify")
	case drill.MeasureFirstMail:
		return t.T("First mail arrives")
	case drill.MeasureDrained:
		return t.T("Nothing waits")
	case drill.MeasureFailback:
		return t.T("Go back home")
	case drill.MeasureHome:
		return t.T("First mail at home")
	case drill.MeasureFollowed:
		return t.T("Every resolver follows")
	case drill.MeasureBehind:
		return t.T("Mirror behind")
	default:
		return t.T("Old TTL")
	}
}

// current is the measure whose time runs now.
func (v drillView) current() drill.MeasureName {
	for _, m := range v.s.Measures {
		if m.Took == nil && m.Name != drill.MeasureSwitch && !v.from(m.Name).IsZero() {
			return m.Name
		}
	}
	return ""
}

// from is when the time of a measure began to run; zero when it has not.
func (v drillView) from(n drill.MeasureName) time.Time {
	took := func(n drill.MeasureName) (time.Duration, bool) {
		for _, m := range v.s.Measures {
			if m.Name == n && m.Took != nil {
				return time.Duration(*m.Took), true
			}
		}
		return 0, false
	}
	switch n {
	case drill.MeasureDetect, drill.MeasureFirstMail, drill.MeasureDrained:
		return v.s.Faulted
	case drill.MeasureDecide:
		if d, ok := took(drill.MeasureDetect); ok {
			return v.s.Faulted.Add(d)
		}
	case drill.MeasureVerify:
		for _, m := range v.s.Moves {
			if m.Move == drill.Failover || m.Move == drill.Repair {
				return m.At
			}
		}
	case drill.MeasureFailback:
		for _, m := range v.s.Moves {
			if m.Move == drill.Failback && !m.TooEarly {
				return m.At
			}
		}
	default:
	}
	return time.Time{}
}

// spans are the stretches from the fault to when every sender follows.
func (v drillView) spans() []SpanState {
	t := v.t
	if v.s.Faulted.IsZero() {
		return []SpanState{{t.T("All is well"), time.Second, SpanAhead}}
	}
	var out []SpanState
	for _, part := range []struct {
		name  drill.MeasureName
		label string
	}{{drill.MeasureDetect, t.T("Detect")}, {drill.MeasureDecide, t.T("Decide")}, {drill.MeasureVerify, t.T("Switch")}} {
		i := slices.IndexFunc(v.s.Measures, func(m drill.Measure) bool { return m.Name == part.name })
		if i < 0 {
			continue
		}
		if took := v.s.Measures[i].Took; took != nil {
			kind := SpanOver
			if part.name == drill.MeasureVerify {
				kind = SpanShort
			}
			out = append(out, SpanState{part.label, max(time.Duration(*took), time.Millisecond), kind})
			continue
		}
		if from := v.from(part.name); !from.IsZero() && v.s.Running {
			out = append(out, SpanState{part.label + " " + clock(v.s.Now.Sub(from)), max(v.s.Now.Sub(from), time.Second), SpanRuns})
		}
		return out
	}
	return append(out, v.oldSpans()...)
}

// oldSpans are the old answers' time: what has passed of it and what is left.
func (v drillView) oldSpans() []SpanState {
	if v.s.OldTTLEnds.IsZero() {
		return nil
	}
	t := v.t
	ttl := time.Duration(0)
	for _, m := range v.s.Measures {
		if m.Name == drill.MeasureOldTTL && m.Took != nil {
			ttl = time.Duration(*m.Took)
		}
	}
	left := v.s.OldTTLEnds.Sub(v.s.Now)
	if left <= 0 || ttl == 0 {
		return []SpanState{{t.T("Old TTL"), max(ttl, time.Second), SpanOver}}
	}
	passed := max(ttl-left, 0)
	return []SpanState{
		{t.T("Old TTL, {passed}", "passed", clock(passed)), max(passed, time.Second), SpanRuns},
		{"", left, SpanAhead},
	}
}
