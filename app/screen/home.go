package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// Home shows the domains: for each a sentence that is true now, and under it what
// every name server says.
type Home struct {
	presenter *presenter.Home
	age       *widget.Label
	cards     *fyne.Container
	content   fyne.CanvasObject
}

// NewHome lays the screen out.
func NewHome(p *presenter.Home) *Home {
	h := &Home{presenter: p, age: widgets.Caption(""), cards: container.New(layout.NewCustomPaddedVBoxLayout(gap))}
	h.content = container.NewBorder(nil, h.age, nil, nil, container.NewVScroll(h.cards))
	h.Update()
	return h
}

// Content is the screen.
func (h *Home) Content() fyne.CanvasObject { return h.content }

// Update shows the presenter's state; call it on the UI thread.
func (h *Home) Update() {
	state := h.presenter.State()
	h.age.SetText(state.Age)
	h.cards.RemoveAll()
	if state.Problem != "" {
		problem := widgets.Text(look.SizeLead, state.Problem)
		h.cards.Add(widgets.NewCard(problem))
	}
	for _, c := range state.Cards {
		h.cards.Add(domainCard(c))
	}
	h.cards.Refresh()
}

func domainCard(c presenter.DomainCard) fyne.CanvasObject {
	headline := widgets.Text(theme.SizeNameHeadingText, c.Headline)
	headline.TextStyle.Bold = true
	light := container.NewCenter(widgets.NewLight(28, shapeOf(c.Light)))
	rows := container.NewVBox(container.NewBorder(nil, nil, light, nil, headline), widgets.Text(look.SizeLead, c.Readiness))
	if c.Countdown != "" {
		rows.Add(widgets.Text(theme.SizeNameText, c.Countdown))
	}
	for _, s := range c.Servers {
		rows.Add(widget.NewSeparator())
		name := widgets.Caption(s.Name)
		name.Wrapping = fyne.TextWrapOff
		rows.Add(container.NewBorder(nil, nil, container.NewHBox(container.NewCenter(widgets.NewLight(18, shapeOf(s.Light))), name), nil, widgets.Line(s.Says)))
	}
	return widgets.NewCard(rows)
}
