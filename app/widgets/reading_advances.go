package widgets

import (
	"unicode"

	"fyne.io/fyne/v2"

	"lifeboat/app/look"
)

// advances knows how wide text is by adding up what each of its characters is wide,
// each measured once. Asking the toolkit shapes the whole text anew every time: a
// screenful of Japanese takes tens of milliseconds so, a long message seconds.
// Kerning is left out; what is laid out by advances keeps a pixel or two of room for it.
//
// They are those of a kind of text at a size, and begin anew when that changes. They
// belong to the UI thread.
type advances struct {
	size  float32
	style fyne.TextStyle
	pages [glyphPages]*[256]glyphInfo // by the character's number without its last eight bits
	full  float32                     // what stands in the square of Japanese text
	high  float32                     // of a line
}

// glyphPages is how many pages of 256 characters are kept: all of Unicode that is in use.
const glyphPages = 0x320

// glyphInfo is how wide a character is, and how a line may break at it.
type glyphInfo struct {
	wide  float32
	class glyphClass
}

// glyphClass is what the rules of breaking ask of a character.
type glyphClass uint8

const (
	glyphKnown   glyphClass = 1 << iota
	glyphSpace              // lines break here, and it is dropped
	glyphSquare             // lines may break before and after it
	glyphNoStart            // no line begins with it
	glyphNoEnd              // no line ends with it
	glyphDigit
	glyphCounts // a number keeps what it counts
)

// classOf is what the rules in breaking.go say of a character.
func classOf(r rune) glyphClass {
	class := glyphKnown
	for is, c := range map[glyphClass]bool{
		glyphSpace: unicode.IsSpace(r), glyphSquare: square(r), glyphNoStart: mayNotBegin(r), glyphNoEnd: mayNotEnd(r), glyphDigit: r >= '0' && r <= '9',
		glyphCounts: !breakable('1', r) && breakable('A', r),
	} {
		if c {
			class |= is
		}
	}
	return class
}

// breaks is [breakable] by classes.
func breaks(a, b glyphClass) bool {
	switch {
	case b&glyphNoStart != 0 || a&glyphNoEnd != 0 || a&glyphDigit != 0 && b&glyphCounts != 0:
		return false
	default:
		return (a|b)&glyphSquare != 0
	}
}

// of makes the advances those of a kind of text in the theme of a widget.
func (a *advances) of(w themed, kind look.Type) *advances {
	size, style := w.Theme().Size(kind.Size()), kind.Style()
	if a.high == 0 || size != a.size || style != a.style {
		square := look.Measure("字", size, style)
		*a = advances{size: size, style: style, full: square.Width, high: square.Height}
	}
	return a
}

// glyph is what is known of a character.
func (a *advances) glyph(r rune) glyphInfo {
	at := r >> 8
	if at < 0 || at >= glyphPages {
		return glyphInfo{wide: a.full, class: glyphKnown}
	}
	page := a.pages[at]
	if page == nil {
		page = new([256]glyphInfo)
		a.pages[at] = page
	}
	g := &page[r&0xFF]
	if g.class == 0 {
		*g = glyphInfo{wide: a.measure(r), class: classOf(r)}
	}
	return *g
}

// char is how wide a character is.
func (a *advances) char(r rune) float32 { return a.glyph(r).wide }

// measure is what the toolkit says; Han, which are many, are all alike.
func (a *advances) measure(r rune) float32 {
	if r >= 0x4E00 && r <= 0x9FFF {
		return a.full
	}
	return look.Measure(string(r), a.size, a.style).Width
}

// width is how wide a text is.
func (a *advances) width(text string) float32 {
	var sum float32
	for _, r := range text {
		sum += a.char(r)
	}
	return sum
}

// kerned is the room that is kept for what advances leave out, in pixels at scale 1.
const kerned = 1

// fit is [fit] by advances.
func (a *advances) fit(text string, room float32) string {
	room -= kerned
	var used float32
	for _, r := range text {
		if used += a.char(r); used > room {
			return fit(text, room, a.width)
		}
	}
	return text
}
