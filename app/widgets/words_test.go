package widgets

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
)

// A line of text is 1.448 times its size high, with no room around it.
func TestWordsAreAsHighAsTheirLine(t *testing.T) {
	dressed(t)
	for kind, size := range map[look.Type]float32{look.Caption: 13, look.Body: 14, look.Lead: 15, look.Heading: 18, look.Title: 22, look.State: 28, look.Clock: 40} {
		w := NewWords(kind, "送信待ち 86通")
		if got, want := w.MinSize().Height, size*1.448; got < want-0.1 || got > want+0.1 {
			t.Errorf("words of %v are %v high, not %v", size, got, want)
		}
	}
}

func TestWordsShrink(t *testing.T) {
	dressed(t)
	fixed, shrinking := NewWords(look.Body, "accepted at RCPT, 12 s ago"), NewWords(look.Body, "accepted at RCPT, 12 s ago").Shrinking()
	if fixed.MinSize().Width < 150 || shrinking.MinSize().Width != shrunk {
		t.Errorf("needed: %v, and shrinking %v", fixed.MinSize(), shrinking.MinSize())
	}
	seen(t, shrinking, 100, 30)
	if got := shrinking.label.text.Text; !strings.HasSuffix(got, "…") || !strings.HasPrefix(got, "accepted") {
		t.Errorf("in too little room it says %q", got)
	}
	if shrinking.Text() != "accepted at RCPT, 12 s ago" {
		t.Errorf("the words themselves became %q", shrinking.Text())
	}
	shrinking.SetText("short")
	if got := shrinking.label.text.Text; got != "short" {
		t.Errorf("now there is room, and it says %q", got)
	}
	right := NewWords(look.Body, "right").Trailing()
	seen(t, right, 300, 30)
	if at := right.label.text.Position().X + right.label.width(); at != 300 {
		t.Errorf("words at the right-hand end of 300 end at %v", at)
	}
}

func TestParagraphTakesTheHeightOfItsLines(t *testing.T) {
	dressed(t)
	p := NewParagraph(look.Body, "10:42 から41分間、MX が接続をリセットしています（TCP RST）。Microsoft 365 側の障害とみられます。")
	below := NewWords(look.Body, "below")
	box := container.New(Rows(8), p, below)
	seen(t, box, 200, 600)
	line := NewWords(look.Body, "x").MinSize().Height
	if n := len(p.Lines()); n < 4 || p.Size().Height != line*float32(n) {
		t.Errorf("%d lines in %v", n, p.Size())
	}
	if got, want := below.Position().Y, p.Size().Height+8; got != want {
		t.Errorf("what is below stands at %v, not %v", got, want)
	}
	for _, l := range p.Lines() {
		if w := fyne.MeasureText(l, 14, fyne.TextStyle{}).Width; w > 200 {
			t.Errorf("%q is %v wide", l, w)
		}
	}
	narrow := len(p.Lines())
	box.Resize(fyne.NewSize(600, 600))
	if n := len(p.Lines()); n >= narrow || n != 2 && n != 1 {
		t.Errorf("in three times the room, %d lines became %d", narrow, n)
	}
	p.SetText("短い")
	if !slices.Equal(p.Lines(), []string{"短い"}) || p.MinSize().Height != line {
		t.Errorf("a short text: %q, %v", p.Lines(), p.MinSize())
	}
	if high := NewParagraph(look.Lead, "x").Leading(26).MinSize().Height; high != 26 {
		t.Errorf("a line of mail is %v high, not 26", high)
	}
}

func TestRowsAndColumns(t *testing.T) {
	dressed(t)
	a, b, hidden := Room(50, 10), Room(80, 20), Room(500, 500)
	hidden.Hide()
	box := container.New(RowsFilling(5, 0), a, hidden, b)
	if got := box.MinSize(); got != fyne.NewSize(80, 35) {
		t.Errorf("two rows need %v", got)
	}
	box.Resize(fyne.NewSize(100, 100))
	if a.Size() != fyne.NewSize(100, 75) || b.Position() != fyne.NewPos(0, 80) {
		t.Errorf("the first takes %v, the second stands at %v", a.Size(), b.Position())
	}
	box = container.New(Columns(10, 2, 1), a, b)
	if got := box.MinSize(); got.Width != 80*3+10 {
		t.Errorf("a third that needs 80 needs %v in all", got)
	}
	box.Resize(fyne.NewSize(310, 50))
	if a.Size() != fyne.NewSize(200, 50) || b.Position().X != 210 || b.Size().Width != 100 {
		t.Errorf("columns: %v, %v at %v", a.Size(), b.Size(), b.Position())
	}
	box = container.New(LineUp(10, 1), a, b, Room(30, 30))
	box.Resize(fyne.NewSize(400, 30))
	if b.Size() != fyne.NewSize(300, 20) || b.Position() != fyne.NewPos(60, 5) {
		t.Errorf("on a line: %v at %v", b.Size(), b.Position())
	}
	container.New(Columns(10)).Resize(fyne.NewSize(100, 100)) // nothing to lay out is no trouble
}
