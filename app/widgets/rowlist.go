package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// RowTemplate makes and fills the rows of a [RowList].
type RowTemplate struct {
	// Make returns an empty row. It is called for as many rows as are seen at once.
	Make func() fyne.CanvasObject
	// Fill shows what has the index in a row that showed something else. It must be
	// quick, since it is called while the list is scrolled: it asks nobody, and measures
	// nothing long.
	Fill func(row fyne.CanvasObject, index int, s RowState)
	// Height is the least height of a row, where that follows from the size of text; it
	// may be nil.
	Height func() float32
}

// RowState is how a row stands in its list.
type RowState struct{ Selected, Focused bool }

// RowList is a list of any length of rows that are equally high. Only the rows that
// are seen exist; they are used again for others when the list is scrolled, so that
// 100,000 rows cost what ten do. One row or several are selected, with the pointer (with
// Shift up to there, with Ctrl one more) or by keyboard.
type RowList struct {
	widget.BaseWidget
	// OnSelect hears that what is selected has changed by somebody's doing. OnOpen hears
	// Enter or a double press on a row; OnType what is typed while the list has the
	// focus; OnSeen which rows are seen from now on, the last one excluded. All may be nil.
	OnSelect func()
	OnOpen   func(index int)
	OnType   func(r rune)
	OnSeen   func(from, to int)
	// Pickable says which rows can be selected; nil: all.
	Pickable func(index int) bool
	// Single lets one row be selected at a time.
	Single bool

	rowHeight float32
	template  RowTemplate
	rounded   bool
	length    int
	offset    float64 // of the view's upper edge: a float32 has no room for a pixel behind 200,000 rows
	picked    picks
	cursor    int // the row that the keyboard is at, or none
	anchor    int // where a selection of several began
	hovered   int
	focused   bool
	shift     bool // is held
	from, to  int  // what OnSeen was told

	surface *canvas.Rectangle
	layer   *fyne.Container
	clip    *container.Clip
	bar     *scrollBar
	ring    *canvas.Rectangle
	slots   []*rowSlot // row i is shown by slot i modulo their number
}

var (
	_ fyne.Focusable    = (*RowList)(nil)
	_ fyne.Scrollable   = (*RowList)(nil)
	_ fyne.Shortcutable = (*RowList)(nil)
	_ desktop.Mouseable = (*RowList)(nil)
	_ desktop.Hoverable = (*RowList)(nil)
	_ desktop.Keyable   = (*RowList)(nil)
)

// NewRowList returns an empty list of rows of a height in pixels at scale 1.
func NewRowList(rowHeight float32, row RowTemplate) *RowList {
	l := &RowList{
		rowHeight: rowHeight, template: row, cursor: none, anchor: none, hovered: none, surface: rule(), layer: container.NewWithoutLayout(),
		ring: box(0),
	}
	l.clip = container.NewClip(l.layer)
	l.bar = newScrollBar(func(to float32) { l.ScrollTo(float64(to)) })
	l.ExtendBaseWidget(l)
	return l
}

// Rounded has the selected row stand on a tint with round corners, without lines
// between the rows: for lists to choose from, like the navigation. It returns the list.
func (l *RowList) Rounded() *RowList {
	l.rounded = true
	return l
}

// SetLength sets how many rows there are. What is selected behind the end is no longer.
func (l *RowList) SetLength(n int) {
	if n == l.length {
		return
	}
	l.length = n
	l.picked.cut(n)
	l.cursor, l.anchor, l.hovered = min(l.cursor, n-1), min(l.anchor, n-1), none
	l.offset = l.within(l.offset)
	l.Refresh()
}

// Length is how many rows there are.
func (l *RowList) Length() int { return l.length }

// Selected lists the rows that are selected, in their order.
func (l *RowList) Selected() []int { return l.picked.list() }

// Selects counts the rows that are selected.
func (l *RowList) Selects() int { return l.picked.count }

// Cursor is the row that the keyboard is at, or -1.
func (l *RowList) Cursor() int { return l.cursor }

