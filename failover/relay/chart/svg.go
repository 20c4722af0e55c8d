package chart

import (
	_ "embed"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"lifeboat/failover"
)

// The colours are those of the reports, light and dark.
//
//go:embed chart.css
var style string

// The picture's measures, in the units of its view box.
const (
	svgWidth             = 860.0
	svgLeft, svgRight    = 64.0, 16.0
	svgTop               = 56.0 // of the pile
	svgPile, svgStrip    = 220.0, 56.0
	svgGap, svgLine      = 28.0, 20.0
	svgAxis              = 24.0
	svgColumns           = 260
	svgPlot              = svgWidth - svgLeft - svgRight
	svgColumn            = svgPlot / svgColumns
	svgPileBase          = svgTop + svgPile
	svgAgeBase           = svgPileBase + svgAxis + svgGap + svgStrip
	svgSentBase          = svgAgeBase + svgGap + svgStrip
	svgLegend            = svgSentBase + svgGap + 8
	svgTicks, svgMostAll = 9, 20 // times below the pile, marks told
)

// SVG draws the chart as one picture that needs nothing else: no script, no font and
// no address elsewhere. It is well-formed XML, may stand in an HTML page, follows the
// reader's choice of light or dark, and tells in words what it shows.
func (c *Chart) SVG() string {
	var b strings.Builder
	lines := c.svgWords()
	height := svgLegend + svgLine*float64(len(lines))
	if c.Empty() {
		lines, height = nil, 2*svgTop
	}
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="pile-up" viewBox="0 0 %g %g" role="img">`+"\n", svgWidth, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", text(c.title()))
	if c.Empty() {
		fmt.Fprintf(&b, "<style>\n%s</style>\n", style)
		fmt.Fprintf(&b, `<rect class="card" width="%g" height="%g" rx="10" /><text class="faint" x="20" y="%g">%s</text>`+"\n</svg>\n", svgWidth, height, svgTop, text(c.nothing()))
		return b.String()
	}
	fmt.Fprintf(&b, "<desc>%s</desc>\n<style>\n%s</style>\n", text(describe(lines)), style)
	b.WriteString(`<defs><pattern id="pile-up-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
		`<rect class="hatch-back" width="6" height="6" /><rect class="hatch" width="2.5" height="6" /></pattern></defs>` + "\n")
	fmt.Fprintf(&b, `<rect class="card" width="%g" height="%g" rx="10" />`+"\n", svgWidth, height)
	fmt.Fprintf(&b, `<text class="head" x="20" y="26">%s</text>`+"\n", text(c.title()))
	cols := c.columns(svgColumns)
	c.svgPile(&b, cols)
	c.svgAges(&b, cols)
	c.svgSent(&b, cols)
	c.svgMarks(&b)
	for i, l := range lines {
		l.write(&b, svgLegend+svgLine*float64(i))
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// at is where a column begins.
func at(column int) float64 { return svgLeft + svgColumn*float64(column) }

// svgPile draws how many waited: the primary's below, the secondary's on it.
func (c *Chart) svgPile(b *strings.Builder, cols []column) {
	top := c.top()
	for _, n := range []int{top, top / 2} {
		y := svgPileBase - svgPile*float64(n)/float64(top)
		fmt.Fprintf(b, `<line class="grid" x1="%g" y1="%.1f" x2="%g" y2="%.1f" /><text class="number" x="%g" y="%.1f">%d</text>`+"\n",
			svgLeft, y, svgWidth-svgRight, y, svgLeft-8, y+4, n)
	}
	none := make([]float64, len(cols))
	first, both := make([]float64, len(cols)), make([]float64, len(cols))
	for i, col := range cols {
		first[i] = svgPile * float64(col.depth[primary]) / float64(top)
		both[i] = first[i] + svgPile*float64(col.depth[secondary])/float64(top)
	}
	area(b, "secondary", svgPileBase, first, both)
	area(b, "primary", svgPileBase, none, first)
	fmt.Fprintf(b, `<line class="base" x1="%g" y1="%g" x2="%g" y2="%g" /><text class="number" x="%g" y="%g">0</text>`+"\n",
		svgLeft, svgPileBase, svgWidth-svgRight, svgPileBase, svgLeft-8, svgPileBase+4)
	for _, t := range c.ticks(svgTicks) {
		x := svgLeft + svgPlot*float64(t.at.Sub(c.in.Since))/float64(c.in.Until.Sub(c.in.Since))
		fmt.Fprintf(b, `<line class="base" x1="%.1f" y1="%g" x2="%.1f" y2="%g" /><text class="time" x="%.1f" y="%g">%s</text>`+"\n",
			x, svgPileBase, x, svgPileBase+5, x, svgPileBase+18, text(t.text))
	}
}

// area fills what lies between two heights above a base, in steps; where they are
// everywhere the same there is nothing to fill.
func area(b *strings.Builder, class string, base float64, low, high []float64) {
	var path strings.Builder
	for i := 0; i < len(low); i++ {
		from := i
		for i < len(low) && high[i] > low[i] {
			i++
		}
		if i == from {
			continue
		}
		fmt.Fprintf(&path, "M%.1f %.1f", at(from), base-low[from])
		for j := from; j < i; j++ {
			fmt.Fprintf(&path, "V%.1fH%.1f", base-high[j], at(j+1))
		}
		for j := i - 1; j >= from; j-- {
			fmt.Fprintf(&path, "V%.1fH%.1f", base-low[j], at(j))
		}
		path.WriteString("Z")
	}
	if path.Len() > 0 {
		fmt.Fprintf(b, `<path class="%s" d="%s" />`+"\n", class, path.String())
	}
}

// strip begins one of the narrow pictures below the pile.
func strip(b *strings.Builder, base float64, label, most string) {
	fmt.Fprintf(b, `<text class="faint" x="%g" y="%g">%s</text><text class="faint number" x="%g" y="%g">%s</text><line class="base" x1="%g" y1="%g" x2="%g" y2="%g" />`+"\n",
		svgLeft, base-svgStrip-6, text(label), svgWidth-svgRight, base-svgStrip-6, text(most), svgLeft, base, svgWidth-svgRight, base)
}

// svgAges draws how long the oldest message had waited.
func (c *Chart) svgAges(b *strings.Builder, cols []column) {
	var most time.Duration
	for _, col := range cols {
		most = max(most, col.age[primary], col.age[secondary])
	}
	strip(b, svgAgeBase, c.in.Say(failover.Say("How long the oldest had waited")), c.in.Say(failover.Say("{n} at most", "n", c.in.Say(failover.Took(most)))))
	for side, class := range []string{"primary", "secondary"} {
		var path strings.Builder
		pen := "M"
		for i, col := range cols {
			if col.age[side] <= 0 {
				pen = "M"
				continue
			}
			y := svgAgeBase - svgStrip*float64(col.age[side])/float64(max(most, 1))
			fmt.Fprintf(&path, "%s%.1f %.1fH%.1f", pen, at(i), y, at(i+1))
			pen = "L"
		}
		if path.Len() > 0 {
			fmt.Fprintf(b, `<path class="line %s-line" d="%s" />`+"\n", class, path.String())
		}
	}
}

// svgSent draws what was delivered where.
func (c *Chart) svgSent(b *strings.Builder, cols []column) {
	// Several columns make one bar, so that it can be seen.
	const each = 4
	count := (len(cols) + each - 1) / each
	first, both := make([]float64, len(cols)), make([]float64, len(cols))
	most := 0
	sums := make([][sides]int, count)
	for i, col := range cols {
		for side := range sides {
			sums[i/each][side] += col.delivered[side]
		}
		most = max(most, sums[i/each][primary]+sums[i/each][secondary])
	}
	for i := range cols {
		if s := sums[i/each]; most > 0 && i%each != each-1 { // a gap between the bars
			first[i] = svgStrip * float64(s[primary]) / float64(most)
			both[i] = first[i] + svgStrip*float64(s[secondary])/float64(most)
		}
	}
	span := c.in.Until.Sub(c.in.Since) / time.Duration(count)
	strip(b, svgSentBase, c.in.Say(failover.Say("Delivered mail")), c.in.Say(failover.Say("{n} in {span} at most", "n", most, "span", c.in.Say(failover.Took(span)))))
	area(b, "secondary", svgSentBase, first, both)
	area(b, "primary", svgSentBase, make([]float64, len(cols)), first)
}

// svgMarks draws when the route was switched, through all pictures.
func (c *Chart) svgMarks(b *strings.Builder) {
	for i, m := range c.marks {
		x := svgLeft + svgPlot*float64(m.at.Sub(c.in.Since))/float64(c.in.Until.Sub(c.in.Since))
		fmt.Fprintf(b, `<line class="mark" x1="%.1f" y1="%g" x2="%.1f" y2="%g" /><circle class="mark-disc" cx="%.1f" cy="%g" r="9" /><text class="mark-number" x="%.1f" y="%g">%d</text>`+"\n",
			x, svgTop-6, x, svgSentBase, x, svgTop-8, x, svgTop-4, i+1)
	}
}

// word is a line below the picture.
type word struct {
	class  string // of the swatch before it
	number string
	text   string
}

func (c *Chart) svgWords() []word {
	if c.Empty() {
		return nil
	}
	var out []word
	for side, class := range []string{"primary", "secondary"} {
		said := c.legend(side)
		out = append(out, word{class: class, text: said[0] + " · " + said[1]})
	}
	for _, l := range []string{c.byDomain(), c.twice()} {
		if l != "" {
			out = append(out, word{text: l})
		}
	}
	for i, m := range c.marks[:min(len(c.marks), svgMostAll)] {
		out = append(out, word{number: strconv.Itoa(i + 1), text: c.told(m)})
	}
	if more := len(c.marks) - svgMostAll; more > 0 {
		out = append(out, word{text: c.in.Say(failover.Say("and {n} more switches", "n", more))})
	}
	return out
}

func (w word) write(b *strings.Builder, y float64) {
	switch {
	case w.class != "":
		fmt.Fprintf(b, `<rect class="%s" x="%g" y="%g" width="14" height="12" />`, w.class, svgLeft, y-10)
	case w.number != "":
		fmt.Fprintf(b, `<circle class="mark-disc" cx="%g" cy="%g" r="8" /><text class="mark-number" x="%g" y="%g">%s</text>`, svgLeft+7, y-4, svgLeft+7, y, w.number)
	}
	fmt.Fprintf(b, `<text x="%g" y="%g">%s</text>`+"\n", svgLeft+24, y, text(w.text))
}

func describe(words []word) string {
	var parts []string
	for _, w := range words {
		parts = append(parts, w.text)
	}
	return strings.Join(parts, ". ")
}

// text makes text fit for an element.
func text(s string) string { return html.EscapeString(clean(s)) }
