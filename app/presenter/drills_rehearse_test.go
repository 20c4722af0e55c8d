package presenter_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// rehearsing is the drills page with a zone to rehearse in.
func rehearsing(t *testing.T, held *presentertest.Archive, do func(context.Context, engine.LiveRequest) (drill.Result, error)) *presenter.Drills {
	t.Helper()
	d := presenter.NewDrills(tongue(t, i18n.English), presenter.DrillsOptions{
		Scenarios: []drill.Scenario{presentertest.Scenario(t, "live-rehearsal")}, Archive: held, Now: presentertest.Now, Facilitator: "sato@desk",
		Rehearse: do, Domains: []string{"aoba.example.", "aoba.test."},
	})
	if s := d.State(); len(s.Scenarios) != 1 || !s.Scenarios[0].Lives || strings.Contains(s.Scenarios[0].Facts, "command line") {
		t.Fatalf("%+v", s.Scenarios)
	}
	d.Prepare("live-rehearsal")
	return d
}

// rehearsed plays a rehearsal as the engine does, up to where its context ends.
func rehearsed(ctx context.Context, req engine.LiveRequest) (drill.Result, error) {
	if req.Name == "www" {
		return drill.Result{}, failover.Fail(failover.ErrInvalid, "{name} is a name that mail goes to, so nothing is rehearsed there: give another with --name", "name", "www")
	}
	name := failover.FQDN(req.Name + "." + req.Domain)
	yes, err := req.Confirm(engine.LivePreview{
		Domain: presentertest.Domain(), Name: name, Zone: "aoba.example.", Host: "rfc2136",
		Sets: []failover.RRset{failover.MXSet(name, 300, presentertest.Domain().Primary.MX), failover.MXSet(name, 300, presentertest.Domain().Secondary.MX)},
	})
	if err != nil || !yes {
		return drill.Result{}, errors.Join(err, engine.ErrDeclined)
	}
	r := drill.Result{ID: "2026-11-21t12-00-00-live", Kind: drill.Live, Scenario: req.Scenario, Started: presentertest.Noon, Factor: 1}
	req.Tell(drill.Entry{At: presentertest.Noon, Since: drill.Span(2 * time.Second), Say: failover.Say("{name} is given the MX records of the primary", "name", name)})
	<-ctx.Done() // as long as caches hold the old answer
	r.Broke = failover.Say("{text}", "text", "stopped")
	return r, ctx.Err()
}

// A live rehearsal is named, shown, confirmed by typing the name, and stopped; its record
// is kept.
func TestRehearse(t *testing.T) {
	t.Parallel()
	held := &presentertest.Archive{}
	d := rehearsing(t, held, rehearsed)
	at := func(want presenter.RehearsalPhase) func() bool {
		return func() bool {
			s, ok := d.Rehearsal()
			return ok && s.Phase == want
		}
	}
	d.NameRehearsal("aoba.example", "www")
	d.Rehearse(t.Context(), func() {})
	if s, _ := d.Rehearsal(); s.Phase != presenter.RehearseForm || !strings.Contains(s.Problem, "mail goes to") {
		t.Fatalf("%+v", s)
	}
	d.NameRehearsal("aoba.test", "Drill ")
	news := make(chan struct{}, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Rehearse(t.Context(), func() { news <- struct{}{} })
	}()
	awaitNews(t, news, at(presenter.RehearseAsking))
	s, _ := d.Rehearsal()
	if s.Name != "drill.aoba.test" || len(s.Steps) != 3 || !strings.Contains(s.Untouched, "No mail goes to drill.aoba.test") || !d.Held() {
		t.Errorf("%+v", s)
	}
	if wrong := d.AnswerRehearsal(true, "drill"); !strings.Contains(wrong, "drill.aoba.test") {
		t.Errorf("%q", wrong)
	}
	if wrong := d.AnswerRehearsal(true, "DRILL.aoba.test. "); wrong != "" {
		t.Errorf("%q", wrong)
	}
	awaitNews(t, news, func() bool {
		s, ok := d.Rehearsal()
		return ok && s.Phase == presenter.RehearseRunning && len(s.Timeline) == 1
	})
	d.Back()
	d.Resume()
	if d.Page() != presenter.DrillsRehearse {
		t.Errorf("Resume leads to %s", d.Page())
	}
	d.StopRehearsal()
	<-ended
	if d.Page() != presenter.DrillsReport || len(held.Results) != 1 || held.Results[0].Broke.IsZero() || d.Held() {
		t.Errorf("%s, %+v", d.Page(), held.Results)
	}
}

// Saying no leads back to the form.
func TestRehearseDeclined(t *testing.T) {
	t.Parallel()
	d := rehearsing(t, &presentertest.Archive{}, rehearsed)
	news := make(chan struct{}, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Rehearse(t.Context(), func() { news <- struct{}{} })
	}()
	awaitNews(t, news, func() bool { s, _ := d.Rehearsal(); return s.Phase == presenter.RehearseAsking })
	d.AnswerRehearsal(false, "")
	<-ended
	if s, _ := d.Rehearsal(); s.Phase != presenter.RehearseForm || s.Problem != "" || d.Held() {
		t.Errorf("%+v", s)
	}
}

// When the window is closed amid a drill its record is kept, and so is what was talked
// through.
func TestDrillsKeepWhatIsClosed(t *testing.T) {
	t.Parallel()
	held := &presentertest.Archive{}
	scenario := presentertest.Scenario(t, "ex196121-2019-11-19")
	begun := make(chan struct{})
	d := presenter.NewDrills(tongue(t, i18n.English), presenter.DrillsOptions{
		Scenarios: []drill.Scenario{scenario}, Archive: held, Now: presentertest.Now,
		Stage: func(context.Context, presenter.Setup) (*presenter.Stage, error) {
			return &presenter.Stage{
				Script: &presentertest.Script{}, Close: func() {}, Events: func(int) (<-chan lab.Event, func()) { return nil, func() {} },
				Run: func(ctx context.Context) (drill.Result, error) {
					close(begun)
					<-ctx.Done()
					return drill.Result{ID: "stopped", Scenario: scenario, Kind: drill.Functional, Started: presentertest.Noon, Broke: failover.Say("{text}", "text", "stopped")}, ctx.Err()
				},
			}, nil
		},
		Table: func(s presenter.Setup) (*drill.Table, error) {
			return drill.NewTable(drill.TableOptions{Scenario: s.Scenario, Facilitator: "sato", Domain: "aoba.example", Now: presentertest.Now})
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.Play(ctx, scenario.Name, true, func() {}) }()
	<-begun
	cancel() // the window closes
	<-ended
	if len(held.Results) != 1 || held.Results[0].ID != "stopped" {
		t.Fatalf("%+v", held.Results)
	}
	d.Talk(scenario.Name)
	d.Table().Start()
	d.Table().Next()
	if err := d.Close(); err != nil || len(held.Results) != 2 || held.Results[1].Kind != drill.Tabletop {
		t.Errorf("%+v, %v", held.Results, err)
	}
}

// awaitNews waits until something is so, looking at each knock.
func awaitNews(t *testing.T, news <-chan struct{}, is func() bool) {
	t.Helper()
	for !is() {
		select {
		case <-news:
		case <-t.Context().Done():
			t.Fatal("it never came to it")
		}
	}
}
