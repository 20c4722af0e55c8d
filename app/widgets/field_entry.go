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
	e.ActionItem = Room(0, 0) // or Fyne puts an eye there that no key reaches
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

// TypedKey types. What an entry has no use for is handed on.
func (e *textEntry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape || len(k.Name) > 1 && k.Name[0] == 'F' { // F1 and so on
		PassKey(e, k)
		return
	}
	e.Entry.TypedKey(k)
}

// TypedShortcut edits; the window's own shortcuts work here, too.
func (e *textEntry) TypedShortcut(s fyne.Shortcut) {
	e.Entry.TypedShortcut(s)
	PassShortcut(e, s)
}

// cursorWidth is that of the text cursor, and, since Fyne knows one size for both, of
// the border that an entry draws; in pixels at scale 1.
const cursorWidth = 2

// bare wraps an entry so that it draws neither surface nor border: the border lies
// outside of what is seen.
func bare(e *textEntry) *container.Clip {
	return container.NewClip(container.New(outset{}, container.NewThemeOverride(e, bareTheme{lines: e.MultiLine})))
}

// outset lays an object out a little larger than its room, on all sides.
type outset struct{}

// Layout places the object.
func (outset) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		put(o, -cursorWidth, -cursorWidth, size.Width+2*cursorWidth, size.Height+2*cursorWidth)
	}
}

// MinSize is any.
func (outset) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// bareTheme is the program's theme, except for surface, shadows and padding.
type bareTheme struct{ lines bool } // there are several

func (bareTheme) now() fyne.Theme { return fyne.CurrentApp().Settings().Theme() }

// Color is the program's; surfaces and shadows are not painted.
func (b bareTheme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch {
	case n == theme.ColorNameInputBackground, n == theme.ColorNameShadow, n == theme.ColorNameScrollBar && !b.lines:
		return color.Transparent
	case n == theme.ColorNamePrimary: // the cursor
		return b.now().Color(theme.ColorNameFocus, v)
	default:
		return b.now().Color(n, v)
	}
}

// Font is the program's.
func (b bareTheme) Font(s fyne.TextStyle) fyne.Resource { return b.now().Font(s) }

// Icon is the program's.
func (b bareTheme) Icon(n fyne.ThemeIconName) fyne.Resource { return b.now().Icon(n) }

// Size is the program's, except that a line is in the middle of its control, and
// lines follow each other alike, whether the text was broken or begun anew.
func (b bareTheme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameInputBorder:
		return cursorWidth
	case theme.SizeNameLineSpacing:
		return 0
	case theme.SizeNameInnerPadding:
		line := fyne.MeasureText("字", b.now().Size(theme.SizeNameText), fyne.TextStyle{}).Height
		return (max(controlHeight, round(line)+2*controlPadding) - line) / 2
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
