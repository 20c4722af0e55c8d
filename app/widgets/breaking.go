package widgets

import (
	"strings"
	"unicode"
)

// How lines break, after JIS X 4051 and the requirements for Japanese text layout
// (JLREQ, W3C, section 3.1.7 and 3.1.8), as far as a window needs it: Latin words
// stay whole; Japanese may break between any two characters, except that no line
// begins with closing brackets, full stops, small kana or the long vowel mark, none
// ends with an opening bracket, and a number keeps what it counts.
const (
	notFirst = "、。，．・：；？！ー）」』】〕］｝〉》’”〟゛゜々〻ゝゞヽヾ…‥％‰℃ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ" +
		"｡｣､･ｧｨｩｪｫｬｭｮｯｰﾞﾟ,.:;?!)]}%"
	notLast = "（「『【〔［｛〈《‘“〝｢([{"
)

func mayNotBegin(r rune) bool { return strings.ContainsRune(notFirst, r) }
func mayNotEnd(r rune) bool   { return strings.ContainsRune(notLast, r) }

// square is whether a character stands in the square of Japanese text, where lines
// may break before and after it.
func square(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) ||
		r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF || r == 'ー' || r == '…' || r == '‥'
}

// breakable is whether a line may end after a and the next begin with b; neither is
// a space.
func breakable(a, b rune) bool {
	switch {
	case mayNotBegin(b) || mayNotEnd(a):
		return false
	case a >= '0' && a <= '9' && (unicode.Is(unicode.Han, b) || strings.ContainsRune("かつヶ", b)):
		return false // 41分, 6か所, 2つ
	default:
		return square(a) || square(b)
	}
}

// breakLines breaks text into lines that are at most width wide, as measure says;
// a word or a run without a place to break that is wider than that is cut where it
// must be. Line feeds stay. Spaces at a break are dropped.
func breakLines(text string, width float32, measure func(string) float32) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		lines = append(lines, fill(clusters(paragraph), width, measure)...)
	}
	return lines
}

// What counts as a last line with too little on it, in widths of a square
// character, and how many lines are broken anew for its sake.
const (
	lonely      = 4
	settleLines = 6
)

// settledLines is [breakLines] where a short paragraph does not end in a line with a
// character or two: its lines are made a little shorter, as long as that makes no
// further one.
func settledLines(text string, width float32, measure func(string) float32) []string {
	var lines []string
	square := measure("字")
	for paragraph := range strings.SplitSeq(text, "\n") {
		all := clusters(paragraph)
		now := fill(all, width, measure)
		least := min(lonely*square, width/3)
		if n := len(now); n > 1 && n <= settleLines && measure(now[n-1]) < least {
			floor := max(widest(all, measure), width*2/3) // no run is cut for this
			for room := width - square; room >= floor && square > 0; room -= square {
				other := fill(all, room, measure)
				if len(other) != n {
					break
				}
				if measure(other[n-1]) >= least {
					now = other
					break
				}
			}
		}
		lines = append(lines, now...)
	}
	return lines
}

// widest is the width of the widest run.
func widest(all []cluster, measure func(string) float32) float32 {
	most := float32(0)
	for _, c := range all {
		most = max(most, measure(c.run))
	}
	return most
}

// cluster is a run that is not broken, with the spaces before it.
type cluster struct{ space, run string }

func clusters(text string) []cluster {
	var all []cluster
	space, start, last := "", -1, rune(0) // start of the run that is going on, if any
	end := func(at int) {
		if start >= 0 {
			all = append(all, cluster{space, text[start:at]})
			space, start = "", -1
		}
	}
	for i, r := range text {
		if unicode.IsSpace(r) {
			end(i)
			space = " "
			continue
		}
		if start >= 0 && breakable(last, r) {
			end(i)
		}
		if start < 0 {
			start = i
		}
		last = r
	}
	end(len(text))
	return all
}

// fill puts as many clusters on each line as fit.
func fill(all []cluster, width float32, measure func(string) float32) []string {
	lines := []string{}
	line, used := "", float32(0)
	for _, c := range all {
		run := measure(c.run)
		space := float32(0)
		if line != "" && c.space != "" {
			space = measure(" ")
		}
		if line != "" && used+space+run > width {
			lines = append(lines, line)
			line, used, space = "", 0, 0
		}
		if space > 0 {
			line += " "
		}
		for run > width && line == "" {
			head := most(c.run, width, measure)
			if head == c.run {
				break
			}
			lines = append(lines, head)
			c.run = c.run[len(head):]
			run = measure(c.run)
		}
		line += c.run
		used += space + run
	}
	return append(lines, line)
}

// most is as much of the beginning as fits, and at least one character.
func most(text string, width float32, measure func(string) float32) string {
	used := float32(0)
	for i, r := range text {
		used += measure(string(r))
		if used > width && i > 0 {
			return text[:i]
		}
	}
	return text
}

// ellipsis is what stands for a text's rest. The face draws it in the middle of the
// line after Japanese, and on the line after anything else.
const ellipsis = "…"

// fit is the text itself, or as much of its beginning as fits with an ellipsis.
func fit(text string, width float32, measure func(string) float32) string {
	if measure(text) <= width+0.5 {
		return text
	}
	room := width - measure(ellipsis)
	if room < 0 {
		return ""
	}
	head := most(text, room, measure)
	if measure(head) > room {
		return ellipsis
	}
	return strings.TrimRightFunc(head, unicode.IsSpace) + ellipsis
}
