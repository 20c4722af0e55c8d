package report

import (
	"io"
	"strings"
)

// The page as text: what a line printer, a fax or a terminal has.
const (
	pageLines   = 60
	pageColumns = 80
)

// writeCardText writes a card as lines of text.
func writeCardText(w io.Writer, s sheet) error {
	s.fit(pageLines, pageColumns-3, sheet.textLines)
	lines := append([]string{clip(strings.ToUpper(s.title), pageColumns)}, wrap(s.who, pageColumns)...)
	lines = append(lines, wrap(s.printed, pageColumns)...)
	airy := s.textLines()+len(s.sections) <= pageLines
	for _, section := range s.sections {
		if airy {
			lines = append(lines, "")
		}
		lines = append(lines, rule(section.title))
		for _, l := range section.lines {
			lines = append(lines, l.text()...)
		}
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// textLines is how many lines of text the card takes.
func (s sheet) textLines() int {
	n := 1 + len(wrap(s.who, pageColumns)) + len(wrap(s.printed, pageColumns)) + len(s.sections)
	for _, section := range s.sections {
		for _, l := range section.lines {
			n += len(l.text())
		}
	}
	return n
}

// fit shortens what can be looked up elsewhere, the longest first and none below one
// line of so many columns, until the page is not too long by the given measure. What
// tells what to do is never cut.
func (s *sheet) fit(most, line int, measure func(sheet) int) {
	s.who = clip(s.who, 2*pageColumns)
	for _, section := range s.sections {
		for j := range section.lines {
			if l := &section.lines[j]; l.spare {
				l.words = clip(l.words, 3*line)
			}
		}
	}
	for measure(*s) > most {
		var longest *cardLine
		for i := range s.sections {
			for j := range s.sections[i].lines {
				if l := &s.sections[i].lines[j]; l.spare && (longest == nil || columns(l.words) >= columns(longest.words)) {
					longest = l
				}
			}
		}
		if longest == nil || columns(longest.words) <= line {
			s.who = clip(s.who, line)
			return
		}
		longest.words = clip(longest.words, max(columns(longest.words)-line/2, line))
	}
}

// rule is the line that begins a section.
func rule(title string) string {
	title = "-- " + clip(title, pageColumns-6) + " "
	return title + strings.Repeat("-", max(pageColumns-columns(title), 0))
}

// text is a line of the card as lines of text, the later ones indented.
func (l cardLine) text() []string {
	indent := 0
	if l.bullet != "" {
		indent = 3
	}
	if l.right != "" {
		left := clip(l.words, pageColumns-indent-columns(l.right)-2)
		return []string{pad(l.bullet, indent) + pad(left, pageColumns-indent-columns(l.right)) + l.right}
	}
	lines := wrap(together(l.words), pageColumns-indent)
	for i, line := range lines {
		if i == 0 {
			line = pad(l.bullet, indent) + line
		} else {
			line = strings.Repeat(" ", indent) + line
		}
		lines[i] = strings.ReplaceAll(line, noBreak, " ")
	}
	return lines
}

const noBreak = "\u00A0"

// together keeps each command on one line: who types it must see where it ends.
func together(s string) string {
	return commands(strings.ReplaceAll(s, noBreak, " "), func(s string) string { return strings.Trim(s, " ") },
		func(c string) string { return strings.ReplaceAll(c, " ", noBreak) })
}

// unmarked is words without the marks of commands.
func unmarked(s string) string {
	return strings.NewReplacer(string(markOpen), "", string(markShut), "").Replace(s)
}
