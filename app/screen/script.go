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

// scriptView lists what happened and what is still to come, each in as many lines as
// it takes.
type scriptView struct {
	box  *fyne.Container
	rows []*scriptRow
	data []presenter.ScriptRow
}

type scriptRow struct {
	box        *fyne.Container
	light      *widgets.Light
	time       *widgets.Words
	text, bold *widgets.Paragraph
}

func newScriptView() *scriptView { return &scriptView{box: column(0)} }

func (v *scriptView) show(rows []presenter.ScriptRow) {
	if slices.Equal(v.data, rows) {
		return
	}
	v.data = slices.Clone(rows)
	for len(v.rows) < len(rows) {
		r := &scriptRow{
			light: widgets.NewLight(18, widgets.NoShape), time: widgets.NewWords(look.Quiet, ""),
			text: widgets.NewParagraph(look.Body, ""), bold: widgets.NewParagraph(look.Strong, ""),
		}
		r.box = container.New(scriptLayout{}, canvas.NewRectangle(theme.Color(theme.ColorNameSeparator)), r.light, r.time, column(0, r.text, r.bold))
		v.rows = append(v.rows, r)
		v.box.Add(r.box)
	}
	for i, r := range v.rows {
		show(r.box, i < len(rows))
		if i < len(rows) {
			r.show(rows[i])
		}
	}
	v.box.Refresh()
}

func (r *scriptRow) show(s presenter.ScriptRow) {
	shape := ShapeOf(s.Light)
	if s.Now {
		shape = widgets.Working
	}
	r.light.SetShape(shape)
	r.time.SetText(s.Time)
	ink := fyne.ThemeColorName("")
	if s.Ahead {
		ink = theme.ColorNamePlaceHolder
	}
	r.text.SetColor(ink)
	show(r.text, !s.Now)
	show(r.bold, s.Now)
	if s.Now {
		r.bold.SetText(s.Text)
	} else {
		r.text.SetText(s.Text)
	}
}

// scriptLayout is one row: a rule above, a light, a time and the words.
type scriptLayout struct{}

const (
	scriptRoom  = 10
	scriptTime  = 28
	scriptWords = 82
)

// Layout places rule, light, time and words.
func (scriptLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	rule, light, at, words := objects[0], objects[1], objects[2], objects[3]
	if r, ok := rule.(*canvas.Rectangle); ok {
		r.FillColor = theme.Color(theme.ColorNameSeparator)
	}
	rule.Resize(fyne.NewSize(size.Width, 1))
	high := at.MinSize().Height
	light.Resize(fyne.NewSquareSize(factLight))
	light.Move(fyne.NewPos(0, scriptRoom+(high-factLight)/2))
	at.Resize(fyne.NewSize(scriptWords-scriptTime, high))
	at.Move(fyne.NewPos(scriptTime, scriptRoom))
	fitTo(words, size.Width-scriptWords)
	words.Move(fyne.NewPos(scriptWords, scriptRoom))
}

// MinSize is as high as the words need.
func (scriptLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	words := objects[3].MinSize()
	return fyne.NewSize(scriptWords+words.Width, max(factLeast, words.Height+2*scriptRoom))
}
