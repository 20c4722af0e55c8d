package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
)

// What a row of a list is drawn with, in pixels at scale 1.
const (
	rowBar      = 3 // at the left of a selected row
	rowInset    = 1 // of the ring from the row's edge
	rowRoundGap = 2 // below a row with round corners
)

// rowSlot is a row that exists: what the template made, on its surface.
type rowSlot struct {
	index                    int // that is shown, or none
	box                      *fyne.Container
	surface, edge, line, rim *canvas.Rectangle
	content                  fyne.CanvasObject
	width                    float32 // that it was laid out for
}

func newRowSlot(content fyne.CanvasObject) *rowSlot {
	s := &rowSlot{index: none, surface: rule(), edge: rule(), line: rule(), rim: rule(), content: content}
	s.box = container.NewWithoutLayout(s.surface, s.edge, s.line, content, s.rim)
	return s
}

// place puts the rows that are seen where they belong, and fills those that were not
// seen before. laid says that the list was laid out anew.
func (l *RowList) place(laid bool) {
	size, high := l.Size(), float64(l.high())
	if size.Height <= 0 || high <= 0 {
		return
	}
	l.bar.set(float32(l.all()), size.Height, float32(l.offset))
	wide := size.Width
	if l.rounded && l.bar.needed() {
		wide -= scrollThumb + scrollEdge // or the bar would lie upon counts
	}
	from := int(l.offset / high)
	to := min(from+int(float64(size.Height)/high)+2, l.length)
	if need := int(float64(size.Height)/high) + 2; need > len(l.slots) {
		l.grow(need)
	}
	for i := from; i < to; i++ {
		s := l.slots[i%len(l.slots)]
		if laid || s.width != wide {
			l.layRow(s, wide)
		}
		if s.index != i {
			s.index = i
			l.fill(s)
		}
		if s.box.Hidden {
			s.box.Show()
		}
		s.box.Move(fyne.NewPos(0, float32(float64(i)*high-l.offset)))
	}
	for _, s := range l.slots {
		if (s.index < from || s.index >= to) && !s.box.Hidden {
			s.index = none
			s.box.Hide()
		}
	}
	if l.from != from || l.to != to {
		l.from, l.to = from, to
		if l.OnSeen != nil {
			l.OnSeen(from, to)
		}
	}
}

// grow makes rows until there are so many.
func (l *RowList) grow(need int) {
	for len(l.slots) < need {
		s := newRowSlot(l.template.Make())
		s.box.Hide()
		l.slots = append(l.slots, s)
		l.layer.Objects = append(l.layer.Objects, s.box)
	}
	for _, s := range l.slots { // row i is shown by another slot from now on
		s.index = none
	}
	l.layer.Refresh()
}

// layRow lays a row's parts out.
func (l *RowList) layRow(s *rowSlot, width float32) {
	high := l.high()
	s.width = width
	s.box.Resize(fyne.NewSize(width, high))
	if l.rounded {
		high -= rowRoundGap
		s.surface.CornerRadius, s.rim.CornerRadius = controlRadius, controlRadius
	}
	put(s.surface, 0, 0, width, high)
	put(s.edge, 0, 0, rowBar, high-1)
	put(s.line, 0, high-1, width, 1)
	put(s.rim, rowInset, rowInset, width-2*rowInset, high-2*rowInset-1)
	put(s.content, 0, 0, width, high)
}

// refill shows all rows anew.
func (l *RowList) refill() {
	for _, s := range l.slots {
		if s.index != none && s.index < l.length {
			l.fill(s)
		}
	}
}

// fill shows a slot's row in it.
func (l *RowList) fill(s *rowSlot) {
	l.paintRow(s)
	l.template.Fill(s.content, s.index, l.state(s.index))
}

func (l *RowList) state(i int) RowState {
	return RowState{Selected: l.picked.has(i), Focused: l.focused && i == l.cursor}
}

// paintRows takes on what is selected, and where keyboard and pointer are.
func (l *RowList) paintRows() {
	for _, s := range l.slots {
		if s.index != none && s.index < l.length {
			l.fill(s)
		}
	}
	l.ring.Hidden = !l.focused || l.cursor != none && l.length > 0
	canvas.Refresh(l.ring)
}

// paintRow takes on how a row stands.
func (l *RowList) paintRow(s *rowSlot) {
	state := l.state(s.index)
	s.surface.FillColor = color.Transparent
	pickable := l.pickable(s.index)
	switch {
	case state.Selected:
		s.surface.FillColor = ink(l, theme.ColorNameSelection)
	case s.index == l.hovered && pickable:
		s.surface.FillColor = ink(l, theme.ColorNameHover)
	}
	s.edge.FillColor, s.line.FillColor = ink(l, theme.ColorNameHyperlink), ink(l, theme.ColorNameSeparator)
	s.edge.Hidden, s.line.Hidden = l.rounded || !state.Selected, l.rounded
	s.rim.Hidden = !state.Focused
	s.rim.StrokeColor, s.rim.StrokeWidth = ink(l, theme.ColorNameFocus), ringWidth
	for _, o := range []*canvas.Rectangle{s.surface, s.edge, s.line, s.rim} {
		canvas.Refresh(o)
	}
}
