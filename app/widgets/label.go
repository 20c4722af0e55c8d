package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"lifeboat/app/look"
)

// label is one line of text inside a widget: of a kind, in a colour, and ellipsed
// where there is no room.
type label struct {
	text *canvas.Text
	full string
	kind look.Type
	name fyne.ThemeColorName // "" is the colour of the kind
}

func newLabel(kind look.Type, full string) *label {
	return &label{text: canvas.NewText(full, color.Transparent), full: full, kind: kind}
}

// paint takes on the theme.
func (l *label) paint(w themed) {
	name := l.name
	if name == "" {
		name = l.kind.Ink()
	}
	l.text.Color = ink(w, name)
	l.text.TextSize = w.Theme().Size(l.kind.Size())
	l.text.TextStyle = l.kind.Style()
	look.Set(l.text, l.full)
}

// size is what the whole text needs.
func (l *label) size() fyne.Size {
	return look.Measure(l.full, l.text.TextSize, l.text.TextStyle)
}

func (l *label) width() float32  { return l.size().Width }
func (l *label) height() float32 { return l.size().Height }

// lay puts the text at a place, ellipsed to a width.
func (l *label) lay(x, y, room float32) {
	look.Set(l.text, fit(l.full, room, l.measure))
	put(l.text, x, y, max(room, 0), l.height())
}

// right puts the text so that it ends at a place, ellipsed to a width, and returns
// where it begins.
func (l *label) right(end, y, room float32) float32 {
	width := min(l.width(), room)
	l.lay(end-width, y, width)
	return end - width
}

// centre puts the text in the middle of a room.
func (l *label) centre(x, y, room float32) {
	width := min(l.width(), room)
	l.lay(x+middle(room, width), y, width)
}

func (l *label) measure(s string) float32 {
	return look.Measure(s, l.text.TextSize, l.text.TextStyle).Width
}
