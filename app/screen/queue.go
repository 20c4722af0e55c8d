package screen

import (
	"cmp"
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
	"lifeboat/failover"
)

// QueueDeeds are what the page of the queue asks for.
type QueueDeeds struct {
	// Background does something away from the UI thread; changed has the newest state
	// shown.
	Background func(do func(ctx context.Context, changed func()))
	// Ask shows a dialog; done is called on the UI thread.
	Ask  func(q widgets.DialogData, done func(yes bool, texts []string))
	Copy func(text string) // takes a text to the clipboard, and says so
}

// Queue shows what waits here to be sent: how it piled up and drained, each message, and
// what became of those that are gone.
type Queue struct {
	presenter *presenter.Queue
	deeds     QueueDeeds
	tongue    *i18n.Tongue
	state     presenter.QueueState

	head    *header
	problem *notice
	sendAll *widgets.Button
	chart   *queueChart
	tabs    *widgets.Segmented
	search  *widgets.SearchField
	list    *widgets.RowList
	empty   *widgets.Words
	more    *widgets.Words
	listed  *widgets.Card
	acts    *queueActs
	message *messageView
	main    *fyne.Container
	body    *fyne.Container
	shown   []presenter.QueueRow
	chosen  []presenter.QueueID
}

// NewQueue lays the screen out.
func NewQueue(t *i18n.Tongue, p *presenter.Queue, deeds QueueDeeds) *Queue {
	q := &Queue{
		presenter: p, deeds: deeds, tongue: t, problem: newNotice(),
		empty: widgets.NewWords(look.Quiet, ""), more: widgets.NewWords(look.Caption, "").Shrinking(),
	}
	q.sendAll = widgets.NewButton(widgets.Filled, t.T("Send all now"), func() { q.do(presenter.QueueAct{Kind: presenter.QueueSend}) }).WithIcon(look.IconPlay)
	q.chart = newQueueChart(t, func(s presenter.QueueSpan) {
		p.ShowSpan(s)
		q.look()
	})
	q.tabs = widgets.NewSegmented(nil, q.tab)
	q.search = widgets.NewSearchField(t.T("Address, subject or answer"))
	q.search.OnChanged = q.find
	q.search.OnDown = func() { q.focus(q.list) }
	q.list = widgets.NewRowList(queueRow, widgets.LogRows(widgets.LogColumns{Time: presenter.WidestDate(t), Two: true}, q.row))
	q.list.OnSelect = q.selected
	q.list.OnOpen = q.open
	q.listed = widgets.NewCard(container.NewStack(widgets.Space(leastList), q.list, container.NewCenter(q.empty))).Padded(1, listInset)
	q.acts = newQueueActs(q)
	q.message = newMessageView(q)
	q.head = newTitle(q.sendAll)
	tools := line(inside, 1, q.tabs, q.search)
	q.main = container.New(widgets.RowsFilling(inside, 4), q.head.box, q.problem.box, q.chart.card, tools, q.listed, q.more, q.acts.box)
	q.body = container.NewStack(q.main)
	q.Update()
	return q
}

// What the page is made of, in pixels at scale 1.
const (
	queueRow  = 56
	leastList = 176
	listInset = 6 // of a list in a card, whose corners are round
)

// Content is the screen.
func (q *Queue) Content() fyne.CanvasObject { return q.body }

// Bar is what stands below the page: nothing.
func (q *Queue) Bar() fyne.CanvasObject { return nil }

// Escape closes the message that is read, and reports whether there was one.
func (q *Queue) Escape() bool {
	if q.state.Open == nil {
		return false
	}
	q.presenter.Close()
	q.Update()
	q.focus(q.list)
	return true
}

