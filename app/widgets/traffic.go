package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

// What the dots on a map do.
const (
	dotsShown  = 60  // at a time; more are told by the numbers alone
	dotsUnseen = 5   // kept while nobody looks
	dotSpeed   = 300 // pixels a second
	dotRadius  = 7   // with the rim that parts it from the line
	dotSpacing = 18  // pixels between two dots that set out together
)

// traffic moves dots along a map's ways. There are as many dots as were ever needed
// at a time, and no more than dotsShown: frames make no objects.
type traffic struct {
	path  func(from, to string) []fyne.Position
	pulse *pulse
	dots  []*canvas.Circle // the pool; those in use come first
	trips []trip           // one for each dot in use
	last  time.Time
}

// trip is a message on its way.
type trip struct {
	from, to string
	way      []fyne.Position
	long     float32 // pixels, of the whole way
	gone     float32 // pixels from the beginning; below 0 it has not set out
}

func newTraffic(path func(from, to string) []fyne.Position) *traffic {
	t := &traffic{path: path}
	t.pulse = newPulse(func() bool { return len(t.trips) > 0 }, t.beat)
	t.pulse.raster.Hide() // until the map is laid out
	return t
}

// send lets a message set out, behind those that did so just before.
func (t *traffic) send(from, to string) {
	way := t.path(from, to)
	if len(t.trips) >= dotsShown || len(way) == 0 {
		return
	}
	gone := float32(0)
	for _, other := range t.trips {
		if other.from == from {
			gone = min(gone, other.gone-dotSpacing)
		}
	}
	if t.pulse.stop == nil && len(t.trips) >= dotsUnseen {
		t.trips = append(t.trips[:0], t.trips[1:]...) // nobody looks: keep the last few
	}
	t.trips = append(t.trips, trip{from, to, way, long(way), gone})
	t.pulse.ask()
}

// objects are the dots, and what tells whether they are seen.
func (t *traffic) objects() []fyne.CanvasObject {
	for len(t.dots) < dotsShown {
		dot := canvas.NewCircle(nil)
		dot.Resize(fyne.NewSquareSize(2 * dotRadius))
		dot.Hide()
		t.dots = append(t.dots, dot)
	}
	t.pulse.raster.Show()
	all := make([]fyne.CanvasObject, 0, dotsShown+1)
	for _, d := range t.dots {
		all = append(all, d)
	}
	return append(all, t.pulse.raster)
}

// paint takes on the theme.
func (t *traffic) paint(w themed) {
	fill, rim := ink(w, theme.ColorNameFocus), ink(w, look.ColorCard)
	for _, d := range t.dots {
		d.FillColor, d.StrokeColor, d.StrokeWidth = fill, rim, 2
	}
}

// beat moves every dot on.
func (t *traffic) beat(now time.Time) bool {
	gone := now.Sub(t.last)
	t.last = now
	if gone > 4*frameTime {
		gone = frameTime // it was not seen meanwhile: go on, don't jump
	}
	t.move(float32(gone.Seconds()) * dotSpeed)
	return len(t.trips) > 0
}

// move moves every dot by some pixels, and lets go of those that have arrived.
func (t *traffic) move(by float32) {
	left := t.trips[:0]
	for _, trip := range t.trips {
		trip.gone += by
		if trip.gone < trip.long {
			left = append(left, trip)
		}
	}
	t.trips = left
	t.relay()
}

// replan takes on the ways of a map that was laid out anew.
func (t *traffic) replan() {
	for i := range t.trips {
		trip := &t.trips[i]
		before := trip.long
		trip.way = t.path(trip.from, trip.to)
		trip.long = long(trip.way)
		if before > 0 && trip.gone > 0 {
			trip.gone *= trip.long / before
		}
	}
	t.relay()
}

// relay places the dots. Who asked for less movement sees a dot at the corners
// of its way only, as it jumps from one to the next.
func (t *traffic) relay() {
	jumps := still()
	for i, d := range t.dots {
		if i >= len(t.trips) || t.trips[i].gone < 0 {
			d.Hidden = true
			continue
		}
		at := along(t.trips[i].way, t.trips[i].gone, jumps)
		d.Hidden = false
		d.Move(at.AddXY(-dotRadius, -dotRadius))
	}
}

// long is the length of a way.
func long(path []fyne.Position) float32 {
	all := float32(0)
	for i := 1; i < len(path); i++ {
		all += distance(path[i-1], path[i])
	}
	return all
}

// along is the place that many pixels along a way, or, jumping, its last corner
// before that.
func along(path []fyne.Position, gone float32, jumps bool) fyne.Position {
	for i := 1; i < len(path); i++ {
		run := distance(path[i-1], path[i])
		if gone < run {
			if jumps {
				return path[i-1]
			}
			return between(path[i-1], path[i], gone/run)
		}
		gone -= run
	}
	if len(path) == 0 {
		return fyne.Position{}
	}
	return path[len(path)-1]
}
