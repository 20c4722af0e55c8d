package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// RowText is a row of three lines, as in a list of messages.
type RowText struct {
	First, Second, Third string
	Right                string    // at the end of the first line
	Icon                 look.Icon // at the end of the second
	Strong               bool      // the first two lines are in medium, with a dot before them
	Waiting              bool      // the words are not known yet: bars stand for them
}

// What a row of three lines is made of, in pixels at scale 1, and where its lines
// stand, in parts of the size of its text.
const (
	letterEdge  = 28 // before the words
	letterEnd   = 17 // behind them
	letterDot   = 8
	letterDotAt = 11
	letterIcon  = 16
	letterRest  = 16 // of the height, around the lines
	letterLine  = 20.0 / 14
	letterBar   = 8 // high, for words that are not known yet
)

// LetterRows is the template of rows of three lines; text is asked for what stands in a
// row. Words that are too long for the row are cut by advances that are kept, so that
// filling a row measures nothing.
func LetterRows(text func(index int) RowText) RowTemplate {
	fonts := &letterFonts{}
	return RowTemplate{
		Make: func() fyne.CanvasObject { return newLetterRow(fonts) },
		Fill: func(row fyne.CanvasObject, index int, _ RowState) {
			if r, ok := row.(*letterRow); ok {
				r.set(text(index))
			}
		},
		Height: func() float32 {
			return letterRest + 3*round(fyne.CurrentApp().Settings().Theme().Size(theme.SizeNameText)*letterLine)
		},
	}
}

// letterFonts are the advances that all rows of a list share.
type letterFonts struct{ body, strong, caption advances }

// letterRow is a row of three lines.
type letterRow struct {
	widget.BaseWidget
	fonts                       *letterFonts
	data                        RowText
	dot                         *canvas.Circle
	first, second, third, right *canvas.Text
	icon                        *glyph
	bars                        [3]*canvas.Rectangle
}

func newLetterRow(fonts *letterFonts) *letterRow {
	text := func() *canvas.Text { return canvas.NewText("", nil) }
	r := &letterRow{fonts: fonts, dot: canvas.NewCircle(nil), first: text(), second: text(), third: text(), right: text(), icon: newGlyph()}
	for i := range r.bars {
		r.bars[i] = box(letterBar / 2)
	}
	r.ExtendBaseWidget(r)
	return r
}

func (r *letterRow) set(d RowText) {
	if r.data != d {
		r.data = d
		r.Refresh()
	}
}

// CreateRenderer draws the row.
func (r *letterRow) CreateRenderer() fyne.WidgetRenderer {
	r.ExtendBaseWidget(r)
	s := &sheet{owner: r, objects: []fyne.CanvasObject{r.dot, r.first, r.second, r.third, r.right, r.icon.image, r.bars[0], r.bars[1], r.bars[2]}}
	s.least = func() fyne.Size { return fyne.NewSize(letterEdge+letterEnd+shrunk, letterRest) }
	s.paint, s.lay = r.paint, r.lay
	return s.start()
}

func (r *letterRow) paint() {
	style := func(t *canvas.Text, k look.Type) {
		t.TextSize, t.TextStyle, t.Color, t.Hidden = r.Theme().Size(k.Size()), k.Style(), ink(r, k.Ink()), r.data.Waiting
	}
	name := look.Body
	if r.data.Strong {
		name = look.Strong
	}
	style(r.first, name)
	style(r.second, name)
	style(r.third, look.Caption)
	style(r.right, look.Caption)
	r.dot.FillColor, r.dot.Hidden = ink(r, theme.ColorNameHyperlink), !r.data.Strong || r.data.Waiting
	r.icon.show(r.data.Icon, ink(r, theme.ColorNamePlaceHolder))
	for _, b := range r.bars {
		b.FillColor, b.Hidden = ink(r, look.ColorUnkTint), !r.data.Waiting
	}
}

func (r *letterRow) lay(size fyne.Size) {
	line := round(r.Theme().Size(theme.SizeNameText) * letterLine)
	top := middle(size.Height-1, 3*line)
	room := size.Width - letterEdge - letterEnd
	head, caption := r.fonts.body.of(r, look.Body), r.fonts.caption.of(r, look.Caption)
	if r.data.Strong {
		head = r.fonts.strong.of(r, look.Strong)
	}
	write := func(t *canvas.Text, a *advances, words string, x float32, row int, room float32) {
		look.Set(t, a.fit(words, room))
		put(t, x, top+float32(row)*line+middle(line, a.high), room, a.high)
	}
	wide := min(caption.width(r.data.Right)+kerned, room)
	write(r.right, caption, r.data.Right, letterEdge+room-wide, 0, wide+kerned)
	r.right.Alignment = fyne.TextAlignTrailing
	write(r.first, head, r.data.First, letterEdge, 0, room-wide-inGap)
	second := room
	if r.data.Icon != look.NoIcon {
		second -= letterIcon + iconGap
		r.icon.lay(letterEdge+room-letterIcon, top+line+middle(line, letterIcon), letterIcon)
	}
	write(r.second, head, r.data.Second, letterEdge, 1, second)
	write(r.third, caption, r.data.Third, letterEdge, 2, room)
	put(r.dot, letterDotAt, top+middle(line, letterDot), letterDot, letterDot)
	for i, part := range []float32{0.45, 0.7, 0.9} {
		put(r.bars[i], letterEdge, top+float32(i)*line+middle(line, letterBar), round(room*part), letterBar)
	}
}
