package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Tone is the tint of a surface: of a pill, of a banner, of a place on the map.
type Tone int

// The tones.
const (
	TonePlain Tone = iota
	ToneOK
	ToneWarn
	ToneFail
	ToneAccent
)

// ToneOf is the tint that goes with a shape.
func ToneOf(s Shape) Tone {
	switch s {
	case Disc, Ring:
		return ToneOK
	case Triangle:
		return ToneWarn
	case Octagon:
		return ToneFail
	case Working:
		return ToneAccent
	default:
		return TonePlain
	}
}

// tint names the colour of the surface.
func (t Tone) tint() fyne.ThemeColorName {
	switch t {
	case ToneOK:
		return look.ColorOKTint
	case ToneWarn:
		return look.ColorWarnTint
	case ToneFail:
		return look.ColorFailTint
	case ToneAccent:
		return theme.ColorNameSelection
	default:
		return look.ColorUnkTint
	}
}

// words names the colour of what is written on the surface.
func (t Tone) words() fyne.ThemeColorName {
	switch t {
	case ToneOK:
		return theme.ColorNameSuccess
	case ToneWarn:
		return theme.ColorNameWarning
	case ToneFail:
		return theme.ColorNameError
	case ToneAccent:
		return theme.ColorNameHyperlink
	default:
		return look.ColorUnknown
	}
}

// PillData is what a pill shows: a light or an icon, and a word.
type PillData struct {
	Shape Shape // none: Icon is shown, if any
	Icon  look.Icon
	Text  string
	Tone  Tone
}

// Status is the pill of a status: the tone follows from the shape.
func Status(s Shape, text string) PillData { return PillData{Shape: s, Text: text, Tone: ToneOf(s)} }

// Count is the pill of a count: small, without a sign.
func Count(text string) PillData { return PillData{Text: text} }

const (
	pillHeight  = 28
	countHeight = 22
)

// Pill is a status, or a count, on a tint with round ends.
type Pill struct {
	widget.BaseWidget
	data    PillData
	surface *canvas.Rectangle
	light   *Light
	glyph   *glyph
	label   *label
}

// NewPill returns a pill.
func NewPill(d PillData) *Pill {
	p := &Pill{data: d, surface: box(pillHeight / 2), light: NewLight(LightInRow, d.Shape), glyph: newGlyph(), label: newLabel(look.Strong, d.Text)}
	p.ExtendBaseWidget(p)
	return p
}

// Set sets what is shown.
func (p *Pill) Set(d PillData) {
	if p.data != d {
		p.data = d
		p.Refresh()
	}
}

// Data is what is shown.
func (p *Pill) Data() PillData { return p.data }

// signed says whether there is a light or an icon.
func (p *Pill) signed() bool { return p.data.Shape != NoShape || p.data.Icon != look.NoIcon }

func (p *Pill) height() float32 {
	if p.signed() {
		return pillHeight
	}
	return countHeight
}

// CreateRenderer draws the pill.
func (p *Pill) CreateRenderer() fyne.WidgetRenderer {
	p.ExtendBaseWidget(p)
	const sign, edge = 34, 12 // room before the word with a sign, and at the ends without
	s := &sheet{owner: p, objects: []fyne.CanvasObject{p.surface, p.light, p.glyph.image, p.label.text}}
	s.paint = func() {
		p.surface.FillColor = ink(p, p.data.Tone.tint())
		p.label.full, p.label.name, p.label.kind = p.data.Text, p.data.Tone.words(), look.Strong
		if !p.signed() {
			p.label.kind, p.label.name = look.Small, theme.ColorNameForeground
			p.surface.FillColor = ink(p, theme.ColorNameSeparator) // to be seen on the navigation, too
		}
		p.label.paint(p)
		p.light.Hidden = p.data.Shape == NoShape
		p.light.SetShape(p.data.Shape)
		icon := p.data.Icon
		if p.data.Shape != NoShape {
			icon = look.NoIcon
		}
		p.glyph.show(icon, ink(p, p.data.Tone.words()))
		p.surface.CornerRadius = p.height() / 2
	}
	s.least = func() fyne.Size {
		width := round(p.label.width() + 0.49)
		if !p.signed() {
			return fyne.NewSize(max(width+16, countHeight), countHeight)
		}
		return fyne.NewSize(sign+width+edge, pillHeight)
	}
	s.lay = func(size fyne.Size) {
		high := p.height()
		y := middle(size.Height, high)
		put(p.surface, 0, y, size.Width, high)
		if !p.signed() {
			p.label.centre(0, y+middle(high, p.label.height()), size.Width)
			return
		}
		put(p.light, 9, y+middle(high, LightInRow), LightInRow, LightInRow)
		p.glyph.lay(9, y+middle(high, iconSide), iconSide)
		p.label.lay(sign, y+middle(high, p.label.height()), size.Width-sign-edge/2)
	}
	return s.start()
}
