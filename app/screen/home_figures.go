package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// sparkHigh is how high the small charts are, in pixels at scale 1.
const sparkHigh = 36

// showFigures shows the mirror, the send queue and the last drill, as far as there is
// anything to say of them.
func (h *Home) showFigures(s presenter.HomeState) {
	var drill *presenter.FigureCard
	if d := s.Drill; d != nil {
		drill = &presenter.FigureCard{Caption: h.lastDrill, Title: d.Title, Line: d.Line}
		if len(d.Values) > 1 {
			drill.Values, drill.Span, drill.Most = d.Values, h.lastDrills, d.From+" → "+d.To
		}
	}
	h.mirror.show(s.Mirror)
	h.queue.show(s.Queue)
	h.drill.show(drill)
	show(h.figures, s.Mirror != nil || s.Queue != nil || drill != nil)
}

// figureCard tells how something stands, and how it went lately.
type figureCard struct {
	card    *widgets.Card
	caption *widgets.Paragraph
	light   *widgets.Light
	title   *widgets.Paragraph
	line    *widgets.Paragraph
	spark   *widgets.Spark
	span    *widgets.Words
	most    *widgets.Words
	foot    *fyne.Container
}

func newFigureCard(kind widgets.SparkKind) *figureCard {
	c := &figureCard{
		caption: widgets.NewParagraph(look.Caption, ""), light: widgets.NewLight(widgets.LightInRow, widgets.NoShape),
		title: widgets.NewParagraph(look.Heading, ""), line: widgets.NewParagraph(look.Caption, ""),
		spark: widgets.NewSpark(kind, sparkHigh), span: widgets.NewWords(look.Caption, ""), most: widgets.NewWords(look.Caption, ""),
	}
	c.foot = column(6, c.spark, container.New(&endsLayout{}, c.span, c.most))
	c.card = widgets.NewCard(column(inside, column(2, c.caption, line(8, 1, c.light, c.title), c.line), c.foot))
	return c
}

// endsLayout puts words at both ends of a line, and below each other where they have
// no room there.
type endsLayout struct{ wide float32 }

// fits reports whether both have room on one line.
func (l *endsLayout) fits(objects []fyne.CanvasObject, wide float32) bool {
	return objects[0].MinSize().Width+inside+objects[1].MinSize().Width <= wide
}

// Layout places both.
func (l *endsLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	l.wide = size.Width
	first, last := objects[0].MinSize(), objects[1].MinSize()
	objects[0].Resize(fyne.NewSize(min(first.Width, size.Width), first.Height))
	objects[0].Move(fyne.NewPos(0, 0))
	objects[1].Resize(fyne.NewSize(min(last.Width, size.Width), last.Height))
	if l.fits(objects, size.Width) {
		objects[1].Move(fyne.NewPos(size.Width-last.Width, 0))
		return
	}
	objects[1].Move(fyne.NewPos(0, first.Height))
}

// MinSize is that of the wider one, and as high as they are at the width they have.
func (l *endsLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	first, last := objects[0].MinSize(), objects[1].MinSize()
	high := max(first.Height, last.Height)
	if l.wide > 0 && !l.fits(objects, l.wide) {
		high = first.Height + last.Height
	}
	return fyne.NewSize(max(first.Width, last.Width), high)
}

// show shows the card; nil hides it.
func (c *figureCard) show(f *presenter.FigureCard) {
	show(c.card, f != nil)
	if f == nil {
		return
	}
	c.caption.SetText(f.Caption)
	c.light.SetShape(ShapeOf(f.Light))
	show(c.light, f.Light != presenter.NoLight)
	c.title.SetText(f.Title)
	c.line.SetText(f.Line)
	show(c.line, f.Line != "")
	c.spark.Set(f.Values)
	c.span.SetText(f.Span)
	c.most.SetText(f.Most)
	show(c.foot, len(f.Values) > 0)
}

// nextCard is the one useful step.
type nextCard struct {
	card    *widgets.Card
	icon    *disc
	caption *widgets.Words
	text    *widgets.Paragraph
	detail  *widgets.Paragraph
	buttons []*actionButton
}

func newNextCard(t *i18n.Tongue, do func(presenter.Action)) *nextCard {
	c := &nextCard{
		icon: newDisc(), caption: widgets.NewWords(look.Caption, t.T("Next useful step")), text: widgets.NewParagraph(look.Strong, ""),
		detail: widgets.NewParagraph(look.Quiet, ""), buttons: newActionButtons(2, do),
	}
	words := column(2, c.caption, c.text, c.detail)
	c.card = widgets.NewCard(line(gap, 1, c.icon.box, words, c.buttons[0].button, c.buttons[1].button))
	return c
}

func (c *nextCard) show(s presenter.NextStep) {
	c.text.SetText(s.Text)
	c.detail.SetText(s.Detail)
	show(c.detail, s.Detail != "")
	showActions(c.buttons, s.Buttons)
	icon := look.NoIcon
	for _, b := range s.Buttons {
		if i := stepIcon(b.Do); i != look.NoIcon {
			icon = i
		}
	}
	show(c.icon.box, icon != look.NoIcon)
	c.icon.sign.set(icon)
}

// stepIcon is the sign of where a step leads.
func stepIcon(a presenter.Action) look.Icon {
	switch a {
	case presenter.DoDrill:
		return look.IconDrills
	case presenter.DoTests, presenter.DoTestAll, presenter.DoCheck:
		return look.IconTests
	case presenter.DoSetUp:
		return look.IconSettings
	case presenter.DoMail:
		return look.IconMail
	case presenter.DoReturn, presenter.DoGoOn:
		return look.IconSwitch
	default:
		return look.NoIcon
	}
}

// disc is a sign on a tinted disc.
type disc struct {
	box  *fyne.Container
	sign *sign
}

// discSide is a disc's diameter, in pixels at scale 1.
const discSide = 40

func newDisc() *disc {
	d := &disc{sign: newSign(look.NoIcon, accent, 20)}
	surface := canvas.NewRectangle(nil)
	surface.CornerRadius = discSide / 2
	d.box = container.New(discLayout{}, surface, d.sign)
	return d
}

type discLayout struct{}

// Layout paints the disc and puts the sign in its middle.
func (discLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	if r, ok := objects[0].(*canvas.Rectangle); ok {
		r.FillColor = theme.Color(theme.ColorNameSelection)
	}
	objects[0].Resize(fyne.NewSquareSize(discSide))
	objects[0].Move(fyne.NewPos(0, (size.Height-discSide)/2))
	least := objects[1].MinSize()
	objects[1].Resize(least)
	objects[1].Move(fyne.NewPos((discSide-least.Width)/2, (size.Height-least.Height)/2))
}

// MinSize is the disc's.
func (discLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSquareSize(discSide) }
