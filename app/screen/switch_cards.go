package screen

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
	"lifeboat/failover"
)

// sameName reports whether two spellings are the same domain.
func sameName(a, b string) bool { return failover.FQDN(a) == failover.FQDN(b) }

// changeCard says what changes, first in words, then in records.
type changeCard struct {
	card          *widgets.Card
	forWhom       *widgets.Words
	before, after *sideBox
	records       *recordList
	more, note    *widgets.Words
}

func newChangeCard(t *i18n.Tongue) *changeCard {
	c := &changeCard{
		forWhom: widgets.NewWords(look.Quiet, "").Shrinking(), before: newSideBox(t.T("Before"), false), after: newSideBox(t.T("After"), true),
		records: newRecordList(), more: widgets.NewWords(look.Caption, ""), note: widgets.NewWords(look.Caption, "").Shrinking(),
	}
	head := line(inside, 1, widgets.NewWords(look.Heading, t.T("What changes")), c.forWhom)
	arrow := container.NewCenter(newSign(look.IconArrow, theme.ColorNamePlaceHolder, 20))
	sides := container.NewBorder(nil, nil, nil, nil, container.New(sidesLayout{}, c.before.box, arrow, c.after.box))
	lock := line(8, 1, newSign(look.IconLock, theme.ColorNamePlaceHolder, 18), c.note)
	c.card = widgets.NewCard(column(inside, head, sides, c.records.box, c.more, lock))
	return c
}

func (c *changeCard) show(s presenter.SwitchState) {
	c.forWhom.SetText(s.For)
	c.before.name.SetText(s.Before)
	c.after.name.SetText(s.After)
	c.records.show(s.Records)
	c.more.SetText(s.More)
	show(c.more, s.More != "")
	c.note.SetText(s.Note)
}

// sideBox is one side of a change.
type sideBox struct {
	box     *fyne.Container
	name    *widgets.Words
	surface *canvas.Rectangle
	live    bool
}

func newSideBox(caption string, live bool) *sideBox {
	s := &sideBox{name: widgets.NewWords(look.Strong, "").Shrinking(), surface: canvas.NewRectangle(nil), live: live}
	s.surface.CornerRadius, s.surface.StrokeWidth = 8, 1
	words := container.New(padded(10, 14), column(0, widgets.NewWords(look.Caption, caption), s.name))
	s.box = container.New(&tinted{s.surface, live}, s.surface, words)
	return s
}

// tinted fills a surface behind what is on it, in the theme's colours.
type tinted struct {
	surface *canvas.Rectangle
	live    bool
}

// Layout fills both.
func (l *tinted) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	fill, stroke := theme.ColorNameHeaderBackground, theme.ColorNameSeparator
	if l.live {
		fill, stroke = theme.ColorNameSelection, theme.ColorNameFocus
	}
	l.surface.FillColor, l.surface.StrokeColor = theme.Color(fill), theme.Color(stroke)
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

// MinSize is that of what is on it.
func (l *tinted) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[1].MinSize() }

// padded keeps room around what is inside.
func padded(vertical, horizontal float32) fyne.Layout {
	return paddedLayout{vertical, horizontal}
}

type paddedLayout struct{ y, x float32 }

// Layout places the objects inside the room.
func (l paddedLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(l.x, l.y))
		o.Resize(fyne.NewSize(size.Width-2*l.x, size.Height-2*l.y))
	}
}

// MinSize is the largest, and the room around it.
func (l paddedLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var most fyne.Size
	for _, o := range objects {
		most = most.Max(o.MinSize())
	}
	return most.AddWidthHeight(2*l.x, 2*l.y)
}

// sidesLayout is two boxes of one width with an arrow between them.
type sidesLayout struct{}

const arrowWide = 44

// Layout places before, arrow and after.
func (sidesLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	wide := (size.Width - arrowWide) / 2
	for i, x := range []float32{0, wide, wide + arrowWide} {
		objects[i].Move(fyne.NewPos(x, 0))
		objects[i].Resize(fyne.NewSize(wide, size.Height))
	}
	objects[1].Resize(fyne.NewSize(arrowWide, size.Height))
}

// MinSize is that of both boxes.
func (sidesLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[2].MinSize()
	return fyne.NewSize(2*max(a.Width, b.Width)+arrowWide, max(a.Height, b.Height))
}

// recordList shows records: those that go with a minus, those that come tinted with
// a plus.
type recordList struct {
	box  *fyne.Container
	rows []*recordRow
	data []presenter.RecordRow
}

type recordRow struct {
	box     *fyne.Container
	surface *canvas.Rectangle
	tint    *tintedRow
	sign    *widgets.Words
	text    *widgets.Words
}

func newRecordList() *recordList { return &recordList{box: container.New(widgets.Rows(0))} }

func (l *recordList) show(rows []presenter.RecordRow) {
	if slices.Equal(l.data, rows) {
		return
	}
	l.data = slices.Clone(rows)
	for len(l.rows) < len(rows) {
		r := &recordRow{surface: canvas.NewRectangle(nil), sign: widgets.NewWords(look.Record, ""), text: widgets.NewWords(look.Record, "").Shrinking()}
		r.tint = &tintedRow{surface: r.surface}
		r.box = container.New(r.tint, r.surface, container.New(padded(4, 14), line(inside, 1, r.sign, r.text)))
		l.rows = append(l.rows, r)
		l.box.Add(r.box)
	}
	for i, r := range l.rows {
		show(r.box, i < len(rows))
		if i >= len(rows) {
			continue
		}
		r.tint.live = rows[i].New
		mark, ink := "−", theme.ColorNamePlaceHolder
		if rows[i].New {
			mark, ink = "+", theme.ColorNameForeground
		}
		r.sign.SetText(mark)
		r.text.SetText(rows[i].Text)
		r.text.SetColor(ink)
		r.box.Refresh()
	}
	l.box.Refresh()
}

