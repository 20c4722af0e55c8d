package chart

import (
	"strconv"
	"strings"
	"time"

	"lifeboat/failover"
)

// leastColumns is the narrowest terminal that anything can be told in.
const leastColumns = 40

// rows is how high the pile is drawn.
const rows = 10

// signs are what the two piles are made of; they differ without any colour.
func signs() [sides]string { return [sides]string{"█", "▒"} }

// blocks are the eighths of a character, from none to all.
func blocks() []string { return []string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"} }

// Text draws the chart in lines of at most so many columns, with Unicode's blocks and
// without colour.
func (c *Chart) Text(columns int) []string {
	columns = max(columns, leastColumns)
	if c.Empty() {
		return wrap(c.nothing(), columns, "")
	}
	p := &page{c: c, top: c.top(), wide: columns, rows: rows}
	if c.most.depth() == 0 {
		p.rows = 2
	}
	p.labels()
	p.cols = c.columns(columns - p.gutter - 1)
	p.marked = map[int]int{}
	for i, m := range c.marks {
		p.marked[c.place(m.at, len(p.cols))] = i + 1
	}
	p.say(c.title(), "")
	p.line("")
	p.pile()
	p.axis()
	p.sparks()
	p.line("")
	p.legend()
	for i, l := range p.lines {
		p.lines[i] = cut(strings.TrimRight(l, " "), columns)
	}
	return p.lines
}

// page is a chart being written.
type page struct {
	c          *Chart
	cols       []column
	marked     map[int]int // number of the mark, by column
	top, rows  int
	wide       int // columns of a line
	gutter     int // columns before the picture
	age, taken string
	lines      []string
}

func (p *page) line(l string) { p.lines = append(p.lines, l) }

// say writes words, in as many lines as they need.
func (p *page) say(words, before string) {
	p.lines = append(p.lines, wrap(before+words, p.wide, strings.Repeat(" ", widthOf(before)))...)
}

func (p *page) labels() {
	p.age, p.taken = p.c.in.Say(failover.Say("age")), p.c.in.Say(failover.Say("sent"))
	p.gutter = max(len(strconv.Itoa(p.top)), widthOf(p.age)+2, widthOf(p.taken)+2) + 1
}

// left writes what stands before the picture, flush with it.
func (p *page) left(text string) string {
	return strings.Repeat(" ", max(p.gutter-1-widthOf(text), 0)) + text + " "
}

// pile draws how many waited, from the top down.
func (p *page) pile() {
	for r := p.rows - 1; r >= 0; r-- {
		label, edge := "", "│"
		switch r {
		case p.rows - 1:
			label, edge = strconv.Itoa(p.top), "┤"
		case p.rows/2 - 1:
			label, edge = strconv.Itoa(p.top/2), "┤"
		}
		var b strings.Builder
		for i, col := range p.cols {
			cell := p.cell(col, r)
			if _, marked := p.marked[i]; marked && cell == " " {
				cell = "┊"
			}
			b.WriteString(cell)
		}
		p.line(p.left(label) + edge + b.String())
	}
}

// cell is one character of the pile: the primary's below, the secondary's on it. The
// least that waits can be seen.
func (p *page) cell(col column, row int) string {
	const eighths = 8
	high := func(depth int) int {
		if depth == 0 {
			return 0
		}
		return max(depth*p.rows*eighths/p.top, 1)
	}
	low := row * eighths
	first := high(col.depth[primary]) - low
	both := first + high(col.depth[secondary])
	const half = eighths / 2
	switch {
	case first >= eighths:
		return signs()[primary]
	case both <= 0:
		return " "
	case both > first && first < half && both >= half:
		return signs()[secondary]
	case both > first && first < half:
		return "░" // the secondary's, and low
	default:
		return blocks()[first]
	}
}

// axis draws the times, and the numbers of the marks above them.
func (p *page) axis() {
	const apart = 10 // columns for one time
	base, times, numbers := spread(len(p.cols), "─"), spread(len(p.cols), " "), spread(len(p.cols), " ")
	for _, t := range p.c.ticks(max(len(p.cols)/apart, 1)) {
		at := p.c.place(t.at, len(p.cols))
		if at+len(t.text) > len(times) {
			continue
		}
		base[at] = "┬"
		for i, r := range t.text {
			times[at+i] = string(r)
		}
	}
	for at, n := range p.marked {
		base[at] = "┴"
		for i, r := range strconv.Itoa(n) {
			if at+i < len(numbers) {
				numbers[at+i] = string(r)
			}
		}
	}
	p.line(p.left("0") + "┼" + strings.Join(base, ""))
	p.line(p.left("") + " " + strings.Join(times, ""))
	if len(p.marked) > 0 {
		p.line(p.left("") + " " + strings.Join(numbers, ""))
	}
}

func spread(count int, sign string) []string {
	out := make([]string, count)
	for i := range out {
		out[i] = sign
	}
	return out
}

// sparks draws the age of the oldest and what was delivered, a line for each side where
// there was any.
func (p *page) sparks() {
	ages := func(col column, side int) float64 { return float64(col.age[side] / time.Second) }
	taken := func(col column, side int) float64 { return float64(col.delivered[side]) }
	for _, kind := range []struct {
		label string
		of    func(column, int) float64
	}{{p.age, ages}, {p.taken, taken}} {
		most := 0.0
		for _, col := range p.cols {
			most = max(most, kind.of(col, primary), kind.of(col, secondary))
		}
		for side, sign := range signs() {
			var b strings.Builder
			some := false
			for _, col := range p.cols {
				v := kind.of(col, side)
				some = some || v > 0
				b.WriteString(spark(v, most))
			}
			if some {
				p.line(p.left(kind.label+" "+sign) + "│" + b.String())
			}
		}
	}
}

func spark(v, most float64) string {
	if v <= 0 || most <= 0 {
		return " "
	}
	return blocks()[max(1, min(8, int(v/most*8+0.5)))]
}

func (p *page) legend() {
	for side, sign := range signs() {
		said := p.c.legend(side)
		p.say(said[0], "  "+sign+" ")
		p.say(said[1], "    ")
	}
	for _, l := range []string{p.c.byDomain(), p.c.twice()} {
		if l != "" {
			p.say(l, "    ")
		}
	}
	const most = 9
	for i, m := range p.c.marks[:min(len(p.c.marks), most)] {
		p.say(p.c.told(m), "  "+strconv.Itoa(i+1)+" ")
	}
	if more := len(p.c.marks) - most; more > 0 {
		p.say(p.c.in.Say(failover.Say("and {n} more switches", "n", more)), "    ")
	}
}
