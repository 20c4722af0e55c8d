package widgets

import (
	"image/color"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/look"
)

// StepItem is a step of something that is done page by page.
type StepItem struct {
	Key    string
	Title  string
	Detail string // what was decided there; empty: nothing yet
	Shape  Shape  // Disc: done; Triangle: done with care; none or Waiting: not yet
}

// StepsData is what the navigation of such steps shows.
type StepsData struct {
	Title string // what all of it is
	Where string // "step 3 of 8"
	Items []StepItem
	Now   string // the key of the step whose page is shown
	Foot  string // a sentence at the foot
}

// What it is made of, in pixels at scale 1.
const (
	stepsHead  = 80
	stepRow    = 40
	stepGap    = 2
	stepGlyph  = 12
	stepWords  = 42
	stepsInset = 12
)

// Steps is a navigation for what is done step by step: each is done, or now, or
// later, and every one may be gone to at any time. It stands where [Nav] stands
// otherwise, and is as wide.
type Steps struct {
	widget.BaseWidget
	pressed func(key string)
	data    StepsData

	surface, edge, rule *canvas.Rectangle
	buoy                *canvas.Image
	title, where        *Paragraph
	list                *fyne.Container
	scroll              *container.Scroll
	foot                *Paragraph
	items               []*StepButton
}

// NewSteps returns an empty one; pressed is told the key of a step that was pressed.
func NewSteps(pressed func(key string)) *Steps {
	s := &Steps{
		pressed: pressed, surface: rule(), edge: rule(), rule: rule(), buoy: canvas.NewImageFromResource(look.Lifebuoy()),
		title: NewParagraph(look.Strong, ""), where: NewParagraph(look.Caption, ""), foot: NewParagraph(look.Caption, ""),
		list: container.New(Rows(stepGap)),
	}
	s.scroll = container.NewVScroll(s.list)
	s.buoy.FillMode = canvas.ImageFillContain
	s.ExtendBaseWidget(s)
	return s
}

// Set sets what is shown.
func (s *Steps) Set(d StepsData) {
	o := s.data
	if o.Title == d.Title && o.Where == d.Where && o.Now == d.Now && o.Foot == d.Foot && slices.Equal(o.Items, d.Items) {
		return
	}
	d.Items = slices.Clone(d.Items)
	s.data = d
	s.Refresh()
	s.reveal()
}

// reveal brings the step whose page is shown into view.
func (s *Steps) reveal() {
	for _, i := range s.items {
		if top, high := i.Position().Y, i.Size().Height; i.now && high > 0 {
			switch view := s.scroll.Size().Height; {
			case top < s.scroll.Offset.Y:
				s.scroll.ScrollToOffset(fyne.NewPos(0, top))
			case top+high > s.scroll.Offset.Y+view:
				s.scroll.ScrollToOffset(fyne.NewPos(0, top+high-view))
			}
		}
	}
}

// Data is what is shown.
func (s *Steps) Data() StepsData {
	d := s.data
	d.Items = slices.Clone(d.Items)
	return d
}

// Items are the steps as they are shown.
func (s *Steps) Items() []*StepButton { return slices.Clone(s.items) }

// CreateRenderer draws the navigation.
func (s *Steps) CreateRenderer() fyne.WidgetRenderer {
	s.ExtendBaseWidget(s)
	sh := &sheet{owner: s, objects: []fyne.CanvasObject{s.surface, s.edge, s.buoy, s.title, s.where, s.scroll, s.rule, s.foot}, paint: s.paint, lay: s.lay}
	sh.least = func() fyne.Size { return fyne.NewSize(NavWidth, stepsHead+3*stepRow) }
	return sh.start()
}

