package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
	"lifeboat/failover/drill"
)

// liveView is a drill as it is lived through: who sends where, what happens, what is
// measured, and that everything sent is accounted for.
type liveView struct {
	box     *fyne.Container
	title   *widgets.Paragraph
	flag    *widgets.Pill
	lead    *widgets.Paragraph
	clock   *widgets.Words
	of      *widgets.Words
	back    *widgets.Button
	end     *widgets.Button
	ending  *widgets.Words
	notice  *noticeBar
	decide  *decideView
	world   *mapView
	count   *widgets.Words
	script  *scriptView
	steps   *scriptView
	stepped *widgets.Card
	since   *widgets.Words
	follow  *widgets.Words
	bar     *widgets.TimeBar
	table   *widgets.MeasureTable
	ledger  *widgets.Ledger
}

// mapView is the map by itself.
type mapView struct {
	card   *widgets.Card
	routes *widgets.RouteMap
}

func (v *mapView) move(hops []presenter.Hop) {
	for _, h := range hops {
		v.routes.Send(h.From, h.To)
	}
}

func newLiveView(t *i18n.Tongue, deeds DrillsDeeds) *liveView {
	v := &liveView{
		title: widgets.NewParagraph(look.Title, ""), flag: widgets.NewPill(widgets.PillData{Icon: look.IconFlag, Text: t.T("Practice"), Tone: widgets.ToneAccent}),
		lead: widgets.NewParagraph(look.Caption, ""), clock: widgets.NewWords(look.Clock, ""), of: widgets.NewWords(look.Caption, "").Trailing(),
		notice: newNoticeBar(), ending: widgets.NewWords(look.Caption, t.T("The last mail runs out …")),
	}
	v.back = widgets.NewButton(widgets.Outlined, t.T("All drills"), deeds.Back).Sized(widgets.ButtonInBar)
	v.end = widgets.NewButton(widgets.Outlined, t.T("End drill"), deeds.EndDrill).WithIcon(look.IconStop).Sized(widgets.ButtonInBar)
	v.decide = newDecideView(func(m drill.Move) {
		if live := deeds.Live(); live != nil {
			live.Decide(m)
		}
	})
	routes := widgets.NewRouteMap(t.T("Who sends where"))
	v.world = &mapView{card: widgets.NewCard(routes), routes: routes}
	v.count, v.script = widgets.NewWords(look.Caption, ""), newScriptView()
	v.steps = newScriptView()
	v.stepped = widgets.NewCard(column(inside, widgets.NewWords(look.Strong, t.T("What Lifeboat does")), v.steps.box))
	v.since, v.follow = widgets.NewWords(look.Strong, "").Shrinking(), widgets.NewWords(look.Caption, "")
	v.bar, v.ledger = widgets.NewTimeBar(), widgets.NewLedger()
	v.table = widgets.NewMeasureTable(t.T("This drill"), t.T("Goal"), t.T("Last drill"))

	corner := line(16, -1, column(0, v.clock, v.of), v.back, v.end)
	head := container.New(headLayout{}, hidden(), column(6, v.title, line(8, 1, v.flag, v.lead)), corner)
	happens := widgets.NewCard(column(inside, line(inside, 0, widgets.NewWords(look.Strong, t.T("What happens")), v.count), v.script.box))
	measured := widgets.NewCard(column(8, line(inside, 0, v.since, v.follow), v.bar, v.table))
	left := column(gap, happens)
	right := column(gap, measured, widgets.NewCard(column(4, v.ledger, v.ending)), v.stepped)
	v.box = column(gap, head, v.notice.box, v.decide.box, v.world.card, container.New(widgets.Columns(gap, 40, 60), left, right))
	return v
}

// hidden is an object that takes no room.
func hidden() fyne.CanvasObject {
	o := widgets.Space(0)
	o.Hide()
	return o
}

func (v *liveView) show(s presenter.DrillState) {
	v.title.SetText(s.Title)
	v.lead.SetText(s.Summary)
	v.clock.SetText(s.Clock)
	v.of.SetText(s.ClockOf)
	v.notice.show(s.Notice)
	show(v.end, s.Running)
	enable(v.end, !s.Ending)
	show(v.ending, s.Ending)
	show(v.decide.box, s.Decide != nil)
	if s.Decide != nil {
		v.decide.show(*s.Decide, !s.Ending)
	}
	v.world.routes.Set(mapOf(s.Routes))
	v.count.SetText(s.Count)
	v.script.show(s.Script)
	v.steps.show(s.Steps)
	show(v.stepped, len(s.Steps) > 0)
	v.since.SetText(s.Since)
	v.follow.SetText(s.Follow)
	v.bar.Set(spansOf(s.Spans))
	v.table.Set(measuresOf(s.Measures))
	v.ledger.Set(ledgerOf(s.Ledger))
}

