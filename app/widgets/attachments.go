package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// FileRow is a file in a list of files.
type FileRow struct {
	Key   string
	Icon  look.Icon
	Name  string
	Size  string
	Note  string // under the name: why care is needed; empty: nothing
	Open  string // what the buttons say; empty: there is no such button
	Save  string
	Other string // instead of both, "Remove"
}

// What a row is made of, in pixels at scale 1.
const (
	fileRow  = 44
	fileIcon = 15
	fileName = 43
	fileEnd  = 8
)

// Files is a list of files in a card, each with what can be done with it.
type Files struct {
	widget.BaseWidget
	// Pressed buttons; set once. They may be nil where no row has such a button.
	OnOpen, OnSave, OnOther func(key string)

	data    []FileRow
	surface *canvas.Rectangle
	rows    []*fileView
	sheet   *sheet
}

type fileView struct {
	line              *canvas.Rectangle
	icon              *glyph
	name, size        *label
	note              *Paragraph
	open, save, other *Button
}

// NewFiles returns an empty list.
func NewFiles() *Files {
	f := &Files{surface: box(10)}
	f.sheet = &sheet{owner: f, paint: f.paint, least: f.least, lay: f.lay}
	f.ExtendBaseWidget(f)
	return f
}

// Set sets the files.
func (f *Files) Set(rows []FileRow) {
	if !slices.Equal(f.data, rows) {
		f.data = slices.Clone(rows)
		f.Refresh()
	}
}

// Rows are the files that are shown.
func (f *Files) Rows() []FileRow { return slices.Clone(f.data) }

// Buttons are the buttons of a row: to open, to save, and the other one.
func (f *Files) Buttons(i int) (open, save, other *Button) {
	v := f.rows[i]
	return v.open, v.save, v.other
}

// CreateRenderer draws the list.
func (f *Files) CreateRenderer() fyne.WidgetRenderer {
	f.ExtendBaseWidget(f)
	return f.sheet.start()
}

func (f *Files) least() fyne.Size {
	high := float32(0)
	for i := range f.data {
		high += f.rowHigh(i)
	}
	return fyne.NewSize(fileName+6*shrunk, max(high, 1))
}

// row makes the view of row i.
func (f *Files) row(i int) *fileView {
	press := func(hear *func(string)) func() {
		return func() {
			if *hear != nil && i < len(f.data) {
				(*hear)(f.data[i].Key)
			}
		}
	}
	for len(f.rows) <= i {
		f.rows = append(f.rows, &fileView{
			line: rule(), icon: newGlyph(), name: newLabel(look.Body, ""), size: newLabel(look.Caption, ""), note: NewParagraph(look.Caption, ""),
			open:  NewButton(Plain, "", press(&f.OnOpen)).Sized(ButtonInRow),
			save:  NewButton(Plain, "", press(&f.OnSave)).Sized(ButtonInRow),
			other: NewButton(Plain, "", press(&f.OnOther)).Sized(ButtonInRow),
		})
	}
	return f.rows[i]
}

func (f *Files) paint() {
	f.surface.FillColor, f.surface.StrokeColor, f.surface.StrokeWidth = ink(f, look.ColorCard), ink(f, theme.ColorNameSeparator), 1
	f.surface.Hidden = len(f.data) == 0
	f.sheet.objects = append(f.sheet.objects[:0], f.surface)
	for i, d := range f.data {
		v := f.row(i)
		v.line.FillColor, v.line.Hidden = ink(f, theme.ColorNameSeparator), i == 0
		icon := d.Icon
		if icon == look.NoIcon {
			icon = look.IconFile
		}
		v.icon.show(icon, ink(f, theme.ColorNamePlaceHolder))
		v.name.full, v.size.full = d.Name, d.Size
		v.name.paint(f)
		v.size.paint(f)
		v.note.SetText(d.Note)
		v.note.SetColor(theme.ColorNameWarning)
		v.note.Hidden = d.Note == ""
		for b, text := range map[*Button]string{v.open: d.Open, v.save: d.Save, v.other: d.Other} {
			b.SetText(text)
			b.Hidden = text == ""
		}
		f.sheet.objects = append(f.sheet.objects, v.line, v.icon.image, v.name.text, v.size.text, v.note, v.open, v.save, v.other)
	}
}

// rowHigh is the height of row i for the width that there is.
func (f *Files) rowHigh(i int) float32 {
	v := f.rows[i]
	high := max(fileRow, v.name.height()+20)
	if !v.note.Hidden {
		v.note.Resize(fyne.NewSize(max(f.Size().Width-fileName-fileIcon, leastColumn), 0))
		high += v.note.MinSize().Height + 8
	}
	return high
}

func (f *Files) lay(size fyne.Size) {
	y := float32(0)
	for i := range f.data {
		v := f.rows[i]
		high, line := f.rowHigh(i), max(fileRow, v.name.height()+20)
		put(v.line, 1, y, size.Width-2, 1)
		v.icon.lay(fileIcon, y+middle(line, iconSide), iconSide)
		end := size.Width - fileEnd
		for _, b := range []*Button{v.other, v.save, v.open} {
			if !b.Hidden {
				least := b.MinSize()
				end -= least.Width - 6
				put(b, end, y+middle(line, least.Height), least.Width-6, least.Height)
			}
		}
		end = v.size.right(end-8, y+middle(line, v.size.height()), v.size.width()) - 8
		v.name.lay(fileName, y+middle(line, v.name.height()), end-fileName)
		if !v.note.Hidden {
			put(v.note, fileName, y+line-8, size.Width-fileName-fileIcon, v.note.MinSize().Height)
		}
		y += high
	}
	put(f.surface, 0, 0, size.Width, y)
}
