package screen

import (
	"cmp"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// queueChart is the card of how much waited over time.
type queueChart struct {
	card   *widgets.Card
	chart  *widgets.TimeChart
	most   *widgets.Words
	spans  *widgets.Segmented
	keys   []*queueKey
	legend *fyne.Container
}

// queueKey names a curve.
type queueKey struct {
	box        *fyne.Container
	name, says *widgets.Words
}

const (
	queueChartHigh = 132
	queueLegend    = 232 // the width of the names beside the chart
)

func newQueueChart(t *i18n.Tongue, chosen func(presenter.QueueSpan)) *queueChart {
	c := &queueChart{chart: widgets.NewTimeChart(queueChartHigh), most: widgets.NewWords(look.Caption, "").Shrinking(), legend: column(inside)}
	c.spans = widgets.NewSegmented(nil, func(i int) { chosen(presenter.QueueSpan(i)) })
	for i := range 2 {
		k := &queueKey{name: widgets.NewWords(look.Body, "").Shrinking(), says: widgets.NewWords(look.Caption, "").Shrinking()}
		k.box = line(inside, 1, widgets.NewChartKey(i == 1), column(0, k.name, k.says))
		c.keys = append(c.keys, k)
		c.legend.Add(k.box)
	}
	head := line(inside, 1, widgets.NewWords(look.Strong, t.T("Waiting to be sent")), c.most, c.spans)
	plot := container.New(sideBySide{queueLegend}, c.chart, c.legend)
	c.card = widgets.NewCard(column(4, head, plot)).Padded(16, 12)
	return c
}

// sideBySide gives the second object a width, and the first what is left.
type sideBySide struct{ second float32 }

// Layout places both.
func (s sideBySide) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	left := size.Width - s.second - gap
	objects[0].Resize(fyne.NewSize(left, size.Height))
	objects[0].Move(fyne.NewPos(0, 0))
	high := objects[1].MinSize().Height
	objects[1].Resize(fyne.NewSize(s.second, high))
	objects[1].Move(fyne.NewPos(left+gap, max((size.Height-high)/2, 0)))
}

// MinSize is what both need.
func (s sideBySide) MinSize(objects []fyne.CanvasObject) fyne.Size {
	a, b := objects[0].MinSize(), objects[1].MinSize()
	return fyne.NewSize(a.Width+gap+s.second, max(a.Height, b.Height))
}

func (c *queueChart) show(s presenter.QueueState) {
	c.spans.SetOptions(s.Spans)
	c.spans.Choose(int(s.Span))
	c.most.SetText(s.Chart.Says)
	for i, k := range c.keys {
		show(k.box, i < len(s.Legend))
		if i < len(s.Legend) {
			k.name.SetText(s.Legend[i].Name)
			k.says.SetText(strings.Join(s.Legend[i].Lines, " · "))
		}
	}
	c.chart.Set(chartOf(s.Chart))
}

// chartOf is the chart as its widget takes it.
func chartOf(q presenter.QueueChart) widgets.ChartData {
	x := func(at time.Time) float64 { return at.Sub(q.From).Seconds() }
	d := widgets.ChartData{To: x(q.To), YTicks: ticks(q.Most, true)}
	for i, l := range q.Lines {
		var points []widgets.Point
		for _, p := range l.Points {
			points = append(points, widgets.Point{X: x(p.At), Y: float64(p.N)})
		}
		if i == 0 {
			d.Points = points
		} else {
			d.Second = points
		}
	}
	for _, t := range q.Ticks {
		d.XTicks = append(d.XTicks, widgets.Tick{At: x(t.At), Label: t.Label})
	}
	for _, m := range q.Marks {
		d.Turns = append(d.Turns, widgets.Tick{At: x(m.At), Label: m.Label})
	}
	return d
}

// queueActs are what can be done with messages: with those that are selected, or with
// all that are listed.
type queueActs struct {
	box    *fyne.Container
	queue  *Queue
	says   *widgets.Paragraph
	send   *widgets.Button
	hold   *widgets.Button
	settle *widgets.Button
	drop   *widgets.Button
	lead   *widgets.Select
}

// pickLead and byRoute are the keys of no choice, and of the way back to the domain's
// route.
const (
	pickLead = "pick"
	byRoute  = ""
)

