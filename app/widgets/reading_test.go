package widgets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/look"
)

// spans breaks a text as [breakSpans] does, as lines.
func spans(text string, width float32, char func(rune) float32) []string {
	var out []string
	breakSpans(text, width, func(r rune) glyphInfo { return glyphInfo{char(r), classOf(r)} }, func(s span) { out = append(out, text[s.start:s.end]) })
	return out
}

// The quick breaking keeps to the same rules as the one for paragraphs, on texts of
// every kind.
func TestSpansAreBrokenAsParagraphsAre(t *testing.T) {
	char := func(r rune) float32 {
		if square(r) {
			return 2
		}
		return 1
	}
	measure := func(s string) float32 {
		var sum float32
		for _, r := range s {
			sum += char(r)
		}
		return sum
	}
	pieces := []string{"いつも", "お世話", "に", "なって", "おります。", "（株）", "「見積」", "word", "longerword", " ", "10", "営業日", "、", "A-204", "ー", "ッ", "https://example.jp/a/very/long/address"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var text strings.Builder
		for range 1 + r.IntN(14) {
			text.WriteString(pieces[r.IntN(len(pieces))])
		}
		s := strings.TrimSpace(strings.Join(strings.Fields(text.String()), " "))
		width := float32(6 + r.IntN(30))
		if want, got := breakLines(s, width, measure), spans(s, width, char); !slices.Equal(want, got) {
			t.Fatalf("%q in %v:\n%q\n%q", s, width, want, got)
		}
	}
}

func FuzzBreakSpans(f *testing.F) {
	f.Add("いつもお世話になっております。北斗製作所の高橋です。", 20.0)
	f.Add("plain words and  two spaces", 7.0)
	f.Add("\xff\xfe broken \x80", 3.0)
	f.Add("見積書をお送\rりいたします\r。", 3.0)
	f.Fuzz(func(t *testing.T, text string, width float64) {
		if strings.Contains(text, "\n") || !(width >= 1 && width < 1e6) {
			return
		}
		last := 0
		breakSpans(text, float32(width), func(r rune) glyphInfo { return glyphInfo{1, classOf(r)} }, func(s span) {
			if s.start < last || s.end < s.start || s.end > len(text) {
				t.Fatalf("%q: a line from %d to %d after %d", text, s.start, s.end, last)
			}
			if strings.TrimSpace(text[last:s.start]) != "" {
				t.Fatalf("%q: %q is lost", text, text[last:s.start])
			}
			last = s.end
		})
		if strings.TrimSpace(text[last:]) != "" {
			t.Fatalf("%q: %q is lost", text, text[last:])
		}
	})
}

// readingIn is a text in a window, without head and foot.
func readingIn(t testing.TB, d ReadingData, width, height float32) (*Reading, fyne.Window) {
	t.Helper()
	r := NewReading(nil, nil)
	r.Set(d)
	w := test.NewTempWindow(t, r)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(width, height))
	return r, w
}

func someReading() ReadingData {
	text := "いつもお世話になっております。北斗製作所の高橋です。\nご依頼いただきました部材 A-204 の見積書をお送りいたします。"
	link := "図面は https://example.jp/a にあります。"
	at := strings.Index(link, "https")
	return ReadingData{Key: "1", Blocks: []ReadingBlock{
		{Text: text}, {Text: link, Links: []ReadingLink{{Start: at, End: at + len("https://example.jp/a"), Address: "https://example.jp/a"}}},
		{Fold: "引用2行", Quiet: true, Text: "部材 A-204 を200個、\nお見積りいただけますか。"},
	}}
}

// Only the lines that are seen exist, and a fold opens.
func TestReadingFoldsAndScrolls(t *testing.T) {
	dressed(t)
	d := someReading()
	for i := range 5000 {
		d.Blocks = append(d.Blocks, ReadingBlock{Text: fmt.Sprintf("段落%dです。", i)})
	}
	r, w := readingIn(t, d, 532, 600)
	if len(r.slots) > 40 {
		t.Errorf("%d lines exist", len(r.slots))
	}
	before := len(r.Lines())
	if got := r.Lines()[3]; got != "引用2行" {
		t.Errorf("the fold is %q in %q", got, r.Lines()[:6])
	}
	w.Canvas().Focus(r)
	r.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight}) // no OnLink yet: the fold is the first to press
	r.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !r.Open(2) || len(r.Lines()) != before+2 {
		t.Errorf("the fold is open: %v, %d lines instead of %d", r.Open(2), len(r.Lines()), before)
	}
	r.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	if got := r.slots[(len(r.items)-1)%len(r.slots)]; got.item != len(r.items)-1 || got.box.Hidden {
		t.Error("the last line is not seen at the end")
	}
	r.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	if r.Offset() != 0 {
		t.Errorf("Home leads to %v", r.Offset())
	}
	r.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown})
	page := r.Offset()
	r.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 20)})
	if page < 400 || r.Offset() != page-20 {
		t.Errorf("a page is %v, then the wheel leads to %v", page, r.Offset())
	}
}

