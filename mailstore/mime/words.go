package mime

import (
	"encoding/base64"
	"strings"
	"unicode"
)

// decodeWords decodes the encoded words (RFC 2047) of a text, also where they stand
// without the spaces that the standard wants, and joins neighbours before decoding:
// many programs cut a character, or even a base64 quantum, in two.
func decodeWords(text string) string {
	if !strings.Contains(text, "=?") {
		return text
	}
	var out strings.Builder
	var pending word // read and not decoded yet: the next may go on with it
	for text != "" {
		w, before, rest, ok := nextWord(text)
		if !ok {
			break
		}
		text = rest
		blank := strings.TrimSpace(before) == ""
		if pending.charset != "" && blank && pending.takes(w) {
			pending.join(w)
			continue
		}
		pending.flush(&out)
		if pending.charset == "" || !blank {
			out.WriteString(before)
		}
		w.octets = w.decode()
		pending = w
	}
	pending.flush(&out)
	out.WriteString(text)
	return out.String()
}

// word is an encoded word.
type word struct {
	charset, text string
	base64        bool
	octets        []byte
	open          string // base64 that is no whole quantum yet
}

// nextWord finds the next encoded word.
func nextWord(text string) (w word, before, rest string, ok bool) {
	from := 0
	for {
		at := strings.Index(text[from:], "=?")
		if at < 0 {
			return word{}, "", "", false
		}
		at += from
		w, length := parseWord(text[at:])
		if length > 0 {
			return w, text[:at], text[at+length:], true
		}
		from = at + 2
	}
}

// parseWord reads =?charset*language?encoding?text?= at the beginning of a text and
// returns its length, 0 where there is none. Spaces in the text are no harm.
func parseWord(text string) (word, int) {
	charset, rest, ok := strings.Cut(text[2:], "?")
	if !ok || len(charset) > 60 || charset == "" || strings.ContainsAny(charset, " \t=\"<>") {
		return word{}, 0
	}
	if len(rest) < 2 || rest[1] != '?' {
		return word{}, 0
	}
	kind := rest[0] | 0x20
	if kind != 'b' && kind != 'q' {
		return word{}, 0
	}
	body := rest[2:]
	end := strings.Index(body, "?=")
	if end < 0 {
		return word{}, 0
	}
	// "?=41?=": the first "?=" may be the encoding's own question mark, followed by =XX.
	for kind == 'q' && isEscape(body[end+1:]) {
		more := strings.Index(body[end+2:], "?=")
		if more < 0 {
			break
		}
		end += 2 + more
	}
	length := 2 + len(charset) + 1 + 2 + end + 2
	charset, _, _ = strings.Cut(charset, "*") // RFC 2231 section 5
	if charset == "" {
		return word{}, 0
	}
	return word{charset: strings.ToLower(charset), text: body[:end], base64: kind == 'b'}, length
}

// isEscape reports whether a text begins with =XX, and not with the next word's "=?".
func isEscape(text string) bool {
	if len(text) < 3 || text[0] != '=' {
		return false
	}
	_, ok1 := unhex(text[1])
	_, ok2 := unhex(text[2])
	return ok1 && ok2
}

// takes reports whether a word goes on with another: only octets of the same charset
// can be joined.
func (w *word) takes(next word) bool { return w.charset == next.charset }

func (w *word) join(next word) {
	switch {
	case w.open == "":
	case next.base64 && (len(w.open)+len(next.text))%4 == 0:
		next.text = w.open + next.text // it was cut within a quantum
	default:
		w.octets = finished(w.octets, w.open) // its padding is missing
	}
	w.octets = append(w.octets, next.decode()...)
	w.open, w.base64 = next.open, next.base64
}

// decode returns the octets of a word; a rest of base64 that is no whole quantum is
// kept in open.
func (w *word) decode() []byte {
	if !w.base64 {
		return unquote(nil, []byte(strings.ReplaceAll(w.text, "_", " ")))
	}
	if strings.IndexFunc(w.text, unicode.IsSpace) >= 0 {
		w.text = strings.Join(strings.Fields(w.text), "")
	}
	if out, err := base64.StdEncoding.DecodeString(w.text); err == nil {
		return out
	}
	var d base64Decoder
	out := d.line(nil, nil, []byte(w.text))
	if d.n > 0 {
		w.open = w.text[len(w.text)-min(d.n, len(w.text)):]
	}
	return out
}

// flush decodes what was joined.
func (w *word) flush(out *strings.Builder) {
	if w.charset == "" {
		return
	}
	out.WriteString(toUTF8(finished(w.octets, w.open), w.charset))
}

// finished adds what sextets without padding decode to.
func finished(octets []byte, open string) []byte {
	if open == "" {
		return octets
	}
	var d base64Decoder
	return d.finish(d.line(octets, nil, []byte(open)))
}

// clean makes a text of a header one line that is safe to show: without control
// characters, and without those that turn the direction of what follows.
func clean(text string) string {
	ok := true
	for i := 0; i < len(text); i++ {
		if text[i] < ' ' || text[i] >= 0x7f {
			ok = false
			break
		}
	}
	if !ok {
		text = strings.Map(func(r rune) rune {
			switch {
			case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
				return ' '
			case unicode.IsControl(r) || isBidi(r) || r == '\ufeff':
				return -1
			}
			return r
		}, strings.ToValidUTF8(text, "\ufffd"))
	}
	return strings.TrimSpace(text)
}

// isBidi reports whether a character overrides or embeds a direction of writing
// (UAX #9): in names they make a file look like another.
func isBidi(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x061c
}

// headerText is the text of an unstructured field, for people.
func headerText(raw []byte, charset string) string {
	return clean(decodeWords(unfoldAs(raw, charset)))
}
