package imaplink

import (
	"context"
	"strconv"
	"strings"

	"lifeboat/mailstore"
)

// Search returns the messages of the selected folder that the server finds, ascending
// (RFC 9051 section 6.4.4). The criterion is written as there, with a "?" for each text,
// which are sent as what the server understands: `FROM ? NOT SUBJECT ?`. A server that
// cannot search for such texts is an error of kind ErrUnsupported.
func (c *Conn) Search(ctx context.Context, criterion string, texts ...string) (out []mailstore.UID, err error) {
	var set UIDSet
	var held int
	take := func(r *response) (bool, error) {
		if r.kind != "SEARCH" && r.kind != "ESEARCH" {
			return false, nil
		}
		got, err := r.found()
		if held += r.w.size; err == nil && held > maxLine {
			err = protocol("more than %d octets found by a search", maxLine)
		}
		set = append(set, got...)
		return true, err
	}
	err = c.do(ctx, take, func() error {
		if !c.opened { // what is enabled decides how texts are written
			c.flight(func() {})
			if err := c.settle(); err != nil {
				return err
			}
		}
		var o *order
		pieces := c.searchCommand(criterion, texts)
		c.flight(func() { o = c.link.sendPieces(pieces) })
		a := <-o.done
		switch {
		case a.err == nil && (a.code == "BADCHARSET" || a.status == "BAD" && len(texts) > 0):
			return mailstore.Fail(mailstore.ErrUnsupported, "{server} cannot search for these words: {answer}. Look for fewer, or for others.", "server", c.host, "answer", a.line())
		case a.err != nil || a.status != "OK":
			return c.refusal(a)
		}
		if err := c.settle(); err != nil {
			return err
		}
		out, err = c.list(UIDSet(nil).Plus(set))
		return err
	})
	return out, err
}

// list lists a set that cannot hold many more messages than the folder, however much the
// server says so.
func (c *Conn) list(set UIDSet) ([]mailstore.UID, error) {
	n := set.Len()
	if atMost := int64(c.exists) + 100_000; n > atMost {
		err := protocol("%d messages found in a folder of %d", n, c.exists)
		c.link.end(err)
		return nil, broken(c.host, err, "")
	}
	out := make([]mailstore.UID, 0, n)
	for uid := range set.All() {
		out = append(out, uid)
	}
	return out, nil
}

// found reads the rest of a SEARCH response (RFC 9051 appendix E, RFC 3501 section 7.2.5)
// or ESEARCH response (RFC 4731 section 3.1).
func (r *response) found() (set UIDSet, err error) {
	if r.kind == "SEARCH" {
		for r.space() && r.peek() != '(' && r.peek() != 0 { // (MODSEQ 12) may follow
			n, err := strconv.ParseUint(r.atom(), 10, 32)
			if err != nil || n == 0 {
				return nil, protocol("a UID that is none")
			}
			uid := mailstore.UID(n)
			if last := len(set) - 1; last >= 0 && set[last].Last+1 == uid {
				set[last].Last = uid
				continue
			}
			set = append(set, UIDRange{uid, uid})
		}
		return set, nil
	}
	r.space()
	if r.peek() == '(' { // which command it answers
		if err := r.skip(); err != nil {
			return nil, err
		}
	}
	for r.space(); r.peek() != 0; r.space() {
		switch name := strings.ToUpper(r.atom()); name {
		case "UID":
		case "ALL":
			r.space()
			if set, err = ParseSet(r.atom()); err != nil {
				return nil, err
			}
		case "":
			return nil, protocol("a result that is none")
		default:
			r.space()
			if err := r.skip(); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}

// longestText bounds a text that is searched for, in octets.
const longestText = 1000

// searchCommand writes the command in pieces: before each but the first, the server has
// to ask for it.
func (c *Conn) searchCommand(criterion string, texts []string) []string {
	var b strings.Builder
	b.WriteString("UID SEARCH ")
	if c.caps.ESearch {
		b.WriteString("RETURN (ALL) ")
	}
	utf8 := c.link.enabled("UTF8=ACCEPT")
	for _, t := range texts {
		if !quotable(t) && !utf8 { // with it, a charset must not be named (RFC 6855 section 3)
			b.WriteString("CHARSET UTF-8 ")
			break
		}
	}
	var pieces []string
	for i, part := range strings.Split(criterion, "?") {
		if i > 0 {
			text := ""
			if i <= len(texts) {
				text = strings.ToValidUTF8(strings.Map(noControl, texts[i-1]), "")
				text = text[:min(len(text), longestText)]
				text = strings.ToValidUTF8(text, "")
			}
			switch {
			case quotable(text) || utf8:
				b.WriteString(quote(text))
			case c.caps.LiteralPlus || c.caps.LiteralMinus:
				b.WriteString("{" + strconv.Itoa(len(text)) + "+}\r\n" + text)
			default:
				b.WriteString("{" + strconv.Itoa(len(text)) + "}\r\n")
				pieces = append(pieces, b.String())
				b.Reset()
				b.WriteString(text)
			}
		}
		b.WriteString(part)
	}
	return append(pieces, b.String())
}

func noControl(r rune) rune {
	if r < ' ' || r == 0x7f {
		return ' '
	}
	return r
}

// sendPieces is send for a command with literals that the server asks for one by one
// (RFC 9051 section 4.3).
func (l *link) sendPieces(pieces []string) *order {
	if len(pieces) == 1 {
		return l.send(pieces[0], nil)
	}
	l.mu.Lock()
	l.pieces = append(l.pieces, pieces[1:]...)
	l.pieces[len(l.pieces)-1] += "\r\n"
	l.mu.Unlock()
	return l.send(strings.TrimSuffix(pieces[0], "\r\n"), nil)
}

// nextPiece sends the next piece of a command, which the server has just asked for;
// false: there is none.
func (l *link) nextPiece() bool {
	l.mu.Lock()
	if len(l.pieces) == 0 {
		l.mu.Unlock()
		return false
	}
	next := l.pieces[0]
	l.pieces = l.pieces[1:]
	l.mu.Unlock()
	l.wmu.Lock()
	defer l.wmu.Unlock()
	l.out.WriteString(next)
	l.flushLocked()
	return true
}
