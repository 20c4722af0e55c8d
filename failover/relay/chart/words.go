package chart

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"lifeboat/failover"
)

// title says what is shown.
func (c *Chart) title() string {
	return c.in.Say(failover.Say("Mail that waited here for the providers, {from} to {until}",
		"from", c.clock(c.in.Since), "until", c.clock(c.in.Until)))
}

// nothing is said in place of a picture.
func (c *Chart) nothing() string {
	return c.in.Say(failover.Say("Nobody looked at the queue between {from} and {until}, so there is nothing to draw.",
		"from", c.clock(c.in.Since), "until", c.clock(c.in.Until)))
}

// legend tells a provider's side in numbers, in two lines.
func (c *Chart) legend(side int) [2]string {
	t := c.total[side]
	first, second := failover.Say("for the primary: nothing waited"), failover.Say("{n} delivered", "n", t.delivered)
	switch {
	case side == secondary && t.most == 0:
		first = failover.Say("for the secondary: nothing waited")
	case side == secondary:
		first = failover.Say("for the secondary: at most {n} ({when}), now {now}", "n", t.most, "when", c.clock(t.mostAt), "now", t.now)
	case t.most > 0:
		first = failover.Say("for the primary: at most {n} ({when}), now {now}", "n", t.most, "when", c.clock(t.mostAt), "now", t.now)
	}
	if t.most > 0 {
		second = failover.Say("{n} delivered; the oldest had waited {span}", "n", t.delivered, "span", c.in.Say(failover.Took(t.longest(c, side))))
	}
	return [2]string{c.in.Say(first), c.in.Say(second)}
}

// longest is how long the oldest message waited at most, until the end of the time
// shown where it waits still.
func (t total) longest(c *Chart, side int) time.Duration {
	return max(t.age, c.moments[len(c.moments)-1].piles[side].age(c.in.Until))
}

// told says what a mark means.
func (c *Chart) told(m mark) string {
	domains := strings.Join(m.domains[:min(len(m.domains), namesTold)], ", ")
	if more := len(m.domains) - namesTold; more > 0 {
		domains = c.in.Say(failover.Say("{names} and {n} more", "names", domains, "n", more))
	}
	say := failover.Say("{when}: {domains} leaves through the primary", "when", c.clock(m.at), "domains", domains)
	if m.role == failover.Secondary {
		say = failover.Say("{when}: {domains} leaves through the secondary", "when", c.clock(m.at), "domains", domains)
	}
	return c.in.Say(say)
}

// twice tells of messages that were sent a second time; nothing where there were none.
func (c *Chart) twice() string {
	if c.again == 0 {
		return ""
	}
	return c.in.Say(failover.Say("{n} sent a second time, since the provider's reply to the first was lost", "n", c.again))
}

// namesTold is how many domains one line names.
const namesTold = 3

// byDomain tells whose mail it was when most waited; nothing where it was one domain's.
func (c *Chart) byDomain() string {
	var parts []string
	names := slices.SortedFunc(maps.Keys(c.most.domains), func(a, b string) int {
		return cmp.Or(cmp.Compare(c.most.domains[b], c.most.domains[a]), cmp.Compare(a, b))
	})
	for _, d := range names {
		if n := c.most.domains[d]; n > 0 {
			parts = append(parts, d+" "+strconv.Itoa(n))
		}
	}
	if len(parts) < 2 {
		return ""
	}
	if more := len(parts) - namesTold; more > 0 {
		rest := c.in.Say(failover.Say("{names} and {n} more", "names", strings.Join(parts[:namesTold], ", "), "n", more))
		parts = []string{rest}
	}
	return c.in.Say(failover.Say("At {when}: {parts}", "when", c.clock(c.most.at), "parts", strings.Join(parts, ", ")))
}

// clean makes text from outside fit for one line: nothing that cannot be seen, that
// breaks the line, or that turns the direction of writing.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

// widthOf is how many columns of a terminal a text takes (UAX 11).
func widthOf(text string) int {
	n := 0
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// wrap breaks a text into lines of at most so many columns, at spaces and around wide
// letters; those after the first are indented.
func wrap(text string, most int, indent string) []string {
	var lines []string
	line, word := "", ""
	flush := func() {
		if widthOf(line)+widthOf(strings.TrimRight(word, " ")) > most && strings.TrimSpace(line) != "" {
			lines = append(lines, strings.TrimRight(line, " "))
			line = indent
		}
		line += word
		word = ""
	}
	for _, r := range clean(text) {
		if runeWidth(r) > 1 && !strings.ContainsRune("、。（）「」", r) {
			flush()
		}
		word += string(r)
		if r == ' ' || widthOf(indent+word) >= most {
			flush()
		}
	}
	flush()
	return append(lines, strings.TrimRight(line, " "))
}

// cut shortens a text to so many columns; what was cut is marked.
func cut(text string, most int) string {
	if text = clean(text); widthOf(text) <= most {
		return text
	}
	var b strings.Builder
	left := most - 1
	for _, r := range text {
		if left -= runeWidth(r); left < 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}
