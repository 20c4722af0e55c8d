package shell

import (
	"context"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/widgets"
	"lifeboat/app/widgets/outline"
)

// open puts a frame with some pages into a window of that size.
func open(t *testing.T, width, height float32, pages ...Page) (*Frame, fyne.Window) {
	t.Helper()
	f := NewFrame()
	if len(pages) == 0 {
		pages = []Page{
			{Key: "home", Title: "Home", Icon: look.IconHome, Content: tall("home", 400)},
			{Key: "switch", Title: "Switch", Icon: look.IconSwitch, Content: tall("switch", 400), Bar: container.New(widgets.LineUp(16, 0), widgets.NewParagraph(look.Caption, "Stop keeps what is done and says what is not."), widgets.NewButton(widgets.Outlined, "Stop here", nil).Sized(widgets.ButtonInBar))},
			{Key: "drills", Title: "Drills", Icon: look.IconDrills, Content: tall("drills", 2000)},
			{Key: "settings", Title: "Settings", Icon: look.IconSettings, Content: tall("settings", 100), Foot: true},
		}
	}
	f.SetPages(pages)
	f.SetHeader("Aoba Trading", "aoba.example")
	f.SetWatch(Watch{Icon: look.IconFlag, First: "Practice, in the lab", Second: "nothing real is touched"})
	w := test.NewTempWindow(t, f.Object())
	w.SetPadded(false)
	w.Resize(fyne.NewSize(width, height))
	return f, w
}

// tall is a page of that height.
func tall(name string, height float32) fyne.CanvasObject {
	return container.New(widgets.Rows(0), widgets.NewWords(look.Title, name), widgets.NewCard(widgets.Space(height)))
}

// said collects the words that are on the screen.
func said(w fyne.Window) string {
	var all []string
	for _, i := range outline.Of(w.Canvas()) {
		if i.Kind == "Words" {
			all = append(all, i.Text)
		}
	}
	return strings.Join(all, " ")
}

func item(t *testing.T, f *Frame, key string) *widgets.NavItem {
	t.Helper()
	for _, i := range f.Nav().Items() {
		if i.Entry().Key == key {
			return i
		}
	}
	t.Fatalf("no item %s", key)
	return nil
}

func TestPressingAnItemShowsItsPage(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	f, w := open(t, 1280, 800)
	if f.Here() != "home" || said(w) != "home" {
		t.Fatalf("the first page is not shown, but %q", said(w))
	}
	var moves []string
	f.OnGo(func(key string) { moves = append(moves, key) })
	test.Tap(item(t, f, "drills"))
	if f.Here() != "drills" || said(w) != "drills" || !item(t, f, "drills").Selected() || item(t, f, "home").Selected() {
		t.Errorf("after pressing Drills: here %s, shown %q", f.Here(), said(w))
	}
	item(t, f, "switch").TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	f.Go("no such page")
	if f.Here() != "switch" || strings.Join(moves, " ") != "drills switch" {
		t.Errorf("here %s, heard of %v", f.Here(), moves)
	}
	f.SetPages([]Page{{Key: "switch", Title: "切り替え", Content: tall("切り替え", 1)}, {Key: "home", Title: "ホーム", Content: tall("ホーム", 1)}})
	if f.Here() != "switch" || said(w) != "切り替え" {
		t.Errorf("pages made anew in another language moved away from the one that was shown: %s, %q", f.Here(), said(w))
	}
}

func TestFrameGivesWay(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	wide := container.New(widgets.Rows(0), widgets.Room(3000, 50))
	for _, c := range []struct{ width, nav, content, at float32 }{
		{1280, widgets.NavWidth, 1280 - 208 - 80, 208 + 40},
		{1920, widgets.NavWidth, 1120, 208 + 40},
		{1000, widgets.NavRailWidth, 1000 - 80 - 64, 80 + 32},
	} {
		f, w := open(t, c.width, 640, Page{Key: "wide", Title: "Wide", Content: wide})
		if got := f.Nav().Size(); got.Width != c.nav || got.Height != 640 {
			t.Errorf("window of %v: the navigation is %v", c.width, got)
		}
		if got := wide.Size().Width; got != c.content {
			t.Errorf("window of %v: the page is %v wide, not %v", c.width, got, c.content)
		}
		inset, _ := w.Canvas().InteractiveArea()
		if at := fyne.CurrentApp().Driver().AbsolutePositionForObject(wide).Add(inset); at.X != c.at {
			t.Errorf("window of %v: the page begins at %v, not %v", c.width, at.X, c.at)
		}
		if least := w.Content().MinSize(); least.Width > 1000 || least.Height > 640 {
			t.Errorf("the window needs at least %v", least)
		}
	}
}

