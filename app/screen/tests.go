package screen

import (
	"fyne.io/fyne/v2"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// TestsDeeds are what the page of the tests asks for.
type TestsDeeds struct {
	Run    func()          // all tests of the domain that is shown
	RunOne func(id string) // one test, at every side
	Cancel func()
	Copy   func(text string) // takes a text to the clipboard, and says so
}

// Tests shows the verdict on the connections, and below it the proof: every test at
// every side, and behind a row the exact answers and what to do.
type Tests struct {
	presenter *presenter.Tests
	deeds     TestsDeeds
	state     presenter.TestsState
	copyWord  string

	title   *widgets.Paragraph
	lead    *widgets.Paragraph
	report  *widgets.Button
	run     *widgets.Button
	table   *widgets.CheckTable
	domains *domainList
	content fyne.CanvasObject
}

// NewTests lays the screen out.
func NewTests(t *i18n.Tongue, p *presenter.Tests, deeds TestsDeeds) *Tests {
	s := &Tests{presenter: p, deeds: deeds, copyWord: t.T("Copy"), title: widgets.NewParagraph(look.Title, ""), lead: widgets.NewParagraph(look.Lead, "")}
	s.report = widgets.NewButton(widgets.Outlined, t.T("Copy report"), func() { deeds.Copy(p.Report()) }).WithIcon(look.IconCopy)
	s.run = widgets.NewButton(widgets.Filled, "", s.press).WithIcon(look.IconRefresh)
	s.table = widgets.NewCheckTable()
	s.table.OnToggle = func(id string) { p.Toggle(id); s.Update() }
	s.table.OnAction = deeds.RunOne
	s.table.OnCopy = deeds.Copy
	s.domains = newDomainList(t, func(name string) { p.Select(name); s.Update() })
	head := line(gap, 0, column(0, s.title, s.lead), s.report, s.run)
	s.content = column(gap, head, s.table, s.domains.card)
	s.Update()
	return s
}

// Content is the screen.
func (s *Tests) Content() fyne.CanvasObject { return s.content }

// Bar is what stands below the page: nothing.
func (s *Tests) Bar() fyne.CanvasObject { return nil }

// press tests, or cancels what goes on.
func (s *Tests) press() {
	if s.state.Running {
		s.deeds.Cancel()
		return
	}
	s.deeds.Run()
}

// Update shows the presenter's state; call it on the UI thread.
func (s *Tests) Update() {
	st := s.presenter.State()
	s.state = st
	s.title.SetText(st.Title)
	s.lead.SetText(st.Lead)
	kind, icon := widgets.Filled, look.IconRefresh
	if st.Running {
		kind, icon = widgets.Outlined, look.IconStop
	}
	s.run.SetKind(kind)
	s.run.SetIcon(icon)
	s.run.SetText(st.Button)
	enable(s.report, st.Copy)
	s.table.Set(checksOf(st, s.copyWord))
	show(s.domains.card, len(st.Domains) > 0)
	s.domains.show(st.Domains)
}

// checksOf is the table as its widget takes it.
func checksOf(s presenter.TestsState, copyWord string) widgets.CheckData {
	d := widgets.CheckData{First: s.Check, Copy: copyWord}
	for _, c := range s.Columns {
		d.Columns = append(d.Columns, widgets.CheckColumn(c))
	}
	for _, r := range s.Rows {
		row := widgets.CheckRow{Key: r.ID, Title: r.Title, Shape: ShapeOf(r.Light)}
		for _, m := range r.Cells {
			c := widgets.CheckCell{Shape: ShapeOf(m.Light), Text: m.Text, Loud: !m.Plain}
			if m.Unused {
				c.Shape = widgets.NoShape
			}
			row.Cells = append(row.Cells, c)
		}
		if r.Detail != nil {
			row.Detail = checkOf(*r.Detail)
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// checkOf is what an open row shows.
func checkOf(d presenter.TestDetail) *widgets.CheckDetail {
	out := &widgets.CheckDetail{
		Title: d.Advice.Title, Advice: d.Advice.Texts, Copy: d.Advice.Copy, Button: d.Button, Off: d.Off, Beside: d.Usual,
	}
	for _, a := range d.Answers {
		out.Answers = append(out.Answers, widgets.CheckAnswer{Title: a.Title, Says: a.Says, Lines: a.Lines, More: a.More, Note: a.Note, Copy: a.Copy})
	}
	return out
}
