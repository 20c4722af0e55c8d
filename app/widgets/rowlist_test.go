package widgets

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/look"
)

// listed is a list of so many rows that says their numbers, in a window.
func listed(t testing.TB, n int) (*RowList, fyne.Window) {
	t.Helper()
	l := NewRowList(76, LetterRows(func(i int) RowText {
		return RowText{First: fmt.Sprint("row ", i), Second: "Re: 部材 A-204 見積書のご送付", Third: "いつもお世話になっております。北斗製作所の高橋です。ご依頼いただきました部材", Right: "11:18", Strong: i%3 == 0}
	}))
	l.SetLength(n)
	w := test.NewTempWindow(t, l)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(344, 752))
	return l, w
}

// firsts are the first lines of the rows that are seen.
func firsts(l *RowList) map[string]bool {
	all := map[string]bool{}
	for _, s := range l.slots {
		if r, ok := s.content.(*letterRow); ok && !s.box.Hidden {
			all[r.data.First] = true
		}
	}
	return all
}

// However long the list, only the rows that are seen exist.
func TestRowListMakesWhatIsSeen(t *testing.T) {
	dressed(t)
	l, _ := listed(t, 100_000)
	if len(l.slots) > 12 {
		t.Errorf("%d rows exist for a window of ten", len(l.slots))
	}
	seen := [2]int{}
	l.OnSeen = func(from, to int) { seen = [2]int{from, to} }
	l.ScrollTo(76*50_000 + 10)
	if seen != [2]int{50_000, 50_011} {
		t.Errorf("seen are %v", seen)
	}
	if got := firsts(l); !got["row 50000"] || !got["row 50010"] || len(got) != 11 {
		t.Errorf("shown are %v", got)
	}
	l.ScrollTo(1e12)
	if got := firsts(l); !got["row 99999"] {
		t.Errorf("at the end are %v", got)
	}
	if _, to := l.Seen(); to != 100_000 {
		t.Errorf("at the end %d is the last one", to)
	}
	l.SetLength(3)
	if l.Offset() != 0 || len(firsts(l)) != 3 {
		t.Errorf("three rows are left, at %v: %v", l.Offset(), firsts(l))
	}
}

func TestRowListByKeyboard(t *testing.T) {
	dressed(t)
	l, w := listed(t, 1000)
	selected, opened := 0, none
	typed := ""
	l.OnSelect, l.OnOpen, l.OnType = func() { selected++ }, func(i int) { opened = i }, func(r rune) { typed += string(r) }
	w.Canvas().Focus(l)
	press := func(keys ...fyne.KeyName) {
		for _, k := range keys {
			l.TypedKey(&fyne.KeyEvent{Name: k})
		}
	}
	press(fyne.KeyDown)
	if l.Cursor() != 0 {
		t.Errorf("the first arrow leads to %d", l.Cursor())
	}
	press(fyne.KeyDown, fyne.KeyDown, fyne.KeyUp)
	if l.Cursor() != 1 || l.Selects() != 1 || selected != 4 {
		t.Errorf("at %d, %d selected, told %d times", l.Cursor(), l.Selects(), selected)
	}
	press(fyne.KeyPageDown)
	if l.Cursor() != 9 {
		t.Errorf("a page down leads to %d", l.Cursor())
	}
	press(fyne.KeyEnd)
	if _, to := l.Seen(); l.Cursor() != 999 || to != 1000 {
		t.Errorf("End leads to %d, and %d is the last one that is seen", l.Cursor(), to)
	}
	press(fyne.KeyHome, fyne.KeyReturn)
	if l.Cursor() != 0 || opened != 0 || l.Offset() != 0 {
		t.Errorf("Home leads to %d at %v, Enter opens %d", l.Cursor(), l.Offset(), opened)
	}
	l.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	press(fyne.KeyDown, fyne.KeyDown)
	l.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	if got := l.Selected(); fmt.Sprint(got) != "[0 1 2]" {
		t.Errorf("with Shift %v are selected", got)
	}
	press(fyne.KeyDown)
	if got := l.Selected(); fmt.Sprint(got) != "[3]" {
		t.Errorf("without it %v", got)
	}
	l.TypedShortcut(&fyne.ShortcutSelectAll{})
	if l.Selects() != 1000 {
		t.Errorf("Ctrl+A selects %d", l.Selects())
	}
	l.TypedRune('会')
	if typed != "会" {
		t.Errorf("%q was typed", typed)
	}
}

