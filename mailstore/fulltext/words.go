package fulltext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold writes text the one way in which it is compared: NFKC (Unicode Standard Annex
// #15), which makes half-width and full-width forms the usual ones; lower case; Latin
// letters without their accents. Hiragana and katakana stay apart, as do voiced and
// unvoiced ones.
func Fold(text string) string {
	return string(fold(nil, text))
}

// fold appends the folded text.
func fold(out []byte, text string) []byte {
	ascii := 0
	for ascii < len(text) && text[ascii] < utf8.RuneSelf {
		c := text[ascii]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out = append(out, c)
		ascii++
	}
	text = text[ascii:]
	if text == "" {
		return out
	}
	// A letter before the first foreign one may carry its accent.
	if ascii > 0 {
		last := out[len(out)-1]
		out = out[:len(out)-1]
		text = string(last) + text
	}
	if strings.ContainsFunc(text, unseen) {
		text = strings.Map(func(r rune) rune {
			if unseen(r) {
				return -1
			}
			return r
		}, text)
	}
	if !norm.NFKC.IsNormalString(text) {
		text = norm.NFKC.String(text)
	}
	for _, r := range text {
		out = appendFolded(out, r)
	}
	return out
}

// appendFolded appends one letter of NFKC text in lower case, without accent where it is Latin.
func appendFolded(out []byte, r rune) []byte {
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return append(out, byte(r)) //nolint:gosec // one byte
	case r >= 0x3041 && r <= 0x9FFF: // kana and Han know no case
		return utf8.AppendRune(out, r)
	}
	if plain, ok := unaccented[r]; ok {
		return append(out, plain...)
	}
	if r < 0x250 || 0x1E00 <= r && r < 0x1F00 {
		// Latin with accents: its letter alone.
		if d := norm.NFD.PropertiesString(string(r)).Decomposition(); d != nil {
			if first, _ := utf8.DecodeRune(d); first < 0x250 {
				return appendFolded(out, first)
			}
		}
	}
	if mark(r) {
		if before, _ := utf8.DecodeLastRune(out); before < utf8.RuneSelf || kindOf(before) != letter {
			return out // an accent for which there is no letter of its own, or one of nothing
		}
	}
	return utf8.AppendRune(out, unicode.ToLower(r))
}

// unseen reports whether r only says how its neighbours look: soft hyphens, joiners,
// variants, shades of skin.
func unseen(r rune) bool {
	switch r {
	case 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF:
		return true
	}
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0x1F3FB && r <= 0x1F3FF
}

// mark reports whether r is an accent that stands behind its letter.
func mark(r rune) bool { return 0x300 <= r && r <= 0x36F }

// unaccented are letters that Unicode does not take apart, and one that has two small forms.
var unaccented = map[rune]string{
	'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l", 'đ': "d", 'Đ': "d", 'ħ': "h", 'Ħ': "h", 'ı': "i",
	'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ß': "ss", 'ẞ': "ss", 'ς': "σ",
}

// Words returns the words of a text, folded, with one space where something parts
// them: "Tanaka@Example.JP" is "tanaka example jp".
func Words(text string) string {
	folded := Fold(text)
	// Taking out what is not seen can bring together what belongs together.
	for range 3 {
		again := Fold(folded)
		if again == folded {
			break
		}
		folded = again
	}
	var b strings.Builder
	gap := false
	for _, r := range folded {
		if kindOf(r) == between {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// A kind is how a character takes part in words.
type kind byte

const (
	between kind = iota // parts words: spaces, punctuation, controls
	letter              // stands in a word that is taken as a whole: Latin, Cyrillic, digits, ...
	sign                // written without spaces between words: Han, kana, Hangul, Thai, ...
	symbol              // a word of its own: emoji
)

// kindOf tells how a folded character takes part in words.
func kindOf(r rune) kind {
	switch {
	case r < utf8.RuneSelf:
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return letter
		}
		return between
	case r >= 0x3041 && r <= 0x30FF:
		if r == 0x30FB || r == 0x30A0 || r >= 0x3097 && r <= 0x309C {
			return between // middle dot and loose voicing marks
		}
		return sign
	case r >= 0x4E00 && r <= 0x9FFF, r >= 0xAC00 && r <= 0xD7A3:
		return sign
	case r == 0x3005, r == 0x3007, unicode.In(r, unspaced...):
		return sign
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.IsMark(r):
		return letter
	case unicode.Is(unicode.So, r) && r != utf8.RuneError:
		return symbol
	}
	return between
}
