package smtpout

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Bounds on what a server may answer. RFC 5321 section 4.5.3.1.5 allows lines of 512
// octets; real servers go beyond it.
const (
	mostLine  = 4 << 10
	mostReply = 32 << 10
	mostLines = 200
)

// ErrGarbage is the cause of a [Fault] when the server's answer is not SMTP, or too long.
var ErrGarbage = errors.New("not an SMTP reply")

// Reply is a server's answer (RFC 5321 section 4.2). The zero Reply is none.
type Reply struct {
	Code int
	// Lines are the texts after the code, without control characters, valid UTF-8.
	Lines []string
	// Local says that we answered in the server's place, before asking it.
	Local bool
}

// Positive reports a 2xx: what was asked for is done.
func (r Reply) Positive() bool { return r.Code >= 200 && r.Code < 300 }

// Temporary reports a 4xx: the same may succeed later.
func (r Reply) Temporary() bool { return r.Code >= 400 && r.Code < 500 }

// Permanent reports a 5xx.
func (r Reply) Permanent() bool { return r.Code >= 500 }

// Enhanced returns the enhanced status code (RFC 3463), such as "5.1.1", or nothing.
func (r Reply) Enhanced() string {
	if len(r.Lines) == 0 {
		return ""
	}
	word, _, _ := strings.Cut(r.Lines[0], " ")
	parts := strings.Split(word, ".")
	if len(parts) != 3 || len(parts[0]) != 1 || parts[0] != strconv.Itoa(r.Code/100) {
		return ""
	}
	for _, p := range parts[1:] {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n > 999 || len(p) > 3 {
			return ""
		}
	}
	return word
}

// String returns the reply on one line, its lines joined by a blank.
func (r Reply) String() string {
	if r.Code == 0 {
		return ""
	}
	return strings.TrimRight(strconv.Itoa(r.Code)+" "+strings.Join(r.Lines, " "), " ")
}

// Full returns the reply as the server gave it, its lines joined by "\n".
func (r Reply) Full() string {
	var b strings.Builder
	for i, line := range r.Lines {
		mark := "-"
		if i == len(r.Lines)-1 {
			mark = " "
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(strconv.Itoa(r.Code)+mark+line, " "))
	}
	return b.String()
}

// readReply reads one reply. A line may end with LF alone.
func readReply(in *bufio.Reader) (Reply, error) {
	var r Reply
	total := 0
	for range mostLines {
		line, err := readLine(in)
		if err != nil {
			return Reply{}, err
		}
		total += len(line)
		code, text, last, ok := splitLine(line)
		if !ok || r.Code != 0 && code != r.Code {
			return Reply{}, fmt.Errorf("%w: %.80q", ErrGarbage, line)
		}
		r.Code = code
		r.Lines = append(r.Lines, clean(text))
		if last {
			return r, nil
		}
		if total > mostReply {
			break
		}
	}
	return Reply{}, fmt.Errorf("%w: it goes on and on", ErrGarbage)
}

func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > mostLine {
			return "", fmt.Errorf("%w: a line without end", ErrGarbage)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// splitLine takes a Reply-line apart (RFC 5321 section 4.2); the text may be missing
// with its blank.
func splitLine(line string) (code int, text string, last, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' || line[2] < '0' || line[2] > '9' {
		return 0, "", false, false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, "", true, true
	}
	return code, line[4:], line[3] == ' ', line[3] == ' ' || line[3] == '-'
}

// clean makes a server's text fit to be shown and kept.
func clean(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' || c >= 0x7f && c < 0xa0 {
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
