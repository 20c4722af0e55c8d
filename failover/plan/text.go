package plan

import (
	"fmt"
	"strings"

	"lifeboat/failover"
)

// unquote joins the character-strings of a TXT value in presentation format
// (RFC 1035 sections 3.3 and 5.1) into the text they make (RFC 7208 section 3.3).
func unquote(value string) string {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '\\' && i+3 < len(value) && isDigits(value[i+1:i+4]):
			n := int(value[i+1]-'0')*100 + int(value[i+2]-'0')*10 + int(value[i+3]-'0')
			out.WriteByte(byte(n))
			i += 3
		case c == '\\' && i+1 < len(value):
			i++
			out.WriteByte(value[i])
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted:
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// quote writes text as a TXT value, in strings of at most 255 octets.
func quote(text string) string {
	var parts []string
	for {
		n := min(len(text), 255)
		parts = append(parts, quoteString(text[:n]))
		if text = text[n:]; text == "" {
			return strings.Join(parts, " ")
		}
	}
}

func quoteString(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&out, `\%03d`, c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}

func isDigits(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// records shows a set's values on one line for a sentence.
func records(s failover.RRset) string {
	if !s.Exists() {
		return "—"
	}
	return strings.Join(s.Values, ", ")
}
