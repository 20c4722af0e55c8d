package widgets

import (
	"slices"

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

// CreateRenderer draws what Fyne's entry does, except for its surface and its border.
func (e *textEntry) CreateRenderer() fyne.WidgetRenderer {
	return &bareRenderer{e.Entry.CreateRenderer(), e}
}

// bareRenderer leaves out what lies behind the text. (A theme of the entry's own could
// hide it, too; but the toolkit reads all faces anew for each such theme, 8 MB of them,
// and forgets what it has measured.)
type bareRenderer struct {
	fyne.WidgetRenderer
	entry *textEntry
}

// Objects are the text with its cursor, and what stands beside it.
func (r *bareRenderer) Objects() []fyne.CanvasObject {
	return slices.DeleteFunc(slices.Clone(r.WidgetRenderer.Objects()), func(o fyne.CanvasObject) bool {
		_, is := o.(*canvas.Rectangle)
		return is
	})
}

// Layout places them.
func (r *bareRenderer) Layout(size fyne.Size) {
	r.WidgetRenderer.Layout(size)
	r.settle()
}

// Refresh takes on text and theme.
func (r *bareRenderer) Refresh() {
	r.WidgetRenderer.Refresh()
	r.settle()
}

// barRoom is how far below what is seen the bar lies, in pixels at scale 1, by which the
// toolkit moves a line that is longer than its room.
const barRoom = 24

// settle gives an icon [iconGap] to the text, in the middle of its first line, however
// large that is, and keeps the bar of one line out of sight.
func (r *bareRenderer) settle() {
	for _, o := range r.WidgetRenderer.Objects() {
		switch o := o.(type) {
		case *canvas.Rectangle:
		case *canvas.Image:
			edge := r.entry.Theme().Size(theme.SizeNameInnerPadding)
			o.Move(fyne.NewPos(edge-iconGap, edge+middle(textLine(r.entry), o.Size().Height)))
		default:
			if size := o.Size(); !r.entry.MultiLine && size.Height < r.entry.Size().Height {
				o.Resize(size.AddWidthHeight(0, barRoom))
			}
		}
	}
}

// bare wraps an entry, so that nothing of it is seen beyond its size.
func bare(e fyne.CanvasObject) fyne.CanvasObject {
	clip := container.NewClip(e)
	clip.ExtendBaseWidget(clip)
	clip.Refresh() // or it could not have the focus before it was painted
	return clip
}

// layBare places an entry in its frame, so that its first line is in the middle of the
// height that one line has.
func layBare(w themed, bare fyne.CanvasObject, x, y, width, height float32) {
	top := (controlHigh(w)-textLine(w))/2 - w.Theme().Size(theme.SizeNameInnerPadding)
	put(bare, x+controlLead, y+top, width-2*controlLead, height-2*top)
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
}

func newEntryFrame() *entryFrame {
	return &entryFrame{
		ring: box(controlRadius + ringGap + ringWidth), surface: box(controlRadius), edge: box(controlRadius),
	}
}

// around are the frame's objects with an entry between them, in the order in which
// they are drawn.
func (e *entryFrame) around(entry fyne.CanvasObject) []fyne.CanvasObject {
	return []fyne.CanvasObject{e.ring, e.surface, entry, e.edge}
}

// paint takes on state and theme.
func (e *entryFrame) paint(w themed, focused, off, bad bool) {
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
}

func (e *entryFrame) lay(x, y, width, height float32) {
	const out = ringGap + ringWidth
	put(e.ring, x-out, y-out, width+2*out, height+2*out)
	put(e.surface, x, y, width, height)
	put(e.edge, x, y, width, height)
}
