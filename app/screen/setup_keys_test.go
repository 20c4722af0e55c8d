package screen_test

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/app/widgets"
)

// All steps by keyboard alone: Tab, Space, Enter and the arrows.
func TestSetupByKeyboard(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	e := presentertest.NewSetup(engine.SetupDraft{})
	p := newSetupPage(t, i18n.English, e)
	w := test.NewTempWindow(t, framedSetup(p.screen))
	w.Resize(usual)
	c, _ := w.Canvas().(test.WindowlessCanvas)
	to := func(is func(fyne.Focusable) bool) fyne.Focusable {
		t.Helper()
		for range 80 {
			if f := c.Focused(); f != nil && is(f) {
				return f
			}
			c.FocusNext()
		}
		t.Fatalf("Tab does not lead there on %s: %v", p.presenter.State().Now, c.Focused())
		return nil
	}
	button := func(text string) {
		t.Helper()
		to(func(f fyne.Focusable) bool {
			b, ok := f.(*widgets.Button)
			return ok && b.Text() == text && b.Visible()
		}).TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	}
	typeInto := func(text string) {
		t.Helper()
		test.Type(to(func(f fyne.Focusable) bool { _, ok := f.(interface{ SelectedText() string }); return ok }), text)
	}
	typeInto("aoba.example")
	button("Look up")
	button("Next")
	if st := p.presenter.State(); st.Now != engine.StepPrimary || e.Draft().Domain != "aoba.example" {
		t.Fatalf("on %s with %+v", st.Now, e.Draft())
	}
	typeInto("aoba.onmicrosoft.com") // the focus is on the page's first field, or its first choice
	button("Next")
	choice := to(func(f fyne.Focusable) bool { _, ok := f.(*widgets.Choice); return ok })
	for _, k := range []fyne.KeyName{fyne.KeySpace, fyne.KeyRight, fyne.KeyRight} {
		choice.TypedKey(&fyne.KeyEvent{Name: k})
	}
	p.wait()
	if got := e.Draft().Secondary.Preset; got != "fastmail" {
		t.Fatalf("the arrows chose %q", got)
	}
	p.screen.Update()
	typeInto("admin@aoba.example")
	c.FocusNext()
	typeInto("app password")
	button("Test")
	if e.Secret("secondary") != "app password" {
		t.Errorf("the password was not kept when it was tested: %+v", e.Draft())
	}
	button("Next")
	button("Next") // the emergency subdomain that is proposed
	button("Next") // DNS by hand
	typeInto("keiri@aoba.example")
	button("Add")
	button("Next")
	button("Save, and mirror now")
	button("Next")
	button("Start the first drill")
	if d := e.Draft(); len(d.Recipients) != 1 || d.Emergency != "emergency" || d.Primary.Tenant != "aoba.onmicrosoft.com" || e.Writings() == 0 || !slices.Contains(p.did, "done drills") {
		t.Errorf("%+v, %q", d, p.did)
	}
	step, ok := to(func(f fyne.Focusable) bool { _, ok := f.(*widgets.StepButton); return ok }).(*widgets.StepButton)
	if !ok {
		t.Fatal("no step")
	}
	step.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if now := p.presenter.State().Now; now != engine.StepPrimary {
		t.Errorf("the steps lead to %s", now)
	}
}

// What the window is asked for.
func TestSetupAsksTheWindow(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	p := newSetupPage(t, i18n.English, presentertest.NewSetup(drafted(engine.StepSecondary)))
	w := test.NewTempWindow(t, framedSetup(p.screen))
	w.Resize(usual)
	for _, text := range []string{"Copy aoba.example", "Open the console", "How to mend it"} {
		for _, o := range test.LaidOutObjects(w.Content()) {
			if b, ok := o.(*widgets.Button); ok && b.Text() == text {
				b.Press()
				break
			}
		}
	}
	want := []string{"copy aoba.example", "open https://app.fastmail.com/", "help Choose a provider of another company as the secondary."}
	if !slices.Equal(p.did, want) {
		t.Errorf("asked for %q, want %q", p.did, want)
	}
	for _, o := range test.LaidOutObjects(w.Content()) {
		if c, ok := o.(*widgets.Check); ok && !c.Checked() {
			test.Tap(c)
			break
		}
	}
	if all := texts(w.Content()); !strings.Contains(all, "1 of 3 done") {
		t.Error("what was done at the console is not ticked off")
	}
}
