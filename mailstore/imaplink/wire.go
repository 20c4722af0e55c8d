package imaplink

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// What a server may make us keep or walk through.
const (
	maxLine    = 16 << 20 // octets of one response without its literals: every UID of a million messages
	maxLiteral = 64 << 10 // octets of a literal that is no message: names, labels
	maxDepth   = 32       // parentheses within parentheses
)

// errProtocol is the root of what is wrong with a server's words.
var errProtocol = errors.New("against the protocol")

func protocol(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errProtocol}, args...)...)
}

// wire reads the server's responses line by line, and octets of literals in between.
type wire struct {
	br   *bufio.Reader
	pace *pace
	line []byte // the line that is being read, without its end
	size int    // octets of this response so far, without the bodies
}

// next reads a line into w.line. The line of before is overwritten.
func (w *wire) next() error {
	w.line = w.line[:0]
	for {
		part, err := w.br.ReadSlice('\n')
		w.size += len(part)
		w.line = append(w.line, part...)
		if w.size > maxLine {
			return protocol("a response of more than %d octets", maxLine)
		}
		switch {
		case err == nil:
			w.line = bytes.TrimSuffix(bytes.TrimSuffix(w.line, []byte("\n")), []byte("\r"))
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			w.pace.progress(len(part))
		case errors.Is(err, io.EOF) && len(w.line) > 0:
			return io.ErrUnexpectedEOF
		default:
			return err
		}
	}
}

