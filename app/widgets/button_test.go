package widgets

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/look"
)

func TestButtonSizes(t *testing.T) {
	dressed(t)
	for _, size := range []ButtonSize{ButtonInRow, ButtonUsual, ButtonInBar, ButtonBig} {
		b := NewButton(Filled, "Switch", nil).Sized(size)
		if got := b.MinSize().Height; got != float32(size) {
			t.Errorf("a button of %v is %v high", size, got)
		}
	}
	plain, icon := NewButton(Outlined, "Copy", nil).MinSize().Width, NewButton(Outlined, "Copy", nil).WithIcon(look.IconCopy).MinSize().Width
	if icon != plain+iconSide+iconGap {
		t.Errorf("%v wide with an icon, %v without", icon, plain)
	}
	if words := fyne.MeasureText("Copy", 14, fyne.TextStyle{Bold: true}).Width; plain < words+2*buttonPadding || plain > words+2*buttonPadding+1 {
		t.Errorf("%v wide around words of %v", plain, words)
	}
}

func TestButtonIsPressed(t *testing.T) {
	dressed(t)
	pressed := 0
	b := NewButton(Filled, "Switch", func() { pressed++ })
	w := seen(t, b, 200, 36)
	test.Tap(b)
	w.Canvas().Focus(b)
	for _, k := range []fyne.KeyName{fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyEscape} {
		b.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if pressed != 4 {
		t.Errorf("pressed %d times by the pointer, Space, Return and Enter", pressed)
	}
	b.Disable()
	test.Tap(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if pressed != 4 || b.Cursor() != desktop.DefaultCursor {
		t.Errorf("pressed although it is off (%d)", pressed)
	}
	b.Enable()
	test.Tap(b)
	if pressed != 5 || b.Cursor() != desktop.PointerCursor {
		t.Errorf("not pressed although it is on again (%d)", pressed)
	}
	NewButton(Filled, "nothing", nil).Press()
}

// The colours of every state, by the tokens.
func TestButtonStates(t *testing.T) {
	dressed(t)
	b := NewButton(Filled, "Switch", nil)
	seen(t, b, 200, 36)
	fill := func(name fyne.ThemeColorName) {
		t.Helper()
		if got := b.surface.FillColor; got != ink(b, name) {
			t.Errorf("filled with %v, not %s", got, name)
		}
	}
	fill(theme.ColorNamePrimary)
	b.MouseIn(nil)
	fill(look.ColorAccentHover)
	b.MouseDown(nil)
	fill(look.ColorAccentPress)
	b.MouseUp(nil)
	fill(look.ColorAccentHover)
	b.MouseOut()
	fill(theme.ColorNamePrimary)
	b.SetKind(Outlined)
	fill(look.ColorCard)
	if b.surface.StrokeColor != ink(b, theme.ColorNameInputBorder) {
		t.Error("an outlined button has no border")
	}
	b.MouseIn(nil)
	if got := b.surface.FillColor; got == ink(b, look.ColorCard) {
		t.Errorf("an outlined button under the pointer looks as before: %v", got)
	}
	b.Disable()
	fill(theme.ColorNameDisabledButton)
	if b.label.text.Color != ink(b, theme.ColorNameDisabled) {
		t.Error("the words of a button that is off are as black as ever")
	}
}

// The ring stands 2 px off the button, 2 px wide.
func TestButtonFocusRing(t *testing.T) {
	dressed(t)
	b := NewButton(Outlined, "Wait", nil)
	w := seen(t, b, 200, 36)
	if !b.ring.Hidden {
		t.Error("a ring without focus")
	}
	w.Canvas().Focus(b)
	if b.ring.Hidden || b.ring.StrokeWidth != 2 || b.ring.Position() != fyne.NewPos(-4, -4) || b.ring.Size() != b.Size().AddWidthHeight(8, 8) {
		t.Errorf("the ring: hidden %v, %v wide, at %v, %v around %v", b.ring.Hidden, b.ring.StrokeWidth, b.ring.Position(), b.ring.Size(), b.Size())
	}
	w.Canvas().Unfocus()
	if !b.ring.Hidden {
		t.Error("the ring stays when the focus has gone")
	}
}

func TestOverBlends(t *testing.T) {
	white, half := color.NRGBA{255, 255, 255, 255}, color.NRGBA{0, 0, 0, 51}
	if got := over(white, half); got != (color.NRGBA{204, 204, 204, 255}) {
		t.Errorf("a fifth of black over white is %v", got)
	}
	if got := over(color.Transparent, half); got != half {
		t.Errorf("a shade over nothing is %v", got)
	}
}

// A button that is greyed out by being pressed does not lose its place: Tab goes on from it.
func TestTabGoesOnFromAGreyButton(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	var before, b, after *Button
	before, after = NewButton(Outlined, "before", nil), NewButton(Outlined, "after", nil)
	b = NewButton(Filled, "test", func() { b.Disable() })
	w := test.NewTempWindow(t, container.New(Rows(8), before, b, after))
	w.Resize(fyne.NewSize(300, 300))
	c := w.Canvas()
	c.Focus(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !b.Disabled() || !b.AcceptsTab() {
		t.Fatal("the button is not greyed out")
	}
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyTab})
	if c.Focused() != fyne.Focusable(after) || !b.Disabled() {
		t.Errorf("Tab leads to %T", c.Focused())
	}
}
