package shell

import (
	"context"
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
	"lifeboat/failover"
)

// top is the dialog that lies over the window.
func top(t *testing.T, w *Window) *widgets.Dialog {
	t.Helper()
	d, ok := w.window.Canvas().Overlays().Top().(*widgets.Dialog)
	if !ok {
		t.Fatal("there is no dialog")
	}
	return d
}

// Long work stands in the strip with how far it is; cancelling ends it, without a
// word; what fails is told, with details.
func TestWorkCanBeCancelled(t *testing.T) {
	d := testDesk(t, true)
	w := d.window
	began, ended := make(chan struct{}), make(chan struct{})
	d.Work("Export", func(ctx context.Context, tell func(string, float64)) error {
		tell("12 of 40", 0.3)
		close(began)
		<-ctx.Done()
		close(ended)
		return ctx.Err()
	})
	<-began
	d.update()
	jobs := w.frame.Work().Jobs()
	if len(jobs) != 1 || jobs[0].Title != "Export" || jobs[0].Note != "12 of 40" || jobs[0].Share != 0.3 {
		t.Fatalf("the strip shows %+v", jobs)
	}
	if !d.busy() {
		t.Error("nothing is said to go on")
	}
	test.Tap(w.frame.Work().First())
	<-ended
	for len(d.works.jobs()) > 0 {
		<-d.door.news
	}
	d.update()
	if jobs := w.frame.Work().Jobs(); len(jobs) != 0 {
		t.Errorf("the strip still shows %+v", jobs)
	}
	if w.window.Canvas().Overlays().Top() != nil {
		t.Error("what was cancelled is told as a problem")
	}
	if high := w.frame.Work().Size().Height; high != 0 {
		t.Errorf("an empty strip is %v high", high)
	}
}

func TestWorkThatFailsIsTold(t *testing.T) {
	d := testDesk(t, true)
	d.Work("Export", func(context.Context, func(string, float64)) error {
		return failover.Fail(failover.ErrDisk, "{file} could not be written: choose a folder that is yours and has room", "file", "a.zip").Because(errors.New("no space left on device"))
	})
	pump(t, d.window, func() bool { return d.window.window.Canvas().Overlays().Top() != nil })
	g := top(t, d.window)
	if data := g.Data(); !strings.Contains(data.Text, "a.zip") || !strings.Contains(data.Details, "no space left on device") || strings.Contains(data.Text, "no space") {
		t.Errorf("it says %q, with the details %q", data.Text, data.Details)
	}
}

// What is said in passing stands in the corner, a few at once and each once.
func TestToasts(t *testing.T) {
	d := testDesk(t, true)
	for _, text := range []string{"one", "one", "two", "three", "four"} {
		d.Toast(text)
	}
	settle(t, d.window)
	all := d.window.toasts.all
	if len(all) != mostToasts || all[0].Data().Text != "two" || all[2].Data().Text != "four" {
		t.Errorf("%d toasts, the first %+v", len(all), all[0].Data())
	}
	d.Copy("evidence")
	settle(t, d.window)
	if got := d.window.app.Clipboard().Content(); got != "evidence" {
		t.Errorf("copied: %q", got)
	}
}

// What cannot be opened is told in a sentence; a page of the web is handed to the system.
func TestOpenDeeds(t *testing.T) {
	d := testDesk(t, true)
	opened := make(chan string, 2)
	d.window.opens = func(_ context.Context, what string) error { opened <- what; return nil }
	d.OpenPage("https://example.jp/")
	d.OpenFile("/tmp/a")
	if a, b := <-opened, <-opened; a+b != "https://example.jp//tmp/a" && b+a != "https://example.jp//tmp/a" {
		t.Errorf("opened: %q and %q", a, b)
	}
	d.window.works.Wait()
	d.window.opens = func(context.Context, string) error {
		return failover.Fail(failover.ErrUnsupported, "no program on this computer opens {what}: see which one belongs to files of this kind", "what", "x.abc")
	}
	d.OpenFile("/tmp/x.abc")
	pump(t, d.window, func() bool { return d.window.window.Canvas().Overlays().Top() != nil })
	if got := top(t, d.window).Data().Text; !strings.Contains(got, "x.abc") {
		t.Errorf("it says %q", got)
	}
}

