package screen_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
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
)

type lookout struct{ status engine.Status }

func (l lookout) Status(context.Context, []string) (engine.Status, error) { return l.status, nil }

func (lookout) Check(context.Context, engine.CheckRequest) (engine.CheckReport, error) {
	return engine.CheckReport{}, nil
}

// homeNow is when Home is looked at.
var homeNow = presentertest.Noon.Add(12 * time.Second)

// homeScene is what Home is shown over.
type homeScene struct {
	at      failover.Role
	story   presentertest.Story
	waiting int // in the send queue
	empty   bool
	domains []failover.Domain // none: aoba.example
	tests   *presenter.TestsBrief
}

// home is Home over a scene, with a day of the mirror's age behind it.
func home(t *testing.T, l i18n.Language, sc homeScene) *presenter.Home {
	t.Helper()
	if sc.domains == nil {
		sc.domains = []failover.Domain{presentertest.Domain()}
	}
	status := engine.Status{Mirror: presentertest.Mirror(homeNow)}
	for _, d := range sc.domains {
		status.Domains = append(status.Domains, presentertest.Status(d, presentertest.Set(d, sc.at)))
	}
	var box *presentertest.Outbox
	opt := presenter.HomeOptions{Domains: sc.domains, Now: func() time.Time { return homeNow }, Every: time.Minute, Memory: &presentertest.Memory{}}
	if sc.empty {
		status.Mirror = engine.MirrorStatus{State: engine.NoMirror}
	} else {
		held, _ := drills(t, l, &presentertest.Script{})
		opt.LastDrill = held.LastDrill
		box = &presentertest.Outbox{Now: homeNow, Oldest: homeNow.Add(-41 * time.Minute)}
		opt.Outbox = box
	}
	if sc.tests != nil {
		opt.Tests = func() presenter.TestsBrief { return *sc.tests }
	}
	looks := &lookout{status}
	h := presenter.NewHome(tongue(t, l), looks, opt)
	for i := range 48 {
		if sc.empty {
			break
		}
		looks.status.At = presentertest.Noon.Add(time.Duration(i-47) * 30 * time.Minute)
		looks.status.Mirror.Complete = looks.status.At.Add(-time.Duration(2+i*7%5) * time.Minute)
		h.Look(t.Context())
	}
	looks.status.At, looks.status.Mirror.Complete = homeNow, status.Mirror.Complete
	h.Look(t.Context())
	for _, d := range sc.domains {
		for i, s := range presentertest.States(t, d, sc.story) {
			if box != nil && sc.waiting > 0 && i%7 == 0 { // the queue grows while it goes on
				box.Waiting = i * sc.waiting / 59
				h.Look(t.Context())
			}
			h.Saw(d.Name, s)
		}
	}
	if box != nil {
		box.Waiting = sc.waiting
		h.Look(t.Context())
	}
	return h
}

func TestHome(t *testing.T) {
	long := presentertest.Domain()
	long.Name, long.Secondary.Name = "a-company-with-quite-a-long-name.example.", "The Very Reliable Mail Hosting Company of Hokkaido"
	failing := presenter.TestsBrief{Light: presenter.LightDown, Failing: 1, First: "Your addresses accepted at Fastmail: 38 of 40.", Key: "rcpt", Oldest: presentertest.Noon}
	for name, c := range map[string]struct {
		homeScene
		want map[i18n.Language][]string
	}{
		"calm": {homeScene{at: failover.Primary, story: presentertest.Calm}, map[i18n.Language][]string{
			i18n.English:  {"Mail is flowing through Microsoft 365.", "The mirror is 2 min old.", "40 mailboxes, 90 days, 61,204 messages", "Start a drill", "In a week"},
			i18n.Japanese: {"正常に届いています", "訓練を始める", "1週間後に"},
		}},
		"empty": {homeScene{at: failover.Primary, story: presentertest.Calm, empty: true}, map[i18n.Language][]string{
			i18n.English: {"No mirror yet", "Set up the mirror"}, i18n.Japanese: {"ミラーはまだありません"},
		}},
		"mend": {homeScene{at: failover.Primary, story: presentertest.Calm, tests: &failing, waiting: 3}, map[i18n.Language][]string{
			i18n.English: {"Your addresses accepted at Fastmail: 38 of 40.", "See what to do", "3 waiting"}, i18n.Japanese: {"対処を見る"},
		}},
		"several": {homeScene{at: failover.Primary, story: presentertest.Calm, domains: []failover.Domain{long, presentertest.Domain()}}, map[i18n.Language][]string{
			i18n.English: {"All domains", "a-company-with-quite-a-long-name.example"}, i18n.Japanese: {"すべてのドメイン"},
		}},
		"trouble": {homeScene{at: failover.Primary, story: presentertest.Resets, waiting: 86}, map[i18n.Language][]string{
			i18n.English: {"Microsoft 365 is not taking mail from outside.", "Switch mail", "Keep waiting"}, i18n.Japanese: {"切り替える", "まだ待つ"},
		}},
		"secondary": {homeScene{at: failover.Secondary, story: presentertest.Resets}, map[i18n.Language][]string{
			i18n.English: {"Mail goes to Fastmail now.", "Go back home"}, i18n.Japanese: {"普段に戻す"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inPairs(t, name == "calm" || name == "trouble", func(t *testing.T, l i18n.Language) {
				p := home(t, l, c.homeScene)
				h := screen.NewHome(tongue(t, l), p, func(presenter.Action) {})
				s := h.State()
				content := framed(t, l, "home", shell.Page{Content: h.Content()}, shell.Watch{Shape: widgets.Disc, First: s.Watching.First, Second: s.Watching.Second})
				w := show(t, content, usual)
				got := texts(w.Content())
				for _, want := range c.want[l] {
					if !strings.Contains(got, want) {
						t.Errorf("%q is not shown:\n%s", want, got)
					}
				}
			})
		})
	}
}

// What Home offers is pressed with keys alone, and put off for a week.
func TestHomeByKeyboard(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewTheme())
	p := home(t, i18n.English, homeScene{at: failover.Primary, story: presentertest.Calm})
	var pressed []presenter.Action
	h := screen.NewHome(tongue(t, i18n.English), p, func(a presenter.Action) { pressed = append(pressed, a) })
	w := test.NewTempWindow(t, h.Content())
	w.Resize(usual)
	for range 3 {
		test.FocusNext(w.Canvas())
		w.Canvas().Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	}
	if want := []presenter.Action{presenter.DoCheck, presenter.DoPutOff, presenter.DoDrill}; len(pressed) != 3 || pressed[0] != want[0] || pressed[1] != want[1] || pressed[2] != want[2] {
		t.Errorf("keys press %v, not %v", pressed, want)
	}
	p.PutOff()
	h.Update()
	if h.State().Next != nil {
		t.Errorf("what was put off is there: %+v", h.State().Next)
	}
}
