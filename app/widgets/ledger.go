package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// Figure is a number under its label, with a light beside it where it has one.
type Figure struct {
	Label string
	Value string
	Shape Shape
}

// LedgerData adds up: Total = Parts[0] + Parts[1] + … | Checks.
type LedgerData struct {
	Total  Figure
	Parts  []Figure
	Checks []Figure
}

func (d LedgerData) equal(o LedgerData) bool {
	return d.Total == o.Total && slices.Equal(d.Parts, o.Parts) && slices.Equal(d.Checks, o.Checks)
}

// figures lists all figures, from the left.
func (d LedgerData) figures() []Figure {
	return append(append([]Figure{d.Total}, d.Parts...), d.Checks...)
}

// What a ledger is made of, in pixels at scale 1.
const (
	ledgerHeight = 60
	ledgerValue  = 20 // where the numbers begin
	ledgerGap    = 24 // at least, with the sign in its middle
	ledgerLight  = 22
)

// Ledger shows that everything sent is accounted for: a sum, written as one.
type Ledger struct {
	widget.BaseWidget
	data    LedgerData
	figures []*figureView
	signs   []*label
	rule    *canvas.Rectangle
	sheet   *sheet
}

type figureView struct {
	label, value *label
	light        *Light
}

// width is what the figure needs.
func (f *figureView) width() float32 {
	value := f.value.width()
	if f.light.shape != NoShape {
		value += 8 + ledgerLight
	}
	return max(f.label.width(), value)
}

// NewLedger returns the ledger.
func NewLedger() *Ledger {
	l := &Ledger{rule: rule()}
	l.ExtendBaseWidget(l)
	return l
}

// Set sets the figures.
func (l *Ledger) Set(d LedgerData) {
	if !l.data.equal(d) {
		d.Parts, d.Checks = slices.Clone(d.Parts), slices.Clone(d.Checks)
		l.data = d
		l.Refresh()
	}
}

// Data is what is shown.
func (l *Ledger) Data() LedgerData { return l.data }

// CreateRenderer draws the sum.
func (l *Ledger) CreateRenderer() fyne.WidgetRenderer {
	l.ExtendBaseWidget(l)
	l.sheet = &sheet{owner: l, paint: l.paint, lay: l.lay}
	l.sheet.least = func() fyne.Size {
		return fyne.NewSize(l.used()+ledgerGap*float32(len(l.data.figures())-1), ledgerHeight)
	}
	return l.sheet.start()
}

// used is how wide the figures are, without the gaps.
func (l *Ledger) used() float32 {
	all := float32(0)
	for i := range l.data.figures() {
		all += l.figures[i].width()
	}
	return all
}

func (l *Ledger) paint() {
	figures := l.data.figures()
	for len(l.figures) < len(figures) {
		l.figures = append(l.figures, &figureView{newLabel(look.Caption, ""), newLabel(look.State, ""), NewLight(ledgerLight, NoShape)})
	}
	for len(l.signs) < len(l.data.Parts) {
		l.signs = append(l.signs, newLabel(look.Sign, "+"))
	}
	l.sheet.objects = l.sheet.objects[:0]
	for i, d := range figures {
		f := l.figures[i]
		f.label.full, f.value.full = d.Label, d.Value
		f.label.paint(l)
		f.value.paint(l)
		f.light.SetShape(d.Shape)
		f.light.Hidden = d.Shape == NoShape
		l.sheet.objects = append(l.sheet.objects, f.label.text, f.value.text, f.light)
	}
	for i := range l.data.Parts {
		if i == 0 {
			l.signs[i].full = "="
		}
		l.signs[i].paint(l)
		l.sheet.objects = append(l.sheet.objects, l.signs[i].text)
	}
	l.rule.FillColor, l.rule.Hidden = ink(l, theme.ColorNameSeparator), len(l.data.Checks) == 0
	l.sheet.objects = append(l.sheet.objects, l.rule)
}

// lay spreads the figures over the width, each sign in the middle of its gap.
func (l *Ledger) lay(size fyne.Size) {
	n := len(l.data.figures())
	gap := max((size.Width-l.used())/float32(max(n-1, 1)), 4)
	top := max(middle(size.Height, ledgerHeight), 0)
	x := float32(0)
	for i := range n {
		f := l.figures[i]
		width := f.width()
		f.label.lay(round(x), top, width)
		f.value.lay(round(x), top+ledgerValue, f.value.width())
		line := top + ledgerValue + middle(f.value.height(), ledgerLight) + 1
		put(f.light, round(x+f.value.width()+8), line, ledgerLight, ledgerLight)
		x += width
		switch {
		case i < len(l.data.Parts):
			sign := l.signs[i]
			sign.centre(round(x), top+ledgerValue+middle(f.value.height(), sign.height()), gap)
		case i == len(l.data.Parts):
			put(l.rule, round(x+gap/2), top, 1, ledgerHeight)
		}
		x += gap
	}
}
