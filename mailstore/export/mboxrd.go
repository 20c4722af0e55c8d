package export

import (
	"bytes"
	"io"
	"time"
)

// The senders in the "From " lines that we write.
const (
	ourSender   = "mboxrd@lifeboat"
	ourNoLine   = "mboxrd-no-newline@lifeboat"
	mboxDate    = "Mon Jan _2 15:04:05 2006" // as asctime(3) has it, in UTC
	fromLetters = "From "
)

// writeMbox appends a message to a mailbox, and returns where its quoted bytes lie.
func writeMbox(w *summing, received time.Time, body *spool) (offset, length int64, err error) {
	if received.IsZero() {
		received = time.Unix(0, 0)
	}
	sender, after := ourSender, "\n"
	if body.last != '\n' { // of an empty one there is none
		sender, after = ourNoLine, "\n\n"
	}
	if _, err := io.WriteString(w, fromLetters+sender+" "+received.UTC().Format(mboxDate)+"\n"); err != nil {
		return 0, 0, err
	}
	offset = w.n
	q := &quoting{w: w}
	if _, err := body.WriteTo(q); err != nil {
		return 0, 0, err
	}
	if _, err := w.Write(q.lines.end(nil)); err != nil {
		return 0, 0, err
	}
	length = w.n - offset
	_, err = io.WriteString(w, after)
	return offset, length, err
}

// fromLines adds a ">" to every line that begins with any number of ">" and "From ",
// or takes one away where there is one. The ">"s of a line are all alike, so that it
// need not keep more of it than one of them and the letters of "From ".
type fromLines struct {
	unquote bool

	inside  bool // past the beginning of a line
	held    bool // a ">" that may be taken away
	matched int  // letters of "From "
}

// push appends what becomes of src to dst.
func (l *fromLines) push(dst, src []byte) []byte {
	for len(src) > 0 {
		switch c := src[0]; {
		case l.inside:
			i := bytes.IndexByte(src, '\n')
			if i < 0 {
				return append(dst, src...)
			}
			dst, src = append(dst, src[:i+1]...), src[i+1:]
			l.inside = false
		case c == '>' && l.matched == 0:
			if l.unquote && !l.held {
				l.held = true
			} else {
				dst = append(dst, c)
			}
			src = src[1:]
		case c == fromLetters[l.matched]:
			l.matched++
			src = src[1:]
			if l.matched == len(fromLetters) {
				if !l.unquote {
					dst = append(dst, '>')
				}
				dst = append(dst, fromLetters...)
				l.inside, l.held, l.matched = true, false, 0
			}
		default:
			dst = l.end(dst)
			l.inside = true
		}
	}
	return dst
}

// end appends what was kept back.
func (l *fromLines) end(dst []byte) []byte {
	if l.held {
		dst = append(dst, '>')
	}
	dst = append(dst, fromLetters[:l.matched]...)
	l.held, l.matched = false, 0
	return dst
}

// quoting quotes what is written.
type quoting struct {
	w     io.Writer
	lines fromLines
	buf   []byte
}

// Write implements [io.Writer].
func (q *quoting) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), 32<<10)
		q.buf = q.lines.push(q.buf[:0], p[:n])
		if _, err := q.w.Write(q.buf); err != nil {
			return written, err
		}
		written += n
		p = p[n:]
	}
	return written, nil
}

// unquoting takes the quotes away from what is read.
type unquoting struct {
	r       io.Reader
	lines   fromLines
	in, out []byte
	rest    []byte // of out
	err     error
}

func newUnquoting(r io.Reader) *unquoting {
	return &unquoting{r: r, lines: fromLines{unquote: true}, in: make([]byte, 16<<10)}
}

// Read implements [io.Reader].
func (u *unquoting) Read(p []byte) (int, error) {
	for len(u.rest) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.r.Read(u.in)
		u.out = u.lines.push(u.out[:0], u.in[:n])
		if err != nil {
			u.err = err
			u.out = u.lines.end(u.out)
		}
		u.rest = u.out
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	return n, nil
}
