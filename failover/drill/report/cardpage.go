package report

import (
	_ "embed"
	"io"
	"strings"
)

//go:embed card.css
var cardStyle string

// writeCardMarkdown writes a card as Markdown.
func writeCardMarkdown(w io.Writer, s sheet) error {
	var b strings.Builder
	b.WriteString("# " + mdText(s.title) + "\n\n" + mdBlock(s.who) + "\n\n" + mdBlock(s.printed) + "\n")
	for _, section := range s.sections {
		b.WriteString("\n## " + mdText(section.title) + "\n\n")
		for i, l := range section.lines {
			words := commands(l.words, mdText, mdCode)
			switch {
			case l.right != "":
				bullet := "- "
				if l.bullet == "*" {
					bullet += `\* `
				}
				b.WriteString(bullet + words + ": **" + mdText(l.right) + "**\n")
			case strings.HasSuffix(l.bullet, "."):
				b.WriteString(l.bullet + " " + words + "\n")
			case l.bullet != "":
				b.WriteString("- " + words + "\n")
			default:
				if i > 0 {
					b.WriteString("\n")
				}
				b.WriteString(commands(l.words, mdBlock, mdCode) + "\n")
				if i+1 < len(section.lines) && section.lines[i+1].bullet != "" {
					b.WriteString("\n")
				}
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeCardHTML writes a card as one HTML page of A4 size.
func writeCardHTML(w io.Writer, s sheet) error {
	s.fit(sheetLines, sheetColumns, sheet.htmlLines)
	var b strings.Builder
	htmlHead(&b, s.lang, s.title, cardStyle)
	class := "roomy"
	if s.htmlLines() > roomyLines {
		class = "tight"
	}
	b.WriteString("<body>\n<main class=\"" + class + "\">\n<header><h1>" + lifebuoy + htmlText(s.title) + "</h1><p><strong>" + htmlText(s.who) + "</strong></p><p>" +
		htmlText(s.printed) + "</p></header>\n")
	for _, section := range s.sections {
		b.WriteString("<section><h2>" + htmlText(section.title) + "</h2>\n")
		for _, l := range section.lines {
			words := commands(l.words, htmlText, func(c string) string { return `<code class="` + wide(c) + `">` + htmlText(c) + "</code>" })
			switch {
			case l.right != "":
				b.WriteString(`<p class="person"><span class="bullet">` + htmlText(l.bullet) + `</span><span class="words">` + words +
					"</span><strong>" + htmlText(l.right) + "</strong></p>\n")
			case l.bullet != "":
				b.WriteString(`<p class="step"><span class="bullet">` + htmlText(l.bullet) + "</span><span>" + words + "</span></p>\n")
			default:
				b.WriteString("<p>" + words + "</p>\n")
			}
		}
		b.WriteString("</section>\n")
	}
	b.WriteString("</main>\n</body>\n</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// The page as HTML has two columns. These are what they hold at the sizes of
// card.css, found by printing cards of every length.
const (
	sheetColumns = 44 // letters of half width in a line
	sheetLines   = 94 // lines that both columns hold when written small
	roomyLines   = 82 // and when written as large as is pleasant
)

// htmlLines is about how many lines the card takes in HTML. A heading takes more than
// a line.
func (s sheet) htmlLines() int {
	n := 3 * len(s.sections) / 2
	for _, section := range s.sections {
		for _, l := range section.lines {
			switch {
			case l.right != "":
				n += max(len(wrap(l.words, sheetColumns/2)), len(wrap(l.right, sheetColumns/3)))
			case l.bullet != "":
				n += len(wrap(unmarked(l.words), sheetColumns-3))
			default:
				n += len(wrap(unmarked(l.words), sheetColumns))
			}
		}
	}
	return n
}

// commands tells words with the commands in them: each in its own way.
func commands(s string, words, code func(string) string) string {
	var b strings.Builder
	for s != "" {
		before, rest, found := strings.Cut(s, string(markOpen))
		lead, trail := spaces(before)
		b.WriteString(lead + words(before) + trail)
		if !found {
			break
		}
		inside, after, _ := strings.Cut(rest, string(markShut))
		b.WriteString(code(inside))
		s = after
	}
	return b.String()
}

// spaces are those around a text, which escaping drops.
func spaces(s string) (lead, trail string) {
	trimmed := strings.TrimLeft(s, " ")
	lead = s[:len(s)-len(trimmed)]
	return lead, trimmed[len(strings.TrimRight(trimmed, " ")):]
}

// wide says whether a command may be broken: a short one stays on one line.
func wide(c string) string {
	if columns(c) < sheetColumns-4 {
		return "short"
	}
	return "long"
}
