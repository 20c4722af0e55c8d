package configs

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time, written with units as people write it: "90s", "15m",
// "4h", "1d12h". A day is 24 hours.
type Span time.Duration

// Duration returns the span as time.
func (s Span) Duration() time.Duration { return time.Duration(s) }

const day = 24 * time.Hour

// spanUnits are the units from the longest to the shortest, as String writes them.
func spanUnits() []struct {
	mark string
	is   time.Duration
} {
	return []struct {
		mark string
		is   time.Duration
	}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
}

// String returns the span as the settings write it, to the second; a span of
// nothing is "0s".
func (s Span) String() string {
	var b strings.Builder
	rest := s.Duration()
	for _, unit := range spanUnits() {
		if n := int64(rest / unit.is); n > 0 {
			b.WriteString(strconv.FormatInt(n, 10) + unit.mark)
			rest %= unit.is
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}

// MarshalYAML writes the span as String does.
func (s Span) MarshalYAML() (any, error) { return s.String(), nil }

// longestSpan is more than anybody plans with, and far from where a duration
// overflows.
const longestSpan = 10_000 * day

var spanForm = regexp.MustCompile(`^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$`)

// setShort reads "1d12h". A bare number is refused, since nobody could tell whether
// it means minutes or hours.
func (s *Span) setShort(text string) (Problem, bool) {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	parts := spanForm.FindStringSubmatch(text)
	if text == "" || parts == nil {
		return Say("{at}: {key} is {value}, which is no length of time. Write it like 30m, 4h or 1d12h.", "value", show(text)), false
	}
	var sum time.Duration
	for i, unit := range spanUnits() {
		n, err := strconv.ParseInt("0"+parts[i+1], 10, 64)
		if err != nil || time.Duration(n) > longestSpan/unit.is {
			return Say("{at}: {key} is {value}, which is too small or too large.", "value", show(text)), false
		}
		sum += time.Duration(n) * unit.is
	}
	if sum > longestSpan {
		return Say("{at}: {key} is {value}, which is too small or too large.", "value", show(text)), false
	}
	*s = Span(sum)
	return Problem{}, true
}
