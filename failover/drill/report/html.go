package report

import (
	_ "embed"
	"fmt"
	"html"
	"io"
	"strings"
)

// The style is part of each file, so that a report is one file that can be mailed and
// kept. Its colours are the product's.
//
//go:embed report.css
var reportStyle string

// writeHTML writes a document as one HTML file that needs nothing else: no script, no
// picture, no font from elsewhere. Elements are written so that it is well-formed XML
// as well.
func writeHTML(w io.Writer, d document) error {
	var b strings.Builder
	htmlHead(&b, d.lang, d.title, reportStyle)
	b.WriteString("<body>\n<main>\n<header>")
	if d.above != "" {
		b.WriteString(`<p class="above">` + lifebuoy + htmlText(d.above) + "</p>\n")
	}
	b.WriteString("<h1>" + htmlText(d.title) + "</h1></header>\n")
	for _, bl := range d.blocks {
		htmlWrite(&b, bl)
	}
	b.WriteString("</main>\n")
	if len(d.foot) > 0 {
		b.WriteString("<footer>")
		for _, f := range d.foot {
			b.WriteString("<p>" + htmlText(f) + "</p>")
		}
		b.WriteString("</footer>\n")
	}
	b.WriteString("</body>\n</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func htmlHead(b *strings.Builder, lang, title, style string) {
	fmt.Fprintf(b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\" />\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n<title>%s</title>\n<style>\n%s</style>\n</head>\n",
		htmlText(lang), htmlText(oneLine(title)), style)
}

// lifebuoy is the product's mark.
const lifebuoy = `<svg class="mark" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">` +
	`<circle cx="10" cy="10" r="6.5" fill="none" stroke="#D2481B" stroke-width="5" />` +
	`<circle cx="10" cy="10" r="6.5" fill="none" stroke="#FFFFFF" stroke-width="5" stroke-dasharray="3.4 6.81" stroke-dashoffset="1.7" /></svg>`

func htmlWrite(b *strings.Builder, bl block) {
	switch bl := bl.(type) {
	case lead:
		b.WriteString(`<p class="lead ` + bl.tone.class() + `">` + bl.tone.badge() + "<span>" + htmlText(bl.text) + "</span></p>\n")
	case notice:
		b.WriteString(`<p class="notice">` + care.badge() + "<span>" + htmlText(bl.text) + "</span></p>\n")
	case heading:
		b.WriteString("<h2>" + htmlText(bl.text) + "</h2>\n")
	case para:
		b.WriteString("<p>" + htmlInline(bl.text) + "</p>\n")
	case list:
		tag := "ul"
		if bl.numbered {
			tag = "ol"
		}
		b.WriteString("<" + tag + ">\n")
		for _, item := range bl.items {
			b.WriteString("<li>" + htmlInline(item) + "</li>\n")
		}
		b.WriteString("</" + tag + ">\n")
	case table:
		htmlTable(b, bl)
	case facts:
		b.WriteString("<dl>\n")
		for _, r := range bl.rows {
			b.WriteString("<div><dt>" + htmlText(r[0]) + "</dt><dd>" + htmlText(r[1]) + "</dd></div>\n")
		}
		b.WriteString("</dl>\n")
	case sum:
		htmlSum(b, bl)
	case chart:
		htmlChart(b, bl)
	case pileUp:
		b.WriteString(bl.svg + "\n") // escapes its words itself
	case blanks:
		b.WriteString(`<div class="blanks">` + "\n")
		for _, l := range bl.labels {
			b.WriteString("<p><span>" + htmlText(l) + "</span></p>\n")
		}
		b.WriteString("</div>\n")
	}
}

func htmlTable(b *strings.Builder, t table) {
	class := func(i int) string {
		switch {
		case i < len(t.right) && t.right[i]:
			return ` class="number"`
		case i == t.wide:
			return ` class="wide"`
		default:
			return ""
		}
	}
	b.WriteString("<table>\n<thead><tr>")
	for i, h := range t.heads {
		b.WriteString(`<th scope="col"` + class(i) + ">" + htmlText(h) + "</th>")
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for _, r := range t.rows {
		b.WriteString("<tr>")
		for i, c := range r {
			b.WriteString("<td" + class(i) + ">" + htmlInline(c) + "</td>")
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody>\n</table>\n")
}

func htmlSum(b *strings.Builder, s sum) {
	one := func(f figure) string {
		return `<div class="figure ` + f.tone.class() + `"><span>` + htmlText(f.label) + "</span><b>" + f.tone.badge() + number(f.value) + "</b></div>"
	}
	b.WriteString(`<div class="sum">` + one(s.total))
	for i, p := range s.parts {
		sign := "+"
		if i == 0 {
			sign = "="
		}
		b.WriteString(`<i>` + sign + "</i>" + one(p))
	}
	b.WriteString("</div>\n")
	if len(s.beside) == 0 {
		return
	}
	b.WriteString(`<div class="sum small">`)
	for _, f := range s.beside {
		b.WriteString(one(f))
	}
	b.WriteString("</div>\n")
}

// htmlInline is text within a line.
func htmlInline(t text) string {
	s := htmlText(t.words)
	if t.code {
		s = "<code>" + s + "</code>"
	}
	if t.strong {
		s = "<strong>" + s + "</strong>"
	}
	if t.tone == plain || s == "" {
		return s
	}
	return `<span class="` + t.tone.class() + `">` + t.tone.badge() + s + "</span>"
}

// class is the tone's class in the style sheet.
func (t tone) class() string {
	switch t {
	case good:
		return "good"
	case bad:
		return "bad"
	case care:
		return "care"
	case faint:
		return "faint"
	default:
		return "plain"
	}
}

// badge is the mark of a tone: its shape alone tells it, as everywhere in Lifeboat.
func (t tone) badge() string {
	const open = `<svg class="badge" viewBox="0 0 20 20" width="14" height="14" aria-hidden="true">`
	const pen = `fill="none" stroke="var(--card)" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"`
	switch t {
	case good:
		return open + `<circle cx="10" cy="10" r="9" fill="currentColor" /><path d="M6 10.5l2.8 2.8L14.2 7" ` + pen + " /></svg>"
	case bad:
		return open + `<path d="M6.2 1h7.6L19 6.2v7.6L13.8 19H6.2L1 13.8V6.2z" fill="currentColor" /><path d="M7 7l6 6M13 7l-6 6" ` + pen + " /></svg>"
	case care:
		return open + `<path d="M10 1.5L19.2 18H.8z" fill="currentColor" /><path d="M10 7.5v4.5M10 15v.1" ` + pen + " /></svg>"
	default:
		return ""
	}
}

// htmlText escapes text for elements and for attributes in double quotes.
func htmlText(s string) string {
	return strings.ReplaceAll(html.EscapeString(clean(s)), "\n", "<br />")
}
