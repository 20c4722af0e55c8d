package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

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

	head     *header
	change   *changeCard
	confirm  *confirmCard
	clock    *clockCard
	ladder   *widgets.Ladder
	climb    *widgets.Card
	guide    *guideCard
	refused  *refusedCard
	warnings *facts
	warned   *widgets.Card
	runs     *facts
	before   *widgets.Card
	columns  *fyne.Container
	content  fyne.CanvasObject

	says    *widgets.Paragraph
	buttons []*switchButton
	bar     fyne.CanvasObject
}

// NewSwitch lays the screen out. do is called with what is pressed.
func NewSwitch(t *i18n.Tongue, p *presenter.Switch, do SwitchDeeds) *Switch {
	s := &Switch{presenter: p, do: do, tongue: t, head: newHeader(), change: newChangeCard(t), clock: newClockCard()}
	s.confirm = newConfirmCard(t, func(string) { s.updateBar() })
	s.ladder = widgets.NewLadder()
	s.climb = widgets.NewCard(s.ladder)
	s.guide = newGuideCard(t)
	s.refused = newRefusedCard(t)
	s.warnings, s.runs = newFacts(0), newFacts(240)
	s.warned = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("Worth knowing")), s.warnings.box))
	s.before = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("Earlier")), s.runs.box))
	left := column(gap, s.change.card, s.confirm.card, s.guide.card, s.refused.card, s.warned)
	right := column(gap, s.clock.card, s.climb)
	s.columns = container.New(widgets.Columns(gap, 58, 42), left, right)
	s.content = column(gap, s.head.box, widgets.Space(0), s.columns, s.before)
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

// press hands a press on, with what was typed.
func (s *Switch) press(do presenter.SwitchDo) {
	text := ""
	switch do {
	case presenter.DoYes:
		text = s.confirm.field.Text
	case presenter.DoOverride:
		text = s.refused.reason.Text
	default:
	}
	s.do(do, text)
}

// Update shows the presenter's state; call it on the UI thread.
func (s *Switch) Update() {
	st := s.presenter.State()
	s.state = st
	s.head.show(st.Light, st.Title, st.Lead)
	show(s.change.card, st.For != "")
	s.change.show(st)
	s.confirm.show(st)
	show(s.confirm.card, st.Type != "" || st.Confirmed != "")
	show(s.clock.card, st.Clock != nil)
	if st.Clock != nil {
		s.clock.show(*st.Clock)
	}
	show(s.climb, len(st.Rungs) > 0)
	s.ladder.Set(stepsOf(st.Rungs))
	show(s.guide.card, st.Guide != nil)
	if st.Guide != nil {
		s.guide.show(*st.Guide)
	}
	show(s.refused.card, st.Phase == presenter.PhaseRefused)
	s.refused.show(st.Refusals)
	show(s.warned, len(st.Warnings) > 0)
	s.warnings.show(warningRows(st.Warnings))
	show(s.columns, st.Phase != presenter.PhaseIdle)
	show(s.before, len(st.Runs) > 0)
	s.runs.show(runRows(st.Runs))
	s.updateBar()
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
			can = s.refused.reason.Text != ""
		default:
		}
		enable(b.button, can)
	}
}

func switchIcon(do presenter.SwitchDo) look.Icon {
	switch do {
	case presenter.DoRollBack, presenter.DoFailback:
		return look.IconBack
	case presenter.DoStop:
		return look.IconStop
	case presenter.DoYes, presenter.DoFailover:
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

func warningRows(rows []presenter.Row) []presenter.Row {
	out := make([]presenter.Row, len(rows))
	copy(out, rows)
	return out
}

func runRows(runs []presenter.RunRow) []presenter.Row {
	out := make([]presenter.Row, len(runs))
	for i, r := range runs {
		out[i] = presenter.Row{Light: r.Light, Label: r.Title, Value: r.When + "   " + r.Says}
	}
	return out
}

// clockCard is time that runs out.
type clockCard struct {
	card *widgets.Card
	ring *countRing
	left *widgets.Words
	says *widgets.Paragraph
}

func newClockCard() *clockCard {
	c := &clockCard{ring: newCountRing(84), left: widgets.NewWords(look.Clock, ""), says: widgets.NewParagraph(look.Caption, "")}
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
	card    *widgets.Card
	caption *widgets.Words
	field   *widget.Entry
	done    *widgets.Words
	light   *widgets.Light
	entry   *fyne.Container
	yes     *fyne.Container
	tongue  *i18n.Tongue
	want    string
}

func newConfirmCard(t *i18n.Tongue, changed func(string)) *confirmCard {
	c := &confirmCard{tongue: t, caption: widgets.NewWords(look.Strong, ""), field: widget.NewEntry(), done: widgets.NewWords(look.Strong, ""), light: widgets.NewLight(18, widgets.Disc)}
	c.field.TextStyle.Monospace = true
	c.field.OnChanged = changed
	c.done.SetColor(theme.ColorNameSuccess)
	c.entry = column(8, c.caption, c.field)
	c.yes = line(8, 1, c.light, c.done)
	c.card = widgets.NewCard(column(8, c.entry, c.yes))
	return c
}

func (c *confirmCard) show(s presenter.SwitchState) {
	show(c.entry, s.Type != "")
	show(c.yes, s.Confirmed != "")
	if s.Type != c.want {
		c.want = s.Type
		c.field.SetText("")
	}
	if s.Type != "" {
		c.caption.SetText(c.tongue.T("To say yes, type {domain}", "domain", s.Type))
		c.field.SetPlaceHolder(s.Type)
	}
	c.done.SetText(s.Confirmed)
}

// typed reports whether the field holds what is wanted.
func (c *confirmCard) typed(want string) bool { return want == "" || sameName(c.field.Text, want) }
