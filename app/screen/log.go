package screen

import (
	"context"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// LogDeeds are what the page of the log asks for.
type LogDeeds struct {
	// Background does something away from the UI thread; changed has the newest state
	// shown.
	Background func(do func(ctx context.Context, changed func()))
	Copy       func(text string)                     // takes a text to the clipboard, and says so
	Save       func(title, name string, data []byte) // asks where it is to go, and writes it there
	Report     func(drill string)                    // opens the report of a drill
}

// Log lists what happened, and opens what is behind it.
type Log struct {
	presenter *presenter.Log
	deeds     LogDeeds
	state     presenter.LogState
	head      *header
	problem   *notice
	filter    *widgets.Select
	search    *widgets.SearchField
	list      *widgets.RowList
	empty     *widgets.Words
	open      *logView
	main      *fyne.Container
	body      *fyne.Container
	shown     []presenter.LogRow
}

// NewLog lays the screen out.
func NewLog(t *i18n.Tongue, p *presenter.Log, deeds LogDeeds) *Log {
	l := &Log{
		presenter: p, deeds: deeds, problem: newNotice(), empty: widgets.NewWords(look.Quiet, ""),
	}
	save := func(format, text string) *widgets.Button {
		return widgets.NewButton(widgets.Outlined, text, func() {
			deeds.Background(func(context.Context, func()) {
				data, name := p.Export(format)
				deeds.Save(t.T("Save the log"), name, data)
			})
		}).WithIcon(look.IconSave)
	}
	l.head = newTitle(save("txt", t.T("Save as text")), save("csv", t.T("Save as CSV")))
	l.filter = widgets.NewSelect(filterWide)
	l.filter.OnChosen = l.choose
	l.search = widgets.NewSearchField(t.T("Search what happened"))
	l.search.OnChanged = func(text string) { p.Search(text); l.Update() }
	l.search.OnDown = func() { l.focus(l.list) }
	again := widgets.NewButton(widgets.Outlined, t.T("Look again"), l.load).WithIcon(look.IconRefresh).Sized(widgets.ButtonInBar)
	tools := line(inside, 1, l.filter, l.search, again)
	columns := widgets.LogColumns{Time: presenter.WidestDate(t), Kind: widest(t)}
	l.list = widgets.NewRowList(widgets.LogRowHeight, widgets.LogRows(columns, l.row))
	l.list.Single = true
	l.list.OnOpen = func(i int) { p.Open(i); l.Update() }
	listed := widgets.NewCard(container.NewStack(widgets.Space(leastList), l.list, container.NewCenter(l.empty))).Padded(1, listInset)
	l.open = newLogView(t, l)
	l.main = container.New(widgets.RowsFilling(gap, 3), l.head.box, l.problem.box, tools, listed)
	l.body = container.NewStack(l.main)
	l.Update()
	return l
}

const filterWide = 150

// widest is the longest name of a kind.
func widest(t *i18n.Tongue) (name string) {
	for _, k := range presenter.LogKindNames(t) {
		if len(k) > len(name) {
			name = k
		}
	}
	return name
}

// Content is the screen.
func (l *Log) Content() fyne.CanvasObject { return l.body }

// Bar is what stands below the page: nothing.
func (l *Log) Bar() fyne.CanvasObject { return nil }

// Escape closes the entry that is read, and reports whether there was one.
func (l *Log) Escape() bool {
	if l.state.Open == nil {
		return false
	}
	l.presenter.Close()
	l.Update()
	l.focus(l.list)
	return true
}

// Shown has the log read anew, when the page comes to be seen.
func (l *Log) Shown() { l.load() }

func (l *Log) load() {
	l.deeds.Background(func(ctx context.Context, changed func()) { l.presenter.Load(ctx, changed) })
}

func (l *Log) choose(key string) {
	if i := slices.Index(l.state.Filters, key); i >= 0 {
		l.presenter.Filter(i)
		l.Update()
	}
}

// Update shows the presenter's state; call it on the UI thread.
func (l *Log) Update() {
	s := l.presenter.State()
	l.state = s
	l.head.show(presenter.NoLight, s.Title, s.Lead)
	l.problem.show(s.Problem)
	d := widgets.SelectData{Chosen: s.Filters[min(s.Filter, len(s.Filters)-1)]}
	for _, f := range s.Filters {
		d.Options = append(d.Options, widgets.SelectOption{Key: f, Text: f})
	}
	l.filter.Set(d)
	if !slices.Equal(l.shown, s.Rows) {
		l.shown = s.Rows
		l.list.SetLength(len(s.Rows))
		l.list.SetSelection(nil, -1)
		l.list.Refresh()
	}
	l.empty.SetText(s.Empty)
	show(l.empty, s.Empty != "")
	view := l.main
	if s.Open != nil {
		view = l.open.box
		l.open.show(*s.Open)
	}
	if l.body.Objects[0] != view {
		l.body.Objects = []fyne.CanvasObject{view}
		l.body.Refresh()
		if view != l.main {
			l.focus(l.open.back)
		}
	}
}

// row is what stands in a row.
func (l *Log) row(i int) widgets.LogRow {
	if i >= len(l.shown) {
		return widgets.LogRow{}
	}
	r := l.shown[i]
	return widgets.LogRow{Shape: ShapeOf(r.Light), Time: r.Time, Kind: r.Kind, First: r.Says, Right: r.About}
}

func (l *Log) focus(o fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(l.body); c != nil {
		c.Focus(o)
	}
}

// logView is one entry with all that is known of it.
type logView struct {
	box     *fyne.Container
	back    *widgets.Button
	light   *widgets.Light
	title   *widgets.Paragraph
	report  *widgets.Button
	facts   *facts
	details *facts
	more    *widgets.Card
	exact   *widgets.Paragraph
	records *widgets.Card
}

func newLogView(t *i18n.Tongue, l *Log) *logView {
	v := &logView{
		light: widgets.NewLight(24, widgets.NoShape), title: widgets.NewParagraph(look.Title, ""), facts: newFacts(factColumn), details: newFacts(detailColumn),
		exact: widgets.NewParagraph(look.Record, ""),
	}
	v.back = widgets.NewButton(widgets.Plain, t.T("Back to the list"), func() { l.Escape() }).WithIcon(look.IconBack)
	copied := widgets.NewButton(widgets.Outlined, t.T("Copy all"), func() {
		if l.state.Open != nil {
			l.deeds.Copy(l.state.Open.Copy)
		}
	}).WithIcon(look.IconCopy)
	v.report = widgets.NewButton(widgets.Outlined, t.T("Report"), func() {
		if l.state.Open != nil {
			l.deeds.Report(l.state.Open.Drill)
		}
	})
	card := func(title string, content fyne.CanvasObject) *widgets.Card {
		return widgets.NewCard(column(6, widgets.NewWords(look.Heading, title), content)).Padded(20, 16)
	}
	v.more, v.records = card(t.T("More on it"), v.details.box), card(t.T("Exact records and answers"), v.exact)
	head := line(inside, 1, container.NewVBox(v.light), v.title, v.report, copied)
	v.box = column(inside, container.NewHBox(v.back), head, card(t.T("What happened"), v.facts.box), v.more, v.records)
	return v
}

// detailColumn is where the times of details begin, in pixels at scale 1.
const detailColumn = 520

func (v *logView) show(o presenter.LogOpen) {
	v.light.SetShape(ShapeOf(o.Light))
	show(v.light, o.Light != presenter.NoLight)
	v.title.SetText(o.Title)
	show(v.report, o.Drill != "")
	v.facts.show(o.Facts)
	v.details.show(o.Details)
	show(v.more, len(o.Details) > 0)
	v.exact.SetText(strings.Join(o.Exact, "\n"))
	show(v.records, len(o.Exact) > 0)
}
