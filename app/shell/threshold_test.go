package shell

import (
	"testing"

	"fyne.io/fyne/v2"
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
