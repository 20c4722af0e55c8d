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
// The term is only valid until the function returns.
func terms(folded []byte, emit func(term []byte)) {
	for at := 0; at < len(folded); {
		r, n := utf8.DecodeRune(folded[at:])
		switch kindOf(r) {
		case letter:
			end := at + n
			for end < len(folded) {
				r, n := utf8.DecodeRune(folded[end:])
				if kindOf(r) != letter {
					break
				}
				end += n
			}
			emit(cut(folded[at:end]))
			at = end
		case sign:
			end := at + n
			for end < len(folded) {
				r, n := utf8.DecodeRune(folded[end:])
				if kindOf(r) != sign {
					emit(folded[at:end])
					break
				}
				end += n
				emit(folded[at:end])
				at = end - n
			}
			if end == len(folded) {
				emit(folded[at:end])
			}
			at = end
		case symbol:
			emit(folded[at : at+n])
			at += n
		default:
			at += n
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
