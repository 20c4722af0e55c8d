package widgets

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

// readSlot is a line that exists.
type readSlot struct {
	item    int // that is shown, or none
	box     *fyne.Container
	mark    *canvas.Rectangle // behind what is selected
	quote   *canvas.Rectangle // at the left of what others wrote
	surface *canvas.Rectangle // of a fold's head
	chevron *glyph
	pieces  []*readPiece
}

// readPiece is a run of text in one colour.
type readPiece struct {
	text *canvas.Text
	rule *canvas.Rectangle // under a link
	rim  *canvas.Rectangle // around a link that the keyboard is at
}

func newReadSlot() *readSlot {
	s := &readSlot{item: none, mark: box(2), quote: rule(), surface: box(controlRadius), chevron: newGlyph()}
	s.box = container.NewWithoutLayout(s.mark, s.quote, s.surface, s.chevron.image)
	return s
}

// piece returns the piece of that number, made anew if there is none.
func (s *readSlot) piece(i int) *readPiece {
	for len(s.pieces) <= i {
		p := &readPiece{text: canvas.NewText("", nil), rule: rule(), rim: box(4)}
		s.pieces = append(s.pieces, p)
		s.box.Objects = append(s.box.Objects, p.rim, p.text, p.rule)
	}
	return s.pieces[i]
}

// left is where lines begin.
func (r *Reading) left() float32 { return readEdge }

// place puts what is seen where it belongs. anew fills lines that were seen before, too.
func (r *Reading) place(anew bool) {
	size := r.Size()
	r.bar.set(r.all, size.Height, r.offset)
	if r.head != nil {
		r.head.Move(fyne.NewPos(r.left(), readEdge-r.offset))
	}
	if r.foot != nil {
		r.foot.Move(fyne.NewPos(r.left(), r.end+readHeadGap-r.offset))
	}
	from := r.at(r.offset)
	to := from
	for to < len(r.items) && r.items[to].y < r.offset+size.Height {
		to++
	}
	if to-from > len(r.slots) {
		for len(r.slots) < to-from+2 {
			s := newReadSlot()
			s.box.Hide()
			r.slots = append(r.slots, s)
			r.layer.Objects = append(r.layer.Objects, s.box)
		}
		for _, s := range r.slots { // item i is shown by another slot from now on
			s.item = none
		}
		r.layer.Refresh()
	}
	for i := from; i < to; i++ {
		s := r.slots[i%len(r.slots)]
		if s.item != i || anew {
			s.item = i
			r.fill(s)
		}
		s.box.Show()
		s.box.Move(fyne.NewPos(r.left(), r.items[i].y-r.offset))
	}
	for _, s := range r.slots {
		if s.item < from || s.item >= to {
			s.item = none
			if !s.box.Hidden {
				s.box.Hide()
			}
		}
	}
}

// fill shows an item in a slot.
func (r *Reading) fill(s *readSlot) {
	it := r.items[s.item]
	b := r.data.Blocks[it.block]
	high := r.highOf(it)
	s.box.Resize(fyne.NewSize(r.room(), high))
	s.surface.Hidden, s.mark.Hidden, s.quote.Hidden = !it.fold, true, it.fold || !b.Quiet
	for _, p := range s.pieces {
		p.text.Hidden, p.rule.Hidden, p.rim.Hidden = true, true, true
	}
	if it.fold {
		r.fillFold(s, it, b, high)
	} else {
		s.chevron.show(look.NoIcon, nil)
		s.quote.FillColor = ink(r, theme.ColorNameSeparator)
		put(s.quote, 0, 0, 2, high)
		r.fillMark(s, it, high)
		r.fillLine(s, it, b, high)
	}
	s.box.Refresh()
}

// fillFold shows a fold's head.
func (r *Reading) fillFold(s *readSlot, it readItem, b ReadingBlock, high float32) {
	const edge, icon = 8, 16
	s.surface.FillColor, s.surface.StrokeColor, s.surface.StrokeWidth = ink(r, theme.ColorNameHeaderBackground), ink(r, theme.ColorNameSeparator), 1
	if t := r.targetAt(r.target); r.focused && t.block == it.block && t.link == none && r.target != none {
		s.surface.StrokeColor, s.surface.StrokeWidth = ink(r, theme.ColorNameFocus), ringWidth
	}
	sign := look.IconNext
	if r.open[it.block] {
		sign = look.IconDown
	}
	s.chevron.show(sign, ink(r, theme.ColorNamePlaceHolder))
	s.chevron.lay(edge, middle(high, icon), icon)
	p := s.piece(0)
	room := r.room() - edge - icon - 2*edge
	font := r.small.of(r, look.Quiet)
	p.text.TextSize, p.text.TextStyle, p.text.Color, p.text.Hidden = font.size, font.style, ink(r, look.Quiet.Ink()), false
	look.Set(p.text, fit(b.Fold, room, font.width))
	wide := look.Measure(p.text.Text, font.size, font.style).Width
	put(p.text, edge+icon+edge-1, middle(high, font.high), wide, font.high)
	put(s.surface, 0, 0, edge+icon+edge+wide+inGap, high)
}

