package compose

import (
	"encoding/base64"
	"strings"
)

// The lines of a text that is sent as it is.
const (
	flowAt   = 72  // flowed lines are broken here, in octets (RFC 3676 section 4.2)
	longLine = 990 // more no line may have (RFC 5322 section 2.1.1)
)

// body is a text in the form in which it is sent.
type body struct {
	flowed   bool
	encoding string // Content-Transfer-Encoding
	text     string // CRLF line ends
}

// bodyOf chooses the form: flowed where the text is US-ASCII and comes through
// unchanged, otherwise the shorter of quoted-printable and base64.
func bodyOf(text string) body {
	text = strings.ToValidUTF8(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\uFFFD")
	text = strings.TrimSuffix(text, "\n")
	if flowed, ok := flow(text); ok {
		return body{true, "7bit", flowed}
	}
	text = strings.ReplaceAll(text, "\n", "\r\n") + "\r\n"
	printable := quotedPrintable(text)
	if in64 := base64Lines([]byte(text)); len(in64) < len(printable) {
		return body{false, "base64", in64}
	}
	return body{false, "quoted-printable", printable}
}

// signature is the line that begins a signature, the only one to end in a blank
// (RFC 3676 section 4.3).
const signature = "-- "

// flow writes a text as format=flowed, and reports whether that can be: a text
// with blanks at the ends of its lines would lose them.
func flow(text string) (string, bool) {
	var out strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if line != signature && (strings.HasSuffix(line, " ") || !printableASCII(line)) {
			return "", false
		}
		content := strings.TrimLeft(line, ">")
		marks := line[:len(line)-len(content)]
		if marks != "" {
			content = strings.TrimPrefix(content, " ")
		}
		for first := true; first || content != ""; first = false {
			piece := breakAt(content, flowAt-len(marks))
			content = content[len(piece):]
			if len(marks)+1+len(piece) > longLine {
				return "", false
			}
			stuffed := piece != "" && (marks != "" || piece[0] == ' ' || piece[0] == '>' || strings.HasPrefix(piece, "From "))
			out.WriteString(marks)
			if stuffed { // section 4.4
				out.WriteByte(' ')
			}
			out.WriteString(piece + "\r\n")
		}
	}
	return out.String(), true
}

// breakAt returns the beginning of a line that is longer than room: up to and with
// blanks, since what ends with one goes on in the next line. A piece that would read as the
// beginning of a signature is none.
func breakAt(line string, room int) string {
	if len(line) <= room {
		return line
	}
	at := -1
	for i := 0; i < len(line)-1; i++ {
		if line[i] != ' ' || line[i+1] == ' ' || i+1 == len(signature) && line[:i+1] == signature {
			continue
		}
		if i >= room && at >= 0 {
			break
		}
		if at = i + 1; i >= room {
			break
		}
	}
	if at < 0 {
		return line
	}
	return line[:at]
}

func printableASCII(line string) bool {
	for i := range len(line) {
		if c := line[i]; (c < ' ' || c > '~') && c != '\t' {
			return false
		}
	}
	return !strings.HasSuffix(line, "\t")
}

// quotedPrintable encodes a text with CRLF line ends (RFC 2045 section 6.7). What
// programs on the way like to change is encoded too: "From " and a lone dot at
// the beginning of a line.
func quotedPrintable(text string) string {
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		column := 0
		for i := range len(line) {
			c, last := line[i], i == len(line)-1
			code := string(c)
			plain := c >= '!' && c <= '~' && c != '=' || (c == ' ' || c == '\t') && !last
			if i == 0 && (strings.HasPrefix(line, "From ") || line == ".") {
				plain = false
			}
			if !plain {
				code = "=" + hexDigits[c>>4:c>>4+1] + hexDigits[c&15:c&15+1]
			}
			room := lineLength - 1 // for the "=" that breaks the line
			if last {
				room = lineLength
			}
			if column+len(code) > room {
				out.WriteString("=\r\n")
				column = 0
			}
			out.WriteString(code)
			column += len(code)
		}
		out.WriteString("\r\n")
	}
	return out.String()
}

// base64Lines encodes octets in lines (RFC 2045 section 6.8).
func base64Lines(content []byte) string {
	const perLine = lineLength / 4 * 3
	var out strings.Builder
	out.Grow(base64.StdEncoding.EncodedLen(len(content)) * (lineLength + 2) / lineLength)
	for len(content) > 0 {
		n := min(perLine, len(content))
		out.WriteString(base64.StdEncoding.EncodeToString(content[:n]) + "\r\n")
		content = content[n:]
	}
	return out.String()
}
