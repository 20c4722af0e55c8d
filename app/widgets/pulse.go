package widgets

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// frameTime is the time between two frames of a movement: thirty a second. The
// toolkit ticks with the screen, so that a frame may come a little early.
const (
	frameTime = time.Second / 30
	early     = frameTime / 6
)

// unseen is how many beats may pass without the widget having been painted before
// its movement rests.
const unseen = 5

// pulse lets a widget move while it is seen, and only then. Fyne tells nobody what
// is on the screen, but a raster is generated only when it is painted: so a pulse
// puts a raster of one pixel among the widget's objects, has it painted anew with
// every beat, and rests when that did not happen (another page is shown, the
// window is hidden). The first painting after that wakes it again. A widget with
// nothing to move has no animation at all.
type pulse struct {
	// raster belongs among the widget's objects.
	raster *canvas.Raster
	// beat moves what moves; false when all has come to rest.
	beat func(now time.Time) bool
	// moving says whether there is anything to move.
	moving func() bool

	start   func() (stop func())
	now     func() time.Time
	stop    func() // nil while at rest
	last    time.Time
	painted bool
	missed  int
}

func newPulse(moving func() bool, beat func(now time.Time) bool) *pulse {
	p := &pulse{beat: beat, moving: moving, now: time.Now}
	p.start = p.animate
	pixel := image.NewRGBA(image.Rect(0, 0, 1, 1)) // transparent
	p.raster = canvas.NewRaster(func(int, int) image.Image {
		p.painted = true
		p.wake()
		return pixel
	})
	p.raster.Resize(fyne.NewSize(1, 1))
	return p
}

// ask has the raster painted when the widget is: call it when there is something
// to move.
func (p *pulse) ask() {
	if p.stop == nil {
		p.raster.Refresh()
	}
}

// wake begins to beat, unless that is so already.
func (p *pulse) wake() {
	if p.stop != nil || !p.moving() {
		return
	}
	p.missed, p.last = 0, p.now()
	p.stop = func() {} // a driver may tick at once
	p.stop = p.start()
}

// rest ends the beating.
func (p *pulse) rest() {
	if p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

// tick is called with every frame of the toolkit, which may be more than are wanted.
func (p *pulse) tick() {
	now := p.now()
	if now.Sub(p.last) < frameTime-early {
		return
	}
	p.last = now
	if !p.painted {
		p.missed++
	} else {
		p.missed = 0
	}
	if p.missed > unseen || !p.beat(now) {
		p.rest()
		return
	}
	p.painted = false
	p.raster.Refresh()
}

// animate lets the toolkit tick for as long as it is wanted.
func (p *pulse) animate() (stop func()) {
	a := fyne.NewAnimation(time.Hour, func(float32) { p.tick() })
	a.RepeatCount = fyne.AnimationRepeatForever
	a.Curve = fyne.AnimationLinear
	a.Start()
	return a.Stop
}

// still says whether the person asked the system for less movement.
func still() bool { return !fyne.CurrentApp().Settings().ShowAnimations() }
