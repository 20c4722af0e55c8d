// Package look is how the window looks: colours, sizes and fonts as tokens, and
// the Fyne theme that carries them. Every text colour passes a contrast of 4.5 on
// every surface it is used on (WCAG 2.2, 1.4.3).
package look

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Colours of our own, beside Fyne's names.
const (
	ColorNav      fyne.ThemeColorName = "lifeboatNav"
	ColorCard     fyne.ThemeColorName = "lifeboatCard"
	ColorOKTint   fyne.ThemeColorName = "lifeboatOKTint"
	ColorWarnTint fyne.ThemeColorName = "lifeboatWarnTint"
	ColorFailTint fyne.ThemeColorName = "lifeboatFailTint"
	ColorUnkTint  fyne.ThemeColorName = "lifeboatUnknownTint"
	ColorUnknown  fyne.ThemeColorName = "lifeboatUnknown"

	ColorAccentHover fyne.ThemeColorName = "lifeboatAccentHover" // a filled button under the pointer
	ColorAccentPress fyne.ThemeColorName = "lifeboatAccentPress" // and while it is pressed
)

// Sizes of our own.
const (
	SizeState fyne.ThemeSizeName = "lifeboatState" // the one sentence on Home
	SizeLead  fyne.ThemeSizeName = "lifeboatLead"
	SizeClock fyne.ThemeSizeName = "lifeboatClock"
)

type pair struct{ light, dark uint32 }

var palette = map[fyne.ThemeColorName]pair{
	theme.ColorNameForeground:          {0x17212E, 0xE7ECF1},
	theme.ColorNamePlaceHolder:         {0x4A5768, 0xAEB9C6},
	theme.ColorNamePrimary:             {0x1A5FA8, 0x2A6CB8},
	theme.ColorNameHyperlink:           {0x1A5FA8, 0x7DB5F2},
	theme.ColorNameFocus:               {0x1A5FA8, 0x7DB5F2},
	theme.ColorNameSelection:           {0xE5EFF9, 0x18304A},
	theme.ColorNameSuccess:             {0x14703D, 0x6CCB93},
	theme.ColorNameWarning:             {0x8A4B00, 0xEDB45C},
	theme.ColorNameError:               {0xB02419, 0xFF8F83},
	theme.ColorNameDisabled:            {0x556173, 0xA3AFBD},
	theme.ColorNameDisabledButton:      {0xEBEFF3, 0x252E38},
	theme.ColorNameInputBorder:         {0x7F8B9B, 0x74818F},
	theme.ColorNameSeparator:           {0xDCE2E9, 0x2C3642},
	theme.ColorNameBackground:          {0xF5F7F9, 0x12171D},
	theme.ColorNameInputBackground:     {0xFFFFFF, 0x1A212A},
	theme.ColorNameMenuBackground:      {0xFFFFFF, 0x1A212A},
	theme.ColorNameOverlayBackground:   {0xFFFFFF, 0x1A212A},
	theme.ColorNameButton:              {0xFFFFFF, 0x1A212A},
	theme.ColorNameHeaderBackground:    {0xF1F4F7, 0x151B22},
	theme.ColorNameForegroundOnPrimary: {0xFFFFFF, 0xFFFFFF},
	theme.ColorNameForegroundOnError:   {0xFFFFFF, 0x12171D},
	theme.ColorNameForegroundOnSuccess: {0xFFFFFF, 0x12171D},
	theme.ColorNameForegroundOnWarning: {0xFFFFFF, 0x12171D},
	ColorNav:                           {0xEBEFF3, 0x0D1116},
	ColorCard:                          {0xFFFFFF, 0x1A212A},
	ColorOKTint:                        {0xE3F3E9, 0x16301F},
	ColorWarnTint:                      {0xFCF0D9, 0x36280F},
	ColorFailTint:                      {0xFCE9E6, 0x3D1D1A},
	ColorUnkTint:                       {0xEBEFF3, 0x252E38},
	ColorUnknown:                       {0x556173, 0xA3AFBD},
	ColorAccentHover:                   {0x154F8E, 0x2F76C6},
	ColorAccentPress:                   {0x0F3F74, 0x225C9F},
}

