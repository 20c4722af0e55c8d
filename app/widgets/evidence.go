package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// EvidenceRow is one thing looked at: how it stands, what it is, what was seen.
type EvidenceRow struct {
	Shape Shape
	Label string
	Value string
	Mono  bool // the label is a record, in the fixed-width face
}

// Room before the words of a row, for its light.
const afterLight = 26

// Evidence is rows of light, label and value, with a line above each. Where there is no
// room for both beside each other, the value stands below the label.
type Evidence struct {
	widget.BaseWidget
	high    float32
	column  float32
	compact bool // inside a box: smaller, without lines
	data    []EvidenceRow
	rows    []*evidenceRow
	tall    float32 // of all rows, as they were laid out last
	sheet   *sheet
}

type evidenceRow struct {
	rule         *canvas.Rectangle
	light        *Light
	label, value *Paragraph
}

// NewEvidence returns rows that are height pixels high (36 to 48). The value stands
// at the right-hand end, or, when column is more than 0, that far from the left.
func NewEvidence(height, column float32) *Evidence {
	e := &Evidence{high: height, column: column}
	e.ExtendBaseWidget(e)
	return e
}

// Set sets the rows.
func (e *Evidence) Set(rows []EvidenceRow) {
	if !slices.Equal(e.data, rows) {
		e.data = slices.Clone(rows)
		e.Refresh()
	}
}

// Rows is what is shown.
func (e *Evidence) Rows() []EvidenceRow { return slices.Clone(e.data) }

// CreateRenderer draws the rows.
func (e *Evidence) CreateRenderer() fyne.WidgetRenderer {
	e.ExtendBaseWidget(e)
	if e.sheet != nil {
		return e.sheet.start()
	}
	e.sheet = &sheet{owner: e, paint: e.paint}
	e.sheet.lay = func(size fyne.Size) { e.tall = e.lay(size.Width) }
	e.sheet.least = func() fyne.Size { return fyne.NewSize(e.column+afterLight+4*shrunk, e.tall) }
	return e.sheet.start()
}

// paint takes on rows and theme; rows are kept and used again.
func (e *Evidence) paint() {
	for len(e.rows) < len(e.data) {
		e.rows = append(e.rows, &evidenceRow{rule: rule(), light: NewLight(LightInRow, NoShape), label: NewParagraph(look.Body, ""), value: NewParagraph(look.Caption, "")})
	}
	e.sheet.objects = e.sheet.objects[:0]
	for i, d := range e.data {
		r := e.rows[i]
		r.rule.FillColor, r.rule.Hidden = ink(e, theme.ColorNameSeparator), e.compact
		r.light.SetShape(d.Shape)
		value := look.Caption
		if e.column > 0 {
			value = look.Quiet
		}
		r.label.be(e.labelKind(d), d.Label, "")
		r.value.be(value, d.Value, "")
		e.sheet.objects = append(e.sheet.objects, r.rule, r.light, r.label, r.value)
	}
	e.tall = e.lay(e.Size().Width)
}

func (e *Evidence) labelKind(d EvidenceRow) look.Type {
	switch {
	case d.Mono:
		return look.Record
	case e.compact:
		return look.Small
	case e.column > 0:
		return look.Strong
	default:
		return look.Body
	}
}

// evidenceAbove is the least room above and below the words of a row, in pixels at
// scale 1.
const evidenceAbove = 3

// lay places the rows, and returns how high they are together.
func (e *Evidence) lay(width float32) float32 {
	y := float32(0)
	for i := range e.data {
		high := e.layRow(e.rows[i], y, width)
		put(e.rows[i].rule, 0, y, width, 1)
		y += high
	}
	return y
}

// layRow places a row, and returns how high it is: the value beside the label where
// both have room, at the right-hand end or in its column, and else below it.
func (e *Evidence) layRow(r *evidenceRow, y, width float32) float32 {
	room := max(width-afterLight, leastColumn)
	label, value := r.label.asked(), r.value.asked()
	least := max(e.high, r.label.lineHeight()+2*evidenceAbove)
	put(r.light, -1, y+onLine(least, LightInRow), LightInRow, LightInRow)
	first := middle(least, r.label.lineHeight()) // above the first line
	switch {
	case e.column > 0:
		beside := e.column - afterLight - 8
		tall := max(fitted(r.label, beside), fitted(r.value, max(width-e.column, leastColumn)))
		put(r.label, afterLight, y+first, beside, r.label.MinSize().Height)
		put(r.value, e.column, y+first, max(width-e.column, leastColumn), r.value.MinSize().Height)
		return max(least, tall+2*first)
	case label+12+value <= room:
		put(r.label, afterLight, y+first, label, fitted(r.label, label))
		high := fitted(r.value, value)
		put(r.value, width-value, y+middle(least, high), value, high)
		return least
	default:
		above, below := fitted(r.label, room), fitted(r.value, room)
		if r.value.text == "" {
			below = 0
		}
		put(r.label, afterLight, y+first, room, above)
		put(r.value, afterLight, y+first+above, room, below)
		return max(least, above+below+2*first)
	}
}

// asked is how wide the text is on one line.
func (p *Paragraph) asked() float32 {
	return round(look.Measure(p.text, p.Theme().Size(p.kind.Size()), p.kind.Style()).Width + 0.99)
}