// fillLine shows a line's text: its links in the colour of what can be pressed.
func (r *Reading) fillLine(s *readSlot, it readItem, b ReadingBlock, high float32) {
	x := float32(0)
	name := look.Body.Ink()
	if b.Quiet {
		x, name = readQuote, look.Quiet.Ink()
	}
	n, at := 0, it.start
	write := func(end int, link int) {
		if end <= at {
			return
		}
		p := s.piece(n)
		n++
		text := visible(r.shown[it.block][at:end])
		wide := r.measure(text)
		p.text.TextSize, p.text.TextStyle, p.text.Color, p.text.Hidden = r.font.size, r.font.style, ink(r, name), false
		look.Set(p.text, text)
		if link != none {
			p.text.Color = ink(r, theme.ColorNameHyperlink)
			p.rule.FillColor, p.rule.Hidden = ink(r, theme.ColorNameHyperlink), false
			put(p.rule, x, round(middle(high, r.font.high)+r.font.high-3), wide, 1)
			t := r.targetAt(r.target)
			p.rim.Hidden = !r.focused || r.target == none || t.block != it.block || t.link != link
			p.rim.StrokeColor, p.rim.StrokeWidth = ink(r, theme.ColorNameFocus), ringWidth
			put(p.rim, x-3, 1, wide+6, high-2)
		}
		put(p.text, x, middle(high, r.font.high), wide, r.font.high)
		x += wide
		at = end
	}
	for i, l := range b.Links {
		if l.End > it.start && l.Start < it.end {
			write(max(l.Start, it.start), none)
			write(min(l.End, it.end), i)
		}
	}
	write(it.end, none)
}

func (r *Reading) measure(text string) float32 {
	return look.Measure(text, r.font.size, r.font.style).Width
}

// fillMark shows which part of a line is selected.
func (r *Reading) fillMark(s *readSlot, it readItem, high float32) {
	from, to := r.selection()
	a, b := it.start, it.end
	if from.block == it.block {
		a = max(a, from.at)
	}
	if to.block == it.block {
		b = min(b, to.at)
	}
	s.mark.Hidden = from == to || it.block < from.block || it.block > to.block || a >= b
	if s.mark.Hidden {
		return
	}
	text, x := r.shown[it.block], float32(0)
	if r.data.Blocks[it.block].Quiet {
		x = readQuote
	}
	x += r.measure(visible(text[it.start:a]))
	s.mark.FillColor = marked(r)
	put(s.mark, x, 1, r.measure(visible(text[a:b])), high-2)
}

// marked is what lies behind selected text: a quarter of the accent, which text can be
// read on.
func marked(w themed) color.Color {
	c, _ := color.NRGBAModel.Convert(ink(w, theme.ColorNameHyperlink)).(color.NRGBA)
	c.A = 64
	return c
}

// selection is what is selected, in the order of the text.
func (r *Reading) selection() (from, to readPos) {
	if r.to.before(r.from) {
		return r.to, r.from
	}
	return r.from, r.to
}

// refill shows all lines that are seen anew.
func (r *Reading) refill() {
	for _, s := range r.slots {
		if s.item != none && s.item < len(r.items) {
			r.fill(s)
		}
	}
	r.ring.Hidden = !r.focused || r.target != none
	canvas.Refresh(r.ring)
}

// readTarget is something to press: a fold's head, or a link of a block.
type readTarget struct{ block, link int }

// targets are the things to press, in their order.
func (r *Reading) targets() []readTarget {
	var all []readTarget
	for i, b := range r.data.Blocks {
		if b.Fold != "" {
			all = append(all, readTarget{i, none})
			if !r.open[i] {
				continue
			}
		}
		for j := range b.Links {
			if r.OnLink != nil {
				all = append(all, readTarget{i, j})
			}
		}
	}
	return all
}

func (r *Reading) targetAt(i int) readTarget {
	if all := r.targets(); i >= 0 && i < len(all) {
		return all[i]
	}
	return readTarget{none, none}
}

// heightOf is where a target stands.
func (r *Reading) heightOf(t readTarget) float32 {
	i := slices.IndexFunc(r.items, func(it readItem) bool {
		if it.block != t.block || it.fold != (t.link == none) {
			return false
		}
		return it.fold || r.data.Blocks[t.block].Links[t.link].Start < it.end
	})
	if i < 0 {
		return r.offset
	}
	return r.items[i].y
}