// A page is as high as the window, or scrolls.
func TestPageFillsTheWindowOrScrolls(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	low, high := tall("low", 10), tall("high", 3000)
	f, _ := open(t, 1280, 800, Page{Key: "low", Title: "Low", Content: low}, Page{Key: "high", Title: "High", Content: high})
	if got := low.Size().Height; got != 800-marginTop-marginFoot {
		t.Errorf("a low page is %v high in a window of 800", got)
	}
	f.Go("high")
	if got := high.Size().Height; got < 3000 {
		t.Errorf("a high page was squeezed to %v", got)
	}
}

func TestBadgesAndWatch(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	f, _ := open(t, 1280, 800)
	f.SetBadge("switch", Badge{Count: 86})
	f.SetBadge("home", Badge{Shape: widgets.Octagon})
	if e := item(t, f, "switch").Entry(); e.Count != 86 {
		t.Errorf("the badge of Switch is %+v", e)
	}
	if e := item(t, f, "home").Entry(); e.Shape != widgets.Octagon {
		t.Errorf("the badge of Home is %+v", e)
	}
	settings, drills := item(t, f, "settings").Position().Y, item(t, f, "drills").Position().Y
	if settings < 600 || drills > 300 {
		t.Errorf("Settings stands at %v and Drills at %v", settings, drills)
	}
}

// With LIFEBOAT_PICTURES=DIR, the frame in both themes, wide and narrow.
func TestFramePictures(t *testing.T) {
	for name, b := range map[string]look.Brightness{"light": look.Light, "dark": look.Dark} {
		for size, width := range map[string]float32{"wide": 1280, "narrow": 1000} {
			t.Run(name+"-"+size, func(t *testing.T) {
				test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(b))
				f, w := open(t, width, 700)
				f.Go("switch")
				f.SetBadge("drills", Badge{Count: 86})
				f.SetBadge("home", Badge{Shape: widgets.Octagon})
				picture := w.Canvas().Capture()
				if picture.Bounds().Dx() != int(width) {
					t.Errorf("the picture is %v wide", picture.Bounds().Dx())
				}
				if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
					file, err := os.Create(filepath.Join(dir, "Frame-"+name+"-"+size+".png"))
					if err != nil {
						t.Fatal(err)
					}
					defer func() { _ = file.Close() }()
					if err := png.Encode(file, picture); err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

// Whatever the size of the text, the navigation says all it has to say, in full and as
// a rail, in both languages.
func TestNavigationInEveryTextSize(t *testing.T) {
	for _, percent := range []int{look.SmallestText, look.UsualText, 125, look.LargestText} {
		for _, l := range i18n.Languages() {
			for _, size := range []fyne.Size{{Width: 1280, Height: 720}, {Width: 1024, Height: 700}, {Width: 1000, Height: 640}} {
				t.Run(fmt.Sprintf("%s-%d-%v", l, percent, size.Width), func(t *testing.T) {
					test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light).WithText(percent))
					word, err := i18n.New(l)
					if err != nil {
						t.Fatal(err)
					}
					page := func(key, title string, foot bool) Page {
						return Page{Key: key, Title: title, Icon: look.IconHome, Content: widgets.Space(1), Foot: foot}
					}
					f, w := open(t, size.Width, size.Height,
						page("home", word.T("Home"), false), page("mail", word.T("Mail"), false), page("switch", word.T("Switch"), false), page("tests", word.T("Tests"), false),
						page("queue", word.T("Queue"), false), page("drills", word.T("Drills"), false), page("log", word.T("Log"), false),
						page("setup", word.T("First set-up"), true), page("settings", word.T("Settings"), true))
					f.SetWatch(Watch{Icon: look.IconFlag, First: word.T("Practice, in the lab"), Second: word.T("Nothing real is touched")})
					f.SetHeader(word.T("Practice"), "example.test")
					w.Resize(size.AddWidthHeight(0, 1))
					w.Resize(size)
					for _, fault := range outline.Faults(outline.Of(w.Canvas()), nil) {
						t.Error(fault)
					}
				})
			}
		}
	}
}

// A drawing that takes long is not asked for again before it is done.
func TestDoorwayWaitsForTheDrawing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan func(), 10)
	d := newDoorway(func(f func()) { asked <- f }, func() {})
	done := make(chan struct{})
	go func() { d.run(ctx); close(done) }()
	d.Knock()
	draw := <-asked
	d.Knock()
	d.Knock()
	if n := len(asked); n != 0 {
		t.Errorf("asked %d times while drawing", n)
	}
	draw()
	(<-asked)()
	cancel()
	<-done
}
