package line

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"time"
)

// Fault is what happens to the bytes that go to a client.
type Fault struct {
	// After is after how many bytes to the client it happens.
	After int64
	// InLiteral counts After within the first literal that is at least this long,
	// rather than from the start of the connection; 0: from the start. The line must
	// be able to read what it carries.
	InLiteral int64
	// Do is what happens.
	Do Trouble
	// Times is how many connections it happens to; 0: all.
	Times int
	// Pause is the time between two bytes of Trickle.
	Pause time.Duration
	// Then is called as it happens; nil: nothing is.
	Then func()
}

// Trouble is a way for a connection to go wrong.
type Trouble int

// The troubles.
const (
	Stall   Trouble = iota // nothing more comes, and the connection stays
	Reset                  // TCP RST
	Hangup                 // an orderly end
	Trickle                // a byte at a time
)

// armed is a fault that connections may meet.
type armed struct {
	Fault
	line *Line
	left int // under line.mu
}

// meet reports whether the fault still happens, and counts it.
func (a *armed) meet() bool {
	a.line.mu.Lock()
	defer a.line.mu.Unlock()
	if a.Times > 0 {
		if a.left == 0 {
			return false
		}
		a.left--
	}
	a.line.met++
	return true
}

// errFault ends a direction after its fault happened.
var errFault = errors.New("the fault happened")

// gate is the end of the way to the client, where faults happen.
type gate struct {
	io.Writer
	link  *link
	fault *armed

	literals   literals
	trickling  bool
	positioned bool  // at is known
	at         int64 // how many bytes still go well
}

func (g *gate) Write(p []byte) (int, error) {
	if g.trickling {
		return g.trickle(p)
	}
	well := g.goesWell(p)
	if _, err := g.Writer.Write(p[:well]); err != nil {
		return 0, err
	}
	if well == len(p) {
		return len(p), nil
	}
	fault := g.fault
	g.fault = nil
	if !fault.meet() {
		return g.Write(p[well:])
	}
	if fault.Then != nil {
		fault.Then()
	}
	switch fault.Do {
	case Stall:
		select {
		case <-g.link.gone:
		case <-g.link.left:
		}
	case Reset:
		g.link.reset()
	case Hangup:
		g.link.close()
	case Trickle:
		g.trickling, g.fault = true, fault
		return g.trickle(p[well:])
	}
	return 0, errFault
}

// goesWell is how many of the bytes go through before the fault; all of them where
// it is not reached.
func (g *gate) goesWell(p []byte) int {
	if g.fault == nil {
		return len(p)
	}
	if !g.positioned && g.fault.InLiteral == 0 {
		g.positioned, g.at = true, g.fault.After
	}
	for i := range p {
		if g.positioned {
			if left := int64(len(p) - i); g.at >= left {
				g.at -= left
				return len(p)
			}
			return i + int(g.at)
		}
		if n := g.literals.add(p[i]); n >= g.fault.InLiteral {
			g.positioned, g.at = true, g.fault.After
		}
	}
	return len(p)
}

func (g *gate) trickle(p []byte) (int, error) {
	for i := range p {
		if !g.link.wait(g.fault.Pause) || g.link.hasLeft() {
			return i, errFault
		}
		if _, err := g.Writer.Write(p[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(p), nil
}

// literals finds the literals in a stream of bytes.
type literals struct {
	line []byte // the end of the line so far
	skip int64  // what is left of a literal
}

// literalEnd is the announcement of a literal at the end of a line (RFC 9051 section
// 4.3; RFC 7888).
var literalEnd = regexp.MustCompile(`\{(\d{1,18})(\+?)\}\r?\n?$`)

// add takes a byte, and returns the size of a literal that begins after it, or -1.
func (l *literals) add(b byte) int64 {
	if l.skip > 0 {
		l.skip--
		return -1
	}
	const announcement = 32
	if len(l.line) >= announcement {
		l.line = append(l.line[:0], l.line[1:]...)
	}
	l.line = append(l.line, b)
	if b != '\n' {
		return -1
	}
	found := literalEnd.FindSubmatch(l.line)
	l.line = l.line[:0]
	if found == nil {
		return -1
	}
	n, err := strconv.ParseInt(string(found[1]), 10, 64)
	if err != nil {
		return -1
	}
	l.skip = n
	return n
}
