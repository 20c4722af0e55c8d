package look

import (
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
)

// The three dots are one character, which stands on the baseline in English and in the
// middle of the line in Japanese: the face does it, by what stands beside them.
func TestDotsStandWhereTheLanguageHasThem(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewThemeIn(Light))
	for _, style := range []fyne.TextStyle{{}, {Bold: true}} {
		for text, raised := range map[string]bool{
			"Sending …":       false,
			"Quarterly repo…": false,
			"…":               false,
			"3…":              false,
			"… and more":      false,
			"株式会社青…":          true,
			"カタカナ…":           true,
			"はい、…":            true,
			"調べています …":        true,
			"……そうですか":         true,
			"それは……":           true,
			"「…」":             true,
		} {
			if from, to := dots(t, text, style); (to < 0.8) != raised || from < 0.5 {
				t.Errorf("%q %+v: the dots are from %.2f to %.2f of the way down to the baseline", text, style, from, to)
			}
		}
	}
}

// As wide on the baseline as above it: a text is measured by its characters.
func TestDotsAreAsWideEverywhere(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewThemeIn(Light))
	for _, style := range []fyne.TextStyle{{}, {Bold: true}} {
		alone := Measure("…", 20, style).Width
		if raised := Measure("青…", 20, style).Width - Measure("青", 20, style).Width; raised != alone {
			t.Errorf("%+v: dots are %v wide, and %v after Japanese", style, alone, raised)
		}
	}
}

// dots draws a text, and says where its dots begin and end, as parts of the way from the
// top of the line to the baseline.
func dots(t *testing.T, text string, style fyne.TextStyle) (from, to float64) {
	t.Helper()
	const size = 100
	drawn := canvas.NewText("", color.Black)
	drawn.TextStyle, drawn.TextSize = style, size
	Set(drawn, text)
	w := test.NewTempWindow(t, drawn)
	w.SetPadded(false)
	w.Resize(drawn.MinSize())
	before, _, _ := strings.Cut(text, "…")
	left := Measure(before, size, style).Width
	right := left + Measure("…", size, style).Width
	_, baseline := fyne.CurrentApp().Driver().RenderedTextSize(text, size, style, source(text, style))
	picture := w.Canvas().Capture()
	first, last := -1, -1
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		for x := int(left) + 2; x < int(right)-2; x++ {
			if r, _, _, _ := picture.At(x, y).RGBA(); r < 0x8000 {
				last = y
				if first < 0 {
					first = y
				}
			}
		}
	}
	return float64(first) / float64(baseline), float64(last) / float64(baseline)
}
