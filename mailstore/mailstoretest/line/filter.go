package line

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
)

// Filter reads along one connection and changes what it carries. Its methods are
// called from one goroutine at a time.
type Filter interface {
	// Command is given the first line of a command without CRLF, or another line that
	// a client says (DONE, an answer to a challenge). It returns what goes to the
	// server instead. Where refusal is not empty, the whole command goes nowhere, and
	// the refusal goes to the client.
	Command(line string) (forward, refusal string)
	// Response is given a piece of a response without CRLF: the whole of it, or, where
	// there are literals, what is before, between and after them. first is whether
	// it is its beginning. It returns what goes to the client instead; a response
	// without literals that becomes empty is left out.
	Response(text string, first bool) string
}

// LiteralFilter is a filter that also reads literals.
type LiteralFilter interface {
	Filter
	// Take reports whether it wants the literal that comes after the text.
	Take(text string) bool
	// Literal returns what goes to the client instead of the text, with the
	// announcement of the literal at its end, and the literal.
	Literal(text string, literal []byte) string
}

// filtered carries the IMAP of a connection through a filter.
type filtered struct {
	filter   Filter
	up, down *delay

	mu       sync.Mutex // over the filter and the way down
	within   bool       // a response is half written
	refusals []string   // to be written after it
}

// carryUp carries commands.
func (f *filtered) carryUp(client io.Reader) error {
	in := bufio.NewReaderSize(client, 64<<10)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return eof(err, line)
		}
		f.mu.Lock()
		forward, refusal := f.filter.Command(strings.TrimRight(line, "\r\n"))
		f.mu.Unlock()
		to := io.Writer(f.up)
		if refusal != "" {
			to, forward = io.Discard, strings.TrimRight(line, "\r\n")
		}
		if err := f.carryCommand(in, to, forward, refusal != ""); err != nil {
			return err
		}
		if refusal != "" {
			if err := f.refuse(refusal); err != nil {
				return err
			}
		}
	}
}

// carryCommand writes the first line of a command, and the literals and lines that
// belong to it. Of a refused command only those are read that the client sends
// without waiting.
func (f *filtered) carryCommand(in *bufio.Reader, to io.Writer, line string, refused bool) error {
	for {
		if _, err := io.WriteString(to, line+"\r\n"); err != nil {
			return err
		}
		size, waits := announced(line)
		if size < 0 || refused && waits {
			return nil
		}
		if _, err := io.CopyN(to, in, size); err != nil {
			return err
		}
		next, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimRight(next, "\r\n")
	}
}

// refuse tells the client a refusal, not in the middle of a response.
func (f *filtered) refuse(refusal string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.within {
		f.refusals = append(f.refusals, refusal)
		return nil
	}
	_, err := io.WriteString(f.down, refusal+"\r\n")
	return err
}

// carryDown carries responses.
func (f *filtered) carryDown(server io.Reader) error {
	in := bufio.NewReaderSize(server, 64<<10)
	for {
		if err := f.carryResponse(in); err != nil {
			return eof(err, "")
		}
	}
}

// carryResponse carries one response with its literals.
func (f *filtered) carryResponse(in *bufio.Reader) error {
	kept := "" // what became of a literal that was taken, and belongs before the next text
	for first := true; ; first = false {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		text := strings.TrimRight(line, "\r\n")
		size, _ := announced(text)
		if taker, ok := f.filter.(LiteralFilter); ok && size >= 0 && taker.Take(text) {
			literal := make([]byte, size)
			if _, err := io.ReadFull(in, literal); err != nil {
				return err
			}
			f.mu.Lock()
			kept += taker.Literal(text, literal)
			f.mu.Unlock()
			continue
		}
		if err := f.write(kept, text, first, size >= 0); err != nil {
			return err
		}
		kept = ""
		if size < 0 {
			return nil
		}
		if _, err := io.CopyN(f.down, in, size); err != nil {
			return err
		}
	}
}

// write passes a piece of a response on, and after its end what was refused
// meanwhile.
func (f *filtered) write(before, text string, first, more bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	text = before + f.filter.Response(text, first)
	out := text + "\r\n"
	if text == "" && first && !more {
		out = ""
	}
	f.within = more
	if !more {
		for _, refusal := range f.refusals {
			out += refusal + "\r\n"
		}
		f.refusals = nil
	}
	if out == "" {
		return nil
	}
	_, err := io.WriteString(f.down, out)
	return err
}

// announced is the size of the literal that a line announces, and whether its sender
// waits to be asked for it; -1: there is none.
func announced(line string) (size int64, waits bool) {
	found := literalEnd.FindStringSubmatch(line)
	if found == nil {
		return -1, false
	}
	size, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return -1, false
	}
	return size, found[2] == ""
}

// eof tells an orderly end from one in the middle of a line.
func eof(err error, rest string) error {
	if errors.Is(err, io.EOF) && rest == "" {
		return nil
	}
	return err
}
