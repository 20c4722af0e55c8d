package widgets

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"lifeboat/app/look"
)

// The pieces that set-up is made of, in both themes. With LIFEBOAT_PICTURES=DIR a
// picture of them is kept there.
func TestSetupPieces(t *testing.T) {
	for name, b := range map[string]look.Brightness{"light": look.Light, "dark": look.Dark} {
		test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(b))
		o := container.NewPadded(componentsSetup())
		w := seen(t, o, 1240, 1000)
		w.Resize(o.MinSize().Add(o.MinSize()))
		w.Resize(o.Size().Max(o.MinSize()).SubtractWidthHeight(0, 1))
		w.Resize(o.MinSize())
		w.Resize(w.Canvas().Size().AddWidthHeight(1240-w.Canvas().Size().Width, 0))
		picture := w.Canvas().Capture()
		dir := os.Getenv("LIFEBOAT_PICTURES")
		if dir == "" {
			continue
		}
		f, err := os.Create(filepath.Join(dir, "TestSetupPieces-"+name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, picture); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
