package presenter_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// newSwitch is a switch over a script, with the channel that hears of its changes.
func newSwitch(t *testing.T, l i18n.Language, sw presentertest.Switcher, change func(*presenter.SwitchOptions)) (*presenter.Switch, *news) {
	t.Helper()
	opt := presenter.SwitchOptions{
		Domains: []failover.Domain{sw.Domain}, Now: presentertest.Now, Turn: presenter.NewTurn(),
		Route: func() failover.Route { return failover.RoutePrimary },
	}
	if change != nil {
		change(&opt)
	}
	return presenter.NewSwitch(tongue(t, l), sw, opt), &news{ch: make(chan struct{}, 1)}
}

// news wakes who waits for something to be so.
type news struct{ ch chan struct{} }

func (n *news) changed() {
	select {
	case n.ch <- struct{}{}:
	default:
	}
}

func (n *news) until(is func() bool) {
	for !is() {
		<-n.ch
	}
}

func (n *news) phase(s *presenter.Switch, want presenter.Phase) {
	n.until(func() bool { return s.Phase() == want })
}

func pressed(s presenter.SwitchState) map[presenter.SwitchDo]bool {
	out := map[presenter.SwitchDo]bool{}
	for _, b := range s.Bar.Buttons {
		out[b.Do] = b.Filled
	}
	return out
}

// TestSwitchFromQuestionToEnd follows a switch through its phases.
func TestSwitchFromQuestionToEnd(t *testing.T) {
	for _, l := range i18n.Languages() {
		t.Run(string(l), func(t *testing.T) {
			arrived := presentertest.Noon.Add(3 * time.Second)
			sw := presentertest.Switcher{Domain: presentertest.Domain(), Fresh: []int{2, 5}, Wait: make(chan struct{})}
			done := make(chan error, 1)
			s, n := newSwitch(t, l, sw, func(o *presenter.SwitchOptions) {
				o.Typed = true
				o.Arrived = func(r failover.Role) time.Time {
					if r != failover.Secondary {
						t.Errorf("asked for mail at the %s", r)
					}
					return arrived
				}
				o.Done = func(_ failover.Outcome, err error) { done <- err }
			})
			if !s.Begin(t.Context(), presenter.Order{Kind: failover.Failover}, n.changed) || s.Begin(t.Context(), presenter.Order{Kind: failover.Failover}, n.changed) {
				t.Fatal("it does not begin, or begins twice")
			}
			n.phase(s, presenter.PhaseAsking)
			st := s.State()
			if st.Incoming == nil || st.Outgoing != nil || st.Type != "aoba.example" {
				t.Fatalf("asked about %+v", st)
			}
			if c := st.Incoming; c.Before != "Microsoft 365" || c.After != "Fastmail" || len(c.Records) != 3 || c.Records[0].New || !c.Records[2].New || c.Records[2].Text != "MX  10 mx1.secondary.example" {
				t.Errorf("asked about %+v", st)
			}
			if s.Answer(true, "aoba.exampl") || s.Answer(true, "") {
				t.Error("another name counts as a yes")
			}
			if !s.Answer(true, " AOBA.example. ") {
				t.Error("the name does not count as a yes")
			}
			n.until(func() bool { return len(s.State().Rungs[3].Rows) == 6 && strings.Contains(s.State().Lead, "5") })
			st = s.State()
			if st.Rungs[3].Light != presenter.LightWorking || st.Rungs[2].Light != presenter.LightHealthy || st.Clock == nil || st.Clock.Part != 1 || st.Rungs[5].Light != presenter.LightHealthy {
				t.Errorf("while it runs: %+v", st.Rungs)
			}
			if b := pressed(st); len(b) != 2 || b[presenter.DoRollBack] || b[presenter.DoStop] {
				t.Errorf("while it runs one can press %+v", st.Bar)
			}
			close(sw.Wait)
			n.phase(s, presenter.PhaseDone)
			if err := <-done; err != nil {
				t.Error(err)
			}
			st = s.State()
			if st.Light != presenter.LightHealthy || st.Confirmed == "" || st.Clock == nil || st.Clock.Left != "4:51" {
				t.Errorf("in the end: %+v", st)
			}
			s.Close()
			if s.Phase() != presenter.PhaseIdle {
				t.Error("it cannot be put away")
			}
		})
	}
}

