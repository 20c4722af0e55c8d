package widgets

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// FolderData is a row of a [FolderList].
type FolderData struct {
	Key   string
	Icon  look.Icon
	Name  string
	Count int       // at the end, where it is more than 0
	Sign  look.Icon // at the end, instead: a lock, or which way it opens
	Head  bool      // heads those that follow, and cannot be selected
	Level int       // how far it stands to the right
}

// What a row is made of, in pixels at scale 1.
const (
	folderRow    = 38 // with the gap below
	folderEdge   = 10
	folderText   = 38
	folderIndent = 16
	folderIcon   = 18
)

// FolderList is a list of places to choose from, in groups. However many there are, only
// those that are seen exist.
type FolderList struct {
	// OnChoose hears the key of a place that was chosen.
	OnChoose func(key string)

	list   *RowList
	rows   []FolderData
	chosen string
}

// NewFolderList returns an empty list.
func NewFolderList() *FolderList {
	f := &FolderList{}
	fonts := &letterFonts{}
	f.list = NewRowList(folderRow, RowTemplate{
		Make: func() fyne.CanvasObject { return newFolderRow(fonts) },
		Fill: func(row fyne.CanvasObject, i int, s RowState) {
			if r, ok := row.(*folderRowView); ok && i < len(f.rows) {
				r.set(f.rows[i], s.Selected)
			}
		},
		Height: func() float32 {
			th := fyne.CurrentApp().Settings().Theme()
			return folderRow + round((th.Size(theme.SizeNameText)-14)*1.5)
		},
	}).Rounded()
	f.list.Single = true
	f.list.Pickable = func(i int) bool { return i < len(f.rows) && !f.rows[i].Head }
	f.list.OnSelect = func() {
		if i := f.list.Cursor(); i >= 0 && i < len(f.rows) && f.OnChoose != nil {
			f.chosen = f.rows[i].Key
			f.OnChoose(f.rows[i].Key)
		}
	}
	return f
}

// List is what is shown, and can have the focus.
func (f *FolderList) List() *RowList { return f.list }

// Set sets the rows, and which is chosen.
func (f *FolderList) Set(rows []FolderData, chosen string) {
	if f.chosen == chosen && slices.Equal(f.rows, rows) {
		return
	}
	f.rows, f.chosen = slices.Clone(rows), chosen
	f.list.SetLength(len(rows))
	at := slices.IndexFunc(rows, func(r FolderData) bool { return r.Key == chosen && !r.Head })
	if at < 0 {
		f.list.SetSelection(nil, none)
		f.list.Refresh()
		return
	}
	f.list.SetSelection([]int{at}, at)
	f.list.Refresh()
}

// Rows are the rows that are there.
func (f *FolderList) Rows() []FolderData { return slices.Clone(f.rows) }

// Chosen is the key of the place that is chosen.
func (f *FolderList) Chosen() string { return f.chosen }

// folderRowView is one row.
type folderRowView struct {
	widget.BaseWidget
	fonts       *letterFonts
	data        FolderData
	chosen      bool
	icon, sign  *glyph
	name, count *canvas.Text
}

func newFolderRow(fonts *letterFonts) *folderRowView {
	r := &folderRowView{fonts: fonts, icon: newGlyph(), sign: newGlyph(), name: canvas.NewText("", nil), count: canvas.NewText("", nil)}
	r.ExtendBaseWidget(r)
	return r
}

func (r *folderRowView) set(d FolderData, chosen bool) {
	if r.data != d || r.chosen != chosen {
		r.data, r.chosen = d, chosen
		r.Refresh()
	}
}

// CreateRenderer draws the row.
func (r *folderRowView) CreateRenderer() fyne.WidgetRenderer {
	r.ExtendBaseWidget(r)
	s := &sheet{owner: r, objects: []fyne.CanvasObject{r.icon.image, r.sign.image, r.name, r.count}, paint: r.paint, lay: r.lay}
	s.least = func() fyne.Size { return fyne.NewSize(folderText+shrunk, folderRow) }
	return s.start()
}

// kind is what the name is set in.
func (r *folderRowView) kind() look.Type {
	switch {
	case r.data.Head:
		return look.Caption
	case r.chosen:
		return look.Strong
	default:
		return look.Body
	}
}

func (r *folderRowView) paint() {
	words, icon := r.kind().Ink(), theme.ColorNamePlaceHolder
	if r.chosen {
		words, icon = theme.ColorNameHyperlink, theme.ColorNameHyperlink
	}
	r.name.TextSize, r.name.TextStyle, r.name.Color = r.Theme().Size(r.kind().Size()), r.kind().Style(), ink(r, words)
	r.count.TextSize, r.count.TextStyle, r.count.Color = r.Theme().Size(look.Caption.Size()), look.Caption.Style(), ink(r, words)
	if !r.chosen {
		r.count.Color = ink(r, look.Caption.Ink())
	}
	r.icon.show(r.data.Icon, ink(r, icon))
	r.sign.show(r.data.Sign, ink(r, icon))
}

func (r *folderRowView) lay(size fyne.Size) {
	small := r.fonts.caption.of(r, look.Caption)
	var font *advances
	switch r.kind() {
	case look.Strong:
		font = r.fonts.strong.of(r, look.Strong)
	case look.Caption:
		font = small
	default:
		font = r.fonts.body.of(r, look.Body)
	}
	x, end := float32(folderEdge+r.data.Level*folderIndent), size.Width-folderEdge
	y := middle(size.Height, font.high)
	if r.data.Head {
		y = size.Height - font.high - 4
	}
	r.icon.lay(x-1, middle(size.Height, folderIcon), folderIcon)
	if r.data.Icon != look.NoIcon {
		x += folderText - folderEdge
	}
	r.count.Text = ""
	switch {
	case r.data.Sign != look.NoIcon:
		const side = 16
		r.sign.lay(end-side+2, middle(size.Height, side), side)
		end -= side + iconGap
	case r.data.Count > 0:
		look.Set(r.count, strconv.Itoa(r.data.Count))
		wide := small.width(r.data.countText())
		put(r.count, end-wide, middle(size.Height, small.high), wide, small.high)
		end -= wide + iconGap
	}
	look.Set(r.name, font.fit(r.data.Name, end-x))
	put(r.name, x, y, max(end-x, 0), font.high)
}

func (d FolderData) countText() string { return strconv.Itoa(d.Count) }