func newQueueActs(q *Queue) *queueActs {
	t := q.tongue
	a := &queueActs{queue: q, says: widgets.NewParagraph(look.Caption, "")}
	button := func(text string, k presenter.QueueDo) *widgets.Button {
		return widgets.NewButton(widgets.Outlined, text, func() { q.do(presenter.QueueAct{Kind: k, IDs: q.chosen}) })
	}
	a.send, a.hold = button(t.T("Send now"), presenter.QueueSend), button(t.T("Hold"), presenter.QueueHold)
	a.settle, a.drop = button(t.T("It has arrived"), presenter.QueueSettle), button(t.T("Drop …"), presenter.QueueDrop)
	a.lead = widgets.NewSelect(0)
	a.lead.OnChosen = func(key string) {
		if key != pickLead {
			q.do(presenter.QueueAct{Kind: presenter.QueueLead, IDs: q.chosen, Via: via(key)})
		}
		a.show(q.state, q.chosen)
	}
	a.box = line(8, 0, a.says, a.send, a.hold, a.lead, a.settle, a.drop)
	return a
}

func (a *queueActs) show(s presenter.QueueState, chosen []presenter.QueueID) {
	t := a.queue.tongue
	show(a.box, s.Acts)
	if !s.Acts {
		return
	}
	switch n := len(chosen); n {
	case 0:
		a.says.SetText(t.T("All that are listed"))
	case 1:
		a.says.SetText(t.T("The selected message"))
	default:
		a.says.SetText(t.T("{count} selected", "count", n))
	}
	options := []widgets.SelectOption{{Key: pickLead, Text: t.T("Lead elsewhere")}}
	for _, r := range s.Reroutes {
		options = append(options, widgets.SelectOption{Key: string(r.Via), Text: r.Text})
	}
	a.lead.Set(widgets.SelectData{Options: options, Chosen: pickLead})
	for _, b := range []*widgets.Button{a.send, a.hold, a.settle, a.drop} {
		enable(b, !s.Busy)
	}
	if s.Busy {
		a.lead.Disable()
	} else {
		a.lead.Enable()
	}
	show(a.settle, a.queue.presenter.Settles(chosen))
}

// messageView is one message with all that happened to it.
type messageView struct {
	box    *fyne.Container
	queue  *Queue
	back   *widgets.Button
	title  *widgets.Paragraph
	copy   *widgets.Button
	facts  *facts
	events *facts
	acts   *fyne.Container
	drop   *widgets.Button
}

func newMessageView(q *Queue) *messageView {
	t := q.tongue
	m := &messageView{queue: q, title: widgets.NewParagraph(look.Title, ""), facts: newFacts(factColumn), events: newFacts(eventColumn)}
	m.back = widgets.NewButton(widgets.Plain, t.T("Back to the list"), func() { q.Escape() }).WithIcon(look.IconBack)
	m.copy = widgets.NewButton(widgets.Outlined, t.T("Copy all"), func() {
		if q.state.Open != nil {
			q.deeds.Copy(q.state.Open.Copy)
		}
	}).WithIcon(look.IconCopy)
	act := func(kind widgets.ButtonKind, text string, k presenter.QueueDo) *widgets.Button {
		return widgets.NewButton(kind, text, func() {
			if q.state.Open != nil {
				q.do(presenter.QueueAct{Kind: k, IDs: []presenter.QueueID{q.state.Open.Row}})
			}
		})
	}
	m.drop = act(widgets.Outlined, t.T("Drop …"), presenter.QueueDrop)
	m.acts = line(8, -1, act(widgets.Filled, t.T("Send now"), presenter.QueueSend), act(widgets.Outlined, t.T("Hold"), presenter.QueueHold), m.drop)
	head := line(inside, 0, m.title, m.acts, m.copy)
	m.box = column(inside, container.NewHBox(m.back), head, widgets.NewCard(column(4, widgets.NewWords(look.Heading, t.T("The message")), m.facts.box)).Padded(20, 16),
		widgets.NewCard(column(4, widgets.NewWords(look.Heading, t.T("What happened")), m.events.box)).Padded(20, 16))
	return m
}

// Where the words of facts begin, in pixels at scale 1.
const (
	factColumn  = 220
	eventColumn = 320
)

func (m *messageView) show(s presenter.QueueState) {
	m.title.SetText(cmp.Or(s.Open.Title, string(s.Open.Row)))
	m.facts.show(s.Open.Facts)
	m.events.show(s.Open.Events)
	show(m.acts, s.Open.Acts)
}
