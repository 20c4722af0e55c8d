package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// ButtonKind is how much a button asks to be pressed.
type ButtonKind int

// The kinds. A page has one filled button.
const (
	Outlined ButtonKind = iota
	Filled
	Plain // words in the accent colour, without a border
)

// ButtonSize is the height of a button, in pixels at scale 1.
type ButtonSize float32

// The sizes.
const (
	ButtonInRow ButtonSize = 32
	ButtonUsual ButtonSize = 36
	ButtonInBar ButtonSize = 40
	ButtonBig   ButtonSize = 56
)

// What a button is made of, in pixels at scale 1.
const (
	controlRadius = 8
	buttonPadding = 15
	iconSide      = 20
	iconGap       = 8
	ringWidth     = 2 // of the line that shows the focus
	ringGap       = 2 // between the line and the control
)

// Button is pressed with the pointer, or with Space or Enter while it has the
// focus.
type Button struct {
	widget.BaseWidget
	kind  ButtonKind
	size  ButtonSize
	icon  look.Icon
	last  bool // the icon stands behind the words
	label *label
	press func()

	off, hovered, pressed, focused bool
	surface, ring                  *canvas.Rectangle
	glyph                          *glyph
}

var (
	_ fyne.Focusable     = (*Button)(nil)
	_ fyne.Tappable      = (*Button)(nil)
	_ fyne.Disableable   = (*Button)(nil)
	_ desktop.Hoverable  = (*Button)(nil)
	_ desktop.Mouseable  = (*Button)(nil)
	_ desktop.Cursorable = (*Button)(nil)
)

// NewButton returns a button of the usual size.
func NewButton(kind ButtonKind, text string, press func()) *Button {
	b := &Button{
		kind: kind, size: ButtonUsual, label: newLabel(look.Strong, text), press: press,
		surface: box(controlRadius), ring: box(controlRadius + ringGap + ringWidth), glyph: newGlyph(),
	}
	b.ExtendBaseWidget(b)
	return b
}

// WithIcon puts an icon before the words, and returns the button.
func (b *Button) WithIcon(i look.Icon) *Button {
	b.icon = i
	return b
}

// IconLast puts the icon behind the words, and returns the button.
func (b *Button) IconLast() *Button {
	b.last = true
	return b
}

// Kind is the kind.
func (b *Button) Kind() ButtonKind { return b.kind }

// Sized sets the height, and returns the button. The big one has bigger words.
func (b *Button) Sized(s ButtonSize) *Button {
	b.size = s
	if s == ButtonBig {
		b.label.kind = look.Heading
	}
	return b
}

// SetText sets the words.
func (b *Button) SetText(text string) {
	if b.label.full != text {
		b.label.full = text
		b.Refresh()
	}
}

// Text is what the button says.
func (b *Button) Text() string { return b.label.full }

// SetIcon sets the icon.
func (b *Button) SetIcon(i look.Icon) {
	if b.icon != i {
		b.icon = i
		b.Refresh()
	}
}

// SetKind sets the kind.
func (b *Button) SetKind(k ButtonKind) {
	if b.kind != k {
		b.kind = k
		b.Refresh()
	}
}

// Enable lets the button be pressed.
func (b *Button) Enable() { b.turn(false) }

// Disable greys the button out.
func (b *Button) Disable() { b.turn(true) }

func (b *Button) turn(off bool) {
	if b.off != off {
		b.off = off
		b.pressed = false
		b.Refresh()
	}
}

// Disabled says whether the button is greyed out.
func (b *Button) Disabled() bool { return b.off }

// Press does what pressing does.
func (b *Button) Press() {
	if !b.off && b.press != nil {
		b.press()
	}
}

// Tapped presses the button.
func (b *Button) Tapped(*fyne.PointEvent) { b.Press() }

// FocusGained shows the ring.
func (b *Button) FocusGained() { b.focus(true) }

// FocusLost hides the ring.
func (b *Button) FocusLost() { b.focus(false) }

func (b *Button) focus(on bool) {
	b.focused = on
	b.Refresh()
	if on {
		reveal(b)
	}
}

// TypedRune is not for buttons.
func (b *Button) TypedRune(rune) {}

// TypedKey presses the button by Space and Enter.
func (b *Button) TypedKey(k *fyne.KeyEvent) {
	switch {
	case presses(k):
		b.Press()
	case k.Name == fyne.KeyTab:
		b.tab()
	default:
		PassKey(b, k)
	}
}

// AcceptsTab takes Tab while the button has the keys and is greyed out, as one is by being
// pressed: Fyne leads on from what can be pressed alone, and from here it would begin at
// the top of the window.
func (b *Button) AcceptsTab() bool { return b.off }

// tab leads the keys on to what comes next.
func (b *Button) tab() {
	c := canvasOf(b)
	if c == nil {
		return
	}
	off := b.off
	b.off = false // or the button would not be found
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok && d.CurrentKeyModifiers()&fyne.KeyModifierShift != 0 {
		c.FocusPrevious()
	} else {
		c.FocusNext()
	}
	b.off = off
	b.Refresh()
}