// full reads a literal's octets into b.
func (w *wire) full(b []byte) error {
	for len(b) > 0 {
		n, err := w.br.Read(b)
		w.pace.progress(n)
		b = b[n:]
		if err != nil && len(b) > 0 {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

// discard reads past n octets of a literal.
func (w *wire) discard(n int64) error {
	for n > 0 {
		done, err := w.br.Discard(int(min(n, 32<<10)))
		w.pace.progress(done)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
		n -= int64(done)
	}
	return nil
}

// response is what a server says: "* 12 FETCH (...)", "L3 OK done", "+ go on". What
// is not read of it by then, finish passes over.
type response struct {
	tag  string // "*", "+", or a command's
	num  uint32 // before the kind, of "12 FETCH"
	kind string // in upper case; empty with "+"

	w     *wire
	pos   int // in w.line
	depth int
}

// read reads the beginning of the next response.
func (w *wire) read() (*response, error) {
	w.size = 0
	w.pace.inside(false)
	if _, err := w.br.Peek(1); err != nil {
		return nil, err
	}
	w.pace.inside(true)
	if err := w.next(); err != nil {
		return nil, err
	}
	r := &response{w: w}
	r.tag = r.atom()
	switch r.tag {
	case "+":
		r.space()
		return r, nil
	case "":
		return nil, protocol("a line that is no response")
	}
	if !r.space() {
		return nil, protocol("a response without a kind")
	}
	r.kind = r.atom()
	if r.tag == "*" && r.kind != "" && r.kind[0] >= '0' && r.kind[0] <= '9' {
		n, err := strconv.ParseUint(r.kind, 10, 32)
		if err != nil || !r.space() {
			return nil, protocol("a response without a kind")
		}
		r.num, r.kind = uint32(n), r.atom()
	}
	r.kind = strings.ToUpper(r.kind)
	return r, nil
}

// status reports whether the rest is text for people: such a line never has literals.
func (r *response) status() bool {
	switch r.kind {
	case "OK", "NO", "BAD", "BYE", "PREAUTH", "":
		return true
	}
	return false
}

func (r *response) rest() []byte { return r.w.line[r.pos:] }

func (r *response) peek() byte {
	if r.pos < len(r.w.line) {
		return r.w.line[r.pos]
	}
	return 0
}

func (r *response) take(c byte) bool {
	if r.pos < len(r.w.line) && r.w.line[r.pos] == c {
		r.pos++
		return true
	}
	return false
}

// space passes over one space or, of servers that are generous, several.
func (r *response) space() bool {
	had := false
	for r.take(' ') {
		had = true
	}
	return had
}

// atom reads up to a space, a parenthesis or a quote.
func (r *response) atom() string {
	start := r.pos
	for ; r.pos < len(r.w.line); r.pos++ {
		switch r.w.line[r.pos] {
		case ' ', '(', ')', '"':
			return string(r.w.line[start:r.pos])
		}
	}
	return string(r.w.line[start:])
}

// item reads the name of an item of FETCH. What is within brackets belongs to it, as
// in BODY[HEADER.FIELDS (SUBJECT)]<0>.
func (r *response) item() string {
	start, within := r.pos, 0
	for ; r.pos < len(r.w.line); r.pos++ {
		switch c := r.w.line[r.pos]; {
		case c == '[':
			within++
		case c == ']':
			within = max(0, within-1)
		case within == 0 && (c == ' ' || c == '(' || c == ')' || c == '"'):
			return string(r.w.line[start:r.pos])
		}
	}
	return string(r.w.line[start:])
}

// number reads digits.
func (r *response) number() (uint64, error) {
	start := r.pos
	for r.pos < len(r.w.line) && r.w.line[r.pos] >= '0' && r.w.line[r.pos] <= '9' {
		r.pos++
	}
	n, err := strconv.ParseUint(string(r.w.line[start:r.pos]), 10, 64)
	if err != nil {
		return 0, protocol("no number where one belongs")
	}
	return n, nil
}

// literal reads the announcement of a literal, "{12}" at the end of a line, also
// "{12+}" and "~{12}" (RFC 7888, RFC 3516). ok is whether there is one; then its octets
// are what the wire gives next, and after them more goes on with the line behind.
func (r *response) literal() (size int64, ok bool, err error) {
	b := r.rest()
	b = bytes.TrimPrefix(b, []byte("~"))
	if len(b) < 3 || b[0] != '{' || b[len(b)-1] != '}' {
		return 0, false, nil
	}
	digits := bytes.TrimSuffix(b[1:len(b)-1], []byte("+"))
	size, err = strconv.ParseInt(string(digits), 10, 64)
	if err != nil || size < 0 || digits[0] == '+' {
		return 0, false, protocol("a literal of unknown length")
	}
	r.pos = len(r.w.line)
	return size, true, nil
}

func (r *response) more() error {
	r.pos = 0
	return r.w.next()
}

// text reads a string of any form: quoted, literal, or an atom. null is whether it
// was NIL.
func (r *response) text() (s string, null bool, err error) {
	if r.take('"') {
		s, err = r.quoted()
		return s, false, err
	}
	size, ok, err := r.literal()
	if err != nil {
		return "", false, err
	}
	if ok {
		if size > maxLiteral {
			return "", false, protocol("a literal of %d octets where a name belongs", size)
		}
		b := make([]byte, size)
		r.w.size += len(b)
		if err := r.w.full(b); err != nil {
			return "", false, err
		}
		return string(b), false, r.more()
	}
	s = r.atom()
	return s, strings.EqualFold(s, "NIL"), nil
}

func (r *response) quoted() (string, error) {
	var b strings.Builder
	for ; r.pos < len(r.w.line); r.pos++ {
		switch c := r.w.line[r.pos]; c {
		case '"':
			r.pos++
			return b.String(), nil
		case '\\':
			if r.pos++; r.pos == len(r.w.line) {
				return "", protocol("a string without end")
			}
			b.WriteByte(r.w.line[r.pos])
		default:
			b.WriteByte(c)
		}
	}
	return "", protocol("a string without end")
}

// list reads "(a b c)" and calls each at the beginning of every element.
func (r *response) list(each func() error) error {
	if !r.take('(') {
		return protocol("no list where one belongs")
	}
	if r.depth++; r.depth > maxDepth {
		return protocol("lists within lists within lists")
	}
	defer func() { r.depth-- }()
	for {
		r.space()
		if r.take(')') {
			return nil
		}
		if r.pos >= len(r.w.line) {
			return protocol("a list without end")
		}
		before, line := r.pos, r.w.size
		if err := each(); err != nil {
			return err
		}
		if r.pos == before && r.w.size == line {
			return protocol("an element that is nothing")
		}
	}
}

// strings reads a list of strings; NIL is an empty one.
func (r *response) strings() (out []string, err error) {
	if r.peek() != '(' {
		_, null, err := r.text()
		if err == nil && !null {
			err = protocol("no list where one belongs")
		}
		return nil, err
	}
	err = r.list(func() error {
		s, _, err := r.text()
		out = append(out, s)
		return err
	})
	return out, err
}

// skip passes over a value of any kind.
func (r *response) skip() error {
	if r.peek() == '(' {
		return r.list(r.skip)
	}
	if size, ok, err := r.literal(); err != nil {
		return err
	} else if ok {
		return r.pass(size)
	}
	_, _, err := r.text()
	return err
}

// pass reads past a literal that nobody asked for.
func (r *response) pass(size int64) error {
	if r.w.size += int(min(size, maxLine)); r.w.size > maxLine {
		return protocol("a literal of %d octets that nobody asked for", size)
	}
	if err := r.w.discard(size); err != nil {
		return err
	}
	return r.more()
}

// finish reads what is left of the response.
func (r *response) finish() error {
	for !r.status() {
		i := bytes.LastIndexByte(r.rest(), '{')
		if i < 0 {
			return nil
		}
		r.pos += i
		size, ok, err := r.literal()
		if err != nil || !ok {
			return err
		}
		if err := r.pass(size); err != nil {
			return err
		}
	}
	return nil
}

// dateTime is the form of an internal date (RFC 9051, date-time); its day may be
// padded with a space.
const dateTime = "_2-Jan-2006 15:04:05 -0700"

func parseDate(s string) (time.Time, error) {
	t, err := time.Parse(dateTime, strings.TrimLeft(s, " "))
	if err != nil {
		return time.Time{}, protocol("a date that is none")
	}
	return t, nil
}