// SetSelection selects rows without telling OnSelect, as when the same messages stand
// in other rows than before. cursor may be -1.
func (l *RowList) SetSelection(rows []int, cursor int) {
	l.picked.clear()
	for _, i := range rows {
		if i >= 0 && i < l.length {
			l.picked.set(i, true)
		}
	}
	if cursor >= l.length {
		cursor = none
	}
	l.cursor, l.anchor = cursor, cursor
	l.paintRows()
}

// Select selects one row alone, brings it into view, and tells OnSelect.
func (l *RowList) Select(i int) {
	if i < 0 || i >= l.length || !l.pickable(i) {
		return
	}
	l.picked.clear()
	l.picked.set(i, true)
	l.cursor, l.anchor = i, i
	l.Reveal(i)
	l.selected()
}

func (l *RowList) selected() {
	l.paintRows()
	if l.OnSelect != nil {
		l.OnSelect()
	}
}

func (l *RowList) pickable(i int) bool { return l.Pickable == nil || l.Pickable(i) }

// high is how high a row is.
func (l *RowList) high() float32 {
	if l.template.Height != nil {
		return max(l.rowHeight, round(l.template.Height()))
	}
	return l.rowHeight
}

// all is how high all rows are together.
func (l *RowList) all() float64 { return float64(l.high()) * float64(l.length) }

// within is an offset that shows rows as far as there are any.
func (l *RowList) within(offset float64) float64 {
	return max(min(offset, l.all()-float64(l.Size().Height)), 0)
}

// Offset is how far the list is scrolled, in pixels at scale 1.
func (l *RowList) Offset() float64 { return l.offset }

// ScrollTo scrolls to an offset, in pixels at scale 1.
func (l *RowList) ScrollTo(offset float64) {
	if to := l.within(offset); to != l.offset {
		l.offset = to
		l.place(false)
	}
}

// ScrollBy scrolls down by so many rows.
func (l *RowList) ScrollBy(rows int) { l.ScrollTo(l.offset + float64(rows)*float64(l.high())) }

// Reveal scrolls as far as it takes for a row to be seen whole.
func (l *RowList) Reveal(i int) {
	top, high := float64(l.high())*float64(i), float64(l.high())
	switch {
	case top < l.offset:
		l.ScrollTo(top)
	case top+high > l.offset+float64(l.Size().Height):
		l.ScrollTo(top + high - float64(l.Size().Height))
	}
}

// RefreshRow shows a row anew, if it is seen.
func (l *RowList) RefreshRow(i int) {
	if len(l.slots) == 0 || i < 0 {
		return
	}
	if s := l.slots[i%len(l.slots)]; s.index == i {
		l.fill(s)
	}
}

// Seen is which rows are seen, the last one excluded.
func (l *RowList) Seen() (from, to int) { return l.from, l.to }

// CreateRenderer draws the list.
func (l *RowList) CreateRenderer() fyne.WidgetRenderer {
	l.ExtendBaseWidget(l)
	s := &sheet{owner: l, objects: []fyne.CanvasObject{l.surface, l.clip, l.bar, l.ring}}
	s.least = func() fyne.Size { return fyne.NewSize(120, l.high()) }
	s.paint = func() {
		l.surface.Hidden = l.rounded
		l.surface.FillColor = ink(l, look.ColorCard)
		l.ring.Hidden = !l.focused || l.cursor != none && l.length > 0
		l.ring.StrokeColor, l.ring.StrokeWidth = ink(l, theme.ColorNameFocus), ringWidth
		l.refill()
	}
	s.lay = func(size fyne.Size) {
		put(l.surface, 0, 0, size.Width, size.Height)
		put(l.clip, 0, 0, size.Width, size.Height)
		put(l.ring, 1, 1, size.Width-2, size.Height-2)
		put(l.bar, size.Width-scrollTrack, 0, scrollTrack, size.Height)
		l.offset = l.within(l.offset)
		l.place(true)
	}
	return s.start()
}
