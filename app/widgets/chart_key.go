package widgets

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// What a key is made of, in pixels at scale 1.
const (
	keyWide = 28
	keyHigh = 16
)

// ChartKey shows how a curve of a [TimeChart] is drawn, to stand before its name.
type ChartKey struct {
	widget.BaseWidget
	second bool
	raster *canvas.Raster
}

// NewChartKey returns the key of the first curve, or of the second.
func NewChartKey(second bool) *ChartKey {
	k := &ChartKey{second: second}
	k.raster = canvas.NewRaster(k.draw)
	k.ExtendBaseWidget(k)
	return k
}

// CreateRenderer draws the key.
func (k *ChartKey) CreateRenderer() fyne.WidgetRenderer {
	k.ExtendBaseWidget(k)
	s := &sheet{owner: k, objects: []fyne.CanvasObject{k.raster}, paint: func() {}}
	s.least = func() fyne.Size { return fyne.NewSize(keyWide, keyHigh) }
	s.lay = func(size fyne.Size) { put(k.raster, 0, middle(size.Height, keyHigh), keyWide, keyHigh) }
	return s.start()
}

func (k *ChartKey) draw(wide, high int) image.Image {
	p := newPen(wide, high, keyWide)
	y := float32(keyHigh / 2)
	from, to := fyne.NewPos(0, y), fyne.NewPos(keyWide, y)
	if k.second {
		dashes(p, []fyne.Position{from, to})
		p.fill(ink(k, theme.ColorNameForeground))
		return p.image
	}
	p.area(fyne.NewPos(0, y), to, fyne.NewPos(keyWide, keyHigh), fyne.NewPos(0, keyHigh))
	p.fill(ink(k, theme.ColorNameSelection))
	p.line(2, from, to)
	p.fill(ink(k, theme.ColorNameFocus))
	return p.image
}
