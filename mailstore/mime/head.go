package mime

import (
	"bytes"
	"strings"
)

// Bounds of a header: what is longer is cut, and the rest is left out.
const (
	maxField  = 128 << 10 // octets of one field
	maxHead   = 512 << 10 // of all fields kept of one header
	maxFields = 1000
)

// head is the fields of a header that are of use here, raw, their lines joined.
type head struct {
	fields []field
	size   int
	// unknown is the beginning of a header in which no field is a known one: it is
	// probably no header but text.
	unknown []byte
	known   bool
}

type field struct {
	name  string // in lower case
	value []byte
}

// get returns the first field of the name, or nil.
func (h *head) get(name string) []byte {
	for _, f := range h.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// all joins the fields of the name, as lists of addresses are written.
func (h *head) all(name string) []byte {
	var out []byte
	for _, f := range h.fields {
		if f.name == name && len(out)+len(f.value) < maxHead {
			if out != nil {
				out = append(out, ',', ' ')
			}
			out = append(out, f.value...)
		}
	}
	return out
}

// readHead reads a header and the empty line behind it. What is no header is left
// for the body: text that follows without an empty line, or a message that has no
// header at all. first: it is the message's own, where an mbox's "From " line
// (RFC 4155) may come before it.
func readHead(l *lines, first bool) head {
	var h head
	p := headParser{lines: l, head: &h, start: first}
	for {
		ln, ok := l.next()
		if !ok || !p.line(ln) {
			return h
		}
	}
}

type headParser struct {
	lines *lines
	head  *head
	start bool // nothing but a "From " line was read yet
	open  bool // the last field is kept, and may go on
	any   bool // there was a field
}

// line takes a line of the header in, and reports whether the header goes on.
func (p *headParser) line(ln line) bool {
	start := p.start
	p.start = false
	switch {
	case ln.begun:
		p.goOn(ln.text, false)
	case start && isEnvelope(ln.text):
		p.start = true
	case len(bytes.TrimLeft(ln.text, " \t")) == 0:
		return p.blank(ln, start)
	case ln.text[0] == ' ' || ln.text[0] == '\t':
		if !p.any {
			p.lines.unread(ln)
			return false
		}
		p.goOn(ln.text, true)
	default:
		name, value, ok := splitField(ln.text)
		if !ok {
			return p.stray(ln)
		}
		p.add(name, value, ln.text)
	}
	return true
}

// blank is a line of white space or none: the end of the header, unless it is a part
// of a folded field (RFC 5322 section 4.2), or comes before the header.
func (p *headParser) blank(ln line, start bool) bool {
	if len(ln.text) == 0 && !start {
		return false
	}
	ln.text = bytes.Clone(ln.text)
	next, ok := p.lines.next()
	for n := 0; ok && start && n < 20 && len(next.text) == 0; n++ {
		next, ok = p.lines.next()
	}
	if !ok {
		return false
	}
	name, _, isField := splitField(next.text)
	folded := p.any && len(ln.text) > 0 && len(next.text) > 0 && (next.text[0] == ' ' || next.text[0] == '\t')
	p.lines.unread(next)
	return folded || isField && (p.any || knownField(name))
}

// stray is a line that is no field: one that was folded without a space, when a
// known field follows, else the first of the body, whose empty line is missing.
func (p *headParser) stray(ln line) bool {
	ln.text, ln.end = bytes.Clone(ln.text), bytes.Clone(ln.end)
	if ln.more {
		p.lines.unread(ln)
		return false
	}
	next, ok := p.lines.next()
	if ok {
		if name, _, isField := splitField(next.text); isField && knownField(name) && p.any {
			p.lines.unread(next)
			if !p.inAddresses() || bytes.IndexByte(ln.text, '@') >= 0 {
				p.goOn(ln.text, true)
			}
			return true
		}
		p.lines.unread(ln, next)
		return false
	}
	p.lines.unread(ln)
	return false
}

// isEnvelope reports whether a line is the one that begins a message in an mbox.
func isEnvelope(text []byte) bool {
	if !bytes.HasPrefix(bytes.TrimPrefix(text, []byte(">")), []byte("From ")) {
		return false
	}
	_, _, isField := splitField(text) // "From : anna@example.test"
	return !isField
}

// inAddresses reports whether the last field is a list of addresses.
func (p *headParser) inAddresses() bool {
	if !p.open {
		return false
	}
	switch p.head.fields[len(p.head.fields)-1].name {
	case "from", "to", "cc", "bcc", "reply-to", "sender":
		return true
	}
	return false
}

func (p *headParser) add(name string, value, raw []byte) {
	p.any = true
	h := p.head
	if !h.known && knownField(name) {
		h.known, h.unknown = true, nil
	}
	if !h.known && len(h.unknown) < 4<<10 {
		h.unknown = append(append(h.unknown, raw[:min(len(raw), 4<<10)]...), '\n')
	}
	p.open = usedFields[name] && h.size < maxHead && len(h.fields) < maxFields
	if p.open {
		value = bytes.Clone(value[:min(len(value), maxField)])
		h.fields = append(h.fields, field{name, value})
		h.size += len(value)
	}
}

// goOn adds to the last field.
func (p *headParser) goOn(more []byte, newLine bool) {
	if !p.open {
		return
	}
	f := &p.head.fields[len(p.head.fields)-1]
	if room := min(maxField-len(f.value), maxHead-p.head.size); len(more) > room {
		more = more[:max(0, room)]
	}
	if newLine && len(more) > 0 && more[0] != ' ' && more[0] != '\t' {
		f.value = append(f.value, ' ')
	}
	f.value = append(f.value, more...)
	p.head.size += len(more)
}

// splitField splits a field into its name in lower case and its value. White space
// before the colon is allowed (RFC 5322 section 4.5).
func splitField(text []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(text[:min(len(text), 200)], ':')
	if colon <= 0 {
		return "", nil, false
	}
	n := bytes.TrimRight(text[:colon], " \t")
	for _, b := range n {
		if b <= ' ' || b >= 127 {
			return "", nil, false
		}
	}
	if len(n) == 0 {
		return "", nil, false
	}
	return strings.ToLower(string(n)), bytes.TrimLeft(text[colon+1:], " \t"), true
}

// usedFields are those that are read.
var usedFields = map[string]bool{
	"from": true, "to": true, "cc": true, "bcc": true, "reply-to": true, "sender": true, "subject": true, "date": true,
	"message-id": true, "in-reply-to": true, "references": true, "content-type": true, "content-transfer-encoding": true,
	"content-disposition": true, "content-id": true, "content-location": true, "content-description": true,
	"x-failed-recipients": true, "resent-date": true, "delivery-date": true, "received": true, "apparently-to": true,
}

// knownField reports whether a field's name is one that is seen in headers, rather
// than a word with a colon in a text.
func knownField(name string) bool {
	return usedFields[name] || strings.HasPrefix(name, "x-") || strings.HasPrefix(name, "content-") ||
		strings.HasPrefix(name, "resent-") || strings.HasPrefix(name, "list-") || strings.HasPrefix(name, "arc-") || otherFields[name]
}

var otherFields = map[string]bool{
	"return-path": true, "mime-version": true, "dkim-signature": true, "authentication-results": true, "received-spf": true,
	"delivered-to": true, "user-agent": true, "importance": true, "priority": true, "precedence": true, "organization": true,
	"thread-topic": true, "thread-index": true, "auto-submitted": true, "errors-to": true, "status": true, "disposition-notification-to": true,
	"domainkey-signature": true, "return-receipt-to": true, "lines": true, "comments": true, "keywords": true, "newsgroups": true,
	"feedback-id": true, "envelope-to": true, "mailing-list": true, "reply-by": true, "accept-language": true, "sensitivity": true,
	"reporting-mta": true, "final-recipient": true, "original-recipient": true, "action": true, "reporting-ua": true, "disposition": true,
}
