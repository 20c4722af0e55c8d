package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
)

// componentsQueue shows what waits over time for two providers, and rows of what
// happened.
func componentsQueue() fyne.CanvasObject {
	chart := NewTimeChart(132)
	chart.Set(ChartData{
		To: 60, Points: []Point{{0, 0}, {26, 0}, {34, 12}, {44, 46}, {48, 61}, {50, 2}, {60, 2}}, Second: []Point{{49, 59}, {52, 38}, {56, 18}, {60, 7}},
		YTicks: []Tick{{0, "0"}, {50, "50"}, {100, "100"}}, XTicks: []Tick{{0, "11:00"}, {30, "11:30"}, {60, "12:00"}},
		Turns: []Tick{{20, "to Microsoft 365"}, {49, "to Fastmail"}},
	})
	key := func(second bool, name string) fyne.CanvasObject {
		return container.New(LineUp(12, 1), NewChartKey(second), NewWords(look.Body, name))
	}
	keys := container.New(Rows(8), key(false, "Microsoft 365"), key(true, "Fastmail"))
	rows := []LogRow{
		{Disc, "11:48", "Switches", "Mail was led home to Microsoft 365.", "", "aoba.example"},
		{Octagon, "20 Nov 10:38", "Watch", "Microsoft 365 takes no mail from outside, and this sentence is longer than there is room for it in a row of the list.", "", "aoba.example"},
	}
	one := NewRowList(LogRowHeight, LogRows(LogColumns{Time: "22 Nov 15:04", Kind: "Switches"}, func(i int) LogRow { return rows[i] }))
	one.SetLength(len(rows))
	waiting := []LogRow{
		{Triangle, "11:32", "", "sato@aoba.example → aoi.mori@customers.example", "お見積もり 2241 の件 — 451 4.3.2 System not accepting network messages", "Fastmail, next try 12:00:39"},
		{Question, "11:31", "", "tanaka@aoba.example → kenji.abe@suppliers.example", "Order 2219: two tables, twelve chairs", "uncertain, Microsoft 365"},
	}
	two := NewRowList(LogRowHeight, LogRows(LogColumns{Time: "22 Nov 15:04", Two: true}, func(i int) LogRow { return waiting[i] }))
	two.SetLength(len(waiting))
	two.Select(1)
	high := func(o fyne.CanvasObject, height float32) fyne.CanvasObject {
		return NewCard(container.NewStack(Space(height), o)).Padded(1, 6)
	}
	return container.New(Rows(16), container.New(LineUp(24, 0), chart, keys), high(one, 2*LogRowHeight), high(two, 2*56))
}
