package presenter

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Plain text is often broken into lines of 72 to 78 columns by whoever sends it. In a
// narrower pane each of these breaks once more, into a long line and a very short one.
// So where lines were clearly broken by a program, they are shown as one paragraph. What
// was sent stays as it is: only where its line feeds are shown as something else is said.
//
// A paragraph was broken so where several lines in a row are about as long as each
// other, the first word of the next would not have fitted, and sentences go on from
// line to line. Anything that a person may have meant to stand on a line of its own (a
// list, a table, code, an address, one sentence a line) stays there: a line too many is
// ugly, one too few is wrong.

// MessageWrap is a line feed in a text that is not shown as one.
type MessageWrap struct {
	At    int  // in octets
	Blank bool // a blank is shown in its place, as between words; else nothing, as in Japanese
}

// How long lines are that a program has broken, in columns: full-width characters take two.
const (
	wrapLeast = 60
	wrapMost  = 80
	// wrapWords is how many words a line of prose has at least, and wrapLetters how much of
	// it, in percent, is letters.
	wrapWords   = 5
	wrapLetters = 70
)

// wrapLine is a line of a text.
type wrapLine struct {
	start, end  int // in octets
	columns     int
	first, last rune
	word        int  // in columns, what begins it and is not broken
	prose       bool // by what it is made of, it can be part of a paragraph
	apart       bool // it begins something of its own: an item of a list, a quotation
	indented    bool // it begins a paragraph, as Japanese ones do
	label       bool // it begins with a name and a colon
	drawn       bool // it is of a table or of code: so is what stands around it
}

// wrapRun is lines that can be one paragraph, from the first to the last of them.
type wrapRun struct {
	lines []wrapLine
	width int // the longest of the lines around it, in columns
}

// wrapBlocks finds in the blocks of a message the line feeds that only wrap. Signatures
// stay as they are.
func wrapBlocks(blocks []MessageBlock) {
	runs, most := make([][]wrapRun, len(blocks)), 0
	for i, b := range blocks {
		if b.Quiet && b.Fold == "" {
			continue // a signature
		}
		runs[i] = wrapRuns(b.Text)
		for _, r := range runs[i] {
			if r.sure() {
				most = max(most, r.width)
			}
		}
	}
	if most == 0 {
		return // nothing shows that its lines were broken by a program
	}
	for i := range runs {
		for _, r := range runs[i] {
			if r.sure() || r.likely(most) {
				blocks[i].Wraps = append(blocks[i].Wraps, r.wraps()...)
			}
		}
	}
}

// wrapRuns finds lines that can belong together, paragraph by paragraph.
func wrapRuns(text string) []wrapRun {
	var all []wrapRun
	var paragraph []wrapLine
	for start := 0; start <= len(text); {
		end := len(text)
		if n := strings.IndexByte(text[start:], '\n'); n >= 0 {
			end = start + n
		}
		if line := text[start:end]; strings.TrimSpace(line) == "" {
			all = append(all, runsOf(paragraph)...)
			paragraph = paragraph[:0]
		} else {
			paragraph = append(paragraph, wrapLineOf(line, start))
		}
		start = end + 1
	}
	return append(all, runsOf(paragraph)...)
}

// runsOf cuts a paragraph into runs. Nothing goes on behind a line that begins something of
// its own: what follows may belong to it.
func runsOf(lines []wrapLine) []wrapRun {
	most, labels := 0, 0
	for _, l := range lines {
		if l.drawn {
			return nil
		}
		if l.columns <= wrapMost {
			most = max(most, l.columns)
		}
		if l.label {
			labels++
		}
	}
	if most < wrapLeast || labels > 1 {
		return nil
	}
	var all []wrapRun
	for i := 0; i < len(lines) && !lines[i].apart; {
		j := i
		for j+1 < len(lines) && goesOn(lines[j], lines[j+1], most) {
			j++
		}
		if j > i {
			run := make([]wrapLine, j+1-i)
			copy(run, lines[i:])
			all = append(all, wrapRun{run, most})
		}
		i = j + 1
	}
	return all
}

// goesOn is whether a line can go on in the next, in a paragraph whose longest has most
// columns.
func goesOn(a, b wrapLine, most int) bool {
	if a.columns < wrapLeast || a.columns > wrapMost || !a.prose || b.apart || b.indented || b.label || b.columns > most || strings.ContainsRune(":：", a.last) {
		return false
	}
	room := most - a.columns
	switch {
	case ends(a.last) && !ends(b.last) && !unicode.IsLower(b.first) && b.columns < wrapLeast/2:
		return false // no sentence: with kind regards, and a name
	case fullWidth(a.last) || fullWidth(b.first):
		if !ends(a.last) {
			room -= 2 // for what must not begin a line
		}
		return b.word > room
	case b.word+1 > room:
		return true
	default: // by hand, so that lines are not as full as they might be
		return !ends(a.last) && unicode.IsLower(b.first)
	}
}

// continued counts the lines that visibly end within a sentence.
func (r wrapRun) continued() int {
	n := 0
	for i, b := range r.lines[1:] {
		a := r.lines[i]
		if unicode.IsLower(b.first) || (fullWidth(a.last) || fullWidth(b.first)) && !ends(a.last) {
			n++
		}
	}
	return n
}

// sure is whether a run by itself shows that a program has broken it.
func (r wrapRun) sure() bool {
	breaks := len(r.lines) - 1
	return breaks > 1 && 3*r.continued() >= breaks
}

// likely is whether two lines belong together, in a message whose lines are broken at a
// width.
func (r wrapRun) likely(width int) bool {
	a, b := r.lines[0], r.lines[1]
	return len(r.lines) == 2 && r.continued() == 1 && a.columns <= width && a.columns+1+b.word > width
}

