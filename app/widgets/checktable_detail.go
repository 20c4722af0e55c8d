package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// checkDetail is what an open row shows. Its parts are kept, so that a button keeps
// the focus while the words around it change.
type checkDetail struct {
	box     *fyne.Container
	left    *fyne.Container
	answers []*checkAnswer
	title   *Paragraph
	copyIt  *Button
	advice  []*Paragraph
	texts   *fyne.Container
	button  *Button
	beside  *Paragraph
	table   *CheckTable
	copied  string
}

// checkAnswer is what came back from one side.
type checkAnswer struct {
	box    *fyne.Container
	title  *Paragraph
	copyIt *Button
	says   []*Paragraph
	texts  *fyne.Container
	lines  *Exact
	more   *Paragraph
	note   *Paragraph
	copied string
}

func newCheckDetail(t *CheckTable, row int) *checkDetail {
	d := &checkDetail{
		table: t, left: container.New(Rows(16)), title: NewParagraph(look.Strong, ""), texts: container.New(Rows(8)),
		beside: NewParagraph(look.Caption, ""),
	}
	d.copyIt = NewButton(Plain, "", func() { t.copyOut(d.copied) }).WithIcon(look.IconCopy).Sized(ButtonInRow)
	d.button = NewButton(Outlined, "", func() { t.act(row) }).WithIcon(look.IconRefresh).Sized(ButtonInRow)
	right := container.New(
		Rows(6), container.New(LineUp(8, 0), d.title, d.copyIt), d.texts, Space(4),
		container.New(LineUp(10, 1), d.button, d.beside),
	)
	d.box = container.New(Columns(24, 58, 42), d.left, right)
	return d
}

// show takes on what is to be shown.
func (d *checkDetail) show(c CheckDetail, copyWord string) {
	for len(d.answers) < len(c.Answers) {
		a := newCheckAnswer(d.table)
		d.answers = append(d.answers, a)
		d.left.Add(a.box)
	}
	for i, a := range d.answers {
		a.box.Hidden = i >= len(c.Answers)
		if i < len(c.Answers) {
			a.show(c.Answers[i], copyWord)
		}
	}
	d.title.SetText(c.Title)
	d.copied = c.Copy
	d.copyIt.SetText(copyWord)
	d.copyIt.Hidden = c.Copy == ""
	d.advice = setParagraphs(d.texts, d.advice, c.Advice, look.Body)
	d.button.SetText(c.Button)
	d.button.turn(c.Off)
	d.beside.SetText(c.Beside)
	d.box.Refresh() // what is hidden gives its room away
}

func newCheckAnswer(t *CheckTable) *checkAnswer {
	a := &checkAnswer{
		title: NewParagraph(look.Strong, ""), texts: container.New(Rows(4)), lines: NewExact(),
		more: NewParagraph(look.Caption, ""), note: NewParagraph(look.Caption, ""),
	}
	a.copyIt = NewButton(Plain, "", func() { t.copyOut(a.copied) }).WithIcon(look.IconCopy).Sized(ButtonInRow)
	a.box = container.New(Rows(6), container.New(LineUp(8, 0), a.title, a.copyIt), a.texts, a.lines, a.more, a.note)
	return a
}

func (a *checkAnswer) show(d CheckAnswer, copyWord string) {
	a.title.SetText(d.Title)
	a.copied = d.Copy
	a.copyIt.SetText(copyWord)
	a.copyIt.Hidden = d.Copy == ""
	a.says = setParagraphs(a.texts, a.says, d.Says, look.Body)
	a.lines.Set(d.Lines)
	a.lines.Hidden = len(d.Lines) == 0
	a.more.SetText(d.More)
	a.more.Hidden = d.More == ""
	a.note.SetText(d.Note)
	a.note.Hidden = d.Note == ""
}

// setParagraphs shows texts below each other; paragraphs are kept and used again.
func setParagraphs(in *fyne.Container, have []*Paragraph, texts []string, kind look.Type) []*Paragraph {
	for len(have) < len(texts) {
		p := NewParagraph(kind, "")
		have = append(have, p)
		in.Add(p)
	}
	for i, p := range have {
		p.Hidden = i >= len(texts)
		if i < len(texts) {
			p.SetText(texts[i])
		}
	}
	in.Hidden = len(texts) == 0
	return have
}

// Exact shows lines as a server sent them, in the fixed-width face, on a surface of
// their own. A line that is too long goes on in the next.
type Exact struct {
	widget.BaseWidget
	data    []string
	lines   []*Paragraph
	surface *canvas.Rectangle
	high    float32
	sheet   *sheet
}

// Room around and between the lines of [Exact], in pixels at scale 1.
const (
	exactEdge = 12
	exactTop  = 8
	exactRow  = 20
)

// NewExact returns it without lines.
func NewExact() *Exact {
	e := &Exact{surface: box(controlRadius)}
	e.ExtendBaseWidget(e)
	return e
}

// Set sets the lines.
func (e *Exact) Set(lines []string) {
	if !slices.Equal(e.data, lines) {
		e.data = slices.Clone(lines)
		e.Refresh()
	}
}

// Lines is what is shown.
func (e *Exact) Lines() []string { return slices.Clone(e.data) }

// CreateRenderer draws the lines.
func (e *Exact) CreateRenderer() fyne.WidgetRenderer {
	e.ExtendBaseWidget(e)
	if e.sheet != nil {
		return e.sheet.start()
	}
	e.sheet = &sheet{owner: e, paint: e.paint}
	e.sheet.lay = func(size fyne.Size) { e.high = e.lay(size.Width) }
	e.sheet.least = func() fyne.Size { return fyne.NewSize(4*shrunk, e.high) }
	return e.sheet.start()
}

func (e *Exact) paint() {
	e.surface.FillColor, e.surface.StrokeColor, e.surface.StrokeWidth = ink(e, theme.ColorNameHeaderBackground), ink(e, theme.ColorNameSeparator), 1
	for len(e.lines) < len(e.data) {
		e.lines = append(e.lines, NewParagraph(look.Record, ""))
	}
	e.sheet.objects = append(e.sheet.objects[:0], e.surface)
	for i, text := range e.data {
		e.lines[i].SetText(text)
		e.sheet.objects = append(e.sheet.objects, e.lines[i])
	}
	e.high = e.lay(e.Size().Width)
}

func (e *Exact) lay(width float32) float32 {
	y := float32(exactTop)
	room := max(width-2*exactEdge, leastColumn)
	for i := range e.data {
		high := fitted(e.lines[i], room)
		row := max(exactRow, high)
		put(e.lines[i], exactEdge, y+middle(row, high), room, high)
		y += row
	}
	y += exactTop
	put(e.surface, 0, 0, width, y)
	return y
}
