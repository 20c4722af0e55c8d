package screen

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// Practice shows the practice world: where mail goes, how each message fared, and
// what happens, as it happens.
type Practice struct {
	presenter *presenter.Practice
	state     presenter.PracticeState

	headline, note, problem *widget.Label
	primary, secondary      *providerCard
	counts                  []*count
	countBox                *fyne.Container
	steps                   *widget.List
	again                   *widget.Button
	content                 fyne.CanvasObject
}

// NewPractice lays the screen out. play is called to play the story again.
func NewPractice(t *i18n.Tongue, p *presenter.Practice, play func()) *Practice {
	s := &Practice{
		presenter: p, headline: widgets.Text(look.SizeState, ""), note: widgets.Caption(""), problem: widgets.Text(theme.SizeNameText, ""),
		primary: newProviderCard(), secondary: newProviderCard(), countBox: container.NewGridWithRows(1),
	}
	s.headline.TextStyle.Bold = true
	s.problem.Importance = widget.DangerImportance
	s.again = widget.NewButton(t.T("Play it again"), play)
	s.again.Importance = widget.HighImportance
	s.steps = widget.NewList(func() int { return len(s.state.Steps) }, newStepRow, s.showStep)
	s.steps.HideSeparators = true
	head := container.NewBorder(nil, nil, nil, container.NewVBox(s.again), container.NewVBox(s.headline, s.note, s.problem))
	providers := container.New(widgets.Columns(gap), s.primary.card, s.secondary.card)
	top := container.New(layout.NewCustomPaddedVBoxLayout(gap), head, providers, widgets.NewCard(s.countBox), widgets.Space(0))
	s.content = container.NewBorder(top, nil, nil, nil, widgets.NewCard(s.steps))
	s.Update()
	return s
}

// Content is the screen.
func (s *Practice) Content() fyne.CanvasObject { return s.content }

// Update shows the presenter's state; call it on the UI thread.
func (s *Practice) Update() {
	s.state = s.presenter.State()
	s.headline.SetText(s.state.Headline)
	s.note.SetText(s.state.Note)
	s.problem.SetText(s.state.Problem)
	s.problem.Hidden = s.state.Problem == ""
	s.primary.show(s.state.Primary)
	s.secondary.show(s.state.Secondary)
	s.showCounts()
	if s.state.Running {
		s.again.Disable()
	} else {
		s.again.Enable()
	}
	s.steps.Refresh()
	s.steps.ScrollToBottom()
}

func (s *Practice) showCounts() {
	for len(s.counts) < len(s.state.Ledger) {
		c := newCount()
		s.counts = append(s.counts, c)
		s.countBox.Add(c.box)
	}
	for i, c := range s.state.Ledger {
		s.counts[i].show(c)
	}
}

func newStepRow() fyne.CanvasObject {
	at := widgets.Caption("00:00:00")
	at.Wrapping = fyne.TextWrapOff
	return container.NewBorder(nil, nil, container.NewHBox(container.NewCenter(widgets.NewLight(18, widgets.Ring)), at), nil, widgets.Line(""))
}

func (s *Practice) showStep(i widget.ListItemID, row fyne.CanvasObject) {
	if i >= len(s.state.Steps) {
		return
	}
	box, ok := row.(*fyne.Container) // the list gives back what newStepRow made
	if !ok {
		return
	}
	step := s.state.Steps[i]
	for _, o := range box.Objects {
		switch o := o.(type) {
		case *widget.Label:
			o.SetText(step.Says)
		case *fyne.Container:
			showStepHead(o, step)
		}
	}
}

func showStepHead(head *fyne.Container, step presenter.StepRow) {
	for _, o := range head.Objects {
		switch o := o.(type) {
		case *widget.Label:
			o.SetText(step.At)
		case *fyne.Container:
			if l, ok := o.Objects[0].(*widgets.Light); ok {
				l.SetShape(shapeOf(step.Light))
			}
		}
	}
}

// count is one figure of the ledger.
type count struct {
	box          *fyne.Container
	label, value *widget.Label
	light        *widgets.Light
}

func newCount() *count {
	c := &count{label: widgets.Caption(""), value: widget.NewLabel(""), light: widgets.NewLight(18, widgets.Disc)}
	c.label.Wrapping = fyne.TextWrapOff
	c.value.SizeName = look.SizeState
	c.value.TextStyle.Bold = true
	c.box = container.NewVBox(c.label, container.NewHBox(c.value, container.NewCenter(c.light)))
	return c
}

func (c *count) show(v presenter.Count) {
	c.label.SetText(v.Label)
	c.value.SetText(strconv.Itoa(v.Value))
	c.light.SetShape(shapeOf(v.Light))
	c.light.Hidden = v.Light == ""
}

// providerCard is one provider of the practice world.
type providerCard struct {
	card             *widgets.Card
	role, name, says *widget.Label
	light            *widgets.Light
}

func newProviderCard() *providerCard {
	p := &providerCard{role: widgets.Caption(""), name: widgets.Text(theme.SizeNameSubHeadingText, ""), says: widgets.Text(theme.SizeNameText, ""), light: widgets.NewLight(28, widgets.Ring)}
	p.name.TextStyle.Bold = true
	p.card = widgets.NewCard(container.NewBorder(nil, nil, nil, container.NewCenter(p.light), container.NewVBox(p.role, p.name, p.says)))
	return p
}

func (p *providerCard) show(c presenter.ProviderCard) {
	p.role.SetText(c.Role)
	p.name.SetText(c.Name)
	p.says.SetText(c.Says)
	p.light.SetShape(shapeOf(c.Light))
	p.card.SetLive(c.Live)
}
