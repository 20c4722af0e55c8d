package mime

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// htmlToText reads HTML as a person would see it: paragraphs, lists, tables and
// quotations in lines, links with their address behind them, pictures by their
// description. What is hidden (text for previews, pixels that report the reader),
// scripts and styles are left out. It goes through the tags once and builds no tree,
// so that nesting costs nothing; it stops at limit octets.
func htmlToText(page string, limit int) (text string, cut bool) {
	h := htmlReader{limit: limit}
	h.read(page)
	if strings.TrimSpace(h.out.String()) == "" && h.hidden {
		h = htmlReader{limit: limit, showAll: true} // better too much than nothing
		h.read(page)
	}
	return tidy(h.out.String()), h.cut
}

type htmlReader struct {
	out     strings.Builder
	limit   int
	cut     bool
	showAll bool
	hidden  bool // something was left out

	// What is due before the next text.
	breaks int    // line ends
	space  bool   // white space
	folded bool   // which had a line end in it
	mark   string // of a list's item, or between cells
	last   rune   // what was written last

	hide      string // the element that is left out, while it is
	hideDepth int
	pre       int
	quote     int
	lists     []int // the next number of each list that is open; -1: without numbers
	row       int   // length of out where the row began
	link      string
	linkFrom  int
}

func (h *htmlReader) read(page string) {
	z := html.NewTokenizer(strings.NewReader(page))
	for h.out.Len() <= h.limit {
		switch z.Next() {
		case html.ErrorToken:
			h.endLink()
			return
		case html.TextToken:
			if h.hide == "" {
				h.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			h.start(string(name), attributes(z, more))
		case html.EndTagToken:
			name, _ := z.TagName()
			h.end(string(name))
		case html.CommentToken, html.DoctypeToken:
		}
	}
	h.cut = true
}

// attributes reads those that matter here.
func attributes(z *html.Tokenizer, more bool) map[string]string {
	var out map[string]string
	for n := 0; more && n < 200; n++ {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "href", "style", "hidden", "alt", "width", "height", "start", "value", "type":
			if out == nil {
				out = map[string]string{}
			}
			out[string(key)] = string(value[:min(len(value), 8<<10)])
		}
	}
	return out
}

func (h *htmlReader) start(tag string, attr map[string]string) {
	if h.hide != "" {
		if tag == h.hide {
			h.hideDepth++
		}
		if h.hide != "p" || block(tag) == 0 || tag == "p" && h.hideDepth < 2 {
			return
		}
		h.hide = "" // a paragraph ends where another block begins
	}
	if skipped(tag) || isHidden(attr) && !h.showAll {
		if !isVoid(tag) {
			h.hide, h.hideDepth, h.hidden = tag, 1, true
		}
		return
	}
	h.due(block(tag))
	h.begin(tag, attr)
}

// begin is what an element does that is seen.
func (h *htmlReader) begin(tag string, attr map[string]string) {
	switch tag {
	case "br":
		h.breaks++
	case "hr":
		h.write("----")
		h.due(2)
	case "img":
		if alt := strings.TrimSpace(attr["alt"]); alt != "" && !isPixel(attr) {
			h.text(" [" + cutText(alt, 300) + "] ")
		}
	case "a":
		h.endLink()
		h.link, h.linkFrom = attr["href"], h.out.Len()
	case "tr":
		h.row = h.out.Len()
	case "td", "th":
		if h.out.Len() > h.row && h.breaks == 0 && h.row > 0 {
			h.mark = " | "
		}
	case "pre":
		h.pre++
	case "blockquote":
		h.quote++
	case "ul", "ol":
		h.openList(tag, attr)
	case "li":
		h.item()
	}
}

func (h *htmlReader) end(tag string) {
	if h.hide != "" {
		if tag == h.hide {
			if h.hideDepth--; h.hideDepth <= 0 {
				h.hide = ""
			}
		}
		return
	}
	switch tag {
	case "a":
		h.endLink()
	case "pre":
		h.pre = max(0, h.pre-1)
	case "blockquote":
		h.due(2)
		h.quote = max(0, h.quote-1)
	case "ul", "ol":
		if len(h.lists) > 0 {
			h.lists = h.lists[:len(h.lists)-1]
		}
		if len(h.lists) > 0 {
			h.due(1)
			return
		}
	case "tr", "table":
		h.mark = ""
	}
	h.due(block(tag))
}

