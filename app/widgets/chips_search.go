package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// SearchField is a line to search with. Down and Enter go on to what was found; Escape
// takes back what was typed.
type SearchField struct {
	widget.BaseWidget
	// OnChanged hears each letter, OnDown that somebody goes on to what was found: set
	// once, before the field is shown.
	OnChanged func(text string)
	OnDown    func()

	frame *entryFrame
	entry *searchEntry
	bare  fyne.CanvasObject
	clear *cross
}

// searchEntry is what is typed into.
type searchEntry struct {
	textEntry
	field *SearchField
}

// TypedKey leaves the field downwards, and takes back.
func (e *searchEntry) TypedKey(k *fyne.KeyEvent) {
	switch {
	case k.Name == fyne.KeyDown || k.Name == fyne.KeyReturn || k.Name == fyne.KeyEnter:
		if e.field.OnDown != nil {
			e.field.OnDown()
		}
	case k.Name == fyne.KeyEscape && e.Text != "":
		e.SetText("")
	default:
		e.textEntry.TypedKey(k)
	}
}

// NewSearchField returns an empty field.
func NewSearchField(placeholder string) *SearchField {
	f := &SearchField{frame: newEntryFrame()}
	f.entry = &searchEntry{field: f}
	f.entry.turned, f.entry.end = f.Refresh, rule()
	f.entry.end.SetMinSize(fyne.NewSize(float32(ButtonInRow), 1)) // where the cross is
	f.entry.ActionItem = f.entry.end
	f.entry.Wrapping = fyne.TextWrap(fyne.TextTruncateClip)
	f.entry.PlaceHolder = placeholder
	f.entry.ExtendBaseWidget(f.entry)
	f.entry.OnChanged = func(s string) {
		f.Refresh()
		if f.OnChanged != nil {
			f.OnChanged(s)
		}
	}
	f.bare = bare(f.entry)
	f.clear = newCross(func() { f.entry.SetText("") })
	f.ExtendBaseWidget(f)
	return f
}

// Text is what was typed.
func (f *SearchField) Text() string { return f.entry.Text }

// SetText sets the text as if it had been typed, unless it is that already.
func (f *SearchField) SetText(s string) {
	if f.entry.Text != s {
		f.entry.SetText(s)
	}
}

// Type goes on with a letter that was typed elsewhere.
func (f *SearchField) Type(c fyne.Canvas, r rune) {
	c.Focus(f.entry)
	f.entry.TypedRune(r)
}

// Focus puts the cursor into the field.
func (f *SearchField) Focus(c fyne.Canvas) { c.Focus(f.entry) }

// Focused says whether the cursor is in the field.
func (f *SearchField) Focused() bool { return f.entry.focused }

// Entry is what is typed into.
func (f *SearchField) Entry() *widget.Entry { return &f.entry.Entry }

// CreateRenderer draws the field.
func (f *SearchField) CreateRenderer() fyne.WidgetRenderer {
	f.ExtendBaseWidget(f)
	s := &sheet{owner: f, objects: append(f.frame.around(f.bare), f.clear)}
	s.paint = func() {
		f.frame.paint(f, f.entry.focused, false, false)
		if sign := look.IconSearch.In(ink(f, look.Quiet.Ink())); f.entry.Icon == nil || f.entry.Icon.Name() != sign.Name() {
			f.entry.Icon = sign // drawn by Fyne's entry
			f.entry.Refresh()
		}
		f.clear.Hidden = f.entry.Text == ""
	}
	s.least = func() fyne.Size { return fyne.NewSize(fieldLeast, controlHigh(f)) }
	s.lay = func(size fyne.Size) {
		f.frame.lay(0, 0, size.Width, size.Height)
		layBare(f, f.bare, iconGap, 0, size.Width-iconGap, size.Height)
		const side = float32(ButtonInRow)
		put(f.clear, size.Width-side-4, middle(size.Height, side), side, side)
	}
	return s.start()
}
