package widgets

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// ReadingData is a long text.
type ReadingData struct {
	// Key tells texts apart: setting one with the key that is shown changes nothing.
	Key    string
	Blocks []ReadingBlock
}

// ReadingBlock is a paragraph, or a part that is folded.
type ReadingBlock struct {
	Text string // lines separated by line feeds
	// Fold is what stands for a part that is folded ("14 quoted lines"), and over it
	// when it is not; empty: a paragraph.
	Fold  string
	Quiet bool // in the second ink, with a line at the left: what others wrote
	Links []ReadingLink
	// Wraps are line feeds of the text that are not shown as such, since lines are broken
	// here anew. What is copied has them.
	Wraps []ReadingWrap
}

// ReadingWrap is a line feed that is shown as a blank, or as nothing.
type ReadingWrap struct {
	At    int // in octets
	Blank bool
}

// ReadingLink is a piece of a block's text that leads somewhere.
type ReadingLink struct {
	Start, End int // in octets
	Address    string
}

// Reading shows a long text to be read, with something above it and below that scrolls
// along. The text is broken into lines beforehand, by the rules of English and
// Japanese, and only the lines that are seen exist, so that a megabyte is as quick as a
// line. It can be selected and copied. Links are told of when pressed; nothing is
// ever loaded.
type Reading struct {
	widget.BaseWidget
	// OnLink hears that a link was pressed; nil: there is nothing to press.
	OnLink func(ReadingLink)

	head, foot fyne.CanvasObject // may be nil
	data       ReadingData
	shown      []string     // the blocks' texts as they are shown, octet for octet in the same place
	open       map[int]bool // blocks that are not folded

	items       []readItem
	width       float32 // that the lines were broken for
	size        float32 // of the text then
	top, end    float32 // where text begins and ends
	all         float32 // the height of everything
	offset      float32
	font, small advances // of the text, and of folds' heads
	from, to    readPos  // what is selected
	focused     bool
	target      int // the link or fold that the keyboard is at, or none
	dragging    bool
	over        bool // the pointer is over something to press

	surface, ring *canvas.Rectangle
	layer         *fyne.Container
	clip          *container.Clip
	bar           *scrollBar
	slots         []*readSlot
}

// readItem is a line of text, or a fold's head.
type readItem struct {
	y     float32
	block int
	span  // of the block's text
	fold  bool
}

// readPos is a place in the text, in octets of a block.
type readPos struct{ block, at int }

func (a readPos) before(b readPos) bool {
	return a.block < b.block || a.block == b.block && a.at < b.at
}

var (
	_ fyne.Focusable     = (*Reading)(nil)
	_ fyne.Scrollable    = (*Reading)(nil)
	_ fyne.Shortcutable  = (*Reading)(nil)
	_ fyne.Draggable     = (*Reading)(nil)
	_ desktop.Mouseable  = (*Reading)(nil)
	_ desktop.Hoverable  = (*Reading)(nil)
	_ desktop.Cursorable = (*Reading)(nil)
)

// Room in a text to be read, in pixels at scale 1.
const (
	readEdge    = 24
	readWidest  = 720 // of a line: a longer one is hard to follow
	readGap     = 12  // between paragraphs
	readFold    = 32  // the height of a fold's head
	readFoldGap = 16  // above it
	readHeadGap = 17  // between head, text and foot
	readQuote   = 14  // before the lines of what others wrote
	readLine    = 26.0 / 15
)

// NewReading returns an empty text between a head and a foot, of which either may be
// nil.
func NewReading(head, foot fyne.CanvasObject) *Reading {
	r := &Reading{
		head: head, foot: foot, open: map[int]bool{}, target: none, surface: rule(), ring: box(0), layer: container.NewWithoutLayout(),
	}
	r.clip = container.NewClip(r.layer)
	r.bar = newScrollBar(r.scrollTo)
	for _, o := range []fyne.CanvasObject{head, foot} {
		if o != nil {
			r.layer.Add(o)
		}
	}
	r.ExtendBaseWidget(r)
	return r
}

// Set shows a text from its beginning, unless it is the one that is shown.
func (r *Reading) Set(d ReadingData) {
	if d.Key == r.data.Key && len(d.Blocks) == len(r.data.Blocks) {
		return
	}
	r.data = d
	r.shown = make([]string, len(d.Blocks))
	for i, b := range d.Blocks {
		r.shown[i] = b.unwrapped()
	}
	r.open, r.target, r.offset = map[int]bool{}, none, 0
	r.from, r.to = readPos{}, readPos{}
	r.Relay()
}

// Data is the text that is shown.
func (r *Reading) Data() ReadingData { return r.data }

// Relay lays everything out anew, as when head or foot have changed.
func (r *Reading) Relay() {
	r.width = 0
	r.Refresh()
}

// Unfold unfolds or folds a block.
func (r *Reading) Unfold(block int, open bool) {
	if r.open[block] != open {
		r.open[block] = open
		r.Relay()
	}
}

