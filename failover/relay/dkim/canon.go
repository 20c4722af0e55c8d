package dkim

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

const crlf = "\r\n"

// lines reads a message line by line as servers on the way will have it: ended by LF
// or CRLF, and in the pieces that the buffer holds.
type lines struct {
	in   *bufio.Reader
	back []byte // a piece that is given once more
	ends bool   // what was said of it
}

// bufferSize is how much of a line is looked at together, in octets.
const bufferSize = 32 << 10

func newLines(r io.Reader) *lines { return &lines{in: bufio.NewReaderSize(r, bufferSize)} }

// next returns the next piece of a line, and whether the line ends with it; the LF is
// left out, a CR before it is not. The piece is good until the next call. At the end
// of the message the error is io.EOF, after a last line that nothing ends.
func (l *lines) next() (piece []byte, ends bool, err error) {
	if piece, l.back = l.back, nil; piece != nil {
		return piece, l.ends, nil
	}
	piece, err = l.in.ReadSlice('\n')
	switch {
	case err == nil:
		return piece[:len(piece)-1], true, nil
	case errors.Is(err, bufio.ErrBufferFull):
		return piece, false, nil
	case errors.Is(err, io.EOF) && len(piece) > 0:
		return piece, true, nil
	}
	return nil, false, err
}

// unread gives a piece that is not empty once more at the next call.
func (l *lines) unread(piece []byte, ends bool) { l.back, l.ends = piece, ends }

// blank reports white space: that of RFC 6376 section 2.8, and a CR, which is one that
// ends no line.
func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' }

// relaxBody writes the rest of the message as section 3.4.4 has it: white space
// within lines as one blank, none at their ends, no empty lines at the end.
func relaxBody(w io.Writer, in *lines) error {
	out := bufio.NewWriterSize(w, bufferSize)
	pendingLines, pendingBlank, written := 0, false, false
	for {
		piece, ends, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for len(piece) > 0 {
			if blank(piece[0]) {
				pendingBlank = true
				piece = piece[1:]
				continue
			}
			word := bytes.IndexAny(piece, " \t\r")
			if word < 0 {
				word = len(piece)
			}
			for ; pendingLines > 0; pendingLines-- {
				_, _ = out.WriteString(crlf) // an error stays with the writer, to Flush
			}
			if pendingBlank {
				_ = out.WriteByte(' ')
				pendingBlank = false
			}
			_, _ = out.Write(piece[:word])
			piece, written = piece[word:], true
		}
		if ends {
			pendingLines, pendingBlank = pendingLines+1, false
		}
	}
	if written {
		_, _ = out.WriteString(crlf)
	}
	return out.Flush()
}

// relaxField writes a header field as section 3.4.2 has it, CRLF included.
func relaxField(field []byte) []byte {
	name, value, _ := bytes.Cut(field, []byte(":"))
	out := append(bytes.ToLower(bytes.TrimRight(name, " \t\r\n")), ':')
	words := bytes.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' })
	return append(append(out, bytes.Join(words, []byte(" "))...), crlf...)
}
