package mime

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"

	"lifeboat/mailstore"
)

// text is the readable text of a node and all below it, without what is attached as
// a file.
func (d *document) text(n *node, depth int) string {
	if depth > maxDepth*2 {
		return ""
	}
	switch {
	case n.message && len(n.children) > 0:
		return d.messageText(n, depth)
	case n.media == "multipart/alternative":
		return d.bestText(n, depth)
	case strings.HasPrefix(n.media, "multipart/"):
		return d.partsText(n, depth)
	case n.media == "text/calendar" && n.disposition != "attachment":
		return d.calendarText(n, "")
	case n.media == "text/rfc822-headers" || n.media == "message/rfc822-headers":
		return d.headersText(n)
	case n.isText() && n.disposition != "attachment" && readable(n.media):
		return d.leafText(n)
	case n.message && n.disposition != "attachment": // one that lies too deep
		return d.leafText(n)
	}
	return ""
}

// partsText joins the text of all parts. A multipart without any has its preamble,
// and what stands behind the end of one is text that something on the way has added.
func (d *document) partsText(n *node, depth int) string {
	var parts []string
	size := 0
	for _, c := range n.children {
		if size > 2*d.limits.Text {
			d.letter.Cut = true
			break
		}
		t := d.text(c, depth+1)
		if t != "" {
			parts = append(parts, t)
			size += len(t)
		}
	}
	if len(n.children) == 0 {
		parts = append(parts, tidy(toUTF8(n.raw, n.params["charset"])))
	}
	if epilogue := n.behind(); epilogue != "" {
		parts = append(parts, epilogue)
	}
	return strings.Trim(strings.Join(parts, "\n\n"), "\n")
}

// behind is the text behind the end of a multipart, without the boundaries of others.
func (n *node) behind() string {
	var out strings.Builder
	for line := range strings.SplitAfterSeq(toUTF8(n.epilogue, ""), "\n") {
		if !strings.HasPrefix(line, "--") || !strings.HasSuffix(strings.TrimSpace(line), "--") {
			out.WriteString(line)
		}
	}
	return tidy(out.String())
}

// bestText chooses among alternatives: plain text, unless it is only a part of what
// the HTML says, as of programs that write "this message is in HTML" there.
func (d *document) bestText(n *node, depth int) string {
	var plain, rich, calendars string
	for _, c := range n.children {
		t := d.text(c, depth+1)
		switch {
		case c.media == "text/calendar":
			calendars = t
		case c.media == "text/plain" || c.media == "text/x-amp-html" || c.media == "text/enriched":
			if plain == "" {
				plain = t
			}
		case len(t) > 0:
			rich = t
		}
	}
	best := plain
	if p, r := letters(plain), letters(rich); p == 0 || r > 200 && p*4 < r {
		best = rich
	}
	if len(n.children) == 0 {
		return d.partsText(n, depth)
	}
	if calendars != "" && calendars != best {
		for _, c := range n.children {
			if c.media == "text/calendar" {
				calendars = d.calendarText(c, best)
			}
		}
		best = strings.Trim(best+"\n\n"+calendars, "\n")
	}
	if epilogue := n.behind(); epilogue != "" {
		best = strings.Trim(best+"\n\n"+epilogue, "\n")
	}
	return best
}

// letters counts what a person reads in a text: no addresses of links.
func letters(text string) int {
	n := 0
	for word := range strings.FieldsSeq(text) {
		if strings.Contains(word, "://") {
			continue
		}
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsNumber(r) {
				n++
			}
		}
	}
	return n
}

// messageText is an attached message: its header in short, and its text.
func (d *document) messageText(n *node, depth int) string {
	var out strings.Builder
	for _, c := range n.children {
		if out.Len() > 2*d.limits.Text {
			d.letter.Cut = true
			break
		}
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		c.writeHead(&out)
		if t := d.text(c, depth+1); t != "" {
			out.WriteString("\n" + t)
		}
	}
	return strings.Trim(out.String(), "\n")
}

// headersText is the header of a message that a report is about.
func (d *document) headersText(n *node) string {
	var out strings.Builder
	about := node{head: readHead(newLines(bytes.NewReader(decode(n.raw, n.transfer))), true)}
	about.describe()
	about.writeHead(&out)
	return strings.Trim(out.String(), "\n")
}

// writeHead writes a header in short.
func (n *node) writeHead(out *strings.Builder) {
	out.WriteString("----------\n")
	l := n.headLetter()
	addressLine(out, "From", l.From)
	addressLine(out, "To", l.To)
	addressLine(out, "Cc", l.Cc)
	if !l.Date.IsZero() {
		out.WriteString("Date: " + l.Date.Format("2006-01-02 15:04 -0700") + "\n")
	}
	if l.Subject != "" {
		out.WriteString("Subject: " + l.Subject + "\n")
	}
}

func addressLine(out *strings.Builder, name string, list []mailstore.Address) {
	for i, a := range list {
		switch {
		case i == 0:
			out.WriteString(name + ": ")
		case i == 100:
			out.WriteString(", …")
		case i < 100:
			out.WriteString(", ")
		}
		if i < 100 {
			out.WriteString(a.String())
		}
	}
	if len(list) > 0 {
		out.WriteByte('\n')
	}
}

// leafText is the readable text of a leaf.
func (d *document) leafText(n *node) string {
	if n.cut {
		d.letter.Cut = true
	}
	text := decodedText(n)
	if n.number == "1" && n.parent == nil && !n.head.known && len(n.head.unknown) > 0 {
		text = toUTF8(n.head.unknown, "") + "\n" + text // it was no header
	}
	switch n.media {
	case "text/html", "application/xhtml+xml", "text/x-amp-html":
		text, cut := htmlToText(text, 2*d.limits.Text)
		d.letter.Cut = d.letter.Cut || cut
		return text
	case "text/enriched", "text/richtext":
		return tidy(enriched.ReplaceAllString(strings.ReplaceAll(text, "<<", "<"), ""))
	}
	if strings.EqualFold(n.params["format"], "flowed") {
		text = unflow(strings.ReplaceAll(text, "\r\n", "\n"), strings.EqualFold(n.params["delsp"], "yes"))
	} else if looksLikeHTML(text) {
		text, cut := htmlToText(text, 2*d.limits.Text)
		d.letter.Cut = d.letter.Cut || cut
		return text
	}
	return withoutFiles(tidy(text))
}

var enriched = regexp.MustCompile(`(?i)<param>[^<]{0,200}</param>|</?[a-z][a-z0-9-]{0,40}>`)

// looksLikeHTML reports whether text that is called plain is a page of HTML.
func looksLikeHTML(text string) bool {
	start := strings.ToLower(strings.TrimLeft(text[:min(len(text), 200)], " \t\r\n\ufeff"))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

// calendarText is an invitation as a block of text; said is the text beside it.
func (d *document) calendarText(n *node, said string) string {
	events := readCalendar(decodedText(n))
	if len(events) == 0 {
		return d.leafText(n)
	}
	var blocks []string
	for _, e := range events {
		blocks = append(blocks, e.block(said))
	}
	return tidy(strings.Join(blocks, "\n\n"))
}
