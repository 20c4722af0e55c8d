package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Heights and room of what text is typed into, in pixels at scale 1.
const (
	controlHeight  = 40
	controlPadding = 10 // around the text
	controlLead    = 2  // between the frame and what Fyne's entry draws
)

// textEntry is Fyne's Entry without a border of its own: [Field] and [TextBox] draw
// border and ring around it, as they are drawn everywhere here.
type textEntry struct {
	widget.Entry
	focused bool
	turned  func()            // the focus came or went
	end     *canvas.Rectangle // room at the right-hand end of the text
}

func newTextEntry(turned func()) *textEntry {
	e := &textEntry{turned: turned, end: rule()}
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	e.ActionItem = e.end // or Fyne puts an eye there that no key reaches
	e.ExtendBaseWidget(e)
	return e
}

// FocusGained shows the ring.
func (e *textEntry) FocusGained() {
	e.focused = true
	e.Entry.FocusGained()
	e.turned()
	reveal(e)
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
	paged := !e.MultiLine && (k.Name == fyne.KeyPageUp || k.Name == fyne.KeyPageDown)
	if paged || k.Name == fyne.KeyEscape || len(k.Name) > 1 && k.Name[0] == 'F' { // F1 and so on
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

// bare wraps an entry so that it draws no surface. Its border is painted over by an
// [entryFrame], which has seen the theme of the widget that they are part of.
func bare(e *textEntry, frame *entryFrame) *container.ThemeOverride {
	return container.NewThemeOverride(e, bareTheme{lines: e.MultiLine, frame: frame})
}

// bareTheme is the owner's theme, except for surface, shadows and padding.
type bareTheme struct {
	lines bool        // there are several
	frame *entryFrame // nil: the program's theme
}

// now is the owner's theme as its frame has seen it: while the entry is laid out, the
// toolkit says that this one is everybody's.
func (b bareTheme) now() fyne.Theme {
	if b.frame != nil && b.frame.theme != nil {
		return b.frame.theme
	}
	return fyne.CurrentApp().Settings().Theme()
}

// Color is the owner's; surfaces and shadows are not painted.
func (b bareTheme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	switch {
	case n == theme.ColorNameInputBackground, n == theme.ColorNameShadow, n == theme.ColorNameScrollBar && !b.lines:
		return color.Transparent
	case n == theme.ColorNameInputBorder: // its corners would look out under what covers it
		return b.now().Color(look.ColorCard, v)
	case n == theme.ColorNamePrimary: // the cursor
		return b.now().Color(theme.ColorNameFocus, v)
	default:
		return b.now().Color(n, v)
	}
}

// Font is the owner's.
func (b bareTheme) Font(s fyne.TextStyle) fyne.Resource { return b.now().Font(s) }

// Icon is the owner's.
func (b bareTheme) Icon(n fyne.ThemeIconName) fyne.Resource { return b.now().Icon(n) }

// Size is the owner's, except that a line is in the middle of its control, and
// lines follow each other alike, whether the text was broken or begun anew.
func (b bareTheme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameInputBorder:
		return cursorWidth
	case theme.SizeNameInputRadius: // while it has the focus, too
		return 0
	case theme.SizeNameLineSpacing: // also between an icon and the text
		if b.lines {
			return 0
		}
		return iconGap
	case theme.SizeNameInnerPadding:
		line := look.Measure("字", b.now().Size(theme.SizeNameText), fyne.TextStyle{}).Height
		return (max(controlHeight, round(line)+2*controlPadding)-line)/2 - controlLead
	default:
		return b.now().Size(n)
	}
}

func isBare(t fyne.Theme) bool {
	_, is := t.(bareTheme)
	return is
}

// textLine is the height of a line of typed text.
func textLine(w themed) float32 {
	return look.Measure("字", w.Theme().Size(theme.SizeNameText), fyne.TextStyle{}).Height
}

// controlHigh is the height of a control with one line of text: 40, or more where
// text is set larger.
func controlHigh(w themed) float32 { return max(controlHeight, round(textLine(w))+2*controlPadding) }

// entryFrame is the surface, the border and the focus ring of what text is typed
// into.
type entryFrame struct {
	ring, surface, edge *canvas.Rectangle
	covers              [4]*canvas.Rectangle // left, right, top, bottom
	theme               fyne.Theme           // that it was painted in last
	entry               fyne.CanvasObject    // between them; nil: not laid out yet
}

func newEntryFrame() *entryFrame {
	return &entryFrame{
		ring: box(controlRadius + ringGap + ringWidth), surface: box(controlRadius), edge: box(controlRadius),
		covers: [4]*canvas.Rectangle{rule(), rule(), rule(), rule()},
	}
}

// around are the frame's objects with an entry between them, in the order in which
// they are drawn.
func (e *entryFrame) around(entry fyne.CanvasObject) []fyne.CanvasObject {
	e.entry = entry
	all := []fyne.CanvasObject{e.ring, e.surface, entry}
	for _, c := range e.covers {
		all = append(all, c)
	}
	return append(all, e.edge)
}

// Strips along the frame cover the border that Fyne's entry draws, with its corners; the
// strips keep away from the frame's own. In pixels at scale 1.
const (
	coverFrom  = 1
	coverTo    = 6.5
	coverAside = 4
)

// paint takes on state and theme.
func (e *entryFrame) paint(w themed, focused, off, bad bool) {
	if t := w.Theme(); !isBare(t) && t != e.theme {
		seen := e.theme != nil
		if e.theme = t; seen && e.entry != nil {
			e.entry.Refresh() // the toolkit gave it the new theme before its owner: it was shown in the old one
		}
	}
	e.ring.Hidden = !focused || off
	e.ring.StrokeColor, e.ring.StrokeWidth = ink(w, theme.ColorNameFocus), ringWidth
	e.surface.FillColor = ink(w, look.ColorCard)
	e.edge.StrokeColor, e.edge.StrokeWidth = ink(w, theme.ColorNameInputBorder), 1
	switch {
	case off:
		e.surface.FillColor, e.edge.StrokeColor = ink(w, theme.ColorNameDisabledButton), ink(w, theme.ColorNameSeparator)
	case bad:
		e.edge.StrokeColor, e.edge.StrokeWidth = ink(w, theme.ColorNameError), 2
	case focused:
		e.edge.StrokeColor = ink(w, theme.ColorNameFocus)
	}
	for _, c := range e.covers {
		c.FillColor = e.surface.FillColor
	}
}

func (e *entryFrame) lay(x, y, width, height float32) {
	const out = ringGap + ringWidth
	put(e.ring, x-out, y-out, width+2*out, height+2*out)
	put(e.surface, x, y, width, height)
	const wide = coverTo - coverFrom
	put(e.covers[0], x+coverFrom, y+coverAside, wide, height-2*coverAside)
	put(e.covers[1], x+width-coverTo, y+coverAside, wide, height-2*coverAside)
	put(e.covers[2], x+coverAside, y+coverFrom, width-2*coverAside, wide)
	put(e.covers[3], x+coverAside, y+height-coverTo, width-2*coverAside, wide)
	put(e.edge, x, y, width, height)
}
