package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// DrillsDeeds are what the drills page asks for.
type DrillsDeeds struct {
	Play   func(scenario string, unattended bool)
	Talk   func(scenario string)
	Open   func(id string)
	People func(names string)
	Resume func()

	Back      func()                   // to the list
	EndDrill  func()                   // before its script does
	EndTalk   func()                   // and ask the questions
	CloseTalk func()                   // and read the report
	Audience  func()                   // opens the window for the participants
	Save      func(format string)      // the report
	Change    func(do func())          // does what keeps something, away from the UI thread
	Table     func() *presenter.Table  // the one that is laid
	Report    func() *presenter.Report // the one that is read
	Live      func() *presenter.Drill  // the one that is played
	// Browse opens the report in the browser.
	Browse func()
	// Rehearsal is for live rehearsals, and Rehearsed the one that is prepared or under way.
	Rehearsal RehearsalDeeds
	Rehearsed func() (presenter.RehearsalState, bool)
}

// Drills lists what can be rehearsed and what was; what is chosen takes its place.
type Drills struct {
	presenter *presenter.Drills
	deeds     DrillsDeeds
	tongue    *i18n.Tongue

	list   *drillList
	live   *liveView // this and what follows: nil until it is needed
	table  *tableView
	report *reportView
	real   *rehearseView
	body   *fyne.Container
}

// NewDrills lays the screen out.
func NewDrills(t *i18n.Tongue, p *presenter.Drills, deeds DrillsDeeds) *Drills {
	d := &Drills{presenter: p, deeds: deeds, tongue: t}
	d.list = newDrillList(t, deeds)
	d.body = container.NewStack()
	d.Update()
	return d
}

// Content is the screen.
func (d *Drills) Content() fyne.CanvasObject { return d.body }

// Part is which of list, drill and report is shown.
func (d *Drills) Part() string { return string(d.presenter.Page()) }

// Update shows the presenters' state; call it on the UI thread.
func (d *Drills) Update() {
	s := d.presenter.State()
	view := d.list.box
	switch s.Page {
	case presenter.DrillsLive:
		if live := d.deeds.Live(); live != nil {
			if d.live == nil {
				d.live = newLiveView(d.tongue, d.deeds)
			}
			view = d.live.box
			d.live.show(live.State())
			d.live.world.move(live.Hops())
		}
	case presenter.DrillsTable:
		if table := d.deeds.Table(); table != nil {
			if d.table == nil {
				d.table = newTableView(d.tongue, d.deeds)
			}
			view = d.table.box
			d.table.over(table)
			d.table.show(table.State())
		}
	case presenter.DrillsReport:
		if report := d.deeds.Report(); report != nil {
			if d.report == nil {
				d.report = newReportView(d.tongue, d.deeds)
			}
			view = d.report.box
			d.report.show(report.State())
		}
	case presenter.DrillsRehearse:
		if s, ok := d.deeds.Rehearsed(); ok {
			if d.real == nil {
				d.real = newRehearseView(d.tongue, d.deeds)
			}
			view = d.real.box
			d.real.show(s)
		}
	default:
	}
	if view == d.list.box {
		d.list.show(s, d.presenter.Held())
	}
	if len(d.body.Objects) == 0 || d.body.Objects[0] != view {
		d.body.Objects = []fyne.CanvasObject{view}
		d.body.Refresh()
	}
}

// drillList is the list.
type drillList struct {
	box      *fyne.Container
	head     *header
	problem  *widgets.Paragraph
	people   *widgets.Field
	goesOn   *fyne.Container
	rows     []*scenarioView
	list     *fyne.Container
	held     []*heldView
	heldBox  *fyne.Container
	heldCard *widgets.Card
	tongue   *i18n.Tongue
	deeds    DrillsDeeds
}

type scenarioView struct {
	card       *widgets.Card
	light      *widgets.Light
	title      *widgets.Words
	summary    *widgets.Paragraph
	facts      *widgets.Words
	last       *widgets.Words
	play, talk *widgets.Button
	watch      *widgets.Button
	real       *widgets.Button
	name       string
}

type heldView struct {
	box    *fyne.Container
	light  *widgets.Light
	title  *widgets.Words
	says   *widgets.Words
	when   *widgets.Words
	button *widgets.Button
	id     string
}

