package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// surface is a plain colour of the theme.
type surface struct {
	widget.BaseWidget
	name fyne.ThemeColorName
	rect *canvas.Rectangle
}

func newSurface(name fyne.ThemeColorName) *surface {
	s := &surface{name: name, rect: canvas.NewRectangle(color.Transparent)}
	s.ExtendBaseWidget(s)
	return s
}

func (s *surface) set(name fyne.ThemeColorName) {
	if s.name != name {
		s.name = name
		s.Refresh()
	}
}

// CreateRenderer paints the colour.
func (s *surface) CreateRenderer() fyne.WidgetRenderer {
	s.paint()
	return &surfaceRenderer{widget.NewSimpleRenderer(s.rect), s}
}

func (s *surface) paint() {
	s.rect.FillColor = s.Theme().Color(s.name, fyne.CurrentApp().Settings().ThemeVariant())
}

type surfaceRenderer struct {
	fyne.WidgetRenderer
	surface *surface
}

// Refresh takes on the theme.
func (r *surfaceRenderer) Refresh() {
	r.surface.paint()
	r.WidgetRenderer.Refresh()
}

// avatar is the first letter of somebody's name on a disc.
type avatar struct {
	widget.BaseWidget
	letter string
	disc   *canvas.Circle
	text   *canvas.Text
}

const avatarSide = 40

func newAvatar() *avatar {
	a := &avatar{disc: canvas.NewCircle(color.Transparent), text: canvas.NewText("", color.Transparent)}
	a.text.Alignment = fyne.TextAlignCenter
	a.ExtendBaseWidget(a)
	return a
}

func (a *avatar) set(letter string) {
	if a.letter != letter {
		a.letter = letter
		a.Refresh()
	}
}

// CreateRenderer draws the disc.
func (a *avatar) CreateRenderer() fyne.WidgetRenderer {
	box := container.NewStack(a.disc, container.NewCenter(a.text))
	r := &avatarRenderer{widget.NewSimpleRenderer(box), a}
	r.paint()
	return r
}

type avatarRenderer struct {
	fyne.WidgetRenderer
	a *avatar
}

func (r *avatarRenderer) paint() {
	a, v := r.a, fyne.CurrentApp().Settings().ThemeVariant()
	a.disc.FillColor = a.Theme().Color(look.ColorUnkTint, v)
	a.text.Color = a.Theme().Color(theme.ColorNameForeground, v)
	a.text.TextSize, a.text.TextStyle = a.Theme().Size(look.Body.Size()), look.Strong.Style()
	look.Set(a.text, a.letter)
}

// MinSize is that of the disc.
func (r *avatarRenderer) MinSize() fyne.Size {
	return fyne.NewSquareSize(round(avatarSide * textScale()))
}

// Refresh takes on letter and theme.
func (r *avatarRenderer) Refresh() {
	r.paint()
	r.WidgetRenderer.Refresh()
}

// mailBanner says what is shown, across the page.
type mailBanner struct {
	surface       *surface
	sign          *sign
	light         *widgets.Light
	title, text   *widgets.Words
	update, leave *widgets.Button
	box           *fyne.Container
	working, idle string
}

func newMailBanner(t *i18n.Tongue, update, leave func()) *mailBanner {
	b := &mailBanner{
		surface: newSurface(theme.ColorNameSelection), sign: newSign(look.IconClock, accent, 20), light: widgets.NewLight(widgets.LightInRow+2, widgets.NoShape),
		title: widgets.NewWords(look.Strong, ""), text: widgets.NewWords(look.Quiet, "").Shrinking(), working: t.T("Updating …"), idle: t.T("Update now"),
	}
	b.update = widgets.NewButton(widgets.Plain, b.idle, update).WithIcon(look.IconRefresh).Sized(widgets.ButtonInRow)
	b.leave = widgets.NewButton(widgets.Plain, t.T("Back to the mirror"), leave).WithIcon(look.IconBack).Sized(widgets.ButtonInRow)
	row := line(10, 3, b.sign, b.light, b.title, b.text, b.update, b.leave)
	b.box = container.NewStack(b.surface, container.New(&sides{20, 10}, row), container.New(&footRule{}, newSurface(theme.ColorNameSeparator)))
	return b
}

func (b *mailBanner) show(s presenter.MailState) {
	care := s.Banner.Light == presenter.LightCare
	if care {
		b.surface.set(look.ColorWarnTint)
		b.light.SetShape(widgets.Triangle)
	} else {
		b.surface.set(theme.ColorNameSelection)
		b.light.SetShape(widgets.NoShape)
	}
	show(b.light, care)
	show(b.sign, !care)
	b.title.SetText(s.Banner.Title)
	text := s.Banner.Text
	if s.Banner.Problem != "" {
		text = s.Banner.Problem
	}
	b.text.SetText(text)
	if s.Banner.Working {
		b.update.SetText(b.working)
		b.update.Disable()
	} else {
		b.update.SetText(b.idle)
		b.update.Enable()
	}
	show(b.update, s.Updates)
	show(b.leave, s.Browsing)
}

