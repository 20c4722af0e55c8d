package widgets

import (
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2/test"

	"lifeboat/app/look"
	"lifeboat/app/widgets/outline"
)

// The sheet shows every piece, in a theme of its own whatever the window's is, and
// nothing on it is cut off or lies over anything else. With LIFEBOAT_PICTURES=DIR
// pictures of it are kept there.
func TestComponentSheet(t *testing.T) {
	for name, b := range map[string]look.Brightness{"light": look.Light, "dark": look.Dark} {
		t.Run(name, func(t *testing.T) {
			test.NewTempApp(t).Settings().SetTheme(look.NewThemeIn(look.Light))
			sheet := Components(look.NewThemeIn(b))
			w := test.NewTempWindow(t, sheet)
			w.SetPadded(false)
			for range 2 { // until paragraphs have the lines they need
				least := sheet.MinSize()
				w.Resize(least.AddWidthHeight(max(1100-least.Width, 0), 1))
				w.Resize(sheet.MinSize().AddWidthHeight(max(1100-least.Width, 0), 0))
			}
			test.ApplyTheme(t, look.NewThemeIn(look.Light)) // what was painted before it had its own theme takes that on
			items := outline.Of(w.Canvas())
			if len(items) < 200 {
				t.Errorf("only %d things are on the sheet", len(items))
			}
			// The words that may shrink show that they do.
			for _, f := range outline.Faults(items, func(outline.Item) bool { return true }) {
				t.Error(f)
			}
			if dir := os.Getenv("LIFEBOAT_PICTURES"); dir != "" {
				f, err := os.Create(filepath.Join(dir, "TestComponentSheet-"+name+".png"))
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = f.Close() }()
				if err := png.Encode(f, w.Canvas().Capture()); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
