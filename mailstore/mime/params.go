package mime

import (
	"slices"
	"strconv"
	"strings"
)

// maxParams is how many parameters of a field are read.
const maxParams = 200

// parseParams reads a field such as Content-Type: its value, and its parameters by
// their names in lower case, decoded: RFC 2231 with its continuations and charsets,
// encoded words (RFC 2047) where they are not allowed and everybody writes them, raw
// octets, quotes that never close, spaces without quotes.
func parseParams(raw []byte) (value string, params map[string]string) {
	if len(raw) == 0 {
		return "", nil
	}
	p := paramParser{rest: unfold(raw)}
	value = strings.TrimSpace(p.until(";"))
	found := map[string][]segment{}
	for n := 0; p.rest != "" && n < maxParams; n++ {
		p.rest = strings.TrimLeft(p.rest, "; \t,")
		name := strings.ToLower(strings.TrimSpace(p.until("=;")))
		if !strings.HasPrefix(p.rest, "=") {
			continue
		}
		p.rest = p.rest[1:]
		base, s := splitName(name)
		s.text = p.value()
		found[base] = append(found[base], s)
	}
	params = make(map[string]string, len(found))
	for name, segments := range found {
		params[name] = joinSegments(segments)
	}
	return clean(stripComments(value)), params
}

func stripComments(s string) string {
	if at := strings.IndexByte(s, '('); at >= 0 {
		s = s[:at]
	}
	if at := strings.IndexAny(s, " \t"); at >= 0 {
		s = s[:at]
	}
	return strings.Trim(s, `"`)
}

// segment is a piece of a parameter's value, RFC 2231 section 3.
type segment struct {
	number   int // -1: the parameter without a number
	extended bool
	text     string
}

// splitName splits NAME, NAME*, NAME*0, NAME*0*.
func splitName(name string) (string, segment) {
	s := segment{number: -1}
	base, rest, ok := strings.Cut(name, "*")
	if !ok {
		return base, s
	}
	if rest == "" {
		s.extended = true
		return base, s
	}
	number, extended := strings.CutSuffix(rest, "*")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		return base, s
	}
	return base, segment{number: n, extended: extended}
}

// joinSegments puts a value together. The extended form goes before the plain one
// that is sent with it for old readers.
func joinSegments(segments []segment) string {
	slices.SortStableFunc(segments, func(a, b segment) int {
		if (a.number < 0) != (b.number < 0) && a.number >= 0 != (b.number >= 0) {
			return b.number - a.number // the numbered before the plain
		}
		return a.number - b.number
	})
	if i := slices.IndexFunc(segments, func(s segment) bool { return s.extended && s.number < 0 }); i >= 0 {
		charset, octets := extended(segments[i].text, true)
		return decodeExtended(octets, charset)
	}
	if segments[0].number < 0 {
		return decodeWords(segments[0].text)
	}
	var charset string
	var octets []byte
	encoded := false
	for i, s := range segments {
		if s.number < 0 {
			continue
		}
		if !s.extended {
			octets = append(octets, s.text...)
			continue
		}
		encoded = true
		c, o := extended(s.text, i == 0)
		if i == 0 {
			charset = c
		}
		octets = append(octets, o...)
	}
	if !encoded {
		return decodeWords(string(octets)) // encoded words cut into pieces
	}
	return decodeExtended(octets, charset)
}

// decodeExtended decodes the octets; some programs write encoded words in there too.
func decodeExtended(octets []byte, charset string) string {
	return decodeWords(toUTF8(octets, charset))
}

// extended undoes the percent encoding of RFC 2231 section 4; the first segment has
// charset and language in front.
func extended(text string, first bool) (charset string, octets []byte) {
	if first {
		if c, rest, ok := strings.Cut(text, "'"); ok {
			if _, value, ok := strings.Cut(rest, "'"); ok {
				charset, text = c, value
			}
		}
	}
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			hi, ok1 := unhex(text[i+1])
			lo, ok2 := unhex(text[i+2])
			if ok1 && ok2 {
				octets = append(octets, hi<<4|lo)
				i += 2
				continue
			}
		}
		octets = append(octets, text[i])
	}
	return charset, octets
}

type paramParser struct{ rest string }

// until takes what comes before one of the stops.
func (p *paramParser) until(stops string) string {
	at := strings.IndexAny(p.rest, stops)
	if at < 0 {
		at = len(p.rest)
	}
	out := p.rest[:at]
	p.rest = p.rest[at:]
	return out
}

// value takes a value, quoted or not. Without quotes it goes up to the next
// semicolon: file names with spaces are often sent so.
func (p *paramParser) value() string {
	p.rest = strings.TrimLeft(p.rest, " \t")
	if !strings.HasPrefix(p.rest, `"`) {
		return strings.TrimSpace(p.until(";"))
	}
	var out strings.Builder
	text := p.rest[1:]
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			p.rest = text[i+1:]
			return out.String()
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			out.WriteByte(text[i])
		default:
			out.WriteByte(c)
		}
	}
	p.rest = ""
	return out.String()
}

// unfold makes a field's value one line of UTF-8, its encoded words still as they
// are: octets that are no ASCII are taken for what they most likely are.
func unfold(raw []byte) string { return unfoldAs(raw, "") }

func unfoldAs(raw []byte, charset string) string {
	for _, b := range raw {
		if b >= 0x80 || b == 0x1b {
			return toUTF8(raw, charset)
		}
	}
	return string(raw)
}
