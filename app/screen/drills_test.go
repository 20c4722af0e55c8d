package screen_test

import (
	"context"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/app/widgets"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// drills is the drills page over scenarios that are built in, and a stage that
// stands still until it is ended.
func drills(t *testing.T, l i18n.Language, script *presentertest.Script) (*presenter.Drills, *screen.Drills) {
	t.Helper()
	var all []drill.Scenario
	for _, name := range []string{"ex196121-2019-11-19", "451-4-3-2-2026-01-22", "sign-in-2018-11-19", "own-dns-mistake", "live-rehearsal"} {
		all = append(all, presentertest.Scenario(t, name))
	}
	old := presentertest.Result(t)
	old.Started, old.ID = presentertest.Noon.AddDate(0, 0, -47), "old"
	script.Wakes = make(chan struct{})
	p := presenter.NewDrills(tongue(t, l), presenter.DrillsOptions{
		Scenarios: all, Archive: &presentertest.Archive{Results: []drill.Result{old}, Points: presentertest.Points(t)}, Now: presentertest.Now, Facilitator: "sato@desk",
		People:   []drill.Participant{{Name: "Sato", Role: "decides"}, {Name: "Tanaka"}},
		Rehearse: rehearsed, Domains: []string{"aoba.example."},
		Stage: func(context.Context, presenter.Setup) (*presenter.Stage, error) {
			return &presenter.Stage{
				Script: script, Close: func() {}, Events: func(int) (<-chan lab.Event, func()) { return nil, func() {} },
				Run: func(context.Context) (drill.Result, error) { <-script.Wakes; return presentertest.Result(t), nil },
			}, nil
		},
		Table: func(s presenter.Setup) (*drill.Table, error) {
			return drill.NewTable(drill.TableOptions{Scenario: s.Scenario, Participants: s.Participants, Facilitator: s.Facilitator, Domain: "aoba.example", Now: presentertest.Now})
		},
	})
	p.Read()
	return p, screen.NewDrills(tongue(t, l), p, screen.DrillsDeeds{
		Play: func(string, bool) {}, Talk: func(string) {}, Open: func(string) {}, People: p.SetPeople, Resume: p.Resume, Back: p.Back,
		EndDrill: func() {}, EndTalk: p.EndTalk, CloseTalk: p.CloseTalk, Audience: func() {}, Save: func(string) {},
		Table: p.Table, Report: p.Report, Live: p.Live, Browse: func() {}, Rehearsed: p.Rehearsal,
		Rehearsal: screen.RehearsalDeeds{
			Prepare: p.Prepare, Begin: func() {}, Name: p.NameRehearsal, Answer: p.AnswerRehearsal, Stop: p.StopRehearsal,
		},
	})
}

func TestDrills(t *testing.T) {
	for name, c := range map[string]struct {
		bring func(t *testing.T, p *presenter.Drills, s *presentertest.Script)
		page  presenter.DrillsPage
		want  map[i18n.Language]string
	}{
		"list": {func(*testing.T, *presenter.Drills, *presentertest.Script) {}, presenter.DrillsList, map[i18n.Language]string{i18n.English: "Decide yourself", i18n.Japanese: "自分で判断する"}},
		"live": {func(t *testing.T, p *presenter.Drills, _ *presentertest.Script) {
			await(t, func() bool { return p.Page() == presenter.DrillsLive }, func(changed func()) { go p.Play(t.Context(), "ex196121-2019-11-19", false, changed) })
		}, presenter.DrillsLive, map[i18n.Language]string{i18n.English: "Measured since the fault at 0:05", i18n.Japanese: "0:05 の障害発生からの計測"}},
		"report": {func(t *testing.T, p *presenter.Drills, s *presentertest.Script) {
			await(t, func() bool { return p.Page() == presenter.DrillsReport }, func(changed func()) {
				go p.Play(t.Context(), "ex196121-2019-11-19", true, func() {
					if p.Page() == presenter.DrillsLive {
						s.End()
					}
					changed()
				})
			})
		}, presenter.DrillsReport, map[i18n.Language]string{i18n.English: "Passed", i18n.Japanese: "合格"}},
		"table": {func(_ *testing.T, p *presenter.Drills, _ *presentertest.Script) {
			p.Talk("ex196121-2019-11-19")
			p.Table().Start()
			p.Table().Next()
			p.Table().Decide(drill.Stay, "Sato", "Nothing is known yet")
			p.Table().Next()
			p.Table().Next()
		}, presenter.DrillsTable, map[i18n.Language]string{i18n.English: "A good answer", i18n.Japanese: "良い対応"}},
		"rehearse": {func(_ *testing.T, p *presenter.Drills, _ *presentertest.Script) { p.Prepare("live-rehearsal") }, presenter.DrillsRehearse,
			map[i18n.Language]string{i18n.English: "Show what would be done", i18n.Japanese: "実行内容を確認"}},
		"rehearse-asks": {func(t *testing.T, p *presenter.Drills, _ *presentertest.Script) {
			p.Prepare("live-rehearsal")
			await(t, func() bool { s, _ := p.Rehearsal(); return s.Phase == presenter.RehearseAsking }, func(changed func()) { go p.Rehearse(t.Context(), changed) })
		}, presenter.DrillsRehearse, map[i18n.Language]string{i18n.English: "Rehearse now", i18n.Japanese: "実地訓練を始める"}},
		"questions": {func(_ *testing.T, p *presenter.Drills, _ *presentertest.Script) {
			p.Talk("ex196121-2019-11-19")
			p.Table().Start()
			p.EndTalk()
		}, presenter.DrillsTable, map[i18n.Language]string{i18n.English: "What did we learn?", i18n.Japanese: "何を学びましたか？"}},
	} {
		t.Run(name, func(t *testing.T) {
			themed(t, func(t *testing.T, l i18n.Language) {
				script := &presentertest.Script{Shot: presentertest.Snapshot(t, presentertest.Domain())}
				p, s := drills(t, l, script)
				c.bring(t, p, script)
				s.Update()
				w := show(t, framed(t, l, "drills", shell.Page{Content: s.Content()}, shell.Watch{Shape: widgets.Disc}), usual)
				if got := texts(w.Content()); p.Page() != c.page || !strings.Contains(got, c.want[l]) {
					t.Errorf("on page %s %q is not shown:\n%s", p.Page(), c.want[l], got)
				}
				if !script.Ended {
					script.End()
				}
			})
		})
	}
}

func TestAudience(t *testing.T) {
	themed(t, func(t *testing.T, l i18n.Language) {
		p, _ := drills(t, l, &presentertest.Script{})
		p.Talk("ex196121-2019-11-19")
		p.Table().Start()
		a := screen.NewAudience()
		a.Show(p.Table().Audience())
		w := show(t, a.Content(), usual)
		got := texts(w.Content())
		for _, secret := range presentertest.Scenario(t, "ex196121-2019-11-19").Injects[0].Expect {
			if strings.Contains(got, secret) {
				t.Errorf("%q is given away:\n%s", secret, got)
			}
		}
		if len(got) < 20 {
			t.Errorf("nothing is shown: %q", got)
		}
	})
}

// rehearsed is a live rehearsal up to the question whether to go on.
func rehearsed(_ context.Context, req engine.LiveRequest) (drill.Result, error) {
	d := presentertest.Domain()
	name := failover.FQDN(req.Name + "." + req.Domain)
	_, err := req.Confirm(engine.LivePreview{
		Domain: d, Name: name, Zone: "aoba.example.", Host: "rfc2136",
		Sets: []failover.RRset{
			failover.MXSet(name, 300, d.Primary.MX), failover.MXSet(name, 300, d.Secondary.MX), failover.MXSet(name, 300, d.Primary.MX),
		},
		Leftover: failover.MXSet(name, 300, d.Secondary.MX),
	})
	return drill.Result{}, err
}

// What is typed after a talk is taken down as it is typed, and is not that of the next talk
// about the same scenario; who decides is proposed once, and can be cleared.
func TestTableKeepsWhatIsTypedWithItsTalk(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme())
	p, s := drills(t, i18n.English, &presentertest.Script{})
	boxes := func() (all []*widgets.TextBox) {
		for _, o := range test.LaidOutObjects(s.Content()) {
			if b, ok := o.(*widgets.TextBox); ok {
				all = append(all, b)
			}
		}
		return all
	}
	who := func() *widgets.Field { return found(t, s.Content(), func(*widgets.Field) bool { return true }) }
	p.Talk("ex196121-2019-11-19")
	p.Table().Start()
	s.Update()
	if who().Text() != "Sato" {
		t.Errorf("%q is proposed", who().Text())
	}
	who().SetText("")
	s.Update()
	if got := who().Text(); got != "" {
		t.Errorf("what was cleared is %q again", got)
	}
	p.EndTalk()
	s.Update()
	answers := boxes()
	answer := answers[len(answers)-1]
	answer.SetText("Nobody knew who decides.")
	if asks := p.Table().State().Asks; asks[len(asks)-1].Answer != "Nobody knew who decides." {
		t.Errorf("typed, and not taken down: %+v", asks)
	}
	p.CloseTalk()
	p.Back()
	p.Talk("ex196121-2019-11-19")
	p.Table().Start()
	p.EndTalk()
	s.Update()
	for _, b := range boxes() {
		if b.Text() != "" {
			t.Errorf("the talk before is still answered: %q", b.Text())
		}
	}
	if asks := p.Table().State().Asks; asks[len(asks)-1].Answer != "" {
		t.Errorf("it is taken down for the new one: %+v", asks)
	}
}
