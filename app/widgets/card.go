package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// CardPadding is the room inside a card's edge, in pixels at scale 1.
const CardPadding = 20

const cardRadius = 10

// Card is a surface with a line around it: depth is a line and a tint, never a
// shadow.
type Card struct {
	widget.BaseWidget
	content       fyne.CanvasObject
	across, along float32
	live          bool
	surface       *canvas.Rectangle
}

// NewCard returns a card around its content.
func NewCard(content fyne.CanvasObject) *Card {
	c := &Card{content: content, across: CardPadding, along: CardPadding, surface: box(cardRadius)}
	c.ExtendBaseWidget(c)
	return c
}

// Padded sets the room at the card's sides, and above and below, in pixels at scale
// 1, and returns the card.
func (c *Card) Padded(sides, aboveBelow float32) *Card {
	c.across, c.along = sides, aboveBelow
	return c
}

// SetLive marks the card as the one that counts now, by a stronger line.
func (c *Card) SetLive(live bool) {
	if c.live != live {
		c.live = live
		c.Refresh()
	}
}

// CreateRenderer draws the surface under the content.
func (c *Card) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	s := &sheet{owner: c, objects: []fyne.CanvasObject{c.surface, c.content}}
	s.least = func() fyne.Size { return c.content.MinSize().AddWidthHeight(2*c.across, 2*c.along) }
	s.lay = func(size fyne.Size) {
		put(c.surface, 0, 0, size.Width, size.Height)
		put(c.content, c.across, c.along, size.Width-2*c.across, size.Height-2*c.along)
	}
	s.paint = func() {
		c.surface.FillColor = ink(c, look.ColorCard)
		c.surface.StrokeColor, c.surface.StrokeWidth = ink(c, theme.ColorNameSeparator), 1
		if c.live {
			c.surface.StrokeColor, c.surface.StrokeWidth = ink(c, theme.ColorNameFocus), 2
		}
	}
	return s.start()
}
