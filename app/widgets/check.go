package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// What a check is made of, in pixels at scale 1.
const (
	checkSide = 20
	checkGap  = 10
	checkHigh = 32
)

// Check is ticked or not: by the pointer, or by Space and Enter.
type Check struct {
	widget.BaseWidget
	// OnChanged hears of it when a person ticked it or took the tick away: set it
	// once, before the check is shown.
	OnChanged func(on bool)

	on, off, focused bool
	label            *Paragraph
	box, ring        *canvas.Rectangle
	tick             *glyph
}

var (
	_ fyne.Focusable     = (*Check)(nil)
	_ fyne.Tappable      = (*Check)(nil)
	_ desktop.Cursorable = (*Check)(nil)
)

// NewCheck returns a check that is not ticked.
func NewCheck(text string) *Check {
	c := &Check{label: NewParagraph(look.Body, text), box: box(4), ring: box(4 + ringGap + ringWidth), tick: newGlyph()}
	c.ExtendBaseWidget(c)
	return c
}

// Set ticks the check, or takes the tick away, without telling OnChanged.
func (c *Check) Set(on bool) {
	if c.on != on {
		c.on = on
		c.Refresh()
	}
}

// Checked says whether it is ticked.
func (c *Check) Checked() bool { return c.on }

// Text is what the check says.
func (c *Check) Text() string { return c.label.Text() }

// SetText sets the words.
func (c *Check) SetText(text string) {
	if c.label.Text() != text {
		c.label.SetText(text)
		c.Refresh()
	}
}

// Enable lets the check be ticked.
func (c *Check) Enable() { c.turn(false) }

// Disable greys the check out.
func (c *Check) Disable() { c.turn(true) }

// Disabled says whether the check is greyed out.
func (c *Check) Disabled() bool { return c.off }

func (c *Check) turn(off bool) {
	if c.off != off {
		c.off = off
		c.Refresh()
	}
}

func (c *Check) press() {
	if c.off {
		return
	}
	c.Set(!c.on)
	if c.OnChanged != nil {
		c.OnChanged(c.on)
	}
}

// Tapped ticks the check.
func (c *Check) Tapped(*fyne.PointEvent) { c.press() }

// FocusGained shows the ring.
func (c *Check) FocusGained() {
	c.focused = true
	c.Refresh()
	reveal(c)
}

// FocusLost hides the ring.
func (c *Check) FocusLost() {
	c.focused = false
	c.Refresh()
}

// TypedRune is not for checks.
func (c *Check) TypedRune(rune) {}

// TypedKey ticks the check by Space and Enter.
func (c *Check) TypedKey(k *fyne.KeyEvent) {
	if presses(k) {
		c.press()
		return
	}
	PassKey(c, k)
}

// Cursor is a hand where pressing does something.
func (c *Check) Cursor() desktop.Cursor {
	if c.off {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer draws the check.
func (c *Check) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	s := &sheet{owner: c, objects: []fyne.CanvasObject{c.ring, c.box, c.tick.image, c.label}, paint: c.paint}
	s.least = func() fyne.Size {
		return fyne.NewSize(checkSide+checkGap+c.label.MinSize().Width, max(checkHigh, c.label.MinSize().Height))
	}
	s.lay = func(size fyne.Size) {
		x := float32(checkSide + checkGap)
		c.label.Resize(fyne.NewSize(size.Width-x, 0))
		high := c.label.MinSize().Height
		top := max(middle(checkHigh, c.label.lineHeight()), 0)
		if high > checkHigh-top {
			top = 0
		}
		put(c.label, x, top, size.Width-x, high)
		y := top + middle(c.label.lineHeight(), checkSide)
		put(c.box, 0, y, checkSide, checkSide)
		const out = ringGap + ringWidth
		put(c.ring, -out, y-out, checkSide+2*out, checkSide+2*out)
		c.tick.lay(2, y+2, checkSide-4)
	}
	return s.start()
}

func (c *Check) paint() {
	c.ring.Hidden = !c.focused || c.off
	c.ring.StrokeColor, c.ring.StrokeWidth = ink(c, theme.ColorNameFocus), ringWidth
	c.box.FillColor, c.box.StrokeColor, c.box.StrokeWidth = ink(c, look.ColorCard), ink(c, theme.ColorNameInputBorder), 1
	var tick color.Color = color.White
	name := theme.ColorNameForeground
	if c.on {
		c.box.FillColor, c.box.StrokeWidth = ink(c, theme.ColorNamePrimary), 0
	}
	if c.off {
		c.box.FillColor, c.box.StrokeColor, c.box.StrokeWidth = ink(c, theme.ColorNameDisabledButton), ink(c, theme.ColorNameSeparator), 1
		tick, name = ink(c, theme.ColorNameDisabled), theme.ColorNameDisabled
	}
	c.label.SetColor(name)
	icon := look.NoIcon
	if c.on {
		icon = look.IconCheck
	}
	c.tick.show(icon, tick)
}
