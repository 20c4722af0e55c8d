package imaplink

import (
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// utf7 is the base64 of modified UTF-7 (RFC 3501 section 5.1.3).
var utf7 = base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)

// decodeName makes a folder's name of what a server calls it. Servers hold names that
// are no modified UTF-7 (made by careless clients, "R&D") or UTF-8 outright: those
// are taken as they are.
func decodeName(wire string) string {
	if strings.EqualFold(wire, "INBOX") {
		return "INBOX"
	}
	if name, ok := decodeUTF7(wire); ok {
		return name
	}
	return strings.ToValidUTF8(wire, "\uFFFD")
}

func decodeUTF7(wire string) (string, bool) {
	var b strings.Builder
	for rest := wire; rest != ""; {
		plain, coded, found := strings.Cut(rest, "&")
		if strings.ContainsFunc(plain, func(c rune) bool { return c < ' ' || c >= 0x7F }) {
			return "", false
		}
		b.WriteString(plain)
		if !found {
			break
		}
		coded, after, found := strings.Cut(coded, "-")
		if !found {
			return "", false
		}
		rest = after
		if coded == "" {
			b.WriteByte('&')
			continue
		}
		octets, err := utf7.DecodeString(coded)
		if err != nil || len(octets)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(octets)/2)
		for i := range units {
			units[i] = uint16(octets[2*i])<<8 | uint16(octets[2*i+1])
		}
		for _, c := range utf16.Decode(units) {
			if c == utf8.RuneError {
				return "", false
			}
			b.WriteRune(c)
		}
	}
	return b.String(), true
}

// encodeName is a folder's name in modified UTF-7.
func encodeName(name string) string {
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	var b strings.Builder
	var units []uint16
	flush := func() {
		if len(units) == 0 {
			return
		}
		octets := make([]byte, 0, 2*len(units))
		for _, u := range units {
			octets = append(octets, byte(u>>8), byte(u)) //nolint:gosec // the halves are meant
		}
		b.WriteString("&" + utf7.EncodeToString(octets) + "-")
		units = units[:0]
	}
	for _, c := range name {
		switch {
		case c >= ' ' && c < 0x7F:
			flush()
			if b.WriteRune(c); c == '&' {
				b.WriteByte('-')
			}
		default:
			units = utf16.AppendRune(units, c)
		}
	}
	flush()
	return b.String()
}
