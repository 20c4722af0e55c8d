package shell

import (
	"encoding/json"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
)

// Where the choices are kept, among the program's preferences on this machine.
const (
	keyBrightness = "brightness"
	keyLanguage   = "language"
	keyTextSize   = "text_size" // in percent
	keyNotices    = "notices"   // "off": none
	keyPage       = "page"
	keyWidth      = "width" // of the window, in pixels at scale 1
	keyHeight     = "height"
	keyFolder     = "folder"  // where a file was chosen last
	keyMailbox    = "mailbox" // that was open last
	keyTold       = "told"    // causes that a notice was sent for
)

// The window's size, in pixels at scale 1, where none was kept, and the largest that
// is taken for one.
const (
	usualWidth  = 1280
	usualHeight = 720
	mostWidth   = 8000
)

// kept is the size that the window had last.
func (w *Window) kept() fyne.Size {
	p := w.app.Preferences()
	width, height := p.FloatWithFallback(keyWidth, usualWidth), p.FloatWithFallback(keyHeight, usualHeight)
	if width < leastWidth || height < leastHeight || width > mostWidth || height > mostWidth {
		return fyne.NewSize(usualWidth, usualHeight)
	}
	return fyne.NewSize(float32(width), float32(height))
}

// keepView takes down how large the window is. (Where it stands Fyne does not tell.)
func (w *Window) keepView() {
	size := w.window.Canvas().Size()
	if size.Width >= leastWidth && size.Height >= leastHeight {
		w.app.Preferences().SetFloat(keyWidth, float64(size.Width))
		w.app.Preferences().SetFloat(keyHeight, float64(size.Height))
	}
}

// keepPage takes down which page is shown.
func (w *Window) keepPage(key string) {
	if key != pageSetup { // half-finished set-up is found from Home
		w.app.Preferences().SetString(keyPage, key)
	}
}

// keptPage is the page that was shown last; empty: none.
func (w *Window) keptPage() string { return w.app.Preferences().String(keyPage) }

// theme is the program's, as it was chosen.
func (w *Window) theme() fyne.Theme {
	return look.NewThemeIn(w.Brightness()).WithText(w.TextSize())
}

// Brightness is what was chosen last, or the system's.
func (w *Window) Brightness() look.Brightness {
	b := look.Brightness(w.app.Preferences().Int(keyBrightness))
	if b != look.Light && b != look.Dark {
		return look.System
	}
	return b
}

// SetBrightness shows the window light, dark, or as the system is.
func (w *Window) SetBrightness(b look.Brightness) {
	w.app.Preferences().SetInt(keyBrightness, int(b))
	w.retheme()
}

// TextSize is the size of text that was chosen, in percent.
func (w *Window) TextSize() int {
	return w.app.Preferences().IntWithFallback(keyTextSize, look.UsualText)
}

// SetTextSize sets text larger or smaller, in percent of the usual size.
func (w *Window) SetTextSize(percent int) {
	percent = min(max(percent, look.SmallestText), look.LargestText)
	w.app.Preferences().SetInt(keyTextSize, percent)
	w.retheme()
}

func (w *Window) retheme() {
	w.app.Settings().SetTheme(w.theme())
	w.frame.object.Layout.Layout(w.frame.object.Objects, w.frame.object.Size()) // the navigation's width follows the text
	if w.desk != nil {
		w.desk.update()
	}
}

// Language is what was chosen in the window last, or else the given one.
func (w *Window) Language(otherwise i18n.Language) i18n.Language {
	chosen := i18n.Language(w.app.Preferences().String(keyLanguage))
	for _, l := range i18n.Languages() {
		if l == chosen {
			return l
		}
	}
	return otherwise
}

// SetLanguage speaks another language from now on.
func (w *Window) SetLanguage(l i18n.Language) {
	w.app.Preferences().SetString(keyLanguage, string(l))
	if w.desk != nil {
		w.desk.speak(l)
	}
}

// useWords gives Fyne's own dialogs our words. Fyne chooses a language by the system's
// and has no way to be told another, and no Japanese: so the words are put in place of
// those of whatever language it has chosen.
func useWords(t *i18n.Tongue) error {
	words, err := json.Marshal(map[string]string{
		"Advanced": t.T("Advanced"), "Cancel": t.T("Cancel"), "Confirm": t.T("Confirm"), "Copy": t.T("Copy"), "Cut": t.T("Cut"),
		"Create Folder": t.T("Create folder"), "New Folder": t.T("New folder"), "Enter filename": t.T("File name"), "Error": t.T("Error"),
		"Favourites": t.T("Favourites"), "File": t.T("File"), "Folder": t.T("Folder"), "No": t.T("No"), "OK": t.T("OK"), "Open": t.T("Open"),
		"Paste": t.T("Paste"), "Quit": t.T("Quit"), "Redo": t.T("Redo"), "Save": t.T("Save"), "Select all": t.T("Select all"),
		"Show Hidden Files": t.T("Show hidden files"), "Undo": t.T("Undo"), "Yes": t.T("Yes"), "file.name": t.T("Name"), "file.parent": t.T("Folder above"),
	})
	if err != nil {
		return err
	}
	return lang.AddTranslationsForLocale(words, lang.SystemLocale())
}

// viewOf lets the settings page change how the window looks and speaks.
type viewOf struct{ *Window }

// Brightness implements presenter.View.
func (v viewOf) Brightness() int { return int(v.Window.Brightness()) }

// SetBrightness implements presenter.View.
func (v viewOf) SetBrightness(b int) { v.Window.SetBrightness(look.Brightness(b)) }

// View is how the window looks and speaks, for the settings page.
func (w *Window) View() presenter.View { return viewOf{w} }

// Memory keeps what pages want to remember on this machine.
func (w *Window) Memory() presenter.Memory { return w.app.Preferences() }
