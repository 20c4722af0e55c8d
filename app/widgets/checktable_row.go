package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// CheckHead is the line of a check in its table: pressing it opens what lies behind
// the results, and closes it again.
type CheckHead struct {
	widget.BaseWidget
	table *CheckTable
	row   int
	data  CheckRow
	last  bool
	at    []float32 // where the columns begin

	hovered, focused bool
	surface          *canvas.Rectangle
	chevron          *glyph
	title            *Paragraph
	cells            []*checkCell
	sheet            *sheet
}

type checkCell struct {
	light *Light
	dash  *label
	text  *Paragraph
}

var (
	_ fyne.Focusable     = (*CheckHead)(nil)
	_ fyne.Tappable      = (*CheckHead)(nil)
	_ desktop.Hoverable  = (*CheckHead)(nil)
	_ desktop.Cursorable = (*CheckHead)(nil)
)

func newCheckHead(t *CheckTable, row int) *CheckHead {
	h := &CheckHead{table: t, row: row, surface: box(0), chevron: newGlyph(), title: NewParagraph(look.Body, "")}
	h.ExtendBaseWidget(h)
	return h
}

// Row is what the line shows.
func (h *CheckHead) Row() CheckRow { return h.data }

func (h *CheckHead) set(d CheckRow, last bool) {
	h.data, h.last = d, last
	h.Refresh()
}

// Tapped opens or closes the row.
func (h *CheckHead) Tapped(*fyne.PointEvent) { h.table.toggle(h.row) }

// FocusGained shows the ring, inside the edge.
func (h *CheckHead) FocusGained() {
	h.mark(&h.focused, true)
	reveal(h)
}

// FocusLost hides the ring.
func (h *CheckHead) FocusLost() { h.mark(&h.focused, false) }

// MouseIn shows that the pointer is over the row.
func (h *CheckHead) MouseIn(*desktop.MouseEvent) { h.mark(&h.hovered, true) }

// MouseMoved changes nothing.
func (h *CheckHead) MouseMoved(*desktop.MouseEvent) {}

// MouseOut shows that the pointer has left.
func (h *CheckHead) MouseOut() { h.mark(&h.hovered, false) }

// Cursor is a hand: pressing does something.
func (h *CheckHead) Cursor() desktop.Cursor { return desktop.PointerCursor }

func (h *CheckHead) mark(what *bool, on bool) {
	*what = on
	h.Refresh()
}

// TypedRune is not for rows.
func (h *CheckHead) TypedRune(rune) {}

// TypedKey opens and closes the row, and goes to others.
func (h *CheckHead) TypedKey(k *fyne.KeyEvent) {
	open := h.data.Detail != nil
	switch {
	case presses(k), k.Name == fyne.KeyRight && !open, (k.Name == fyne.KeyLeft || k.Name == fyne.KeyEscape) && open:
		h.table.toggle(h.row)
	case k.Name == fyne.KeyUp:
		h.table.focus(h.row - 1)
	case k.Name == fyne.KeyDown:
		h.table.focus(h.row + 1)
	case k.Name == fyne.KeyHome:
		h.table.focus(0)
	case k.Name == fyne.KeyEnd:
		h.table.focus(len(h.table.data.Rows) - 1)
	default:
		PassKey(h, k)
	}
}

// CreateRenderer draws the row.
func (h *CheckHead) CreateRenderer() fyne.WidgetRenderer {
	h.ExtendBaseWidget(h)
	if h.sheet != nil {
		return h.sheet.start()
	}
	h.sheet = &sheet{owner: h, paint: h.paint, lay: h.lay}
	h.sheet.least = func() fyne.Size { return fyne.NewSize(16*shrunk, checkRow) }
	return h.sheet.start()
}

func (h *CheckHead) paint() {
	open := h.data.Detail != nil
	h.surface.FillColor, h.surface.StrokeColor, h.surface.StrokeWidth = color.Transparent, color.Transparent, 0
	h.surface.BottomLeftCornerRadius, h.surface.BottomRightCornerRadius = 0, 0
	if h.last && !open {
		h.surface.BottomLeftCornerRadius, h.surface.BottomRightCornerRadius = cardRadius-1, cardRadius-1
	}
	switch {
	case open:
		h.surface.FillColor = ink(h, h.data.Shape.tint())
	case h.hovered:
		h.surface.FillColor = ink(h, theme.ColorNameHover)
	}
	if h.focused {
		h.surface.StrokeColor, h.surface.StrokeWidth = ink(h, theme.ColorNameFocus), ringWidth
	}
	icon, kind := look.IconNext, look.Body
	if open {
		icon, kind = look.IconDown, look.Strong
	}
	h.chevron.show(icon, ink(h, theme.ColorNamePlaceHolder))
	h.title.be(kind, h.data.Title, "")
	for len(h.cells) < len(h.data.Cells) {
		h.cells = append(h.cells, &checkCell{NewLight(LightInRow, NoShape), newLabel(look.Quiet, "–"), NewParagraph(look.Quiet, "")})
	}
	h.sheet.objects = append(h.sheet.objects[:0], h.surface, h.chevron.image, h.title)
	for i, d := range h.data.Cells {
		c := h.cells[i]
		c.light.SetShape(d.Shape)
		c.light.Hidden, c.dash.text.Hidden = d.Shape == NoShape, d.Shape != NoShape
		c.dash.paint(h)
		if d.Loud {
			c.text.be(look.Strong, d.Text, d.Shape.Color())
		} else {
			c.text.be(look.Quiet, d.Text, "")
		}
		h.sheet.objects = append(h.sheet.objects, c.light, c.dash.text, c.text)
	}
}

// be takes on kind, words and colour together.
func (p *Paragraph) be(kind look.Type, text string, name fyne.ThemeColorName) {
	if p.kind != kind || p.text != text || p.name != name {
		p.kind, p.text, p.name, p.stale = kind, text, name, true
		for _, l := range p.lines {
			l.kind = kind
		}
		p.Refresh()
	}
}

// rooms are how wide the words of the title and of each cell may be.
func (h *CheckHead) rooms(width float32) []float32 {
	if len(h.at) == 0 {
		return []float32{width - checkWords}
	}
	out := []float32{h.at[0] - checkWords - 12}
	for i := range h.data.Cells {
		if i+1 < len(h.at) {
			out = append(out, h.at[i+1]-h.at[i]-checkLight-12)
		}
	}
	return out
}

// height is how high the row has to be at a width.
func (h *CheckHead) height(width float32) float32 {
	rooms := h.rooms(width)
	high := fitted(h.title, rooms[0])
	for i := range h.data.Cells {
		if i+1 < len(rooms) {
			high = max(high, fitted(h.cells[i].text, rooms[i+1]))
		}
	}
	return max(checkRow, high+2*checkAbove)
}

func (h *CheckHead) lay(size fyne.Size) {
	put(h.surface, 0, 0, size.Width, size.Height)
	h.chevron.lay(12, middle(size.Height, 18), 18)
	rooms := h.rooms(size.Width)
	center := func(p *Paragraph, x, room float32) {
		high := fitted(p, room)
		put(p, x, middle(size.Height, high), room, high)
	}
	center(h.title, checkWords-1, rooms[0])
	for i := range h.data.Cells {
		if i+1 >= len(rooms) {
			break
		}
		c, x := h.cells[i], h.at[i]-1
		put(c.light, x-1, onLine(size.Height, LightInRow), LightInRow, LightInRow)
		c.dash.lay(x+4, middle(size.Height, c.dash.height()), LightInRow)
		center(c.text, x+checkLight, rooms[i+1])
	}
}
