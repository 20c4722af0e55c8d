package look

import (
	"encoding/xml"
	"image/color"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"golang.org/x/image/font/sfnt"

	"lifeboat/assets"
)

// What text is written on, by the name of the text's colour. Every surface that a
// widget or screen uses is here.
var writtenOn = map[fyne.ThemeColorName][]fyne.ThemeColorName{
	theme.ColorNameForeground: {
		theme.ColorNameBackground, ColorNav, ColorCard, theme.ColorNameHeaderBackground, theme.ColorNameSelection, theme.ColorNameSeparator,
		ColorOKTint, ColorWarnTint, ColorFailTint, ColorUnkTint, theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground, theme.ColorNameInputBackground, theme.ColorNameButton,
	},
	theme.ColorNamePlaceHolder: {
		theme.ColorNameBackground, ColorNav, ColorCard, theme.ColorNameHeaderBackground, theme.ColorNameSelection, ColorWarnTint, ColorFailTint, ColorOKTint, ColorUnkTint,
	},
	theme.ColorNameHyperlink:           {theme.ColorNameBackground, ColorNav, ColorCard, theme.ColorNameHeaderBackground, theme.ColorNameSelection},
	theme.ColorNameSuccess:             {theme.ColorNameBackground, ColorNav, ColorCard, theme.ColorNameHeaderBackground, ColorOKTint},
	theme.ColorNameWarning:             {theme.ColorNameBackground, ColorNav, ColorCard, theme.ColorNameHeaderBackground, ColorWarnTint},
	theme.ColorNameError:               {theme.ColorNameBackground, ColorNav, ColorCard, theme.ColorNameHeaderBackground, ColorFailTint},
	ColorUnknown:                       {theme.ColorNameBackground, ColorNav, ColorCard, theme.ColorNameHeaderBackground, ColorUnkTint},
	theme.ColorNameDisabled:            {ColorCard, theme.ColorNameDisabledButton},
	theme.ColorNameForegroundOnPrimary: {theme.ColorNamePrimary, ColorAccentHover, ColorAccentPress},
	theme.ColorNameForegroundOnError:   {theme.ColorNameError},
	theme.ColorNameForegroundOnSuccess: {theme.ColorNameSuccess},
	theme.ColorNameForegroundOnWarning: {theme.ColorNameWarning},
}

// contrast is that of WCAG 2.2, between 1 and 21.
func contrast(a, b color.Color) float64 {
	light := func(c color.Color) float64 {
		r, g, b, _ := c.RGBA()
		linear := func(v uint32) float64 {
			s := float64(v) / 0xFFFF
			if s <= 0.04045 {
				return s / 12.92
			}
			return math.Pow((s+0.055)/1.055, 2.4)
		}
		return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	}
	l1, l2 := light(a), light(b)
	return (max(l1, l2) + 0.05) / (min(l1, l2) + 0.05)
}

func TestEveryTextCanBeRead(t *testing.T) {
	for name, b := range map[string]Brightness{"light": Light, "dark": Dark} {
		th := NewThemeIn(b)
		for text, surfaces := range writtenOn {
			for _, surface := range surfaces {
				if got := contrast(th.Color(text, 0), th.Color(surface, 0)); got < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f", name, text, surface, got)
				}
			}
		}
		for _, surface := range []fyne.ThemeColorName{theme.ColorNameBackground, ColorCard} { // WCAG 2.2, 1.4.11
			for _, line := range []fyne.ThemeColorName{theme.ColorNameInputBorder, theme.ColorNameFocus} {
				if got := contrast(th.Color(line, 0), th.Color(surface, 0)); got < 3 {
					t.Errorf("%s: a border of %s on %s has a contrast of %.2f", name, line, surface, got)
				}
			}
		}
	}
}

// Fyne's own widgets, too, are shown in these colours and sizes.
func TestEveryNameHasAValue(t *testing.T) {
	for _, b := range []Brightness{Light, Dark} {
		th := NewThemeIn(b)
		for _, name := range []fyne.ThemeColorName{
			theme.ColorNameBackground, theme.ColorNameButton, theme.ColorNameDisabledButton, theme.ColorNameDisabled, theme.ColorNameError, theme.ColorNameFocus,
			theme.ColorNameForeground, theme.ColorNameForegroundOnError, theme.ColorNameForegroundOnPrimary, theme.ColorNameForegroundOnSuccess, theme.ColorNameForegroundOnWarning,
			theme.ColorNameHeaderBackground, theme.ColorNameHover, theme.ColorNameHyperlink, theme.ColorNameInputBackground, theme.ColorNameInputBorder, theme.ColorNameMenuBackground,
			theme.ColorNameOverlayBackground, theme.ColorNamePlaceHolder, theme.ColorNamePressed, theme.ColorNamePrimary, theme.ColorNameScrollBar, theme.ColorNameScrollBarBackground,
			theme.ColorNameSelection, theme.ColorNameSeparator, theme.ColorNameSuccess, theme.ColorNameWarning,
			ColorNav, ColorCard, ColorOKTint, ColorWarnTint, ColorFailTint, ColorUnkTint, ColorUnknown, ColorAccentHover, ColorAccentPress,
		} {
			_, own := palette[name]
			_, shade := shades[name]
			if !own && !shade {
				t.Errorf("%s has no colour of ours", name)
			}
			if th.Color(name, theme.VariantLight) != th.Color(name, theme.VariantDark) {
				t.Errorf("%s follows the system although the brightness was chosen", name)
			}
		}
	}
	system := NewTheme()
	if system.Color(ColorCard, theme.VariantLight) == system.Color(ColorCard, theme.VariantDark) {
		t.Error("the theme does not follow the system")
	}
	for kind, want := range map[Type]float32{Caption: 13, Small: 13, Record: 13, Body: 14, Strong: 14, Quiet: 14, Lead: 15, Heading: 18, Title: 22, Sign: 22, State: 28, Clock: 40} {
		if got := system.Size(kind.Size()); got != want {
			t.Errorf("kind %d is %v, not %v", kind, got, want)
		}
		if kind.Ink() == "" {
			t.Errorf("kind %d has no colour", kind)
		}
	}
}

