package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// componentsChecks shows a table of checks in all its states, and lines that go and
// come.
func componentsChecks() fyne.CanvasObject {
	table := NewCheckTable()
	cells := func(shapes ...Shape) []CheckCell {
		words := map[Shape]string{Disc: "6 of 6 addresses", Triangle: "9 days left", Octagon: "38 of 40", Question: "no answer in 60 s", Working: "testing …", Waiting: "waiting", NoShape: "not used"}
		out := make([]CheckCell, len(shapes))
		for i, s := range shapes {
			out[i] = CheckCell{Shape: s, Text: words[s], Loud: s == Triangle || s == Octagon || s == Question}
		}
		return out
	}
	table.Set(CheckData{
		First: "Check", Copy: "Copy", Columns: []CheckColumn{{"Primary", "Microsoft 365"}, {"Secondary", "Fastmail"}, {"Emergency subdomain", "sos.aoba.example"}},
		Rows: []CheckRow{
			{Key: "a", Title: "DNS servers agree", Shape: Disc, Cells: cells(Disc, Disc, Disc)},
			{Key: "b", Title: "Your addresses accepted", Shape: Octagon, Cells: cells(Disc, Octagon, Triangle), Detail: &CheckDetail{
				Answers: []CheckAnswer{{
					Title: "What Fastmail answered", Says: []string{"keiri@aoba.example is unknown there."}, Lines: []string{"RCPT TO:<keiri@aoba.example>", "550 5.1.1 Unknown user keiri"},
					Note: "in1-smtp.messagingengine.com, 11:20:14", Copy: "x",
				}},
				Title: "What to do", Advice: []string{"In Fastmail, open Settings, Users, and add keiri as a user or an alias."}, Copy: "x", Button: "Test this check", Beside: "Usually takes 2 s",
			}},
			{Key: "c", Title: "Sign-in to send", Shape: Working, Cells: cells(Working, Waiting, NoShape)},
			{Key: "d", Title: "Seed message out and back", Shape: Question, Cells: cells(Disc, Question, NoShape)},
		},
	})
	for i, h := range table.Heads() {
		h.focused, h.hovered = i == 0, i == 2
		h.Refresh()
	}
	diff := NewDiff()
	diff.Set([]DiffRow{{false, "MX  10 aoba-example.mail.protection.outlook.com"}, {true, "MX  10 in1-smtp.messagingengine.com"}, {true, "MX  20 in2-smtp.messagingengine.com"}})
	return container.New(Rows(16), table, diff)
}
