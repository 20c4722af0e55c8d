// Package screen lays widgets out over presenters, one file a screen. A screen
// shows what its presenter says and hands presses on; it decides nothing.
package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// Room, in pixels at scale 1.
const (
	gap    = 16 // between cards
	inside = 12 // between the parts of a card
	after  = 24 // below a page's head
)

// ShapeOf is the light of a state.
func ShapeOf(l presenter.Light) widgets.Shape {
	switch l {
	case presenter.LightHealthy:
		return widgets.Disc
	case presenter.LightReady:
		return widgets.Ring
	case presenter.LightCare:
		return widgets.Triangle
	case presenter.LightDown:
		return widgets.Octagon
	case presenter.LightWorking:
		return widgets.Working
	case presenter.LightWaiting:
		return widgets.Waiting
	case presenter.NoLight:
		return widgets.NoShape
	default:
		return widgets.Question
	}
}

// rowsOf are rows of evidence as their widget takes them.
func rowsOf(rows []presenter.Row) []widgets.EvidenceRow {
	out := make([]widgets.EvidenceRow, len(rows))
	for i, r := range rows {
		out[i] = widgets.EvidenceRow{Shape: ShapeOf(r.Light), Label: r.Label, Value: r.Value}
	}
	return out
}

// column lays objects out below one another.
func column(space float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(widgets.Rows(space), objects...)
}

// line lays objects out on one line; the one at the index takes the room that is
// left.
func line(space float32, filling int, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(widgets.LineUp(space, filling), objects...)
}

// show hides or shows an object, and does nothing when it is so already.
func show(o fyne.CanvasObject, shown bool) {
	switch {
	case shown && !o.Visible():
		o.Show()
	case !shown && o.Visible():
		o.Hide()
	}
}

// header is the top of a page: a light, the one sentence, what follows from it, and
// something at the right-hand corner.
type header struct {
	light    *widgets.Light
	headline *widgets.Paragraph
	lead     *widgets.Paragraph
	box      *fyne.Container
}

func newHeader(corner ...fyne.CanvasObject) *header {
	h := &header{
		light: widgets.NewLight(30, widgets.NoShape), headline: widgets.NewParagraph(look.State, ""), lead: widgets.NewParagraph(look.Lead, ""),
	}
	right := line(inside, -1, corner...)
	h.box = container.New(headLayout{}, h.light, column(4, h.headline, h.lead), right)
	return h
}

func (h *header) show(l presenter.Light, headline, lead string) {
	h.light.SetShape(ShapeOf(l))
	show(h.light, l != presenter.NoLight)
	h.headline.SetText(headline)
	h.lead.SetText(lead)
	show(h.lead, lead != "")
}

// headLayout puts a light before the first line, the words beside it, and the
// corner at the right-hand end of that line.
type headLayout struct{}

const (
	headLight = 30
	headWords = 46 // where the words begin after a light
	headLine  = 41 // the height of the first line
)

// Layout places light, words and corner.
func (headLayout) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	light, words, corner := objects[0], objects[1], objects[2]
	left := float32(0)
	if light.Visible() {
		left = headWords
		light.Move(fyne.NewPos(1, (headLine-headLight)/2))
		light.Resize(fyne.NewSquareSize(headLight))
	}
	least := corner.MinSize()
	room := size.Width - left
	if least.Width > 0 {
		room -= least.Width + gap
	}
	words.Move(fyne.NewPos(left, 0))
	words.Resize(fyne.NewSize(room, size.Height))
	corner.Move(fyne.NewPos(size.Width-least.Width, max((headLine-least.Height)/2, 0)))
	corner.Resize(least)
}

// MinSize is the words' and the corner's.
func (headLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	words, corner := objects[1].MinSize(), objects[2].MinSize()
	left := float32(0)
	if objects[0].Visible() {
		left = headWords
	}
	return fyne.NewSize(left+words.Width+corner.Width+gap, max(words.Height, corner.Height))
}

// title heads a card, with something at the right-hand end.
func title(words *widgets.Words, right ...fyne.CanvasObject) *fyne.Container {
	return line(inside, 0, append([]fyne.CanvasObject{words.Shrinking()}, right...)...)
}

// sign is an icon by itself, in the colour of what can be pressed.
type sign struct {
	widget.BaseWidget
	icon  look.Icon
	color fyne.ThemeColorName
	side  float32
	image *canvas.Image
}

func newSign(i look.Icon, color fyne.ThemeColorName, side float32) *sign {
	s := &sign{icon: i, color: color, side: side, image: &canvas.Image{FillMode: canvas.ImageFillContain}}
	s.ExtendBaseWidget(s)
	return s
}

func (s *sign) set(i look.Icon) {
	if s.icon != i {
		s.icon = i
		s.Refresh()
	}
}

// CreateRenderer draws the icon.
func (s *sign) CreateRenderer() fyne.WidgetRenderer {
	s.paint()
	return &signRenderer{WidgetRenderer: widget.NewSimpleRenderer(s.image), sign: s}
}

func (s *sign) paint() {
	s.image.Resource = s.icon.In(s.Theme().Color(s.color, fyne.CurrentApp().Settings().ThemeVariant()))
	s.image.SetMinSize(fyne.NewSquareSize(s.side))
}

type signRenderer struct {
	fyne.WidgetRenderer
	sign *sign
}

// Refresh takes on icon and theme.
func (r *signRenderer) Refresh() {
	r.sign.paint()
	r.sign.image.Refresh()
	r.WidgetRenderer.Refresh()
}

// accent is the colour of what can be pressed, for words and signs.
const accent = theme.ColorNameHyperlink
