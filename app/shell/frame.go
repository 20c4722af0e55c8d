package shell

import (
	"slices"

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
	// Full: the page has the whole area, without margins, and scrolls inside where it
	// must, as a mail program does.
	Full bool
	// Nav takes the place of the navigation while the page is shown, as the steps of
	// the set-up do. A [Railed] one is told when there is little room.
	Nav fyne.CanvasObject
	// Hidden pages have no item in the navigation.
	Hidden bool
	// Make, unless Content is set, makes Content, Bar and Nav when the page is shown
	// first: a start should not wait for pages that nobody looks at.
	Make func() Made
}

// Made is what a page consists of.
type Made struct{ Content, Bar, Nav fyne.CanvasObject }

// Railed is what stands at the left of a page and has a narrow form.
type Railed interface{ SetRail(rail bool) }

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
// margins. A page that is higher than the window scrolls. Below every page is a strip
// of the long work that goes on, and in the corner what is said in passing.
type Frame struct {
	nav     *widgets.Nav
	side    *fyne.Container // the navigation, or what takes its place
	before  *threshold      // where the keys stand before a page's first control
	area    *fyne.Container // the page that is shown, and its bar
	strip   *widgets.Strip
	corner  *fyne.Container // what is said in passing
	parked  *fyne.Container // the pages that are not shown: a new size of text reaches them here
	object  *fyne.Container
	pages   []Page
	views   map[string]*pageView
	badges  map[string]Badge
	extra   []widgets.NavEntry // items that are no pages
	press   map[string]func()  // and what pressing them does
	here    string
	moved   func(key string)
	spacing *margins
	stop    func(job string)
	timed   func(name string, do func()) // measures what a press does
}

// pageView is a page as it stands in the area.
type pageView struct {
	whole  fyne.CanvasObject
	scroll *container.Scroll // nil: the page fills the area
	bar    fyne.CanvasObject // nil: none
	nav    fyne.CanvasObject // nil: the navigation
	part   string            // of the page that is shown, where it has several
}

// NewFrame returns an empty frame.
func NewFrame() *Frame {
	f := &Frame{
		before: newThreshold(), area: container.NewStack(), corner: container.New(cornerLayout{}), badges: map[string]Badge{},
		parked: container.NewWithoutLayout(), press: map[string]func(){}, moved: func(string) {}, spacing: &margins{}, stop: func(string) {},
		timed: func(_ string, do func()) { do() },
	}
	f.nav = widgets.NewNav(func(key string) { f.timed("go "+key, func() { f.Go(key) }) })
	f.side = container.NewStack(f.nav)
	f.strip = widgets.NewStrip("", func(key string) { f.stop(key) })
	f.parked.Hide()
	f.object = container.New(&frameLayout{frame: f}, f.side, f.area, f.strip, f.corner, f.parked)
	return f
}

// Object is what a window shows.
func (f *Frame) Object() fyne.CanvasObject { return f.object }

// SetPages sets the pages, in the order of the navigation, and shows the one that
// was shown before, or else the first.
func (f *Frame) SetPages(pages []Page) {
	f.pages, f.views = pages, map[string]*pageView{}
	f.tell()
	here := f.here
	f.here = ""
	if f.page(here) == nil && len(pages) > 0 {
		here = pages[0].Key
	}
	f.Go(here)
}

// page is the page of a key; nil where there is none.
func (f *Frame) page(key string) *Page {
	for i := range f.pages {
		if f.pages[i].Key == key {
			return &f.pages[i]
		}
	}
	return nil
}

// view is how a page is shown: made when it is asked for first.
func (f *Frame) view(p *Page) *pageView {
	if v, ok := f.views[p.Key]; ok {
		return v
	}
	if p.Content == nil && p.Make != nil {
		m := p.Make()
		p.Content, p.Bar, p.Nav = m.Content, m.Bar, m.Nav
	}
	v := &pageView{nav: p.Nav}
	if p.Full {
		v.whole = p.Content
	} else {
		v.scroll = container.NewVScroll(container.New(f.spacing, p.Content))
		v.whole = v.scroll
	}
	if p.Bar != nil {
		bar := p.Bar
		if !p.Full {
			bar = container.New(barRoom{f.spacing}, bar)
		}
		v.bar = p.Bar
		v.whole = container.NewBorder(nil, widgets.NewBar(bar), nil, nil, v.whole)
	}
	f.views[p.Key] = v
	return v
}

// Go shows a page. A key that no page has changes nothing.
func (f *Frame) Go(key string) {
	if do, ok := f.press[key]; ok {
		do()
		return
	}
	p := f.page(key)
	if p == nil || key == f.here {
		return
	}
	v := f.view(p)
	f.here = key
	f.area.Objects = []fyne.CanvasObject{f.before, v.whole}
	var side fyne.CanvasObject = f.nav
	if v.nav != nil {
		side = v.nav
	}
	if f.side.Objects[0] != side {
		f.side.Objects = []fyne.CanvasObject{side}
		f.side.Refresh()
	}
	f.park()
	f.object.Layout.Layout(f.object.Objects, f.object.Size()) // the side may be railed
	f.area.Refresh()
	f.nav.Select(key)
	f.moved(key)
}

// park keeps what is not shown in the window all the same, out of sight: only what is in
// it takes on another theme.
func (f *Frame) park() {
	f.parked.Objects = f.parked.Objects[:0]
	if f.side.Objects[0] != fyne.CanvasObject(f.nav) {
		f.parked.Objects = append(f.parked.Objects, f.nav)
	}
	for key, v := range f.views {
		if key == f.here {
			continue
		}
		f.parked.Objects = append(f.parked.Objects, v.whole)
		if v.nav != nil {
			f.parked.Objects = append(f.parked.Objects, v.nav)
		}
	}
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

// dropItem takes such an item away.
func (f *Frame) dropItem(key string) {
	delete(f.press, key)
	f.extra = slices.DeleteFunc(f.extra, func(e widgets.NavEntry) bool { return e.Key == key })
	f.tell()
}

// SetWork sets what long work goes on, in the strip below every page. cancel is what
// its buttons say, and stop is told the key of what is to end; more says in words how
// many there are beside those that are shown.
func (f *Frame) SetWork(jobs []widgets.Job, cancel string, more func(n int) string, stop func(key string)) {
	f.stop = stop
	f.strip.SetCancel(cancel)
	high := f.strip.MinSize().Height
	f.strip.Set(jobs, more)
	if f.strip.MinSize().Height != high {
		f.object.Layout.Layout(f.object.Objects, f.object.Size())
		f.object.Refresh()
	}
}

// Work is the strip of long work.
func (f *Frame) Work() *widgets.Strip { return f.strip }

// say puts what is said in passing into the corner, the newest at the foot.
func (f *Frame) say(all []fyne.CanvasObject) {
	f.corner.Objects = all
	f.object.Layout.Layout(f.object.Objects, f.object.Size())
	f.corner.Refresh()
}

// tell hands the items to the navigation.
func (f *Frame) tell() {
	var entries []widgets.NavEntry
	for _, p := range f.pages {
		if p.Hidden {
			continue
		}
		b := f.badges[p.Key]
		entries = append(entries, widgets.NavEntry{Key: p.Key, Icon: p.Icon, Title: p.Title, Foot: p.Foot, Count: b.Count, Shape: b.Shape})
	}
	f.nav.SetEntries(append(entries, f.extra...))
}
