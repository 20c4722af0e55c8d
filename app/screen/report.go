package screen

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// reportView is what came of a drill: the verdict, the proof, and what is to be
// done.
type reportView struct {
	box      *fyne.Container
	head     *header
	facts    *widgets.Words
	notice   *noticeBar
	problem  *widgets.Paragraph
	saved    *widgets.Words
	measures *widgets.MeasureTable
	measured *widgets.Card
	ledger   *widgets.Ledger
	mail     *widgets.Card
	trend    *widgets.Words
	spark    *widgets.Spark
	trended  *widgets.Card
	checks   *facts
	checked  *widgets.Card
	advice   *adviceList
	advised  *widgets.Card
	notes    *facts
	noted    *widgets.Card
	actions  *actionsView
	script   *scriptView
	happened *widgets.Card
}

func newReportView(t *i18n.Tongue, deeds DrillsDeeds) *reportView {
	v := &reportView{
		facts: widgets.NewWords(look.Caption, "").Shrinking(), notice: newNoticeBar(), problem: widgets.NewParagraph(look.Strong, ""), saved: widgets.NewWords(look.Caption, "").Shrinking(),
		measures: widgets.NewMeasureTable(t.T("This drill"), t.T("Goal"), t.T("Last drill")), ledger: widgets.NewLedger(),
		trend: widgets.NewWords(look.Caption, "").Shrinking(), spark: widgets.NewSpark(widgets.SparkLine, 44),
		checks: newFacts(0), advice: newAdviceList(), notes: newFacts(0), script: newScriptView(),
	}
	browse := widgets.NewButton(widgets.Filled, t.T("Open in the browser"), func() { deeds.Browse() }).WithIcon(look.IconGlobe)
	html := widgets.NewButton(widgets.Outlined, t.T("Save the report"), func() { deeds.Save("html") }).WithIcon(look.IconSave)
	markdown := widgets.NewButton(widgets.Outlined, t.T("As Markdown"), func() { deeds.Save("md") })
	back := widgets.NewButton(widgets.Outlined, t.T("All drills"), deeds.Back)
	v.head = newHeader(browse)
	v.actions = newActionsView(t, func(what, owner, due string) string {
		if r := deeds.Report(); r != nil {
			return r.AddAction(what, owner, due)
		}
		return ""
	})
	card := func(title string, content fyne.CanvasObject) *widgets.Card {
		return widgets.NewCard(column(inside, widgets.NewWords(look.Heading, title), content))
	}
	v.measured = card(t.T("What was measured"), v.measures)
	v.mail = card(t.T("What became of the mail"), v.ledger)
	v.trended = widgets.NewCard(column(4, v.trend, v.spark))
	v.checked = card(t.T("What had to hold"), v.checks.box)
	v.advised = card(t.T("Recommendations"), v.advice.box)
	v.noted = card(t.T("What people said"), v.notes.box)
	v.happened = card(t.T("What happened"), v.script.box)
	left := column(gap, v.checked, v.happened)
	right := column(gap, v.measured, v.mail, v.trended, v.advised, v.actions.card, v.noted)
	v.box = column(gap, v.head.box, line(inside, 0, v.facts, back, markdown, html), v.problem, v.saved, v.notice.box, container.New(widgets.Columns(gap, 44, 56), left, right))
	return v
}

