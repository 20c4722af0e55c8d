package mime

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"lifeboat/mailstore"
)

// Bounds of a header that is shown whole.
const (
	maxShownFields = 2000
	maxShownField  = 16 << 10 // octets of one
)

// Headers reads all fields of a message's header for people, in their order: decoded,
// each on one line. It reads r to the end of the header, or as far as a header goes that
// anybody writes.
func Headers(r io.Reader) []mailstore.HeaderField {
	names, values := shownFields(newLines(io.LimitReader(r, 4*maxHead)))
	var all []byte // what is not ASCII, to tell its charset by
	for _, v := range values {
		if !isASCII(v) && len(all) < 4<<10 {
			all = append(all, v[:min(len(v), 1<<10)]...)
		}
	}
	charset := ""
	if len(all) > 0 && !utf8.Valid(all) && !has2022(all) {
		charset = guessTable(all, "")
	}
	out := make([]mailstore.HeaderField, len(names))
	for i := range names {
		out[i] = mailstore.HeaderField{Name: names[i], Value: headerText(values[i], charset)}
	}
	return out
}

// shownFields reads the fields as they are.
func shownFields(l *lines) (names []string, values [][]byte) {
	for first := true; ; first = false {
		ln, ok := l.next()
		if !ok || len(ln.text) == 0 && !ln.begun && len(names) > 0 {
			break
		}
		if first && isEnvelope(ln.text) || len(ln.text) == 0 {
			continue
		}
		last := len(values) - 1
		if ln.begun || ln.text[0] == ' ' || ln.text[0] == '\t' {
			if last >= 0 && len(values[last])+len(ln.text) < maxShownField {
				values[last] = append(values[last], ln.text...)
			}
			continue
		}
		_, value, ok := splitField(ln.text)
		if !ok || len(names) == maxShownFields {
			break
		}
		name := ln.text[:bytes.IndexByte(ln.text, ':')]
		names = append(names, string(bytes.TrimRight(name, " \t")))
		values = append(values, bytes.Clone(value[:min(len(value), maxShownField)]))
	}
	return names, values
}

// Source is a message as it was sent, as text that can be shown: lines end with "\n", raw
// octets are read as what they probably are, and what would not be seen is a sign of its
// own.
func Source(raw []byte) string {
	text := string(raw)
	if !utf8.Valid(raw) {
		text = toUTF8(raw, guessTable(raw, ""))
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r < ' ':
			return 0x2400 + r // its picture
		case r == 0x7f:
			return 0x2421
		case isBidi(r):
			return '\ufffd'
		}
		return r
	}, text)
}
