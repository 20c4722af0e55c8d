package imaplink

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Read gives the library what it asked for.
func (l *link) Read(p []byte) (int, error) {
	for len(l.lib) == 0 {
		if err := l.step(); err != nil {
			l.end(err)
			return 0, io.EOF
		}
	}
	n := copy(p, l.lib)
	l.lib = l.lib[n:]
	return n, nil
}

// step reads one response and gives it to whom it belongs.
func (l *link) step() error {
	r, err := l.wire.read()
	if err != nil {
		return err
	}
	switch r.tag {
	case "+":
		return l.goAhead()
	case "*":
		return l.untagged(r)
	}
	return l.tagged(r)
}

// goAhead passes the "+" of IDLE on, or answers one with the next piece of a command.
func (l *link) goAhead() error {
	if l.nextPiece() {
		return nil
	}
	l.mu.Lock()
	idle := l.idle
	l.idle = ""
	l.mu.Unlock()
	if idle == "" {
		return protocol("an invitation to go on with nothing")
	}
	l.lib = append(l.lib[:0], "+ idling\r\n"...)
	return nil
}

func (l *link) tagged(r *response) error {
	a := r.answer()
	if a.status != "OK" && a.status != "NO" && a.status != "BAD" {
		return protocol("an answer that is neither yes nor no")
	}
	l.mu.Lock()
	l.noise, l.found = 0, 0
	l.pieces = nil // refused, or all were sent: one command that has any is under way
	o := l.orders[r.tag]
	delete(l.orders, r.tag)
	if l.idle == r.tag {
		l.idle = ""
	}
	l.mu.Unlock()
	if o != nil {
		l.pace.end()
		if o.ok != nil && a.status == "OK" {
			o.ok()
		}
		o.done <- a
		return nil
	}
	if !strings.HasPrefix(r.tag, "T") {
		return protocol("an answer to what nobody asked")
	}
	l.lib = append(l.lib[:0], r.tag+" "+a.status+" "...)
	if a.code != "" {
		l.lib = append(l.lib, "["+a.code+"] "...)
	}
	l.lib = append(append(l.lib, a.text...), "\r\n"...)
	return nil // the pace ends when the library has understood: see Conn.wait
}

// answer reads the rest of a status response: "[CODE arguments] text". Both are made
// into what any reader of IMAP can read.
func (r *response) answer() answer {
	a := answer{status: r.kind}
	r.space()
	text := string(r.rest())
	if strings.HasPrefix(text, "[") {
		if code, rest, ok := strings.Cut(text[1:], "]"); ok {
			a.code, text = code, strings.TrimLeft(rest, " ")
			if name, arguments, _ := strings.Cut(code, " "); name != "" {
				a.code = strings.ToUpper(name)
				if arguments != "" {
					text = strings.TrimSpace(text)
				}
			}
		}
	}
	a.code = strings.Map(func(c rune) rune {
		if c > ' ' && c < 0x7F && !strings.ContainsRune(`(){}%*"\[]`, c) {
			return c
		}
		return -1
	}, a.code)
	a.text = plain(text)
	return a
}

// plain makes a server's words into one short line that can be shown.
func plain(text string) string {
	text = strings.ToValidUTF8(text, "?")
	text = strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7F {
			return ' '
		}
		return c
	}, text)
	if text = strings.TrimSpace(text); text == "" {
		return "-"
	}
	if runes := []rune(text); len(runes) > 300 {
		text = string(runes[:300]) + "…"
	}
	return text
}

func (l *link) untagged(r *response) error {
	l.mu.Lock()
	news := l.news
	l.mu.Unlock()
	if r.kind == "SEARCH" || r.kind == "ESEARCH" {
		if taken, err := l.give(r); taken || err != nil { // a search of our own
			l.pace.progress(l.wire.size)
			return err
		}
	}
	switch r.kind {
	case "BYE":
		l.mu.Lock()
		l.bye = r.answer().line()
		l.mu.Unlock()
		return nil
	case "OK", "SEARCH", "ESEARCH", "NAMESPACE", "EXISTS":
		if err := l.forward(r); err != nil {
			return err
		}
		if r.kind == "EXISTS" && news != nil {
			news()
		}
		// Much of it is too much, also for the library.
		if r.kind == "SEARCH" || r.kind == "ESEARCH" {
			return l.gather()
		}
		return l.count(false)
	}
	taken, err := l.give(r)
	if err != nil {
		return err
	}
	if err := r.finish(); err != nil {
		return err
	}
	if taken {
		l.pace.progress(l.wire.size)
	} else if news != nil {
		switch r.kind {
		case "FETCH", "VANISHED", "EXPUNGE", "RECENT":
			news()
		}
	}
	return l.count(taken)
}

