package widgets

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// What a segmented control is made of, in pixels at scale 1.
const (
	segmentHeight  = 36
	segmentPadding = 14
	segmentInset   = 3
)

// Segmented lets one of a few be chosen: all are seen, one is marked. Tab reaches it
// once, the arrows choose.
type Segmented struct {
	widget.BaseWidget
	options []string
	chosen  int
	tell    func(int)

	off, focused  bool
	surface, ring *canvas.Rectangle
	mark          *canvas.Rectangle
	labels        []*label
	sheet         *sheet
}

var (
	_ fyne.Focusable     = (*Segmented)(nil)
	_ fyne.Tappable      = (*Segmented)(nil)
	_ fyne.Disableable   = (*Segmented)(nil)
	_ desktop.Cursorable = (*Segmented)(nil)
)

// NewSegmented returns the control with the first option chosen. chosen is told the
// index of what a person has chosen.
func NewSegmented(options []string, chosen func(int)) *Segmented {
	s := &Segmented{tell: chosen, surface: box(controlRadius), ring: box(controlRadius + ringGap + ringWidth), mark: box(controlRadius - segmentInset + 1)}
	s.options = slices.Clone(options)
	s.ExtendBaseWidget(s)
	return s
}

// SetOptions sets what can be chosen.
func (s *Segmented) SetOptions(options []string) {
	if !slices.Equal(s.options, options) {
		s.options = slices.Clone(options)
		s.Refresh()
	}
}

// Options is what can be chosen.
func (s *Segmented) Options() []string { return slices.Clone(s.options) }

// Choose marks an option without telling anybody.
func (s *Segmented) Choose(i int) {
	if s.chosen != i && i >= 0 && i < len(s.options) {
		s.chosen = i
		s.Refresh()
	}
}

// Chosen is the index of the option that is marked.
func (s *Segmented) Chosen() int { return s.chosen }

func (s *Segmented) choose(i int) {
	if s.off || i < 0 || i >= len(s.options) || i == s.chosen {
		return
	}
	s.Choose(i)
	if s.tell != nil {
		s.tell(i)
	}
}

// Enable lets an option be chosen.
func (s *Segmented) Enable() { s.turn(false) }

// Disable greys the control out.
func (s *Segmented) Disable() { s.turn(true) }

func (s *Segmented) turn(off bool) {
	if s.off != off {
		s.off = off
		s.Refresh()
	}
}

// Disabled says whether the control is greyed out.
func (s *Segmented) Disabled() bool { return s.off }

// Tapped chooses what was pressed.
func (s *Segmented) Tapped(e *fyne.PointEvent) {
	x := float32(segmentInset)
	for i := range s.options {
		x += s.wide(i)
		if e.Position.X < x || i == len(s.options)-1 {
			s.choose(i)
			return
		}
	}
}

// FocusGained shows the ring.
func (s *Segmented) FocusGained() {
	s.focused = true
	s.Refresh()
	reveal(s)
}

// FocusLost hides the ring.
func (s *Segmented) FocusLost() {
	s.focused = false
	s.Refresh()
}

// TypedRune is not for it.
func (s *Segmented) TypedRune(rune) {}

// TypedKey chooses by the arrows.
func (s *Segmented) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyLeft, fyne.KeyUp:
		s.choose(s.chosen - 1)
	case fyne.KeyRight, fyne.KeyDown:
		s.choose(s.chosen + 1)
	case fyne.KeyHome:
		s.choose(0)
	case fyne.KeyEnd:
		s.choose(len(s.options) - 1)
	default:
		PassKey(s, k)
	}
}

// Cursor is a hand where pressing does something.
func (s *Segmented) Cursor() desktop.Cursor {
	if s.off {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer draws the control.
func (s *Segmented) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	if s.sheet != nil {
		return s.sheet.start()
	}
	s.sheet = &sheet{owner: s, paint: s.paint, lay: s.lay}
	s.sheet.least = func() fyne.Size {
		width := float32(2 * segmentInset)
		for i := range s.options {
			width += s.wide(i)
		}
		return fyne.NewSize(width, s.high())
	}
	return s.sheet.start()
}

func (s *Segmented) high() float32 {
	return max(segmentHeight, round(newLabelIn(s, look.Strong).height())+14)
}

// wide is the width of an option: that of its words in the stronger weight, so that
// nothing moves when it is chosen.
func (s *Segmented) wide(i int) float32 {
	l := newLabel(look.Strong, s.options[i])
	l.paint(s)
	return round(l.width()+0.49) + 2*segmentPadding
}

func (s *Segmented) paint() {
	for len(s.labels) < len(s.options) {
		s.labels = append(s.labels, newLabel(look.Body, ""))
	}
	s.surface.FillColor, s.surface.StrokeColor, s.surface.StrokeWidth = ink(s, theme.ColorNameHeaderBackground), ink(s, theme.ColorNameInputBorder), 1
	s.ring.Hidden = !s.focused || s.off
	s.ring.FillColor, s.ring.StrokeColor, s.ring.StrokeWidth = color.Transparent, ink(s, theme.ColorNameFocus), ringWidth
	s.mark.FillColor, s.mark.StrokeColor, s.mark.StrokeWidth = ink(s, theme.ColorNameSelection), ink(s, theme.ColorNameHyperlink), 1
	if s.off {
		s.mark.FillColor, s.mark.StrokeColor = ink(s, theme.ColorNameDisabledButton), ink(s, theme.ColorNameSeparator)
	}
	s.sheet.objects = append(s.sheet.objects[:0], s.ring, s.surface, s.mark)
	for i, o := range s.options {
		l := s.labels[i]
		l.full, l.kind, l.name = o, look.Body, theme.ColorNameForeground
		switch {
		case s.off:
			l.name = theme.ColorNameDisabled
		case i == s.chosen:
			l.name = theme.ColorNameHyperlink
		}
		if i == s.chosen {
			l.kind = look.Strong
		}
		l.paint(s)
		s.sheet.objects = append(s.sheet.objects, l.text)
	}
}

func (s *Segmented) lay(fyne.Size) {
	high := s.high()
	width := s.MinSize().Width // never wider than its words
	put(s.ring, -ringWidth-ringGap, -ringWidth-ringGap, width+2*(ringWidth+ringGap), high+2*(ringWidth+ringGap))
	put(s.surface, 0, 0, width, high)
	x := float32(segmentInset)
	for i := range s.options {
		wide := s.wide(i)
		if i == s.chosen {
			put(s.mark, x, segmentInset, wide, high-2*segmentInset)
		}
		s.labels[i].centre(x, middle(high, s.labels[i].height()), wide)
		x += wide
	}
}
