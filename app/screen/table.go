package screen

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// tableView is a tabletop as its facilitator sees it: the inject that is read out,
// what a good answer does, and where decisions are written down.
type tableView struct {
	box    *fyne.Container
	tongue *i18n.Tongue
	title  *widgets.Paragraph
	clock  *widgets.Words
	count  *widgets.Words
	start  *widgets.Button
	pause  *widgets.Button
	next   *widgets.Button
	end    *widgets.Button

	talk    *fyne.Container
	from    *widgets.Words
	says    *widgets.Paragraph
	expect  *adviceList
	good    *widgets.Words
	ahead   *scriptView
	later   *widgets.Card
	nextAt  *widgets.Words
	past    *scriptView
	done    *widgets.Card
	writing fyne.CanvasObject

	deeds DrillsDeeds
	of    *presenter.Table // that is shown
	named bool             // somebody was proposed as the one who decides
	who   *widgets.Field
	why   *widgets.TextBox
	move  *widgets.Select
	moves []presenter.MoveButton

	asks     *fyne.Container
	asked    []*askView
	askCard  *widgets.Card
	actions  *actionsView
	toReport *widgets.Button
	after    *fyne.Container
}

type askView struct {
	question *widgets.Paragraph
	answer   *widgets.TextBox
	box      *fyne.Container
}

func newTableView(t *i18n.Tongue, deeds DrillsDeeds) *tableView {
	v := &tableView{
		tongue: t, deeds: deeds, title: widgets.NewParagraph(look.Title, ""), clock: widgets.NewWords(look.Clock, ""), count: widgets.NewWords(look.Caption, "").Trailing(),
		from: widgets.NewWords(look.Quiet, "").Shrinking(), says: widgets.NewParagraph(look.Title, ""), expect: newAdviceList(),
		good: widgets.NewWords(look.Strong, t.T("A good answer")), ahead: newScriptView(), nextAt: widgets.NewWords(look.Caption, "").Shrinking().Trailing(), past: newScriptView(),
	}
	with := func(do func(*presenter.Table)) func() {
		return func() {
			if table := deeds.Table(); table != nil {
				do(table)
				v.show(table.State())
			}
		}
	}
	v.start = widgets.NewButton(widgets.Filled, t.T("Begin"), with(func(p *presenter.Table) { p.Start() })).WithIcon(look.IconPlay).Sized(widgets.ButtonInBar)
	v.pause = widgets.NewButton(widgets.Outlined, t.T("Pause"), with(func(p *presenter.Table) { p.Pause() })).WithIcon(look.IconPause).Sized(widgets.ButtonInBar)
	v.next = widgets.NewButton(widgets.Outlined, t.T("Next now"), with(func(p *presenter.Table) { p.Next() })).WithIcon(look.IconNext).Sized(widgets.ButtonInBar)
	v.end = widgets.NewButton(widgets.Outlined, t.T("End"), deeds.EndTalk).WithIcon(look.IconStop).Sized(widgets.ButtonInBar)
	audience := widgets.NewButton(widgets.Plain, t.T("Window for everybody"), deeds.Audience).WithIcon(look.IconPeople)
	back := widgets.NewButton(widgets.Plain, t.T("All drills"), deeds.Back)
	corner := line(12, -1, column(0, v.clock, v.count), v.start, v.pause, v.next, v.end)
	head := container.New(headLayout{}, hidden(), column(2, v.title, line(0, 2, audience, back, widgets.Room(1, 1))), corner)

	inject := widgets.NewCard(column(inside, v.from, v.says, v.good, v.expect.box))
	v.later = widgets.NewCard(column(inside, line(inside, 1, widgets.NewWords(look.Strong, t.T("Still to come")), v.nextAt), v.ahead.box))
	v.done = widgets.NewCard(column(inside, widgets.NewWords(look.Strong, t.T("Written down")), v.past.box))
	v.writing = v.decisionCard(deeds)
	right := column(gap, v.writing, v.done)
	v.talk = container.New(widgets.Columns(gap, 56, 44), column(gap, inject, v.later), right)
	v.after = v.questions(deeds)
	v.box = column(gap, head, v.talk, v.after)
	return v
}

// decisionCard takes decisions and notes down: who, what and why.
func (v *tableView) decisionCard(deeds DrillsDeeds) fyne.CanvasObject {
	t := v.tongue
	v.who, v.why = bareField(t.T("Who")), widgets.NewTextBox(2, t.T("Why, or what was said"))
	v.move = widgets.NewSelect(0)
	v.move.Placeholder = t.T("What was decided")
	decide := widgets.NewButton(widgets.Filled, t.T("Write the decision down"), func() {
		i := slices.IndexFunc(v.moves, func(m presenter.MoveButton) bool { return m.Text == v.move.Data().Chosen })
		if table := deeds.Table(); table != nil && i >= 0 {
			table.Decide(v.moves[i].Move, v.who.Text(), v.why.Text())
			v.move.Set(widgets.SelectData{Options: v.move.Data().Options})
			v.why.SetText("")
			v.show(table.State())
		}
	})
	note := widgets.NewButton(widgets.Outlined, t.T("Note it"), func() {
		if table := deeds.Table(); table != nil && strings.TrimSpace(v.why.Text()) != "" {
			table.Note(v.who.Text(), v.why.Text())
			v.why.SetText("")
			v.show(table.State())
		}
	})
	return widgets.NewCard(column(8, widgets.NewWords(look.Strong, t.T("Decisions and notes")), v.who, v.move, v.why, line(8, 0, widgets.Room(1, 1), note, decide)))
}

