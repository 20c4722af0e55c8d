// Package widgets holds the pieces that screens are laid out from. They know
// nothing of mail: they get words, values and callbacks, and each takes on what it
// shows by one call of Set.
//
// What may move (the arc of a light that says Working, the dots of a map) moves
// only while it is seen; see pulse. Nothing blinks.
package widgets

import (
	"image/color"
	"time"

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

// drawing is a shape's glyph.
func (s Shape) drawing() look.Icon {
	switch s {
	case Disc:
		return "light-disc"
	case Ring:
		return "light-ring"
	case Triangle:
		return "light-triangle"
	case Octagon:
		return "light-octagon"
	case Question:
		return "light-question"
	case Waiting:
		return "light-waiting"
	case Working:
		return "light-track" // and the arc turns on it
	default:
		return look.NoIcon
	}
}

// Color names the colour of a shape.
func (s Shape) Color() fyne.ThemeColorName {
	switch s {
	case Disc, Ring:
		return theme.ColorNameSuccess
	case Triangle:
		return theme.ColorNameWarning
	case Octagon:
		return theme.ColorNameError
	case Question:
		return look.ColorUnknown
	case Working:
		return theme.ColorNameFocus
	default:
		return theme.ColorNameInputBorder
	}
}

// Sides of lights, in pixels at scale 1: in rows and pills, and before a title.
const (
	LightInRow   = 18
	LightOnTitle = 34
)

// Light is a status light.
type Light struct {
	widget.BaseWidget
	side  float32
	shape Shape
	turn  float32 // of the arc, in degrees
	glyph *glyph
	arc   *canvas.Arc
	pulse *pulse
}

// NewLight returns a light; side is in pixels at scale 1.
func NewLight(side float32, s Shape) *Light {
	l := &Light{side: side, shape: s, glyph: newGlyph(), arc: canvas.NewArc(0, threeQuarters, 0.76, color.Transparent)}
	l.pulse = newPulse(func() bool { return l.shape == Working && !still() }, l.beat)
	l.ExtendBaseWidget(l)
	return l
}

const threeQuarters = 270

// Shape is what the light shows.
func (l *Light) Shape() Shape { return l.shape }

// SetShape sets the shape.
func (l *Light) SetShape(s Shape) {
	if s == l.shape {
		return
	}
	l.shape = s
	l.Refresh()
	if s == Working {
		l.pulse.ask()
	} else {
		l.pulse.rest()
	}
}

// beat turns the arc, once a second.
func (l *Light) beat(now time.Time) bool {
	if l.shape != Working {
		return false
	}
	l.turn = float32(now.UnixMilli()%1000) * 360 / 1000
	l.arc.StartAngle, l.arc.EndAngle = l.turn, l.turn+threeQuarters
	canvas.Refresh(l.arc)
	return true
}

// CreateRenderer draws the light.
func (l *Light) CreateRenderer() fyne.WidgetRenderer {
	l.ExtendBaseWidget(l)
	s := &sheet{owner: l, objects: []fyne.CanvasObject{l.glyph.image, l.arc, l.pulse.raster}}
	s.least = func() fyne.Size { return fyne.NewSquareSize(l.side) }
	s.lay = func(size fyne.Size) {
		side := min(size.Width, size.Height, l.side)
		x, y := middle(size.Width, side), middle(size.Height, side)
		l.glyph.lay(x, y, side)
		inset := side / 20 // the ring's outer edge is a twentieth inside
		put(l.arc, x+inset, y+inset, side-2*inset, side-2*inset)
	}
	s.paint = func() {
		name := l.shape.Color()
		if l.shape == Working {
			name = theme.ColorNameSeparator
		}
		l.glyph.show(l.shape.drawing(), ink(l, name))
		l.arc.Hidden, l.arc.FillColor = l.shape != Working, ink(l, l.shape.Color())
	}
	return s.start()
}

// glyph is an icon in a colour.
type glyph struct {
	image *canvas.Image
	name  look.Icon
	color color.Color
}

func newGlyph() *glyph {
	g := &glyph{image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	g.image.Hide()
	return g
}

// show sets icon and colour; the drawing is made anew only when one of them
// changed.
func (g *glyph) show(name look.Icon, c color.Color) {
	if name == g.name && c == g.color {
		return
	}
	g.name, g.color = name, c
	drawing := name.In(c)
	g.image.Hidden = drawing == nil
	if drawing != nil {
		g.image.Resource, g.image.Image = drawing, nil
		g.image.Refresh()
	}
}

func (g *glyph) lay(x, y, side float32) { put(g.image, x, y, side, side) }
