package presentertest

import (
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// Scenario is one of those that are built in.
func Scenario(tb testing.TB, name string) drill.Scenario {
	tb.Helper()
	all, err := engine.Scenarios()
	if err != nil {
		tb.Fatal(err)
	}
	s, err := drill.Find(all, name)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// span is a pointer to a time, as measures have it.
func span(d time.Duration) *drill.Span {
	s := drill.Span(d)
	return &s
}

func met(is bool) *bool { return &is }

// Measures are those of a drill in which the decision came late.
func Measures() []drill.Measure {
	sec := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	return []drill.Measure{
		{Name: drill.MeasureDetect, Took: span(sec(7.1)), Goal: drill.Span(sec(10)), Met: met(true)},
		{Name: drill.MeasureDecide, Took: span(sec(42)), Goal: drill.Span(sec(30)), Met: met(false)},
		{Name: drill.MeasureSwitch, Took: span(sec(0.02))},
		{Name: drill.MeasureVerify, Took: span(sec(0.6)), Goal: drill.Span(sec(10)), Met: met(true)},
		{Name: drill.MeasureFirstMail, Took: span(sec(53)), Goal: drill.Span(sec(60)), Met: met(true)},
		{Name: drill.MeasureDrained, Took: span(sec(64))},
		{Name: drill.MeasureFailback, Took: span(sec(0.4)), Goal: drill.Span(sec(10)), Met: met(true)},
		{Name: drill.MeasureHome, Took: span(sec(27))},
		{Name: drill.MeasureOldTTL, Took: span(sec(10))},
	}
}

// Timeline is what happened in that drill.
func Timeline() []drill.Entry {
	at := func(s int, k drill.EntryKind, bad bool, say failover.Sentence) drill.Entry {
		return drill.Entry{At: Noon.Add(time.Duration(s) * time.Second), Since: drill.Span(time.Duration(s) * time.Second), Kind: k, Say: say, Bad: bad}
	}
	decided := at(54, drill.EntryDecision, false, told(`Decision: "{move}".`, "move", drill.Failover))
	decided.Who = "Sato"
	return []drill.Entry{
		at(5, drill.EntryFault, true, failover.Sentence{Template: "The mail hosts of the primary reset every connection. Its status page says nothing."}),
		at(12, drill.EntryFound, true, told("{provider} takes no mail from outside.", "provider", "Harbormail")),
		decided,
		at(54, drill.EntryStep, false, told("{set}: the DNS host holds the new records", "set", "example.test MX")),
		at(55, drill.EntryStep, false, told("{set}: {count} of {all} addresses give the new records", "set", "example.test MX", "count", 3, "all", 3)),
		at(58, drill.EntryMail, false, told("Mail arrived at {provider} during the outage.", "provider", "Lighthouse")),
	}
}

// Snapshot is a drill half-way: mail is led to the secondary, and some senders still
// go by the old records.
func Snapshot(tb testing.TB, d failover.Domain) drill.Snapshot {
	tb.Helper()
	sc := Scenario(tb, "ex196121-2019-11-19")
	measures := Measures()
	for i := range measures {
		if i >= 5 && i < 8 {
			measures[i].Took, measures[i].Met = nil, nil
		}
	}
	measures[8].Took = span(300 * time.Second)
	return drill.Snapshot{
		Scenario: sc, Kind: drill.Functional, Now: Noon, Since: drill.Span(66 * time.Second), Factor: 1, Running: true,
		Faulted: Noon.Add(-61 * time.Second), Timeline: Timeline(), State: State(tb, d, Resets), Measures: measures,
		Moves:   []drill.Decision{{Move: drill.Failover, Who: "Sato", At: Noon.Add(54 * time.Second), Since: drill.Span(54 * time.Second)}},
		Picture: Picture(failover.Secondary, lab.Reset), Totals: Totals(13),
		Ahead: []drill.Ahead{
			{At: drill.Span(73 * time.Second), Say: failover.Sentence{Template: "The primary takes connections again."}},
		},
		OldTTLEnds: Noon.Add(108 * time.Second),
	}
}

// Result is that drill at its end.
func Result(tb testing.TB) drill.Result {
	tb.Helper()
	return drill.Result{
		ID: "2026-11-21T12-00-00-ex196121-2019-11-19", Scenario: Scenario(tb, "ex196121-2019-11-19"), Kind: drill.Functional, Domain: "example.test",
		Started: Noon, Ended: Noon.Add(112 * time.Second), Factor: 1, Version: "test", Facilitator: "sato@desk",
		Participants: []drill.Participant{{Name: "Sato", Role: "decides"}, {Name: "Tanaka"}},
		Timeline:     Timeline(), Measures: Measures(), Mail: Totals(0),
		Checks: []drill.Check{
			{Say: told("Every change was seen at every name server."), OK: true},
			{Say: told("Mail arrived at {provider} during the outage.", "provider", "Lighthouse"), OK: true},
			{Say: told("The script was played to its end."), OK: true},
		},
		Moves:           []drill.Decision{{Move: drill.Failover, Who: "Sato", At: Noon.Add(54 * time.Second), Since: drill.Span(54 * time.Second)}},
		Passed:          true,
		Recommendations: []failover.Sentence{told("Questions without an answer: {count}. Answer them before the record is filed; that is what the drill was for.", "count", 2)},
		Actions:         []drill.Action{{What: "Write the deputy on the run card", Owner: "Sato", Due: "2026-12-01"}, {What: "Test the telephone list"}},
	}
}

// Points are five drills of the scenario, each a little faster than the one before.
func Points(tb testing.TB) []drill.Point {
	tb.Helper()
	var out []drill.Point
	for i, first := range []int{96, 81, 83, 70, 53} {
		r := Result(tb)
		r.Started = Noon.AddDate(0, i-5, 0)
		r.ID = drill.NewID(r.Started, r.Scenario.Name)
		r.Measures[4].Took = span(time.Duration(first) * time.Second)
		out = append(out, r.Point())
	}
	return out
}

// Archive keeps results in memory.
type Archive struct {
	Results []drill.Result
	Points  []drill.Point
	Refuse  error // what Save answers
}

// List lists the results, the newest first.
func (a *Archive) List() ([]drill.Summary, error) {
	var out []drill.Summary
	for i := len(a.Results) - 1; i >= 0; i-- {
		out = append(out, a.Results[i].Summary())
	}
	return out, nil
}

// Load returns a result.
func (a *Archive) Load(id string) (drill.Result, error) {
	for _, r := range a.Results {
		if r.ID == id {
			return r, nil
		}
	}
	return drill.Result{}, failed(failover.ErrInvalid, "No drill has been held yet.")
}

// Save keeps a result, in place of one of the same ID.
func (a *Archive) Save(r drill.Result) error {
	if a.Refuse != nil {
		return a.Refuse
	}
	for i := range a.Results {
		if a.Results[i].ID == r.ID {
			a.Results[i] = r
			return nil
		}
	}
	a.Results = append(a.Results, r)
	return nil
}

// Trend returns the points.
func (a *Archive) Trend(string) ([]drill.Point, error) { return a.Points, nil }

// Script is a drill that stands still.
type Script struct {
	Shot  drill.Snapshot
	Moves []drill.Move
	Notes []drill.Observation
	Ended bool
	Wakes chan struct{} // closed by End, where it is set
}

// Snapshot is the drill.
func (s *Script) Snapshot() drill.Snapshot { return s.Shot }

// Decide takes a move down.
func (s *Script) Decide(m drill.Move, _, _ string) { s.Moves = append(s.Moves, m) }

// Note takes a note down.
func (s *Script) Note(o drill.Observation) { s.Notes = append(s.Notes, o) }

// End ends it.
func (s *Script) End() {
	if !s.Ended && s.Wakes != nil {
		close(s.Wakes)
	}
	s.Ended = true
}
