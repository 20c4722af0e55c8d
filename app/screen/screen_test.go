package screen_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/shell"
	"lifeboat/app/widgets"
)

// The size that pictures are taken at, and the smallest that everything must fit.
var (
	usual = fyne.NewSize(1280, 800)
	small = fyne.NewSize(1000, 640)
	// The sizes that the screens' outlines are kept at.
	laptop = fyne.NewSize(1024, 700)
	wide   = fyne.NewSize(1920, 1080)
)

func tongue(t *testing.T, l i18n.Language) *i18n.Tongue {
	t.Helper()
	tongue, err := i18n.New(l)
	if err != nil {
		t.Fatal(err)
	}
	return tongue
}

// framed puts a page into the window's frame, as it is in the program.
func framed(t *testing.T, l i18n.Language, key string, page shell.Page, watch shell.Watch) fyne.CanvasObject {
	t.Helper()
	word := tongue(t, l)
	f := shell.NewFrame()
	pages := []shell.Page{
		{Key: "home", Title: word.T("Home"), Icon: look.IconHome, Content: widgets.Space(1)},
		{Key: "mail", Title: word.T("Mail"), Icon: look.IconMail, Content: widgets.Space(1)},
		{Key: "switch", Title: word.T("Switch"), Icon: look.IconSwitch, Content: widgets.Space(1)},
		{Key: "tests", Title: word.T("Tests"), Icon: look.IconTests, Content: widgets.Space(1)},
		{Key: "queue", Title: word.T("Queue"), Icon: look.IconQueue, Content: widgets.Space(1)},
		{Key: "drills", Title: word.T("Drills"), Icon: look.IconDrills, Content: widgets.Space(1)},
		{Key: "log", Title: word.T("Log"), Icon: look.IconLog, Content: widgets.Space(1)},
		{Key: "settings", Title: word.T("Settings"), Icon: look.IconSettings, Content: widgets.Space(1), Foot: true},
	}
	for i := range pages {
		if pages[i].Key == key {
			pages[i].Content, pages[i].Bar = page.Content, page.Bar
		}
	}
	f.SetPages(pages)
	f.Go(key)
	f.SetHeader("Aoba Trading", "aoba.example")
	f.SetWatch(watch)
	return f.Object()
}

// show puts content into a window of the test driver. With LIFEBOAT_PICTURES=DIR a
// picture of it is kept there.
func show(t *testing.T, content fyne.CanvasObject, size fyne.Size) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, content)
	w.SetPadded(false)
	for _, at := range []struct {
		size fyne.Size
		name string
	}{{small, "-small"}, {laptop, "-laptop"}, {wide, "-wide"}, {size, ""}} {
		for range 2 { // as a window would, until paragraphs have the lines they need
			w.Resize(at.size.AddWidthHeight(1, 1))
			w.Resize(at.size)
		}
		holdUncut(t, w.Content())
		holdWhole(t, w)
		if at.size == laptop || at.size == wide {
			holdGolden(t, w, at.name)
		}
		if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
			keep(t, filepath.Join(dir, strings.ReplaceAll(t.Name(), "/", "-")+at.name+".png"), w.Canvas().Capture())
		}
	}
	return w
}

// holdUncut expects that no text was ellipsed for want of room, but for those in rows
// that open to all of it.
func holdUncut(t *testing.T, o fyne.CanvasObject) {
	t.Helper()
	inRow := map[fyne.CanvasObject]bool{}
	for _, l := range test.LaidOutObjects(o) {
		if list, ok := l.(*widgets.RowList); ok {
			for _, in := range test.LaidOutObjects(list) {
				inRow[in] = true
			}
		}
	}
	for _, l := range test.LaidOutObjects(o) {
		if text, ok := l.(*canvas.Text); ok && text.Visible() && cut(text.Text) && !inRow[l] {
			t.Errorf("cut off: %q", text.Text)
		}
	}
}

// cut reports whether a text ends in the dots that the widgets put where there is no
// room.
func cut(text string) bool {
	return strings.HasSuffix(text, "…") && !strings.HasSuffix(text, " …")
}

func keep(t *testing.T, file string, picture image.Image) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
}

// themed runs a test in light and dark, English and Japanese.
func themed(t *testing.T, do func(t *testing.T, l i18n.Language)) {
	for name, variant := range map[string]fyne.ThemeVariant{"light": theme.VariantLight, "dark": theme.VariantDark} {
		for _, l := range i18n.Languages() {
			t.Run(string(l)+"-"+name, func(t *testing.T) {
				a := test.NewTempApp(t)
				a.Settings().SetTheme(fixedVariant{look.NewTheme(), variant})
				do(t, l)
			})
		}
	}
}

// fixedVariant shows a theme in one variant, whatever the system prefers.
type fixedVariant struct {
	fyne.Theme
	variant fyne.ThemeVariant
}

func (f fixedVariant) Color(n fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	return f.Theme.Color(n, f.variant)
}

// texts collects all that a tree of objects says.
func texts(o fyne.CanvasObject) string {
	var all []string
	for _, l := range test.LaidOutObjects(o) {
		switch l := l.(type) {
		case *widgets.Words:
			all = append(all, l.Text())
		case *widgets.Paragraph:
			all = append(all, l.Text())
		case *widgets.Button:
			all = append(all, l.Text())
		case *widgets.Pill:
			all = append(all, l.Data().Text)
		case *widgets.Evidence:
			for _, r := range l.Rows() {
				all = append(all, r.Label, r.Value)
			}
		}
	}
	return strings.Join(all, "\n")
}
