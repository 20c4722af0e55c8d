package widgets

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// peopleField is a field for several entries that keeps what it is told.
func peopleField(t *testing.T) (c *Chips, w fyne.Window, typed *[]string) {
	t.Helper()
	dressed(t)
	c, typed = NewChips("宛先", 88), new([]string)
	var chips []Chip
	c.OnTyped = func(s string) { *typed = append(*typed, s) }
	c.OnAdd = func(s string) {
		chips = append(chips, Chip{Text: s, Bad: !strings.Contains(s, "@")})
		c.Set(chips)
	}
	c.OnRemove = func(i int) {
		chips = append(chips[:i:i], chips[i+1:]...)
		c.Set(chips)
	}
	c.OnTake = func(i int) { c.OnAdd(c.offers[i]) }
	w = seen(t, c, 700, 40)
	c.Focus(w.Canvas())
	return c, w, typed
}

func key(c *Chips, names ...fyne.KeyName) {
	for _, n := range names {
		c.entry.TypedKey(&fyne.KeyEvent{Name: n})
	}
}

// What is complete becomes a chip: by Enter, by a comma, by leaving the field.
func TestChipsComplete(t *testing.T) {
	c, w, typed := peopleField(t)
	test.Type(c.entry, "a@b.example")
	key(c, fyne.KeyReturn)
	test.Type(c.entry, "nobody,c@d.example、e@")
	if got := fmt.Sprint(c.Entries()); got != "[{a@b.example false} {nobody true} {c@d.example false}]" || c.Typed() != "e@" {
		t.Errorf("%s, and typed is %q", got, c.Typed())
	}
	if len(*typed) < 10 {
		t.Errorf("told of %d letters", len(*typed))
	}
	w.Canvas().Unfocus()
	if got := c.Entries(); len(got) != 4 || c.Typed() != "" {
		t.Errorf("after leaving it %v, and typed is %q", got, c.Typed())
	}
	c.Focus(w.Canvas())
	key(c, fyne.KeyBackspace)
	if got := c.Entries(); len(got) != 3 {
		t.Errorf("Backspace leaves %v", got)
	}
	test.Tap(c.views[1].close)
	if got := fmt.Sprint(c.Entries()); got != "[{a@b.example false} {c@d.example false}]" {
		t.Errorf("the cross leaves %s", got)
	}
}

// The arrows choose among what is offered, Enter and Tab take it, Escape takes it away.
func TestChipsAreOffered(t *testing.T) {
	c, _, typed := peopleField(t)
	c.SetOffers([]string{"x@y.example"})
	if c.Offers().Visible() {
		t.Error("something is offered for nothing")
	}
	test.Type(c.entry, "sato")
	offers := []string{"sato@aoba.example", "misaki.sato@aoba.example"}
	c.SetOffers(offers)
	if !c.Offers().Visible() || c.entry.AcceptsTab() {
		t.Error("nothing is offered, or Tab takes what nobody chose")
	}
	key(c, fyne.KeyDown, fyne.KeyDown)
	if !c.entry.AcceptsTab() {
		t.Error("Tab would leave the field")
	}
	key(c, fyne.KeyTab)
	if got := c.Entries(); len(got) != 1 || got[0].Text != offers[1] || c.Typed() != "" || c.Offers().Visible() {
		t.Errorf("taken is %v, typed is %q", got, c.Typed())
	}
	test.Type(c.entry, "sato")
	c.SetOffers(offers)
	key(c, fyne.KeyEscape)
	if c.Offers().Visible() || c.Typed() != "sato" || (*typed)[len(*typed)-1] != "" {
		t.Error("Escape does not take the offers away alone")
	}
	c.SetOffers(offers)
	c.list.rows[0].MouseDown(nil)
	if got := c.Entries(); len(got) != 2 || got[1].Text != offers[0] {
		t.Errorf("pressed is %v", got)
	}
}

// However many there are, they stand on as many lines as they need.
func TestChipsGrow(t *testing.T) {
	c, _, _ := peopleField(t)
	one := c.MinSize().Height
	for i := range 12 {
		c.OnAdd(fmt.Sprintf("someone%02d@aoba.example", i))
	}
	if got := c.MinSize().Height; one != controlHeight || got < 3*chipHigh {
		t.Errorf("%v high with none, %v with twelve", one, got)
	}
}

func TestSearchField(t *testing.T) {
	dressed(t)
	f := NewSearchField("検索")
	w := seen(t, f, 300, 40)
	var heard []string
	down := 0
	f.OnChanged, f.OnDown = func(s string) { heard = append(heard, s) }, func() { down++ }
	f.Type(w.Canvas(), '会')
	if !f.Focused() || f.Text() != "会" {
		t.Errorf("%q, focused %v", f.Text(), f.Focused())
	}
	f.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	f.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	f.entry.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if down != 2 || f.Text() != "" || fmt.Sprint(heard) != "[会 ]" {
		t.Errorf("down %d times, %q, heard %q", down, f.Text(), heard)
	}
	f.SetText("x")
	test.Tap(f.clear)
	if f.Text() != "" {
		t.Error("the cross clears nothing")
	}
}

// Files are opened and saved by their buttons; one that is risky only saved.
func TestFiles(t *testing.T) {
	dressed(t)
	f := NewFiles()
	var heard []string
	f.OnOpen, f.OnSave = func(k string) { heard = append(heard, "open "+k) }, func(k string) { heard = append(heard, "save "+k) }
	f.Set([]FileRow{
		{Key: "2", Name: "見積書.pdf", Size: "214 KB", Open: "開く", Save: "保存"},
		{Key: "3", Name: "invoice.pdf.exe", Size: "90 KB", Save: "保存", Note: "プログラムを実行できるファイルです。何か分かっている場合だけ保存してください。"},
	})
	w := seen(t, f, 484, 400)
	open, save, _ := f.Buttons(0)
	test.Tap(open)
	w.Canvas().Focus(save)
	save.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	open, save, _ = f.Buttons(1)
	test.Tap(save)
	if fmt.Sprint(heard) != "[open 2 save 2 save 3]" || open.Visible() {
		t.Errorf("heard %q", heard)
	}
	if high := f.MinSize().Height; high <= 2*fileRow {
		t.Errorf("with a note it is %v high", high)
	}
}
