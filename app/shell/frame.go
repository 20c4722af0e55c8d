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
	Foot    bool // stands at the foot of the navigation, as Settings does
}

// Badge is what a navigation item tells without being opened: a count, or the
// worst light on its page.
type Badge struct {
	Count int
	Shape widgets.Shape
}

// Watch is the line at the foot of the navigation: what goes on in the
// background, or, in practice, that nothing real is touched.
type Watch struct {
	Shape  widgets.Shape
	Icon   look.Icon // instead of a shape
	First  string
	Second string
}

// Frame is what surrounds every page: the navigation at the left and the page's
// margins.
type Frame struct {
	pages []Page
	area  *fyne.Container
	moved func(key string)
}

// NewFrame returns an empty frame.
func NewFrame() *Frame { return &Frame{area: container.NewStack(), moved: func(string) {}} }

// Object is what a window shows.
func (f *Frame) Object() fyne.CanvasObject { return f.area }

// SetPages sets the pages, in the order of the navigation, and goes to the first.
func (f *Frame) SetPages(pages []Page) {
	f.pages = pages
	if len(pages) > 0 {
		f.Go(pages[0].Key)
	}
}

// Go shows a page.
func (f *Frame) Go(key string) {
	for _, p := range f.pages {
		if p.Key == key {
			f.area.Objects = []fyne.CanvasObject{p.Content}
			f.area.Refresh()
			f.moved(key)
		}
	}
}

// Here is the key of the page that is shown.
func (f *Frame) Here() string { return "" }

// OnGo hears which page is shown from now on.
func (f *Frame) OnGo(moved func(key string)) { f.moved = moved }

// SetHeader sets whose mail this is: the organisation, and its domain below.
func (f *Frame) SetHeader(organization, domain string) {}

// SetBadge sets what a page's navigation item tells.
func (f *Frame) SetBadge(key string, b Badge) {}

// SetWatch sets the line at the foot.
func (f *Frame) SetWatch(w Watch) {}
