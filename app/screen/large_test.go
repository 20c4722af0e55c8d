package screen_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/screen"
	"lifeboat/app/shell"
	"lifeboat/app/widgets"
	"lifeboat/failover"
)

// With the largest text everything is still said in full, and nothing lies upon
// anything else.
func TestLargestText(t *testing.T) {
	d := presentertest.Domain()
	for _, l := range i18n.Languages() {
		t.Run(string(l), func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light).WithText(look.LargestText))
			word := tongue(t, l)
			got := presentertest.Connections(d, l == i18n.Japanese)
			_, tests, _ := testsPage(t, l, &presentertest.Tester{Gets: got, Kept: &got}, []failover.Domain{d}, 0)
			act := func(presenter.Action) {}
			pages := map[string]shell.Page{
				"tests": {Content: tests.Content()},
				"home":  {Content: screen.NewHome(word, home(t, l, homeScene{at: failover.Primary, story: presentertest.Calm}), act).Content()},
			}
			trouble := screen.NewHome(word, home(t, l, homeScene{at: failover.Primary, story: presentertest.Resets, waiting: 6}), act)
			p := presenter.NewSwitch(word, presentertest.Switcher{Domain: d, Routed: true}, presenter.SwitchOptions{
				Domains: []failover.Domain{d}, Now: presentertest.Now, Turn: presenter.NewTurn(), Typed: true, Waiting: func() int { return 86 },
			})
			change := screen.NewSwitch(word, p, func(presenter.SwitchDo, string) {})
			await(t, func() bool { return p.Phase() == presenter.PhaseAsking }, func(changed func()) {
				p.Begin(t.Context(), presenter.Order{Kind: failover.Failover}, changed)
			})
			change.Update()
			pages["switch"] = shell.Page{Content: change.Content(), Bar: change.Bar()}
			for key, page := range pages {
				holdLarge(t, key, page)
			}
			holdLarge(t, "trouble", shell.Page{Content: trouble.Content()})
			p.Stop()
		})
	}
}

func holdLarge(t *testing.T, name string, page shell.Page) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		content := container.NewVScroll(page.Content)
		o := fyne.CanvasObject(content)
		if page.Bar != nil {
			o = container.NewBorder(nil, widgets.NewBar(page.Bar), nil, nil, content)
		}
		w := test.NewTempWindow(t, o)
		w.SetPadded(false)
		for range 2 { // as wide as the window leaves it on a small screen
			w.Resize(fyne.NewSize(881, 700))
			w.Resize(fyne.NewSize(880, 700))
		}
		keepPicture(t, w, "-large")
		holdUncut(t, w.Content())
		holdWhole(t, w)
	})
}

// keepPicture keeps a picture where LIFEBOAT_PICTURES says so.
func keepPicture(t *testing.T, w fyne.Window, name string) {
	t.Helper()
	if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
		keep(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+name+".png"), w.Canvas().Capture())
	}
}

// inPairs runs a test as themed does, but where no pictures are taken only in two of
// the four pairs, which are every theme and every language. It is for states of a page
// that differ from its main ones in words alone.
func inPairs(t *testing.T, main bool, do func(t *testing.T, l i18n.Language)) {
	themed(t, func(t *testing.T, l i18n.Language) {
		light := strings.HasSuffix(t.Name(), "-light")
		if !main && !*update && os.Getenv("LIFEBOAT_PICTURES") == "" && light != (l == i18n.English) {
			return
		}
		do(t, l)
	})
}