// sides leaves room at the left and right.
type sides struct{ left, right float32 }

// Layout places the objects between the sides.
func (p *sides) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		place(o, p.left, 0, size.Width-p.left-p.right, size.Height)
	}
}

// MinSize is as high as the objects; the page gives the width.
func (p *sides) MinSize(objects []fyne.CanvasObject) fyne.Size {
	high := float32(0)
	for _, o := range objects {
		high = max(high, o.MinSize().Height)
	}
	return fyne.NewSize(1, high+8)
}

// footRule puts a line at the foot.
type footRule struct{}

// Layout places the line.
func (*footRule) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	place(objects[0], 0, size.Height-1, size.Width, 1)
}

// MinSize is that of the line.
func (*footRule) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// sayPane stands where a list would, and says why there is none.
type sayPane struct {
	light   *widgets.Light
	text    *widgets.Paragraph
	more    *widgets.Button
	box     *fyne.Container
	problem presenter.MailListState
}

func newSayPane(t *i18n.Tongue, deeds MailDeeds) *sayPane {
	p := &sayPane{light: widgets.NewLight(20, widgets.NoShape), text: widgets.NewParagraph(look.Quiet, "")}
	p.more = widgets.NewButton(widgets.Plain, t.T("Details"), func() { deeds.Problem(p.problem.Problem, p.problem.Details) })
	p.box = column(8, widgets.Space(columnEdge), p.light, p.text, line(0, -1, p.more))
	return p
}

func (p *sayPane) show(s presenter.MailListState) {
	p.problem = s
	text, shape := s.Say, widgets.NoShape
	switch {
	case s.Problem != "":
		text, shape = s.Problem, widgets.Triangle
	case s.Busy && s.Say != "":
		shape = widgets.Working
	}
	p.text.SetText(text)
	p.light.SetShape(shape)
	show(p.light, shape != widgets.NoShape)
	show(p.more, s.Problem != "")
	show(p.box, s.Length == 0)
}

// lockPane asks why other people's mail has to be read.
type lockPane struct {
	sign   *sign
	title  *widgets.Paragraph
	text   *widgets.Paragraph
	reason *widgets.Field
	open   *widgets.Button
	mine   *widgets.Button
	state  presenter.MailLock
	box    *fyne.Container
}

func newLockPane(t *i18n.Tongue, open func(reason string), mine func(address string)) *lockPane {
	p := &lockPane{sign: newSign(look.IconLock, theme.ColorNamePlaceHolder, 28), title: widgets.NewParagraph(look.Title, ""), text: widgets.NewParagraph(look.Lead, "")}
	p.reason = widgets.NewField(widgets.FieldOptions{Label: t.T("Reason"), Placeholder: t.T("Such as: illness cover, agreed with the works council")})
	p.open = widgets.NewButton(widgets.Filled, t.T("Open"), func() { open(p.reason.Text()) })
	p.mine = widgets.NewButton(widgets.Plain, t.T("This mailbox is mine"), func() { mine(p.state.Address) })
	p.reason.OnChanged = func(text string) { p.allow(text) }
	p.reason.OnSubmit = func(string) { // an input method's Enter comes here, too: nothing is opened by it
		if c := fyne.CurrentApp().Driver().CanvasForObject(p.open); c != nil && !p.open.Disabled() {
			c.Focus(p.open)
		}
	}
	page := column(inside, line(0, -1, p.sign), p.title, p.text, widgets.Space(4), p.reason, line(gap, -1, p.open, p.mine))
	p.box = container.NewStack(newSurface(look.ColorCard), container.New(&middlePage{520}, page))
	p.allow("")
	return p
}

func (p *lockPane) allow(reason string) {
	if reason == "" {
		p.open.Disable()
	} else {
		p.open.Enable()
	}
}

func (p *lockPane) show(l *presenter.MailLock) {
	show(p.box, l != nil)
	if l == nil {
		return
	}
	if p.title.Text() != l.Title {
		p.reason.SetText("")
	}
	p.state = *l
	show(p.mine, l.Mine)
	p.title.SetText(l.Title)
	p.text.SetText(l.Text)
}

// middlePage is a column in the middle, a third from above.
type middlePage struct{ wide float32 }

// Layout places the column.
func (p *middlePage) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	wide := min(p.wide*textScale(), size.Width-2*gap)
	for _, o := range objects {
		o.Resize(fyne.NewSize(wide, 0))
		high := o.MinSize().Height
		place(o, round((size.Width-wide)/2), max(round((size.Height-high)/3), gap), wide, high)
	}
}

// MinSize is any.
func (*middlePage) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }
