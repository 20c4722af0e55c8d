package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Inject is an event of a drill's script.
type Inject struct {
	Shape Shape
	Time  string
	Text  string
	Now   bool // the one that is under way
}

// What a row of injects is made of, in pixels at scale 1.
const (
	injectRow  = 42
	injectText = 74 // room before the words
)

// Injects lists the events of a drill's script: those that came, the one under way,
// and those to come in a paler ink.
type Injects struct {
	widget.BaseWidget
	data  []Inject
	rows  []*injectRowView
	sheet *sheet
}

type injectRowView struct {
	rule       *canvas.Rectangle
	light      *Light
	time, text *label
}

// NewInjects returns the list.
func NewInjects() *Injects {
	i := &Injects{}
	i.ExtendBaseWidget(i)
	return i
}

// Set sets the rows.
func (i *Injects) Set(rows []Inject) {
	if !slices.Equal(i.data, rows) {
		i.data = slices.Clone(rows)
		i.Refresh()
	}
}

// Rows is what is shown.
func (i *Injects) Rows() []Inject { return slices.Clone(i.data) }

// CreateRenderer draws the rows.
func (i *Injects) CreateRenderer() fyne.WidgetRenderer {
	i.ExtendBaseWidget(i)
	i.sheet = &sheet{owner: i, paint: i.paint, lay: i.lay}
	i.sheet.least = func() fyne.Size {
		return fyne.NewSize(injectText+4*shrunk, injectRow*float32(len(i.data)))
	}
	return i.sheet.start()
}

func (i *Injects) paint() {
	for len(i.rows) < len(i.data) {
		i.rows = append(i.rows, &injectRowView{rule: rule(), light: NewLight(LightInRow, NoShape), time: newLabel(look.Caption, ""), text: newLabel(look.Body, "")})
	}
	i.sheet.objects = i.sheet.objects[:0]
	for at, d := range i.data {
		r := i.rows[at]
		r.rule.FillColor = ink(i, theme.ColorNameSeparator)
		r.light.SetShape(d.Shape)
		r.time.full, r.text.full = d.Time, d.Text
		switch {
		case d.Now:
			r.text.kind = look.Strong
		case d.Shape == Waiting || d.Shape == NoShape:
			r.text.kind = look.Quiet
		default:
			r.text.kind = look.Body
		}
		r.time.paint(i)
		r.text.paint(i)
		i.sheet.objects = append(i.sheet.objects, r.rule, r.light, r.time.text, r.text.text)
	}
}

func (i *Injects) lay(size fyne.Size) {
	for at := range i.data {
		r, y := i.rows[at], float32(at)*injectRow
		put(r.rule, 0, y, size.Width, 1)
		put(r.light, -1, y+onLine(injectRow, LightInRow), LightInRow, LightInRow)
		r.time.lay(afterLight, y+middle(injectRow, r.time.height()), injectText-afterLight-6)
		r.text.lay(injectText, y+middle(injectRow, r.text.height()), size.Width-injectText)
	}
}
