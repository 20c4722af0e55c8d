package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Heights and room of what text is typed into, in pixels at scale 1.
const (
	controlHeight  = 40
	controlPadding = 10 // around the text
	controlLead    = 2  // more room before it
)

// textEntry is Fyne's Entry without a border of its own: [Field] and [TextBox] draw
// border and ring around it, as they are drawn everywhere here.
type textEntry struct {
	widget.Entry
	focused bool
	turned  func() // the focus came or went
}

func newTextEntry(turned func()) *textEntry {
	e := &textEntry{turned: turned}
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.ExtendBaseWidget(e)
	return e
}

// FocusGained shows the ring.
func (e *textEntry) FocusGained() {
	e.focused = true
	e.Entry.FocusGained()
	e.turned()
}

// FocusLost hides the ring.
func (e *textEntry) FocusLost() {
	e.focused = false
	e.Entry.FocusLost()
	e.turned()
}

// AcceptsTab is false also where the text has several lines: Tab always goes on to
// what comes next, or nobody would get out again by keyboard.
func (e *textEntry) AcceptsTab() bool { return false }

// bare wraps an entry so that it draws neither surface nor border.
func bare(e *textEntry) *container.ThemeOverride { return container.NewThemeOverride(e, bareTheme{}) }

// bareTheme is the program's theme, except for surface, border and padding.
type bareTheme struct{}

func (bareTheme) now() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

// Color is the program's; surfaces are not painted.
func (b bareTheme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	if n == theme.ColorNameInputBackground {
		return color.Transparent
	}
	return b.now().Color(n, v)
}

// Font is the program's.
func (b bareTheme) Font(s fyne.TextStyle) fyne.Resource { return b.now().Font(s) }

// Icon is the program's.
func (b bareTheme) Icon(n fyne.ThemeIconName) fyne.Resource { return b.now().Icon(n) }

// Size is the program's; there is no border.
func (b bareTheme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameInputBorder:
		return 0
	case theme.SizeNameInnerPadding:
		return controlPadding
	default:
		return b.now().Size(n)
	}
}

// textLine is the height of a line of typed text.
func textLine(w themed) float32 {
	return fyne.MeasureText("字", w.Theme().Size(theme.SizeNameText), fyne.TextStyle{}).Height
}

// controlHigh is the height of a control with one line of text: 40, or more where
// text is set larger.
func controlHigh(w themed) float32 { return max(controlHeight, round(textLine(w))+2*controlPadding) }
