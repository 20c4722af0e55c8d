package widgets

import (
	"strings"
	"unicode/utf8"
)

// span is a piece of a text, in octets.
type span struct{ start, end int }

// A message is broken by the rules of [breakLines], but in one go over its characters
// and without copying it: a megabyte is to be on the screen at once. Unlike there,
// spaces inside a line stay as they are: people align with them.

// lineBreaker is where the breaking of one paragraph has come to.
type lineBreaker struct {
	text  string
	width float32
	each  func(span)

	start, end int     // of the line, as far as it is not space
	used       float32 // from start up to the next character
	// The last place where the line may end: where it does, where the next one begins,
	// and how wide the line is up to there.
	canEnd, canBegin int
	atBegin          float32
}

// none is the place of what there is none of.
const none = -1

// seam stands where lines are joined without a blank: it takes up an octet, and no room.
const seam = '\r'

// unwrapped is the block's text with what is shown in the place of line feeds that only
// wrap. Every octet else stays where it is.
func (b ReadingBlock) unwrapped() string {
	if len(b.Wraps) == 0 {
		return b.Text
	}
	text := []byte(b.Text)
	for _, w := range b.Wraps {
		text[w.At] = seam
		if w.Blank {
			text[w.At] = ' '
		}
	}
	return string(text)
}

// visible is a text without the seams in it.
func visible(text string) string { return strings.ReplaceAll(text, string(seam), "") }

// breakSpans calls each for the lines of a paragraph, which has no line feeds. There is one
// at least.
func breakSpans(text string, width float32, glyph func(rune) glyphInfo, each func(span)) {
	b := &lineBreaker{text: text, width: width, each: each, canEnd: none}
	last, space := glyphClass(0), false // what came before; whether spaces stand between
	for i, r := range text {
		if r == seam {
			continue
		}
		g := glyph(r)
		if g.class&glyphSpace != 0 {
			b.used += g.wide
			space = true
			continue
		}
		if b.end > b.start && (space || breaks(last, g.class)) {
			b.canEnd, b.canBegin, b.atBegin = b.end, i, b.used
		}
		b.add(i, r, g.wide)
		last, space = g.class, false
	}
	each(span{b.start, b.end})
}

// add puts a character on the line, or begins the next one with what must go along.
func (b *lineBreaker) add(i int, r rune, wide float32) {
	for b.used+wide > b.width && b.end > b.start {
		if b.canEnd == none { // a run that is wider than a line is cut where it must be
			b.each(span{b.start, b.end})
			b.start, b.used = i, 0
			break
		}
		b.each(span{b.start, b.canEnd})
		b.start = b.canBegin
		b.used -= b.atBegin
		b.canEnd = none
		if b.start == i {
			break
		}
	}
	b.used += wide
	b.end = i + utf8.RuneLen(r)
	if r == utf8.RuneError {
		_, size := utf8.DecodeRuneInString(b.text[i:])
		b.end = i + size
	}
}
