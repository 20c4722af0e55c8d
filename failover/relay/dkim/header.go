package dkim

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
)

// Bounds of the fields that are signed: octets, and how many. No server takes a header
// of that size.
const (
	maxHeader = 1 << 20
	maxFields = 500
)

const signatureField = "dkim-signature"

// header is those fields of a message's header that matter here, from the top.
type header struct {
	fields []field
	size   int
}

type field struct {
	name string // in lower case
	raw  []byte // the whole field, its lines joined by LF
}

// readHeader reads the header and the empty line behind it. A line that is no field
// ends the header too, and begins the body: that is where servers put in the
// empty line that is missing.
func readHeader(in *lines) (*header, error) {
	h := &header{}
	start, keep := true, false // of a line; of the present field
	for inField := false; ; {
		piece, ends, err := in.next()
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case !start:
			h.goOn(keep, piece)
		case ends && len(bytes.TrimRight(piece, "\r")) == 0:
			return h, nil
		case blank(piece[0]):
			if !inField {
				in.unread(piece, ends)
				return h, nil
			}
			h.goOn(keep, []byte("\n"), piece)
		default:
			name, isField := fieldName(piece)
			if !isField {
				in.unread(piece, ends)
				return h, nil
			}
			inField, keep = true, name == signatureField || isListed(name)
			if keep = keep && len(h.fields) <= maxFields; keep {
				h.fields = append(h.fields, field{name: name})
				h.goOn(keep, piece)
			}
		}
		start = ends
	}
}

// goOn adds to the last field, if it is kept.
func (h *header) goOn(keep bool, pieces ...[]byte) {
	if !keep {
		return
	}
	f := &h.fields[len(h.fields)-1]
	for _, p := range pieces {
		if h.size += len(p); h.size <= maxHeader {
			f.raw = append(f.raw, p...)
		}
	}
}

// fieldName returns the name of the field that a line begins, in lower case
// (RFC 5322 sections 2.2 and 4.5).
func fieldName(line []byte) (string, bool) {
	name, _, found := bytes.Cut(line, []byte(":"))
	name = bytes.TrimRight(name, " \t\r")
	odd := func(b byte) bool { return b <= ' ' || b >= 0x7f }
	return lower(string(name)), found && len(name) > 0 && !slices.ContainsFunc(name, odd)
}

func isListed(name string) bool {
	is := func(listed string) bool { return lower(listed) == name }
	return slices.ContainsFunc(sealed, is) || slices.ContainsFunc(signed, is)
}

func (h *header) count() map[string]int {
	out := map[string]int{}
	for _, f := range h.fields {
		out[f.name]++
	}
	return out
}

// pick returns the fields that a signature's "h=" means, which takes those of one name
// from the bottom up, and nothing where there are no more (RFC 6376 section 5.4.2).
func (h *header) pick(names []string) [][]byte {
	var out [][]byte
	taken := map[string]int{}
	for _, name := range names {
		name = lower(name)
		left := taken[name]
		taken[name]++
		for _, f := range slices.Backward(h.fields) {
			if f.name != name {
				continue
			}
			if left == 0 {
				out = append(out, f.raw)
				break
			}
			left--
		}
	}
	return out
}

// closed reports whether nothing may be put before the message: it has too much of a
// header to be hashed, or somebody's signature says that there is no further one. A
// signature may list others (RFC 6376 section 5.4), and more of them than there are.
func (h *header) closed() bool {
	if h.size > maxHeader || len(h.fields) > maxFields {
		return true
	}
	all := h.count()[signatureField]
	return slices.ContainsFunc(h.fields, func(f field) bool {
		return f.name == signatureField && others(f.raw) >= all
	})
}

// others counts how many signatures beside itself a signature covers.
func others(signature []byte) int {
	_, value, _ := strings.Cut(string(signature), ":")
	n := 0
	for tag := range strings.SplitSeq(value, ";") {
		name, list, _ := strings.Cut(tag, "=")
		if strings.TrimSpace(name) != "h" {
			continue
		}
		for listed := range strings.SplitSeq(list, ":") {
			if strings.EqualFold(strings.TrimSpace(listed), signatureField) {
				n++
			}
		}
	}
	return n
}

// lower changes ASCII letters alone: names of fields and domains have no others.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
