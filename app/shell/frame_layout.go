package shell

import (
	"fyne.io/fyne/v2"

	"lifeboat/app/widgets"
)

// What the frame is made of, in pixels at scale 1. The least size is what a small
// laptop shows; a page that needs more scrolls, and gives way sideways.
const (
	railBelow   = 1100 // a window that is less wide has a rail
	leastWidth  = 900
	leastHeight = 560
)

// frameLayout puts the page beside the navigation, and what goes on below it.
type frameLayout struct{ frame *Frame }

// Layout gives the navigation its width and the page the rest.
func (l *frameLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rail := size.Width < railBelow
	f := l.frame
	f.nav.SetRail(rail)
	if r, ok := f.side.Objects[0].(Railed); ok {
		r.SetRail(rail)
	}
	f.spacing.narrow = rail
	width := f.nav.Wide()
	if f.side.Objects[0] != fyne.CanvasObject(f.nav) {
		width = widgets.NavWidth
		if _, narrow := f.side.Objects[0].(Railed); narrow && rail {
			width = widgets.NavRailWidth
		}
		width = max(width, f.side.Objects[0].MinSize().Width)
	}
	strip := f.strip.MinSize().Height
	place := func(i int, x, y, w, h float32) {
		objects[i].Move(fyne.NewPos(x, y))
		objects[i].Resize(fyne.NewSize(w, h))
	}
	place(0, 0, 0, width, size.Height)
	place(1, width, 0, size.Width-width, size.Height-strip)
	place(2, width, size.Height-strip, size.Width-width, strip)
	corner := objects[3].MinSize()
	place(3, size.Width-corner.Width-cornerEdge, size.Height-strip-corner.Height-cornerEdge, corner.Width, corner.Height)
}

// What is said in passing stands this far from the corner, and from each other, in
// pixels at scale 1.
const (
	cornerEdge = 20
	cornerGap  = 8
)

// cornerLayout puts objects below one another, as small as they can be.
type cornerLayout struct{}

// Layout places the objects.
func (cornerLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	y := float32(0)
	for _, o := range objects {
		high := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(size.Width, high))
		y += high + cornerGap
	}
}

// MinSize is the widest, and all heights together.
func (cornerLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var all fyne.Size
	for i, o := range objects {
		least := o.MinSize()
		all.Width = max(all.Width, least.Width)
		if i > 0 {
			all.Height += cornerGap
		}
		all.Height += least.Height
	}
	return all
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