// Whatever the program says in Japanese, the bundled faces have a glyph for: no
// other machine needs a font.
func TestFacesHaveEveryCharacter(t *testing.T) {
	regular, medium := parse(t, assets.FontRegular), parse(t, assets.FontMedium)
	said := map[rune]string{}
	err := fs.WalkDir(assets.Translations, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := assets.Translations.ReadFile(name)
		for _, r := range string(data) {
			said[r] = name
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(said) < 500 {
		t.Fatalf("only %d characters are said: the search is broken", len(said))
	}
	for _, r := range "青葉商事 髙橋﨑 𠮟剝塡頰 ①㈱〒 àéîõüß ‘’“”–—…•→←↑↓ ☆♪ ㎏" {
		said[r] = "names and signs"
	}
	for r, where := range said {
		if r < ' ' {
			continue
		}
		for name, face := range map[string]*sfnt.Font{"Regular": regular, "Medium": medium} {
			if glyph, err := face.GlyphIndex(nil, r); err != nil || glyph == 0 {
				t.Errorf("%s has no %q (%U), said in %s: %v", name, r, r, where, err)
			}
		}
	}
	mono := parse(t, assets.FontMono)
	for r := ' '; r <= '~'; r++ {
		if glyph, err := mono.GlyphIndex(nil, r); err != nil || glyph == 0 {
			t.Errorf("the fixed-width face has no %q", r)
		}
	}
}

func parse(t *testing.T, data []byte) *sfnt.Font {
	t.Helper()
	f, err := sfnt.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The faces are drawn with, and measure as designed: a line is 1.448 × its size,
// and Japanese characters are square.
func TestFacesAreUsed(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewThemeIn(Light))
	regular, medium := fyne.MeasureText("Microsoft 365", 100, fyne.TextStyle{}), fyne.MeasureText("Microsoft 365", 100, fyne.TextStyle{Bold: true})
	if regular.Height < 144 || regular.Height > 146 || medium.Width <= regular.Width {
		t.Errorf("regular %v, medium %v", regular, medium)
	}
	if got := fyne.MeasureText("受け取り", 100, fyne.TextStyle{}).Width; got != 400 {
		t.Errorf("four square characters of 100 are %v wide", got)
	}
	if i, m := fyne.MeasureText("iiii", 100, fyne.TextStyle{Monospace: true}), fyne.MeasureText("mmmm", 100, fyne.TextStyle{Monospace: true}); i != m {
		t.Errorf("in the fixed-width face iiii is %v and mmmm %v", i, m)
	}
	th := NewTheme()
	if th.Font(fyne.TextStyle{Italic: true}) != th.Font(fyne.TextStyle{}) {
		t.Error("there are italics")
	}
}

// Every sign is a filled outline on a grid of 20: Fyne neither scales nor recolours
// strokes.
func TestIcons(t *testing.T) {
	names := map[Icon]bool{}
	for _, i := range Icons() {
		if names[i] {
			t.Errorf("%s is listed twice", i)
		}
		names[i] = true
	}
	for _, i := range append(Icons(), "light-disc", "light-ring", "light-triangle", "light-octagon", "light-question", "light-track", "light-waiting", "light-letter") {
		red := i.In(color.NRGBA{R: 0xB0, G: 0x24, B: 0x19, A: 0xFF})
		if red == nil {
			t.Errorf("%s is not drawn", i)
			continue
		}
		var drawing struct {
			ViewBox string `xml:"viewBox,attr"`
			Paths   []struct {
				Fill   string `xml:"fill,attr"`
				Stroke string `xml:"stroke,attr"`
				D      string `xml:"d,attr"`
			} `xml:"path"`
		}
		if err := xml.Unmarshal(red.Content(), &drawing); err != nil {
			t.Errorf("%s: %v", i, err)
		}
		if drawing.ViewBox != "0 0 20 20" || len(drawing.Paths) != 1 || drawing.Paths[0].Fill != "#B02419" || drawing.Paths[0].Stroke != "" {
			t.Errorf("%s is not one outline in its colour on a grid of 20: %.200s", i, red.Content())
			continue
		}
		for _, v := range strings.FieldsFunc(drawing.Paths[0].D, func(r rune) bool { return strings.ContainsRune("MLZ ", r) }) {
			if n, err := strconv.ParseFloat(v, 64); err != nil || n < 0 || n > 20 {
				t.Errorf("%s goes to %s: %v", i, v, err)
			}
		}
	}
	if NoIcon.In(color.Black) != nil || Icon("no such icon").In(color.Black) != nil {
		t.Error("there is a drawing of nothing")
	}
	if IconHome.In(color.Black).Name() == IconHome.In(color.White).Name() {
		t.Error("two colours of an icon have one name, by which the toolkit keeps its pixels")
	}
	if buoy := string(Lifebuoy().Content()); !strings.Contains(buoy, "#D2481B") {
		t.Error("the lifebuoy is not orange")
	}
}
