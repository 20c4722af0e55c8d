package shell

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

type lookout struct{ status engine.Status }

func (l lookout) Status(context.Context, []string) (engine.Status, error) { return l.status, nil }

func (lookout) Check(context.Context, engine.CheckRequest) (engine.CheckReport, error) {
	return engine.CheckReport{}, nil
}

// testDesk is the window's pages over a domain whose primary is down, real where the
// name must be typed, without a window thread of their own: the test calls update.
func testDesk(t *testing.T, typed bool) *desk {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(look.NewTheme())
	word, err := i18n.New(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	d := presentertest.Domain()
	status := presentertest.Status(d, presentertest.Set(d, failover.Primary))
	home := presenter.NewHome(word, lookout{engine.Status{At: presentertest.Noon, Domains: []engine.DomainStatus{status}}}, presenter.HomeOptions{
		Domains: []failover.Domain{d}, Now: presentertest.Now, Every: time.Minute, Practice: !typed,
	})
	home.Look(t.Context())
	home.Saw(d.Name, presentertest.State(t, d, presentertest.Resets))
	change := presenter.NewSwitch(word, presentertest.Switcher{Domain: d, Wait: make(chan struct{})}, presenter.SwitchOptions{
		Domains: []failover.Domain{d}, Now: presentertest.Now, Turn: presenter.NewTurn(), Typed: typed, Route: home.Route, Runs: home.Runs,
	})
	parts := Parts{Organization: "Aoba Trading", Domain: "aoba.example", Home: home, Switch: change}
	if !typed {
		world := presentertest.NewWorld(presentertest.Picture(failover.Primary, lab.Reset), presentertest.Totals(33))
		parts.Practice = presenter.NewPractice(word, world, world, presenter.PracticeOptions{Home: home, Switch: change, Domain: d})
	}
	parts.Drills = presenter.NewDrills(word, presenter.DrillsOptions{
		Scenarios: []drill.Scenario{presentertest.Scenario(t, "ex196121-2019-11-19")}, Archive: &presentertest.Archive{}, Now: presentertest.Now,
		Table: func(s presenter.Setup) (*drill.Table, error) {
			return drill.NewTable(drill.TableOptions{Scenario: s.Scenario, Domain: "aoba.example", Now: presentertest.Now})
		},
	})
	w := testWindow(t, a)
	w.tongue.Store(word)
	desk := newDesk(w, word, parts)
	if !typed {
		w.present(desk)
		return desk
	}
	w.real = desk
	w.present(desk)
	return desk
}

// thread is the UI thread of a test: what is handed to it is done when the test says
// so, on the test's own goroutine.
type thread struct{ queue chan func() }

// threads are those of the windows of tests.
var threads sync.Map

// pump does what was handed to a window's thread until a condition holds.
func pump(t *testing.T, w *Window, until func() bool) {
	t.Helper()
	th, _ := threads.Load(w)
	for !until() {
		select {
		case do := <-th.(*thread).queue:
			do()
		case <-t.Context().Done():
			t.Fatal("what was waited for did not come")
		}
	}
}

// settle does what is handed to a window's thread now.
func settle(t *testing.T, w *Window) {
	t.Helper()
	done := false
	w.do(func() { done = true })
	pump(t, w, func() bool { return done })
}

// testWindow is a window of the test driver, whose UI thread is the test.
func testWindow(t *testing.T, a fyne.App) *Window {
	t.Helper()
	word, err := i18n.New(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	th := &thread{queue: make(chan func(), 1000)}
	w := newWindow(t.Context(), a, Options{Title: "Lifeboat", Tongue: word}, func(do func()) { th.queue <- do })
	threads.Store(w, th)
	w.toasts.after = func(time.Duration, func()) {}
	w.notices.send = func(presenter.Notice, func()) {}
	w.window.Resize(fyne.NewSize(1280, 800))
	t.Cleanup(func() {
		w.cancel()
		w.works.Wait()
		w.window.Close()
		threads.Delete(w)
	})
	return w
}

func TestPressingSwitchLeadsToTheSwitch(t *testing.T) {
	for _, typed := range []bool{true, false} {
		d := testDesk(t, typed)
		d.act(presenter.DoSwitch)
		if d.window.frame.Here() != pageSwitch {
			t.Errorf("it leads to %s", d.window.frame.Here())
		}
		for d.parts.Switch.Phase() != presenter.PhaseAsking {
			<-d.door.news
		}
		d.update()
		name := ""
		if typed {
			d.press(presenter.DoYes, "something else")
			if d.parts.Switch.Phase() != presenter.PhaseAsking {
				t.Error("any word is a yes")
			}
			name = "aoba.example"
		}
		d.press(presenter.DoYes, name)
		for d.parts.Switch.Phase() != presenter.PhaseRunning {
			<-d.door.news
		}
		d.update()
		d.press(presenter.DoStop, "")
		for d.parts.Switch.Phase() != presenter.PhaseBroken {
			<-d.door.news
		}
		d.update()
		d.press(presenter.DoClose, "")
		if d.window.frame.Here() != pageHome {
			t.Errorf("closing leads to %s", d.window.frame.Here())
		}
	}
}

func TestAnotherLanguageIsSpokenAtOnce(t *testing.T) {
	d := testDesk(t, false)
	japanese := func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }
	for page, l := range map[string]i18n.Language{pageHome: i18n.Japanese, pageDrills: i18n.English} {
		d.window.frame.Go(page)
		d.speak(l)
		if d.window.frame.Here() != page {
			t.Errorf("it leads from %s to %s", page, d.window.frame.Here())
		}
		if got := said(d.window.window); strings.ContainsFunc(got, japanese) != (l == i18n.Japanese) {
			t.Errorf("on %s, in %s, it says:\n%s", page, l, got)
		}
	}
}

// The participants' window shows the message and the clock, and is brought to the
// front when it is asked for again.
func TestAudienceHasAWindowOfItsOwn(t *testing.T) {
	d := testDesk(t, true)
	d.act(presenter.DoDrill)
	d.parts.Drills.Talk("ex196121-2019-11-19")
	d.parts.Drills.Table().Start()
	d.openAudience()
	first := d.audience
	d.openAudience()
	d.update()
	if d.audience != first || d.audience == nil {
		t.Fatal("there are two windows, or none")
	}
	if got := said(d.audience.window); !strings.Contains(got, "The help desk") {
		t.Errorf("it shows:\n%s", got)
	}
	d.audience.window.Close()
	d.update()
	if d.audience != nil {
		t.Error("a closed window is still written to")
	}
}

// What a report cannot be written to is named in a sentence.
func TestReportThatCannotBeSaved(t *testing.T) {
	_, err := write(nil, nil, context.DeadlineExceeded)
	if err == nil || !strings.HasPrefix(err.Error(), "The report could not be written") {
		t.Errorf("it says %v", err)
	}
}