func TestSwitchDeclined(t *testing.T) {
	s, n := newSwitch(t, i18n.English, presentertest.Switcher{Domain: presentertest.Domain()}, nil)
	s.Begin(t.Context(), presenter.Order{Kind: failover.Failover}, n.changed)
	n.phase(s, presenter.PhaseAsking)
	s.Answer(false, "")
	n.phase(s, presenter.PhaseIdle)
	if b := pressed(s.State()); !b[presenter.DoFailover] {
		t.Errorf("then one can press %+v", b)
	}
}

func TestSwitchRefused(t *testing.T) {
	refusal := func(address string) error {
		return &engine.RefusedError{Domain: "aoba.example.", Judgement: probe.Judgement{Blocking: []failover.Finding{{
			Check: "rcpt", Verdict: failover.Red, Say: failover.Say("{address} is refused", "address", address), Remedy: failover.Say("Make it there."), At: presentertest.Noon,
		}}}}
	}
	s, n := newSwitch(t, i18n.English, presentertest.Switcher{Domain: presentertest.Domain(), Refuse: errors.Join(refusal("a@aoba.example"), refusal("b@aoba.example"))}, nil)
	s.Begin(t.Context(), presenter.Order{Kind: failover.Failover}, n.changed)
	n.phase(s, presenter.PhaseRefused)
	st := s.State()
	if len(st.Refusals) != 2 || st.Refusals[1].Label != "b@aoba.example is refused." || st.Refusals[1].Remedy != "Make it there." {
		t.Errorf("refusals: %+v", st.Refusals)
	}
	if b := pressed(st); !b[presenter.DoAgain] || len(b) != 3 {
		t.Errorf("then one can press %+v", st.Bar)
	}
}

// A switch that broke off says so, and is gone on with or taken back.
func TestSwitchBreaksOff(t *testing.T) {
	end := failover.Fail(failover.ErrUnreachable, "the DNS host {host} does not answer", "host", "ns1")
	s, n := newSwitch(t, i18n.English, presentertest.Switcher{Domain: presentertest.Domain(), Fresh: []int{0}, End: end}, nil)
	s.Begin(t.Context(), presenter.Order{Kind: failover.Failover, Yes: true}, n.changed)
	n.phase(s, presenter.PhaseBroken)
	st := s.State()
	if !strings.HasPrefix(st.Lead, "The DNS host ns1 does not answer. What is done stays done.") {
		t.Errorf("it says %q", st.Lead)
	}
	if b := pressed(st); !b[presenter.DoAgain] || len(b) != 3 {
		t.Errorf("then one can press %+v", st.Bar)
	}
	s.RollBack(t.Context(), n.changed)
	n.until(func() bool { return s.State().Title == "Take it back?" })
	s.Answer(false, "")
	n.phase(s, presenter.PhaseIdle)
}

// A rollback that is asked for while a switch runs begins as soon as that has
// stopped.
func TestRollBackWhileItRuns(t *testing.T) {
	s, n := newSwitch(t, i18n.English, presentertest.Switcher{Domain: presentertest.Domain(), Fresh: []int{1}, Wait: make(chan struct{})}, nil)
	s.Begin(t.Context(), presenter.Order{Kind: failover.Failover, Yes: true}, n.changed)
	n.until(func() bool { return len(s.State().Rungs) > 3 && len(s.State().Rungs[3].Rows) > 0 })
	s.RollBack(t.Context(), n.changed)
	n.until(func() bool { return s.State().Title == "Take it back?" })
	s.Stop()
	n.phase(s, presenter.PhaseIdle)
}

// Where nobody else may work in the data folder meanwhile, a switch waits for its
// turn, and can be stopped while it does.
func TestSwitchWaitsForItsTurn(t *testing.T) {
	turn := presenter.NewTurn()
	if err := turn.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, n := newSwitch(t, i18n.English, presentertest.Switcher{Domain: presentertest.Domain()}, func(o *presenter.SwitchOptions) { o.Turn = turn })
	s.Begin(t.Context(), presenter.Order{Kind: failover.Failover, Yes: true}, n.changed)
	n.phase(s, presenter.PhasePreparing)
	s.Stop()
	n.phase(s, presenter.PhaseIdle)
	s.Begin(t.Context(), presenter.Order{Kind: failover.Failover, Yes: true}, n.changed)
	turn.Give()
	n.phase(s, presenter.PhaseDone)
}