func (v *reportView) show(s presenter.ReportState) {
	v.head.show(s.Light, s.Verdict, s.Title)
	v.facts.SetText(s.Facts)
	v.notice.show(s.Notice)
	v.problem.SetText(s.Problem)
	show(v.problem, s.Problem != "")
	v.saved.SetText(s.Saved)
	show(v.saved, s.Saved != "")
	v.measures.Set(measuresOf(s.Measures))
	show(v.measured, len(s.Measures) > 0)
	show(v.mail, s.Ledger != nil)
	if s.Ledger != nil {
		v.ledger.Set(ledgerOf(*s.Ledger))
	}
	v.trend.SetText(s.Trend)
	v.spark.Set(s.Values)
	show(v.trended, len(s.Values) > 1)
	v.checks.show(s.Checks)
	show(v.checked, len(s.Checks) > 0)
	v.advice.show(s.Advice)
	show(v.advised, len(s.Advice) > 0)
	notes := slices.Clone(s.Notes)
	for _, a := range s.Asks {
		notes = append(notes, presenter.Row{Light: presenter.LightReady, Label: a.Question, Value: a.Answer})
	}
	v.notes.show(notes)
	show(v.noted, len(notes) > 0)
	v.actions.show(s.Actions)
	v.script.show(s.Timeline)
	show(v.happened, len(s.Timeline) > 0)
}

// adviceList is sentences with an arrow before each.
type adviceList struct {
	box  *fyne.Container
	rows []*pointRow
	data []string
}

func newAdviceList() *adviceList { return &adviceList{box: column(8)} }

func (l *adviceList) show(texts []string) {
	if slices.Equal(l.data, texts) {
		return
	}
	l.data = slices.Clone(texts)
	for len(l.rows) < len(texts) {
		p := &pointRow{sign: newSign(look.IconArrow, accent, 18), text: widgets.NewParagraph(look.Body, "")}
		p.box = container.New(pointLayout{}, p.sign, p.text)
		l.rows = append(l.rows, p)
		l.box.Add(p.box)
	}
	for i, r := range l.rows {
		show(r.box, i < len(texts))
		if i < len(texts) {
			r.text.SetText(texts[i])
		}
	}
	l.box.Refresh()
}

// actionsView lists what is to be done, and takes more down.
type actionsView struct {
	card             *widgets.Card
	rows             *facts
	what, owner, due *widgets.Field
	wrong            *widgets.Words
	tongue           *i18n.Tongue
}

// bareField is a line to type into that says itself what for.
func bareField(placeholder string) *widgets.Field {
	return widgets.NewField(widgets.FieldOptions{Placeholder: placeholder})
}

func newActionsView(t *i18n.Tongue, add func(what, owner, due string) string) *actionsView {
	v := &actionsView{rows: newFacts(0), what: bareField(t.T("What is to be done")), owner: bareField(t.T("By whom")), due: bareField(t.T("By when, as 2026-12-31")), wrong: widgets.NewWords(look.Small, ""), tongue: t}
	button := widgets.NewButton(widgets.Outlined, t.T("Add"), func() {
		wrong := add(v.what.Text(), v.owner.Text(), v.due.Text())
		v.wrong.SetText(wrong)
		show(v.wrong, wrong != "")
		if wrong == "" {
			for _, e := range []*widgets.Field{v.what, v.owner, v.due} {
				e.SetText("")
			}
		}
	})
	v.wrong.Hide()
	entries := column(8, v.what, container.New(widgets.Columns(8), v.owner, v.due), v.wrong, line(8, 0, widgets.Room(1, 1), button))
	v.card = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("What is to be done")), v.rows.box, entries))
	return v
}

func (v *actionsView) show(actions []presenter.ActionRow) {
	rows := make([]presenter.Row, len(actions))
	for i, a := range actions {
		rows[i] = presenter.Row{Light: presenter.LightWaiting, Label: a.What, Value: v.tongue.T("{owner}, by {due}", "owner", a.Owner, "due", a.Due)}
		switch {
		case a.Owner == "" && a.Due == "":
			rows[i].Light, rows[i].Value = presenter.LightCare, v.tongue.T("nobody yet, and no date")
		case a.Owner == "":
			rows[i].Light, rows[i].Value = presenter.LightCare, v.tongue.T("nobody yet, by {due}", "due", a.Due)
		case a.Due == "":
			rows[i].Light, rows[i].Value = presenter.LightCare, v.tongue.T("{owner}, no date yet", "owner", a.Owner)
		}
	}
	v.rows.show(rows)
}
