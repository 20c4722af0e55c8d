package widgets

import (
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
	pages map[rune]*[256]float32 // by the character's number without its last eight bits
	full  float32                // what stands in the square of Japanese text
	high  float32                // of a line
}

// unmeasured marks a character in a page that was not asked for yet: none is so wide.
const unmeasured = -1

// of makes the advances those of a kind of text in the theme of a widget.
func (a *advances) of(w themed, kind look.Type) *advances {
	size, style := w.Theme().Size(kind.Size()), kind.Style()
	if a.pages == nil || size != a.size || style != a.style {
		square := fyne.MeasureText("字", size, style)
		*a = advances{size: size, style: style, pages: map[rune]*[256]float32{}, full: square.Width, high: square.Height}
	}
	return a
}

// char is how wide a character is.
func (a *advances) char(r rune) float32 {
	page := a.pages[r>>8]
	if page == nil {
		page = new([256]float32)
		for i := range page {
			page[i] = unmeasured
		}
		a.pages[r>>8] = page
	}
	if page[r&0xFF] == unmeasured {
		page[r&0xFF] = a.measure(r)
	}
	return page[r&0xFF]
}

// measure is what the toolkit says; Han, which are many, are all alike.
func (a *advances) measure(r rune) float32 {
	if r >= 0x4E00 && r <= 0x9FFF {
		return a.full
	}
	return fyne.MeasureText(string(r), a.size, a.style).Width
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
