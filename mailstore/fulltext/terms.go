package fulltext

import (
	"unicode"
	"unicode/utf8"
)

// longest is how many bytes of a word count; what is longer are keys and sums that nobody types.
const longest = 60

// unspaced are the scripts in which words are not set apart by spaces, or, as in
// Korean, are looked for within what stands between spaces.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Hangul,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan, unicode.Yi,
}

// terms cuts folded text into what the index holds, in the order in which it stands
// there:
//
//   - a word of letters and digits as it is;
//   - of a run of signs (Han, kana, Hangul, Thai) every two neighbours, and the last
//     one alone: 全文検索 is 全文, 文検, 検索, 索. So a word of two or more characters is found
//     wherever it stands, as terms that follow each other, and one character as
//     the beginning of a term;
//   - an emoji alone.
//
// With a sign or two the runes are given too; second is 0 for one alone, and first for
// anything else. The term is only valid until the function returns.
func terms(folded []byte, emit func(term []byte, first, second rune)) {
	r, n := utf8.DecodeRune(folded)
	k := kindOf(r)
	for at := 0; at < len(folded); {
		began, before := at, r
		was := k
		at += n
		r, n = utf8.DecodeRune(folded[at:])
		k = between
		if n > 0 {
			k = kindOf(r)
		}
		switch was {
		case letter:
			for k == letter {
				at += n
				r, n = utf8.DecodeRune(folded[at:])
				k = between
				if n > 0 {
					k = kindOf(r)
				}
			}
			emit(cut(folded[began:at]), 0, 0)
		case sign:
			if k == sign {
				emit(folded[began:at+n], before, r)
			} else {
				emit(folded[began:at], before, 0)
			}
		case symbol:
			emit(folded[began:at], 0, 0)
		case between:
		}
	}
}

// cut shortens a word to what counts of it, at a character's end.
func cut(word []byte) []byte {
	if len(word) <= longest {
		return word
	}
	end := longest
	for !utf8.RuneStart(word[end]) {
		end--
	}
	return word[:end]
}
