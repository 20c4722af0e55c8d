package widgets

import (
	"image"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Point is a point of a curve.
type Point struct{ X, Y float64 }

// Tick names a value on an axis.
type Tick struct {
	At    float64
	Label string
}

// Probe is one look at something, at a moment.
type Probe struct {
	At    float64
	Shape Shape // Disc: a green dot; Octagon: a red cross; anything else: a hollow dot
}

// ChartData is a curve over time with a mark, and a strip of probes below it. X is
// in any unit, the same for all.
type ChartData struct {
	From, To float64
	Points   []Point // in the order of X
	Second   []Point // another curve, drawn as a dashed line
	YTicks   []Tick
	XTicks   []Tick
	Mark     *Tick  // a moment that matters: a red line with words beside it
	Turns    []Tick // moments at which something was changed: thin lines with words
	Probes   []Probe
}

func (d ChartData) equal(o ChartData) bool {
	sameMark := d.Mark == o.Mark || d.Mark != nil && o.Mark != nil && *d.Mark == *o.Mark
	return d.From == o.From && d.To == o.To && sameMark && slices.Equal(d.Points, o.Points) &&
		slices.Equal(d.Second, o.Second) && slices.Equal(d.Turns, o.Turns) && slices.Equal(d.YTicks, o.YTicks) && slices.Equal(d.XTicks, o.XTicks) && slices.Equal(d.Probes, o.Probes)
}

// What a chart is made of, in pixels at scale 1. The words at the left, above and below have
// at least so much room, and more where they are larger.
const (
	chartLeft  = 34 // for the words at the left
	chartWords = 4  // between them and the curve
	chartRight = 6
	chartTop   = 26 // for the words of the mark
	chartFoot  = 24 // for the words below
	probeStrip = 30
)

// TimeChart shows something over time as an area, and below it, on the same axis,
// each look at something else: what queued up, and since when what was asked did
// not answer.
type TimeChart struct {
	widget.BaseWidget
	high   float32
	data   ChartData
	raster *canvas.Raster
	ys, xs []*label
	turns  []*label
	mark   *label
	sheet  *sheet
}

// NewTimeChart returns the chart, height pixels high at least.
func NewTimeChart(height float32) *TimeChart {
	c := &TimeChart{high: height, mark: newLabel(look.Small, "")}
	c.mark.name = theme.ColorNameError
	c.raster = canvas.NewRaster(c.draw)
	c.ExtendBaseWidget(c)
	return c
}

// Set sets what is shown.
func (c *TimeChart) Set(d ChartData) {
	if c.data.equal(d) {
		return
	}
	d.Points, d.Probes = slices.Clone(d.Points), slices.Clone(d.Probes)
	d.YTicks, d.XTicks = slices.Clone(d.YTicks), slices.Clone(d.XTicks)
	d.Second, d.Turns = slices.Clone(d.Second), slices.Clone(d.Turns)
	if d.Mark != nil {
		mark := *d.Mark
		d.Mark = &mark
	}
	c.data = d
	c.Refresh()
}

// Data is what is shown.
func (c *TimeChart) Data() ChartData { return c.data }

// CreateRenderer draws the chart.
func (c *TimeChart) CreateRenderer() fyne.WidgetRenderer {
	c.ExtendBaseWidget(c)
	if c.sheet != nil {
		return c.sheet.start()
	}
	c.sheet = &sheet{owner: c, paint: c.paint, lay: c.lay}
	c.sheet.least = func() fyne.Size { return fyne.NewSize(10*shrunk, c.high) }
	return c.sheet.start()
}

func (c *TimeChart) paint() {
	c.sheet.objects = append(c.sheet.objects[:0], c.raster)
	name := func(pool []*label, ticks []Tick) []*label {
		for len(pool) < len(ticks) {
			pool = append(pool, newLabel(look.Caption, ""))
		}
		for i, t := range ticks {
			pool[i].full = t.Label
			pool[i].paint(c)
			c.sheet.objects = append(c.sheet.objects, pool[i].text)
		}
		return pool
	}
	c.ys, c.xs, c.turns = name(c.ys, c.data.YTicks), name(c.xs, c.data.XTicks), name(c.turns, c.data.Turns)
	c.mark.full = ""
	if c.data.Mark != nil {
		c.mark.full = c.data.Mark.Label
	}
	c.mark.paint(c)
	c.sheet.objects = append(c.sheet.objects, c.mark.text)
}

// plot is where the curve is drawn.
func (c *TimeChart) plot(size fyne.Size) (at fyne.Position, area fyne.Size) {
	left, top, foot := float32(chartRight), float32(chartTop), c.foot()
	if len(c.data.YTicks) > 0 {
		left = c.left()
	}
	if len(c.data.Probes) > 0 {
		foot += probeStrip
	}
	if c.data.Mark != nil {
		top = max(top, c.mark.height()+chartWords)
	}
	return fyne.NewPos(left, top), fyne.NewSize(max(size.Width-left-chartRight, 1), max(size.Height-top-foot, 1))
}

// left is the room for the words at the left.
func (c *TimeChart) left() float32 {
	room := float32(chartLeft)
	for i := range c.data.YTicks {
		if i < len(c.ys) {
			room = max(room, c.ys[i].width()+chartWords)
		}
	}
	return room
}

// foot is the room for the words below.
func (c *TimeChart) foot() float32 {
	room := float32(chartFoot)
	for i := range c.data.XTicks {
		if i < len(c.xs) {
			room = max(room, c.xs[i].height()+chartWords)
		}
	}
	return room
}

// top is the value at the upper edge.
func (c *TimeChart) top() float64 {
	most := 0.0
	for _, p := range slices.Concat(c.data.Points, c.data.Second) {
		most = max(most, p.Y)
	}
	for _, t := range c.data.YTicks {
		most = max(most, t.At)
	}
	if most == 0 {
		return 1
	}
	return most
}

// place is where a value is drawn; out of the chart's time it stays at the edge.
func (c *TimeChart) place(size fyne.Size, x, y float64) fyne.Position {
	at, area := c.plot(size)
	part := 0.0
	if c.data.To > c.data.From {
		part = min(max((x-c.data.From)/(c.data.To-c.data.From), 0), 1)
	}
	return fyne.NewPos(at.X+float32(part)*area.Width, at.Y+float32(1-y/c.top())*area.Height)
}

func (c *TimeChart) lay(size fyne.Size) {
	put(c.raster, 0, 0, size.Width, size.Height)
	for i, t := range c.data.YTicks {
		l := c.ys[i]
		l.lay(0, round(c.place(size, c.data.From, t.At).Y-l.height()/2), c.left()-chartWords)
	}
	for i, t := range c.data.XTicks {
		l := c.xs[i]
		width := l.width()
		x := c.place(size, t.At, 0).X - width/2
		at, _ := c.plot(size)
		x = min(max(round(x), at.X-3), size.Width-width)
		l.lay(x, size.Height-l.height(), width)
	}
	c.layTurns(size)
	if c.data.Mark != nil {
		x := c.place(size, c.data.Mark.At, 0).X
		if width := c.mark.width(); x+10+width > size.Width {
			c.mark.lay(max(x-10-width, 0), 0, width)
		} else {
			c.mark.lay(x+10, 0, width)
		}
	}
}

// layTurns puts the words of the changes beside their lines, as far as they do not run
// into each other.
func (c *TimeChart) layTurns(size fyne.Size) {
	free := size.Width
	for i := len(c.data.Turns) - 1; i >= 0; i-- { // the newest matters most
		l, x := c.turns[i], c.place(size, c.data.Turns[i].At, 0).X
		width := l.width()
		at := x + turnGap
		if at+width > free {
			at = x - turnGap - width
		}
		if at < 0 || at+width > free {
			l.text.Hide()
			continue
		}
		l.text.Show()
		l.lay(at, 0, width)
		free = min(at, x) - turnGap
	}
}

// turnGap is the room between a line and its words, in pixels at scale 1.
const turnGap = 6

// draw paints lines, area, curve and probes into an image.
func (c *TimeChart) draw(wide, high int) image.Image {
	size := c.raster.Size()
	p := newPen(wide, high, size.Width)
	at, area := c.plot(size)
	for _, t := range c.data.YTicks {
		y := float32(math.Round(float64(c.place(size, 0, t.At).Y))) + 0.5
		p.line(1, fyne.NewPos(at.X, y), fyne.NewPos(at.X+area.Width, y))
	}
	p.fill(ink(c, theme.ColorNameSeparator))
	for _, t := range c.data.Turns {
		x := round(c.place(size, t.At, 0).X)
		p.line(1.4, fyne.NewPos(x, 2), fyne.NewPos(x, size.Height-c.foot()))
	}
	p.fill(ink(c, theme.ColorNamePlaceHolder))
	c.curve(p, size)
	c.second(p, size)
	c.probes(p, size)
	if c.data.Mark != nil {
		x := round(c.place(size, c.data.Mark.At, 0).X)
		p.line(2, fyne.NewPos(x, 2), fyne.NewPos(x, size.Height-c.foot()))
		p.fill(ink(c, theme.ColorNameError))
	}
	return p.image
}

func (c *TimeChart) curve(p *pen, size fyne.Size) {
	if len(c.data.Points) == 0 {
		return
	}
	places := make([]fyne.Position, len(c.data.Points))
	for i, v := range c.data.Points {
		places[i] = c.place(size, v.X, v.Y)
	}
	first, last := places[0], places[len(places)-1]
	floor := c.place(size, 0, 0).Y
	p.area(append(append([]fyne.Position{fyne.NewPos(first.X, floor)}, places...), fyne.NewPos(last.X, floor))...)
	p.fill(ink(c, theme.ColorNameSelection))
	p.line(1.8, places...)
	p.disc(last, 4.5)
	p.fill(ink(c, theme.ColorNameFocus))
}

// second draws the other curve: a dashed line, which is told from the first without
// colour.
func (c *TimeChart) second(p *pen, size fyne.Size) {
	var places []fyne.Position
	for _, v := range c.data.Second {
		places = append(places, c.place(size, v.X, v.Y))
	}
	dashes(p, places)
	p.fill(ink(c, theme.ColorNameForeground))
}

// dashes adds a dashed line through places, whose dashes go on round the corners: where
// places lie close together it is dashed all the same.
func dashes(p *pen, places []fyne.Position) {
	drawn, left := true, float32(secondDash)
	for i := 1; i < len(places); i++ {
		a, b := places[i-1], places[i]
		long := distance(a, b)
		for at := float32(0); at < long; {
			step := min(left, long-at)
			if drawn {
				p.line(1.8, between(a, b, at/long), between(a, b, (at+step)/long))
			}
			at, left = at+step, left-step
			if left > 0 {
				continue
			}
			if drawn = !drawn; drawn {
				left = secondDash
			} else {
				left = secondSpace
			}
		}
	}
}

// The dashes of the other curve, in pixels at scale 1.
const (
	secondDash  = 6
	secondSpace = 4
)

// probes draws the strip: each kind in its colour.
func (c *TimeChart) probes(p *pen, size fyne.Size) {
	y := size.Height - c.foot() - probeStrip/2 + 4
	of := func(draw func(at fyne.Position), is func(Shape) bool) {
		for _, probe := range c.data.Probes {
			if is(probe.Shape) {
				draw(fyne.NewPos(c.place(size, probe.At, 0).X, y))
			}
		}
	}
	of(func(at fyne.Position) { p.disc(at, 4) }, func(s Shape) bool { return s == Disc || s == Ring })
	p.fill(ink(c, theme.ColorNameSuccess))
	of(func(at fyne.Position) { p.cross(at, 4, 1.8) }, func(s Shape) bool { return s == Octagon })
	p.fill(ink(c, theme.ColorNameError))
	hollow := func(s Shape) bool { return s != Disc && s != Ring && s != Octagon }
	of(func(at fyne.Position) { p.ring(at, 3.2, 1.6) }, hollow)
	p.fill(ink(c, look.ColorUnknown))
}
