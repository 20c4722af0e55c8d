package widgets

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"

	"fyne.io/fyne/v2"
	"golang.org/x/image/vector"
)

// pen draws curves, areas and dots into an image, smoothly: what Fyne's canvas has
// no object for. Places are in pixels at scale 1.
type pen struct {
	image *image.RGBA
	scale float32
	shape []polygon // added so far, to be filled together
}

type polygon []fyne.Position

// newPen returns a pen on an empty image of that many pixels, for a widget of that
// width.
func newPen(pixelsWide, pixelsHigh int, width float32) *pen {
	scale := float32(1)
	if width > 0 {
		scale = float32(pixelsWide) / width
	}
	return &pen{image: image.NewRGBA(image.Rect(0, 0, max(pixelsWide, 1), max(pixelsHigh, 1))), scale: scale}
}

// area adds a polygon; all that are filled together should turn the same way.
func (p *pen) area(corners ...fyne.Position) { p.shape = append(p.shape, corners) }

// disc adds a filled circle.
func (p *pen) disc(at fyne.Position, radius float32) {
	const corners = 24
	round := make(polygon, corners)
	for i := range round {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		round[i] = at.AddXY(radius*float32(cos), radius*float32(sin))
	}
	p.shape = append(p.shape, round)
}

// line adds a line through places, with sharp joints: one outline, so that nothing
// is painted twice where two runs meet.
func (p *pen) line(width float32, places ...fyne.Position) {
	places = apart(places)
	if len(places) < 2 {
		return
	}
	left, right := make(polygon, 0, 2*len(places)), make(polygon, 0, len(places))
	for i, at := range places {
		across := joint(places, i)
		left = append(left, at.AddXY(across.X*width/2, across.Y*width/2))
		right = append(right, at.AddXY(-across.X*width/2, -across.Y*width/2))
	}
	slices.Reverse(right)
	p.area(append(left, right...)...)
}

// apart leaves places out that are where the one before is.
func apart(places []fyne.Position) []fyne.Position {
	return slices.CompactFunc(slices.Clone(places), func(a, b fyne.Position) bool { return distance(a, b) < 0.01 })
}

// joint is what leads from a place on a line to the corner of its outline, for a
// line that is 2 wide.
func joint(places []fyne.Position, i int) fyne.Position {
	across := func(a, b fyne.Position) fyne.Position {
		long := distance(a, b)
		return fyne.NewPos((b.Y-a.Y)/long, -(b.X-a.X)/long)
	}
	switch i {
	case 0:
		return across(places[0], places[1])
	case len(places) - 1:
		return across(places[i-1], places[i])
	}
	a, b := across(places[i-1], places[i]), across(places[i], places[i+1])
	sum := a.Add(b)
	// The corner lies on the bisector, 1/cos of half the angle away; not further
	// than twice the width where the line turns back.
	along := max((1+a.X*b.X+a.Y*b.Y)/2, 0.25)
	return fyne.NewPos(sum.X/2/along, sum.Y/2/along)
}

// dotted adds a dotted line through places: dashes of dash, gaps of gap.
func (p *pen) dotted(width, dash, gap float32, places ...fyne.Position) {
	for i := 1; i < len(places); i++ {
		a, b := places[i-1], places[i]
		long := distance(a, b)
		for at := float32(0); at < long; at += dash + gap {
			p.line(width, between(a, b, at/long), between(a, b, min(at+dash, long)/long))
		}
	}
}

// ring adds a circle as a line.
func (p *pen) ring(at fyne.Position, radius, width float32) {
	const corners = 32
	around := make([]fyne.Position, corners+1)
	for i := range around {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		around[i] = at.AddXY(radius*float32(cos), radius*float32(sin))
	}
	p.line(width, around...)
}

// arrow adds the head at the end of a way.
func (p *pen) arrow(way []fyne.Position) {
	const length, half = 10, 6
	end, before := way[len(way)-1], way[len(way)-2]
	run := distance(before, end)
	if run == 0 {
		return
	}
	ahead := fyne.NewPos((end.X-before.X)/run, (end.Y-before.Y)/run)
	back := end.AddXY(-ahead.X*length, -ahead.Y*length)
	p.area(back.AddXY(ahead.Y*half, -ahead.X*half), end, back.AddXY(-ahead.Y*half, ahead.X*half))
}

// cross adds two lines through a place.
func (p *pen) cross(at fyne.Position, half, width float32) {
	p.line(width, at.AddXY(-half, -half), at.AddXY(half, half))
	p.line(width, at.AddXY(half, -half), at.AddXY(-half, half))
}

// fill paints what was added since the last time.
func (p *pen) fill(c color.Color) {
	if len(p.shape) == 0 {
		return
	}
	bounds := p.bounds()
	if !bounds.Empty() {
		r := vector.NewRasterizer(bounds.Dx(), bounds.Dy())
		x0, y0 := float32(bounds.Min.X), float32(bounds.Min.Y)
		for _, corners := range p.shape {
			for i, c := range corners {
				x, y := c.X*p.scale-x0, c.Y*p.scale-y0
				if i == 0 {
					r.MoveTo(x, y)
				} else {
					r.LineTo(x, y)
				}
			}
			r.ClosePath()
		}
		r.DrawOp = draw.Over
		r.Draw(p.image, bounds, image.NewUniform(c), image.Point{})
	}
	p.shape = p.shape[:0]
}

// bounds is what part of the image the shape covers.
func (p *pen) bounds() image.Rectangle {
	low := fyne.NewPos(math.MaxFloat32, math.MaxFloat32)
	high := fyne.NewPos(-math.MaxFloat32, -math.MaxFloat32)
	for _, corners := range p.shape {
		for _, c := range corners {
			low = fyne.NewPos(min(low.X, c.X), min(low.Y, c.Y))
			high = fyne.NewPos(max(high.X, c.X), max(high.Y, c.Y))
		}
	}
	down := func(v float32) int { return int(math.Floor(float64(v * p.scale))) }
	return image.Rect(down(low.X), down(low.Y), down(high.X)+2, down(high.Y)+2).Intersect(p.image.Bounds())
}

func distance(a, b fyne.Position) float32 {
	return float32(math.Hypot(float64(b.X-a.X), float64(b.Y-a.Y)))
}

// between is the place that is part of the way from a to b.
func between(a, b fyne.Position, part float32) fyne.Position {
	return fyne.NewPos(a.X+(b.X-a.X)*part, a.Y+(b.Y-a.Y)*part)
}
