package shell

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/widgets"
)

// threshold is where the keys stand when somebody has gone to a page by keyboard, or when
// the control that had them is no longer there: before the first control of the page. Tab
// leads to that one, and not through the navigation once more; nothing is pressed by a key
// too many. Tab itself never stops here.
type threshold struct {
	widget.BaseWidget
	here bool
	last fyne.Focusable // what had the keys when it was looked for last
}

var (
	_ fyne.Focusable   = (*threshold)(nil)
	_ fyne.Disableable = (*threshold)(nil)
)

func newThreshold() *threshold {
	t := &threshold{}
	t.ExtendBaseWidget(t)
	return t
}

// enter puts the keys here.
func (t *threshold) enter() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(t); c != nil {
		t.here = true
		c.Focus(t)
		t.here = c.Focused() == fyne.Focusable(t)
	}
}

// FocusGained is told by enter.
func (t *threshold) FocusGained() {}

// FocusLost lets Tab pass by again.
func (t *threshold) FocusLost() { t.here = false }

// Disabled keeps Tab from stopping here.
func (t *threshold) Disabled() bool { return !t.here }

// Enable is what enter does.
func (t *threshold) Enable() {}

// Disable is what FocusLost does.
func (t *threshold) Disable() {}

// TypedRune is nothing here.
func (t *threshold) TypedRune(rune) {}

// TypedKey is the window's.
func (t *threshold) TypedKey(k *fyne.KeyEvent) { widgets.PassKey(t, k) }

// CreateRenderer draws nothing.
func (t *threshold) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}

// lines is how many pixels at scale 1 an arrow scrolls by.
const lines = 48

// scroll scrolls the page by a key that what has the keys has no use for; false: it is no
// such key, or the page does not scroll.
func (f *Frame) scroll(key fyne.KeyName) bool {
	v := f.views[f.here]
	if v == nil || v.scroll == nil {
		return false
	}
	s := v.scroll
	to := s.Offset.Y
	switch key {
	case fyne.KeyDown:
		to += lines
	case fyne.KeyUp:
		to -= lines
	case fyne.KeyPageDown:
		to += s.Size().Height - lines
	case fyne.KeyPageUp:
		to -= s.Size().Height - lines
	case fyne.KeyHome:
		to = 0
	case fyne.KeyEnd:
		to = s.Content.Size().Height
	default:
		return false
	}
	s.ScrollToOffset(fyne.NewPos(0, max(min(to, s.Content.Size().Height-s.Size().Height), 0)))
	return true
}
