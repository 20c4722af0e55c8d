package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/look"
)

// Wherever Tab leads, it is seen: with what stands above and below it, as far as there is
// room.
func TestKeysAreSeen(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	page, below := container.New(Rows(40)), NewButton(Filled, "below the page", nil)
	var fields []*Field
	for range 20 {
		f := NewField(FieldOptions{Label: "Field"})
		fields = append(fields, f)
		page.Add(f)
	}
	scroll := container.NewVScroll(page)
	w := test.NewTempWindow(t, container.NewBorder(nil, below, nil, nil, scroll))
	w.Resize(fyne.NewSize(400, 300))
	c, driver := w.Canvas(), fyne.CurrentApp().Driver()
	seen := func(what string, o fyne.CanvasObject) {
		t.Helper()
		top := driver.AbsolutePositionForObject(o).Y - driver.AbsolutePositionForObject(scroll).Y
		if top < 0 || top+o.Size().Height > scroll.Size().Height {
			t.Errorf("%s is at %.0f of %.0f", what, top, scroll.Size().Height)
		}
	}
	for range fields {
		c.FocusNext()
		o, ok := c.Focused().(fyne.CanvasObject)
		if !ok {
			t.Fatal("nothing has the keys")
		}
		seen("what has the keys", o)
	}
	last := fields[len(fields)-1]
	last.SetResult(FieldResult{Shape: Disc, Word: "Good", Detail: "An answer under it."})
	seen("the last field", last)
	at := scroll.Offset
	c.FocusNext()
	if c.Focused() != fyne.Focusable(below) || scroll.Offset != at {
		t.Errorf("below the page %T has the keys, and the page went from %v to %v", c.Focused(), at, scroll.Offset)
	}
	c.Focus(nil)
	c.FocusNext()
	if scroll.Offset.Y != 0 {
		t.Errorf("round again, the page begins at %v", scroll.Offset)
	}
}