// A passphrase is asked for by a dialog; a new one twice; who cancels gives none.
func TestAskSecret(t *testing.T) {
	w := testWindow(t, test.NewTempApp(t))
	type answer struct {
		text string
		err  error
	}
	ask := func(q Question, do func(g *widgets.Dialog)) answer {
		got := make(chan answer, 1)
		go func() {
			text, err := w.AskSecret(t.Context(), q)
			got <- answer{text, err}
		}()
		pump(t, w, func() bool { return w.window.Canvas().Overlays().Top() != nil })
		do(top(t, w))
		return <-got
	}
	twice := Question{Title: "New", Label: "Passphrase", Again: "Again"}
	a := ask(twice, func(g *widgets.Dialog) {
		g.Fields()[0].SetText("correct horse")
		g.Fields()[1].SetText("correct hors")
		if !g.Yes().Disabled() {
			t.Error("two that differ are taken")
		}
		g.Fields()[1].SetText("correct horse")
		test.Tap(g.Yes())
		if g.Fields()[0].Text() != "" {
			t.Error("the passphrase stays in the field")
		}
	})
	if a.text != "correct horse" || a.err != nil {
		t.Errorf("answer: %+v", a)
	}
	if a = ask(Question{Title: "Open", Label: "Passphrase"}, func(g *widgets.Dialog) { g.Escape() }); !errors.Is(a.err, context.Canceled) {
		t.Errorf("cancelled: %+v", a)
	}
}

// A notice is sent once a cause, opens its page, and not at all when nobody wants any.
func TestNoticesAreSentOnce(t *testing.T) {
	d := testDesk(t, true)
	w := d.window
	var sent []string
	var open func()
	w.notices.send = func(n presenter.Notice, press func()) { sent = append(sent, n.Cause); open = press }
	due := []presenter.Notice{{Cause: "outage 1", Page: pageSwitch}}
	w.notices.tell(due)
	w.notices.tell(due)
	if len(sent) != 1 {
		t.Errorf("sent: %v", sent)
	}
	open()
	settle(t, w)
	if w.frame.Here() != pageSwitch {
		t.Errorf("the notice opens %s", w.frame.Here())
	}
	again := newNotices(w) // the next start
	again.send = w.notices.send
	again.tell(due)
	if len(sent) != 1 {
		t.Errorf("after a start it is sent again: %v", sent)
	}
	w.SetNotices(false)
	again.tell([]presenter.Notice{{Cause: "outage 2"}})
	if len(sent) != 1 {
		t.Errorf("sent although nobody wants any: %v", sent)
	}
}

// Leaving asks where something would end, and says what.
func TestLeavingAsksWhereSomethingEnds(t *testing.T) {
	d := testDesk(t, true)
	d.parts.Serving = func() bool { return true }
	d.window.leave()
	g := top(t, d.window)
	if !strings.Contains(g.Data().Text, "mirror grows old") || !g.Data().Risky {
		t.Errorf("it says %q", g.Data().Text)
	}
	g.Escape()
	d.parts.Serving = func() bool { return false }
	d.parts.Drills.Talk("ex196121-2019-11-19")
	if got := d.window.wouldEnd(); !strings.Contains(got, "record is kept") {
		t.Errorf("amid a drill it says %q", got)
	}
	if got := testDesk(t, false).window.wouldEnd(); got != "" {
		t.Errorf("of the practice world it says %q", got)
	}
}

