package screen_test

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/widgets"
)

// What is greyed out in the mail's menu was done all the same by the keys: they led to a
// dialog about another server, where none can be looked at.
func TestMailMenuByKeys(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	p := posted(t, i18n.English, 20)
	w := test.NewTempWindow(t, p.inFrame(i18n.English))
	w.Resize(usual)
	p.settled()
	more := found[*widgets.Button](t, p.page.Content(), func(b *widgets.Button) bool { return b.Text() == "" && b.Visible() })
	more.Press()
	menu, ok := w.Canvas().Focused().(*widget.PopUpMenu)
	if !ok {
		t.Fatalf("the keys are at %T", w.Canvas().Focused())
	}
	menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp}) // the last
	menu.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if len(p.asked) > 0 {
		t.Errorf("asked: %+v", p.asked)
	}
}