func spansOf(spans []presenter.SpanState) []widgets.Span {
	looks := map[presenter.SpanKind]widgets.SpanLook{
		presenter.SpanOver: widgets.SpanDone, presenter.SpanShort: widgets.SpanMark, presenter.SpanRuns: widgets.SpanRunning, presenter.SpanAhead: widgets.SpanAhead,
	}
	out := make([]widgets.Span, len(spans))
	for i, s := range spans {
		out[i] = widgets.Span{Label: s.Label, Length: s.Length.Seconds(), Look: looks[s.Kind]}
	}
	return out
}

func measuresOf(rows []presenter.MeasureRow) []widgets.Measure {
	out := make([]widgets.Measure, len(rows))
	for i, r := range rows {
		out[i] = widgets.Measure{Label: r.Label, Shape: ShapeOf(r.Light), This: r.This, Goal: r.Goal, Last: r.Last}
	}
	return out
}

// noticeBar says something that must not be overlooked.
type noticeBar struct {
	box  *widgets.Banner
	text string
}

func newNoticeBar() *noticeBar { return &noticeBar{box: widgets.NewBanner(func() {})} }

func (n *noticeBar) show(text string) {
	show(n.box, text != "")
	if text != n.text {
		n.text = text
		n.box.Set(widgets.BannerData{Shape: widgets.Triangle, Title: text})
	}
}

// decideMoves is how many moves can be offered at once.
const decideMoves = 5

// decideView is what the one who decides has at hand: what detection says, and the
// moves.
type decideView struct {
	box     *widgets.Card
	light   *widgets.Light
	says    *widgets.Paragraph
	more    *widgets.Paragraph
	buttons []*moveButton
}

type moveButton struct {
	button *widgets.Button
	move   drill.Move
}

func newDecideView(decide func(drill.Move)) *decideView {
	v := &decideView{light: widgets.NewLight(24, widgets.Working), says: widgets.NewParagraph(look.Heading, ""), more: widgets.NewParagraph(look.Quiet, "")}
	row := make([]fyne.CanvasObject, 0, decideMoves)
	for range decideMoves {
		b := &moveButton{}
		b.button = widgets.NewButton(widgets.Outlined, "", func() { decide(b.move) }).Sized(widgets.ButtonInBar)
		v.buttons = append(v.buttons, b)
		row = append(row, b.button)
	}
	words := line(inside, 1, v.light, column(2, v.says, v.more))
	v.box = widgets.NewCard(container.New(&besideOrBelow{}, words, line(8, -1, row...)))
	return v
}

// besideOrBelow puts buttons beside the words, or where that leaves too little for the
// words, below them at the right-hand end.
type besideOrBelow struct{ below bool }

// leastWords is how wide words must be to have buttons beside them.
const leastWords = 340

// Layout places words and buttons.
func (l *besideOrBelow) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	words, buttons := objects[0], objects[1]
	least := buttons.MinSize()
	l.below = size.Width-least.Width-gap < leastWords
	buttons.Resize(least)
	if l.below {
		fitTo(words, size.Width)
		buttons.Move(fyne.NewPos(size.Width-least.Width, words.MinSize().Height+inside))
		return
	}
	fitTo(words, size.Width-least.Width-gap)
	high := max(words.MinSize().Height, least.Height)
	words.Move(fyne.NewPos(0, (high-words.MinSize().Height)/2))
	buttons.Move(fyne.NewPos(size.Width-least.Width, (high-least.Height)/2))
}

// MinSize follows from how they were placed last.
func (l *besideOrBelow) MinSize(objects []fyne.CanvasObject) fyne.Size {
	words, buttons := objects[0].MinSize(), objects[1].MinSize()
	high := max(words.Height, buttons.Height)
	if l.below {
		high = words.Height + inside + buttons.Height
	}
	return fyne.NewSize(max(words.Width, buttons.Width), high)
}

func (v *decideView) show(s presenter.DecideState, can bool) {
	v.light.SetShape(ShapeOf(s.Light))
	v.says.SetText(s.Says)
	v.more.SetText(s.More)
	show(v.more, s.More != "")
	for i, b := range v.buttons {
		show(b.button, i < len(s.Moves))
		if i >= len(s.Moves) {
			continue
		}
		b.move = s.Moves[i].Move
		b.button.SetText(s.Moves[i].Text)
		kind := widgets.Outlined
		if s.Moves[i].Filled {
			kind = widgets.Filled
		}
		b.button.SetKind(kind)
		enable(b.button, can)
	}
}
