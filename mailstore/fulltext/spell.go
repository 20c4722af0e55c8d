package fulltext

import (
	"strings"
	"time"
	"unicode/utf8"
)

// String is the query in its plainest spelling. Parse reads it back as the same query,
// on the same day.
func (q Query) String() string {
	var b strings.Builder
	switch e := q.root.(type) {
	case nil:
	case and:
		for i, part := range e {
			if i > 0 {
				b.WriteByte(' ')
			}
			write(&b, part)
		}
	default:
		write(&b, e)
	}
	return b.String()
}

// write writes a part that stands beside others.
func write(b *strings.Builder, e expr) {
	if _, group := e.(and); group {
		b.WriteByte('(')
		e.write(b)
		b.WriteByte(')')
		return
	}
	e.write(b)
}

func (e and) write(b *strings.Builder) { b.WriteString(Query{e}.String()) }

func (e or) write(b *strings.Builder) {
	for i, part := range e {
		if i > 0 {
			b.WriteString(" OR ")
		}
		write(b, part)
	}
}

func (e not) write(b *strings.Builder) {
	b.WriteByte('-')
	if _, group := e.what.(or); group {
		b.WriteByte('(')
		e.what.write(b)
		b.WriteByte(')')
		return
	}
	write(b, e.what)
}

func (w words) write(b *strings.Builder) {
	for _, k := range fieldKeys {
		if k.field == w.field {
			b.WriteString(k.names[0] + ":")
		}
	}
	if !strings.Contains(w.text, " ") && w.prefix == mayGoOn(w.text) {
		b.WriteString(w.text)
		return
	}
	b.WriteString(`"` + w.text + `"`)
	if w.prefix {
		b.WriteByte('*')
	}
}

func (e dates) write(b *strings.Builder) {
	if !e.from.IsZero() {
		b.WriteString("since:" + e.from.Format(time.DateOnly))
	}
	if !e.until.IsZero() {
		b.WriteString("before:" + e.until.Format(time.DateOnly))
	}
}

func (attached) write(b *strings.Builder) { b.WriteString("has:attachment") }

func (s State) write(b *strings.Builder) {
	switch s.Key {
	case InFolder, InAccount:
		b.WriteString(string(s.Key) + `:"` + s.Value + `"`)
	default:
		b.WriteString("is:" + string(s.Key))
	}
}

// mayGoOn reports whether a word, typed without quotation marks, also finds words
// that begin with it: from two letters on.
func mayGoOn(text string) bool {
	var last []byte
	terms([]byte(text), func(term []byte, _, _ rune) { last = append(last[:0], term...) })
	return endsInLetter(text) && utf8.RuneCount(last) >= 2
}

func endsInLetter(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return kindOf(r) == letter
}
