package export

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"time"
)

// found is a message in a mailbox: bytes from offset on, as they lie there.
type found struct {
	offset, length int64
	quoted         bool // lines that begin with ">From " are to be unquoted
	received       time.Time
}

// open gives the message's bytes.
func (m found) open(r io.ReaderAt) io.Reader {
	section := io.NewSectionReader(r, m.offset, m.length)
	if !m.quoted {
		return section
	}
	return newUnquoting(section)
}

// scanner finds the messages of a mailbox, one after the other.
type scanner struct {
	file io.ReaderAt
	size int64
	r    *bufio.Reader

	// The line at hand.
	line  []byte // its beginning, at most a buffer long; with its line feed if that is within
	start int64  // where it begins
	next  int64  // where the one after it begins
	blank bool   // it is empty

	from   fromLine
	before int64 // where an empty line just before the line at hand begins; -1: none is there
	byLen  bool  // the messages tell their length, as mboxcl has it
	first  bool
}

const scanBuffer = 64 << 10

var errNoMbox = errors.New("no mailbox")

// newScanner stands before the first message. errNoMbox: there is none.
func newScanner(file io.ReaderAt, size int64) (*scanner, error) {
	s := &scanner{file: file, size: size, r: bufio.NewReaderSize(io.NewSectionReader(file, 0, size), scanBuffer), before: -1, first: true}
	for { // some begin with empty lines, or with a byte order mark
		if err := s.read(); err != nil {
			return nil, cmpErr(err, errNoMbox)
		}
		s.line = bytes.TrimPrefix(s.line, []byte("\xEF\xBB\xBF"))
		if !s.blank {
			break
		}
	}
	from, ok := s.separator()
	if !ok {
		return nil, errNoMbox
	}
	s.from = from
	return s, nil
}

// cmpErr is other instead of the end of the file.
func cmpErr(err, other error) error {
	if errors.Is(err, io.EOF) {
		return other
	}
	return err
}

// read goes to the next line, however long it is. io.EOF: there is none.
func (s *scanner) read() error {
	s.before = -1
	if s.blank {
		s.before = s.start
	}
	s.start = s.next
	line, err := s.r.ReadSlice('\n')
	s.line = append(s.line[:0], line...)
	s.next += int64(len(line))
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = s.r.ReadSlice('\n')
		s.next += int64(len(line))
	}
	if errors.Is(err, io.EOF) && s.next > s.start {
		err = nil // the last line has no line feed
	}
	s.blank = err == nil && (string(s.line) == "\n" || string(s.line) == "\r\n")
	return err
}

// message returns the next message. io.EOF: there is none.
func (s *scanner) message() (found, error) {
	if s.from.line == "" {
		return found{}, io.EOF
	}
	from := s.from
	s.from = fromLine{}
	m := found{offset: s.next, quoted: true, received: from.date}
	until, told := int64(-1), false
	if !from.ours && (s.first || s.byLen) {
		until, told = s.toldEnd(m.offset)
	}
	s.byLen = told
	s.first = false
	end := int64(-1)
	for end < 0 {
		err := s.read()
		if errors.Is(err, io.EOF) {
			end = s.end(from, m.offset)
			break
		}
		if err != nil {
			return found{}, err
		}
		next, ok := s.separator()
		switch {
		case !ok:
		case s.start < until:
			m.quoted = false // what would be quoted is not: mboxcl2
		case from.ours || s.before >= 0 || told && s.start <= until+2: // after what may be missing of an empty line
			s.from = next
			end = s.end(from, m.offset)
		}
	}
	if told {
		end = until
	}
	m.length = max(0, end-m.offset)
	return m, nil
}

// end returns where a message ends whose last line is the one before that at hand:
// before an empty line, which belongs to the mailbox.
func (s *scanner) end(from fromLine, offset int64) int64 {
	end := s.start
	if s.before >= offset {
		end = s.before
	}
	if from.noLine && end > offset {
		end-- // the line feed that it has not
	}
	return end
}

// toldEnd returns where a message ends by its Content-Length, if that leads to the
// end of the file or to another message.
func (s *scanner) toldEnd(offset int64) (until int64, ok bool) {
	head := make([]byte, min(maxHead, s.size-offset))
	if _, err := s.file.ReadAt(head, offset); err != nil && !errors.Is(err, io.EOF) {
		return 0, false
	}
	h := readHead(head)
	if h.length < 0 || h.end < 0 || h.length > s.size {
		return 0, false
	}
	until = offset + int64(h.end) + h.length
	if until == s.size {
		return until, true
	}
	if until > s.size {
		return 0, false
	}
	after := make([]byte, min(maxFrom, s.size-until))
	if _, err := s.file.ReadAt(after, until); err != nil && !errors.Is(err, io.EOF) {
		return 0, false
	}
	if len(bytes.TrimLeft(after, "\r\n")) == 0 {
		return until, true
	}
	// An empty line, but where the message itself ends a line it may be missing.
	rest := bytes.TrimPrefix(bytes.TrimPrefix(after, []byte("\r")), []byte("\n"))
	_, ok = parseFrom(rest)
	return until, ok
}

// separator reads the line at hand as the one that begins a message.
func (s *scanner) separator() (fromLine, bool) {
	if !bytes.HasPrefix(s.line, []byte(fromLetters)) {
		return fromLine{}, false
	}
	return parseFrom(s.line)
}

// fromLine is the line that begins a message in a mailbox.
type fromLine struct {
	line   string
	ours   bool // every other such line in the message is quoted
	noLine bool // ours, and the message does not end with a line feed
	date   time.Time
}

// maxFrom bounds such a line, in bytes.
const maxFrom = 1000

// A date as asctime(3) writes it, with a zone in any of the places where programs put one.
var asctime = regexp.MustCompile(
	`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) +(\d{1,2}:\d{2}(?::\d{2})?)(?: +([A-Z]{1,5}|[+-]\d{4}))? +(\d{4})(?: +([+-]\d{4}))?`)

// parseFrom reads a line that begins with "From ": with a date, or, as a few programs
// have it, with an address or a hyphen alone.
func parseFrom(line []byte) (f fromLine, ok bool) {
	if i := bytes.IndexByte(line, '\n'); i >= 0 {
		line = line[:i]
	}
	if len(line) > maxFrom {
		line = line[:maxFrom]
	}
	rest, ok := strings.CutPrefix(strings.TrimRight(string(line), "\r"), fromLetters)
	if !ok {
		return f, false
	}
	f.line = string(line)
	sender, _, _ := strings.Cut(rest, " ")
	f.noLine = sender == ourNoLine
	f.ours = f.noLine || sender == ourSender
	d := asctime.FindStringSubmatch(rest)
	if d == nil {
		rest = strings.TrimSpace(rest)
		return f, f.ours || rest == "" || rest == "-" || strings.Contains(rest, "@") && !strings.ContainsAny(rest, " \t")
	}
	clock := d[3]
	if strings.Count(clock, ":") == 1 {
		clock += ":00"
	}
	zone := "+0000"
	for _, z := range []string{d[4], d[6]} {
		if strings.HasPrefix(z, "+") || strings.HasPrefix(z, "-") {
			zone = z
		}
	}
	t, err := time.Parse("Jan 2 15:04:05 2006 -0700", d[1]+" "+d[2]+" "+clock+" "+d[5]+" "+zone)
	if err == nil && t.Unix() != 0 {
		f.date = t.UTC()
	}
	return f, err == nil || f.ours
}
