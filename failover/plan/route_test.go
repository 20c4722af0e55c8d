package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lifeboat/failover"
	"lifeboat/failover/plan"
)

// Plans that an older Lifeboat saved have no send routes, and their hash is what it was.
func TestReadAnOlderPlan(t *testing.T) {
	const old = `{"version":1,"id":"x","kind":"failover","created":"2026-01-01T00:00:00Z","author":"a@b","domains":["example.test."],` +
		`"steps":[],"hash":"8c4b43cc1a01b9d8f8db4fc3a0eb2bb2a4b0ba1fb9fbf9a0ff5e0bbf6e9f6a1b"}`
	_, err := plan.Read([]byte(old))
	if !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), "hash differs") {
		t.Errorf("a wrong hash: %v", err)
	}
	p, err := plan.Read([]byte(strings.Replace(old, "8c4b43cc1a01b9d8f8db4fc3a0eb2bb2a4b0ba1fb9fbf9a0ff5e0bbf6e9f6a1b", oldHash, 1)))
	if err != nil || p.Version != 1 || p.Routes != nil {
		t.Errorf("%+v, %v", p, err)
	}
}

// oldHash was computed over the plan above as version 1 wrote it.
const oldHash = "e59b5d086348022926abc8eb72e901ce5bb5f3b959ef7083952dffdb0fa97335"

func TestInverseOfRoutes(t *testing.T) {
	p := sample(t, failover.Failover)
	live := map[failover.Key]failover.RRset{}
	for _, s := range p.Steps {
		live[s.After.Key] = s.After
	}
	left := allMade(p, live)
	for what, c := range map[string]struct {
		at   failover.Role
		want []failover.RouteStep
	}{
		"moved": {failover.Secondary, []failover.RouteStep{{
			ID: "r1", Domain: "example.test.", Before: failover.Secondary, After: failover.Primary, Reason: failover.Say("as it was before {run}", "run", p.ID),
		}}},
		"not moved, or moved back since": {failover.Primary, nil},
	} {
		left.Routes = map[string]failover.Role{"example.test.": c.at}
		inv, err := plan.Inverse(request(failover.Rollback), left)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, inv.Routes); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
}

// A route that is yet to be moved needs a server that takes submissions.
func TestRouteStillWanted(t *testing.T) {
	p := sample(t, failover.Failover)
	states := map[string]failover.StepState{}
	for _, s := range p.Steps {
		states[s.ID] = failover.Verified
	}
	s := standard()
	for _, c := range []struct {
		takes []failover.Role
		state failover.StepState
		ok    bool
	}{
		{[]failover.Role{failover.Primary, failover.Secondary}, failover.Pending, true},
		{[]failover.Role{failover.Primary}, failover.Pending, false},
		{[]failover.Role{failover.Primary}, failover.Intent, false},
		{[]failover.Role{failover.Primary}, failover.Ack, true},
	} {
		s.Submission, states["r1"] = c.takes, c.state
		err := plan.StillWanted(p, states, []failover.Domain{s.domain(t)})
		if (err == nil) != c.ok || err != nil && (!errors.Is(err, failover.ErrStale) || !strings.Contains(err.Error(), "providers.secondary.submission")) {
			t.Errorf("%v, %s: %v", c.takes, c.state, err)
		}
	}
}
