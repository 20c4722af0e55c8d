package engine_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/plan"
)

// The main job, and that doing it again does nothing.
func TestThereAndBackAgain(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	others := o.others()
	var asked int
	confirm := func(r *engine.SwitchRequest) {
		r.Confirm = func(pre engine.Preview) (bool, error) {
			asked++
			if j := pre.Judgements[mx.Name]; !j.Allowed || len(pre.Plan.Steps) == 0 || len(pre.Domains) != 1 {
				t.Errorf("the admin is asked about %+v", pre)
			}
			return true, nil
		}
	}
	out := o.done(o.failover(confirm))
	o.is(failover.RouteSecondary)
	if out.Changes != len(out.Plan.Steps) || out.Steps[0].State != failover.Verified || out.Steps[0].View.With(out.Steps[0].Step.After) != 3 {
		t.Errorf("%+v", out)
	}
	for _, kind := range []failover.Kind{failover.Failover, failover.Failback} {
		if kind == failover.Failback {
			o.done(o.failback())
		}
		zone, journal := o.zone(), len(o.entries())
		again := o.done(o.change(kind, func(r *engine.SwitchRequest) {
			r.Confirm = func(engine.Preview) (bool, error) {
				t.Errorf("%s: the admin is asked although there is nothing to do", kind)
				return true, nil
			}
		}))
		if again.Changes != 0 || len(again.Plan.Steps) != 0 || len(o.entries()) != journal || !slices.Equal(zone, o.zone()) {
			t.Errorf("a second %s did something: %+v\n%s", kind, again, o.events())
		}
		o.is(failover.Route(kind.Target()))
	}
	if asked != 1 || !slices.Equal(others, o.others()) {
		t.Errorf("asked %d times; other records:\n%v\n%v", asked, others, o.others())
	}
}

// others is the zone without what a switch may change.
func (o *office) others() []string {
	return slices.DeleteFunc(o.zone(), func(s string) bool { return strings.Contains(s, " MX ") || strings.Contains(s, " SOA ") })
}

func TestDeclined(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	before := o.zone()
	_, err := o.failover(func(r *engine.SwitchRequest) {
		r.Confirm = func(engine.Preview) (bool, error) { return false, nil }
	})
	o.refused(before, err, engine.ErrDeclined, "nothing was changed")
	if len(o.entries()) != 0 {
		t.Errorf("the journal tells of it: %s", o.events())
	}
}

// saved plans a failover and puts the plan through a file.
func (o *office) saved() failover.Plan {
	o.t.Helper()
	p, err := o.Plan(o.t.Context(), engine.PlanRequest{Kind: failover.Failover})
	if err != nil {
		o.t.Fatal(err)
	}
	data, err := plan.Write(p)
	file := filepath.Join(o.t.TempDir(), "plan.json")
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err == nil {
		data, err = os.ReadFile(file)
	}
	if err == nil {
		p, err = plan.Read(data)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func with(p failover.Plan) func(*engine.SwitchRequest) {
	return func(r *engine.SwitchRequest) { r.Saved = &p }
}

func TestSavedPlanIsApplied(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	p := o.saved()
	out := o.done(o.failover(with(p)))
	o.is(failover.RouteSecondary)
	if out.Operation != p.ID || out.Plan.Hash != p.Hash {
		t.Errorf("another plan was applied: %+v", out.Plan)
	}
	if again := o.done(o.failover(with(p))); again.Changes != 0 {
		t.Errorf("applied twice: %+v", again)
	}
}

func TestSavedPlanIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do    func(o *office, p *failover.Plan) *engine.Engine
		kind  error
		parts []string
	}{
		"the world has moved": {
			do: func(o *office, _ *failover.Plan) *engine.Engine {
				set := o.world.Truth(mx.Name, mx.Type)
				set.Values = set.Values[:1]
				if err := o.world.Put(set); err != nil {
					o.t.Fatal(err)
				}
				return o.Engine
			},
			kind: failover.ErrSurprise,
			parts: []string{
				"10 mx1.harbormail.test., 20 mx2.harbormail.test.", "wants 10 mx1.lighthouse.test., 20 mx2.lighthouse.test.", "but 10 mx1.harbormail.test. is there now",
			},
		},
		"the settings have changed": {
			do: func(o *office, _ *failover.Plan) *engine.Engine {
				s := o.settings("20 mx2.lighthouse.test", "30 mx2.lighthouse.test")
				return o.another(func(p *engine.Options) { p.Settings = s })
			},
			kind: failover.ErrStale, parts: []string{"settings have changed", "30 mx2.lighthouse.test."},
		},
		"the settings want more": {
			do: func(o *office, _ *failover.Plan) *engine.Engine {
				if err := o.world.Put(failover.RRset{Key: emergency}); err != nil {
					o.t.Fatal(err)
				}
				return o.Engine
			},
			kind: failover.ErrStale, parts: []string{"make the plan anew"},
		},
		"the plan was tampered with": {
			do: func(o *office, p *failover.Plan) *engine.Engine {
				p.Steps[0].After.Values = []string{"10 mx.evil.test."}
				return o.Engine
			},
			kind: failover.ErrInvalid, parts: []string{"hash"},
		},
		"the plan was tampered with and sealed again": {
			do: func(o *office, p *failover.Plan) *engine.Engine {
				p.Steps[0].After.Values = []string{"10 mx.evil.test."}
				if err := p.Seal(); err != nil {
					o.t.Fatal(err)
				}
				return o.Engine
			},
			kind: failover.ErrStale, parts: []string{"10 mx1.lighthouse.test."},
		},
		"the plan is of another kind": {
			do: func(o *office, p *failover.Plan) *engine.Engine {
				p.Kind, p.Routes = failover.Failback, nil
				if err := p.Seal(); err != nil {
					o.t.Fatal(err)
				}
				return o.Engine
			},
			kind: failover.ErrInvalid, parts: []string{"lifeboat failback"},
		},
		"the domain is gone from the settings": {
			do: func(o *office, _ *failover.Plan) *engine.Engine {
				s := o.settings("domains:\n  - name: example.test\n    emergency_subdomain: emergency.example.test\n",
					"domains:\n  - name: other.test\n    emergency_subdomain: emergency.other.test\n")
				return o.another(func(p *engine.Options) { p.Settings = s })
			},
			kind: failover.ErrInvalid, parts: []string{"example.test", "lifeboat.yaml"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			p := o.saved()
			e := c.do(o, &p)
			before := o.zone()
			_, err := e.Switch(t.Context(), engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failover}, Saved: &p, Confirm: yes})
			o.refused(before, err, c.kind, c.parts...)
			if len(o.entries()) != 0 {
				t.Errorf("the journal tells of it: %s", o.events())
			}
		})
	}
}