// due asks for line ends before the next text.
func (h *htmlReader) due(breaks int) { h.breaks = max(h.breaks, breaks) }

func (h *htmlReader) openList(tag string, attr map[string]string) {
	if len(h.lists) > 0 {
		h.breaks = 1 // a list within an item follows at once
	}
	next := -1
	if tag == "ol" {
		next = 1
		if n, err := strconv.Atoi(attr["start"]); err == nil && n >= 0 && n < 1e6 {
			next = n
		}
	}
	if len(h.lists) < 20 {
		h.lists = append(h.lists, next)
	}
}

func (h *htmlReader) item() {
	h.mark = "- "
	if n := len(h.lists); n > 0 {
		if h.lists[n-1] >= 0 {
			h.mark = strconv.Itoa(h.lists[n-1]) + ". "
			h.lists[n-1]++
		}
		h.mark = strings.Repeat("  ", n-1) + h.mark
	}
}

// filling is characters without width or meaning: mailing programs put them behind a
// preview, and between letters to be broken at.
const filling = "\u00ad\u034f\u200b\u2060\ufeff"

// text writes text, its white space as one space.
func (h *htmlReader) text(text string) {
	if strings.ContainsAny(text, filling+"\u00a0") {
		text = strings.Map(func(r rune) rune {
			switch {
			case r == '\u00a0':
				return ' '
			case strings.ContainsRune(filling, r):
				return -1
			}
			return r
		}, text)
	}
	if h.pre > 0 {
		for i, line := range strings.Split(text, "\n") {
			if i > 0 {
				h.breaks++
			}
			if line = strings.TrimRight(line, "\r"); line != "" {
				h.write(line)
			}
		}
		return
	}
	for text != "" {
		at := strings.IndexAny(text, " \t\r\n\f")
		if at < 0 {
			h.write(text)
			return
		}
		if at > 0 {
			h.write(text[:at])
		}
		h.space = true
		h.folded = h.folded || text[at] == '\n'
		text = text[at+1:]
	}
}

// write writes a word, and before it what is due.
func (h *htmlReader) write(word string) {
	if strings.Trim(word, "\u200c\u200d\u2007") == "" {
		return // filling behind a preview
	}
	first, _ := utf8.DecodeRuneInString(word)
	switch {
	case h.breaks > 0 || h.out.Len() == 0:
		if h.out.Len() > 0 {
			h.out.WriteString(strings.Repeat("\n", min(h.breaks, 2)))
		}
		h.out.WriteString(strings.Repeat("> ", min(h.quote, 10)))
		h.out.WriteString(h.mark)
	case h.mark != "":
		h.out.WriteString(h.mark)
	case h.space && (!h.folded || !isWide(first) || !isWide(h.last)): // East Asian text that was folded has no space there
		h.out.WriteByte(' ')
	}
	h.breaks, h.space, h.folded, h.mark = 0, false, false, ""
	h.out.WriteString(word)
	h.last, _ = utf8.DecodeLastRuneInString(word)
}

func isWide(r rune) bool {
	return r >= 0x3000 && r < 0xa000 || r >= 0xff00 && r <= 0xffef || r >= 0xac00 && r <= 0xd7a3 && unicode.IsLetter(r)
}

// endLink writes the address of a link behind its text, unless the text is the
// address.
func (h *htmlReader) endLink() {
	link := strings.TrimSpace(h.link)
	h.link = ""
	if link == "" || h.linkFrom >= h.out.Len() {
		return
	}
	scheme, rest, ok := strings.Cut(link, ":")
	if !ok {
		return
	}
	text := strings.TrimSpace(h.out.String()[h.linkFrom:])
	switch strings.ToLower(scheme) {
	case "mailto", "tel":
		if address, _, _ := strings.Cut(rest, "?"); !strings.Contains(text, address) && address != "" {
			h.space = true
			h.write("<" + cutText(address, 300) + ">")
		}
	case "http", "https", "ftp":
		if bare(text) != bare(link) {
			h.space = true
			h.write("<" + cutText(strings.Join(strings.Fields(link), ""), 1000) + ">")
		}
	}
}

// bare is an address without what people leave out.
func bare(url string) string {
	url = strings.ToLower(strings.TrimRight(url, "/"))
	for _, p := range []string{"https://", "http://", "www."} {
		url = strings.TrimPrefix(url, p)
	}
	return url
}
