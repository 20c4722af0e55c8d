package presenter_test

import (
	"context"
	"strings"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// asked takes down what the engine is asked for.
type asked struct {
	presentertest.Switcher
	requests chan engine.SwitchRequest
	back     chan engine.RollbackRequest
}

func (a asked) Switch(ctx context.Context, req engine.SwitchRequest) (failover.Outcome, error) {
	a.requests <- req
	return a.Switcher.Switch(ctx, req)
}

func (a asked) Rollback(ctx context.Context, req engine.RollbackRequest) (failover.Outcome, error) {
	a.back <- req
	return a.Switcher.Rollback(ctx, req)
}

func newAsked(d failover.Domain, refuse error) asked {
	return asked{presentertest.Switcher{Domain: d, Refuse: refuse}, make(chan engine.SwitchRequest, 8), make(chan engine.RollbackRequest, 8)}
}

// TestSwitchThatBrokeOff: after a crash, or a lid that was closed, the page says what is
// done and what is not, and leads on and back.
func TestSwitchThatBrokeOff(t *testing.T) {
	d := presentertest.Domain()
	for _, c := range []struct {
		at    failover.StepState
		light presenter.Light
		en    string
		ja    string
		count string
	}{
		{failover.Pending, presenter.LightWaiting, "not done yet", "未完了", "1 of 2 steps are done."},
		{failover.Intent, presenter.LightUnknown, "just begun", "始めた", "1 of 2 steps are done."},
		{failover.Sent, presenter.LightUnknown, "whose answer never came", "応答がありませんでした", "1 of 2 steps are done."},
		{failover.Ack, presenter.LightWorking, "not yet seen at every name server", "未確認", "1 of 2 steps are done."},
		{failover.Verified, presenter.LightHealthy, "done", "完了", "2 of 2 steps are done."},
	} {
		sw := newAsked(d, nil)
		s := presenter.NewSwitch(tongue(t, i18n.English), sw, presenter.SwitchOptions{
			Domains: []failover.Domain{d}, Now: presentertest.Now, Turn: presenter.NewTurn(), Open: func() *engine.RunSummary { return presentertest.Open(d, c.at) },
		})
		n := &news{ch: make(chan struct{}, 1)}
		st := s.State()
		if !s.Unfinished() || st.Title != "The switch to Fastmail is not finished." || st.Light != presenter.LightCare || !strings.Contains(st.Lead, "by sato@desk. "+c.count) {
			t.Fatalf("%s: %+v", c.at, st)
		}
		if len(st.Done) != 2 || st.Done[0].Light != presenter.LightHealthy || st.Done[1].Light != c.light || !strings.Contains(st.Done[1].Value, c.en) || st.Done[1].Label != "MX records of aoba.example" {
			t.Errorf("%s: what is done is told as %+v", c.at, st.Done)
		}
		if st.Incoming == nil || st.Outgoing == nil || st.Incoming.After != "Fastmail" {
			t.Errorf("%s: what it wanted is told as %+v, %+v", c.at, st.Incoming, st.Outgoing)
		}
		if b := pressed(st); len(b) != 2 || !b[presenter.DoResume] {
			t.Errorf("%s: one can press %+v", c.at, b)
		}
		s.Speak(tongue(t, i18n.Japanese))
		if ja := s.State(); !strings.Contains(ja.Done[1].Value, c.ja) {
			t.Errorf("%s: in Japanese it is told as %+v", c.at, ja.Done)
		}
		s.Press(t.Context(), presenter.DoResume, "", nil, n.changed)
		if req := <-sw.requests; req.Kind != failover.Failover || len(req.Domains) != 0 {
			t.Errorf("%s: going on asks for %+v", c.at, req.PlanRequest)
		}
		n.phase(s, presenter.PhaseAsking)
		if s.Unfinished() {
			t.Errorf("%s: it is gone on with, and still waits for that", c.at)
		}
		s.Answer(false, "")
		n.phase(s, presenter.PhaseIdle)
		s.Press(t.Context(), presenter.DoRollBack, "", nil, n.changed)
		<-sw.back
		n.phase(s, presenter.PhaseAsking)
		s.Stop()
		n.phase(s, presenter.PhaseIdle)
	}
}

// A switch that is refused offers to move the send route alone, where both providers
// take submissions.
func TestRefusedSwitchOffersTheRoute(t *testing.T) {
	d := presentertest.Domain()
	refusal := &engine.RefusedError{Domain: d.Name, Judgement: probe.Judgement{Blocking: []failover.Finding{{Check: "rcpt", Verdict: failover.Red, Say: told("refused")}}}}
	sw := newAsked(d, refusal)
	n := &news{ch: make(chan struct{}, 1)}
	s := presenter.NewSwitch(tongue(t, i18n.English), sw, presenter.SwitchOptions{Domains: []failover.Domain{d}, Now: presentertest.Now, Turn: presenter.NewTurn()})
	s.Press(t.Context(), presenter.DoFailover, "", []string{d.Name}, n.changed)
	<-sw.requests
	n.phase(s, presenter.PhaseRefused)
	if a := s.State().Aside; a == nil || a.Do != presenter.DoRouteAlone || !strings.Contains(a.Text, "Fastmail") {
		t.Fatalf("it offers %+v", a)
	}
	s.Press(t.Context(), presenter.DoRouteAlone, "", nil, n.changed)
	if req := <-sw.requests; req.Kind != failover.SendRoute || req.To != failover.Secondary || len(req.Domains) != 1 {
		t.Errorf("it asks for %+v", req.PlanRequest)
	}
	none := d
	none.Secondary.Submission.Host = ""
	s = presenter.NewSwitch(tongue(t, i18n.English), newAsked(none, refusal), presenter.SwitchOptions{Domains: []failover.Domain{none}, Now: presentertest.Now, Turn: presenter.NewTurn()})
	s.Press(t.Context(), presenter.DoFailover, "", nil, n.changed)
	n.phase(s, presenter.PhaseRefused)
	if a := s.State().Aside; a != nil {
		t.Errorf("without a send route it offers %+v", a)
	}
	if s.Press(t.Context(), presenter.DoTest, "", nil, n.changed) || s.Press(t.Context(), presenter.DoClose, "", nil, n.changed) {
		t.Error("it leads to another page by itself")
	}
}

// A move of the send route alone is asked about, made, and told in its own words.
func TestRouteAlone(t *testing.T) {
	d := presentertest.Domain()
	s, n := newSwitch(t, i18n.English, presentertest.Switcher{Domain: d}, func(o *presenter.SwitchOptions) { o.Waiting = func() int { return 1086 } })
	s.Begin(t.Context(), presenter.Order{Kind: failover.SendRoute, To: failover.Secondary}, n.changed)
	n.phase(s, presenter.PhaseAsking)
	st := s.State()
	if st.Title != "Send through Fastmail from now on?" || st.Incoming != nil || st.Outgoing == nil || st.Outgoing.For != "1,086 queued messages leave first" || !strings.HasPrefix(st.Note, "Left alone: every record.") {
		t.Errorf("asked about %+v, %+v", st, st.Outgoing)
	}
	s.Answer(true, "")
	n.phase(s, presenter.PhaseDone)
	if st = s.State(); st.Title != "What you write leaves through Fastmail." || len(st.Arrives) != 1 || st.Arrives[0].Light != presenter.LightHealthy {
		t.Errorf("in the end %+v", st)
	}
}

// While it goes on, the page says what arrives where, and before, which tests speak
// against it.
func TestWhatArrivesWhere(t *testing.T) {
	d := presentertest.Domain()
	sw := presentertest.Switcher{Domain: d, Routed: true, Fresh: []int{2}, Wait: make(chan struct{})}
	s, n := newSwitch(t, i18n.English, sw, func(o *presenter.SwitchOptions) {
		o.Concerns = func(domain string, to failover.Role) []presenter.Row {
			return []presenter.Row{{Label: domain + " " + string(to)}}
		}
	})
	if st := s.State(); len(st.Tests) != 1 || st.Tests[0].Label != "aoba.example. secondary" || st.TestAgain == "" || len(st.Arrives) != 0 {
		t.Errorf("before: %+v", st)
	}
	s.Begin(t.Context(), presenter.Order{Kind: failover.Failover}, n.changed)
	n.phase(s, presenter.PhaseAsking)
	if st := s.State(); len(st.Tests) != 1 || st.Ladder != "What happens when" || st.Rungs[2].Time != "at once" || st.Rungs[4].Time != "in seconds" || st.Rungs[5].Time != "within 5 min" {
		t.Errorf("when it is asked about: %+v", st.Rungs)
	}
	s.Answer(true, "")
	n.until(func() bool { return strings.HasPrefix(s.State().Lead, "2 of 6") })
	st := s.State()
	if len(st.Tests) != 0 || len(st.Arrives) != 4 || st.Arrives[0].Light != presenter.LightWorking || !strings.Contains(st.Arrives[1].Value, "come to Microsoft 365 until") || st.Arrives[3].Value != "leaves through Fastmail" {
		t.Errorf("while it goes on: %+v", st.Arrives)
	}
	close(sw.Wait)
	n.phase(s, presenter.PhaseDone)
	if a := s.State().Arrives; a[0].Light != presenter.LightHealthy || a[0].Value != "come to Fastmail" {
		t.Errorf("in the end: %+v", a)
	}
	s.Close()
	if st = s.State(); st.Incoming != nil || len(st.Arrives) != 0 {
		t.Errorf("after it was put away: %+v", st)
	}
}

// told is failover.Say under another name: what is said in tests needs no translation.
func told(template string, parts ...any) failover.Sentence { return failover.Say(template, parts...) }
