package screen

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

// Widths and heights of the page, in pixels at scale 1 with text of the usual size.
const (
	columnWide  = 196 // folders
	listWide    = 344
	columnsFrom = 1000 // three columns stand side by side from here on
	twoFrom     = 720  // and list and message from here on
	headHigh    = 64   // above list and message
	bannerHigh  = 48
	columnEdge  = 12
	paneEdge    = 16
	usualText   = 14
)

// mailLayout puts the parts of the page where there is room for them: side by side in
// three columns; in two, with the folders over the list when they are asked for; or one
// at a time.
type mailLayout struct {
	m       *Mail
	folders bool // the column is shown over the list
	reading bool // where only one has room: the message, not the list
	single  bool
	wide    bool

	column, listPane, readPane, writePane *fyne.Container
	listRule, listHead, readHead          *surface
	box                                   *fyne.Container
}

// build puts the parts together.
func (l *mailLayout) build() *fyne.Container {
	m := l.m
	l.listRule, l.listHead, l.readHead = newSurface(theme.ColorNameSeparator), newSurface(theme.ColorNameSeparator), newSurface(theme.ColorNameSeparator)
	l.column = container.New(&columnLayout{l}, newSurface(theme.ColorNameBackground), newSurface(theme.ColorNameSeparator), m.fresh, m.folders.List())
	l.listPane = container.New(&listLayout{l}, newSurface(look.ColorCard), l.listRule, l.listHead, m.place, m.small, m.search, m.list, m.says.box)
	l.readPane = container.New(&readLayout{l}, newSurface(look.ColorCard), l.readHead, m.tools.box, m.reader.text, m.reader.says, m.lock.box)
	l.writePane = container.NewStack(newSurface(look.ColorCard), m.compose.box)
	l.box = container.New(l, m.banner.box, l.listPane, l.readPane, l.writePane, l.column)
	return l.box
}

// scale is how much larger text is than usual.
func textScale() float32 {
	return fyne.CurrentApp().Settings().Theme().Size(theme.SizeNameText) / usualText
}

// update shows and hides what state and room ask for.
func (l *mailLayout) update() {
	if l.box != nil {
		l.Layout(l.box.Objects, l.box.Size())
	}
}

// Layout places the columns.
func (l *mailLayout) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	if size.Width <= 0 {
		return
	}
	m, by := l.m, textScale()
	high := max(bannerHigh, m.banner.box.MinSize().Height)
	place(m.banner.box, 0, 0, size.Width, high)
	l.wide, l.single = size.Width >= columnsFrom*by, size.Width < twoFrom*by
	show(m.place, !l.wide)
	show(m.small, !l.wide && m.state.Sends)
	x, below := float32(0), size.Height-high
	show(l.column, l.wide || l.folders)
	l.order()
	if l.wide {
		l.folders = false
		x = round(columnWide * by)
	}
	list := round(listWide * by)
	if l.single {
		list = size.Width
	}
	writes, locked := m.writing.Open, m.state.Lock != nil
	reads := !writes && (!l.single || l.reading || locked)
	show(l.listPane, !writes && !locked && (!l.single || !reads))
	show(l.readPane, reads)
	show(l.writePane, writes)
	place(l.listPane, x, high, list, below)
	switch {
	case l.single || locked:
		place(l.readPane, x, high, size.Width-x, below)
	default:
		place(l.readPane, x+list, high, size.Width-x-list, below)
	}
	place(l.writePane, x, high, size.Width-x, below)
	place(l.column, 0, high, round(columnWide*by), below)
}

// order has the column come first by Tab where it stands beside the list, and lie on top
// where it lies over it.
func (l *mailLayout) order() {
	rest := []fyne.CanvasObject{l.m.banner.box, l.listPane, l.readPane, l.writePane}
	want := append([]fyne.CanvasObject{l.column}, rest...)
	if !l.wide {
		want = append(rest, l.column)
	}
	if !slices.Equal(l.box.Objects, want) {
		l.box.Objects = want
		canvas.Refresh(l.box)
	}
}

// MinSize is what the smallest window has room for.
func (l *mailLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 320) }

// place moves and resizes an object, unless it is there already: laying out costs.
func place(o fyne.CanvasObject, x, y, width, height float32) {
	if at := fyne.NewPos(x, y); o.Position() != at {
		o.Move(at)
	}
	if size := fyne.NewSize(max(width, 0), max(height, 0)); o.Size() != size {
		o.Resize(size)
	}
}

func round(v float32) float32 { return float32(int(v + 0.5)) }

// columnLayout puts the button above the folders.
type columnLayout struct{ l *mailLayout }

// Layout places the parts of the column.
func (c *columnLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	place(o[0], 0, 0, size.Width, size.Height)
	place(o[1], size.Width-1, 0, 1, size.Height)
	y := float32(paneEdge)
	if fresh := c.l.m.fresh; fresh.Visible() {
		least := fresh.MinSize()
		place(fresh, columnEdge, y, max(size.Width-2*columnEdge-1, least.Width), least.Height)
		y += least.Height + 4
	}
	place(c.l.m.folders.List(), columnEdge, y, size.Width-2*columnEdge-1, size.Height-y)
}

// MinSize is any: the page gives the column its width.
func (c *columnLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// listLayout puts the search above the list.
type listLayout struct{ l *mailLayout }

// Layout places the parts of the list.
func (c *listLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	m := c.l.m
	place(o[0], 0, 0, size.Width, size.Height)
	search := m.search.MinSize().Height
	y, left := float32(columnEdge), float32(paneEdge)
	if m.place.Visible() {
		least, small := m.place.MinSize(), m.small.MinSize()
		room := size.Width - 4
		if m.small.Visible() {
			room -= small.Width
			place(m.small, size.Width-small.Width-2, 8, small.Width, small.Height)
		}
		place(m.place, 2, 8, min(least.Width, room), least.Height)
		y = least.Height + 12
	}
	place(m.search, left, y, size.Width-2*left-1, search)
	head := max(headHigh, y+search+columnEdge)
	place(c.l.listRule, size.Width-1, 0, 1, size.Height)
	place(c.l.listHead, 0, head-1, size.Width, 1)
	place(m.list, 0, head, size.Width-1, size.Height-head)
	place(m.says.box, paneEdge, head, size.Width-2*paneEdge, size.Height-head)
}

// MinSize is any: the page gives the list its width.
func (c *listLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// readLayout puts what can be done above the message.
type readLayout struct{ l *mailLayout }

// Layout places the parts of the message.
func (c *readLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	m := c.l.m
	place(o[0], 0, 0, size.Width, size.Height)
	head := max(headHigh, m.tools.box.MinSize().Height+2*columnEdge)
	place(c.l.readHead, 0, head-1, size.Width, 1)
	place(m.tools.box, 20, 0, size.Width-20-paneEdge, head)
	place(m.reader.text, 0, head, size.Width, size.Height-head)
	place(m.reader.says, widgetsEdge, head, size.Width-2*widgetsEdge, size.Height-head)
	place(m.lock.box, 0, 0, size.Width, size.Height)
}

const widgetsEdge = 24

// MinSize is any: the page gives the message its width.
func (c *readLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }
