package screen_test

import (
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// practice is the practice page over a world that stands still.
func practice(t *testing.T, l i18n.Language, at failover.Role, story presentertest.Story, trouble presenter.TroubleKey) *screen.Practice {
	t.Helper()
	d := presentertest.Domain()
	d.Primary.Name, d.Secondary.Name = "Harbormail", "Lighthouse"
	word := tongue(t, l)
	st := presentertest.Status(d, presentertest.Set(d, at))
	st.SwitchTakes = 5 * time.Second
	h := presenter.NewHome(word, lookout{engine.Status{At: presentertest.Noon, Domains: []engine.DomainStatus{st}}}, presenter.HomeOptions{
		Domains: []failover.Domain{d}, Now: presentertest.Now, Every: time.Second, Practice: true,
	})
	h.Look(t.Context())
	h.Saw(d.Name, presentertest.State(t, d, story))
	fault := lab.None
	waiting := 0
	if trouble != "" {
		fault, waiting = lab.Reset, 33
	}
	world := presentertest.NewWorld(presentertest.Picture(at, fault), presentertest.Totals(waiting))
	sw := presenter.NewSwitch(word, presentertest.Switcher{Domain: d}, presenter.SwitchOptions{Domains: []failover.Domain{d}, Now: presentertest.Now, Turn: presenter.NewTurn()})
	p := presenter.NewPractice(word, world, world, presenter.PracticeOptions{Home: h, Switch: sw, Domain: d})
	if trouble != "" {
		p.Break(trouble)
	}
	home := screen.NewHome(word, h, func(presenter.Action) {})
	return screen.NewPractice(word, p, home, screen.PracticeDeeds{Break: func(presenter.TroubleKey) {}, Mend: func() {}, Play: func() {}})
}

func TestPractice(t *testing.T) {
	for name, c := range map[string]struct {
		at      failover.Role
		story   presentertest.Story
		trouble presenter.TroubleKey
		want    map[i18n.Language]string
	}{
		"calm":     {failover.Primary, presentertest.Calm, "", map[i18n.Language]string{i18n.English: "Press Break it", i18n.Japanese: "「壊してみる」"}},
		"broken":   {failover.Primary, presentertest.Resets, presenter.TroubleResets, map[i18n.Language]string{i18n.English: "Press Switch mail", i18n.Japanese: "「切り替える」"}},
		"switched": {failover.Secondary, presentertest.Resets, presenter.TroubleResets, map[i18n.Language]string{i18n.English: "Now press Mend", i18n.Japanese: "「直す」"}},
		"mended":   {failover.Secondary, presentertest.Calm, "", map[i18n.Language]string{i18n.English: "Press Go back home", i18n.Japanese: "「普段に戻す」"}},
	} {
		t.Run(name, func(t *testing.T) {
			themed(t, func(t *testing.T, l i18n.Language) {
				p := practice(t, l, c.at, c.story, c.trouble)
				word := tongue(t, l)
				w := show(t, framed(t, l, "home", shell.Page{Content: p.Content()}, shell.Watch{Icon: look.IconFlag, First: word.T("Practice, in the lab"), Second: word.T("Nothing real is touched")}), usual)
				if got := texts(w.Content()); !strings.Contains(got, c.want[l]) {
					t.Errorf("%q is not shown:\n%s", c.want[l], got)
				}
			})
		})
	}
}
