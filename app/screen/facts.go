package screen

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// facts are rows of evidence whose words may take several lines: nothing of what a
// server said is cut off.
type facts struct {
	box    *fyne.Container
	column float32 // where the words begin; 0: below the label
	rows   []*factRow
	data   []presenter.Row
}

type factRow struct {
	rule  *ruled
	light *widgets.Light
	label *widgets.Paragraph
	words *widgets.Paragraph
	box   *fyne.Container
}

func newFacts(words float32) *facts {
	return &facts{box: container.New(widgets.Rows(0)), column: words}
}

// show sets the rows.
func (f *facts) show(rows []presenter.Row) {
	if slices.Equal(f.data, rows) {
		return
	}
	f.data = slices.Clone(rows)
	for len(f.rows) < len(rows) {
		r := &factRow{
			rule: newRuled(), light: widgets.NewLight(18, widgets.NoShape),
			label: widgets.NewParagraph(look.Strong, ""), words: widgets.NewParagraph(look.Quiet, ""),
		}
		r.box = container.New(&factLayout{column: f.column}, r.rule.line, r.light, r.label, r.words)
		f.rows = append(f.rows, r)
		f.box.Add(r.box)
	}
	for i, r := range f.rows {
		show(r.box, i < len(rows))
		if i < len(rows) {
			r.light.SetShape(ShapeOf(rows[i].Light))
			r.label.SetText(rows[i].Label)
			r.words.SetText(rows[i].Value)
			show(r.words, rows[i].Value != "")
		}
	}
	f.box.Refresh()
}

// ruled is a line of one pixel.
type ruled struct{ line *canvas.Rectangle }

func newRuled() *ruled {
	return &ruled{canvas.NewRectangle(theme.Color(theme.ColorNameSeparator))}
}

const (
	factLeast = 40 // the height of a row of one line
	factRoom  = 10 // above and below the words
	factLight = 18
	factLine  = 20.3 // the height of a line of the usual text
	factLeft  = 28
)

// factLayout is one row: a rule above, the light, the label, and the words beside or
// below it.
type factLayout struct{ column float32 }

// Layout places rule, light, label and words.
func (l *factLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rule, light, label, words := objects[0], objects[1], objects[2], objects[3]
	rule.Resize(fyne.NewSize(size.Width, 1))
	rule.Move(fyne.NewPos(0, 0))
	if r, ok := rule.(*canvas.Rectangle); ok {
		r.FillColor = theme.Color(theme.ColorNameSeparator)
	}
	light.Resize(fyne.NewSquareSize(factLight))
	first := look.Measure(" ", theme.Size(theme.SizeNameText), fyne.TextStyle{Bold: true}).Height
	light.Move(fyne.NewPos(0, factRoom+1+max((first-factLine)/2, 0)))
	x, labelWide := l.column, l.column-factLeft-8
	if l.column == 0 {
		x, labelWide = factLeft, size.Width-factLeft
	}
	fitTo(label, labelWide)
	label.Move(fyne.NewPos(factLeft, factRoom))
	fitTo(words, size.Width-x)
	y := float32(factRoom)
	if l.column == 0 {
		y += label.MinSize().Height + 2
	}
	words.Move(fyne.NewPos(x, y))
}

// fitTo gives a paragraph a width, and then the height that it needs at that width.
func fitTo(o fyne.CanvasObject, width float32) {
	o.Resize(fyne.NewSize(width, o.MinSize().Height))
	o.Resize(fyne.NewSize(width, o.MinSize().Height))
}

// MinSize is as high as the words need at the width they have.
func (l *factLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	label, words := objects[2].MinSize(), objects[3].MinSize()
	if !objects[3].Visible() {
		words.Height = 0
	}
	if l.column == 0 {
		if words.Height > 0 {
			words.Height += 2
		}
		return fyne.NewSize(factLeft+max(words.Width, label.Width), max(factLeast, 2*factRoom+label.Height+words.Height))
	}
	return fyne.NewSize(l.column+words.Width, max(factLeast, 2*factRoom+max(label.Height, words.Height)))
}