// give shows a response to whoever may want it.
func (l *link) give(r *response) (taken bool, err error) {
	l.taking.Lock()
	defer l.taking.Unlock()
	l.mu.Lock()
	sinks := []sink{l.facts, l.sink}
	l.mu.Unlock()
	for _, s := range sinks {
		if s == nil {
			continue
		}
		if taken, err = s(r); taken || err != nil {
			return taken, err
		}
	}
	return false, nil
}

// gather keeps account of what a search found.
func (l *link) gather() error {
	l.pace.progress(l.wire.size)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.found += l.wire.size + 16; l.found > maxLine {
		return protocol("more than %d octets found by a search", maxLine)
	}
	return nil
}

// count keeps account of what nobody asked for.
func (l *link) count(taken bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if taken {
		l.noise = 0
		return nil
	}
	if l.noise += l.wire.size + 16; l.noise > maxNoise {
		return protocol("more than %d octets that nobody asked for", maxNoise)
	}
	return nil
}

// forward gives an untagged response to the library, in a form that it can read, or
// drops it.
func (l *link) forward(r *response) error {
	l.lib = l.lib[:0]
	switch r.kind {
	case "EXISTS":
		l.lib = fmt.Appendf(l.lib, "* %d EXISTS\r\n", r.num)
		return nil
	case "OK":
		r.space()
		code, _, ok := bytes.Cut(bytes.TrimPrefix(r.rest(), []byte("[")), []byte("]"))
		name, value, _ := strings.Cut(string(code), " ")
		name = strings.ToUpper(name)
		if !ok || r.peek() != '[' {
			return nil
		}
		bits := 64
		switch name {
		case "MAILBOXID":
			l.mu.Lock()
			l.mailbox = strings.Trim(value, " ()")
			l.mu.Unlock()
			return nil
		case "CLOSED":
			l.lib = append(l.lib, "* OK [CLOSED] closed\r\n"...)
			return nil
		case "UIDVALIDITY", "UIDNEXT":
			bits = 32
		case "HIGHESTMODSEQ":
		default:
			return nil
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, bits)
		if err != nil || n > 1<<63-1 {
			return protocol("%s without a number", name)
		}
		l.lib = fmt.Appendf(l.lib, "* OK [%s %d] noted\r\n", name, n)
		return nil
	}
	l.lib = append(append(l.lib, "* "...), r.kind...)
	return l.copyRest(r)
}

// copyRest copies the rest of a response for the library, literals included.
func (l *link) copyRest(r *response) error {
	for {
		part := r.rest()
		if err := closed(part); err != nil {
			return err
		}
		i := bytes.LastIndexByte(part, '{')
		if i < 0 {
			l.lib = append(append(l.lib, bytes.TrimRight(part, " ")...), "\r\n"...)
			return nil
		}
		r.pos += i
		size, ok, err := r.literal()
		if err != nil {
			return err
		}
		l.lib = append(append(l.lib, part...), "\r\n"...)
		if !ok {
			return nil
		}
		if size > maxLiteral {
			return protocol("a literal of %d octets where a name belongs", size)
		}
		if r.w.size += int(size); r.w.size > maxLine {
			return protocol("a response of more than %d octets", maxLine)
		}
		octets := make([]byte, size)
		if err := r.w.full(octets); err != nil {
			return err
		}
		l.lib = append(l.lib, octets...)
		if err := r.more(); err != nil {
			return err
		}
	}
}

// closed makes sure that every string ends on its line, and that lists are not nested
// without measure: the library would read on for ever.
func closed(b []byte) error {
	depth, within := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case within && c == '\\':
			i++
		case c == '"':
			within = !within
		case within:
		case c == '(':
			if depth++; depth > maxDepth {
				return protocol("lists within lists within lists")
			}
		case c == ')':
			depth--
		}
	}
	if within {
		return protocol("a string without end")
	}
	return nil
}
