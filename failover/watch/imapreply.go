package watch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds on what an IMAP server may say to one command. A CAPABILITY line is the
// longest that is asked for.
const (
	maxLine    = 8 << 10
	maxLines   = 100
	maxLiteral = 64 << 10
)

var (
	errNoIMAP  = errors.New("what came is no IMAP response")
	errEndless = errors.New("a response without end")
)

// response is one line of an IMAP server, as far as it matters here (RFC 9051
// section 7).
type response struct {
	tag    string // "*" for what was not asked for, "+" for a request to go on
	status string // OK, NO, BAD, BYE, PREAUTH in upper case; empty for data
	code   string // the response code in upper case (RFC 5530): "AUTHENTICATIONFAILED"
	text   string // what follows the tag, made safe to show
	words  []string
}

// readResponse reads one line, and past the literals in it.
func readResponse(in *bufio.Reader) (response, error) {
	var line strings.Builder
	literals := 0
	for {
		part, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || line.Len()+len(part) > maxLine {
			return response{}, errEndless
		}
		if err != nil {
			if errors.Is(err, io.EOF) && line.Len()+len(part) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return response{}, err
		}
		line.Write(part)
		size, is := literal(string(part))
		if !is {
			return parseResponse(line.String())
		}
		if literals += size; literals > maxLiteral {
			return response{}, errEndless
		}
		if _, err := in.Discard(size); err != nil {
			return response{}, err
		}
	}
}

// literal reads the size of the literal that a line ends with: "{12}".
func literal(line string) (size int, is bool) {
	line = strings.TrimRight(line, "\r\n")
	open := strings.LastIndexByte(line, '{')
	if open < 0 || !strings.HasSuffix(line, "}") {
		return 0, false
	}
	n, err := strconv.ParseUint(line[open+1:len(line)-1], 10, 31)
	return int(n), err == nil
}

// parseResponse reads a line without its literals.
func parseResponse(line string) (response, error) {
	line = strings.TrimRight(line, "\r\n")
	tag, rest, found := strings.Cut(line, " ")
	if tag == "+" {
		return response{tag: tag, text: clean(rest)}, nil
	}
	if !found || tag == "" || tag != "*" && strings.Trim(tag, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return response{}, fmt.Errorf("%w: %q", errNoIMAP, clean(line))
	}
	r := response{tag: tag, text: clean(rest)}
	word, after, _ := strings.Cut(rest, " ")
	switch word = strings.ToUpper(word); word {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		r.status = word
		if code, _, ok := strings.Cut(strings.TrimPrefix(after, "["), "]"); ok && strings.HasPrefix(after, "[") {
			r.words = strings.Fields(strings.ToUpper(code))
			if len(r.words) > 0 {
				r.code = r.words[0]
			}
		}
	default:
		if tag != "*" {
			return response{}, fmt.Errorf("%w: %q", errNoIMAP, clean(line))
		}
		r.words = strings.Fields(strings.ToUpper(rest))
	}
	return r, nil
}
