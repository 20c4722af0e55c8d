package smtpout

import (
	"bytes"
	"io"
)

// stuffer writes a message as the data of DATA: a dot that begins a line gets a second
// one (RFC 5321 section 4.5.2). A line begins at the start and after CRLF, and nowhere
// else: whatever else a message holds goes through untouched.
type stuffer struct {
	to io.Writer
	// after is what the next octet follows.
	after position
}

type position uint8

const (
	lineStart position = iota
	inLine
	afterCR
)

func (s *stuffer) Write(p []byte) (int, error) {
	done := 0
	for i := 0; i < len(p); {
		switch {
		case s.after == lineStart && p[i] == '.':
			if _, err := s.to.Write(p[done : i+1]); err != nil {
				return done, err
			}
			done = i // the dot goes out again with what follows
			s.after = inLine
			i++
		case s.after == afterCR && p[i] == '\n':
			s.after = lineStart
			i++
		default:
			next := bytes.IndexByte(p[i:], '\r')
			if next < 0 {
				s.after = inLine
				i = len(p)
				break
			}
			s.after = afterCR
			i += next + 1
		}
	}
	if _, err := s.to.Write(p[done:]); err != nil {
		return done, err
	}
	return len(p), nil
}

// end returns what ends the data after what was written: a CRLF where the last line has
// none (section 4.1.1.4), a dot, CRLF.
func (s *stuffer) end() string {
	if s.after == lineStart {
		return ".\r\n"
	}
	return "\r\n.\r\n"
}

// Shape is what a message's line ends ask of the way it is sent. It is written to.
type Shape struct {
	// Bare: the message holds a CR or LF that is no part of a CRLF, or does not end with
	// CRLF, so that only BDAT brings it over unchanged everywhere. Valid after Close.
	Bare bool
	// Smuggles: it holds a dot alone on a line that begins after a bare CR or LF. No second
	// dot belongs there; but a server that takes the bare one for a line end finds the end
	// of the data, and commands behind it. Such a message cannot go by DATA.
	Smuggles bool

	pendingCR bool
	at        place
}

// place is what the next octet follows.
type place uint8

const (
	begin place = iota // the start, or CRLF
	within
	bare    // a CR or LF alone
	bareDot // a dot after that
)

// Write looks at a part of the message.
func (s *Shape) Write(p []byte) (int, error) {
	for i := 0; i < len(p); {
		if n := s.wholeLine(p[i:]); n > 0 {
			s.at = begin
			i += n
			continue
		}
		for i < len(p) { // to the end of this line
			c := p[i]
			s.octet(c)
			i++
			if c == '\n' {
				break
			}
		}
	}
	return len(p), nil
}

// wholeLine returns the length of the line that p begins with, where nothing about it is
// odd: most lines, quickly.
func (s *Shape) wholeLine(p []byte) int {
	if s.pendingCR || s.at > within {
		return 0
	}
	lf := bytes.IndexByte(p, '\n')
	if lf < 1 || bytes.IndexByte(p[:lf], '\r') != lf-1 {
		return 0
	}
	return lf + 1
}

func (s *Shape) octet(c byte) {
	if s.pendingCR {
		s.pendingCR = false
		if c == '\n' {
			s.lineEnd(begin)
			return
		}
		s.lineEnd(bare)
	}
	switch {
	case c == '\r':
		s.pendingCR = true
	case c == '\n':
		s.lineEnd(bare)
	case c == '.' && s.at == bare:
		s.at = bareDot
	default:
		s.at = within
	}
}

func (s *Shape) lineEnd(to place) {
	s.Smuggles = s.Smuggles || s.at == bareDot
	s.Bare = s.Bare || to == bare
	s.at = to
}

// Close tells that the message has been seen whole.
func (s *Shape) Close() {
	if s.pendingCR {
		s.pendingCR = false
		s.lineEnd(bare)
	}
	s.Bare = s.Bare || s.at != begin
	s.Smuggles = s.Smuggles || s.at == bareDot // the end that is added comes behind it
}
