package widgets

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// sheet is the renderer behind every widget here: what is on it, how much room
// that needs at least, how it is laid out, and how it takes on state and theme.
type sheet struct {
	owner   fyne.CanvasObject
	objects []fyne.CanvasObject
	least   func() fyne.Size
	lay     func(fyne.Size)
	paint   func()
}

// start paints a new sheet for the first time and returns it.
func (s *sheet) start() *sheet {
	s.paint()
	return s
}

// Objects are drawn in this order, the first one at the back.
func (s *sheet) Objects() []fyne.CanvasObject { return s.objects }

// MinSize is what the widget needs at least.
func (s *sheet) MinSize() fyne.Size { return s.least() }

// Layout places the objects.
func (s *sheet) Layout(size fyne.Size) { s.lay(size) }

// Refresh takes on state and theme.
func (s *sheet) Refresh() {
	s.paint()
	s.lay(s.owner.Size())
	canvas.Refresh(s.owner)
}

// Destroy has nothing to free.
func (s *sheet) Destroy() {}

// themed is a widget: it knows the theme that it is shown in.
type themed interface{ Theme() fyne.Theme }

// ink is a colour of the theme that a widget is shown in.
func ink(w themed, name fyne.ThemeColorName) color.Color {
	return w.Theme().Color(name, fyne.CurrentApp().Settings().ThemeVariant())
}

// middle is where something must begin to stand in the middle, on a whole pixel.
func middle(room, size float32) float32 { return round((room - size) / 2) }

// onLine is where a light must begin to stand on a line of text that is in the
// middle of a row: letters stand a little below the middle of their line.
func onLine(row, light float32) float32 { return middle(row, light) + 1 }

func round(v float32) float32 { return float32(math.Round(float64(v))) }

// put moves and resizes an object.
func put(o fyne.CanvasObject, x, y, width, height float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(width, height))
}

// box is a rectangle with round corners, to be painted.
func box(radius float32) *canvas.Rectangle {
	r := canvas.NewRectangle(color.Transparent)
	r.CornerRadius = radius
	return r
}

// rule is a line of one pixel, to be painted.
func rule() *canvas.Rectangle { return canvas.NewRectangle(color.Transparent) }

// presses says whether a key presses what has the focus.
func presses(k *fyne.KeyEvent) bool {
	return k.Name == fyne.KeySpace || k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter
}

// shade is black with little alpha, over what is not to be looked at now.
func shade(alpha byte) color.Color { return color.NRGBA{A: alpha} }
