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

// cross takes something away, inside a field. It is for the pointer alone: by keyboard
// the field itself does it, by Backspace or Escape, so that Tab does not stop at every chip.
type cross struct {
	widget.BaseWidget
	press   func()
	hovered bool
	surface *canvas.Rectangle
	glyph   *glyph
}

var (
	_ fyne.Tappable      = (*cross)(nil)
	_ desktop.Hoverable  = (*cross)(nil)
	_ desktop.Cursorable = (*cross)(nil)
)

const (
	crossSide = 16
	crossEdge = 3 // around the sign
)

func newCross(press func()) *cross {
	c := &cross{press: press, surface: box(crossSide/2 + crossEdge), glyph: newGlyph()}
	c.ExtendBaseWidget(c)
	return c
}

// Tapped takes it away.
func (c *cross) Tapped(*fyne.PointEvent) { c.press() }

// MouseIn shows that it can be pressed.
func (c *cross) MouseIn(*desktop.MouseEvent) { c.hover(true) }

// MouseMoved changes nothing.
func (c *cross) MouseMoved(*desktop.MouseEvent) {}

// MouseOut shows it as before.
func (c *cross) MouseOut() { c.hover(false) }

func (c *cross) hover(on bool) {
	c.hovered = on
	c.Refresh()
}

// Cursor is a hand.
func (c *cross) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer draws the sign.
func (c *cross) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	s := &sheet{owner: c, objects: []fyne.CanvasObject{c.surface, c.glyph.image}}
	s.least = func() fyne.Size { return fyne.NewSquareSize(crossSide + 2*crossEdge) }
	s.paint = func() {
		c.surface.FillColor = color.Transparent
		if c.hovered {
			c.surface.FillColor = ink(c, theme.ColorNameHover)
		}
		c.glyph.show(look.IconClose, ink(c, theme.ColorNamePlaceHolder))
	}
	s.lay = func(size fyne.Size) {
		x, y := middle(size.Width, crossSide), middle(size.Height, crossSide)
		put(c.surface, x-crossEdge, y-crossEdge, crossSide+2*crossEdge, crossSide+2*crossEdge)
		c.glyph.lay(x, y, crossSide)
	}
	return s.start()
}
