package probe

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A reply line has at most 512 octets (RFC 5321 section 4.5.3.1.5), and servers
// that say more still stay far below these bounds.
const (
	maxReplyLine  = 4096
	maxReplyLines = 128
)

var (
	errNoReply  = errors.New("what came is no SMTP reply")
	errTooLong  = errors.New("a reply without end")
	errCutShort = errors.New("the connection ended in the middle of a reply")
)

// reply is one SMTP reply (RFC 5321 section 4.2), with the text of each line
// made safe to show.
type reply struct {
	code  int
	lines []string
}

// readReply reads one reply, several lines of it if need be. The reader's buffer
// bounds the length of a line.
func readReply(r *bufio.Reader) (reply, error) {
	var got reply
	for len(got.lines) < maxReplyLines {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return got, errTooLong
		case err != nil && (len(line) > 0 || len(got.lines) > 0):
			return got, errors.Join(errCutShort, err)
		case err != nil:
			return got, err
		}
		code, more, text, err := parseReplyLine(string(line))
		if err != nil {
			return got, fmt.Errorf("%w: %q", err, clean(string(line), 80))
		}
		if got.code != 0 && code != got.code {
			return got, fmt.Errorf("%w: %d follows %d", errNoReply, code, got.code)
		}
		got.code, got.lines = code, append(got.lines, text)
		if !more {
			return got, nil
		}
	}
	return got, errTooLong
}

// parseReplyLine reads "250-text" or "250 text". The text is made safe to show.
func parseReplyLine(line string) (code int, more bool, text string, err error) {
	line = strings.TrimRight(line, "\r\n")
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !digit(line[1]) || !digit(line[2]) {
		return 0, false, "", errNoReply
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	switch {
	case len(line) == 3:
		return code, false, "", nil
	case line[3] == ' ' || line[3] == '-':
		return code, line[3] == '-', clean(line[4:], maxReplyLine), nil
	}
	return 0, false, "", errNoReply
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

// ok reports a positive reply; later, one that says to come back.
func (r reply) ok() bool    { return r.code/100 == 2 }
func (r reply) later() bool { return r.code/100 == 4 }

// enhanced returns the enhanced status code ("5.1.1", RFC 3463) where the server
// gives one.
func (r reply) enhanced() string {
	if len(r.lines) == 0 {
		return ""
	}
	word, _, _ := strings.Cut(r.lines[0], " ")
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || r.code == 0 || int(parts[0][0]-'0') != r.code/100 {
		return ""
	}
	for _, p := range parts {
		if p == "" || len(p) > 3 || strings.Trim(p, "0123456789") != "" {
			return ""
		}
	}
	return word
}

// exact returns the reply as it came, a line each.
func (r reply) exact() []string {
	out := make([]string, len(r.lines))
	for i, text := range r.lines {
		mark := "-"
		if i == len(r.lines)-1 {
			mark = " "
		}
		out[i] = strings.TrimRight(fmt.Sprintf("%03d%s%s", r.code, mark, text), " ")
	}
	return out
}

// String is the reply in one line, for a sentence.
func (r reply) String() string {
	return clean(strings.TrimSpace(fmt.Sprintf("%03d %s", r.code, strings.Join(r.lines, " "))), 400)
}

// clean makes text from outside safe to show: what is no printable character
// (control characters, marks that turn the direction of writing, bytes that are
// no UTF-8) becomes U+FFFD, and what is longer than limit bytes is cut.
func clean(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		if r, size := utf8.DecodeLastRuneInString(s); r == utf8.RuneError && size == 1 {
			s = s[:len(s)-1]
		}
		s += "…"
	}
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
