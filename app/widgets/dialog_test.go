package widgets

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/look"
)

// Enter goes on from one secret to the next and agrees at the end, when that can be
// agreed to; where something else is typed it may be an input method's, and does nothing.
func TestEnterInADialogsFields(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
	w := test.NewTempWindow(t, Space(10))
	w.Resize(fyne.NewSize(800, 600))
	c := w.Canvas()
	var answers [][]string
	ask := func(fields ...FieldOptions) {
		ShowDialog(c, DialogData{Title: "Asked", Yes: "OK", No: "Cancel", Fields: fields, Ready: func(texts []string) bool {
			return !slices.Contains(texts, "") && texts[0] == texts[len(texts)-1]
		}}, func(yes bool, texts []string) {
			if yes {
				answers = append(answers, texts)
			}
		})
	}
	enter := func() { c.Focused().TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) }
	ask(FieldOptions{Label: "Passphrase", Secret: true}, FieldOptions{Label: "Again", Secret: true})
	test.Type(c.Focused(), "secret")
	enter()
	test.Type(c.Focused(), "secre")
	if enter(); c.Overlays().Top() == nil {
		t.Fatal("two that differ were taken")
	}
	test.Type(c.Focused(), "t")
	if enter(); c.Overlays().Top() != nil || len(answers) != 1 || !slices.Equal(answers[0], []string{"secret", "secret"}) {
		t.Errorf("Enter after both gives %q", answers)
	}
	ask(FieldOptions{Label: "Name"})
	test.Type(c.Focused(), "text")
	if enter(); c.Overlays().Top() == nil || len(answers) != 1 {
		t.Error("Enter agreed to what an input method may have typed")
	}
}
