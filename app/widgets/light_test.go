package widgets

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

// dressed runs the test in the window's theme.
func dressed(t *testing.T) {
	t.Helper()
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
}

// seen puts an object into a window of that size and paints it.
func seen(t *testing.T, o fyne.CanvasObject, width, height float32) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, o)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(width, height))
	w.Canvas().Capture()
	return w
}

// by hand lets a test be the clock and the toolkit of a pulse.
type byHand struct {
	at      time.Time
	running bool
	starts  int
}

func take(p *pulse) *byHand {
	h := &byHand{at: time.Date(2019, 11, 19, 10, 42, 0, 0, time.UTC)}
	p.now = func() time.Time { return h.at }
	p.start = func() func() {
		h.running = true
		h.starts++
		return func() { h.running = false }
	}
	return h
}

func TestLightShapes(t *testing.T) {
	dressed(t)
	colors := map[Shape]fyne.ThemeColorName{
		Disc: theme.ColorNameSuccess, Ring: theme.ColorNameSuccess, Triangle: theme.ColorNameWarning, Octagon: theme.ColorNameError,
		Question: look.ColorUnknown, Working: theme.ColorNameFocus, Waiting: theme.ColorNameInputBorder,
	}
	drawings := map[look.Icon]bool{}
	for shape, name := range colors {
		l := NewLight(LightInRow, shape)
		seen(t, l, 40, 40)
		if l.MinSize() != fyne.NewSquareSize(LightInRow) {
			t.Errorf("shape %d needs %v", shape, l.MinSize())
		}
		if shape.Color() != name {
			t.Errorf("shape %d is %s", shape, shape.Color())
		}
		if l.glyph.image.Hidden || drawings[l.glyph.name] {
			t.Errorf("shape %d is drawn as %q, like another or not at all: %v", shape, l.glyph.name, l.glyph.image.Hidden)
		}
		drawings[l.glyph.name] = true
		if l.arc.Hidden != (shape != Working) {
			t.Errorf("shape %d: the arc is hidden: %v", shape, l.arc.Hidden)
		}
	}
	var unset Shape
	if l := NewLight(LightInRow, unset); !l.glyph.image.Hidden || l.Shape() == Disc {
		t.Error("a light that nobody set shows something")
	}
}

// Nothing but Working moves, and that only once it was painted.
func TestOnlyWorkingMoves(t *testing.T) {
	dressed(t)
	for _, shape := range []Shape{NoShape, Disc, Ring, Triangle, Octagon, Question, Waiting} {
		l := NewLight(LightInRow, shape)
		hand := take(l.pulse)
		seen(t, l, 40, 40)
		if hand.starts != 0 {
			t.Errorf("shape %d has an animation", shape)
		}
	}
	l := NewLight(LightInRow, Working)
	hand := take(l.pulse)
	if hand.running {
		t.Error("a light moves that nobody sees")
	}
	seen(t, l, 40, 40)
	if !hand.running {
		t.Fatal("a light that says Working stands still")
	}
	before := l.arc.StartAngle
	hand.at = hand.at.Add(250 * time.Millisecond)
	l.pulse.tick()
	if turned := l.arc.StartAngle - before; turned != 90 || l.arc.EndAngle-l.arc.StartAngle != threeQuarters {
		t.Errorf("in a quarter of a second the arc turned by %v, to %v", turned, l.arc.EndAngle)
	}
	l.SetShape(Disc)
	if hand.running {
		t.Error("a light moves that no longer says Working")
	}
}

// On another page, or in a hidden window, the arc rests; when it is painted again it
// goes on.
func TestMovementRestsWhenNotSeen(t *testing.T) {
	dressed(t)
	l := NewLight(LightInRow, Working)
	hand := take(l.pulse)
	w := seen(t, l, 40, 40)
	for range unseen + 3 { // ticks without a painting in between
		hand.at = hand.at.Add(frameTime)
		l.pulse.tick()
	}
	if hand.running {
		t.Fatal("the arc turns although nothing is painted")
	}
	w.Canvas().Capture()
	if !hand.running || hand.starts != 2 {
		t.Errorf("painted again, the arc stands still (started %d times)", hand.starts)
	}
	for range 100 {
		hand.at = hand.at.Add(frameTime)
		l.pulse.tick()
		w.Canvas().Capture()
	}
	if !hand.running || hand.starts != 2 {
		t.Error("the arc came to rest while it was seen")
	}
}

// Ticks that come faster than thirty a second are not all used.
func TestPulseKeepsToItsFrames(t *testing.T) {
	dressed(t)
	for _, screen := range []int{60, 75, 144, 240} { // Hz
		beats := 0
		p := newPulse(func() bool { return true }, func(time.Time) bool { beats++; return true })
		hand := take(p)
		p.wake()
		for range screen {
			hand.at = hand.at.Add(time.Second / time.Duration(screen))
			p.painted = true
			p.tick()
		}
		if beats < 25 || beats > 36 {
			t.Errorf("%d frames a second on a screen of %d Hz", beats, screen)
		}
	}
}
