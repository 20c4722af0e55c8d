package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

func TestEvidenceRows(t *testing.T) {
	dressed(t)
	e := NewEvidence(36, 0)
	rows := []EvidenceRow{{Disc, "Takes mail from outside", "accepted at RCPT, 12 s ago", false}, {Shape: Question, Label: "ns1 192.0.2.53", Value: "no answer", Mono: true}}
	e.Set(rows)
	seen(t, e, 446, 72)
	if got := e.MinSize().Height; got != 72 {
		t.Errorf("two rows of 36 are %v high", got)
	}
	for i, r := range e.rows {
		if end := r.value.Position().X + r.value.Size().Width; end < 445 || end > 446.5 {
			t.Errorf("row %d: the value ends at %v", i, end)
		}
		if r.light.Shape() != rows[i].Shape || r.label.Text() != rows[i].Label || r.rule.Position().Y != float32(36*i) {
			t.Errorf("row %d shows %v, %q below a line at %v", i, r.light.Shape(), r.label.Text(), r.rule.Position().Y)
		}
	}
	if !e.rows[1].label.kind.Style().Monospace {
		t.Error("a record is not in the fixed-width face")
	}
	e.Resize(fyne.NewSize(250, 72))
	label, value := e.rows[0].label, e.rows[0].value
	if below := label.Position().Y + label.Size().Height; value.Position().Y < below || value.Position().X != label.Position().X || e.MinSize().Height <= 72 {
		t.Errorf("in little room the value stands at %v, the label ends at %v, all is %v high", value.Position(), below, e.MinSize().Height)
	}
	if next := e.rows[1].rule.Position().Y; next < value.Position().Y+value.Size().Height {
		t.Errorf("the next row begins at %v, upon the value", next)
	}
	e.Resize(fyne.NewSize(446, 72))
	lights := []*Light{e.rows[0].light, e.rows[1].light}
	rows[0].Value = "accepted at RCPT, 13 s ago"
	e.Set(rows)
	if e.rows[0].light != lights[0] || e.Rows()[0].Value != rows[0].Value {
		t.Error("a new value made a new row")
	}
	e.Set(rows[:1])
	if e.MinSize().Height != 36 || len(e.sheet.objects) != 4 {
		t.Errorf("one row less: %v, %d objects", e.MinSize(), len(e.sheet.objects))
	}
}

func TestEvidenceInColumns(t *testing.T) {
	dressed(t)
	e := NewEvidence(48, 194)
	e.Set([]EvidenceRow{{Octagon, "メールの受け口（MX）", "41回中41回リセット（1分ごとに確認）", false}})
	seen(t, e, 534, 48)
	r := e.rows[0]
	if r.value.Position().X != 194 || !r.label.kind.Style().Bold || r.label.Text() != "メールの受け口（MX）" {
		t.Errorf("value at %v, label %q", r.value.Position().X, r.label.Text())
	}
	e.Resize(fyne.NewSize(330, 48))
	if lines := len(r.value.Lines()); lines < 2 || e.MinSize().Height <= 48 {
		t.Errorf("in little room the value has %d lines, in a row of %v", lines, e.MinSize().Height)
	}
}

func TestLadderGrows(t *testing.T) {
	dressed(t)
	l := NewLadder()
	steps := []Step{{Shape: Working, Title: "Take the lock"}}
	l.Set(steps)
	seen(t, l, 366, 400)
	one := l.MinSize().Height
	if one != rungHeight {
		t.Errorf("one rung is %v high", one)
	}
	steps[0].Shape, steps[0].Time = Disc, "11:25:02"
	l.Set(append(steps, Step{Shape: Working, Title: "See it at every server address", Time: "5 of 6", Rows: []EvidenceRow{{Disc, "ns1", "new", true}, {Working, "ns2", "old", true}}}))
	if got, want := l.MinSize().Height, float32(2*rungHeight+rungGap+8+2*detailRow+2*detailEdge); got != want {
		t.Errorf("two rungs and two details are %v high, not %v", got, want)
	}
	first, second := l.rungs[0], l.rungs[1]
	if first.line.Hidden || first.line.FillColor != ink(l, theme.ColorNameSuccess) || !second.line.Hidden {
		t.Error("the line does not lead, in green, from the rung that is done to the next")
	}
	if from, to := first.line.Position().Y, first.line.Position().Y+first.line.Size().Height; from < first.light.Position().Y+rungLight || to > second.light.Position().Y {
		t.Errorf("the line from %v to %v runs into the lights", from, to)
	}
	if second.details.Hidden || !first.details.Hidden || second.details.Size().Height != 2*detailRow {
		t.Errorf("details: %v high", second.details.Size().Height)
	}
	l.Set([]Step{{Shape: Waiting, Title: "Old answers expire", Note: "Two of the old addresses still answer as before, and every sender that asked goes on to the old server until then."}})
	high := l.MinSize().Height
	if lines := len(l.rungs[0].note.Lines()); lines < 2 || high <= rungHeight+float32(lines-1)*15 {
		t.Errorf("a note of %d lines makes the rung %v high", lines, high)
	}
	if l.rungs[0].title.kind.Style().Bold {
		t.Error("a step that waits is as strong as one that is under way")
	}
}

