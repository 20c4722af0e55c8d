package look

import (
	"runtime/debug"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"golang.org/x/image/font/sfnt"

	"lifeboat/assets"
)

// faces are the three that all text is set in: no italics, which Japanese does not
// have, and Medium where others would be bold.
type faces struct{ regular, medium, mono *face }

// bundled are the faces as they are shipped. The toolkit reads a face once for each
// resource it is handed: these are the same ones everywhere.
var bundled = sync.OnceValue(func() faces {
	return faces{
		regular: newFace("NotoSansJP-Regular.otf", assets.FontRegular),
		medium:  newFace("NotoSansJP-Medium.otf", assets.FontMedium),
		mono:    newFace("NotoSansMono-Regular.ttf", assets.FontMono),
	}
})

// of is the face of a style.
func (f faces) of(s fyne.TextStyle) *face {
	switch {
	case s.Monospace:
		return f.mono
	case s.Bold:
		return f.medium
	default:
		return f.regular
	}
}

// Font returns the face for a style.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	if s.Symbol {
		return t.base.Font(s)
	}
	return bundled().of(s).resource
}

// Set sets what a text says, in its style, and the face that it is drawn with.
//
// A text without a face of its own is drawn with the theme's, and for each style of
// that the toolkit reads three faces more, whether they are wanted or not: one of its
// own, one with all emoji, and the system's for the language, which for Japanese has
// 20 MB. So whatever is in the bundled face is drawn with that alone, and only text
// with other characters (Hangul, emoji) with the theme's.
func Set(t *canvas.Text, text string) {
	t.Text, t.FontSource = text, source(text, t.TextStyle)
}

// Measure is how large a text is that was set by [Set].
func Measure(text string, size float32, s fyne.TextStyle) fyne.Size {
	measured, _ := fyne.CurrentApp().Driver().RenderedTextSize(text, size, s, source(text, s))
	return measured
}

// ReadAhead has the toolkit find out which fonts the system has. It takes a tenth of a
// second, and is done on the UI thread when something is typed first, unless that was
// done before. It may be called from any goroutine.
func ReadAhead() {
	defer debug.FreeOSMemory() // reading all fonts of a system leaves 100 MB behind
	const elsewhere = "é"      // which that face has not: so the system is asked
	own := fyne.NewStaticResource("read ahead", assets.FontMono)
	fyne.CurrentApp().Driver().RenderedTextSize(elsewhere, 1, fyne.TextStyle{}, own)
}

// source is the face that has every character of a text; nil where none of ours has. A
// record with Japanese in it is set in the face that has both.
func source(text string, s fyne.TextStyle) fyne.Resource {
	all := bundled()
	first := all.of(s)
	switch {
	case s.Symbol || s.Italic:
		return nil
	case first.has(text):
		return first.resource
	case s.Monospace && japanese(text) && all.regular.has(text):
		return all.regular.resource
	default:
		return nil
	}
}

// japanese is whether a text has characters of Han or kana, or those that are as wide.
func japanese(text string) bool {
	for _, r := range text {
		if r >= 0x2E80 {
			return true
		}
	}
	return false
}

// face is a face, and which characters it has.
type face struct {
	resource fyne.Resource
	glyphs   func() *glyphs
}

// glyphs has a bit for each character up to U+FFFF.
type glyphs [1 << 16 / 64]uint64

func newFace(name string, data []byte) *face {
	return &face{resource: fyne.NewStaticResource(name, data), glyphs: sync.OnceValue(func() *glyphs { return glyphsOf(data) })}
}

// glyphsOf reads which characters a face has; of one that cannot be read, none.
func glyphsOf(data []byte) *glyphs {
	var has glyphs
	font, err := sfnt.Parse(data)
	if err != nil { // it is part of the program: a test reads it
		return &has
	}
	var b sfnt.Buffer
	for r := range rune(1 << 16) {
		if g, err := font.GlyphIndex(&b, r); err == nil && g != 0 {
			has[r/64] |= 1 << (r % 64)
		}
	}
	return &has
}

// has is whether a face has all characters of a text.
func (f *face) has(text string) bool {
	has := f.glyphs()
	for _, r := range text {
		if r >= 1<<16 || has[r/64]&(1<<(r%64)) == 0 {
			return false
		}
	}
	return true
}