// tintedRow is tinted for a row whose tint follows its state.
type tintedRow struct {
	surface *canvas.Rectangle
	live    bool
}

// Layout fills both.
func (l *tintedRow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	fill := theme.ColorNameHeaderBackground
	if l.live {
		fill = theme.ColorNameSelection
	}
	l.surface.FillColor = theme.Color(fill)
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
}

// MinSize is that of what is on it.
func (l *tintedRow) MinSize(objects []fyne.CanvasObject) fyne.Size { return objects[1].MinSize() }

// guideCard is what a person has to do at the DNS host's web page.
type guideCard struct {
	card  *widgets.Card
	title *widgets.Words
	list  *fyne.Container
	data  presenter.GuideState
	enter string
	away  string
}

func newGuideCard(t *i18n.Tongue) *guideCard {
	c := &guideCard{title: widgets.NewWords(look.Heading, ""), list: container.New(widgets.Rows(8)), enter: t.T("Enter"), away: t.T("Remove")}
	c.card = widgets.NewCard(column(inside, c.title, c.list))
	return c
}

func (c *guideCard) show(g presenter.GuideState) {
	if sameGuide(c.data, g) {
		return
	}
	c.data = g
	c.title.SetText(g.Title)
	c.list.RemoveAll()
	for _, s := range g.Steps {
		c.list.Add(container.New(pointLayout{}, newSign(look.IconArrow, accent, 18), widgets.NewParagraph(look.Body, s)))
	}
	for _, part := range []struct {
		title string
		forms []presenter.Form
	}{{c.enter, g.Add}, {c.away, g.Away}} {
		for _, f := range part.forms {
			c.list.Add(widgets.NewWords(look.Strong, part.title))
			for _, x := range f.Fields {
				c.list.Add(fieldRow(x))
			}
		}
	}
	c.list.Refresh()
}

// fieldRow is one box of a form, with what to type ready to be copied.
func fieldRow(f presenter.Field) fyne.CanvasObject {
	value := widget.NewLabel(f.Value)
	value.Selectable, value.TextStyle.Monospace = true, true
	copyIt := widgets.NewButton(widgets.Plain, "", func() { fyne.CurrentApp().Clipboard().SetContent(f.Value) }).WithIcon(look.IconCopy).Sized(widgets.ButtonInRow)
	return line(8, 1, widgets.NewWords(look.Quiet, f.Label), value, copyIt)
}

func sameGuide(a, b presenter.GuideState) bool {
	same := func(x, y presenter.Form) bool { return slices.Equal(x.Fields, y.Fields) }
	return a.Title == b.Title && slices.Equal(a.Steps, b.Steps) && slices.EqualFunc(a.Add, b.Add, same) && slices.EqualFunc(a.Away, b.Away, same)
}

// refusedCard is what stands in the way, with what mends it, and where a reason for
// going on all the same is typed.
type refusedCard struct {
	card   *widgets.Card
	rows   *facts
	reason *widget.Entry
}

func newRefusedCard(t *i18n.Tongue) *refusedCard {
	c := &refusedCard{rows: newFacts(0), reason: widget.NewEntry()}
	c.reason.SetPlaceHolder(t.T("Your reason for going on all the same"))
	c.card = widgets.NewCard(column(inside, c.rows.box, c.reason))
	return c
}

func (c *refusedCard) show(list []presenter.Refusal) {
	rows := make([]presenter.Row, len(list))
	for i, r := range list {
		rows[i] = r.Row
		rows[i].Value = r.Remedy
	}
	c.rows.show(rows)
}

// countRing is a ring that runs empty.
type countRing struct {
	widget.BaseWidget
	side float32
	part float64
	back *canvas.Arc
	arc  *canvas.Arc
}

func newCountRing(side float32) *countRing {
	r := &countRing{side: side, back: canvas.NewArc(0, 360, 0.86, nil), arc: canvas.NewArc(0, 360, 0.86, nil)}
	r.ExtendBaseWidget(r)
	return r
}

func (r *countRing) set(part float64) {
	if r.part != part {
		r.part = part
		r.Refresh()
	}
}

// CreateRenderer draws the ring.
func (r *countRing) CreateRenderer() fyne.WidgetRenderer {
	r.paint()
	return &ringRenderer{WidgetRenderer: widget.NewSimpleRenderer(container.NewStack(r.back, r.arc)), ring: r}
}

func (r *countRing) paint() {
	v := fyne.CurrentApp().Settings().ThemeVariant()
	r.back.FillColor = r.Theme().Color(theme.ColorNameSeparator, v)
	r.arc.FillColor = r.Theme().Color(theme.ColorNameFocus, v)
	r.back.EndAngle, r.arc.EndAngle = 360, float32(360*r.part)
	r.arc.Hidden = r.part <= 0
}

// MinSize is the ring's own.
func (r *countRing) MinSize() fyne.Size { return fyne.NewSquareSize(r.side) }

type ringRenderer struct {
	fyne.WidgetRenderer
	ring *countRing
}

// Refresh takes on what is left, and the theme.
func (r *ringRenderer) Refresh() {
	r.ring.paint()
	r.ring.back.Refresh()
	r.ring.arc.Refresh()
}
