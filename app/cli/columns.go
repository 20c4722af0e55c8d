package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"
)

// columns is how many columns of a terminal a text takes: letters of East Asia take
// two, and those that lie over others none.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n += columnsOf(r)
	}
	return n
}

func columnsOf(r rune) int {
	switch k := width.LookupRune(r).Kind(); {
	case k == width.EastAsianWide || k == width.EastAsianFullwidth:
		return 2
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
		return 0
	}
	return 1
}

// fit brings a text to exactly so many columns: with spaces, or cut short with an
// ellipsis.
func fit(text string, to int) string {
	text = oneLine(text)
	if have := columns(text); have <= to {
		return text + strings.Repeat(" ", to-have)
	}
	var b strings.Builder
	left := to - 1 // for the ellipsis
	for _, r := range text {
		w := columnsOf(r)
		if w > left {
			break
		}
		b.WriteRune(r)
		left -= w
	}
	return b.String() + "…" + strings.Repeat(" ", left)
}

// oneLine makes a text from outside safe for a line of a terminal: no line ends, no
// escapes, nothing that turns the direction of writing around.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text)
}

// lines makes a text from outside safe for a terminal, line by line.
func lines(text string) []string {
	all := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range all {
		all[i] = oneLine(strings.ReplaceAll(l, "\t", "    "))
	}
	return all
}

// size tells a number of octets as people do: in units of 1,000.
func size(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	f, units := float64(n), []string{"KB", "MB", "GB", "TB"}
	for i, name := range units {
		if f /= unit; f < unit || i == len(units)-1 {
			const whole = 100 // from there on nobody wants a decimal
			if f >= whole {
				return fmt.Sprintf("%.0f %s", f, name)
			}
			return fmt.Sprintf("%.1f %s", f, name)
		}
	}
	return ""
}

// day tells when a message came, in a width that does not change.
func day(at time.Time) string { return at.Local().Format("2006-01-02 15:04") }
