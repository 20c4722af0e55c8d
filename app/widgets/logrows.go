package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// LogRow is something that happened, or that waits: a light, when, of what kind, what,
// and how it stands.
type LogRow struct {
	Shape         Shape
	Time, Kind    string
	First, Second string
	Right         string
}

// LogColumns say how rows of what happened are laid out. Time and Kind are samples, as
// wide as any that come; empty: there is no such column.
type LogColumns struct {
	Time, Kind string
	Two        bool // there is a second line below the first
}

// What such a row is made of, in pixels at scale 1, and the height of a line in parts of
// the size of its text.
const (
	logEdge  = 14
	logEnd   = 20 // behind the words: a scroll bar lies there
	logGap   = 14
	logRest  = 16 // of the height, around the lines
	logLine  = 20.0 / 14
	logRight = 0.34 // of the width, that the words at the right may take
)

// LogRowHeight is the height of a row of one line, in pixels at scale 1.
const LogRowHeight = 40

// LogRows is the template of such rows for a [RowList]; row is asked for what stands in
// one. Nothing long is measured: words are cut by advances that are kept.
func LogRows(columns LogColumns, row func(index int) LogRow) RowTemplate {
	fonts := &letterFonts{}
	return RowTemplate{
		Make: func() fyne.CanvasObject { return newLogRow(fonts, columns) },
		Fill: func(o fyne.CanvasObject, index int, _ RowState) {
			if r, ok := o.(*logRow); ok {
				r.set(row(index))
			}
		},
		Height: func() float32 {
			line := round(fyne.CurrentApp().Settings().Theme().Size(theme.SizeNameText) * logLine)
			if columns.Two {
				return logRest + 2*line
			}
			return logRest + line
		},
	}
}

// logRow is one of them.
type logRow struct {
	widget.BaseWidget
	fonts   *letterFonts
	columns LogColumns
	data    LogRow
	light   *Light

	time, kind, first, second, right *canvas.Text
}

func newLogRow(fonts *letterFonts, columns LogColumns) *logRow {
	text := func() *canvas.Text { return canvas.NewText("", nil) }
	r := &logRow{
		fonts: fonts, columns: columns, light: NewLight(LightInRow, NoShape), time: text(), kind: text(), first: text(), second: text(), right: text(),
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *logRow) set(d LogRow) {
	if r.data != d {
		r.data = d
		r.Refresh()
	}
}

// CreateRenderer draws the row.
func (r *logRow) CreateRenderer() fyne.WidgetRenderer {
	r.ExtendBaseWidget(r)
	s := &sheet{owner: r, objects: []fyne.CanvasObject{r.light, r.time, r.kind, r.first, r.second, r.right}, paint: r.paint, lay: r.lay}
	s.least = func() fyne.Size { return fyne.NewSize(8*shrunk, logRest) }
	return s.start()
}

func (r *logRow) paint() {
	style := func(t *canvas.Text, k look.Type) {
		t.TextSize, t.TextStyle, t.Color = r.Theme().Size(k.Size()), k.Style(), ink(r, k.Ink())
	}
	style(r.time, look.Caption)
	style(r.kind, look.Caption)
	style(r.right, look.Caption)
	style(r.second, look.Caption)
	style(r.first, look.Body)
	r.light.SetShape(r.data.Shape)
	r.second.Hidden = !r.columns.Two
}

func (r *logRow) lay(size fyne.Size) {
	body, caption := r.fonts.body.of(r, look.Body), r.fonts.caption.of(r, look.Caption)
	line := round(r.Theme().Size(theme.SizeNameText) * logLine)
	lines := float32(1)
	if r.columns.Two {
		lines = 2
	}
	top := middle(size.Height-1, lines*line)
	write := func(t *canvas.Text, a *advances, words string, x, y, room float32) {
		look.Set(t, a.fit(words, room))
		put(t, x, y+middle(line, a.high), max(room, 0), a.high)
	}
	put(r.light, logEdge, top+onLine(line, LightInRow), LightInRow, LightInRow)
	x := float32(logEdge + LightInRow + logGap - 4)
	for _, c := range []struct {
		text          *canvas.Text
		sample, words string
	}{{r.time, r.columns.Time, r.data.Time}, {r.kind, r.columns.Kind, r.data.Kind}} {
		c.text.Hidden = c.sample == ""
		if c.sample == "" {
			continue
		}
		wide := round(caption.width(c.sample)) + kerned + 1
		write(c.text, caption, c.words, x, top, wide+kerned)
		x += wide + logGap
	}
	room := size.Width - logEnd - x
	right := min(round(caption.width(r.data.Right))+2*kerned, round(room*logRight))
	if r.data.Right == "" {
		right = 0
	}
	r.right.Alignment = fyne.TextAlignTrailing
	write(r.right, caption, r.data.Right, x+room-right, top, right)
	first := room
	if right > 0 {
		first -= right + logGap
	}
	write(r.first, body, r.data.First, x, top, first)
	if r.columns.Two {
		write(r.second, caption, r.data.Second, x, top+line, room)
	}
}
