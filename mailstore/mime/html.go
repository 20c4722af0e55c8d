package mime

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
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

// skipped are elements whose content is not for readers.
func skipped(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Svg, atom.Iframe, atom.Object, atom.Audio, atom.Video, atom.Canvas, atom.Select, atom.Noframes:
		return true
	}
	return false
}

// block returns how many line ends stand before and behind an element.
func block(tag atom.Atom) int {
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Pre, atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Hr:
		return 2
	case atom.Div, atom.Tr, atom.Li, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Center, atom.Form, atom.Address, atom.Figure, atom.Main, atom.Nav, atom.Caption, atom.Option, atom.Fieldset, atom.Body:
		return 1
	}
	return 0
}

func (h *htmlReader) start(name string, attr map[string]string) {
	tag := atom.Lookup([]byte(name))
	if h.hide != "" {
		if name == h.hide {
			h.hideDepth++
		}
		if h.hide != "p" || block(tag) == 0 || tag == atom.P && h.hideDepth < 2 {
			return
		}
		h.hide = "" // a paragraph ends where another block begins
	}
	if skipped(tag) || isHidden(attr) && !h.showAll {
		if !isVoid(tag) {
			h.hide, h.hideDepth, h.hidden = name, 1, true
		}
		return
	}
	h.due(block(tag))
	switch tag {
	case atom.Br:
		h.breaks++
	case atom.Hr:
		h.write("----")
		h.due(2)
	case atom.Img:
		if alt := strings.TrimSpace(attr["alt"]); alt != "" && !isPixel(attr) {
			h.text(" [" + cutText(alt, 300) + "] ")
		}
	case atom.A:
		h.endLink()
		h.link, h.linkFrom = attr["href"], h.out.Len()
	case atom.Tr:
		h.row = h.out.Len()
	case atom.Td, atom.Th:
		if h.out.Len() > h.row && h.breaks == 0 && h.row > 0 {
			h.mark = " | "
		}
	case atom.Pre:
		h.pre++
	case atom.Blockquote:
		h.quote++
	case atom.Ul, atom.Ol:
		h.openList(tag, attr)
	case atom.Li:
		h.item()
	}
}

func (h *htmlReader) end(name string) {
	tag := atom.Lookup([]byte(name))
	if h.hide != "" {
		if name == h.hide {
			if h.hideDepth--; h.hideDepth <= 0 {
				h.hide = ""
			}
		}
		return
	}
	switch tag {
	case atom.A:
		h.endLink()
	case atom.Pre:
		h.pre = max(0, h.pre-1)
	case atom.Blockquote:
		h.due(2)
		h.quote = max(0, h.quote-1)
	case atom.Ul, atom.Ol:
		if len(h.lists) > 0 {
			h.lists = h.lists[:len(h.lists)-1]
		}
		if len(h.lists) > 0 {
			h.due(1)
			return
		}
	case atom.Tr, atom.Table:
		h.mark = ""
	}
	h.due(block(tag))
}

// due asks for line ends before the next text.
func (h *htmlReader) due(breaks int) { h.breaks = max(h.breaks, breaks) }

func (h *htmlReader) openList(tag atom.Atom, attr map[string]string) {
	if len(h.lists) > 0 {
		h.breaks = 1 // a list within an item follows at once
	}
	next := -1
	if tag == atom.Ol {
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

// text writes text, its white space as one space.
func (h *htmlReader) text(text string) {
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
	if strings.Trim(word, "\u200b\u200c\u200d\u034f\u00ad\ufeff\u2007") == "" {
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
	case h.space && !(h.folded && isWide(first) && isWide(h.last)): // East Asian text that was folded has no space there
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

func isVoid(tag atom.Atom) bool {
	switch tag {
	case atom.Img, atom.Br, atom.Hr, atom.Input, atom.Meta, atom.Link, atom.Col, atom.Area, atom.Base, atom.Embed, atom.Source, atom.Track, atom.Wbr:
		return true
	}
	return false
}

var hiding = regexp.MustCompile(`(?:display:none|visibility:hidden|mso-hide:all|(?:^|;)(?:font-size|max-height|opacity):0(?:\.0+)?(?:px|pt|em|%)?(?:!important)?(?:;|$))`)

// isHidden reports whether an element is not to be seen.
func isHidden(attr map[string]string) bool {
	if _, hidden := attr["hidden"]; hidden {
		return true
	}
	style := attr["style"]
	return style != "" && hiding.MatchString(strings.ToLower(strings.Join(strings.Fields(style), "")))
}

// isPixel reports whether a picture is too small to be seen.
func isPixel(attr map[string]string) bool {
	small := func(v string) bool { v = strings.TrimSuffix(v, "px"); return v == "0" || v == "1" }
	return small(attr["width"]) || small(attr["height"]) || isHidden(attr)
}

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:.\-]{2,40})`)

// htmlCharset is the charset that a page names itself.
func htmlCharset(raw []byte) string {
	if m := metaCharset.FindSubmatch(raw[:min(len(raw), 4096)]); m != nil {
		name := string(bytes.ToLower(m[1]))
		if strings.HasPrefix(name, "utf-16") {
			return "utf-8" // it could not have been read
		}
		return name
	}
	return ""
}
