package outline

import (
	"fmt"
	"strings"
)

// slack is how far something may reach over an edge, in Fyne's units: a face's own
// measures have that much air.
const slack = 1.5

// Faults lists what is cut off, and what lies upon something else. ellipsed says of
// texts that were shortened whether that is all right where they are; nil: nowhere.
func Faults(items []Item, ellipsed func(Item) bool) []string {
	var out []string
	say := func(i Item, what string) {
		out = append(out, fmt.Sprintf("%q at %.0f,%.0f (in %s): %s", i.Text, i.X, i.Y, strings.Join(i.In, " > "), what))
	}
	var texts []Item
	over := false
	for _, i := range items {
		if i.Kind != Text || i.typed {
			continue
		}
		texts = append(texts, i)
		over = over || i.Over
		if strings.HasSuffix(i.Text, "…") && !strings.HasSuffix(i.Text, " …") && (ellipsed == nil || !ellipsed(i)) {
			say(i, "shortened")
		}
		if gone := i.need.Width - (i.Seen[2] - i.Seen[0]); gone > slack {
			say(i, fmt.Sprintf("%.0f cut off at its side", gone))
		}
		if gone := i.need.Height - (i.Seen[3] - i.Seen[1]); gone > slack && !i.scrolled {
			say(i, fmt.Sprintf("%.0f cut off above or below", gone))
		}
	}
	for n, a := range texts {
		for _, b := range texts[:n] {
			if a.Over == b.Over && overlap(a, b) {
				say(a, fmt.Sprintf("lies upon %q at %.0f,%.0f", b.Text, b.X, b.Y))
			}
		}
	}
	return out
}

// overlap: two texts share room. A line's own height has air above and below its
// letters, which may touch.
func overlap(a, b Item) bool {
	both := rect(a.Seen).within(rect(b.Seen))
	air := min(a.need.Height, b.need.Height) / 4
	return both[2]-both[0] > slack && both[3]-both[1] > air
}
