package screen

import (
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// RehearsalDeeds are what a live rehearsal asks for.
type RehearsalDeeds struct {
	Prepare func(scenario string)
	Begin   func() // looks at what would be done, and does it after a yes
	Name    func(domain, label string)
	Answer  func(yes bool, typed string) (wrong string)
	Stop    func()
}

// rehearseView is a live rehearsal: where it is held, what would be done, and how it
// goes.
type rehearseView struct {
	box     *fyne.Container
	tongue  *i18n.Tongue
	deeds   DrillsDeeds
	head    *header
	problem *notice
	stop    *widgets.Button
	back    *widgets.Button

	form   *widgets.Card
	domain *widgets.Select
	where  *fyne.Container
	label  *widgets.Field
	full   *widgets.Words
	begin  *widgets.Button

	ask     *widgets.Card
	left    *notice
	steps   *widgets.Paragraph
	sure    *widgets.Paragraph
	confirm *widgets.Field
	yes     *widgets.Button

	guide   *widgets.Card
	guided  *facts
	script  *scriptView
	running *widgets.Card
	state   presenter.RehearsalState
}

func newRehearseView(t *i18n.Tongue, deeds DrillsDeeds) *rehearseView {
	v := &rehearseView{tongue: t, deeds: deeds, problem: newNotice(), left: newNotice(), steps: widgets.NewParagraph(look.Record, ""), guided: newFacts(0), script: newScriptView()}
	live := deeds.Rehearsal
	v.stop = widgets.NewButton(widgets.Outlined, t.T("Stop"), live.Stop).WithIcon(look.IconStop)
	v.back = widgets.NewButton(widgets.Outlined, t.T("All drills"), deeds.Back)
	v.head = newTitle(v.back, v.stop)
	v.domain = widgets.NewSelect(filterWide)
	v.domain.OnChosen = func(key string) { live.Name(key, v.label.Text()); v.named() }
	v.label = widgets.NewField(widgets.FieldOptions{Label: t.T("Test subdomain"), Placeholder: "lifeboat-drill"})
	v.label.OnChanged = func(text string) { live.Name(v.state.Domain, text); v.named() }
	v.label.OnSubmit = func(string) { live.Begin() }
	v.full = widgets.NewWords(look.Record, "").Shrinking()
	v.begin = widgets.NewButton(widgets.Filled, t.T("Show what would be done"), live.Begin)
	v.where = line(inside, 1, widgets.NewWords(look.Quiet, t.T("Domain")), v.domain)
	v.form = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("Where it is held")), v.where, v.label, v.full, container.NewHBox(v.begin)))
	v.sure = widgets.NewParagraph(look.Body, "")
	v.confirm = widgets.NewField(widgets.FieldOptions{})
	v.confirm.OnSubmit = func(string) { // an input method's Enter comes here, too: no record is changed by it
		if c := fyne.CurrentApp().Driver().CanvasForObject(v.yes); c != nil {
			c.Focus(v.yes)
		}
	}
	v.yes = widgets.NewButton(widgets.Filled, t.T("Rehearse now"), v.answer)
	no := widgets.NewButton(widgets.Outlined, t.T("Not now"), func() { live.Answer(false, "") })
	v.ask = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("What would be done, one after the other")), v.left.box, v.steps, v.sure,
		v.confirm, line(inside, -1, v.yes, no)))
	v.guide = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("To do by hand")), v.guided.box))
	v.running = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("What happened")), v.script.box))
	v.box = column(gap, v.head.box, v.problem.box, v.form, v.ask, v.guide, v.running)
	return v
}

// answer says yes, where the right name was typed.
func (v *rehearseView) answer() {
	if wrong := v.deeds.Rehearsal.Answer(true, v.confirm.Text()); wrong != "" {
		v.confirm.SetResult(widgets.FieldResult{Shape: widgets.Triangle, Word: wrong})
	}
}

// named shows the whole name at once.
func (v *rehearseView) named() {
	if s, ok := v.deeds.Rehearsed(); ok {
		v.show(s)
	}
}

func (v *rehearseView) show(s presenter.RehearsalState) {
	before := v.state.Phase
	v.state = s
	light := presenter.NoLight
	if s.Phase == presenter.RehearseRunning || s.Phase == presenter.RehearseLooking || s.Phase == presenter.RehearseEnding {
		light = presenter.LightWorking
	}
	v.head.show(light, s.Title, s.Lead)
	v.problem.show(s.Problem)
	form := s.Phase == presenter.RehearseForm || s.Phase == presenter.RehearseLooking
	show(v.form, form)
	show(v.back, s.Phase == presenter.RehearseForm)
	show(v.stop, s.Phase != presenter.RehearseForm && s.Phase != presenter.RehearseAsking)
	enable(v.stop, s.Phase != presenter.RehearseEnding)
	enable(v.begin, s.Phase == presenter.RehearseForm)
	d := widgets.SelectData{Chosen: s.Domain}
	for _, name := range s.Domains {
		d.Options = append(d.Options, widgets.SelectOption{Key: name, Text: name})
	}
	v.domain.Set(d)
	show(v.where, len(s.Domains) > 1)
	if v.label.Text() == "" && !v.label.Focused() {
		v.label.SetText(s.Label)
	}
	v.full.SetText(s.Name)
	show(v.ask, s.Phase == presenter.RehearseAsking)
	if s.Phase == presenter.RehearseAsking && before != s.Phase {
		v.confirm.SetText("")
		v.confirm.SetResult(widgets.FieldResult{})
	}
	v.confirm.SetLabel(s.Confirm)
	v.left.show(s.Notice)
	var steps []string
	for i, set := range s.Steps {
		steps = append(steps, strconv.Itoa(i+1)+".  "+set)
	}
	v.steps.SetText(strings.Join(steps, "\n"))
	v.sure.SetText(s.Untouched)
	var rows []presenter.Row
	for _, g := range s.Guide {
		rows = append(rows, presenter.Row{Light: presenter.LightWaiting, Label: g})
	}
	v.guided.show(rows)
	show(v.guide, len(s.Guide) > 0 && s.Phase == presenter.RehearseRunning)
	v.script.show(s.Timeline)
	show(v.running, len(s.Timeline) > 0)
}
