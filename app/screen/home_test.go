package screen_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
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

// home is Home over a story of aoba.example.
func home(t *testing.T, l i18n.Language, at failover.Role, story presentertest.Story) *presenter.Home {
	t.Helper()
	d := presentertest.Domain()
	st := presentertest.Status(d, presentertest.Set(d, at))
	held, _ := drills(t, l, &presentertest.Script{})
	h := presenter.NewHome(tongue(t, l), lookout{engine.Status{At: presentertest.Noon, Domains: []engine.DomainStatus{st}}}, presenter.HomeOptions{
		Domains: []failover.Domain{d}, Now: func() time.Time { return presentertest.Noon.Add(12 * time.Second) }, Every: time.Minute, LastDrill: held.LastDrill,
	})
	h.Look(t.Context())
	for _, s := range presentertest.States(t, d, story) {
		h.Saw(d.Name, s)
	}
	return h
}

func TestHome(t *testing.T) {
	for name, c := range map[string]struct {
		at    failover.Role
		story presentertest.Story
		want  map[i18n.Language][]string
	}{
		"calm": {failover.Primary, presentertest.Calm, map[i18n.Language][]string{
			i18n.English: {"Mail is flowing through Microsoft 365.", "Start a drill"}, i18n.Japanese: {"正常に届いています", "訓練を始める"},
		}},
		"trouble": {failover.Primary, presentertest.Resets, map[i18n.Language][]string{
			i18n.English: {"Microsoft 365 is not taking mail from outside.", "Switch mail", "Keep waiting"}, i18n.Japanese: {"切り替える", "まだ待つ"},
		}},
		"secondary": {failover.Secondary, presentertest.Resets, map[i18n.Language][]string{
			i18n.English: {"Mail is led to Fastmail.", "Go back home"}, i18n.Japanese: {"普段に戻す"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			themed(t, func(t *testing.T, l i18n.Language) {
				p := home(t, l, c.at, c.story)
				var pressed []presenter.Action
				h := screen.NewHome(tongue(t, l), p, func(a presenter.Action) { pressed = append(pressed, a) })
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
