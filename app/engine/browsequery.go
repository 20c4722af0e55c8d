package engine

import (
	"strings"
	"time"
	"unicode"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
)

// criterionOf puts a query into the words of an IMAP server (RFC 9051 section 6.4.4), for
// [imaplink.Conn.Search]. typed is the query as it was typed: what the mirror's index looks
// for folded, a server is to look for as it was written, as few fold like that.
func criterionOf(q fulltext.Query, typed string) (criterion string, texts []string, err error) {
	c := &criteria{written: asWritten(typed)}
	var b strings.Builder
	if err := c.write(&b, q.Tree()); err != nil {
		return "", nil, err
	}
	return b.String(), c.texts, nil
}

type criteria struct {
	written map[string]string // words as typed, by what they are folded
	texts   []string
}

// asWritten are the words of a query as they were typed.
func asWritten(typed string) map[string]string {
	out := map[string]string{}
	note := func(text string) {
		if text = strings.Trim(text, "*"); text != "" {
			if folded := fulltext.Words(text); folded != "" {
				out[folded] = strings.TrimSpace(text)
			}
		}
	}
	for i, part := range strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(`"“”„‟`, r) }) {
		if i%2 == 1 || !strings.ContainsAny(typed, `"“”„‟`) {
			note(part)
		}
		for word := range strings.FieldsFuncSeq(part, func(r rune) bool { return unicode.IsSpace(r) || r == '(' || r == ')' }) {
			note(strings.TrimLeft(word, "-"))
			if _, value, ok := strings.Cut(word, ":"); ok {
				note(value)
			}
		}
	}
	return out
}

func (c *criteria) write(b *strings.Builder, n fulltext.Node) error {
	switch n.Kind {
	case fulltext.AllOf:
		return c.all(b, n.Parts)
	case fulltext.AnyOf:
		return c.any(b, n.Parts)
	case fulltext.NoneOf:
		b.WriteString("NOT ")
		return c.group(b, n.Parts[0])
	case fulltext.WordsIn:
		return c.words(b, n)
	case fulltext.ReceivedIn:
		c.received(b, n.From, n.Until)
		return nil
	case fulltext.HasFiles:
		b.WriteString("HEADER Content-Type multipart/mixed") // it has no better word for it
		return nil
	case fulltext.InState:
		return c.state(b, n.State)
	}
	return nil
}

func (c *criteria) all(b *strings.Builder, parts []fulltext.Node) error {
	if len(parts) == 0 {
		b.WriteString("ALL")
	}
	for i, p := range parts {
		if i > 0 {
			b.WriteByte(' ')
		}
		if err := c.group(b, p); err != nil {
			return err
		}
	}
	return nil
}

// any writes OR, which takes two.
func (c *criteria) any(b *strings.Builder, parts []fulltext.Node) error {
	if len(parts) == 1 {
		return c.group(b, parts[0])
	}
	b.WriteString("OR ")
	if err := c.group(b, parts[0]); err != nil {
		return err
	}
	b.WriteByte(' ')
	return c.any(b, parts[1:])
}

func (c *criteria) group(b *strings.Builder, n fulltext.Node) error {
	b.WriteByte('(')
	defer b.WriteByte(')')
	return c.write(b, n)
}

func (c *criteria) words(b *strings.Builder, n fulltext.Node) error {
	text, ok := c.written[n.Text]
	if !ok {
		text = n.Text
	}
	keys := map[string][]string{"": {"TEXT"}, "from": {"FROM"}, "to": {"TO", "BCC"}, "cc": {"CC"}, "subject": {"SUBJECT"}, "file": {"TEXT"}}[n.Field]
	if len(keys) == 2 {
		b.WriteString("OR ")
	}
	for i, key := range keys {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(key + " ?")
		c.texts = append(c.texts, text)
	}
	return nil
}

// day is how IMAP writes one (RFC 9051, date).
const day = "2-Jan-2006"

func (c *criteria) received(b *strings.Builder, from, until time.Time) {
	switch {
	case from.IsZero() && until.IsZero():
		b.WriteString("ALL")
	case until.IsZero():
		b.WriteString("SINCE " + from.Format(day))
	case from.IsZero():
		b.WriteString("BEFORE " + until.Format(day))
	default:
		b.WriteString("SINCE " + from.Format(day) + " BEFORE " + until.Format(day))
	}
}

func (c *criteria) state(b *strings.Builder, s fulltext.State) error {
	key := map[fulltext.StateKey]string{fulltext.Unread: "UNSEEN", fulltext.Read: "SEEN", fulltext.Flagged: "FLAGGED", fulltext.Answered: "ANSWERED"}[s.Key]
	if key == "" {
		return mailstore.Fail(mailstore.ErrUnsupported, "At a server, one folder is searched at a time: choose it in the list, and leave {key}: out of the search.", "key", string(s.Key))
	}
	b.WriteString(key)
	return nil
}
