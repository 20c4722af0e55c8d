package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
)

// componentsCards shows cards and what stands in them.
func componentsCards() fyne.CanvasObject {
	rows := []EvidenceRow{
		{Shape: Octagon, Label: "Takes mail from outside", Value: "resets every connection, 12 s ago"},
		{Shape: Question, Label: "Status page", Value: "no incident, 1 min ago"},
		{Shape: Disc, Label: "ns1 192.0.2.53", Value: "0.1 s", Mono: true},
	}
	evidence, columns := NewEvidence(36, 0), NewEvidence(48, 190)
	evidence.Set(rows)
	columns.Set(rows)
	live := NewCard(columns)
	live.SetLive(true)
	ladder := NewLadder()
	ladder.Set([]Step{
		{Shape: Disc, Title: "Replace the MX", Time: "11:25:02"},
		{Shape: Working, Title: "See it at every server", Time: "5 of 6", Rows: rows[2:]},
		{Shape: Waiting, Title: "Old answers expire", Note: "Senders that asked in the last five minutes go on to the old server until then.", Time: "about 11:30"},
	})
	return container.New(Columns(16), NewCard(evidence), live, NewCard(ladder))
}

// componentsCharts shows charts and small pictures of numbers.
func componentsCharts() fyne.CanvasObject {
	chart := NewTimeChart(200)
	d := ChartData{
		From: 0, To: 53, Mark: &Tick{At: 12, Label: "10:42 resets begin"},
		YTicks: []Tick{{At: 0, Label: "0"}, {At: 40, Label: "40"}, {At: 80, Label: "80"}},
		XTicks: []Tick{{At: 0, Label: "10:30"}, {At: 30, Label: "11:00"}, {At: 53, Label: "11:23"}},
	}
	for i := range 54 {
		d.Points = append(d.Points, Point{X: float64(i), Y: max(0, float64(i-12)*2+float64(i%3))})
		shape := Octagon
		switch {
		case i < 12:
			shape = Disc
		case i == 12:
			shape = Question
		}
		d.Probes = append(d.Probes, Probe{At: float64(i), Shape: shape})
	}
	chart.Set(d)
	sparks := container.New(Rows(16))
	for _, d := range []struct {
		kind   SparkKind
		values []float64
	}{{SparkLine, []float64{672, 610, 590, 560, 400}}, {SparkArea, []float64{0, 0, 1, 5, 8, 12, 9, 4, 1}}, {SparkBars, []float64{2, 1, 2, 5, 2, 1, 2, 2}}} {
		s := NewSpark(d.kind, 36)
		s.Set(d.values)
		sparks.Add(s)
	}
	bar := NewTimeBar()
	bar.Set([]Span{{"Detect", 125, SpanDone}, {"Decide", 84, SpanDone}, {"", 0.6, SpanMark}, {"Old TTL, 3:12", 192, SpanRunning}, {"", 108, SpanAhead}})
	sparks.Add(bar)
	return container.New(Columns(16, 3, 2), NewCard(chart), NewCard(sparks))
}

// componentsDrills shows what a drill's page is made of.
func componentsDrills() fyne.CanvasObject {
	m := NewRouteMap("Who sends where")
	m.Set(MapData{
		Senders: []MapSender{
			{Key: "customers", Name: "Customers", Note: "none waiting", Live: true},
			{Key: "suppliers", Name: "Suppliers", Note: "4 waiting", Waiting: 4, Live: true},
			{Key: "partners", Name: "Partners", Note: "11 waiting, old MX 1:48", Waiting: 11},
		},
		Signpost: MapNode{Name: "DNS", Note: "MX points to the secondary", Shape: Disc}, PointsTo: AtSecondary,
		Primary: MapNode{Name: "Primary", Note: "resets every connection", Shape: Octagon},
		Second:  MapNode{Name: "Secondary", Note: "took 137 messages", Shape: Disc},
		Staff:   MapNode{Name: "Staff", Note: "read 37, wrote 6"}, ReadsAt: AtSecondary,
		OnTheWay: "12 on the way", Legend: [4]string{"on the way", "waiting", "live route", "not in use"},
	})
	injects := NewInjects()
	injects.Set([]Inject{{Disc, "2:00", "Primary starts to reset connections", false}, {Working, "8:30", "Phone: “Is it safe to write to you?”", true}, {Waiting, "15:00", "Primary is sound: go home", false}})
	ledger := NewLedger()
	ledger.Set(LedgerData{
		Total:  Figure{Label: "Sent", Value: "214"},
		Parts:  []Figure{{Label: "Delivered", Value: "187"}, {Label: "On the way", Value: "12"}, {Label: "Waiting", Value: "15"}},
		Checks: []Figure{{"Lost", "0", Disc}, {"Doubled", "0", Disc}},
	})
	table := NewMeasureTable("This drill", "Goal", "Last drill")
	table.Set([]Measure{{"Detect", Disc, "2 min 05 s", "3 min", "2 min 41 s"}, {"Switch and verify", Disc, "0.6 s", "1 s", "0.7 s"}, {"Old TTL runs out", Working, "3:12 of 5:00", "5 min", "5 min"}})
	bar := NewBar(container.New(LineUp(16, 0), NewParagraph(look.Caption, "Stop keeps what is done, and says what is not."), NewButton(Outlined, "Stop here", nil).Sized(ButtonInBar)))
	return container.New(Rows(16), NewCard(m),
		container.New(Columns(16), NewCard(injects), NewCard(table)), NewCard(ledger).Padded(CardPadding, 8), bar)
}
