package dnswire

import "strings"

// IsSPF reports whether a TXT record's text is an SPF record of version 1: "v=spf1",
// in any case, followed by a blank or by nothing (RFC 7208 section 4.5).
func IsSPF(text string) bool {
	word, _, _ := strings.Cut(text, " ")
	return strings.EqualFold(word, "v=spf1")
}

// SPF finds the SPF record among the values of a domain's TXT set: its text, the
// strings joined without anything between (RFC 7208 section 3.3), and its index;
// several says that it is not the only one, which receivers treat as an error
// (section 4.5). Without one, index is -1.
func SPF(values []string) (text string, index int, several bool) {
	index = -1
	for i, v := range values {
		t, err := Text(v)
		switch {
		case err != nil || !IsSPF(t):
		case index >= 0:
			return text, index, true
		default:
			text, index = t, i
		}
	}
	return text, index, false
}
