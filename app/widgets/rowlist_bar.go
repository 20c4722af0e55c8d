package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// What a scroll bar is made of, in pixels at scale 1.
const (
	scrollTrack = 14 // where it can be taken hold of
	scrollThumb = 6
	scrollEdge  = 4 // between thumb and edge
	scrollLeast = 28
)

// scrollBar shows what part of something long is seen, and moves it. Fyne's own
// scrolls objects that are there; here only what is seen exists. It cannot have the
// focus: whatever it belongs to scrolls by keyboard.
type scrollBar struct {
	widget.BaseWidget
	move func(offset float32)
	// All, seen and offset are heights in pixels at scale 1.
	all, seen, offset float32
	hovered           bool
	thumb             *canvas.Rectangle
}

var (
	_ fyne.Draggable    = (*scrollBar)(nil)
	_ fyne.Tappable     = (*scrollBar)(nil)
	_ desktop.Hoverable = (*scrollBar)(nil)
)

func newScrollBar(move func(offset float32)) *scrollBar {
	s := &scrollBar{move: move, thumb: box(scrollThumb / 2)}
	s.ExtendBaseWidget(s)
	return s
}

// set says where things are. It only moves the thumb: that is done at every turn of
// the wheel.
func (s *scrollBar) set(all, seen, offset float32) {
	if s.all == all && s.seen == seen && s.offset == offset {
		return
	}
	s.all, s.seen, s.offset = all, seen, offset
	s.lay(s.Size())
}

func (s *scrollBar) needed() bool { return s.all > s.seen && s.seen > 0 }

// run is how high the thumb is, and how far it goes.
func (s *scrollBar) run() (high, way float32) {
	room := s.Size().Height - 2*scrollEdge
	if !s.needed() {
		return 0, room
	}
	high = min(max(room*s.seen/s.all, scrollLeast), room)
	return high, room - high
}

// Dragged moves the thumb.
func (s *scrollBar) Dragged(e *fyne.DragEvent) {
	if _, way := s.run(); way > 0 && s.needed() {
		s.move(s.offset + e.Dragged.DY*(s.all-s.seen)/way)
	}
}

// DragEnd has nothing to do.
func (s *scrollBar) DragEnd() {}

// Tapped goes on by a page, towards the pointer.
func (s *scrollBar) Tapped(e *fyne.PointEvent) {
	if e.Position.Y < s.thumb.Position().Y {
		s.move(s.offset - s.seen)
	} else if e.Position.Y > s.thumb.Position().Y+s.thumb.Size().Height {
		s.move(s.offset + s.seen)
	}
}

// MouseIn darkens the thumb.
func (s *scrollBar) MouseIn(*desktop.MouseEvent) { s.hover(true) }

// MouseMoved changes nothing.
func (s *scrollBar) MouseMoved(*desktop.MouseEvent) {}

// MouseOut lets the thumb be as before.
func (s *scrollBar) MouseOut() { s.hover(false) }

func (s *scrollBar) hover(on bool) {
	s.hovered = on
	s.Refresh()
}

// CreateRenderer draws the thumb.
func (s *scrollBar) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	r := &sheet{owner: s, objects: []fyne.CanvasObject{s.thumb}, lay: s.lay}
	r.least = func() fyne.Size { return fyne.NewSize(scrollTrack, scrollTrack) }
	r.paint = func() {
		c, _ := color.NRGBAModel.Convert(ink(s, theme.ColorNameScrollBar)).(color.NRGBA)
		if s.hovered {
			c.A += c.A / 2
		}
		s.thumb.FillColor = c
	}
	return r.start()
}

func (s *scrollBar) lay(size fyne.Size) {
	high, way := s.run()
	s.thumb.Hidden = high == 0
	if high == 0 {
		return
	}
	y := scrollEdge + way*s.offset/(s.all-s.seen)
	put(s.thumb, size.Width-scrollEdge-scrollThumb, round(y), scrollThumb, round(high))
}
