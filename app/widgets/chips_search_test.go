package widgets

import (
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/look"
)

// The sign to search with stands in the middle of the field at every size of text, as the
// text does.
func TestSearchSignStandsInTheMiddle(t *testing.T) {
	for _, percent := range []int{90, look.UsualText, 125, 150} {
		test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light).WithText(percent))
		f := NewSearchField("Search in the mail")
		w := test.NewTempWindow(t, f)
		w.SetPadded(false)
		w.Resize(fyne.NewSize(300, f.MinSize().Height))
		w.Canvas().Capture()
		found := false
		for _, o := range test.LaidOutObjects(f) {
			sign, ok := o.(*canvas.Image)
			if !ok || sign.Resource == nil || f.entry.Icon == nil || sign.Resource.Name() != f.entry.Icon.Name() {
				continue
			}
			found = true
			above := f.bare.Position().Y + f.entry.Position().Y + sign.Position().Y
			below := f.Size().Height - above - sign.Size().Height
			if math.Abs(float64(above-below)) > 1.5 {
				t.Errorf("at %d %% there are %v above the sign and %v below it", percent, above, below)
			}
		}
		if !found {
			t.Errorf("at %d %% there is no sign", percent)
		}
	}
}