// questions are asked when the talk is over.
func (v *tableView) questions(deeds DrillsDeeds) *fyne.Container {
	t := v.tongue
	v.asks = column(inside)
	v.askCard = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("What did we learn?")), v.asks))
	v.actions = newActionsView(t, func(what, owner, due string) string {
		table := deeds.Table()
		if table == nil {
			return ""
		}
		wrong := table.AddAction(what, owner, due)
		v.show(table.State())
		return wrong
	})
	v.toReport = widgets.NewButton(widgets.Filled, t.T("To the report"), func() {
		v.keepAnswers(deeds.Table())
		deeds.CloseTalk()
	}).Sized(widgets.ButtonInBar)
	right := column(gap, v.actions.card, line(0, 0, widgets.Room(1, 1), v.toReport))
	return container.New(widgets.Columns(gap, 56, 44), v.askCard, right)
}

// keepAnswers takes down what was typed.
func (v *tableView) keepAnswers(table *presenter.Table) {
	if table == nil {
		return
	}
	for i, a := range v.asked {
		table.Answer(i, a.answer.Text())
	}
}

// over begins with another table: nothing that was typed at the one before is of it.
func (v *tableView) over(table *presenter.Table) {
	if v.of == table {
		return
	}
	v.of, v.named, v.moves = table, false, nil
	v.who.SetText("")
	v.why.SetText("")
	for _, a := range v.asked {
		a.question.SetText("")
	}
}

func (v *tableView) show(s presenter.TableState) {
	t := v.tongue
	v.title.SetText(s.Title)
	v.clock.SetText(s.Clock)
	v.count.SetText(s.Count)
	show(v.start, !s.Begun && !s.Ended)
	show(v.pause, s.Begun && !s.Ended)
	show(v.next, s.Begun && !s.Ended && !s.Last)
	show(v.end, s.Begun && !s.Ended)
	v.pause.SetText(t.T("Pause"))
	v.pause.SetIcon(look.IconPause)
	if s.Paused {
		v.pause.SetText(t.T("Go on"))
		v.pause.SetIcon(look.IconPlay)
	}
	show(v.talk, !s.Ended)
	show(v.after, s.Ended)
	if s.Ended {
		v.showQuestions(s)
		return
	}
	v.from.SetText(s.From)
	show(v.from, s.From != "")
	show(v.writing, s.Begun)
	says := s.Says
	if !s.Begun {
		says = t.T("Read every message out as it comes, and let the table answer. Nothing is touched.")
	}
	v.says.SetText(says)
	v.expect.show(s.Expect)
	show(v.good, len(s.Expect) > 0)
	v.nextAt.SetText(s.Next)
	v.ahead.show(s.Ahead)
	show(v.later, len(s.Ahead) > 0)
	v.past.show(s.Past)
	show(v.done, len(s.Past) > 0)
	v.offer(s)
}

// offer puts the moves and the people up for choice.
func (v *tableView) offer(s presenter.TableState) {
	if len(v.moves) != len(s.Moves) {
		v.moves = s.Moves
		options := make([]widgets.SelectOption, len(s.Moves))
		for i, m := range s.Moves {
			options[i] = widgets.SelectOption{Key: m.Text, Text: m.Text}
		}
		v.move.Set(widgets.SelectData{Options: options})
	}
	if !v.named && len(s.People) > 0 { // once: somebody may want to clear it
		v.named = true
		v.who.SetText(s.People[0])
	}
}

func (v *tableView) showQuestions(s presenter.TableState) {
	for i := len(v.asked); i < len(s.Asks); i++ {
		a := &askView{question: widgets.NewParagraph(look.Body, ""), answer: widgets.NewTextBox(2, "")}
		a.answer.OnChanged = func(text string) { // it is not lost when the window is closed
			if table := v.deeds.Table(); table != nil && a.question.Text() != "" {
				table.Answer(i, text)
			}
		}
		a.box = column(4, a.question, a.answer)
		v.asked = append(v.asked, a)
		v.asks.Add(a.box)
	}
	for i, a := range v.asked {
		show(a.box, i < len(s.Asks))
		if i < len(s.Asks) && a.question.Text() != s.Asks[i].Question {
			a.question.SetText("") // what is set now was not typed
			a.answer.SetText(s.Asks[i].Answer)
			a.question.SetText(s.Asks[i].Question)
		}
	}
	v.actions.show(s.Actions)
}

// Audience is what everybody at the table sees, in a window of its own: the message
// and the clock, large.
type Audience struct {
	box                      *fyne.Container
	title, clock, from, note *widgets.Words
	says                     *widgets.Paragraph
}

// NewAudience lays the view out.
func NewAudience() *Audience {
	a := &Audience{
		title: widgets.NewWords(look.Lead, "").Shrinking(), clock: widgets.NewWords(look.Clock, ""), from: widgets.NewWords(look.Title, "").Shrinking(),
		note: widgets.NewWords(look.Lead, "").Shrinking(), says: widgets.NewParagraph(look.Clock, "").Leading(58),
	}
	a.from.SetColor(accent)
	a.box = container.New(padded(40, 56), container.New(widgets.RowsFilling(32, 1), line(inside, 0, a.title, a.clock), column(gap, a.from, a.says), a.note))
	return a
}

// Content is the view.
func (a *Audience) Content() fyne.CanvasObject { return a.box }

// Show shows a state; call it on the UI thread.
func (a *Audience) Show(s presenter.AudienceState) {
	a.title.SetText(s.Title)
	a.clock.SetText(s.Clock)
	a.from.SetText(s.From)
	show(a.from, s.From != "")
	a.says.SetText(s.Says)
	a.note.SetText(s.Note)
}
