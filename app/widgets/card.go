package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Padding of a card, and corner radius, in pixels at scale 1.
const (
	cardPadding = 20
	cardRadius  = 10
)

// Card is a surface with a line around it: depth is a line and a tint, never a
// shadow.
type Card struct {
	widget.BaseWidget
	content fyne.CanvasObject
	live    bool
}

// NewCard returns a card around its content.
func NewCard(content fyne.CanvasObject) *Card {
	c := &Card{content: content}
	c.ExtendBaseWidget(c)
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
	r := &cardRenderer{card: c, surface: canvas.NewRectangle(color.Transparent)}
	r.surface.CornerRadius = cardRadius
	r.box = container.New(layout.NewCustomPaddedLayout(cardPadding, cardPadding, cardPadding, cardPadding), c.content)
	r.Refresh()
	return r
}

type cardRenderer struct {
	card    *Card
	surface *canvas.Rectangle
	box     *fyne.Container
}

// Layout fills the card.
func (r *cardRenderer) Layout(size fyne.Size) {
	r.surface.Resize(size)
	r.box.Resize(size)
}

// MinSize is the content's, padded.
func (r *cardRenderer) MinSize() fyne.Size { return r.box.MinSize() }

// Objects are surface and content.
func (r *cardRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.surface, r.box} }

// Destroy has nothing to free.
func (r *cardRenderer) Destroy() {}

// Refresh takes the theme on.
func (r *cardRenderer) Refresh() {
	th := r.card.Theme()
	v := fyne.CurrentApp().Settings().ThemeVariant()
	r.surface.FillColor = th.Color(look.ColorCard, v)
	r.surface.StrokeColor, r.surface.StrokeWidth = th.Color(theme.ColorNameSeparator, v), 1
	if r.card.live {
		r.surface.StrokeColor, r.surface.StrokeWidth = th.Color(theme.ColorNameFocus, v), 2
	}
	canvas.Refresh(r.card)
}
