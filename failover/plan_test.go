package failover_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeboat/failover"
)

func drawPlan(t *rapid.T) failover.Plan {
	text := func(label string) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, label)) }
	p := failover.Plan{
		Version: failover.PlanVersion, ID: text("id"), Kind: failover.Failover, Author: text("author"),
		Created: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "created"), 0).UTC(), Domains: []string{text("domain")},
	}
	for range rapid.IntRange(0, 3).Draw(t, "steps") {
		p.Steps = append(p.Steps, failover.Step{
			ID: text("step"), Domain: text("domain"), Zone: text("zone"), Host: text("host"),
			Before: drawSet(t, "before"), After: drawSet(t, "after"), Reason: failover.Say("{x} <&> it", "x", text("reason")),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "routes") {
		p.Routes = append(p.Routes, failover.RouteStep{
			ID: text("route"), Domain: text("domain"), Before: failover.Role(text("from")), After: failover.Role(text("to")), Reason: failover.Say("{x}", "x", text("reason")),
		})
	}
	if rapid.Bool().Draw(t, "noted") {
		p.Notes = []failover.Noted{{Domain: text("domain"), Say: failover.Say("note")}}
	}
	return p
}

func TestSealedPlanSurvivesAFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		if err := p.Seal(); err != nil {
			t.Fatal(err)
		}
		for _, write := range []func() ([]byte, error){
			func() ([]byte, error) { return json.Marshal(p) },
			func() ([]byte, error) { return json.MarshalIndent(p, "", "  ") },
		} {
			b, err := write()
			if err != nil {
				t.Fatal(err)
			}
			var back failover.Plan
			if err := json.Unmarshal(b, &back); err != nil {
				t.Fatal(err)
			}
			if !back.Intact() {
				t.Fatalf("not intact after a trip through a file (-before +after):\n%s", cmp.Diff(p, back))
			}
		}
	})
}

func TestSealNoticesEveryChange(t *testing.T) {
	plan := func() failover.Plan {
		return failover.Plan{
			Version: 1, ID: "1", Kind: failover.Failover, Created: time.Unix(1, 0).UTC(), Author: "a", Domains: []string{"x.test."}, Reverts: "0",
			Steps: []failover.Step{{
				ID: "1", Domain: "x.test.", Zone: "x.test.", Host: "h", Reason: failover.Say("why"),
				Before: failover.NewRRset("x.test", "MX", 300, "10 a.test."), After: failover.NewRRset("x.test", "MX", 300, "10 b.test."),
			}},
			Routes: []failover.RouteStep{{ID: "r1", Domain: "x.test.", Before: failover.Primary, After: failover.Secondary, Reason: failover.Say("why")}},
			Notes:  []failover.Noted{{Domain: "x.test.", Say: failover.Say("note")}},
		}
	}
	sealed := plan()
	if err := sealed.Seal(); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(*failover.Plan){
		"version":        func(p *failover.Plan) { p.Version = 2 },
		"id":             func(p *failover.Plan) { p.ID = "2" },
		"kind":           func(p *failover.Plan) { p.Kind = failover.Failback },
		"created":        func(p *failover.Plan) { p.Created = p.Created.Add(1) },
		"author":         func(p *failover.Plan) { p.Author = "b" },
		"domains":        func(p *failover.Plan) { p.Domains[0] = "y.test." },
		"reverts":        func(p *failover.Plan) { p.Reverts = "" },
		"no route":       func(p *failover.Plan) { p.Routes = nil },
		"route":          func(p *failover.Plan) { p.Routes[0] = p.Routes[0].Inverse() },
		"route's domain": func(p *failover.Plan) { p.Routes[0].Domain = "y.test." },
		"route's reason": func(p *failover.Plan) { p.Routes[0].Reason = failover.Say("other") },
		"note":           func(p *failover.Plan) { p.Notes[0].Say = failover.Say("other") },
		"step":           func(p *failover.Plan) { p.Steps = nil },
		"zone":           func(p *failover.Plan) { p.Steps[0].Zone = "test." },
		"before":         func(p *failover.Plan) { p.Steps[0].Before.TTL++ },
		"after":          func(p *failover.Plan) { p.Steps[0].After.Values[0] = "10 c.test." },
		"reason":         func(p *failover.Plan) { p.Steps[0].Reason = failover.Say("other") },
		"hash":           func(p *failover.Plan) { p.Hash = "" },
	} {
		p := plan()
		p.Hash = sealed.Hash
		if !p.Intact() {
			t.Fatal("the same plan has another hash")
		}
		change(&p)
		if p.Intact() {
			t.Errorf("a change of %s goes unnoticed", what)
		}
	}
}

func TestInverseStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := failover.Step{ID: "1", Before: drawSet(t, "before"), After: drawSet(t, "after")}
		inv := s.Inverse()
		if !inv.Before.Equal(s.After) || !inv.After.Equal(s.Before) || cmp.Diff(inv.Inverse(), s) != "" {
			t.Fatalf("%v, %v", s, inv)
		}
	})
}

func TestStepTTLs(t *testing.T) {
	before, after := failover.NewRRset("example.test", "MX", 3600, "10 a.test."), failover.NewRRset("example.test", "MX", 300, "10 b.test.")
	with := func(s failover.RRset, ttl uint32) failover.RRset { s.TTL = ttl; return s }
	for name, c := range map[string]struct {
		step failover.Step
		any  bool
	}{
		"records":              {failover.Step{Before: before, After: after}, true},
		"made":                 {failover.Step{Before: failover.RRset{Key: after.Key}, After: after}, true},
		"TTL only":             {failover.Step{Before: before, After: with(before, 300)}, false},
		"TTL only, not theirs": {failover.Step{Before: before, After: with(before, 300), OwnTTL: true}, true},
	} {
		if c.step.AnyTTL() != c.any {
			t.Errorf("%s: any TTL is %v", name, !c.any)
		}
		for _, ttl := range []uint32{c.step.After.TTL, 60} {
			if got := c.step.IsAfter(with(c.step.After, ttl)); got != (c.any || ttl == c.step.After.TTL) {
				t.Errorf("%s: after with TTL %d: %v", name, ttl, got)
			}
		}
		if c.step.Before.Exists() && c.step.IsBefore(with(before, 60)) != c.any {
			t.Errorf("%s: before with another TTL", name)
		}
	}
}

func TestStepStates(t *testing.T) {
	for state, want := range map[failover.StepState][2]bool{
		"": {false, false}, failover.Pending: {false, false}, failover.Intent: {false, false},
		failover.Sent: {true, false}, failover.Ack: {true, true}, failover.Verified: {true, true},
	} {
		if got := [2]bool{state.Reached(), state.Made()}; got != want {
			t.Errorf("%q: reached, made are %v", state, got)
		}
	}
}