func (s *Steps) paint() {
	s.surface.FillColor, s.edge.FillColor, s.rule.FillColor = ink(s, look.ColorNav), ink(s, theme.ColorNameSeparator), ink(s, theme.ColorNameSeparator)
	s.title.SetText(s.data.Title)
	s.where.SetText(s.data.Where)
	s.foot.SetText(s.data.Foot)
	s.foot.Hidden = s.data.Foot == ""
	s.rule.Hidden = s.foot.Hidden
	for len(s.items) < len(s.data.Items) {
		at := len(s.items)
		s.items = append(s.items, newStepButton(func() {
			if at < len(s.data.Items) {
				s.pressed(s.data.Items[at].Key)
			}
		}, func(by int) { s.walk(at + by) }))
	}
	s.items = s.items[:len(s.data.Items)]
	s.list.Objects = s.list.Objects[:0]
	for i, d := range s.data.Items {
		s.items[i].set(d, d.Key == s.data.Now)
		s.list.Objects = append(s.list.Objects, s.items[i])
	}
}

// walk moves the focus to the step of that index.
func (s *Steps) walk(to int) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil && to >= 0 && to < len(s.items) {
		c.Focus(s.items[to])
	}
}

func (s *Steps) lay(size fyne.Size) {
	put(s.surface, 0, 0, size.Width, size.Height)
	put(s.edge, size.Width-1, 0, 1, size.Height)
	put(s.buoy, 18, 24, navBuoy, navBuoy)
	words := size.Width - 58 - stepsInset
	s.title.Resize(fyne.NewSize(words, 0))
	s.where.Resize(fyne.NewSize(words, 0))
	title, where := s.title.MinSize().Height, s.where.MinSize().Height
	put(s.title, 58, 20, words, title)
	put(s.where, 58, 21+title, words, where)
	top := max(stepsHead, 21+title+where+16)
	foot := size.Height
	if !s.foot.Hidden {
		room := size.Width - 2*24
		s.foot.Resize(fyne.NewSize(room, 0))
		high := s.foot.MinSize().Height
		foot -= high + 28
		put(s.rule, stepsInset, foot, size.Width-2*stepsInset-1, 1)
		put(s.foot, 24, foot+14, room, high)
	}
	put(s.scroll, stepsInset, top, size.Width-2*stepsInset-1, max(foot-top-8, 0))
	s.list.Refresh()
}

// StepButton is a step in the navigation.
type StepButton struct {
	widget.BaseWidget
	press            func()
	walk             func(by int)
	item             StepItem
	now              bool
	hovered, focused bool
	surface          *canvas.Rectangle
	rim, dot         *canvas.Circle
	light            *Light
	title, detail    *Paragraph
}

var (
	_ fyne.Focusable     = (*StepButton)(nil)
	_ fyne.Tappable      = (*StepButton)(nil)
	_ desktop.Hoverable  = (*StepButton)(nil)
	_ desktop.Cursorable = (*StepButton)(nil)
)

func newStepButton(press func(), walk func(int)) *StepButton {
	b := &StepButton{
		press: press, walk: walk, surface: box(controlRadius), rim: &canvas.Circle{}, dot: &canvas.Circle{}, light: NewLight(LightInRow, NoShape),
		title: NewParagraph(look.Body, ""), detail: NewParagraph(look.Caption, ""),
	}
	b.ExtendBaseWidget(b)
	return b
}

// Item is the step.
func (b *StepButton) Item() StepItem { return b.item }

// Now says whether the step's page is the one that is shown.
func (b *StepButton) Now() bool { return b.now }

func (b *StepButton) set(i StepItem, now bool) {
	if b.item != i || b.now != now {
		b.item, b.now = i, now
		b.Refresh()
	}
}

// Tapped goes to the step's page.
func (b *StepButton) Tapped(*fyne.PointEvent) { b.press() }

// FocusGained shows the ring, inside the edge.
func (b *StepButton) FocusGained() {
	b.focused = true
	b.Refresh()
}

// FocusLost hides the ring.
func (b *StepButton) FocusLost() {
	b.focused = false
	b.Refresh()
}

