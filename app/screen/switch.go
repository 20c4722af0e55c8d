package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// SwitchDeeds are what the switch page asks for. Text is what was typed: the
// domain's name for a yes, the reason for going on all the same.
type SwitchDeeds func(do presenter.SwitchDo, text string)

// Switch leads through a switch: what changes in words and then in records, the
// yes, each step as it is taken, and the way back at all times.
type Switch struct {
	presenter *presenter.Switch
	do        SwitchDeeds
	tongue    *i18n.Tongue
	state     presenter.SwitchState

	head    *header
	change  *changeCard
	confirm *confirmCard
	clock   *clockCard
	ladder  *widgets.Ladder
	climb   *widgets.Card
	heading *widgets.Paragraph // above the ladder
	arrives *listCard
	guide   *guideCard
	refused *refusedCard
	aside   *asideCard
	tests   *listCard
	done    *listCard
	warned  *listCard
	runs    *listCard
	would   *pointList // what a switch would do
	ifCard  *widgets.Card
	left    *fyne.Container
	right   *fyne.Container
	columns *fyne.Container
	content fyne.CanvasObject

	says    *widgets.Paragraph
	buttons []*switchButton
	bar     fyne.CanvasObject
}

// NewSwitch lays the screen out. do is called with what is pressed.
func NewSwitch(t *i18n.Tongue, p *presenter.Switch, do SwitchDeeds) *Switch {
	s := &Switch{presenter: p, do: do, tongue: t, head: newHeader(), change: newChangeCard(t), clock: newClockCard()}
	s.confirm = newConfirmCard(t, func(string) { s.updateBar() })
	s.ladder = widgets.NewLadder()
	s.heading = widgets.NewParagraph(look.Heading, "")
	s.climb = widgets.NewCard(column(gap, s.heading, s.ladder))
	nothing := func() {}
	s.guide = newGuideCard(t)
	s.refused = newRefusedCard(t, func(string) { s.updateBar() })
	s.aside = newAsideCard(s.press)
	s.arrives = newListCard(t.T("What arrives where"), arrivesWords, nothing)
	s.tests = newListCard(t.T("Tests to look at first"), 0, func() { s.press(presenter.DoTest) })
	s.done = newListCard(t.T("What is done, and what is not"), 0, nothing)
	s.warned = newListCard(t.T("Worth knowing"), 0, nothing)
	s.runs = newListCard(t.T("Earlier"), runsWords, nothing)
	s.would = newPointList()
	s.ifCard = widgets.NewCard(column(inside, widgets.NewParagraph(look.Heading, t.T("If you switch")), s.would.box))
	s.left = column(gap, s.ifCard, s.change.card, s.confirm.card, s.guide.card, s.refused.card, s.aside.card, s.arrives.card)
	s.right = column(gap, s.clock.card, s.climb, s.done.card, s.tests.card, s.warned.card)
	s.columns = container.New(widgets.Columns(gap, 58, 42), s.left, s.right)
	s.content = column(gap, s.head.box, widgets.Space(0), s.columns, s.runs.card)
	s.says = widgets.NewParagraph(look.Caption, "")
	bar := []fyne.CanvasObject{s.says}
	for range 3 {
		b := &switchButton{}
		b.button = widgets.NewButton(widgets.Outlined, "", func() { s.press(b.do) }).Sized(widgets.ButtonInBar)
		s.buttons = append(s.buttons, b)
		bar = append(bar, b.button)
	}
	s.bar = line(inside, 0, bar...)
	s.Update()
	return s
}

type switchButton struct {
	button *widgets.Button
	do     presenter.SwitchDo
}

// Content is the screen.
func (s *Switch) Content() fyne.CanvasObject { return s.content }

// Bar is what stands below the page at all times: long work keeps its buttons in
// reach.
func (s *Switch) Bar() fyne.CanvasObject { return s.bar }

// Part is what the page is about: whoever has said yes further down sees at the top how it
// goes.
func (s *Switch) Part() string {
	switch s.state.Phase {
	case presenter.PhaseIdle, presenter.PhaseAsking:
		return string(s.state.Phase)
	default:
		return "under way"
	}
}

// press hands a press on, with what was typed.
func (s *Switch) press(do presenter.SwitchDo) {
	text := ""
	switch do {
	case presenter.DoYes:
		text = s.confirm.field.Text()
	case presenter.DoOverride:
		text = s.refused.reason.Text()
	default:
	}
	s.do(do, text)
}

// Update shows the presenter's state; call it on the UI thread.
func (s *Switch) Update() {
	st := s.presenter.State()
	s.state = st
	s.head.show(st.Light, st.Title, st.Lead)
	s.change.show(st)
	asked := s.confirm.show(st)
	show(s.clock.card, st.Clock != nil)
	if st.Clock != nil {
		s.clock.show(*st.Clock)
	}
	show(s.climb, len(st.Rungs) > 0)
	s.heading.SetText(st.Ladder)
	show(s.heading, st.Ladder != "")
	s.ladder.Set(stepsOf(st.Rungs))
	show(s.guide.card, st.Guide != nil)
	if st.Guide != nil {
		s.guide.show(*st.Guide)
	}
	show(s.refused.card, st.Phase == presenter.PhaseRefused)
	s.refused.show(st.Refusals)
	s.aside.show(st.Aside)
	s.arrives.show(st.Arrives, "")
	s.tests.show(st.Tests, st.TestAgain)
	s.done.show(st.Done, "")
	s.warned.show(st.Warnings, "")
	s.would.show(st.If)
	show(s.ifCard, len(st.If) > 0)
	show(s.left, st.Phase != presenter.PhaseIdle || len(st.Done)+len(st.If) > 0)
	show(s.right, len(st.Rungs)+len(st.Done)+len(st.Tests)+len(st.Warnings) > 0 || st.Clock != nil)
	show(s.columns, st.Phase != presenter.PhaseIdle || len(st.Done)+len(st.Tests)+len(st.If) > 0)
	s.runs.show(runRows(st.Runs), "")
	s.updateBar()
	if on := fyne.CurrentApp().Driver().CanvasForObject(s.confirm.field); asked && on != nil {
		s.confirm.field.Focus(on)
	}
}

