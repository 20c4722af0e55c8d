package shell

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
)

// What was chosen is there at the next start: light or dark, text size, language,
// notices, the window's size, the page.
func TestWhatWasChosenIsKept(t *testing.T) {
	d := testDesk(t, true)
	w := d.window
	w.SetBrightness(look.Dark)
	dark := look.NewThemeIn(look.Dark).Color(theme.ColorNameForeground, theme.VariantLight)
	if got := w.app.Settings().Theme().Color(theme.ColorNameForeground, theme.VariantLight); got != dark {
		t.Errorf("after Dark, ink is %v", got)
	}
	w.SetTextSize(125)
	if got := w.app.Settings().Theme().Size(theme.SizeNameText); got != 18 {
		t.Errorf("text of 125 percent is %v high, not 18", got)
	}
	w.SetLanguage(i18n.Japanese)
	w.SetNotices(false)
	w.frame.Go(pageDrills)
	w.window.Resize(fyne.NewSize(1111, 777))
	w.keepView()

	again := newWindow(t.Context(), w.app, Options{Title: "again", Tongue: d.tongue}, w.do)
	defer again.window.Close()
	if again.Brightness() != look.Dark || again.TextSize() != 125 || again.Tongue().Language != i18n.Japanese || again.Notices() {
		t.Errorf("the next start has %v, %v %%, %v, notices %v", again.Brightness(), again.TextSize(), again.Tongue().Language, again.Notices())
	}
	if got := again.kept(); got != fyne.NewSize(1111, 777) {
		t.Errorf("the next window is %v", got)
	}
	if got := again.keptPage(); got != pageDrills {
		t.Errorf("the next start opens %q", got)
	}
}

// What cannot be true is not taken for a choice.
func TestOddChoicesAreNotTaken(t *testing.T) {
	w := testWindow(t, test.NewTempApp(t))
	p := w.app.Preferences()
	p.SetString(keyLanguage, "tlh")
	p.SetInt(keyBrightness, 77)
	p.SetFloat(keyWidth, 3)
	p.SetFloat(keyHeight, 90_000)
	p.SetInt(keyTextSize, 1000)
	if w.Language(i18n.Japanese) != i18n.Japanese || w.Brightness() != look.System || w.kept() != fyne.NewSize(usualWidth, usualHeight) {
		t.Errorf("taken: %v, %v, %v", w.Language(i18n.Japanese), w.Brightness(), w.kept())
	}
	if got := w.theme().Size(theme.SizeNameText); got != 21 {
		t.Errorf("the largest text is %v high", got)
	}
}

// Fyne's own dialogs speak our language, and change with it.
func TestDialogsOfFyneSpeakOurLanguage(t *testing.T) {
	for _, l := range []i18n.Language{i18n.Japanese, i18n.English} {
		word, err := i18n.New(l)
		if err != nil {
			t.Fatal(err)
		}
		if err := useWords(word); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"Cancel", "Open", "Save", "Select all"} {
			if got := lang.L(text); got != word.T(text) {
				t.Errorf("in %s, %q is %q, not %q", l, text, got, word.T(text))
			}
		}
	}
}

// A window is no larger than the screen, its frame counted in.
func TestWithinTheScreen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ size, room, want fyne.Size }{
		{fyne.NewSize(1280, 720), fyne.NewSize(1920, 1040), fyne.NewSize(1280, 720)},
		{fyne.NewSize(1280, 720), fyne.NewSize(1366, 728), fyne.NewSize(1280, 688)},
		{fyne.NewSize(1800, 1200), fyne.NewSize(1024, 768), fyne.NewSize(1024, 728)},
	} {
		if got := within(c.size, c.room); got != c.want {
			t.Errorf("a window of %v in a room of %v is %v, not %v", c.size, c.room, got, c.want)
		}
	}
}
