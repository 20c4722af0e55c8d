package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// Home says how the mail is, in one sentence that is true now, and offers the one
// thing that matters. In trouble the two cards give way to the evidence and to what
// can be done.
type Home struct {
	presenter *presenter.Home
	do        func(presenter.Action)
	state     presenter.HomeState

	head     *header
	when     *widgets.Words
	check    *widgets.Button
	checking string
	checkNow string

	lastDrill, lastDrills string // head its card, and what it shows
	providers             []*providerCard
	cards                 *fyne.Container
	trouble               *troubleView
	mirror                *figureCard
	queue                 *figureCard
	drill                 *figureCard
	figures               *fyne.Container
	next                  *nextCard
	domains               *domainList
	body                  *fyne.Container
	room                  fyne.CanvasObject // below the headline
	stepFirst             bool
}

// NewHome lays the screen out. do is called with what a pressed button asks for.
func NewHome(t *i18n.Tongue, p *presenter.Home, do func(presenter.Action)) *Home {
	h := &Home{presenter: p, do: do, checkNow: t.T("Check now"), checking: t.T("Checking …")}
	h.check = widgets.NewButton(widgets.Plain, h.checkNow, func() { do(presenter.DoCheck) }).WithIcon(look.IconRefresh)
	h.when = widgets.NewWords(look.Caption, "").Trailing()
	h.head = newHeader(column(0, h.when, h.check))
	h.providers = []*providerCard{newProviderCard(), newProviderCard()}
	h.cards = container.New(widgets.Columns(gap), h.providers[0].card, h.providers[1].card)
	h.trouble = newTroubleView(t, do)
	h.mirror, h.queue, h.drill = newFigureCard(widgets.SparkBars), newFigureCard(widgets.SparkArea), newFigureCard(widgets.SparkLine)
	h.lastDrill, h.lastDrills = t.T("The last drill"), t.T("Fault to first mail")
	h.figures = container.New(widgets.Columns(gap), h.mirror.card, h.queue.card, h.drill.card)
	h.next = newNextCard(t, do)
	h.domains = newDomainList(t, func(name string) { p.Select(name); h.Update() })
	h.room = widgets.Space(after - 2*gap)
	h.body = column(gap, h.order()...)
	h.Update()
	return h
}

// Content is the screen.
func (h *Home) Content() fyne.CanvasObject { return h.body }

// State is what was shown last: whoever surrounds the page tells of it, too.
func (h *Home) State() presenter.HomeState { return h.state }

// Look takes the presenter's state without showing it.
func (h *Home) Look() { h.state = h.presenter.State() }

// Update shows the presenter's state; call it on the UI thread.
func (h *Home) Update() {
	s := h.presenter.State()
	h.state = s
	h.when.SetText(s.When)
	show(h.when, s.When != "")
	h.head.show(s.Light, s.Headline, s.Lead)
	if s.Checking {
		h.check.SetText(h.checking)
		h.check.Disable()
	} else {
		h.check.SetText(h.checkNow)
		h.check.Enable()
	}
	for i, c := range h.providers {
		show(c.card, i < len(s.Providers))
		if i < len(s.Providers) {
			c.show(s.Providers[i])
		}
	}
	show(h.cards, len(s.Providers) > 0)
	show(h.trouble.box, s.Trouble != nil)
	if s.Trouble != nil {
		h.trouble.show(*s.Trouble)
	}
	h.place(s.Next != nil && s.Next.First)
	show(h.next.card, s.Next != nil)
	if s.Next != nil {
		h.next.show(*s.Next)
	}
	h.showFigures(s)
	show(h.domains.card, len(s.Domains) > 0)
	h.domains.show(s.Domains)
}

// order is what is on the page, from above.
func (h *Home) order() []fyne.CanvasObject {
	if h.stepFirst {
		return []fyne.CanvasObject{h.head.box, h.room, h.next.card, h.cards, h.trouble.box, h.figures, h.domains.card}
	}
	return []fyne.CanvasObject{h.head.box, h.room, h.cards, h.trouble.box, h.figures, h.next.card, h.domains.card}
}

// place puts the next step above the evidence, or below it again.
func (h *Home) place(first bool) {
	if h.stepFirst != first {
		h.stepFirst = first
		h.body.Objects = h.order()
		h.body.Refresh()
	}
}

// providerCard is one provider with its evidence.
type providerCard struct {
	card          *widgets.Card
	caption, name *widgets.Paragraph
	pill          *widgets.Pill
	rows          *widgets.Evidence
}

func newProviderCard() *providerCard {
	c := &providerCard{
		caption: widgets.NewParagraph(look.Caption, ""), name: widgets.NewParagraph(look.Heading, ""),
		pill: widgets.NewPill(widgets.PillData{}), rows: widgets.NewEvidence(36, 0),
	}
	c.card = widgets.NewCard(column(inside, line(inside, 0, column(0, c.caption, c.name), c.pill), c.rows))
	return c
}

func (c *providerCard) show(p presenter.ProviderCard) {
	c.caption.SetText(p.Caption)
	c.name.SetText(p.Name)
	c.pill.Set(widgets.Status(ShapeOf(p.Light), p.Word))
	c.rows.Set(rowsOf(p.Rows))
}

// actionButton is a button whose words and deed follow the state.
type actionButton struct {
	button *widgets.Button
	action presenter.Action
}

func newActionButtons(count int, do func(presenter.Action)) []*actionButton {
	out := make([]*actionButton, count)
	for i := range out {
		b := &actionButton{}
		b.button = widgets.NewButton(widgets.Outlined, "", func() { do(b.action) })
		out[i] = b
	}
	return out
}

// showActions sets as many buttons as there are, and hides the others.
func showActions(buttons []*actionButton, want []presenter.Button) {
	for i, b := range buttons {
		show(b.button, i < len(want))
		if i >= len(want) {
			continue
		}
		b.action = want[i].Do
		b.button.SetText(want[i].Text)
		kind := widgets.Outlined
		switch {
		case want[i].Filled:
			kind = widgets.Filled
		case want[i].Do == presenter.DoPutOff:
			kind = widgets.Plain
		}
		b.button.SetKind(kind)
		b.button.SetIcon(iconOf(want[i].Do))
	}
}

// iconOf is the icon of what changes where mail goes.
func iconOf(a presenter.Action) look.Icon {
	switch a {
	case presenter.DoSwitch:
		return look.IconSwitch
	case presenter.DoReturn, presenter.DoTakeBack:
		return look.IconBack
	case presenter.DoCheck:
		return look.IconRefresh
	case presenter.DoDrill:
		return look.IconDrills
	default:
		return look.NoIcon
	}
}