func TestRowListByPointer(t *testing.T) {
	dressed(t)
	l, w := listed(t, 1000)
	l.Pickable = func(i int) bool { return i != 4 }
	click := func(row int, m fyne.KeyModifier) {
		l.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(100, float32(row)*76+30)}, Button: desktop.MouseButtonPrimary, Modifier: m})
	}
	click(2, 0)
	if w.Canvas().Focused() != fyne.Focusable(l) || fmt.Sprint(l.Selected()) != "[2]" {
		t.Errorf("after a press %v is selected, and %v has the focus", l.Selected(), w.Canvas().Focused())
	}
	click(6, fyne.KeyModifierShift)
	if got := fmt.Sprint(l.Selected()); got != "[2 3 5 6]" {
		t.Errorf("with Shift %v: one of them cannot be selected", got)
	}
	click(3, fyne.KeyModifierShortcutDefault)
	click(8, fyne.KeyModifierShortcutDefault)
	if got := fmt.Sprint(l.Selected()); got != "[2 5 6 8]" {
		t.Errorf("with Ctrl %v", got)
	}
	click(4, 0)
	if got := fmt.Sprint(l.Selected()); got != "[2 5 6 8]" {
		t.Errorf("a row that cannot be selected changed it to %v", got)
	}
	l.MouseMoved(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(10, 80)}})
	if l.hovered != 1 {
		t.Errorf("the pointer is over row %d", l.hovered)
	}
	l.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -100)})
	if l.Offset() != 100 {
		t.Errorf("the wheel leads to %v", l.Offset())
	}
	l.bar.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(0, 2000)})
	if _, to := l.Seen(); to != 1000 {
		t.Errorf("the bar at the end shows up to %d", to)
	}
}

// The same messages stand in other rows when mail comes: they stay selected, and
// nobody is told.
func TestRowListSelectionIsSet(t *testing.T) {
	dressed(t)
	l, _ := listed(t, 100)
	told := 0
	l.OnSelect = func() { told++ }
	l.Select(5)
	l.SetSelection([]int{6, 7, 200}, 6)
	if fmt.Sprint(l.Selected()) != "[6 7]" || l.Cursor() != 6 || told != 1 {
		t.Errorf("%v at %d, told %d times", l.Selected(), l.Cursor(), told)
	}
	l.SetLength(7)
	if fmt.Sprint(l.Selected()) != "[6]" {
		t.Errorf("%v are selected of seven", l.Selected())
	}
}

func TestFolderListChooses(t *testing.T) {
	dressed(t)
	f := NewFolderList()
	rows := []FolderData{{Key: "h", Name: "佐藤 大輔", Head: true}, {Key: "in", Name: "受信トレイ", Icon: look.IconInbox, Count: 2}, {Key: "x", Name: "共有", Head: true}, {Key: "info", Name: "info@", Icon: look.IconPeople, Sign: look.IconLock}}
	f.Set(rows, "in")
	w := seen(t, f.List(), 171, 300)
	chosen := ""
	f.OnChoose = func(key string) { chosen = key }
	w.Canvas().Focus(f.List())
	f.List().TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	if chosen != "info" || f.Chosen() != "info" {
		t.Errorf("the arrow chose %q: heads are passed over", chosen)
	}
	f.List().TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	if chosen != "in" {
		t.Errorf("Home chose %q", chosen)
	}
	f.Set(rows[:2], "in")
	if f.List().Length() != 2 || f.List().Cursor() != 1 {
		t.Errorf("%d rows, at %d", f.List().Length(), f.List().Cursor())
	}
}

// Opening a list of 100,000, and scrolling it by a page a frame, without painting.
func BenchmarkMailList(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(look.NewThemeIn(look.Light))
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			l, _ := listed(b, 100_000)
			l.Refresh()
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/open")
	})
	b.Run("scroll", func(b *testing.B) {
		l, _ := listed(b, 100_000)
		at := 0.0
		for b.Loop() {
			if at += 752; at > 7_000_000 {
				at = 0
			}
			l.ScrollTo(at)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
	})
	b.Run("painted", func(b *testing.B) {
		l, w := listed(b, 100_000)
		at := 0.0
		for b.Loop() {
			at += 120
			l.ScrollTo(at)
			w.Canvas().Capture()
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/frame")
	})
}
