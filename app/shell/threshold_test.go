package shell

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/widgets"
)

// Whoever goes to a page by its key is led by Tab to the first control of the page, and
// scrolls a page that has none.
func TestKeysStandBeforeThePage(t *testing.T) {
	w := testWindow(t, test.NewTempApp(t))
	first, other := widgets.NewButton(widgets.Filled, "first", nil), widgets.NewButton(widgets.Filled, "first of another", nil)
	w.frame.SetPages([]Page{
		{Key: pageHome, Title: "Home", Content: first},
		{Key: pageLog, Title: "Log", Content: tall("log", 3000)},
		{Key: pageQueue, Title: "Queue", Content: other},
	})
	w.ShowFrame()
	w.window.Resize(fyne.NewSize(1280, 800))
	w.desk = &desk{window: w}
	c := w.window.Canvas()
	press(w, fyne.Key3, fyne.KeyModifierShortcutDefault)
	if c.FocusNext(); c.Focused() != fyne.Focusable(other) {
		t.Fatalf("Tab leads to %T", c.Focused())
	}
	w.frame.Go(pageHome) // by something else: the button that had the keys is gone
	w.follow()
	if c.FocusNext(); c.Focused() != fyne.Focusable(first) {
		t.Errorf("from a control that is gone Tab leads to %T", c.Focused())
	}
	c.Unfocus() // as a button does that has come to mean something else
	w.follow()
	if c.FocusNext(); c.Focused() != fyne.Focusable(first) {
		t.Errorf("from nowhere Tab leads to %T", c.Focused())
	}
	for range 20 {
		if c.FocusNext(); c.Focused() == fyne.Focusable(w.frame.before) {
			t.Error("Tab stops where nothing is seen")
		}
	}
	press(w, fyne.Key2, fyne.KeyModifierShortcutDefault)
	s := w.frame.views[pageLog].scroll
	for _, k := range []struct {
		key  fyne.KeyName
		down bool
	}{{fyne.KeyDown, true}, {fyne.KeyPageDown, true}, {fyne.KeyUp, false}, {fyne.KeyEnd, true}, {fyne.KeyHome, false}} {
		before := s.Offset.Y
		if press(w, k.key, 0); s.Offset.Y > before != k.down || s.Offset.Y == before {
			t.Errorf("%s scrolls from %v to %v", k.key, before, s.Offset.Y)
		}
	}
	press(w, fyne.KeyF1, 0)
	if c.Overlays().Top() == nil {
		t.Error("the window's own keys do nothing there")
	}
}

// Another part of a page begins at its top, however far the one before was scrolled.
func TestAnotherPartBeginsAtItsTop(t *testing.T) {
	test.NewTempApp(t)
	content := container.NewStack(tall("long", 3000))
	f, _ := open(t, 1280, 800, Page{Key: pageSetup, Title: "Set-up", Content: content})
	s := f.views[pageSetup].scroll
	f.Part("first")
	s.ScrollToOffset(fyne.NewPos(0, 2000))
	if f.Part("first"); s.Offset.Y != 2000 {
		t.Errorf("the same part was scrolled to %v", s.Offset.Y)
	}
	content.Objects[0] = tall("short", 100)
	content.Refresh()
	f.Part("second")
	if s.Offset.Y != 0 || s.Content.Size().Height > s.Size().Height {
		t.Errorf("another part begins at %v, and is %v high in %v", s.Offset.Y, s.Content.Size().Height, s.Size().Height)
	}
}