// updateBar follows the state, and what is typed.
func (s *Switch) updateBar() {
	s.says.SetText(s.state.Bar.Says)
	for i, b := range s.buttons {
		want := s.state.Bar.Buttons
		show(b.button, i < len(want))
		if i >= len(want) {
			continue
		}
		if b.do != want[i].Do { // a key too many must not stop what the first one began
			leave(b.button)
		}
		b.do = want[i].Do
		b.button.SetText(want[i].Text)
		kind := widgets.Outlined
		if want[i].Filled {
			kind = widgets.Filled
		}
		b.button.SetKind(kind)
		b.button.SetIcon(switchIcon(b.do))
		can := true
		switch b.do {
		case presenter.DoYes:
			can = s.confirm.typed(s.state.Type)
		case presenter.DoOverride:
			can = s.refused.reason.Text() != ""
		default:
		}
		enable(b.button, can)
	}
}

// leave takes the keys away from a control that has them.
func leave(o interface {
	fyne.CanvasObject
	fyne.Focusable
}) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.Focused() == fyne.Focusable(o) {
		c.Unfocus()
	}
}

func switchIcon(do presenter.SwitchDo) look.Icon {
	switch do {
	case presenter.DoRollBack, presenter.DoFailback:
		return look.IconBack
	case presenter.DoStop:
		return look.IconStop
	case presenter.DoYes, presenter.DoFailover, presenter.DoResume:
		return look.IconSwitch
	case presenter.DoAgain:
		return look.IconRefresh
	default:
		return look.NoIcon
	}
}

func stepsOf(rungs []presenter.Rung) []widgets.Step {
	out := make([]widgets.Step, len(rungs))
	for i, r := range rungs {
		out[i] = widgets.Step{Shape: ShapeOf(r.Light), Title: r.Title, Note: r.Note, Time: r.Time}
		for _, row := range r.Rows {
			out[i].Rows = append(out[i].Rows, widgets.EvidenceRow{Shape: ShapeOf(row.Light), Label: row.Label, Value: row.Value, Mono: true})
		}
	}
	return out
}

func runRows(runs []presenter.RunRow) []presenter.Row {
	out := make([]presenter.Row, len(runs))
	for i, r := range runs {
		out[i] = presenter.Row{Light: r.Light, Label: r.Title, Value: r.When + "   " + r.Says}
	}
	return out
}

// Where the words of two lists begin, in pixels at scale 1.
const (
	arrivesWords = 210
	runsWords    = 240
)

// clockCard is time that runs out.
type clockCard struct {
	card *widgets.Card
	ring *countRing
	left *widgets.Paragraph
	says *widgets.Paragraph
}

func newClockCard() *clockCard {
	c := &clockCard{ring: newCountRing(84), left: widgets.NewParagraph(look.Clock, ""), says: widgets.NewParagraph(look.Caption, "")}
	c.card = widgets.NewCard(line(20, 1, c.ring, column(0, c.left, c.says)))
	return c
}

func (c *clockCard) show(d presenter.Countdown) {
	c.left.SetText(d.Left)
	c.says.SetText(d.Says)
	c.ring.set(d.Part)
}

// confirmCard is where the domain's name is typed.
type confirmCard struct {
	card   *widgets.Card
	field  *widgets.Field
	done   *widgets.Paragraph
	light  *widgets.Light
	yes    *fyne.Container
	tongue *i18n.Tongue
	want   string
}

func newConfirmCard(t *i18n.Tongue, changed func(string)) *confirmCard {
	c := &confirmCard{tongue: t, done: widgets.NewParagraph(look.Strong, ""), light: widgets.NewLight(widgets.LightInRow, widgets.Disc)}
	c.done.SetColor(theme.ColorNameSuccess)
	c.field = widgets.NewField(widgets.FieldOptions{Label: t.T("To say yes, type the name of the domain")})
	c.field.OnChanged = func(text string) {
		c.answer()
		changed(text)
	}
	c.yes = line(8, 1, c.light, c.done)
	c.card = widgets.NewCard(column(8, c.field, c.yes))
	return c
}

// answer says below the field what is to be typed, and when it is that.
func (c *confirmCard) answer() {
	r := widgets.FieldResult{Detail: c.tongue.T("Here: {domain}", "domain", c.want)}
	if c.typed(c.want) {
		r = widgets.FieldResult{Shape: widgets.Disc, Word: c.tongue.T("That is it.")}
	}
	c.field.SetResult(r)
}

// show shows the card, and reports whether something is newly asked for.
func (c *confirmCard) show(s presenter.SwitchState) (asked bool) {
	show(c.card, s.Type != "" || s.Confirmed != "")
	show(c.field, s.Type != "")
	show(c.yes, s.Confirmed != "")
	if s.Type != c.want {
		c.want = s.Type
		c.field.SetText("")
		c.answer()
		asked = s.Type != ""
	}
	c.done.SetText(s.Confirmed)
	return asked
}

// typed reports whether the field holds what is wanted.
func (c *confirmCard) typed(want string) bool { return want == "" || sameName(c.field.Text(), want) }
