//go:build !darwin

package desktop

import "strings"

// mostOrigin is how long an origin may be, in octets: it is kept beside the file.
const mostOrigin = 1000

// origin prepares where a file came from: on one line, and not endless.
func origin(from string) string {
	from = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return -1
		}
		return r
	}, from)
	if len(from) > mostOrigin {
		from = strings.ToValidUTF8(from[:mostOrigin], "")
	}
	return from
}
