package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// TextBox is where text of several lines is written. Tab leaves it. Its height is at
// least that of its lines; laid out higher, it shows more.
type TextBox struct {
	widget.BaseWidget
	// OnChanged hears what is written: set it once, before the box is shown.
	OnChanged func(text string)

	lines int
	frame *entryFrame
	entry *textEntry
	bare  fyne.CanvasObject
}

// NewTextBox returns an empty box that shows at least so many lines.
func NewTextBox(lines int, placeholder string) *TextBox {
	b := &TextBox{lines: max(lines, 1), frame: newEntryFrame()}
	b.entry = newTextEntry(b.Refresh)
	b.entry.MultiLine, b.entry.Wrapping, b.entry.PlaceHolder = true, fyne.TextWrapWord, placeholder
	b.entry.OnChanged = func(s string) {
		if b.OnChanged != nil {
			b.OnChanged(s)
		}
	}
	b.bare = bare(b.entry)
	b.ExtendBaseWidget(b)
	return b
}

// Text is what was written.
func (b *TextBox) Text() string { return b.entry.Text }

// SetText sets the text as if it had been written, unless it is that already.
func (b *TextBox) SetText(s string) {
	if b.entry.Text != s {
		b.entry.SetText(s)
	}
}

// Focus puts the cursor into the box.
func (b *TextBox) Focus(c fyne.Canvas) { c.Focus(b.entry) }

// Entry is what is written into.
func (b *TextBox) Entry() *widget.Entry { return &b.entry.Entry }

// Enable lets the box be written into.
func (b *TextBox) Enable() {
	if b.entry.Disabled() {
		b.entry.Enable()
		b.Refresh()
	}
}

// Disable greys the box out.
func (b *TextBox) Disable() {
	if !b.entry.Disabled() {
		b.entry.Disable()
		b.Refresh()
	}
}

// CreateRenderer draws the box.
func (b *TextBox) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	s := &sheet{owner: b, objects: b.frame.around(b.bare)}
	s.paint = func() { b.frame.paint(b, b.entry.focused, b.entry.Disabled(), false) }
	s.least = func() fyne.Size {
		return fyne.NewSize(fieldLeast, round(textLine(b)*float32(b.lines))+2*controlPadding)
	}
	s.lay = func(size fyne.Size) {
		b.frame.lay(0, 0, size.Width, size.Height)
		layBare(b, b.bare, 0, 0, size.Width, size.Height)
	}
	return s.start()
}