// wraps are the line feeds of a run.
func (r wrapRun) wraps() []MessageWrap {
	all := make([]MessageWrap, len(r.lines)-1)
	for i := range all {
		a, b := r.lines[i], r.lines[i+1]
		broken := a.last == '-' && unicode.IsLower(b.first) // at its hyphen
		all[i] = MessageWrap{At: a.end, Blank: !broken && !fullWidth(a.last) && !fullWidth(b.first)}
	}
	return all
}

// ends is whether a sentence ends with a character, or what closes it does.
func ends(r rune) bool { return strings.ContainsRune(".!?。！？．」』）)\"”", r) }

// fullWidth is whether a character is of a script without blanks between words.
func fullWidth(r rune) bool {
	return columns(r) == 2 && !unicode.Is(unicode.Hangul, r)
}

// columns is how many columns a character takes.
func columns(r rune) int {
	switch k := width.LookupRune(r).Kind(); {
	case unicode.Is(unicode.Mn, r):
		return 0
	case k == width.EastAsianWide || k == width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// wrapLineOf looks at a line that begins at an octet of its text.
func wrapLineOf(line string, start int) wrapLine {
	l := wrapLine{start: start, end: start + len(line), label: labelled(line), drawn: drawn(line)}
	l.indented = strings.HasPrefix(line, "　")
	l.apart = apart(strings.TrimPrefix(line, "　"))
	l.first, _ = utf8.DecodeRuneInString(line)
	l.last, _ = utf8.DecodeLastRuneInString(line)
	words, letters, signs, in, begins := 0, 0, 0, false, true
	for _, r := range line {
		wide := columns(r)
		l.columns += wide
		if unicode.IsSpace(r) {
			in, begins = false, false
			continue
		}
		if begins {
			begins = wide < 2
			if begins || l.word == 0 {
				l.word += wide
			}
		}
		if !in || wide == 2 {
			words++
		}
		in = true
		if unicode.IsLetter(r) || wide == 2 && unicode.IsPunct(r) || unicode.Is(unicode.Mn, r) {
			letters++
		} else {
			signs++
		}
	}
	l.prose = words >= wrapWords && 100*letters >= wrapLetters*(letters+signs)
	return l
}

// apart is whether a line begins something of its own.
func apart(line string) bool {
	r, size := utf8.DecodeRuneInString(line)
	rest := line[size:]
	switch {
	case unicode.IsSpace(r), strings.ContainsRune("•‣▪·–—・●○■□◆◇★☆※▼▽▲△▶→⇒>＞|｜#＃〇◎【＜〈《√✓✔☐☑＊－＝━─", r), r >= '①' && r <= '⓿':
		return true
	case strings.ContainsRune("-*+=_~", r):
		return rest == "" || rest[0] == ' ' || strings.HasPrefix(rest, string(r))
	case r == '(' || r == '（' || r == '[' || r == '［':
		return numbered(rest)
	case unicode.IsDigit(r) || size == 1 && unicode.IsLetter(r):
		return numbered(line)
	default:
		return false
	}
}

// numbered is whether a line begins with a number, or a letter, and what stands behind one
// before an item: 1. 2) (3) a) iv.
func numbered(line string) bool {
	const most = 4
	n := 0
	for i, r := range line {
		switch {
		case n > 0 && strings.ContainsRune(")）]］", r):
			return true
		case n > 0 && strings.ContainsRune(".．、:", r):
			after := line[i+utf8.RuneLen(r):]
			return unicode.IsDigit(rune(line[0])) || line[0] >= utf8.RuneSelf || strings.HasPrefix(after, " ") && n == 1
		case !unicode.IsDigit(r) && (r >= utf8.RuneSelf || !unicode.IsLetter(r)), n == most:
			return false
		}
		n++
	}
	return false
}

// labelled is whether a line begins with a name and a colon, as in a header or a form.
func labelled(line string) bool {
	const most = 30 // octets
	at := strings.IndexAny(line, ":：")
	if at <= 0 || at > most || strings.Count(line[:at], " ") > 2 {
		return false
	}
	return !strings.HasPrefix(line[at:], "://")
}

// Signs of code: in a line, and at its beginning.
var (
	codeInside = []string{" = ", ":=", "==", "=>", "->", "();", "&&", "||", "....", "</"}
	codeBefore = []string{"$ ", "% ", "//", "/*", "@@", "<"}
)

// options is whether a line has options of a command: -v, --rm.
func options(line string) bool {
	for at := 0; ; {
		n := strings.Index(line[at:], " -")
		if n < 0 {
			return false
		}
		at += n + 2
		word, _, _ := strings.Cut(strings.TrimPrefix(line[at:], "-"), " ")
		if r, _ := utf8.DecodeRuneInString(word); word != "" && r < utf8.RuneSelf && unicode.IsLetter(r) {
			return true
		}
	}
}

// drawn is whether a line is of a table or of code: it is aligned, or has their signs.
func drawn(line string) bool {
	if strings.ContainsAny(line, "\t|│┃｜") || slices.ContainsFunc(codeInside, func(sign string) bool { return strings.Contains(line, sign) }) ||
		slices.ContainsFunc(codeBefore, func(sign string) bool { return strings.HasPrefix(line, sign) }) || strings.ContainsAny(line[len(line)-1:], ";{}\\") || options(line) {
		return true
	}
	body := strings.TrimLeft(line, " 　")
	for at := 0; ; {
		n := strings.Index(body[at:], "  ")
		if n < 0 {
			break
		}
		at += n
		if before, _ := utf8.DecodeLastRuneInString(body[:at]); !ends(before) && before != ':' {
			return true // people put two blanks behind a sentence only
		}
		at += 2
	}
	return strings.Contains(strings.TrimRight(body, "　"), "　　")
}
