package widgets

import (
	"image"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// SparkKind is how a spark draws its values.
type SparkKind int

// The kinds.
const (
	SparkLine SparkKind = iota // dots joined by a line, the last one larger
	SparkArea
	SparkBars
)

// Spark is a small chart without axes: how something went lately.
type Spark struct {
	widget.BaseWidget
	kind   SparkKind
	high   float32
	values []float64
	raster *canvas.Raster
}

// NewSpark returns a spark, height pixels high.
func NewSpark(kind SparkKind, height float32) *Spark {
	s := &Spark{kind: kind, high: height}
	s.raster = canvas.NewRaster(s.draw)
	s.ExtendBaseWidget(s)
	return s
}

// Set sets the values, oldest first.
func (s *Spark) Set(values []float64) {
	if !slices.Equal(s.values, values) {
		s.values = slices.Clone(values)
		s.Refresh()
	}
}

// Values is what is shown.
func (s *Spark) Values() []float64 { return slices.Clone(s.values) }

// CreateRenderer draws the spark.
func (s *Spark) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	r := &sheet{owner: s, objects: []fyne.CanvasObject{s.raster}, paint: func() {}}
	r.least = func() fyne.Size { return fyne.NewSize(2*shrunk, s.high) }
	r.lay = func(size fyne.Size) { put(s.raster, 0, 0, size.Width, size.Height) }
	return r.start()
}

// draw paints the values into an image.
func (s *Spark) draw(wide, high int) image.Image {
	size := s.raster.Size()
	p := newPen(wide, high, size.Width)
	if len(s.values) == 0 {
		return p.image
	}
	if s.kind == SparkBars {
		s.bars(p, size)
		return p.image
	}
	places := s.places(size)
	if s.kind == SparkArea {
		floor := size.Height - 1
		under := append(append([]fyne.Position{fyne.NewPos(places[0].X, floor)}, places...), fyne.NewPos(places[len(places)-1].X, floor))
		p.area(under...)
		p.fill(ink(s, theme.ColorNameSelection))
		p.line(1.6, places...)
		p.fill(ink(s, theme.ColorNameFocus))
		return p.image
	}
	p.line(1.6, places...)
	for _, at := range places[:len(places)-1] {
		p.disc(at, 4)
	}
	p.fill(ink(s, theme.ColorNameInputBorder))
	p.disc(places[len(places)-1], 5)
	p.fill(ink(s, theme.ColorNameFocus))
	return p.image
}

// places are where the values are drawn. An area stands on 0; a line uses the room
// between its lowest and its highest value.
func (s *Spark) places(size fyne.Size) []fyne.Position {
	low, high := slices.Min(s.values), slices.Max(s.values)
	edge := float32(6)
	if s.kind == SparkArea {
		low, edge = min(low, 0), 1
	}
	if high == low {
		high = low + 1
	}
	places := make([]fyne.Position, len(s.values))
	for i, v := range s.values {
		x := size.Width - edge // a single value stands at the end
		if n := len(s.values); n > 1 {
			x = edge + float32(i)/float32(n-1)*(size.Width-2*edge)
		}
		y := size.Height - edge - float32((v-low)/(high-low))*(size.Height-2*edge)
		places[i] = fyne.NewPos(x, y)
	}
	return places
}

// bars draws a bar for each value, the newest in the accent colour.
func (s *Spark) bars(p *pen, size fyne.Size) {
	most := max(slices.Max(s.values), 1e-9)
	step := size.Width / float32(len(s.values))
	bar := min(step*0.6, 6)
	for i, v := range s.values {
		high := max(float32(v/most)*(size.Height-2), 2)
		x := float32(i)*step + (step-bar)/2
		p.area(fyne.NewPos(x, size.Height-high), fyne.NewPos(x+bar, size.Height-high), fyne.NewPos(x+bar, size.Height), fyne.NewPos(x, size.Height))
		if i == len(s.values)-2 {
			p.fill(ink(s, theme.ColorNameInputBorder))
		}
	}
	p.fill(ink(s, theme.ColorNameFocus))
}
