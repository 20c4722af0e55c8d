package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// ToastData is what a toast says.
type ToastData struct {
	Shape Shape
	Text  string
}

// What a toast is made of, in pixels at scale 1.
const (
	toastWidth   = 360
	toastLeast   = 48
	toastEdge    = 14
	toastPadding = 13
)

// Toast says in passing that something was done. It takes no focus and covers nothing
// for long; nothing that must be read is told by it.
type Toast struct {
	widget.BaseWidget
	data    ToastData
	surface *canvas.Rectangle
	light   *Light
	text    *Paragraph
	close   *Button
}

// NewToast returns a toast; closed is called when it is closed by hand.
func NewToast(closed func()) *Toast {
	t := &Toast{surface: box(cardRadius), light: NewLight(LightInRow+2, NoShape), text: NewParagraph(look.Body, "")}
	t.close = NewButton(Plain, "", closed).WithIcon(look.IconClose).Sized(ButtonInRow)
	t.ExtendBaseWidget(t)
	return t
}

// Set sets what it says.
func (t *Toast) Set(d ToastData) {
	if t.data != d {
		t.data = d
		t.Refresh()
	}
}

// Data is what it says.
func (t *Toast) Data() ToastData { return t.data }

// CreateRenderer draws the toast.
func (t *Toast) CreateRenderer() fyne.WidgetRenderer {
	t.ExtendBaseWidget(t)
	s := &sheet{owner: t, objects: []fyne.CanvasObject{t.surface, t.light, t.text, t.close}}
	s.paint = func() {
		t.surface.FillColor, t.surface.StrokeColor, t.surface.StrokeWidth = ink(t, look.ColorCard), ink(t, theme.ColorNameInputBorder), 1
		t.light.SetShape(t.data.Shape)
		t.light.Hidden = t.data.Shape == NoShape
		t.text.SetText(t.data.Text)
	}
	room := func() (before, after float32) {
		before = toastEdge
		if t.data.Shape != NoShape {
			before += afterLight + 4
		}
		return before, t.close.MinSize().Width + 4
	}
	s.least = func() fyne.Size {
		before, after := room()
		t.text.Resize(fyne.NewSize(toastWidth-before-after, t.text.Size().Height))
		return fyne.NewSize(toastWidth, max(toastLeast, t.text.MinSize().Height+2*toastPadding))
	}
	s.lay = func(size fyne.Size) {
		before, after := room()
		put(t.surface, 0, 0, size.Width, size.Height)
		put(t.light, toastEdge, middle(size.Height, LightInRow+2), LightInRow+2, LightInRow+2)
		t.text.Resize(fyne.NewSize(size.Width-before-after, size.Height))
		high := t.text.MinSize().Height
		put(t.text, before, middle(size.Height, high), size.Width-before-after, high)
		least := t.close.MinSize()
		put(t.close, size.Width-least.Width-4, middle(size.Height, least.Height), least.Width, least.Height)
	}
	return s.start()
}