// A dialog keeps nobody from leaving. What was typed into it is told of, and stays where the
// person stays.
func TestLeavingFromADialog(t *testing.T) {
	quit := func(w *Window) { press(w, fyne.KeyQ, fyne.KeyModifierShortcutDefault) }
	d := testDesk(t, true)
	w := d.window
	d.parts.Serving = func() bool { return true }
	d.Ask(widgets.DialogData{Title: "Name", Fields: []widgets.FieldOptions{{Label: "Name"}}, Yes: "OK", No: "Cancel"}, nil)
	settle(t, w)
	asked := top(t, w)
	quit(w)
	g := top(t, w)
	if g == asked || !strings.Contains(g.Data().Text, "mirror grows old") {
		t.Fatalf("over a dialog Ctrl+Q asks %q", g.Data().Text)
	}
	if quit(w); top(t, w) != g {
		t.Error("it is asked twice")
	}
	g.Escape()
	if top(t, w) != asked || w.window.Canvas().Focused() == nil {
		t.Error("staying does not lead back into the dialog")
	}
	d.parts.Serving = func() bool { return false }
	asked.Fields()[0].SetText("half a na")
	quit(w)
	if g = top(t, w); g == asked || !strings.Contains(g.Data().Text, "typed") {
		t.Fatalf("with something typed it asks %q", g.Data().Text)
	}
	g.Escape()
	if top(t, w) != asked || asked.Fields()[0].Text() != "half a na" {
		t.Error("what was typed is gone")
	}
	asked.Fields()[0].SetText("")
	ended := make(chan struct{}, 1)
	d.parts.Settle = func(context.Context) error { ended <- struct{}{}; return nil }
	if quit(w); top(t, w) != asked {
		t.Error("with nothing typed it asks all the same")
	}
	<-ended
}

// What was entered is waited for, once of each world; a set-up that nobody has looked at has
// nothing, and nobody at work who would say so.
func TestLeavingWaitsForWhatWasEntered(t *testing.T) {
	settle := func(context.Context) error { return nil }
	own := testDesk(t, true)
	own.parts.Settle = settle
	if got := len(own.window.settles()); got != 1 {
		t.Errorf("of one world %d are waited for", got)
	}
	practice := testDesk(t, false)
	practice.parts.Settle = settle
	if got := len(practice.window.settles()); got != 0 {
		t.Errorf("in practice, without a look at the set-up, %d are waited for", got)
	}
	practice.setup = true
	if got := len(practice.window.settles()); got != 1 {
		t.Errorf("in practice, with the set-up at work, %d are waited for", got)
	}
}

// From practice to the real mail, and back, without a start between.
func TestFromPracticeToTheRealMailAndBack(t *testing.T) {
	own, practice := testDesk(t, true).parts, testDesk(t, false).parts
	w := testWindow(t, test.NewTempApp(t))
	closed := false
	practice.Close = func() { closed = true }
	word, err := i18n.New(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	w.host = Host{
		Real:     func(context.Context, *i18n.Tongue) (Parts, error) { return own, nil },
		Practice: func(context.Context, *i18n.Tongue) (Parts, error) { return practice, nil },
	}
	w.Open(word, practice)
	if w.HasReal() || w.desk.parts.Practice == nil {
		t.Fatal("practice is not shown")
	}
	behind := w.desk
	w.Renew(pageDrills)
	pump(t, w, func() bool { return w.real != nil })
	if !w.HasReal() || w.desk != w.real || w.frame.Here() != pageDrills {
		t.Errorf("after the set-up: real %v, page %s", w.HasReal(), w.frame.Here())
	}
	<-behind.ctx.Done()
	w.Open(word, practice)
	if w.desk == w.real || w.real == nil {
		t.Error("practice does not lie before the real mail")
	}
	front := w.desk
	w.Home()
	settle(t, w)
	if w.desk != w.real {
		t.Error("there is no way back")
	}
	<-front.ctx.Done()
	w.cancel()
	w.works.Wait()
	if !closed {
		t.Error("the practice world was not closed")
	}
}
