package shell

import (
	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.3/glfw"
)

// titleBar is what the system's frame adds to the height of a window, about, in pixels
// at scale 1.
const titleBar = 40

// fitScreen makes the window no larger than the screen it opens on. Fyne tells nothing
// of screens, and some systems leave a window larger than theirs as it is: then the
// buttons at the foot of a page, which matter most, are out of reach on a small laptop.
// It may be called only while Fyne's own driver runs.
func (w *Window) fitScreen() {
	screen := glfw.GetPrimaryMonitor()
	if screen == nil {
		return
	}
	_, _, width, height := screen.GetWorkarea()
	scale := w.window.Canvas().Scale()
	if width <= 0 || height <= 0 || scale <= 0 {
		return
	}
	size := w.kept()
	if fit := within(size, fyne.NewSize(float32(width)/scale, float32(height)/scale)); fit != size {
		w.window.Resize(fit)
	}
}

// within is a window's size on a screen that has so much room for it and its frame.
func within(size, room fyne.Size) fyne.Size {
	return fyne.NewSize(min(size.Width, room.Width), min(size.Height, room.Height-titleBar))
}
