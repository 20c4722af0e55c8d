package report

import (
	"fmt"
	"strings"
)

// The chart's measures, in the units of its view box.
const (
	chartWidth, chartHeight = 640.0, 160.0
	chartLeft, chartRight   = 40.0, 40.0
	chartTop, chartBottom   = 46.0, 28.0
)

// htmlChart draws a line over the drills, as a picture in the page. The table beside
// it says the same to those who cannot see it.
func htmlChart(b *strings.Builder, c chart) {
	if len(c.points) < 2 {
		return
	}
	most := 0.0
	for _, p := range c.points {
		most = max(most, p.value)
	}
	if most == 0 {
		most = 1
	}
	const base = chartHeight - chartBottom
	at := func(i int) (x, y float64) {
		x = chartLeft + (chartWidth-chartLeft-chartRight)*float64(i)/float64(len(c.points)-1)
		return x, base - (base-chartTop)*c.points[i].value/most
	}
	fmt.Fprintf(b, `<svg class="chart" viewBox="0 0 %g %g" role="img" aria-label="%s">`, chartWidth, chartHeight, htmlText(oneLine(c.title)))
	fmt.Fprintf(b, `<text class="title" x="0" y="12">%s</text><line class="base" x1="0" y1="%g" x2="%g" y2="%g" /><polyline points="`,
		htmlText(oneLine(c.title)), base, chartWidth, base)
	for i := range c.points {
		x, y := at(i)
		fmt.Fprintf(b, "%.1f,%.1f ", x, y)
	}
	b.WriteString(`" />`)
	for i, p := range c.points {
		x, y := at(i)
		class := "earlier"
		if p.last {
			class = "this"
		}
		fmt.Fprintf(b, `<circle class="%s" cx="%.1f" cy="%.1f" r="4" />`, class, x, y)
		if told(i, len(c.points)) {
			fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text><text class="date" x="%.1f" y="%g">%s</text>`,
				x, y-9, htmlText(oneLine(p.told)), x, chartHeight-8, htmlText(oneLine(p.label)))
		}
	}
	b.WriteString("</svg>\n")
}

// told says which points of many have their words beside them, so that no words lie
// over others: the last one, and as many before it as there is room for.
func told(i, count int) bool {
	const room = 7
	step := (count + room - 1) / room
	return (count-1-i)%step == 0
}
