package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

func aNav(t *testing.T, pressed func(string)) *Nav {
	t.Helper()
	n := NewNav(pressed)
	n.SetHeader("青葉商事", "aoba.example")
	n.SetEntries([]NavEntry{{Key: "home", Icon: look.IconHome, Title: "ホーム"}, {Key: "queue", Icon: look.IconQueue, Title: "送信待ち", Count: 86}, {Key: "settings", Icon: look.IconSettings, Title: "設定", Foot: true}})
	n.SetFoot(NavFoot{Shape: Octagon, First: "1分ごとに確認中", Second: "前回 11:23"})
	n.Select("home")
	seen(t, n, NavWidth, 800)
	return n
}

func TestNavigationStandsWhereItShould(t *testing.T) {
	dressed(t)
	n := aNav(t, func(string) {})
	items := n.Items()
	home, queue, settings := items[0], items[1], items[2]
	if home.Position() != fyne.NewPos(12, 82) || home.Size() != fyne.NewSize(183, 40) || queue.Position().Y != 124 {
		t.Errorf("Home at %v, %v; Queue at %v", home.Position(), home.Size(), queue.Position())
	}
	if foot := settings.Position().Y + navRow; foot > 800-navFootHigh || foot < 800-navFootHigh-12 {
		t.Errorf("Settings ends at %v", foot)
	}
	if !home.Selected() || home.title.text.Color != ink(n, theme.ColorNameHyperlink) || home.surface.FillColor != ink(n, theme.ColorNameSelection) || queue.Selected() {
		t.Error("the page that is shown is not marked")
	}
	if queue.count.Data().Text != "86" || queue.count.Hidden || !home.count.Hidden {
		t.Errorf("badges: %+v", queue.count.Data())
	}
	if n.light.Shape() != Octagon || n.first.text.Text != "1分ごとに確認中" || n.name.text.Text != "青葉商事" {
		t.Errorf("foot %v %q, head %q", n.light.Shape(), n.first.text.Text, n.name.text.Text)
	}
	n.SetFoot(NavFoot{Shape: Disc, Icon: look.IconFlag, First: "練習中"})
	if !n.light.Hidden || n.glyph.image.Hidden {
		t.Error("in practice the flag does not stand instead of the light")
	}
}

func TestNavigationIsPressed(t *testing.T) {
	dressed(t)
	var pressed []string
	n := aNav(t, func(key string) { pressed = append(pressed, key) })
	items := n.Items()
	test.Tap(items[1])
	items[2].TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	items[0].TypedKey(&fyne.KeyEvent{Name: fyne.KeyTab})
	if len(pressed) != 2 || pressed[0] != "queue" || pressed[1] != "settings" {
		t.Errorf("pressed %v", pressed)
	}
	items[1].FocusGained()
	if items[1].surface.StrokeWidth != 2 || items[1].surface.StrokeColor != ink(n, theme.ColorNameFocus) {
		t.Error("the item with the focus has no ring")
	}
	items[1].FocusLost()
	items[1].MouseIn(nil)
	if items[1].surface.FillColor != ink(n, theme.ColorNameHover) || items[1].surface.StrokeWidth != 0 {
		t.Error("the item under the pointer looks as before, or keeps its ring")
	}
	items[1].MouseOut()
	n.SetEntries([]NavEntry{{Key: "drills", Title: "訓練"}})
	test.Tap(n.Items()[0])
	if last := pressed[len(pressed)-1]; len(n.Items()) != 1 || last != "drills" {
		t.Errorf("with other entries, %d items, and the first says %s", len(n.Items()), last)
	}
}

func TestRail(t *testing.T) {
	dressed(t)
	n := aNav(t, func(string) {})
	n.SetRail(true)
	n.Resize(fyne.NewSize(NavRailWidth, 640))
	if got := n.MinSize(); got.Width != 80 || got.Height > 640 {
		t.Errorf("the rail needs %v", got)
	}
	item := n.Items()[1]
	title, icon := item.title.text, item.glyph.image
	if item.Size().Height != navRailRow || title.Position().Y < icon.Position().Y+icon.Size().Height || title.Text != "送信待ち" {
		t.Errorf("in the rail %q stands at %v, its icon at %v", title.Text, title.Position(), icon.Position())
	}
	if !n.name.text.Hidden || n.narrow.Hidden || len(n.narrow.Lines()) == 0 {
		t.Error("the rail shows the head in full, or nothing at its foot")
	}
	for _, l := range n.narrow.lines {
		left := n.narrow.Position().X + l.text.Position().X
		if right := NavRailWidth - left - l.width(); !l.text.Hidden && (left-right > 2 || right-left > 2) {
			t.Errorf("at the foot %q is %v from the left and %v from the right", l.text.Text, left, right)
		}
	}
}
