package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// DiffRow is a line that goes, or one that comes.
type DiffRow struct {
	Comes bool
	Text  string
}

// What a diff is made of, in pixels at scale 1.
const (
	diffRow   = 28
	diffSign  = 14 // where the sign begins
	diffWords = 32 // and where the words do
	diffAbove = 4  // above and below the words
)

// Diff shows lines that go, with a minus, and lines that come, with a plus and a tint.
// The sign alone says which is which.
type Diff struct {
	widget.BaseWidget
	data  []DiffRow
	rows  []*diffLine
	edge  *canvas.Rectangle
	high  float32
	sheet *sheet
}

type diffLine struct {
	surface *canvas.Rectangle
	sign    *label
	text    *Paragraph
}

// NewDiff returns an empty diff.
func NewDiff() *Diff {
	d := &Diff{edge: box(controlRadius)}
	d.ExtendBaseWidget(d)
	return d
}

// Set sets the lines.
func (d *Diff) Set(rows []DiffRow) {
	if !slices.Equal(d.data, rows) {
		d.data = slices.Clone(rows)
		d.Refresh()
	}
}

// Data is what is shown.
func (d *Diff) Data() []DiffRow { return slices.Clone(d.data) }

// CreateRenderer draws the lines.
func (d *Diff) CreateRenderer() fyne.WidgetRenderer {
	d.ExtendBaseWidget(d)
	if d.sheet != nil {
		return d.sheet.start()
	}
	d.sheet = &sheet{owner: d, paint: d.paint}
	d.sheet.lay = func(size fyne.Size) { d.high = d.lay(size.Width) }
	d.sheet.least = func() fyne.Size { return fyne.NewSize(6*shrunk, d.high) }
	return d.sheet.start()
}

// paint takes on lines and theme; lines are kept and used again.
func (d *Diff) paint() {
	for len(d.rows) < len(d.data) {
		d.rows = append(d.rows, &diffLine{box(0), newLabel(look.Record, ""), NewParagraph(look.Record, "")})
	}
	d.sheet.objects = d.sheet.objects[:0]
	for i, row := range d.data {
		r := d.rows[i]
		fill, ink2, sign := theme.ColorNameHeaderBackground, theme.ColorNamePlaceHolder, "−"
		if row.Comes {
			fill, ink2, sign = theme.ColorNameSelection, theme.ColorNameForeground, "+"
		}
		r.surface.FillColor = ink(d, fill)
		top, foot := float32(0), float32(0)
		if i == 0 {
			top = controlRadius
		}
		if i == len(d.data)-1 {
			foot = controlRadius
		}
		r.surface.TopLeftCornerRadius, r.surface.TopRightCornerRadius = top, top
		r.surface.BottomLeftCornerRadius, r.surface.BottomRightCornerRadius = foot, foot
		r.sign.full, r.sign.name = sign, ink2
		r.sign.paint(d)
		r.text.be(look.Record, row.Text, ink2)
		d.sheet.objects = append(d.sheet.objects, r.surface, r.sign.text, r.text)
	}
	d.edge.StrokeColor, d.edge.StrokeWidth = ink(d, theme.ColorNameSeparator), 1
	d.edge.Hidden = len(d.data) == 0
	d.sheet.objects = append(d.sheet.objects, d.edge)
	d.high = d.lay(d.Size().Width)
}

// lay places the lines and returns how high they are together.
func (d *Diff) lay(width float32) float32 {
	y := float32(0)
	room := max(width-diffWords-diffSign, leastColumn)
	for i := range d.data {
		r := d.rows[i]
		tall := fitted(r.text, room)
		high := max(diffRow, tall+2*diffAbove)
		put(r.surface, 0, y, width, high)
		r.sign.lay(diffSign, y+middle(min(high, max(diffRow, r.sign.height()+2*diffAbove)), r.sign.height()), diffWords-diffSign)
		put(r.text, diffWords, y+middle(high, tall), room, tall)
		y += high
	}
	put(d.edge, 0, 0, width, y)
	return y
}
