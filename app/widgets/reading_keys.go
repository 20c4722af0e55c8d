package widgets

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// FocusGained shows the ring, inside the edge.
func (r *Reading) FocusGained() {
	r.focused = true
	r.refill()
}

// FocusLost hides the ring.
func (r *Reading) FocusLost() {
	r.focused, r.target = false, none
	r.refill()
}

// TypedRune is not for texts.
func (r *Reading) TypedRune(rune) {}

// TypedKey scrolls; the arrows to the side go from one link or fold to the next, which
// Enter presses.
func (r *Reading) TypedKey(k *fyne.KeyEvent) {
	page := max(r.Size().Height-2*r.lineHigh(), r.lineHigh())
	switch k.Name {
	case fyne.KeyDown:
		r.scrollTo(r.offset + 2*r.lineHigh())
	case fyne.KeyUp:
		r.scrollTo(r.offset - 2*r.lineHigh())
	case fyne.KeyPageDown:
		r.scrollTo(r.offset + page)
	case fyne.KeySpace:
		if r.target == none {
			r.scrollTo(r.offset + page)
			return
		}
		r.press(r.targetAt(r.target))
	case fyne.KeyPageUp:
		r.scrollTo(r.offset - page)
	case fyne.KeyHome:
		r.scrollTo(0)
	case fyne.KeyEnd:
		r.scrollTo(r.all)
	case fyne.KeyRight:
		r.aim(r.target + 1)
	case fyne.KeyLeft:
		r.aim(r.target - 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		r.press(r.targetAt(r.target))
	default:
		PassKey(r, k)
	}
}

// aim brings a link or fold to the keyboard, and into view.
func (r *Reading) aim(i int) {
	all := r.targets()
	if i < 0 || len(all) == 0 {
		r.target = none
		r.refill()
		return
	}
	r.target = min(i, len(all)-1)
	y := r.heightOf(all[r.target])
	if y < r.offset || y+r.foldHigh() > r.offset+r.Size().Height {
		r.scrollTo(y - r.Size().Height/3)
	}
	r.refill()
}

// press does what pressing a link or a fold does.
func (r *Reading) press(t readTarget) {
	switch {
	case t.block == none:
	case t.link == none:
		r.Unfold(t.block, !r.open[t.block])
	case r.OnLink != nil:
		r.OnLink(r.data.Blocks[t.block].Links[t.link])
	}
}

// TypedShortcut copies what is selected, and selects everything. Others are the
// window's.
func (r *Reading) TypedShortcut(s fyne.Shortcut) {
	switch s := s.(type) {
	case *fyne.ShortcutCopy:
		if text := r.Selected(); text != "" {
			s.Clipboard.SetContent(text)
		}
	case *fyne.ShortcutSelectAll:
		r.SelectAll()
	default:
		PassShortcut(r, s)
	}
}

// SelectAll selects the whole text.
func (r *Reading) SelectAll() {
	last := len(r.data.Blocks) - 1
	if last < 0 {
		return
	}
	r.from, r.to = readPos{}, readPos{last, len(r.data.Blocks[last].Text)}
	r.refill()
}

// Selected is the text that is selected; paragraphs are separated by an empty line.
func (r *Reading) Selected() string {
	from, to := r.selection()
	if from == to || to.block >= len(r.data.Blocks) {
		return ""
	}
	var out strings.Builder
	for i := from.block; i <= to.block; i++ {
		text := r.data.Blocks[i].Text
		if i == to.block {
			text = text[:to.at]
		}
		if i == from.block {
			text = text[from.at:]
		} else {
			out.WriteString("\n\n")
		}
		out.WriteString(text)
	}
	return out.String()
}

// Text is the whole text.
func (d ReadingData) Text() string {
	all := make([]string, len(d.Blocks))
	for i, b := range d.Blocks {
		all[i] = b.Text
	}
	return strings.Join(all, "\n\n")
}

// hit is what lies at a place: the item, and the place in the text.
func (r *Reading) hit(p fyne.Position) (item int, at readPos) {
	y := p.Y + r.offset
	item = min(r.at(y), len(r.items)-1)
	if item < 0 {
		return none, readPos{}
	}
	it := r.items[item]
	at = readPos{it.block, it.start}
	if it.fold {
		return item, at
	}
	x := p.X - r.left()
	if r.data.Blocks[it.block].Quiet {
		x -= readQuote
	}
	if y < it.y { // between two paragraphs
		return none, at
	}
	var used float32
	for i, c := range r.shown[it.block][it.start:it.end] {
		if c == seam {
			continue
		}
		wide := r.font.char(c)
		if x < used+wide/2 {
			at.at = it.start + i
			return item, at
		}
		used += wide
	}
	at.at = it.end
	return item, at
}

// pressable is what can be pressed at a place.
func (r *Reading) pressable(p fyne.Position) (readTarget, bool) {
	item, at := r.hit(p)
	if item == none || p.Y+r.offset < r.items[item].y || p.Y+r.offset > r.items[item].y+r.highOf(r.items[item]) {
		return readTarget{}, false
	}
	it := r.items[item]
	if it.fold {
		return readTarget{it.block, none}, p.X < r.left()+r.slots[item%len(r.slots)].surface.Size().Width
	}
	for i, l := range r.data.Blocks[it.block].Links {
		if r.OnLink != nil && at.at >= l.Start && at.at < l.End {
			return readTarget{it.block, i}, true
		}
	}
	return readTarget{}, false
}

// MouseDown presses what is there, or begins to select.
func (r *Reading) MouseDown(e *desktop.MouseEvent) {
	takeFocus(r)
	if e.Button != desktop.MouseButtonPrimary {
		return
	}
	_, at := r.hit(e.Position)
	if e.Modifier&fyne.KeyModifierShift == 0 {
		r.from = at
	}
	r.to, r.dragging = at, false
	r.refill()
}

// MouseUp presses a link or fold, unless something was selected.
func (r *Reading) MouseUp(e *desktop.MouseEvent) {
	if t, ok := r.pressable(e.Position); ok && !r.dragging && e.Button == desktop.MouseButtonPrimary {
		r.press(t)
	}
}

// Dragged selects up to the pointer, and scrolls where that is outside.
func (r *Reading) Dragged(e *fyne.DragEvent) {
	r.dragging = true
	switch {
	case e.Position.Y < 0:
		r.scrollTo(r.offset - r.lineHigh())
	case e.Position.Y > r.Size().Height:
		r.scrollTo(r.offset + r.lineHigh())
	}
	_, at := r.hit(e.Position)
	if at != r.to {
		r.to = at
		r.refill()
	}
}

// DragEnd ends the selecting.
func (r *Reading) DragEnd() {}

// DoubleTapped selects the word under the pointer.
func (r *Reading) DoubleTapped(e *fyne.PointEvent) {
	item, at := r.hit(e.Position)
	if item == none || r.items[item].fold {
		return
	}
	text := r.data.Blocks[at.block].Text
	r.from, r.to = at, at
	for r.to.at < len(text) {
		c, size := utf8.DecodeRuneInString(text[r.to.at:])
		if !wordly(c) {
			break
		}
		r.to.at += size
	}
	for r.from.at > 0 {
		c, size := utf8.DecodeLastRuneInString(text[:r.from.at])
		if !wordly(c) {
			break
		}
		r.from.at -= size
	}
	r.refill()
}

func wordly(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsDigit(c) || c == 'ー' || c == '々'
}

// MouseIn looks what the pointer is over.
func (r *Reading) MouseIn(e *desktop.MouseEvent) { _, r.over = r.pressable(e.Position) }

// MouseMoved looks what the pointer is over.
func (r *Reading) MouseMoved(e *desktop.MouseEvent) { _, r.over = r.pressable(e.Position) }

// MouseOut forgets it.
func (r *Reading) MouseOut() { r.over = false }

// Cursor is a hand over what can be pressed, and else that of text.
func (r *Reading) Cursor() desktop.Cursor {
	if r.over {
		return desktop.PointerCursor
	}
	return desktop.TextCursor
}
