package shell

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
	"lifeboat/app/widgets"
)

// Page is a screen with its place in the navigation.
type Page struct {
	Key     string
	Title   string
	Icon    look.Icon
	Content fyne.CanvasObject
	Bar     fyne.CanvasObject // buttons of long work, in a bar below the page; may be nil
	Foot    bool              // stands at the foot of the navigation, as Settings does
}

// Badge is what a navigation item tells without being opened: a count, or the
// worst light on its page.
type Badge struct {
	Count int
	Shape widgets.Shape
}

// Watch is the line at the foot of the navigation: what goes on in the
// background, or, in practice, that nothing real is touched.
type Watch = widgets.NavFoot

// Frame is what surrounds every page: the navigation at the left and the page's
// margins. A page that is higher than the window scrolls.
type Frame struct {
	nav     *widgets.Nav
	area    *fyne.Container // the page that is shown, and its bar
	object  fyne.CanvasObject
	pages   []Page
	views   map[string]fyne.CanvasObject
	badges  map[string]Badge
	extra   []widgets.NavEntry // items that are no pages
	press   map[string]func()  // and what pressing them does
	here    string
	moved   func(key string)
	spacing *margins
}

// NewFrame returns an empty frame.
func NewFrame() *Frame {
	f := &Frame{
		area: container.NewStack(), badges: map[string]Badge{},
		press: map[string]func(){}, moved: func(string) {}, spacing: &margins{},
	}
	f.nav = widgets.NewNav(f.Go)
	f.object = container.New(&frameLayout{nav: f.nav, spacing: f.spacing}, f.nav, f.area)
	return f
}

// Object is what a window shows.
func (f *Frame) Object() fyne.CanvasObject { return f.object }

// SetPages sets the pages, in the order of the navigation, and shows the one that
// was shown before, or else the first.
func (f *Frame) SetPages(pages []Page) {
	f.pages, f.views = pages, map[string]fyne.CanvasObject{}
	for _, p := range pages {
		f.views[p.Key] = f.view(p)
	}
	f.tell()
	here := f.here
	f.here = ""
	if _, still := f.views[here]; !still && len(pages) > 0 {
		here = pages[0].Key
	}
	f.Go(here)
}

// view puts margins around a page, and its bar below.
func (f *Frame) view(p Page) fyne.CanvasObject {
	scroll := container.NewVScroll(container.New(f.spacing, p.Content))
	if p.Bar == nil {
		return scroll
	}
	return container.NewBorder(nil, widgets.NewBar(container.New(barRoom{f.spacing}, p.Bar)), nil, nil, scroll)
}

// Go shows a page. A key that no page has changes nothing.
func (f *Frame) Go(key string) {
	if do, ok := f.press[key]; ok {
		do()
		return
	}
	view, ok := f.views[key]
	if !ok || key == f.here {
		return
	}
	f.here = key
	f.area.Objects = []fyne.CanvasObject{view}
	f.area.Refresh()
	f.nav.Select(key)
	f.moved(key)
}

// Here is the key of the page that is shown.
func (f *Frame) Here() string { return f.here }

// OnGo hears which page is shown from now on.
func (f *Frame) OnGo(moved func(key string)) { f.moved = moved }

// SetHeader sets whose mail this is: the organisation, and its domain below.
func (f *Frame) SetHeader(organization, domain string) { f.nav.SetHeader(organization, domain) }

// SetBadge sets what a page's navigation item tells.
func (f *Frame) SetBadge(key string, b Badge) {
	f.badges[key] = b
	f.tell()
}

// SetWatch sets the line at the foot.
func (f *Frame) SetWatch(w Watch) { f.nav.SetFoot(w) }

// Nav is the navigation.
func (f *Frame) Nav() *widgets.Nav { return f.nav }

// addItem adds an item at the foot that is no page.
func (f *Frame) addItem(e widgets.NavEntry, press func()) {
	e.Foot = true
	f.press[e.Key] = press
	for i := range f.extra {
		if f.extra[i].Key == e.Key {
			f.extra[i] = e
			f.tell()
			return
		}
	}
	f.extra = append(f.extra, e)
	f.tell()
}

// tell hands the items to the navigation.
func (f *Frame) tell() {
	var entries []widgets.NavEntry
	for _, p := range f.pages {
		b := f.badges[p.Key]
		entries = append(entries, widgets.NavEntry{Key: p.Key, Icon: p.Icon, Title: p.Title, Foot: p.Foot, Count: b.Count, Shape: b.Shape})
	}
	f.nav.SetEntries(append(entries, f.extra...))
}

// What the frame is made of, in pixels at scale 1. The least size is what a small
// laptop shows; a page that needs more scrolls, and gives way sideways.
const (
	railBelow   = 1100 // a window that is less wide has a rail
	leastWidth  = 900
	leastHeight = 560
)

// frameLayout puts the page beside the navigation.
type frameLayout struct {
	nav     *widgets.Nav
	spacing *margins
}

// Layout gives the navigation its width and the page the rest.
func (l *frameLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rail := size.Width < railBelow
	l.nav.SetRail(rail)
	l.spacing.narrow = rail
	width := float32(widgets.NavWidth)
	if rail {
		width = widgets.NavRailWidth
	}
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(fyne.NewSize(width, size.Height))
	objects[1].Move(fyne.NewPos(width, 0))
	objects[1].Resize(fyne.NewSize(size.Width-width, size.Height))
}

// MinSize is the same whatever is shown: content never makes the window wider than
// the screen.
func (l *frameLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(leastWidth, leastHeight)
}

// margins leaves room around a page.
type margins struct{ narrow bool }

// A page's margins and its greatest width, in pixels at scale 1.
const (
	marginAcross = 40
	marginNarrow = 32
	marginTop    = 28
	marginFoot   = 24
	widestPage   = 1120
)

func (m *margins) across() float32 {
	if m.narrow {
		return marginNarrow
	}
	return marginAcross
}

// Layout places the page.
func (m *margins) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(m.across(), marginTop))
		o.Resize(fyne.NewSize(min(size.Width-2*m.across(), widestPage), size.Height-marginTop-marginFoot))
	}
}

// MinSize is the page's with its margins; how wide it would like to be is not asked.
func (m *margins) MinSize(objects []fyne.CanvasObject) fyne.Size {
	high := float32(0)
	for _, o := range objects {
		high = max(high, o.MinSize().Height)
	}
	return fyne.NewSize(1, high+marginTop+marginFoot)
}

// barRoom leaves room at the sides of a bar's content.
type barRoom struct{ spacing *margins }

// Layout places the content.
func (b barRoom) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(b.spacing.across(), 0))
		o.Resize(fyne.NewSize(min(size.Width-2*b.spacing.across(), widestPage), size.Height))
	}
}

// MinSize is any: the bar knows its height.
func (b barRoom) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }
