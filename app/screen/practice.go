package screen

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// PracticeDeeds are what the bar of the practice page asks for.
type PracticeDeeds struct {
	Break func(presenter.TroubleKey)
	Mend  func()
	Play  func() // plays, or stops what plays
}

// Practice is the real Home over the built-in world, with a bar above it to break
// and mend that world, and a map of it below.
type Practice struct {
	presenter *presenter.Practice
	home      *Home
	deeds     PracticeDeeds
	state     presenter.PracticeState
	play      string
	stop      string

	hint    *widgets.Paragraph
	broken  *widgets.Paragraph
	breakIt *widgets.Button
	mend    *widgets.Button
	playing *widgets.Button
	world   *worldView
	content fyne.CanvasObject
}

// NewPractice lays the screen out around home, which is shown nowhere else.
func NewPractice(t *i18n.Tongue, p *presenter.Practice, home *Home, deeds PracticeDeeds) *Practice {
	s := &Practice{
		presenter: p, home: home, deeds: deeds, play: t.T("Play an outage"), stop: t.T("Stop playing"),
		hint: widgets.NewParagraph(look.Strong, ""), broken: widgets.NewParagraph(look.Caption, ""), world: newWorldView(t),
	}
	s.breakIt = widgets.NewButton(widgets.Filled, t.T("Break it"), s.choose).WithIcon(look.IconBolt)
	s.mend = widgets.NewButton(widgets.Outlined, t.T("Mend"), func() { deeds.Mend() })
	s.playing = widgets.NewButton(widgets.Plain, s.play, func() { deeds.Play() }).WithIcon(look.IconPlay)
	flag := widgets.NewPill(widgets.PillData{Icon: look.IconFlag, Text: t.T("Practice"), Tone: widgets.ToneAccent})
	bar := newBanner(line(inside, 1, flag, column(0, s.hint, s.broken), s.playing, s.mend, s.breakIt))
	s.content = column(gap, bar, widgets.Space(0), home.body, s.world.card)
	s.Update()
	return s
}

// Content is the screen.
func (s *Practice) Content() fyne.CanvasObject { return s.content }

// newBanner puts what stands above a whole page on a tint of its own.
func newBanner(content fyne.CanvasObject) fyne.CanvasObject {
	surface := canvas.NewRectangle(nil)
	surface.CornerRadius, surface.StrokeWidth = 10, 1
	return container.New(&tinted{surface, true}, surface, container.New(padded(8, 14), content))
}

// choose offers the ways to break the world.
func (s *Practice) choose() {
	var items []*fyne.MenuItem
	for _, c := range s.state.Choices {
		item := fyne.NewMenuItem(c.Title, func() { s.deeds.Break(c.Key) })
		item.Checked = c.Active
		items = append(items, item)
	}
	c := fyne.CurrentApp().Driver().CanvasForObject(s.breakIt)
	if c == nil {
		return
	}
	menu := widget.NewPopUpMenu(fyne.NewMenu("", items...), c)
	menu.ShowAtRelativePosition(fyne.NewPos(s.breakIt.Size().Width-menu.MinSize().Width, s.breakIt.Size().Height+4), s.breakIt)
	c.Focus(menu)
}

// Update shows the presenters' state; call it on the UI thread.
func (s *Practice) Update() {
	s.home.Update()
	s.state = s.presenter.State()
	st := s.state
	hint := st.Hint
	if st.Problem != "" {
		hint = st.Problem
	}
	s.hint.SetText(hint)
	s.broken.SetText(strings.Join(st.Broken, " · "))
	show(s.broken, len(st.Broken) > 0)
	kind := widgets.Filled
	if filled(s.home.State()) || st.Playing || st.Mend {
		kind = widgets.Outlined
	}
	s.breakIt.SetKind(kind)
	enable(s.breakIt, !st.Playing)
	enable(s.mend, st.Mend && !st.Playing)
	if st.Playing {
		s.playing.SetText(s.stop)
		s.playing.SetIcon(look.IconStop)
	} else {
		s.playing.SetText(s.play)
		s.playing.SetIcon(look.IconPlay)
	}
	s.world.show(st.Routes, st.Ledger)
	s.world.move(s.presenter.Hops())
}

// filled reports whether Home has a filled button: a page has one at most.
func filled(s presenter.HomeState) bool {
	var all []presenter.Button
	if s.Next != nil {
		all = append(all, s.Next.Buttons...)
	}
	if s.Trouble != nil {
		all = append(all, s.Trouble.Option.Buttons...)
	}
	for _, b := range all {
		if b.Filled {
			return true
		}
	}
	return false
}

// enable lets a button be pressed, or not.
func enable(b *widgets.Button, can bool) {
	switch {
	case can && b.Disabled():
		b.Enable()
	case !can && !b.Disabled():
		b.Disable()
	}
}

// worldView is the map of the built-in world over the ledger of its mail.
type worldView struct {
	card   *fyne.Container
	routes *widgets.RouteMap
	ledger *widgets.Ledger
}

func newWorldView(t *i18n.Tongue) *worldView {
	v := &worldView{routes: widgets.NewRouteMap(t.T("Who sends where")), ledger: widgets.NewLedger()}
	v.card = column(gap, widgets.NewCard(v.routes), widgets.NewCard(container.NewStack(v.ledger)))
	return v
}

func (v *worldView) show(r presenter.RoutesState, l presenter.LedgerState) {
	v.routes.Set(mapOf(r))
	v.ledger.Set(ledgerOf(l))
}

// move lets messages move along the map.
func (v *worldView) move(hops []presenter.Hop) {
	for _, h := range hops {
		v.routes.Send(h.From, h.To)
	}
}