// TypedRune is not for steps.
func (b *StepButton) TypedRune(rune) {}

// TypedKey goes to the step's page by Space and Enter, and to the steps above and
// below by the arrows.
func (b *StepButton) TypedKey(k *fyne.KeyEvent) {
	switch {
	case presses(k):
		b.press()
	case k.Name == fyne.KeyDown:
		b.walk(1)
	case k.Name == fyne.KeyUp:
		b.walk(-1)
	default:
		PassKey(b, k)
	}
}

// MouseIn shows that the pointer is over the step.
func (b *StepButton) MouseIn(*desktop.MouseEvent) {
	b.hovered = true
	b.Refresh()
}

// MouseMoved changes nothing.
func (b *StepButton) MouseMoved(*desktop.MouseEvent) {}

// MouseOut shows that the pointer has left.
func (b *StepButton) MouseOut() {
	b.hovered = false
	b.Refresh()
}

// Cursor is a hand.
func (b *StepButton) Cursor() desktop.Cursor { return desktop.PointerCursor }

// CreateRenderer draws the step.
func (b *StepButton) CreateRenderer() fyne.WidgetRenderer {
	b.ExtendBaseWidget(b)
	s := &sheet{owner: b, objects: []fyne.CanvasObject{b.surface, b.rim, b.dot, b.light, b.title, b.detail}, paint: b.paint}
	const above, below = 10, 7
	s.least = func() fyne.Size {
		high := b.title.MinSize().Height
		if !b.detail.Hidden {
			high += b.detail.MinSize().Height
		}
		return fyne.NewSize(NavWidth-2*stepsInset-1, max(stepRow, high+above+below))
	}
	s.lay = func(size fyne.Size) {
		put(b.surface, 0, 0, size.Width, size.Height)
		room := size.Width - stepWords - 8
		b.title.Resize(fyne.NewSize(room, 0))
		b.detail.Resize(fyne.NewSize(room, 0))
		high := b.title.MinSize().Height
		put(b.title, stepWords, above, room, high)
		put(b.detail, stepWords, above+high, room, b.detail.MinSize().Height)
		y := above + onLine(b.title.lineHeight(), LightInRow)
		put(b.light, stepGlyph, y, LightInRow, LightInRow)
		put(b.rim, stepGlyph+1, y+1, LightInRow-2, LightInRow-2)
		put(b.dot, stepGlyph+5, y+5, LightInRow-10, LightInRow-10)
	}
	return s.start()
}

func (b *StepButton) paint() {
	b.surface.FillColor, b.surface.StrokeColor, b.surface.StrokeWidth = color.Transparent, color.Transparent, 0
	words, kind := theme.ColorNameForeground, look.Body
	shape := b.item.Shape
	if shape == NoShape {
		shape = Waiting
	}
	switch {
	case b.now:
		b.surface.FillColor = ink(b, theme.ColorNameSelection)
		words, kind, shape = theme.ColorNameHyperlink, look.Strong, NoShape
	case b.hovered:
		b.surface.FillColor = ink(b, theme.ColorNameHover)
	}
	if !b.now && shape == Waiting {
		words = theme.ColorNamePlaceHolder
	}
	if b.focused {
		b.surface.StrokeColor, b.surface.StrokeWidth = ink(b, theme.ColorNameFocus), ringWidth
	}
	b.light.SetShape(shape)
	b.light.Hidden = shape == NoShape
	b.rim.Hidden, b.dot.Hidden = !b.now, !b.now
	b.rim.StrokeColor, b.rim.StrokeWidth, b.rim.FillColor = ink(b, theme.ColorNameFocus), 2, color.Transparent
	b.dot.FillColor = ink(b, theme.ColorNameFocus)
	b.title.setKind(kind)
	b.title.SetText(b.item.Title)
	b.title.SetColor(words)
	b.detail.SetText(b.item.Detail)
	b.detail.Hidden = b.item.Detail == ""
}