// Open says whether a block is unfolded.
func (r *Reading) Open(block int) bool { return r.open[block] }

// Lines is the text as it is broken now, without what is folded.
func (r *Reading) Lines() []string {
	var all []string
	for _, it := range r.items {
		if it.fold {
			all = append(all, r.data.Blocks[it.block].Fold)
			continue
		}
		all = append(all, visible(r.shown[it.block][it.start:it.end]))
	}
	return all
}

// lineHigh is the height of a line.
func (r *Reading) lineHigh() float32 { return round(r.Theme().Size(look.SizeLead) * readLine) }

// foldHigh is the height of a fold's head.
func (r *Reading) foldHigh() float32 { return max(readFold, r.lineHigh()+6) }

// breakText breaks the text, where that has not been done for this width yet.
func (r *Reading) breakText(width float32) {
	size := r.Theme().Size(look.SizeLead)
	if width == r.width && size == r.size {
		return
	}
	r.width, r.size = width, size
	room := r.room()
	font, line := r.font.of(r, look.Lead), r.lineHigh()
	y := float32(readEdge)
	if r.head != nil {
		r.head.Resize(fyne.NewSize(room, r.head.MinSize().Height))
		y += r.head.MinSize().Height + readHeadGap
	}
	r.top = y
	r.items = slices.Grow(r.items[:0], len(r.data.Blocks))
	for i, b := range r.data.Blocks {
		if i > 0 {
			y += readGap
		}
		if b.Fold != "" {
			if i > 0 {
				y += readFoldGap - readGap
			}
			r.items = append(r.items, readItem{y: y, block: i, fold: true})
			y += r.foldHigh()
			if !r.open[i] {
				continue
			}
			y += readGap
		}
		y = r.breakBlock(i, y, room, line, font)
	}
	r.end = y
	if r.foot != nil && r.foot.Visible() {
		r.foot.Resize(fyne.NewSize(room, r.foot.MinSize().Height))
		y += readHeadGap + r.foot.MinSize().Height
	}
	r.all = y + readEdge
}

// breakBlock breaks a block's lines from y on, and returns where they end.
func (r *Reading) breakBlock(i int, y, room, line float32, font *advances) float32 {
	text := r.shown[i]
	if r.data.Blocks[i].Quiet {
		room -= readQuote
	}
	for start := 0; start <= len(text); {
		end := start
		for end < len(text) && text[end] != '\n' {
			end++
		}
		breakSpans(text[start:end], room-kerned, font.glyph, func(s span) {
			r.items = append(r.items, readItem{y: y, block: i, span: span{start + s.start, start + s.end}})
			y += line
		})
		start = end + 1
	}
	return y
}

// room is the width of the text.
func (r *Reading) room() float32 { return max(min(r.width-2*readEdge, readWidest), leastColumn) }

// at is the first item that ends below a height, by the order of the items.
func (r *Reading) at(y float32) int {
	i, _ := slices.BinarySearchFunc(r.items, y, func(it readItem, y float32) int {
		if it.y+r.highOf(it) <= y {
			return -1
		}
		return 1
	})
	return i
}

func (r *Reading) highOf(it readItem) float32 {
	if it.fold {
		return r.foldHigh()
	}
	return r.lineHigh()
}

// scrollTo scrolls to an offset.
func (r *Reading) scrollTo(offset float32) {
	offset = max(min(offset, r.all-r.Size().Height), 0)
	if offset != r.offset {
		r.offset = round(offset)
		r.place(false)
	}
}

// Scrolled scrolls by the wheel.
func (r *Reading) Scrolled(e *fyne.ScrollEvent) { r.scrollTo(r.offset - e.Scrolled.DY) }

// Offset is how far the text is scrolled, in pixels at scale 1.
func (r *Reading) Offset() float32 { return r.offset }

// CreateRenderer draws the text.
func (r *Reading) CreateRenderer() fyne.WidgetRenderer {
	r.ExtendBaseWidget(r)
	s := &sheet{owner: r, objects: []fyne.CanvasObject{r.surface, r.clip, r.bar, r.ring}}
	s.least = func() fyne.Size { return fyne.NewSize(leastColumn+2*readEdge, 2*readEdge) }
	s.paint = func() {
		r.surface.FillColor = ink(r, look.ColorCard)
		r.ring.Hidden = !r.focused || r.target != none
		r.ring.StrokeColor, r.ring.StrokeWidth = ink(r, theme.ColorNameFocus), ringWidth
	}
	s.lay = func(size fyne.Size) {
		put(r.surface, 0, 0, size.Width, size.Height)
		put(r.clip, 0, 0, size.Width, size.Height)
		put(r.ring, 1, 1, size.Width-2, size.Height-2)
		put(r.bar, size.Width-scrollTrack, 0, scrollTrack, size.Height)
		if size.Width > 0 {
			r.breakText(size.Width)
			r.offset = max(min(r.offset, r.all-size.Height), 0)
			r.place(true)
		}
	}
	return s.start()
}
