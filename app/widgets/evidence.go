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

// Evidence is rows of light, label and value, with a line above each.
type Evidence struct {
	widget.BaseWidget
	high    float32
	column  float32
	compact bool // inside a box: smaller, without lines
	data    []EvidenceRow
	rows    []*evidenceRow
	sheet   *sheet
}

type evidenceRow struct {
	rule         *canvas.Rectangle
	light        *Light
	label, value *label
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
	e.sheet = &sheet{owner: e, paint: e.paint, lay: e.lay}
	e.sheet.least = func() fyne.Size {
		return fyne.NewSize(e.column+afterLight+4*shrunk, e.high*float32(len(e.data)))
	}
	return e.sheet.start()
}

// paint takes on rows and theme; rows are kept and used again.
func (e *Evidence) paint() {
	for len(e.rows) < len(e.data) {
		e.rows = append(e.rows, &evidenceRow{rule: rule(), light: NewLight(LightInRow, NoShape), label: newLabel(look.Body, ""), value: newLabel(look.Caption, "")})
	}
	e.sheet.objects = e.sheet.objects[:0]
	for i, d := range e.data {
		r := e.rows[i]
		r.rule.FillColor, r.rule.Hidden = ink(e, theme.ColorNameSeparator), e.compact
		r.light.SetShape(d.Shape)
		r.label.full, r.label.kind = d.Label, e.labelKind(d)
		r.value.full = d.Value
		if e.column > 0 {
			r.value.kind = look.Quiet
		}
		r.label.paint(e)
		r.value.paint(e)
		e.sheet.objects = append(e.sheet.objects, r.rule, r.light, r.label.text, r.value.text)
	}
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

// lay gives the label what it needs, up to the column or two thirds of the row, and
// the value the rest.
func (e *Evidence) lay(size fyne.Size) {
	for i := range e.data {
		r, y := e.rows[i], float32(i)*e.high
		put(r.rule, 0, y, size.Width, 1)
		put(r.light, -1, y+onLine(e.high, LightInRow), LightInRow, LightInRow)
		line := func(l *label) float32 { return y + middle(e.high, l.height()) }
		if e.column > 0 {
			r.label.lay(afterLight, line(r.label), e.column-afterLight-8)
			r.value.lay(e.column, line(r.value), size.Width-e.column)
			continue
		}
		room := size.Width - afterLight - 12
		label := r.label.width()
		if label+r.value.width() > room {
			label = min(label, max(room-r.value.width(), room*2/3))
		}
		r.label.lay(afterLight, line(r.label), label)
		r.value.right(size.Width, line(r.value), room-label)
	}
}
