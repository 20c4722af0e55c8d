package compose

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths in octets: of a line (RFC 5322 section 2.1.1, with room for a comma) and
// of an encoded-word (RFC 2047 section 2).
const (
	lineLength = 76
	wordLength = 75
	plainWord  = 60 // of a word that is left as it is, even behind a field's name
)

const (
	wordStart = "=?UTF-8?"
	wordEnd   = "?="
)

// encodedWord makes the first encoded-word of a text, at most room octets long, and returns
// what is left of the text. At least one character is taken, whole as always.
func encodedWord(text string, base64ed bool, room int) (word, rest string) {
	room = min(room, wordLength) - len(wordStart) - len("B?") - len(wordEnd)
	at := 0
	for at < len(text) {
		next := at + clusterLength(text[at:])
		if at > 0 && wordCost(text[:next], base64ed) > room {
			break
		}
		if at == 0 && wordCost(text[:next], base64ed) > room {
			_, next = utf8.DecodeRuneInString(text) // a cluster that is longer than a word
		}
		at = next
	}
	if base64ed {
		return wordStart + "B?" + base64.StdEncoding.EncodeToString([]byte(text[:at])) + wordEnd, text[at:]
	}
	return wordStart + "Q?" + qWord(text[:at]) + wordEnd, text[at:]
}

// clusterLength is how much of a text, from its beginning, is seen as one character:
// marks, selectors and joined emoji go with what they belong to.
func clusterLength(text string) int {
	_, at := utf8.DecodeRuneInString(text)
	for joined := false; at < len(text); {
		r, n := utf8.DecodeRuneInString(text[at:])
		const joiner = 0x200D
		goesWith := joined || r == joiner || unicode.In(r, unicode.M) || r >= 0x1F3FB && r <= 0x1F3FF
		if !goesWith {
			break
		}
		joined = r == joiner
		at += n
	}
	return at
}

func wordCost(text string, base64ed bool) int {
	if base64ed {
		return base64.StdEncoding.EncodedLen(len(text))
	}
	return len(qWord(text))
}

const hexDigits = "0123456789ABCDEF"

// qWord is a text in the Q encoding, with the characters that are allowed in
// every place (RFC 2047 section 5, case 3).
func qWord(text string) string {
	var out strings.Builder
	for _, c := range []byte(text) {
		switch {
		case c == ' ':
			out.WriteByte('_')
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!*+-/", c) >= 0:
			out.WriteByte(c)
		default:
			out.WriteString("=" + hexDigits[c>>4:c>>4+1] + hexDigits[c&15:c&15+1])
		}
	}
	return out.String()
}

// shorterInBase64 says which of the two encodings a text is shorter in.
func shorterInBase64(text string) bool { return wordCost(text, true) < wordCost(text, false) }

// plainWords reports whether a text can stand in a header as it is: nothing
// but US-ASCII, in words that are short enough to fold between, none of which looks encoded.
func plainWords(text string) bool {
	if !isASCII(text) || strings.Contains(text, "=?") || text != strings.TrimSpace(text) || strings.ContainsRune(text, '\t') {
		return false
	}
	for word := range strings.SplitSeq(text, " ") {
		if len(word) > plainWord {
			return false
		}
	}
	return true
}
