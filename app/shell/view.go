package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/widgets"
)

// Where the choices are kept, among the program's preferences on this machine.
const (
	keyBrightness = "brightness"
	keyLanguage   = "language"
)

const viewKey = "view"

// brightness is what was chosen last, or the system's.
func (w *Window) brightness() look.Brightness {
	b := look.Brightness(w.app.Preferences().Int(keyBrightness))
	if b != look.Light && b != look.Dark {
		return look.System
	}
	return b
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

// OfferView puts a menu at the foot of the navigation: light or dark, and the
// language. speak is called when a language is chosen, and makes the pages anew in
// it; it calls OfferView again with its tongue.
func (w *Window) OfferView(t *i18n.Tongue, speak func(i18n.Language)) {
	w.frame.addItem(widgets.NavEntry{Key: viewKey, Icon: look.IconTheme, Title: t.T("View")}, func() {
		menu := widget.NewPopUpMenu(w.viewMenu(t, speak), w.window.Canvas())
		size := menu.MinSize()
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.frame.viewItem())
		menu.ShowAtPosition(fyne.NewPos(at.X+8, max(at.Y-size.Height-4, 0)))
	})
}

// viewItem is the item that opens the menu.
func (f *Frame) viewItem() fyne.CanvasObject {
	for _, item := range f.nav.Items() {
		if item.Entry().Key == viewKey {
			return item
		}
	}
	return f.nav
}

func (w *Window) viewMenu(t *i18n.Tongue, speak func(i18n.Language)) *fyne.Menu {
	menu := fyne.NewMenu("")
	names := map[look.Brightness]string{look.System: t.T("As the system"), look.Light: t.T("Light"), look.Dark: t.T("Dark")}
	for _, b := range []look.Brightness{look.System, look.Light, look.Dark} {
		item := fyne.NewMenuItem(names[b], func() {
			w.app.Preferences().SetInt(keyBrightness, int(b))
			w.app.Settings().SetTheme(look.NewThemeIn(b))
		})
		item.Checked = b == w.brightness()
		menu.Items = append(menu.Items, item)
	}
	menu.Items = append(menu.Items, fyne.NewMenuItemSeparator())
	own := map[i18n.Language]string{i18n.English: "English", i18n.Japanese: "日本語"} // each in its own words
	for _, l := range i18n.Languages() {
		item := fyne.NewMenuItem(own[l], func() {
			w.app.Preferences().SetString(keyLanguage, string(l))
			speak(l)
		})
		item.Checked = l == t.Language
		menu.Items = append(menu.Items, item)
	}
	return menu
}
