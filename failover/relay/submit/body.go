package submit

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// decoder undoes DATA's dot stuffing (RFC 5321 section 4.5.2), and looks for what only
// others take for the end of the data. It passes slices of what it is given on and
// copies nothing.
//
// Both come down to dots after a line break of some kind, so it goes from dot to dot,
// which is quick: there are few in text, and none in base64.
type decoder struct {
	p2, p1 byte // the last two bytes before what is given next
}

// begin is the state before the first byte, which is at the beginning of a line.
func (d *decoder) begin() { d.p2, d.p1 = '\r', '\n' }

// breakKind is what stands before a dot.
type breakKind int

const (
	noBreak   breakKind = iota
	bareBreak           // a CR or LF alone
	crlfBreak
)

func (d *decoder) before(b []byte, at int) breakKind {
	p1, p2 := d.p1, d.p2
	if at > 0 {
		p1, p2 = b[at-1], d.p1
	}
	if at > 1 {
		p2 = b[at-2]
	}
	switch {
	case p1 == '\n' && p2 == '\r':
		return crlfBreak
	case p1 == '\n' || p1 == '\r':
		return bareBreak
	}
	return noBreak
}

// passed remembers what was used.
func (d *decoder) passed(b []byte) {
	switch n := len(b); n {
	case 0:
	case 1:
		d.p2, d.p1 = d.p1, b[0]
	default:
		d.p2, d.p1 = b[n-2], b[n-1]
	}
}

// decode passes on what b says, and returns how many bytes of it are used, and whether
// the end, CRLF.CRLF, was among them. It leaves at most two bytes, which mean something
// only together with what follows.
func (d *decoder) decode(b []byte, to *receiver) (used int, end bool) {
	start, pos := 0, 0
	for {
		i := bytes.IndexByte(b[pos:], '.')
		if i < 0 {
			break
		}
		at := pos + i
		pos = at + 1
		kind := d.before(b, at)
		if kind == noBreak {
			continue
		}
		rest := b[pos:]
		if len(rest) == 0 || len(rest) == 1 && rest[0] == '\r' {
			to.write(b[start:at])
			d.passed(b[:at])
			return at, false
		}
		if rest[0] == '\r' && rest[1] == '\n' && kind == crlfBreak {
			to.write(b[start:at])
			return at + 3, true
		}
		if rest[0] == '\r' || rest[0] == '\n' {
			to.fail(smuggled())
		}
		if kind == crlfBreak {
			to.write(b[start:at])
			start = pos
		}
	}
	to.write(b[start:])
	d.passed(b)
	return len(b), false
}

// body reads what follows DATA, up to its end. An error is of the connection.
func (c *conn) body(to *receiver) error {
	c.began = time.Now()
	defer func() { c.began = time.Time{} }()
	var d decoder
	d.begin()
	for {
		if c.r < c.w {
			used, end := d.decode(c.buf[c.r:c.w], to)
			c.r += used
			if end {
				return nil
			}
		}
		if err := c.fill(c.server.times.data); err != nil {
			return err
		}
	}
}

// dots finds in a message that comes with BDAT (RFC 3030), where nothing is stuffed, what
// somebody would take for its end when it is sent on with DATA: CR or LF alone, a dot,
// and CR or LF again. After CRLF the dot will be stuffed.
type dots struct {
	decoder
	open bool // the last byte is such a dot
}

// found reports whether b, after what came before, has such a sequence.
func (d *dots) found(b []byte) bool {
	defer d.passed(b)
	if len(b) == 0 {
		return false
	}
	if d.open && (b[0] == '\r' || b[0] == '\n') {
		return true
	}
	d.open = false
	for pos := 0; ; {
		i := bytes.IndexByte(b[pos:], '.')
		if i < 0 {
			return false
		}
		at := pos + i
		pos = at + 1
		if d.before(b, at) != bareBreak {
			continue
		}
		if pos == len(b) {
			d.open = true
			return false
		}
		if b[pos] == '\r' || b[pos] == '\n' {
			return true
		}
	}
}

// chunk takes a BDAT command (RFC 3030 section 2). go-smtp's own takes what came of a
// chunk before the connection broke for the whole. An error says that the connection ends.
func (c *conn) chunk(arg string) error {
	words := strings.Fields(arg)
	last := len(words) == 2 && strings.EqualFold(words[1], "LAST")
	if len(words) == 0 || len(words) > 2 || len(words) == 2 && !last {
		c.reply("501 5.5.4 Want BDAT, a size and perhaps LAST; where the next command begins cannot be known now, good-bye")
		return errEnded
	}
	size, err := strconv.ParseInt(words[0], 10, 41)
	if err != nil || size < 0 {
		c.reply("501 5.5.4 Want a size in octets after BDAT; where the next command begins cannot be known now, good-bye")
		return errEnded
	}
	s := c.session
	if s == nil || len(s.to) == 0 || c.again {
		if err := c.take(size, func([]byte) {}); err != nil {
			return err
		}
		return c.mistake("503 5.5.1 BDAT comes after MAIL and RCPT")
	}
	if s.chunks == nil {
		s.chunks = s.receive()
		s.chunks.dots.begin()
	}
	to := s.chunks
	if err := c.take(size, to.chunk); err != nil {
		return err
	}
	if !last && to.refused == nil {
		c.reply("250 2.0.0 " + words[0] + " octets received")
		return nil
	}
	s.chunks = nil
	// go-smtp has to forget the transaction too; the reply to this RSET is ours.
	c.instead = replyOf(to.finish())
	c.give = []byte("RSET\r\n")
	return nil
}

// take reads exactly size bytes.
func (c *conn) take(size int64, use func([]byte)) error {
	c.began = time.Now()
	defer func() { c.began = time.Time{} }()
	for size > 0 {
		if c.r == c.w {
			if err := c.fill(c.server.times.data); err != nil {
				if !errors.Is(err, io.EOF) {
					c.farewell(err)
				}
				return err
			}
		}
		n := int(min(size, int64(c.w-c.r)))
		use(c.buf[c.r : c.r+n])
		c.r += n
		size -= int64(n)
	}
	return nil
}
