// Package widgets holds the pieces that screens are laid out from. They know
// nothing of mail: they get words, values and callbacks.
package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Shape is what a status light looks like. The shape alone says the state, for
// whoever does not see the colour.
type Shape int

// The shapes. The zero value shows nothing: what nobody set never looks healthy.
const (
	NoShape  Shape = iota
	Disc           // filled, with a tick: healthy, passed, done
	Ring           // with a tick: ready
	Triangle       // with an exclamation mark: degraded, care
	Octagon        // with a cross: down, failed
	Question       // in a dashed ring: unknown
	Working        // three quarters of a ring, turning
	Waiting        // an empty ring
)

// Light is a status light, square, of the size it is given.
type Light struct {
	widget.BaseWidget
	side  float32
	shape Shape
}

// NewLight returns a light; side is in pixels at scale 1.
func NewLight(side float32, s Shape) *Light {
	l := &Light{side: side, shape: s}
	l.ExtendBaseWidget(l)
	return l
}

// SetShape sets the shape.
func (l *Light) SetShape(s Shape) {
	if s == l.shape {
		return
	}
	l.shape = s
	l.Refresh()
}

// CreateRenderer draws the light.
func (l *Light) CreateRenderer() fyne.WidgetRenderer {
	r := &lightRenderer{
		light: l, disc: canvas.NewCircle(color.Transparent), polygon: canvas.NewPolygon(8, color.Transparent),
		mark: canvas.NewText("", color.Transparent), a: canvas.NewLine(color.Transparent), b: canvas.NewLine(color.Transparent),
	}
	r.mark.Alignment = fyne.TextAlignCenter
	r.mark.TextStyle.Bold = true
	r.Refresh()
	return r
}

type lightRenderer struct {
	light   *Light
	disc    *canvas.Circle
	polygon *canvas.Polygon
	mark    *canvas.Text
	a, b    *canvas.Line
}

// Layout places the strokes on a grid of 20.
func (r *lightRenderer) Layout(size fyne.Size) {
	side := min(size.Width, size.Height)
	at := func(x, y float32) fyne.Position { return fyne.NewPos(x*side/20, y*side/20) }
	r.disc.Move(at(1, 1))
	r.disc.Resize(fyne.NewSize(side*18/20, side*18/20))
	r.polygon.Move(at(0.5, 0.5))
	r.polygon.Resize(fyne.NewSize(side*19/20, side*19/20))
	r.mark.TextSize = side * 11 / 20
	r.mark.Resize(fyne.NewSize(side, r.mark.MinSize().Height))
	down := (side - r.mark.MinSize().Height) / 2
	if r.light.shape == Triangle {
		down += side / 20
	}
	r.mark.Move(fyne.NewPos(0, down))
	if r.light.shape == Octagon {
		r.a.Position1, r.a.Position2 = at(7, 7), at(13, 13)
		r.b.Position1, r.b.Position2 = at(13, 7), at(7, 13)
	} else {
		r.a.Position1, r.a.Position2 = at(6, 10.5), at(9, 13.5)
		r.b.Position1, r.b.Position2 = at(9, 13.5), at(14, 7)
	}
	r.a.StrokeWidth, r.b.StrokeWidth = side/10, side/10
	r.disc.StrokeWidth = side / 11
}

// MinSize is the light's own.
func (r *lightRenderer) MinSize() fyne.Size { return fyne.NewSquareSize(r.light.side) }

// Objects lists all strokes; those of other shapes are hidden.
func (r *lightRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.disc, r.polygon, r.a, r.b, r.mark}
}

// Destroy has nothing to free.
func (r *lightRenderer) Destroy() {}

// Refresh takes on shape and theme.
func (r *lightRenderer) Refresh() {
	th := r.light.Theme()
	v := fyne.CurrentApp().Settings().ThemeVariant()
	c := func(n fyne.ThemeColorName) color.Color { return th.Color(n, v) }
	card := c(look.ColorCard)
	shape := r.light.shape
	r.disc.Hidden = shape == Triangle || shape == Octagon
	r.polygon.Hidden = !r.disc.Hidden
	r.mark.Hidden = shape != Triangle && shape != Question
	r.a.Hidden, r.b.Hidden = !r.mark.Hidden, !r.mark.Hidden
	r.disc.FillColor, r.disc.StrokeColor = color.Transparent, color.Transparent
	switch shape {
	case Disc:
		r.disc.FillColor = c(theme.ColorNameSuccess)
		r.a.StrokeColor, r.b.StrokeColor = card, card
	case Ring:
		r.disc.StrokeColor = c(theme.ColorNameSuccess)
		r.a.StrokeColor, r.b.StrokeColor = c(theme.ColorNameSuccess), c(theme.ColorNameSuccess)
	case Triangle:
		r.polygon.Sides, r.polygon.FillColor, r.polygon.Angle = 3, c(theme.ColorNameWarning), 0
		r.mark.Text, r.mark.Color = "!", card
	case Octagon:
		r.polygon.Sides, r.polygon.FillColor, r.polygon.Angle = 8, c(theme.ColorNameError), 22.5
		r.a.StrokeColor, r.b.StrokeColor = card, card
	default:
		r.disc.StrokeColor = c(look.ColorUnknown)
		r.mark.Text, r.mark.Color = "?", c(look.ColorUnknown)
	}
	r.Layout(r.light.Size())
	canvas.Refresh(r.light)
}
