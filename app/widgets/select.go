package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// SelectOption is one of the things that can be chosen.
type SelectOption struct {
	Key  string
	Text string
}

// SelectData is what a drop-down offers, and the key of what is chosen.
type SelectData struct {
	Options []SelectOption
	Chosen  string
}

// Select is a drop-down. Space, Enter and the arrow down open it; arrows, Enter and
// Escape work in it.
type Select struct {
	widget.BaseWidget
	// OnChosen hears the key of what a person chose: set it once, before the
	// drop-down is shown.
	OnChosen func(key string)
	// Placeholder stands there while nothing is chosen.
	Placeholder string

	data    SelectData
	width   float32
	off     bool
	hovered bool
	focused bool
	frame   *entryFrame
	label   *label
	chevron *glyph
	shade   *canvas.Rectangle
}

var (
	_ fyne.Focusable     = (*Select)(nil)
	_ fyne.Tappable      = (*Select)(nil)
	_ desktop.Hoverable  = (*Select)(nil)
	_ desktop.Cursorable = (*Select)(nil)
)

// selectChevron is the room for the sign at the end, in pixels at scale 1.
const selectChevron = 16

// NewSelect returns a drop-down at least so wide, in pixels at scale 1.
func NewSelect(width float32) *Select {
	s := &Select{width: width, frame: newEntryFrame(), label: newLabel(look.Body, ""), chevron: newGlyph(), shade: box(controlRadius)}
	s.ExtendBaseWidget(s)
	return s
}

// Set sets what is offered, and what is chosen.
func (s *Select) Set(d SelectData) {
	if s.data.Chosen != d.Chosen || !slices.Equal(s.data.Options, d.Options) {
		s.data = SelectData{slices.Clone(d.Options), d.Chosen}
		s.Refresh()
	}
}

// Data is what is offered, and what is chosen.
func (s *Select) Data() SelectData { return SelectData{slices.Clone(s.data.Options), s.data.Chosen} }

// Choose chooses, as if a person had.
func (s *Select) Choose(key string) {
	if s.off || s.data.Chosen == key {
		return
	}
	s.data.Chosen = key
	s.Refresh()
	if s.OnChosen != nil {
		s.OnChosen(key)
	}
}

// Text is what is chosen, in words.
func (s *Select) Text() string {
	for _, o := range s.data.Options {
		if o.Key == s.data.Chosen {
			return o.Text
		}
	}
	return ""
}

// Enable lets something be chosen.
func (s *Select) Enable() { s.turn(false) }

// Disable greys the drop-down out.
func (s *Select) Disable() { s.turn(true) }

// Disabled says whether it is greyed out.
func (s *Select) Disabled() bool { return s.off }

func (s *Select) turn(off bool) {
	if s.off != off {
		s.off = off
		s.Refresh()
	}
}

// open shows what is offered.
func (s *Select) open() {
	c := fyne.CurrentApp().Driver().CanvasForObject(s)
	if s.off || c == nil || len(s.data.Options) == 0 {
		return
	}
	items := make([]*fyne.MenuItem, len(s.data.Options))
	for i, o := range s.data.Options {
		items[i] = fyne.NewMenuItem(o.Text, func() { s.Choose(o.Key) })
		items[i].Checked = o.Key == s.data.Chosen
	}
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), c)
	menu.ShowAtRelativePosition(fyne.NewPos(0, s.Size().Height+4), s)
	menu.Resize(fyne.NewSize(max(menu.MinSize().Width, s.Size().Width), menu.MinSize().Height))
	c.Focus(menu)
}

// Tapped opens the drop-down.
func (s *Select) Tapped(*fyne.PointEvent) { s.open() }

// FocusGained shows the ring.
func (s *Select) FocusGained() {
	s.focused = true
	s.Refresh()
	reveal(s)
}

// FocusLost hides the ring.
func (s *Select) FocusLost() {
	s.focused = false
	s.Refresh()
}

// TypedRune is not for drop-downs.
func (s *Select) TypedRune(rune) {}

// TypedKey opens the drop-down.
func (s *Select) TypedKey(k *fyne.KeyEvent) {
	if presses(k) || k.Name == fyne.KeyDown {
		s.open()
		return
	}
	PassKey(s, k)
}

// MouseIn shows that the pointer is over it.
func (s *Select) MouseIn(*desktop.MouseEvent) { s.hover(true) }

// MouseMoved changes nothing.
func (s *Select) MouseMoved(*desktop.MouseEvent) {}

// MouseOut shows that the pointer has left.
func (s *Select) MouseOut() { s.hover(false) }

func (s *Select) hover(on bool) {
	s.hovered = on
	s.Refresh()
}

// Cursor is a hand where pressing does something.
func (s *Select) Cursor() desktop.Cursor {
	if s.off {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer draws the drop-down.
func (s *Select) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	sh := &sheet{owner: s, objects: []fyne.CanvasObject{s.frame.ring, s.frame.surface, s.frame.edge, s.shade, s.label.text, s.chevron.image}}
	const lead = controlPadding + controlLead
	sh.paint = func() {
		s.frame.paint(s, s.focused, s.off, false)
		s.shade.FillColor, s.shade.Hidden = ink(s, theme.ColorNameHover), !s.hovered || s.off
		s.label.full, s.label.name = s.Text(), theme.ColorNameForeground
		if s.label.full == "" {
			s.label.full, s.label.name = s.Placeholder, theme.ColorNamePlaceHolder
		}
		if s.off {
			s.label.name = theme.ColorNameDisabled
		}
		s.label.paint(s)
		s.chevron.show(look.IconDown, ink(s, theme.ColorNamePlaceHolder))
	}
	sh.least = func() fyne.Size {
		wide := s.label.measure(s.Placeholder)
		for _, o := range s.data.Options {
			wide = max(wide, s.label.measure(o.Text))
		}
		return fyne.NewSize(max(s.width, round(wide+0.49)+2*lead+selectChevron+8), controlHigh(s))
	}
	sh.lay = func(size fyne.Size) {
		s.frame.lay(0, 0, size.Width, size.Height)
		put(s.shade, 0, 0, size.Width, size.Height)
		end := size.Width - lead - selectChevron
		s.label.lay(lead, middle(size.Height, s.label.height()), end-lead-4)
		s.chevron.lay(end, middle(size.Height, selectChevron), selectChevron)
	}
	return sh.start()
}
