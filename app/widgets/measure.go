package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Measure is a row of the table of measured times.
type Measure struct {
	Label string
	Shape Shape
	This  string
	Goal  string
	Last  string
}

// Where the columns of the table begin, as parts of its width, and its rows' height
// in pixels at scale 1.
const (
	columnThis = 0.31
	columnGoal = 0.585
	columnLast = 0.79
	measureRow = 29
)

// MeasureTable holds measured times against goals and the last time.
type MeasureTable struct {
	widget.BaseWidget
	heads [3]*label
	data  []Measure
	rows  []*measureView
	sheet *sheet
}

type measureView struct {
	rule                   *canvas.Rectangle
	light                  *Light
	name, this, goal, last *label
}

// NewMeasureTable returns the table; this, goal and last head its columns.
func NewMeasureTable(this, goal, last string) *MeasureTable {
	m := &MeasureTable{heads: [3]*label{newLabel(look.Caption, this), newLabel(look.Caption, goal), newLabel(look.Caption, last)}}
	m.ExtendBaseWidget(m)
	return m
}

// Set sets the rows.
func (m *MeasureTable) Set(rows []Measure) {
	if !slices.Equal(m.data, rows) {
		m.data = slices.Clone(rows)
		m.Refresh()
	}
}

// Rows is what is shown.
func (m *MeasureTable) Rows() []Measure { return slices.Clone(m.data) }

// CreateRenderer draws the table.
func (m *MeasureTable) CreateRenderer() fyne.WidgetRenderer {
	m.ExtendBaseWidget(m)
	m.sheet = &sheet{owner: m, paint: m.paint, lay: m.lay}
	m.sheet.least = func() fyne.Size { return fyne.NewSize(12*shrunk, measureRow*float32(len(m.data)+1)) }
	return m.sheet.start()
}

func (m *MeasureTable) paint() {
	for len(m.rows) < len(m.data) {
		m.rows = append(m.rows, &measureView{
			rule: rule(), light: NewLight(LightInRow, NoShape), name: newLabel(look.Body, ""),
			this: newLabel(look.Strong, ""), goal: newLabel(look.Quiet, ""), last: newLabel(look.Quiet, ""),
		})
	}
	m.sheet.objects = m.sheet.objects[:0]
	for _, h := range m.heads {
		h.paint(m)
		m.sheet.objects = append(m.sheet.objects, h.text)
	}
	for i, d := range m.data {
		r := m.rows[i]
		r.rule.FillColor = ink(m, theme.ColorNameSeparator)
		r.light.SetShape(d.Shape)
		r.name.full, r.this.full, r.goal.full, r.last.full = d.Label, d.This, d.Goal, d.Last
		m.sheet.objects = append(m.sheet.objects, r.rule, r.light)
		for _, l := range []*label{r.name, r.this, r.goal, r.last} {
			l.paint(m)
			m.sheet.objects = append(m.sheet.objects, l.text)
		}
	}
}

func (m *MeasureTable) lay(size fyne.Size) {
	this, goal, last := round(size.Width*columnThis), round(size.Width*columnGoal), round(size.Width*columnLast)
	line := func(l *label, i int, from, to float32) {
		l.lay(from, float32(i)*measureRow+middle(measureRow, l.height()), to-from)
	}
	line(m.heads[0], 0, this, goal)
	line(m.heads[1], 0, goal, last)
	line(m.heads[2], 0, last, size.Width)
	for i := range m.data {
		r, row := m.rows[i], i+1
		y := float32(row) * measureRow
		put(r.rule, 0, y-1, size.Width, 1)
		put(r.light, this-1, y+onLine(measureRow, LightInRow), LightInRow, LightInRow)
		line(r.name, row, 0, this-8)
		line(r.this, row, this+24, goal-8)
		line(r.goal, row, goal, last-8)
		line(r.last, row, last, size.Width)
	}
}