// Update shows the presenter's state; call it on the UI thread.
func (q *Queue) Update() {
	s := q.presenter.State()
	q.state = s
	q.head.show(s.Light, s.Title, s.Lead)
	q.problem.show(cmp.Or(s.Problem, s.Note))
	show(q.sendAll, s.Acts)
	enable(q.sendAll, !s.Busy)
	q.chart.show(s)
	var tabs []string
	at := 0
	for i, tab := range s.Tabs {
		tabs = append(tabs, tab.Text)
		if tab.Tab == s.Tab {
			at = i
		}
	}
	q.tabs.SetOptions(tabs)
	q.tabs.Choose(at)
	q.rows(s.Rows)
	q.empty.SetText(s.Empty)
	show(q.empty, s.Empty != "")
	q.more.SetText(s.More)
	show(q.more, s.More != "")
	q.acts.show(s, q.chosen)
	view := q.main
	if s.Open != nil {
		view = q.message.box
		q.message.show(s)
	}
	if q.body.Objects[0] != view {
		q.body.Objects = []fyne.CanvasObject{view}
		q.body.Refresh()
		if view != q.main {
			q.focus(q.message.back)
		}
	}
}

// rows shows the rows, with the same messages selected as before.
func (q *Queue) rows(rows []presenter.QueueRow) {
	if slices.Equal(q.shown, rows) {
		return
	}
	q.shown = rows
	at := map[presenter.QueueID]int{}
	for i := len(rows) - 1; i >= 0; i-- {
		at[rows[i].ID] = i
	}
	var again []int
	q.chosen = slices.DeleteFunc(q.chosen, func(id presenter.QueueID) bool {
		i, there := at[id]
		if there {
			again = append(again, i)
		}
		return !there
	})
	cursor := -1
	if len(again) > 0 {
		cursor = again[0]
	}
	q.list.SetLength(len(rows))
	q.list.SetSelection(again, cursor)
	q.list.Refresh()
}

// row is what stands in a row.
func (q *Queue) row(i int) widgets.LogRow {
	if i >= len(q.shown) {
		return widgets.LogRow{}
	}
	r := q.shown[i]
	return widgets.LogRow{Shape: ShapeOf(r.Light), Time: r.Time, First: r.First, Second: r.Second, Right: r.Right}
}

func (q *Queue) selected() {
	q.chosen = nil
	for _, i := range q.list.Selected() {
		if i < len(q.shown) && q.shown[i].ID != "" && !slices.Contains(q.chosen, q.shown[i].ID) {
			q.chosen = append(q.chosen, q.shown[i].ID)
		}
	}
	q.acts.show(q.state, q.chosen)
}

// open reads a message.
func (q *Queue) open(i int) {
	if i >= len(q.shown) {
		return
	}
	id := q.shown[i].ID
	q.deeds.Background(func(ctx context.Context, changed func()) {
		q.presenter.Open(ctx, id)
		changed()
	})
}

func (q *Queue) tab(i int) {
	if i < len(q.state.Tabs) {
		q.chosen = nil
		q.presenter.Show(q.state.Tabs[i].Tab)
		q.look()
	}
}

func (q *Queue) find(text string) {
	q.presenter.Search(text)
	q.look()
}

// look shows what is known at once, and looks again.
func (q *Queue) look() {
	q.Update()
	q.deeds.Background(func(ctx context.Context, changed func()) {
		q.presenter.Look(ctx)
		changed()
	})
}

// do does something with messages, after it was asked for where that is due: with those
// that are there now, not with whatever is selected or listed once it is answered.
func (q *Queue) do(a presenter.QueueAct) {
	ask, due := q.presenter.Ask(a)
	a = q.presenter.Meant(a)
	act := func() {
		q.deeds.Background(func(ctx context.Context, changed func()) { q.presenter.Act(ctx, a, changed) })
	}
	if !due {
		act()
		return
	}
	d := widgets.DialogData{Title: ask.Title, Text: ask.Text, Yes: ask.Yes, No: ask.No, Risky: true}
	var report *widgets.Check
	if ask.Reason != "" {
		d.Fields = []widgets.FieldOptions{{Label: ask.Reason}}
	}
	if ask.Report != "" {
		report = widgets.NewCheck(ask.Report)
		report.Set(true)
		d.Content = report
	}
	q.deeds.Ask(d, func(yes bool, texts []string) {
		if !yes {
			return
		}
		if len(texts) > 0 {
			a.Reason = texts[0]
		}
		a.Report = report != nil && report.Checked()
		act()
	})
}

// focus gives the focus to an object of the page.
func (q *Queue) focus(o fyne.Focusable) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(q.body); c != nil {
		c.Focus(o)
	}
}

// via is where messages are led, by the key of a choice.
func via(key string) failover.Role { return failover.Role(key) }
