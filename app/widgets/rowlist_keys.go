package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// FocusGained shows which row the keyboard is at.
func (l *RowList) FocusGained() { l.focus(true) }

// FocusLost hides that again.
func (l *RowList) FocusLost() { l.focus(false) }

func (l *RowList) focus(on bool) {
	l.focused, l.shift = on, false
	if on && l.cursor == none {
		if first := l.picked.first(); first != none {
			l.cursor, l.anchor = first, first
		}
	}
	l.paintRows()
	if on {
		reveal(l)
	}
}

// TypedRune hands what is typed on.
func (l *RowList) TypedRune(r rune) {
	if r != ' ' && l.OnType != nil {
		l.OnType(r)
	}
}

// KeyDown notes that Shift is held.
func (l *RowList) KeyDown(k *fyne.KeyEvent) { l.holds(k, true) }

// KeyUp notes that Shift was let go.
func (l *RowList) KeyUp(k *fyne.KeyEvent) { l.holds(k, false) }

func (l *RowList) holds(k *fyne.KeyEvent, down bool) {
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		l.shift = down
	}
}

// TypedKey moves the cursor by the arrow keys, a page or to the ends, with Shift
// selecting all on the way; Enter opens.
func (l *RowList) TypedKey(k *fyne.KeyEvent) {
	page := max(int(l.Size().Height/l.high())-1, 1)
	switch k.Name {
	case fyne.KeyDown:
		l.moveTo(l.cursor+1, 1)
	case fyne.KeyUp:
		if l.cursor == none {
			l.cursor = 1
		}
		l.moveTo(l.cursor-1, -1)
	case fyne.KeyPageDown:
		l.moveTo(max(l.cursor, 0)+page, -1)
	case fyne.KeyPageUp:
		l.moveTo(max(l.cursor, 0)-page, 1)
	case fyne.KeyHome:
		l.moveTo(0, 1)
	case fyne.KeyEnd:
		l.moveTo(l.length-1, -1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if l.cursor != none && l.OnOpen != nil {
			l.OnOpen(l.cursor)
		}
	case fyne.KeySpace:
		if l.cursor != none && l.pickable(l.cursor) {
			l.Select(l.cursor)
		}
	default:
		PassKey(l, k)
	}
}

// moveTo moves the cursor to a row, or from there on to the next that can be selected.
func (l *RowList) moveTo(i, step int) {
	i = max(min(i, l.length-1), 0)
	for i >= 0 && i < l.length && !l.pickable(i) {
		i += step
	}
	if i < 0 || i >= l.length {
		return
	}
	if !l.shift || l.Single || l.anchor == none {
		l.Select(i)
		return
	}
	l.upTo(i)
}

// upTo selects from where the selection began up to a row.
func (l *RowList) upTo(i int) {
	l.picked.clear()
	for at := min(l.anchor, i); at <= max(l.anchor, i); at++ {
		if l.pickable(at) {
			l.picked.set(at, true)
		}
	}
	l.cursor = i
	l.Reveal(i)
	l.selected()
}

// TypedShortcut selects everything by Ctrl+A. Others are the window's.
func (l *RowList) TypedShortcut(s fyne.Shortcut) {
	if _, all := s.(*fyne.ShortcutSelectAll); all && !l.Single {
		for i := range l.length {
			if l.pickable(i) {
				l.picked.set(i, true)
			}
		}
		l.selected()
		return
	}
	PassShortcut(l, s)
}

// takeFocus puts the focus on what was pressed.
func takeFocus(o interface {
	fyne.CanvasObject
	fyne.Focusable
}) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.Focused() != fyne.Focusable(o) {
		c.Focus(o)
	}
}

// MouseDown selects the row under the pointer: alone, with Ctrl (on a Mac Command) one
// more, with Shift all up to it.
func (l *RowList) MouseDown(e *desktop.MouseEvent) {
	takeFocus(l)
	i := l.at(e.Position)
	if i == none || !l.pickable(i) {
		return
	}
	switch {
	case e.Button == desktop.MouseButtonSecondary && l.picked.has(i):
	case l.Single || e.Modifier&(fyne.KeyModifierShift|fyne.KeyModifierShortcutDefault) == 0:
		l.Select(i)
	case e.Modifier&fyne.KeyModifierShift != 0 && l.anchor != none:
		l.upTo(i)
	default:
		l.picked.set(i, !l.picked.has(i))
		l.cursor, l.anchor = i, i
		l.selected()
	}
}

// MouseUp changes nothing.
func (l *RowList) MouseUp(*desktop.MouseEvent) {}

// DoubleTapped opens the row under the pointer. (A press selects at once: it does not
// wait for a second one.)
func (l *RowList) DoubleTapped(e *fyne.PointEvent) {
	if i := l.at(e.Position); i != none && l.pickable(i) && l.OnOpen != nil {
		l.OnOpen(i)
	}
}

// at is the row at a place, or none.
func (l *RowList) at(p fyne.Position) int {
	i := int((l.offset + float64(p.Y)) / float64(l.high()))
	if p.Y < 0 || i < 0 || i >= l.length {
		return none
	}
	return i
}

// MouseIn shows which row the pointer is over.
func (l *RowList) MouseIn(e *desktop.MouseEvent) { l.hover(l.at(e.Position)) }

// MouseMoved shows which row the pointer is over.
func (l *RowList) MouseMoved(e *desktop.MouseEvent) { l.hover(l.at(e.Position)) }

// MouseOut shows that it is over none.
func (l *RowList) MouseOut() { l.hover(none) }

func (l *RowList) hover(i int) {
	if i == l.hovered {
		return
	}
	before := l.hovered
	l.hovered = i
	for _, s := range l.slots {
		if s.index != none && (s.index == before || s.index == i) {
			l.paintRow(s)
		}
	}
}

// Scrolled scrolls by the wheel.
func (l *RowList) Scrolled(e *fyne.ScrollEvent) { l.ScrollTo(l.offset - float64(e.Scrolled.DY)) }
