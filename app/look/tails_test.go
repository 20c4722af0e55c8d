package look

import (
	"math"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"lifeboat/assets"
)

// The tails of g, p, y and j were cut off at 13 to 15 px: at scale 1 Fyne rounds the
// room above the baseline up, and the whole line to the nearest pixel, so that what
// is left below is less than the face says.
func TestTailsOfLettersAreNotCutOff(t *testing.T) {
	var buf sfnt.Buffer
	for name, data := range map[string][]byte{"Regular": assets.FontRegular, "Medium": assets.FontMedium, "Mono": assets.FontMono} {
		face := parse(t, data)
		sizes := []int{13, 14, 15, 18, 22, 28, 40}
		if name == "Mono" {
			sizes = sizes[:1] // records, and nothing else
		}
		for _, px := range sizes {
			size := fixed.I(px)
			m, err := face.Metrics(&buf, size, font.HintingNone)
			if err != nil {
				t.Fatal(err)
			}
			line := math.Round(float64(m.Ascent+m.Descent) / 64)
			room := line - math.Ceil(float64(m.Ascent)/64)
			for _, r := range "gpqyj（）、。" {
				glyph, err := face.GlyphIndex(&buf, r)
				if err != nil {
					t.Fatal(err)
				}
				bounds, _, err := face.GlyphBounds(&buf, glyph, size, font.HintingNone)
				if err != nil {
					t.Fatal(err)
				}
				if tail := float64(bounds.Max.Y) / 64; tail > room {
					t.Errorf("%s at %d px: %q needs %.2f px below the baseline, of which %.0f are painted", name, px, r, tail, room)
				}
			}
		}
	}
}
