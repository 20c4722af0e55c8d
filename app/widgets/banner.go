package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// BannerData is what a banner says.
type BannerData struct {
	Shape  Shape
	Title  string
	Text   string
	Action string // what its button says; "" is no button
}

const (
	bannerHeight = 40
	bannerEdge   = 14
)

// Banner is a bar that tells something about the whole page.
type Banner struct {
	widget.BaseWidget
	data    BannerData
	surface *canvas.Rectangle
	light   *Light
	title   *label
	text    *label
	button  *Button
}

// NewBanner returns a banner; press is called when its button is pressed.
func NewBanner(press func()) *Banner {
	b := &Banner{
		surface: box(controlRadius), light: NewLight(LightInRow+2, NoShape),
		title: newLabel(look.Strong, ""), text: newLabel(look.Quiet, ""), button: NewButton(Outlined, "", press).Sized(ButtonInRow),
	}
	b.ExtendBaseWidget(b)
	return b
}

// Set sets what it says.
func (b *Banner) Set(d BannerData) {
	if b.data != d {
		b.data = d
		b.Refresh()
	}
}

// Data is what it says.
func (b *Banner) Data() BannerData { return b.data }

// CreateRenderer draws the banner.
func (b *Banner) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	s := &sheet{owner: b, objects: []fyne.CanvasObject{b.surface, b.light, b.title.text, b.text.text, b.button}}
	s.paint = func() {
		tone := ToneOf(b.data.Shape)
		b.surface.FillColor, b.surface.StrokeColor, b.surface.StrokeWidth = ink(b, tone.tint()), ink(b, tone.words()), 1
		b.light.SetShape(b.data.Shape)
		b.light.Hidden = b.data.Shape == NoShape
		b.title.full, b.text.full = b.data.Title, b.data.Text
		b.title.paint(b)
		b.text.paint(b)
		b.button.SetText(b.data.Action)
		b.button.Hidden = b.data.Action == ""
	}
	s.least = func() fyne.Size {
		width := float32(2*bannerEdge + afterLight + 6*shrunk)
		if b.data.Action != "" {
			width += b.button.MinSize().Width
		}
		return fyne.NewSize(width, bannerHeight)
	}
	s.lay = func(size fyne.Size) {
		x, end := float32(bannerEdge), size.Width-bannerEdge
		put(b.surface, 0, 0, size.Width, size.Height)
		if b.data.Shape != NoShape {
			put(b.light, x-1, middle(size.Height, LightInRow+2), LightInRow+2, LightInRow+2)
			x += afterLight + 2
		}
		if b.data.Action != "" {
			least := b.button.MinSize()
			end = size.Width - least.Width - 8
			put(b.button, end, middle(size.Height, least.Height), least.Width, least.Height)
			end -= 12
		}
		b.title.lay(x, middle(size.Height, b.title.height()), min(b.title.width(), end-x))
		x += b.title.width() + 10
		b.text.lay(x, middle(size.Height, b.text.height()), end-x)
	}
	return s.start()
}
