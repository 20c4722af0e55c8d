package presenter_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/failover/probe"
	"lifeboat/failover/run"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func tongue(t *testing.T, l i18n.Language) *i18n.Tongue {
	t.Helper()
	tongue, err := i18n.New(l)
	if err != nil {
		t.Fatal(err)
	}
	return tongue
}

// fixed answers every look with the same status.
type fixed struct {
	status engine.Status
	err    error
}

func (f fixed) Status(context.Context, []string) (engine.Status, error) { return f.status, f.err }

func domainAt(route failover.Route) engine.DomainStatus {
	set := failover.NewRRset("example.test", "MX", 300, "10 mx.primary.test.")
	return engine.DomainStatus{
		Domain: "example.test.", Route: route, Provider: "Harbormail", Secondary: "Lighthouse", SwitchTakes: 5 * time.Minute,
		Ready: probe.Judgement{Allowed: true},
		MX: failover.View{Key: set.Key, Answers: []failover.Answer{
			{Server: "ns1.example.test.", Addr: netip.MustParseAddr("192.0.2.1"), State: failover.Answered, Set: set},
			{Server: "ns2.example.test.", Addr: netip.MustParseAddr("192.0.2.2"), State: failover.Silent},
		}},
	}
}

// look lets Home look once and returns what it shows.
func look(t *testing.T, l i18n.Language, f fixed) presenter.HomeState {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	h := presenter.NewHome(tongue(t, l), f, func() time.Time { return noon.Add(30 * time.Second) })
	h.Watch(ctx, time.Hour, cancel)
	return h.State()
}

// What the light shows is never better than what is known.
func TestHomeLights(t *testing.T) {
	for route, want := range map[failover.Route]presenter.Light{
		failover.RoutePrimary: presenter.LightHealthy, failover.RouteSecondary: presenter.LightCare, failover.RouteMixed: presenter.LightCare,
		failover.RouteForeign: presenter.LightCare, failover.RouteNone: presenter.LightDown, failover.RouteUnknown: presenter.LightUnknown,
	} {
		s := look(t, i18n.English, fixed{status: engine.Status{At: noon, Domains: []engine.DomainStatus{domainAt(route)}}})
		if len(s.Cards) != 1 || s.Cards[0].Light != want {
			t.Errorf("%s: %+v, not %s", route, s.Cards, want)
		}
		if !strings.Contains(s.Cards[0].Headline, "example.test") {
			t.Errorf("%s: the headline is %q", route, s.Cards[0].Headline)
		}
	}
	unseen := domainAt(failover.RoutePrimary)
	unseen.Ready = probe.Judgement{}
	if s := look(t, i18n.English, fixed{status: engine.Status{At: noon, Domains: []engine.DomainStatus{unseen}}}); s.Cards[0].Light != presenter.LightUnknown {
		t.Error("what nobody has looked at looks healthy")
	}
	disagree := domainAt(failover.RoutePrimary)
	disagree.Disagree = true
	if s := look(t, i18n.English, fixed{status: engine.Status{At: noon, Domains: []engine.DomainStatus{disagree}}}); s.Cards[0].Light != presenter.LightCare {
		t.Error("servers that disagree look healthy")
	}
}

func TestHomeTellsServersAgeAndCountdown(t *testing.T) {
	d := domainAt(failover.RouteSecondary)
	d.Countdown = noon.Add(2 * time.Minute)
	s := look(t, i18n.English, fixed{status: engine.Status{At: noon, Domains: []engine.DomainStatus{d}}})
	if want := "Looked at " + noon.Local().Format(time.TimeOnly); s.Age != want {
		t.Errorf("age %q", s.Age)
	}
	rows := s.Cards[0].Servers
	if len(rows) != 2 || rows[0].Light != presenter.LightHealthy || rows[1].Light != presenter.LightUnknown || rows[1].Says != "unreachable" {
		t.Errorf("rows %+v", rows)
	}
	if !strings.Contains(s.Cards[0].Countdown, "Caches") {
		t.Errorf("countdown %q", s.Cards[0].Countdown)
	}
	ja := look(t, i18n.Japanese, fixed{status: engine.Status{At: noon, Domains: []engine.DomainStatus{d}}})
	if !strings.Contains(ja.Cards[0].Headline, "切り替え中") || !strings.HasSuffix(ja.Age, "に確認") {
		t.Errorf("in Japanese: %+v", ja)
	}
}

func TestHomeTellsAFailureInASentence(t *testing.T) {
	s := look(t, i18n.English, fixed{err: failover.Fail(failover.ErrDamaged, "the journal {file} cannot be read", "file", "j").Because(errors.New("cause"))})
	if s.Problem != "the journal j cannot be read" {
		t.Errorf("problem %q", s.Problem)
	}
}

// TestPracticeFollowsTheStory plays events by hand and looks at what is shown.
func TestPracticeFollowsTheStory(t *testing.T) {
	d := failover.Domain{
		Name:      "example.test.",
		Primary:   failover.Provider{Name: "Harbormail", MX: []failover.MX{{Preference: 10, Host: "mx.harbormail.test."}}},
		Secondary: failover.Provider{Name: "Lighthouse", MX: []failover.MX{{Preference: 10, Host: "mx.lighthouse.test."}}},
	}
	after := failover.MXSet(d.Name, 5, d.Secondary.MX)
	var p *presenter.Practice
	middle := presenter.PracticeState{}
	play := func(_ context.Context, tell func(engine.PracticeEvent)) (engine.PracticeResult, error) {
		tell(engine.PracticeEvent{At: noon, Domain: d, Chapter: failover.Say("An outage begins")})
		tell(engine.PracticeEvent{At: noon, Domain: d, Message: &lab.Event{Kind: lab.EventBroken, Say: failover.Say("Harbormail is down.")}})
		tell(engine.PracticeEvent{
			At: noon, Domain: d, Totals: lab.Totals{Sent: 9, Delivered: 4, Waiting: 5, Primary: 4},
			Run: &run.Event{
				Step: failover.Step{After: after},
				View: failover.View{Key: after.Key, Answers: []failover.Answer{{State: failover.Answered, Set: after}}},
			},
		})
		middle = p.State()
		return engine.PracticeResult{Totals: lab.Totals{Sent: 9, Delivered: 9, Primary: 4, Secondary: 5}}, nil
	}
	changes := 0
	p = presenter.NewPractice(tongue(t, i18n.English), play)
	p.Play(t.Context(), func() { changes++ })
	if !middle.Running || middle.Primary.Light != presenter.LightDown || !middle.Secondary.Live || middle.Primary.Live {
		t.Errorf("in the middle: %+v", middle)
	}
	if middle.Ledger[0].Value != 9 || middle.Ledger[2].Value != 5 {
		t.Errorf("the ledger: %+v", middle.Ledger)
	}
	end := p.State()
	if end.Running || end.Headline != "Every message arrived, once." || len(end.Steps) != 3 || changes != 4 {
		t.Errorf("at the end, after %d changes: %+v", changes, end)
	}
}

func TestPracticeTellsAFailure(t *testing.T) {
	p := presenter.NewPractice(tongue(t, i18n.English), func(context.Context, func(engine.PracticeEvent)) (engine.PracticeResult, error) {
		return engine.PracticeResult{}, failover.Fail(failover.ErrUnreachable, "no port on {host}", "host", "127.0.0.1")
	})
	p.Play(t.Context(), func() {})
	if s := p.State(); s.Problem != "no port on 127.0.0.1" || s.Headline == "Every message arrived, once." || s.Primary.Light != presenter.LightUnknown {
		t.Errorf("%+v", s)
	}
}
