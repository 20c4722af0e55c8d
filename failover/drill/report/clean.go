package report

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// clean makes text of people fit to be shown: line breaks of any kind become \n, and
// characters that cannot be seen, or that turn the direction of what follows, are
// left out. Octets that are no UTF-8 are shown as U+FFFD.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n", "\v", "\n", "\f", "\n", "\t", " ").Replace(s)
	s = strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) || r == '\u3000' || r == '\u00A0' {
			return r
		}
		return -1
	}, s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(l)
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// oneLine is clean without line breaks.
func oneLine(s string) string { return strings.ReplaceAll(clean(s), "\n", " ") }

// runeColumns is how many columns of a terminal or a typewriter page a character
// takes: two for those of East Asian width (UAX 11), none for marks that are put over
// the one before.
func runeColumns(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// columns is the display width of a line.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

// clip shortens a line to so many columns; what was cut is marked.
func clip(s string, most int) string {
	if columns(s) <= most {
		return s
	}
	var b strings.Builder
	n := 2 // the mark: wide in Japanese faces
	for _, r := range s {
		if n += runeColumns(r); n > most {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ") + "…"
}

// pad fills a line up with spaces to so many columns.
func pad(s string, to int) string { return s + strings.Repeat(" ", max(to-columns(s), 0)) }

// wrap breaks a text into lines of at most so many columns: at spaces and, where
// letters are wide, anywhere but before what must not begin a line (JIS X 4051) and
// after what must not end one. A word that is longer than a line is broken.
func wrap(s string, most int) []string {
	var lines []string
	var line, word strings.Builder
	lineColumns, wordColumns := 0, 0
	end := func() {
		if l := strings.TrimRight(line.String(), " "); l != "" {
			lines = append(lines, l)
		}
		line.Reset()
		lineColumns = 0
	}
	flush := func() {
		if lineColumns > 0 && lineColumns+columns(strings.TrimRight(word.String(), " ")) > most {
			end()
		}
		line.WriteString(word.String())
		lineColumns += wordColumns
		word.Reset()
		wordColumns = 0
	}
	var before rune
	for _, r := range s {
		w := runeColumns(r)
		wide := w == 2 || before != 0 && runeColumns(before) == 2
		if wide && !strings.ContainsRune(notFirst, r) && !strings.ContainsRune(notLast, before) || wordColumns+w > most {
			flush()
		}
		if lineColumns == 0 && wordColumns == 0 && r == ' ' {
			continue // no line begins with a space
		}
		word.WriteRune(r)
		wordColumns += w
		if r == ' ' {
			flush()
		}
		before = r
	}
	flush()
	end()
	if len(lines) == 0 {
		return []string{""}
	}
	return lines
}

const (
	notFirst = "、。，．」』）］｝〉》】〕・：；？！ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々〜,.)]}:;?!…"
	notLast  = "「『（［｛〈《【〔([{"
)