// A title that is too long for its line goes on in the next, and the time stays where
// it is.
func TestLadderWraps(t *testing.T) {
	dressed(t)
	l := NewLadder()
	l.Set([]Step{{Shape: Working, Title: "Send through The Very Reliable Mail Hosting Company of Hokkaido", Time: "at once"}, {Shape: Waiting, Title: "Next"}})
	seen(t, l, 300, 400)
	first, second := l.rungs[0], l.rungs[1]
	if lines := len(first.title.Lines()); lines < 2 {
		t.Fatalf("it has %d lines", lines)
	}
	if end := first.title.Position().Y + first.title.Size().Height; second.title.Position().Y < end {
		t.Errorf("the next begins at %v, above %v", second.title.Position().Y, end)
	}
	if edge := first.title.Position().X + first.title.Size().Width; edge > first.time.text.Position().X {
		t.Errorf("the title runs to %v, into the time at %v", edge, first.time.text.Position().X)
	}
}

func TestDiff(t *testing.T) {
	dressed(t)
	d := NewDiff()
	rows := []DiffRow{{false, "MX 10 mx1.primary.example"}, {true, "MX 10 mx1.secondary.example"}}
	d.Set(rows)
	seen(t, d, 500, 100)
	if got := d.MinSize().Height; got != 2*diffRow {
		t.Errorf("two lines are %v high", got)
	}
	if a, b := d.rows[0], d.rows[1]; a.sign.full != "−" || b.sign.full != "+" || a.surface.FillColor == b.surface.FillColor || a.surface.TopLeftCornerRadius == 0 || a.surface.BottomLeftCornerRadius != 0 || b.surface.BottomLeftCornerRadius == 0 {
		t.Errorf("what goes and what comes: %q %+v, %q %+v", a.sign.full, a.surface, b.sign.full, b.surface)
	}
	d.Resize(fyne.NewSize(180, 100))
	if d.MinSize().Height <= 2*diffRow || d.rows[1].surface.Position().Y < d.rows[0].text.Position().Y+d.rows[0].text.Size().Height {
		t.Errorf("in little room: %v high", d.MinSize().Height)
	}
	d.Set(rows[:1])
	if len(d.Data()) != 1 || len(d.sheet.objects) != 4 {
		t.Errorf("one line less: %d objects", len(d.sheet.objects))
	}
}

func TestInjectsShowWhatIsUnderWay(t *testing.T) {
	dressed(t)
	i := NewInjects()
	i.Set([]Inject{{Disc, "2:00", "came", false}, {Working, "8:30", "now", true}, {Waiting, "15:00", "to come", false}})
	seen(t, i, 346, 200)
	if got := i.MinSize().Height; got != 3*injectRow {
		t.Errorf("three rows are %v high", got)
	}
	for at, want := range []struct {
		bold bool
		name fyne.ThemeColorName
	}{{false, theme.ColorNameForeground}, {true, theme.ColorNameForeground}, {false, theme.ColorNamePlaceHolder}} {
		text := i.rows[at].text.text
		if text.TextStyle.Bold != want.bold || text.Color != ink(i, want.name) || text.Position().X != injectText {
			t.Errorf("row %d: %+v", at, text)
		}
	}
}

func TestLedgerReadsAsASum(t *testing.T) {
	dressed(t)
	l := NewLedger()
	d := LedgerData{
		Total: Figure{Label: "Sent", Value: "214"}, Parts: []Figure{{Label: "Delivered", Value: "187"}, {Label: "On the way", Value: "12"}, {Label: "Waiting", Value: "15"}},
		Checks: []Figure{{"Lost", "0", Disc}, {"Doubled", "0", Disc}},
	}
	l.Set(d)
	seen(t, l, 546, ledgerHeight)
	if least := l.MinSize(); least.Height != ledgerHeight || least.Width > 546 {
		t.Errorf("the ledger needs %v", least)
	}
	var order []float32
	for i, sign := range []string{"=", "+", "+"} {
		if l.signs[i].text.Text != sign {
			t.Errorf("sign %d is %q", i, l.signs[i].text.Text)
		}
		order = append(order, l.figures[i].value.text.Position().X, l.signs[i].text.Position().X)
	}
	order = append(order, l.figures[3].value.text.Position().X, l.rule.Position().X, l.figures[4].value.text.Position().X)
	for i := 1; i < len(order); i++ {
		if order[i] <= order[i-1] {
			t.Errorf("not from left to right: %v", order)
		}
	}
	last := l.figures[5]
	if end := last.light.Position().X + ledgerLight; end > 547 || last.light.Shape() != Disc || !l.figures[0].light.Hidden {
		t.Errorf("the last light ends at %v and shows %v", end, last.light.Shape())
	}
	d.Checks[0].Value, d.Checks[0].Shape = "1", Octagon
	l.Set(d)
	if got := l.figures[4]; got.value.text.Text != "1" || got.light.Shape() != Octagon {
		t.Errorf("a lost message shows as %q, %v", got.value.text.Text, got.light.Shape())
	}
}

