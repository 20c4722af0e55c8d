package screen

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// troubleView is evidence beside what can be done, and below both how it came
// about.
type troubleView struct {
	box    *fyne.Container
	title  *widgets.Paragraph
	rows   *facts
	option *optionView
	track  *trackView
	copied string
}

func newTroubleView(t *i18n.Tongue, do func(presenter.Action)) *troubleView {
	v := &troubleView{title: widgets.NewParagraph(look.Heading, ""), rows: newFacts(196), option: newOptionView(do), track: newTrackView()}
	copyIt := widgets.NewButton(widgets.Plain, t.T("Copy"), func() { fyne.CurrentApp().Clipboard().SetContent(v.copied) }).WithIcon(look.IconCopy).Sized(widgets.ButtonInRow)
	evidence := widgets.NewCard(column(inside, line(inside, 0, v.title, copyIt), v.rows.box))
	v.box = column(gap, container.New(widgets.Columns(gap, 58, 42), evidence, v.option.card), v.track.card)
	return v
}

func (v *troubleView) show(s presenter.TroubleState) {
	v.copied = s.Copy
	v.title.SetText(s.Title)
	v.rows.show(s.Rows)
	v.option.show(s.Option)
	v.track.show(s.Track)
}

// optionPoints is how many points there can be.
const optionPoints = 6

// optionView is what can be done, and what it would do.
type optionView struct {
	card    *widgets.Card
	title   *widgets.Paragraph
	pill    *widgets.Pill
	points  *pointList
	buttons []*actionButton
	note    *widgets.Paragraph
}

// pointList is what something would do, point by point.
type pointList struct {
	box  *fyne.Container
	rows []*pointRow
}

func newPointList() *pointList {
	l := &pointList{box: container.New(widgets.Rows(8))}
	for range optionPoints {
		p := &pointRow{sign: newSign(look.IconArrow, accent, 18), text: widgets.NewParagraph(look.Body, "")}
		p.box = container.New(pointLayout{}, p.sign, p.text)
		l.rows = append(l.rows, p)
		l.box.Add(p.box)
	}
	return l
}

func (l *pointList) show(points []presenter.Point) {
	for i, p := range l.rows {
		show(p.box, i < len(points))
		if i < len(points) {
			p.text.SetText(points[i].Text)
			p.sign.set(signOf(points[i]))
		}
	}
}

type pointRow struct {
	box  *fyne.Container
	sign *sign
	text *widgets.Paragraph
}

func newOptionView(do func(presenter.Action)) *optionView {
	v := &optionView{
		title: widgets.NewParagraph(look.Heading, ""), pill: widgets.NewPill(widgets.PillData{}),
		buttons: newActionButtons(2, do), note: widgets.NewParagraph(look.Caption, ""),
	}
	v.points = newPointList()
	v.buttons[0].button.Sized(widgets.ButtonBig)
	v.buttons[1].button.Sized(widgets.ButtonInBar)
	v.card = widgets.NewCard(column(inside, line(inside, 0, v.title, v.pill), v.points.box, v.buttons[0].button, v.buttons[1].button, v.note))
	return v
}

func (v *optionView) show(o presenter.Option) {
	v.title.SetText(o.Title)
	show(v.pill, o.Light != presenter.NoLight)
	v.pill.Set(widgets.Status(ShapeOf(o.Light), o.Word))
	v.points.show(o.Points)
	showActions(v.buttons, o.Buttons)
	v.note.SetText(o.Note)
	show(v.note, o.Note != "")
}

func signOf(p presenter.Point) look.Icon {
	if p.Back {
		return look.IconBack
	}
	return look.IconArrow
}

// pointLayout puts a sign before the first line of the words.
type pointLayout struct{}

const (
	pointSign = 18
	pointLeft = 28
)

// Layout places sign and words.
func (pointLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Resize(fyne.NewSquareSize(pointSign))
	objects[0].Move(fyne.NewPos(0, 1))
	objects[1].Move(fyne.NewPos(pointLeft, 0))
	objects[1].Resize(fyne.NewSize(size.Width-pointLeft, size.Height))
}

// MinSize is the words', at the width they have.
func (pointLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	words := objects[1].MinSize()
	return fyne.NewSize(pointLeft+words.Width, max(words.Height, pointSign))
}

// trackView shows the last looks one by one, and what waited meanwhile.
type trackView struct {
	card  *widgets.Card
	title *widgets.Paragraph
	chart *widgets.TimeChart // with the mail that waited
	strip *widgets.TimeChart // without: nobody knows of any
}

func newTrackView() *trackView {
	v := &trackView{title: widgets.NewParagraph(look.Heading, ""), chart: widgets.NewTimeChart(170), strip: widgets.NewTimeChart(96)}
	v.card = widgets.NewCard(column(4, v.title, v.chart, v.strip))
	return v
}

// leastLooks is how many looks make a track.
const leastLooks = 3

func (v *trackView) show(t presenter.Track) {
	show(v.card, len(t.Looks) >= leastLooks)
	if len(t.Looks) < leastLooks {
		return
	}
	v.title.SetText(t.Title)
	x := func(at time.Time) float64 { return at.Sub(t.From).Seconds() }
	d := widgets.ChartData{To: max(x(t.To), 1)}
	for i, l := range t.Looks {
		d.Probes = append(d.Probes, widgets.Probe{At: x(l.At), Shape: ShapeOf(l.Light)})
		if i < len(t.Waiting) && t.Waiting[i] >= 0 {
			d.Points = append(d.Points, widgets.Point{X: x(l.At), Y: float64(t.Waiting[i])})
		}
	}
	d.YTicks = ticks(t.Most, len(t.Waiting) > 0)
	d.XTicks = []widgets.Tick{{At: 0, Label: t.From.Local().Format("15:04:05")}, {At: d.To, Label: t.To.Local().Format("15:04:05")}}
	if !t.Broke.IsZero() {
		d.Mark = &widgets.Tick{At: x(t.Broke), Label: t.BrokeSays}
	}
	chart, other := v.chart, v.strip
	if len(d.Points) == 0 {
		chart, other = other, chart
	}
	show(other, false)
	show(chart, true)
	chart.Set(d)
}