func newDrillList(t *i18n.Tongue, deeds DrillsDeeds) *drillList {
	l := &drillList{tongue: t, deeds: deeds, head: newHeader(), problem: widgets.NewParagraph(look.Strong, "")}
	l.people = bareField(t.T("Names, separated by commas; the first one decides"))
	l.people.OnChanged = deeds.People
	l.goesOn = line(inside, 0, widgets.NewWords(look.Strong, t.T("A drill is under way.")).Shrinking(), widgets.NewButton(widgets.Filled, t.T("Go to it"), deeds.Resume))
	l.list, l.heldBox = column(gap), column(0)
	l.heldCard = widgets.NewCard(column(inside, widgets.NewWords(look.Heading, t.T("Held so far")), l.heldBox))
	who := line(inside, 1, widgets.NewWords(look.Quiet, t.T("Who takes part")), l.people)
	l.box = column(gap, l.head.box, l.problem, l.goesOn, who, l.list, l.heldCard)
	return l
}

func (l *drillList) show(s presenter.DrillsState, under bool) {
	l.head.show(presenter.NoLight, l.tongue.T("Rehearse an outage"), s.Lead)
	l.problem.SetText(s.Problem)
	show(l.problem, s.Problem != "")
	show(l.goesOn, under)
	if l.people.Text() == "" && s.People != "" && !under {
		l.people.SetText(s.People)
	}
	for len(l.rows) < len(s.Scenarios) {
		l.rows = append(l.rows, l.row())
	}
	for i, r := range l.rows {
		show(r.card, i < len(s.Scenarios))
		if i < len(s.Scenarios) {
			r.show(s.Scenarios[i], !under && !s.Starting)
		}
	}
	for len(l.held) < len(s.Held) {
		l.held = append(l.held, l.heldRow())
	}
	for i, h := range l.held {
		show(h.box, i < len(s.Held))
		if i < len(s.Held) {
			h.show(s.Held[i])
		}
	}
	show(l.heldCard, len(s.Held) > 0)
}

func (l *drillList) row() *scenarioView {
	t := l.tongue
	r := &scenarioView{
		light: widgets.NewLight(18, widgets.Waiting), title: widgets.NewWords(look.Heading, "").Shrinking(), summary: widgets.NewParagraph(look.Quiet, ""),
		facts: widgets.NewWords(look.Caption, "").Shrinking(), last: widgets.NewWords(look.Caption, ""),
	}
	r.play = widgets.NewButton(widgets.Outlined, t.T("Decide yourself"), func() { l.deeds.Play(r.name, false) }).WithIcon(look.IconPlay)
	r.watch = widgets.NewButton(widgets.Outlined, t.T("Watch it"), func() { l.deeds.Play(r.name, true) }).WithIcon(look.IconEye)
	r.talk = widgets.NewButton(widgets.Outlined, t.T("Around a table"), func() { l.deeds.Talk(r.name) }).WithIcon(look.IconPeople)
	r.real = widgets.NewButton(widgets.Outlined, t.T("Rehearse live"), func() { l.deeds.Rehearsal.Prepare(r.name) }).WithIcon(look.IconGlobe)
	head := line(8, 1, r.light, r.title, r.last)
	foot := line(inside, 0, r.facts, r.talk, r.watch, r.play, r.real)
	r.card = widgets.NewCard(column(8, head, r.summary, foot))
	l.list.Add(r.card)
	return r
}

func (r *scenarioView) show(s presenter.ScenarioRow, can bool) {
	r.name = s.Name
	r.light.SetShape(ShapeOf(s.Light))
	r.title.SetText(s.Title)
	r.summary.SetText(s.Summary)
	r.facts.SetText(s.Facts)
	r.last.SetText(s.Last)
	show(r.play, s.Plays)
	show(r.watch, s.Plays)
	show(r.talk, s.Talks)
	show(r.real, s.Lives)
	kind := widgets.Outlined
	if s.Next && can {
		kind = widgets.Filled
	}
	r.play.SetKind(kind)
	for _, b := range []*widgets.Button{r.play, r.watch, r.talk, r.real} {
		enable(b, can)
	}
}

func (l *drillList) heldRow() *heldView {
	h := &heldView{
		light: widgets.NewLight(18, widgets.Disc), title: widgets.NewWords(look.Body, "").Shrinking(), says: widgets.NewWords(look.Caption, ""),
		when: widgets.NewWords(look.Caption, ""),
	}
	h.button = widgets.NewButton(widgets.Plain, l.tongue.T("Report"), func() { l.deeds.Open(h.id) }).Sized(widgets.ButtonInRow)
	h.box = line(inside, 1, h.light, h.title, h.says, h.when, h.button)
	l.heldBox.Add(h.box)
	return h
}

func (h *heldView) show(s presenter.HeldRow) {
	h.id = s.ID
	h.light.SetShape(ShapeOf(s.Light))
	h.title.SetText(s.Title)
	h.says.SetText(s.Says)
	h.when.SetText(s.When)
}
