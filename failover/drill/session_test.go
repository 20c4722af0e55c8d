package drill_test

import (
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

func world(t *testing.T, s drill.Scenario, factor float64) *lab.World {
	t.Helper()
	w, err := lab.New(lab.Options{Factor: factor, TTL: 10, Interval: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func TestEveryScenarioEndsAsItSays(t *testing.T) {
	for _, sc := range builtin(t) {
		t.Run(sc.Name, func(t *testing.T) {
			t.Parallel()
			w := world(t, sc, 10)
			op := &operator{w: w}
			s, err := drill.NewSession(drill.SessionOptions{Scenario: sc, World: w, Operator: op, Unattended: true, Tell: func(ev drill.Event) {
				if ev.Entry != nil {
					t.Logf("%8s %-8s %v", ev.Entry.Since, ev.Entry.Kind, ev.Entry.Say)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Run(t.Context())
			if err != nil {
				t.Error(err)
			}
			for _, c := range r.Checks {
				t.Log(c.OK, c.Say)
				if !c.OK {
					t.Error(c.Say)
				}
			}
			for _, m := range r.Measures {
				t.Log(m.Name, m.Took, m.Goal)
			}
			for _, m := range r.Recommendations {
				t.Log(m)
			}
		})
	}
}
