package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// BarHeight is a bar's height, in pixels at scale 1.
const BarHeight = 72

// Bar lies below a page and keeps the buttons of long work at hand.
type Bar struct {
	widget.BaseWidget
	content       fyne.CanvasObject
	surface, edge *canvas.Rectangle
}

// NewBar returns a bar with its content.
func NewBar(content fyne.CanvasObject) *Bar {
	b := &Bar{content: content, surface: rule(), edge: rule()}
	b.ExtendBaseWidget(b)
	return b
}

// CreateRenderer draws the bar.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	s := &sheet{owner: b, objects: []fyne.CanvasObject{b.surface, b.edge, b.content}}
	s.least = func() fyne.Size { return fyne.NewSize(b.content.MinSize().Width, BarHeight) }
	s.lay = func(size fyne.Size) {
		put(b.surface, 0, 0, size.Width, size.Height)
		put(b.edge, 0, 0, size.Width, 1)
		put(b.content, 0, 1, size.Width, size.Height-1)
	}
	s.paint = func() {
		b.surface.FillColor, b.edge.FillColor = ink(b, look.ColorNav), ink(b, theme.ColorNameSeparator)
	}
	return s.start()
}
