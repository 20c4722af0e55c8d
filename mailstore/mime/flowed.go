package mime

import "strings"

// unflow joins the lines of format=flowed (RFC 3676): a line that ends with a space
// goes on in the next of the same depth of quotation. With delSp the space goes too,
// as Japanese has none.
func unflow(text string, delSp bool) string {
	var out strings.Builder
	depth, open := 0, false
	for line := range strings.SplitSeq(text, "\n") {
		d := 0
		for strings.HasPrefix(line, ">") {
			line = line[1:]
			d++
		}
		line = strings.TrimPrefix(line, " ")       // stuffed, section 4.4
		if open && (d != depth || line == "-- ") { // a signature is nobody's last words, section 4.3
			out.WriteByte('\n')
			open = false
		}
		if !open && d > 0 {
			out.WriteString(strings.Repeat(">", min(d, 20)) + " ")
		}
		depth = d
		if strings.HasSuffix(line, " ") && line != "-- " {
			if delSp {
				line = line[:len(line)-1]
			}
			out.WriteString(line)
			open = true
			continue
		}
		out.WriteString(line)
		out.WriteByte('\n')
		open = false
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// tidy gives a text the shape that is promised: LF between lines, no NUL and no
// control characters, no white space at the ends of lines, at most one empty line
// together, none at the ends.
func tidy(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	var out strings.Builder
	out.Grow(len(text))
	empty := 0
	for line := range lineSeq(text) {
		line = strings.TrimRight(stripControls(line), " \t\u3000\u00a0")
		if line == "" {
			empty++
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
			if empty > 0 {
				out.WriteByte('\n')
			}
		}
		empty = 0
		out.WriteString(line)
	}
	return out.String()
}

// lineSeq yields the lines of a text, ended by LF, CRLF or CR.
func lineSeq(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for {
			at := strings.IndexAny(text, "\r\n")
			if at < 0 {
				yield(text)
				return
			}
			if !yield(text[:at]) {
				return
			}
			if text[at] == '\r' && at+1 < len(text) && text[at+1] == '\n' {
				at++
			}
			text = text[at+1:]
		}
	}
}

func stripControls(line string) string {
	for i := 0; i < len(line); i++ {
		if c := line[i]; c < ' ' && c != '\t' || c == 0x7f || c == 0xc2 && i+1 < len(line) && line[i+1] < 0xa0 || c == 0xef {
			return strings.Map(func(r rune) rune {
				if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || r == '\ufeff' {
					return -1
				}
				return r
			}, line)
		}
	}
	return line
}

// Paragraphs cuts a text into its paragraphs, for viewers that lay out each on its
// own: they are separated by empty lines, and a long one is cut at a line's end, or
// within a line that is longer than anybody writes.
func Paragraphs(text string) []string {
	const most = 2000 // octets: some screens of text are laid out at once
	var out []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		for len(paragraph) > most {
			at := strings.LastIndexAny(paragraph[:most], "\n")
			skip := 1
			if at <= 0 {
				at, skip = strings.LastIndexByte(paragraph[:most], ' '), 1
			}
			if at <= 0 {
				at, skip = len(cutText(paragraph, most)), 0
			}
			if at == 0 {
				at = most // no UTF-8
			}
			out = append(out, paragraph[:at])
			paragraph = paragraph[at+skip:]
		}
		if strings.Trim(paragraph, "\n") != "" {
			out = append(out, strings.Trim(paragraph, "\n"))
		}
	}
	return out
}
