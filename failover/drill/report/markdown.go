package report

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// writeMarkdown writes a document as Markdown with tables (GitHub Flavored Markdown,
// which most programs read). Each cell is one line; a line break within is <br>.
func writeMarkdown(w io.Writer, d document) error {
	var b strings.Builder
	if d.above != "" {
		b.WriteString(mdBlock(d.above) + "\n\n")
	}
	b.WriteString("# " + mdText(d.title) + "\n")
	for _, bl := range d.blocks {
		if _, drawn := bl.(chart); drawn {
			continue // the table beside it says the same
		}
		b.WriteString("\n")
		mdWrite(&b, bl)
	}
	if len(d.foot) > 0 {
		b.WriteString("\n---\n")
	}
	for _, f := range d.foot {
		b.WriteString("\n" + mdBlock(f) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func mdWrite(b *strings.Builder, bl block) {
	switch bl := bl.(type) {
	case lead:
		b.WriteString("**" + bl.tone.mark() + mdText(bl.text) + "**\n")
	case notice:
		b.WriteString("> **!** " + mdText(bl.text) + "\n")
	case heading:
		b.WriteString("## " + mdText(bl.text) + "\n")
	case para:
		b.WriteString(mdBlock(bl.tone.mark()+clean(bl.words)) + "\n")
	case list:
		for i, item := range bl.items {
			bullet := "-"
			if bl.numbered {
				bullet = strconv.Itoa(i+1) + "."
			}
			b.WriteString(bullet + " " + mdItem(item) + "\n")
		}
	case table:
		mdTable(b, bl)
	case facts:
		b.WriteString("| | |\n| --- | --- |\n")
		for _, r := range bl.rows {
			b.WriteString("| " + mdText(r[0]) + " | " + mdText(r[1]) + " |\n")
		}
	case sum:
		mdSum(b, bl)
	case chart:
	case pileUp:
		for _, line := range bl.lines {
			b.WriteString("    " + oneLine(line) + "\n") // code: no word of it is Markdown
		}
	case blanks:
		for _, l := range bl.labels {
			b.WriteString(mdBlock(l) + ": \\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_\n\n")
		}
	}
}

func mdTable(b *strings.Builder, t table) {
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	heads, rule := make([]string, len(t.heads)), make([]string, len(t.heads))
	for i, h := range t.heads {
		heads[i], rule[i] = mdText(h), "---"
		if i < len(t.right) && t.right[i] {
			rule[i] = "--:"
		}
	}
	row(heads)
	row(rule)
	for _, r := range t.rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = mdInline(c)
		}
		row(cells)
	}
}

func mdSum(b *strings.Builder, s sum) {
	figures := func(list []figure, between string) string {
		var parts []string
		for _, f := range list {
			parts = append(parts, fmt.Sprintf("%s **%s**", mdText(f.label), number(f.value)))
		}
		return strings.Join(parts, between)
	}
	b.WriteString(figures([]figure{s.total}, "") + " = " + figures(s.parts, " + ") + "\n")
	if len(s.beside) > 0 {
		b.WriteString("\n" + figures(s.beside, " · ") + "\n")
	}
}

// mdInline is text within a line.
func mdInline(t text) string {
	s := mdText(t.words)
	switch {
	case t.code && t.words != "":
		s = mdCode(t.words)
	case t.strong && s != "":
		s = "**" + s + "**"
	}
	return t.tone.mark() + s
}

// mdItem is text at the beginning of a list's item.
func mdItem(t text) string {
	if t.code || t.strong || t.tone.mark() != "" {
		return mdInline(t)
	}
	return mdBlock(t.words)
}

// mdCode writes words as code: between more backticks than they hold in a row. In a
// table, where it may stand, a bar must be escaped also there.
func mdCode(s string) string {
	s = oneLine(s)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	space := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		space = " "
	}
	return fence + space + strings.ReplaceAll(s, "|", `\|`) + space + fence
}

var (
	lineStart    = regexp.MustCompile(`^([-+=]|\d+[.)])`)
	mdCharacters = strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "~", `\~`, "#", `\#`,
	)
)

// mdBlock is mdText where a paragraph begins, so that no word of people makes a
// heading, a list or a quotation of it.
func mdBlock(s string) string {
	s = mdText(s)
	if m := lineStart.FindString(s); m != "" {
		return m[:len(m)-1] + `\` + s[len(m)-1:]
	}
	return s
}

// mdText escapes what Markdown would take for its own. Line breaks become <br>.
func mdText(s string) string {
	s = mdCharacters.Replace(clean(s))
	return strings.ReplaceAll(mdUnderscores(s), "\n", "<br>")
}

// mdUnderscores escapes underscores but those inside words, which mean nothing.
func mdUnderscores(s string) string {
	if !strings.Contains(s, "_") {
		return s
	}
	var b strings.Builder
	all := []rune(s)
	inWord := func(i int) bool {
		return i >= 0 && i < len(all) && (unicode.IsLetter(all[i]) || unicode.IsDigit(all[i]))
	}
	for i, r := range all {
		if r == '_' && (!inWord(i-1) || !inWord(i+1)) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