func TestMeasureTable(t *testing.T) {
	dressed(t)
	m := NewMeasureTable("This drill", "Goal", "Last drill")
	m.Set([]Measure{{"Detect", Disc, "2 min 05 s", "3 min", "2 min 41 s"}, {"Old TTL runs out", Working, "3:12 of 5:00", "5 min", "5 min"}})
	seen(t, m, 546, 100)
	if got := m.MinSize().Height; got != 3*measureRow {
		t.Errorf("two rows and their heads are %v high", got)
	}
	row := m.rows[1]
	for _, l := range []*label{row.name, row.this, row.goal, row.last} {
		if l.text.Text != l.full {
			t.Errorf("%q is shown as %q", l.full, l.text.Text)
		}
	}
	if head := m.heads[1].text.Position().X; head != row.goal.text.Position().X || head != round(546*columnGoal) {
		t.Errorf("Goal heads a column at %v, which stands at %v", head, row.goal.text.Position().X)
	}
	if row.light.Shape() != Working || !row.this.text.TextStyle.Bold {
		t.Error("this drill's time does not stand out")
	}
}

func TestTimeBarSharesTheWidth(t *testing.T) {
	dressed(t)
	b := NewTimeBar()
	b.Set([]Span{{"Detect", 125, SpanDone}, {"Decide", 84, SpanDone}, {"", 0.6, SpanMark}, {"Old TTL", 192, SpanRunning}, {"", 108, SpanAhead}})
	seen(t, b, 546, barHeight)
	widths := b.widths(546)
	all := float32(spanGap * 4)
	for _, w := range widths {
		all += w
	}
	if all < 545.9 || all > 546.1 {
		t.Errorf("the spans take %v of 546: %v", all, widths)
	}
	if widths[2] != spanLeast {
		t.Errorf("a short span is %v wide", widths[2])
	}
	if ratio := widths[0] / widths[1]; ratio < 1.47 || ratio > 1.5 {
		t.Errorf("125 to 84 is drawn as %v", ratio)
	}
	if b.spans[2].surface.FillColor != ink(b, theme.ColorNameFocus) || b.spans[0].label.text.Text != "Detect" {
		t.Error("the mark is not filled, or the first span not named")
	}
	b.Set([]Span{{"A name that is far too long for its span", 1, SpanDone}, {"x", 50, SpanRunning}})
	if got := b.spans[0].label.text.Text; got != "" {
		t.Errorf("half a name is shown: %q", got)
	}
	for _, none := range [][]Span{nil, {{"", 0, SpanDone}}, {{"", 0, SpanDone}, {"", 0, SpanAhead}}} {
		b.Set(none)
		if got := len(b.widths(100)); got != len(none) {
			t.Errorf("%d spans have %d widths", len(none), got)
		}
	}
}

func TestBannerAndPill(t *testing.T) {
	dressed(t)
	pressed := 0
	b := NewBanner(func() { pressed++ })
	b.Set(BannerData{Shape: Triangle, Title: "Mirror is 40 minutes old", Text: "Sign-in was refused at 10:52.", Action: "Try again"})
	seen(t, b, 592, bannerHeight)
	b.button.Press()
	if pressed != 1 || b.surface.FillColor != ink(b, look.ColorWarnTint) || b.MinSize().Height != bannerHeight {
		t.Errorf("pressed %d times; %v", pressed, b.MinSize())
	}
	b.Set(BannerData{Shape: Octagon, Title: "Down"})
	if !b.button.Hidden || b.surface.FillColor != ink(b, look.ColorFailTint) {
		t.Error("a banner without an action has a button, or the wrong tint")
	}
	p := NewPill(Status(Disc, "Healthy"))
	seen(t, p, 200, pillHeight)
	if p.MinSize().Height != 28 || p.surface.FillColor != ink(p, look.ColorOKTint) || p.label.text.Color != ink(p, theme.ColorNameSuccess) {
		t.Errorf("Healthy: %v", p.MinSize())
	}
	p.Set(Count("86"))
	if p.MinSize().Height != 22 || !p.light.Hidden || p.label.text.Color != ink(p, theme.ColorNameForeground) {
		t.Errorf("86: %v", p.MinSize())
	}
}
