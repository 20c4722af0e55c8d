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

// changeCard says what changes for mail that comes in and for mail that goes out: first
// in words, then in records.
type changeCard struct {
	card     *widgets.Card
	incoming *changeView
	outgoing *changeView
	note     *widgets.Paragraph
}

func newChangeCard(t *i18n.Tongue) *changeCard {
	c := &changeCard{incoming: newChangeView(t), outgoing: newChangeView(t), note: widgets.NewParagraph(look.Caption, "")}
	lock := container.New(pointLayout{}, newSign(look.IconLock, theme.ColorNamePlaceHolder, 18), c.note)
	c.card = widgets.NewCard(column(20, c.incoming.box, c.outgoing.box, lock))
	return c
}

func (c *changeCard) show(s presenter.SwitchState) {
	show(c.card, s.Incoming != nil || s.Outgoing != nil)
	c.incoming.show(s.Incoming)
	c.outgoing.show(s.Outgoing)
	c.note.SetText(s.Note)
}

// changeView is one of both.
type changeView struct {
	box           *fyne.Container
	title         *widgets.Words
	forWhom       *widgets.Paragraph
	before, after *sideBox
	records       *widgets.Diff
	more          *widgets.Words
}

func newChangeView(t *i18n.Tongue) *changeView {
	v := &changeView{
		title: widgets.NewWords(look.Heading, ""), forWhom: widgets.NewParagraph(look.Quiet, ""),
		before: newSideBox(t.T("Before"), false), after: newSideBox(t.T("After"), true), records: widgets.NewDiff(), more: widgets.NewWords(look.Caption, ""),
	}
	arrow := container.NewCenter(newSign(look.IconArrow, theme.ColorNamePlaceHolder, 20))
	sides := container.New(sidesLayout{}, v.before.box, arrow, v.after.box)
	v.box = column(10, line(10, 1, v.title, v.forWhom), sides, v.records, v.more)
	return v
}

// show shows the change; nil hides it.
func (v *changeView) show(c *presenter.ChangeState) {
	show(v.box, c != nil)
	if c == nil {
		return
	}
	v.title.SetText(c.Title)
	v.forWhom.SetText(c.For)
	v.before.name.SetText(c.Before)
	v.after.name.SetText(c.After)
	rows := make([]widgets.DiffRow, len(c.Records))
	for i, r := range c.Records {
		rows[i] = widgets.DiffRow{Comes: r.New, Text: r.Text}
	}
	v.records.Set(rows)
	v.more.SetText(c.More)
	show(v.more, c.More != "")
}

// sideBox is one side of a change.
type sideBox struct {
	box     *fyne.Container
	name    *widgets.Paragraph
	surface *canvas.Rectangle
	live    bool
}

func newSideBox(caption string, live bool) *sideBox {
	s := &sideBox{name: widgets.NewParagraph(look.Strong, ""), surface: canvas.NewRectangle(nil), live: live}
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
