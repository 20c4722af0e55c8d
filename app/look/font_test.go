package look

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"lifeboat/assets"
)

// Text is drawn with a bundled face alone where that has every character, and only else
// with what the theme and the system have.
func TestTextHasOneFace(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewThemeIn(Light))
	plain, strong, record := fyne.TextStyle{}, fyne.TextStyle{Bold: true}, fyne.TextStyle{Monospace: true}
	for _, c := range []struct {
		text  string
		style fyne.TextStyle
		want  []byte // nil: the theme's
	}{
		{"", plain, assets.FontRegular},
		{"Mail is flowing … 青葉商事 髙橋", plain, assets.FontRegular},
		{"Mail is flowing … 青葉商事 髙橋", strong, assets.FontMedium},
		{"10 mx1.example.test", record, assets.FontMono},
		{"件名: 見積書", record, assets.FontRegular},
		{"Sale 🎉", plain, nil},
		{"안녕하세요", plain, nil},
		{"안녕하세요", record, nil},
		{"a\tb", plain, nil},
		{"italics", fyne.TextStyle{Italic: true}, nil},
	} {
		text := canvas.NewText("", nil)
		text.TextStyle, text.TextSize = c.style, 14
		Set(text, c.text)
		switch {
		case text.Text != c.text:
			t.Errorf("%q became %q", c.text, text.Text)
		case (text.FontSource == nil) != (c.want == nil):
			t.Errorf("%q: %v", c.text, text.FontSource)
		case c.want != nil && &text.FontSource.Content()[0] != &c.want[0]:
			t.Errorf("%q is drawn with %s", c.text, text.FontSource.Name())
		}
		if got := Measure(c.text, 14, c.style); got != text.MinSize() {
			t.Errorf("%q is %v, and is drawn as %v", c.text, got, text.MinSize())
		}
	}
}

// Two themes share their faces: the toolkit would read them twice.
func TestFacesAreShared(t *testing.T) {
	if NewThemeIn(Light).Font(fyne.TextStyle{}) != NewThemeIn(Dark).Font(fyne.TextStyle{}) {
		t.Error("each theme has faces of its own")
	}
	text := canvas.NewText("", nil)
	Set(text, "A")
	if text.FontSource != NewTheme().Font(fyne.TextStyle{}) {
		t.Error("text has another face than its theme")
	}
}

// A face that cannot be read has nothing, and text goes on with the theme's.
func TestFaceThatCannotBeRead(t *testing.T) {
	if newFace("none", []byte("nothing")).has("A") {
		t.Error("it is said to have an A")
	}
}

// BenchmarkMeasure is what most of laying out is: a line that was measured before.
func BenchmarkMeasure(b *testing.B) {
	test.NewTempApp(b).Settings().SetTheme(NewThemeIn(Light))
	const line = "Mail flows through Microsoft 365. 普段のメールサーバーに届いています。"
	for b.Loop() {
		Measure(line, 14, fyne.TextStyle{})
	}
}