// MouseIn shows that the pointer is over the button.
func (b *Button) MouseIn(*desktop.MouseEvent) { b.hover(true) }

// MouseMoved changes nothing.
func (b *Button) MouseMoved(*desktop.MouseEvent) {}

// MouseOut shows that the pointer has left.
func (b *Button) MouseOut() { b.hover(false) }

func (b *Button) hover(on bool) {
	b.hovered = on
	if !on {
		b.pressed = false
	}
	b.Refresh()
}

// MouseDown shows that the button is held.
func (b *Button) MouseDown(*desktop.MouseEvent) {
	b.pressed = true
	b.Refresh()
}

// MouseUp shows that the button was let go.
func (b *Button) MouseUp(*desktop.MouseEvent) {
	b.pressed = false
	b.Refresh()
}

// Cursor is a hand where pressing does something.
func (b *Button) Cursor() desktop.Cursor {
	if b.off {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// CreateRenderer draws the button.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	s := &sheet{owner: b, objects: []fyne.CanvasObject{b.ring, b.surface, b.glyph.image, b.label.text}, paint: b.paint}
	s.least = func() fyne.Size {
		return fyne.NewSize(round(b.inside()+0.49)+2*buttonPadding, float32(b.size))
	}
	s.lay = func(size fyne.Size) {
		out := float32(ringWidth + ringGap)
		put(b.ring, -out, -out, size.Width+2*out, size.Height+2*out)
		put(b.surface, 0, 0, size.Width, size.Height)
		x := max(middle(size.Width, b.inside()), buttonPadding)
		switch {
		case b.icon == look.NoIcon:
		case b.last:
			b.glyph.lay(x+b.label.width()+iconGap, middle(size.Height, iconSide), iconSide)
		default:
			b.glyph.lay(x, middle(size.Height, iconSide), iconSide)
			x += iconSide + iconGap
		}
		b.label.lay(x, middle(size.Height, b.label.height()), size.Width-x)
	}
	return s.start()
}

// inside is how wide icon and words are.
func (b *Button) inside() float32 {
	switch width := b.label.width(); {
	case b.icon == look.NoIcon:
		return width
	case b.label.full == "":
		return iconSide
	default:
		return iconSide + iconGap + width
	}
}

// paint takes on state and theme.
func (b *Button) paint() {
	fill, border, words := b.inks()
	b.surface.FillColor, b.surface.StrokeColor, b.surface.StrokeWidth = fill, border, 1
	if border == color.Transparent {
		b.surface.StrokeWidth = 0 // or the edge would be paler
	}
	b.ring.Hidden = !b.focused
	b.ring.StrokeColor, b.ring.StrokeWidth = ink(b, theme.ColorNameFocus), ringWidth
	b.label.paint(b)
	b.label.text.Color = words
	b.glyph.show(b.icon, words)
}

// inks are the colours of the state that the button is in.
func (b *Button) inks() (fill, border, words color.Color) {
	c := func(n fyne.ThemeColorName) color.Color { return ink(b, n) }
	switch {
	case b.off && b.kind == Plain:
		return color.Transparent, color.Transparent, c(theme.ColorNameDisabled)
	case b.off:
		return c(theme.ColorNameDisabledButton), c(theme.ColorNameSeparator), c(theme.ColorNameDisabled)
	case b.kind == Filled:
		name := theme.ColorNamePrimary
		if b.hovered {
			name = look.ColorAccentHover
		}
		if b.pressed {
			name = look.ColorAccentPress
		}
		return c(name), color.Transparent, color.White
	case b.kind == Plain:
		return over(color.Transparent, b.shade()), color.Transparent, c(theme.ColorNameHyperlink)
	default:
		return over(c(look.ColorCard), b.shade()), c(theme.ColorNameInputBorder), c(theme.ColorNameForeground)
	}
}

// shade is what lies over a button that is hovered, and twice as much over one that
// is pressed.
func (b *Button) shade() color.NRGBA {
	if !b.hovered && !b.pressed {
		return color.NRGBA{}
	}
	shade, _ := color.NRGBAModel.Convert(ink(b, theme.ColorNameHover)).(color.NRGBA)
	if b.pressed {
		shade.A *= 2
	}
	return shade
}

// over blends a shade over a surface that is opaque, or not there at all.
func over(surface color.Color, shade color.NRGBA) color.Color {
	below, _ := color.NRGBAModel.Convert(surface).(color.NRGBA)
	if below.A == 0 {
		return shade
	}
	mix := func(a, b byte) byte {
		return byte((int(a)*(255-int(shade.A)) + int(b)*int(shade.A)) / 255) //nolint:gosec // a mean of two bytes is a byte
	}
	return color.NRGBA{R: mix(below.R, shade.R), G: mix(below.G, shade.G), B: mix(below.B, shade.B), A: 255}
}
