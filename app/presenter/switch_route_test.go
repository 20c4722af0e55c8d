package presenter_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/run"
)

// routed shows a plan that moves the send route, with the records or alone, and carries
// it out.
type routed struct {
	domain failover.Domain
	alone  bool
	// moved is waited for once the route is moved.
	moved   chan struct{}
	problem failover.Sentence
	end     error
}

func (r routed) Switch(_ context.Context, req engine.SwitchRequest) (failover.Outcome, error) {
	p := presentertest.Plan(r.domain, req.Kind)
	to := req.Kind.Target()
	p.Routes = []failover.RouteStep{{ID: "r1", Domain: r.domain.Name, Before: to.Other(), After: to}}
	if r.alone {
		p.Kind, p.Steps = failover.SendRoute, nil
	}
	out := failover.Outcome{Operation: p.ID, Plan: p}
	if yes, err := req.Confirm(engine.Preview{Plan: p, Domains: []failover.Domain{r.domain}}); err != nil || !yes {
		return out, engine.ErrDeclined
	}
	state := failover.Intent
	req.Tell(run.Event{Operation: p.ID, Route: &p.Routes[0], State: state})
	if r.problem.IsZero() {
		state = failover.Ack
		req.Tell(run.Event{Operation: p.ID, Route: &p.Routes[0], State: state, Say: failover.Say("moved")})
	}
	<-r.moved
	out.Done, out.Routes = r.end == nil, []failover.RouteOutcome{{Step: p.Routes[0], State: state, Problem: r.problem}}
	return out, r.end
}

func (r routed) Rollback(context.Context, engine.RollbackRequest) (failover.Outcome, error) {
	return failover.Outcome{}, nil
}

// The window shows the move where it comes in the run: to the secondary before the
// records, home after they are replaced.
func TestSwitchShowsTheRoute(t *testing.T) {
	for _, l := range i18n.Languages() {
		for _, c := range []struct {
			kind     failover.Kind
			from, to string
			rung     int
			rungs    int
			alone    bool
		}{
			{failover.Failover, "Microsoft 365", "Fastmail", 2, 6, false},
			{failover.Failback, "Fastmail", "Microsoft 365", 3, 6, false},
			{failover.Failover, "Microsoft 365", "Fastmail", 2, 3, true},
		} {
			sw := routed{domain: presentertest.Domain(), alone: c.alone, moved: make(chan struct{})}
			s := presenter.NewSwitch(tongue(t, l), sw, presenter.SwitchOptions{
				Domains: []failover.Domain{sw.domain}, Now: presentertest.Now, Turn: presenter.NewTurn(),
			})
			n := &news{ch: make(chan struct{}, 1)}
			s.Begin(t.Context(), presenter.Order{Kind: c.kind}, n.changed)
			n.phase(s, presenter.PhaseAsking)
			st := s.State()
			want := []presenter.RecordRow{{Text: "smtp.primary.example:587"}, {New: true, Text: "smtp.secondary.example:587"}}
			if c.kind == failover.Failback {
				want[0].Text, want[1].Text = want[1].Text, want[0].Text
			}
			if o := st.Outgoing; o == nil || !slices.Equal(o.Records, want) || o.Before != c.from || o.After != c.to || o.For == "" || (st.Incoming == nil) != c.alone {
				t.Errorf("%s, %s: asked about %+v", l, c.kind, o)
			}
			if len(st.Rungs) != c.rungs || !strings.Contains(st.Rungs[c.rung].Title, c.to) || st.Rungs[c.rung].Light != presenter.LightWaiting {
				t.Errorf("%s, %s: the ladder is %+v", l, c.kind, st.Rungs)
			}
			s.Answer(true, "")
			n.until(func() bool { return s.State().Rungs[c.rung].Light == presenter.LightHealthy })
			close(sw.moved)
			n.phase(s, presenter.PhaseDone)
			if st = s.State(); st.Rungs[c.rung].Time == "" || c.alone && (!strings.Contains(st.Lead, c.to) || !pressedHas(st, presenter.DoRollBack)) {
				t.Errorf("%s, %s: in the end %+v", l, c.kind, st)
			}
		}
	}
}

func pressedHas(s presenter.SwitchState, do presenter.SwitchDo) bool {
	_, ok := pressed(s)[do]
	return ok
}

// A route that could not be moved says why on its rung.
func TestSwitchShowsARouteThatStays(t *testing.T) {
	sw := routed{
		domain: presentertest.Domain(), moved: make(chan struct{}), problem: failover.Say("no room"),
		end: failover.Fail(failover.ErrDisk, "no room"),
	}
	close(sw.moved)
	s := presenter.NewSwitch(tongue(t, i18n.English), sw, presenter.SwitchOptions{
		Domains: []failover.Domain{sw.domain}, Now: presentertest.Now, Turn: presenter.NewTurn(),
	})
	n := &news{ch: make(chan struct{}, 1)}
	s.Begin(t.Context(), presenter.Order{Kind: failover.Failover, Yes: true}, n.changed)
	n.phase(s, presenter.PhaseBroken)
	if r := s.State().Rungs[2]; r.Light != presenter.LightDown || !strings.HasPrefix(strings.ToLower(r.Note), "no room") {
		t.Errorf("%+v", r)
	}
}
