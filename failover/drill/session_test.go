package drill_test

import (
	"slices"
	"testing"
	"time"

	"lifeboat/assets"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

func builtin(t *testing.T) []drill.Scenario {
	t.Helper()
	all, err := drill.Builtin(assets.Drills)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func world(t *testing.T, factor float64) *lab.World {
	t.Helper()
	w, err := lab.New(lab.Options{Staff: true, Factor: factor, TTL: 10, Interval: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// hold plays a scenario with the operator of these tests.
func hold(t *testing.T, sc drill.Scenario, change func(*operator, *drill.SessionOptions)) (drill.Result, error) {
	t.Helper()
	w := world(t, 20)
	op := &operator{w: w, sc: sc}
	opt := drill.SessionOptions{Scenario: sc, World: w, Operator: op, Unattended: true, Tell: func(ev drill.Event) {
		if e := ev.Entry; e != nil {
			op.hears(*e)
			t.Logf("%8s %-8s %s %v", e.Since, e.Kind, e.Who, e.Say)
		}
	}}
	if change != nil {
		change(op, &opt)
	}
	s, err := drill.NewSession(opt)
	if err != nil {
		t.Fatal(err)
	}
	return s.Run(t.Context())
}

func TestEveryScenarioEndsAsItSays(t *testing.T) {
	for _, sc := range builtin(t) {
		if !slices.Contains(sc.Kinds, drill.Functional) { // the live rehearsal is the engine's to play
			continue
		}
		t.Run(sc.Name, func(t *testing.T) {
			t.Parallel()
			r, err := hold(t, sc, nil)
			if err != nil || !r.Passed {
				t.Errorf("passed %v: %v", r.Passed, err)
			}
			for _, c := range r.Checks {
				if !c.OK {
					t.Error(c.Say)
				}
			}
			for _, m := range r.Measures {
				t.Logf("%-10s %v (%v)", m.Name, m.Took, m.Goal)
			}
			for _, m := range r.Recommendations {
				t.Log(m)
			}
		})
	}
}