// Text is selected with the pointer, and copied.
func TestReadingIsSelectedAndCopied(t *testing.T) {
	dressed(t)
	a := fyne.CurrentApp()
	r, w := readingIn(t, someReading(), 532, 600)
	at := func(line int, chars float32) fyne.Position {
		return fyne.NewPos(readEdge+15*chars, r.items[line].y+10)
	}
	r.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at(0, 3)}, Button: desktop.MouseButtonPrimary})
	r.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: at(1, 5)}})
	r.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: at(1, 5)}, Button: desktop.MouseButtonPrimary})
	if got := r.Selected(); got != "お世話になっております。北斗製作所の高橋です。\nご依頼いた" {
		t.Errorf("selected is %q", got)
	}
	if w.Canvas().Focused() != fyne.Focusable(r) || r.slots[0].mark.Hidden {
		t.Error("it has no focus, or nothing shows what is selected")
	}
	r.TypedShortcut(&fyne.ShortcutCopy{Clipboard: a.Clipboard()})
	if got := a.Clipboard().Content(); got != r.Selected() {
		t.Errorf("%q was copied", got)
	}
	r.DoubleTapped(&fyne.PointEvent{Position: at(1, 1)})
	if got := r.Selected(); !strings.HasPrefix(got, "ご依頼") || strings.Contains(got, "\n") {
		t.Errorf("a word is %q", got)
	}
	r.TypedShortcut(&fyne.ShortcutSelectAll{})
	if got := r.Selected(); got != r.Data().Text() || !utf8.ValidString(got) {
		t.Errorf("all is %q", got)
	}
}

// Line feeds that only wrap are shown as blanks, or as nothing; what is copied has them.
func TestReadingBreaksWrappedLinesAnew(t *testing.T) {
	dressed(t)
	english, japanese := "We have looked\nat it, and it\nworks.", "見積書をお送\nりいたします。"
	wraps := func(text string, blank bool) (all []ReadingWrap) {
		for i, r := range text {
			if r == '\n' {
				all = append(all, ReadingWrap{i, blank})
			}
		}
		return all
	}
	d := ReadingData{Key: "1", Blocks: []ReadingBlock{
		{Text: english, Wraps: wraps(english, true)}, {Text: japanese, Wraps: wraps(japanese, false)}, {Text: "one\ntwo"},
	}}
	r, _ := readingIn(t, d, 532, 600)
	want := []string{"We have looked at it, and it works.", "見積書をお送りいたします。", "one", "two"}
	if got := r.Lines(); !slices.Equal(got, want) {
		t.Errorf("shown is %q", got)
	}
	if got := r.slots[1].pieces[0].text.Text; got != want[1] {
		t.Errorf("drawn is %q", got)
	}
	r.SelectAll()
	if got := r.Selected(); got != english+"\n\n"+japanese+"\n\none\ntwo" {
		t.Errorf("copied is %q", got)
	}
	place := fyne.NewPos(readEdge+15*7+2, r.items[1].y+10) // before the eighth character, over the joint
	if _, at := r.hit(place); at.at != strings.Index(japanese, "いたします") {
		t.Errorf("there is octet %d", at.at)
	}
	narrow, _ := readingIn(t, d, readEdge*2+15*8+4, 600)
	for _, line := range narrow.Lines() {
		if strings.ContainsAny(line, "\n\r") || line == "" {
			t.Errorf("in a narrow window: %q", narrow.Lines())
		}
	}
}

// A link is told of, never opened; dragging over it presses nothing.
func TestReadingTellsOfLinks(t *testing.T) {
	dressed(t)
	r, w := readingIn(t, someReading(), 532, 600)
	var told []string
	r.OnLink = func(l ReadingLink) { told = append(told, l.Address) }
	on := fyne.NewPos(readEdge+15*6, r.items[2].y+10)
	click := func(p fyne.Position) {
		e := &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: p}, Button: desktop.MouseButtonPrimary}
		r.MouseMoved(e)
		r.MouseDown(e)
		r.MouseUp(e)
	}
	click(on)
	if len(told) != 1 || r.Cursor() != desktop.PointerCursor {
		t.Errorf("told of %q, the cursor is %v", told, r.Cursor())
	}
	click(fyne.NewPos(readEdge+8, r.items[2].y+10))
	r.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: on}, Button: desktop.MouseButtonPrimary})
	r.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: on.AddXY(40, 0)}})
	r.MouseUp(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: on}, Button: desktop.MouseButtonPrimary})
	if len(told) != 1 || r.Cursor() != desktop.TextCursor {
		t.Errorf("told of %q beside it and while selecting", told)
	}
	w.Canvas().Focus(r)
	r.TypedKey(&fyne.KeyEvent{Name: fyne.KeyRight})
	r.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if len(told) != 2 {
		t.Error("the keyboard does not reach the link")
	}
}

// bigText is a message of about a megabyte, half of it Japanese.
func bigText() ReadingData {
	var d ReadingData
	size := 0
	for i := 0; size < 1<<20; i++ {
		text := fmt.Sprintf("%d 行目です。いつもお世話になっております。ご依頼いただきました部材の見積書をお送りいたします。単価は前回から据え置きです。", i)
		if i%2 == 0 {
			text = fmt.Sprintf("Line %d. Please find attached the quotation that you asked for; the unit price is as before, and delivery takes ten working days.", i)
		}
		size += len(text)
		d.Blocks = append(d.Blocks, ReadingBlock{Text: text})
	}
	d.Key = "big"
	return d
}

// Opening a message of a megabyte, and scrolling in it by a page a frame, without painting.
func BenchmarkMailMessage(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(look.NewThemeIn(look.Light))
	d := bigText()
	b.Run("open", func(b *testing.B) {
		r, _ := readingIn(b, ReadingData{Key: "empty"}, 532, 688)
		for i := 0; b.Loop(); i++ {
			d.Key = fmt.Sprint(i)
			r.Set(d)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/open")
	})
	b.Run("scroll", func(b *testing.B) {
		r, _ := readingIn(b, d, 532, 688)
		for b.Loop() {
			if r.scrollTo(r.Offset() + 640); r.Offset() > r.all-1400 {
				r.scrollTo(0)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
	})
}
