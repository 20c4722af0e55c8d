package shell

import (
	"context"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/widgets"
)

// No key has two meanings, on any system, and each that is listed says what it does.
func TestShortcutsAreOneTable(t *testing.T) {
	word, err := i18n.New(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	for _, system := range []string{"linux", "windows", "darwin"} {
		seen := map[string]bool{}
		for _, s := range shortcuts(system) {
			key := keyWords(system, s)
			if seen[key] {
				t.Errorf("%s: %s has two meanings", system, key)
			}
			seen[key] = true
			if s.do != cmdPage && commandWords(word, s.do) == "" {
				t.Errorf("%s: what %s does is not said", system, key)
			}
			if mac := s.with == fyne.KeyModifierSuper; s.with != 0 && mac != (system == "darwin") {
				t.Errorf("%s: %s goes with %v", system, key, s.with)
			}
		}
		for _, key := range []string{"F1", "F5", "F6", "Esc"} {
			if !seen[key] {
				t.Errorf("%s: there is no %s", system, key)
			}
		}
	}
	if got := keysOf("linux", cmdHelp, 0); !slices.Equal(got, []string{"F1", "Ctrl+/"}) {
		t.Errorf("the keys of the table are %v", got)
	}
}

// press gives a key to the window, as the driver does.
func press(w *Window, key fyne.KeyName, with fyne.KeyModifier) {
	c := w.window.Canvas()
	if with != 0 {
		s := &desktop.CustomShortcut{KeyName: key, Modifier: with}
		if f, ok := c.Focused().(fyne.Shortcutable); ok {
			f.TypedShortcut(s)
		} else if whole, ok := c.(fyne.Shortcutable); ok {
			whole.TypedShortcut(s)
		}
		return
	}
	if f := c.Focused(); f != nil {
		f.TypedKey(&fyne.KeyEvent{Name: key})
	} else {
		c.OnTypedKey()(&fyne.KeyEvent{Name: key})
	}
}

func TestKeysLeadEverywhere(t *testing.T) {
	d := testDesk(t, true)
	w := d.window
	press(w, fyne.Key2, fyne.KeyModifierShortcutDefault)
	if w.frame.Here() != pageSwitch {
		t.Errorf("Ctrl+2 leads to %s", w.frame.Here())
	}
	press(w, fyne.KeyF1, 0)
	top, ok := w.window.Canvas().Overlays().Top().(*widgets.Dialog)
	if !ok {
		t.Fatal("F1 shows no table")
	}
	press(w, fyne.Key1, fyne.KeyModifierShortcutDefault)
	if w.frame.Here() != pageSwitch {
		t.Error("a key went past the dialog")
	}
	press(w, fyne.KeyEscape, 0)
	if w.window.Canvas().Overlays().Top() == top {
		t.Error("Escape does not close the dialog")
	}
	w.SetTextSize(look.UsualText)
	press(w, fyne.KeyEqual, fyne.KeyModifierShortcutDefault)
	if w.TextSize() != look.UsualText+textStep {
		t.Errorf("text is %d %%", w.TextSize())
	}
}

// What is pressed while the window still waits for its pages is done once they are there:
// the last of it, and not where they cannot be shown.
func TestKeysPressedTooEarlyAreNotLost(t *testing.T) {
	parts := testDesk(t, true).parts
	word, err := i18n.New(i18n.English)
	if err != nil {
		t.Fatal(err)
	}
	w := testWindow(t, test.NewTempApp(t))
	w.wait("Lifeboat is starting …")
	press(w, fyne.Key3, fyne.KeyModifierShortcutDefault)
	press(w, fyne.Key2, fyne.KeyModifierShortcutDefault)
	w.Open(word, parts)
	if w.frame.Here() != pageSwitch {
		t.Errorf("Ctrl+2 before there were pages leads to %q", w.frame.Here())
	}
	stuck := testWindow(t, test.NewTempApp(t))
	stuck.wait("Lifeboat is starting …")
	press(stuck, fyne.Key2, fyne.KeyModifierShortcutDefault)
	stuck.stuck(context.DeadlineExceeded)
	stuck.Open(word, parts)
	if stuck.frame.Here() == pageSwitch {
		t.Error("a key from before the trouble leads away")
	}
}

// F6 goes round the areas, also from a control in the page.
func TestF6GoesRound(t *testing.T) {
	w := testWindow(t, test.NewTempApp(t))
	button := widgets.NewButton(widgets.Filled, "in the page", nil)
	below := widgets.NewButton(widgets.Outlined, "in the bar", nil)
	w.frame.SetPages([]Page{
		{Key: pageHome, Title: "Home", Content: button, Bar: container.New(widgets.LineUp(0, -1), below)},
		{Key: pageSwitch, Title: "Switch", Content: widgets.Space(10)},
	})
	w.ShowFrame()
	w.window.Resize(fyne.NewSize(1280, 800))
	w.desk = &desk{window: w}
	var seen []area
	for range 4 {
		press(w, fyne.KeyF6, 0)
		seen = append(seen, w.areaOf(w.window.Canvas().Focused()))
	}
	if !slices.Equal(seen, []area{areaNav, areaPage, areaBar, areaNav}) {
		t.Errorf("F6 leads to %v", seen)
	}
	press(w, fyne.KeyF6, fyne.KeyModifierControl)
	if w.window.Canvas().Focused() != fyne.Focusable(below) {
		t.Errorf("back from the navigation it leads to %T", w.window.Canvas().Focused())
	}
	w.frame.Go(pageSwitch)
	press(w, fyne.KeyF6, 0)
	if at := w.areaOf(w.window.Canvas().Focused()); at != areaNav {
		t.Errorf("on a page without controls it leads to %v", at)
	}
}