var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:            14,
	theme.SizeNameCaptionText:     13,
	theme.SizeNameSubHeadingText:  18,
	theme.SizeNameHeadingText:     22,
	theme.SizeNameInnerPadding:    8,
	theme.SizeNameInputRadius:     8,
	theme.SizeNameInputBorder:     2, // as wide is the text cursor
	theme.SizeNameLineSpacing:     0, // lines follow each other alike, whether the text was broken or begun anew
	theme.SizeNameSelectionRadius: 8,
	SizeState:                     28,
	SizeLead:                      15,
	SizeClock:                     40,
}

// Brightness is whether the window is light or dark.
type Brightness int

// The choices.
const (
	System Brightness = iota // as the system prefers
	Light
	Dark
)

// Theme is Lifeboat's theme.
type Theme struct {
	base       fyne.Theme
	brightness Brightness
	percent    int // of the usual text size
}

// NewTheme returns the theme, as bright as the system prefers.
func NewTheme() *Theme { return NewThemeIn(System) }

// NewThemeIn returns the theme with a brightness of its own.
func NewThemeIn(b Brightness) *Theme {
	return &Theme{base: theme.DefaultTheme(), brightness: b, percent: UsualText}
}

// The sizes that text can be set in, in percent of the usual one.
const (
	SmallestText = 90
	UsualText    = 100
	LargestText  = 150
)

// WithText returns the theme with text of that size, in percent: what is out of range
// is the nearest that is not. Corners and lines stay as they are.
func (t *Theme) WithText(percent int) *Theme {
	with := *t
	with.percent = min(max(percent, SmallestText), LargestText)
	return &with
}

// TextPercent is the size that text is set in, in percent of the usual one.
func (t *Theme) TextPercent() int { return t.percent }

// variant is the system's, unless there is one of our own.
func (t *Theme) variant(v fyne.ThemeVariant) fyne.ThemeVariant {
	switch t.brightness {
	case Light:
		return theme.VariantLight
	case Dark:
		return theme.VariantDark
	default:
		return v
	}
}

// Color returns a colour of ours, or Fyne's own.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	v = t.variant(v)
	if alpha, ok := shades[name]; ok {
		ink := palette[theme.ColorNameForeground].in(v)
		ink.A = alpha
		return ink
	}
	p, ok := palette[name]
	if !ok {
		return t.base.Color(name, v)
	}
	return p.in(v)
}

// shades are ink with little alpha: 5 % of 255 under the pointer, twice that while
// pressed.
var shades = map[fyne.ThemeColorName]uint8{
	theme.ColorNameHover:               13,
	theme.ColorNamePressed:             26,
	theme.ColorNameScrollBar:           110,
	theme.ColorNameScrollBarBackground: 0,
}

// in returns the colour of a variant, opaque.
func (p pair) in(v fyne.ThemeVariant) color.NRGBA {
	rgb := p.light
	if v == theme.VariantDark {
		rgb = p.dark
	}
	return color.NRGBA{R: byte(rgb >> 16 & 0xFF), G: byte(rgb >> 8 & 0xFF), B: byte(rgb & 0xFF), A: 0xFF}
}

// Size returns a size of ours, or Fyne's own.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	s, ok := sizes[name]
	if !ok {
		return t.base.Size(name)
	}
	if texts[name] {
		return float32(math.Round(float64(s) * float64(t.percent) / UsualText))
	}
	return s
}

// texts are the sizes that grow with the text.
var texts = map[fyne.ThemeSizeName]bool{
	theme.SizeNameText: true, theme.SizeNameCaptionText: true, theme.SizeNameSubHeadingText: true, theme.SizeNameHeadingText: true,
	SizeState: true, SizeLead: true, SizeClock: true,
}

// Icon returns Fyne's icon.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return t.base.Icon(n) }
