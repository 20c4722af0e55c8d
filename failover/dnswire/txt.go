package dnswire

import (
	"strings"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

// maxString is how many octets one character-string holds (RFC 1035 section 3.3).
const maxString = 255

// TXT makes the value of a TXT record out of its text, cut into strings of at
// most 255 octets as SPF (RFC 7208 section 3.3) and DKIM (RFC 6376 section
// 3.6.2.2) join them: without anything between. An empty text is one empty
// string.
func TXT(text string) string {
	var parts []string
	for len(text) > maxString {
		parts, text = append(parts, text[:maxString]), text[maxString:]
	}
	return TXTStrings(append(parts, text)...)
}

// TXTStrings makes the value of a TXT record that has exactly these strings, each
// of at most 255 octets.
func TXTStrings(parts ...string) string {
	raw := make([]string, len(parts))
	for i, p := range parts {
		raw[i] = strings.ReplaceAll(p, `\`, `\\`)
	}
	return Value(&dns.TXT{Txt: raw})
}

// Text returns the text of a TXT value: its strings joined, unescaped, as octets.
func Text(value string) (string, error) {
	parts, err := Strings(value)
	return strings.Join(parts, ""), err
}

// Strings returns the strings of a TXT value, unescaped, as octets.
func Strings(value string) ([]string, error) {
	rr, err := parse(failover.Key{Name: ".", Type: "TXT"}, 0, value)
	if err != nil {
		return nil, err
	}
	wire := make([]byte, dns.MaxMsgSize)
	n, err := dns.PackRR(rr, wire, 0, nil, false)
	if err != nil {
		return nil, failover.Fail(failover.ErrInvalid, `"{value}" is no data of a {type} record`, "value", value, "type", "TXT").Because(err)
	}
	data := wire[n-int(rr.Header().Rdlength) : n]
	var out []string
	for len(data) > 0 {
		l := int(data[0])
		out, data = append(out, string(data[1:1+l])), data[1+l:]
	}
	return out, nil
}
