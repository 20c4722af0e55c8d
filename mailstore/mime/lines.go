package mime

import (
	"bytes"
	"io"
)

// bufferSize is how much of a message is in memory while it is read. A line that is
// longer comes in pieces.
const bufferSize = 32 << 10

// line is a line of a message, or a piece of one that is too long for the buffer.
type line struct {
	text []byte // without its end; valid until the next line is read
	end  []byte // LF, CRLF, a bare CR, CR CR LF; empty at the end of the input and of a piece
	// more: the next piece goes on with this line; begun: it goes on with one.
	more, begun bool
	before      int // octets of the end of the line before
}

// lines cuts a message into lines, whichever way they end. A read error is the end:
// what came before it is read all the same.
type lines struct {
	r       io.Reader
	buffer  []byte
	at, end int
	// lf is where the next LF in the buffer is, if it is known: at or behind at. noLF
	// is up to where there is known to be none.
	lf, noLF int
	crEnd    int // there are only CRs from the one looked at last up to here
	eof      bool
	begun    bool
	pending  []line // read already, and put back
	before   int    // octets of the end of the last line
	consumed int64  // octets handed out
}

func newLines(r io.Reader) *lines {
	return &lines{r: r, buffer: make([]byte, bufferSize), lf: -1}
}

// next returns the next line, or false at the end.
func (l *lines) next() (line, bool) {
	if len(l.pending) > 0 {
		out := l.pending[0]
		l.pending = l.pending[1:]
		l.consumed += int64(len(out.text) + len(out.end))
		return out, true
	}
	for {
		if out, ok := l.cut(); ok {
			l.consumed += int64(len(out.text) + len(out.end))
			out.begun, l.begun = l.begun, out.more
			out.before, l.before = l.before, len(out.end)
			return out, true
		}
		if l.eof {
			return line{}, false
		}
		l.fill()
	}
}

// unread puts lines back, the first one first. They are copied.
func (l *lines) unread(back ...line) {
	for i := range back {
		back[i].text = bytes.Clone(back[i].text)
		back[i].end = bytes.Clone(back[i].end)
		l.consumed -= int64(len(back[i].text) + len(back[i].end))
	}
	l.pending = append(back, l.pending...)
}

// cut takes a line out of the buffer, if a whole one is there or no more can come.
func (l *lines) cut() (line, bool) {
	window := l.buffer[l.at:l.end]
	if len(window) == 0 {
		return line{}, false
	}
	if at := l.findLF(); at >= 0 {
		text := l.buffer[l.at:at]
		whole := len(text)
		for len(text) > 0 && text[len(text)-1] == '\r' {
			text = text[:len(text)-1]
		}
		if cr := bytes.IndexByte(text, '\r'); cr >= 0 {
			return l.take(cr, 1, false), true
		}
		return l.take(len(text), whole-len(text)+1, false), true
	}
	full := l.at == 0 && l.end == len(l.buffer)
	if cr := bytes.IndexByte(window, '\r'); cr >= 0 {
		if l.afterCR(l.at+cr) < l.end || l.eof {
			return l.take(cr, 1, false), true // an LF cannot follow any more
		}
		if full && cr > 0 {
			return l.take(cr, 0, true), true
		}
		if cr == 0 && len(window) > len(l.buffer)/2 {
			return l.take(0, 1, false), true // nothing but CRs
		}
		return line{}, false
	}
	if l.eof {
		return l.take(len(window), 0, false), true
	}
	if full {
		return l.take(len(window), 0, true), true
	}
	return line{}, false
}

// afterCR returns where a run of CRs ends that begins at or before an index. Each octet
// is looked at once.
func (l *lines) afterCR(at int) int {
	l.crEnd = max(l.crEnd, at)
	for l.crEnd < l.end && l.buffer[l.crEnd] == '\r' {
		l.crEnd++
	}
	return l.crEnd
}

func (l *lines) take(text, end int, more bool) line {
	out := line{text: l.buffer[l.at : l.at+text], end: l.buffer[l.at+text : l.at+text+end], more: more}
	l.at += text + end
	return out
}

// findLF returns where the next LF is, or -1. Each octet is looked at once, however
// many lines that end with CR come before.
func (l *lines) findLF() int {
	if l.lf >= l.at {
		return l.lf
	}
	from := max(l.at, l.noLF)
	if from >= l.end {
		return -1
	}
	i := bytes.IndexByte(l.buffer[from:l.end], '\n')
	if i < 0 {
		l.noLF = l.end
		return -1
	}
	l.lf = from + i
	return l.lf
}

func (l *lines) fill() {
	if l.at > 0 {
		copy(l.buffer, l.buffer[l.at:l.end])
		l.end -= l.at
		l.noLF = max(0, l.noLF-l.at)
		l.crEnd = max(0, l.crEnd-l.at)
		l.at, l.lf = 0, -1
	}
	enough := min(len(l.buffer), l.end+4<<10)
	for tries := 0; tries < 100; {
		n, err := l.r.Read(l.buffer[l.end:])
		l.end += max(0, min(n, len(l.buffer)-l.end))
		if err != nil {
			l.eof = true
			return
		}
		if l.end >= enough {
			return
		}
		if tries++; n > 0 {
			tries = 0
		}
	}
	l.eof = true // a reader that gives nothing
}
