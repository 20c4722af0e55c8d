package screen

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// SetupDeeds are what the set-up asks of the window.
type SetupDeeds struct {
	// Background does something away from the UI thread; changed has the page shown anew.
	Background func(do func(ctx context.Context, changed func()))
	Close      func() // leaves the page
	Copy       func(text string)
	OpenPage   func(address string)
	// ChooseFile asks for a file; done is called away from the UI thread.
	ChooseFile func(title string, done func(path string))
	// Problem shows how to mend something, with details to be copied.
	Problem func(sentence, details string)
	Print   func(code string) // a page with the recovery code
}

// Setup is the set-up, step by step, and the same pages as settings later. Its steps
// stand where the navigation stands otherwise: see [Setup.Nav].
type Setup struct {
	presenter *presenter.SettingUp
	deeds     SetupDeeds
	tongue    *i18n.Tongue

	steps       *widgets.Steps
	title, lead *widgets.Paragraph
	list        *fyne.Container
	content     fyne.CanvasObject
	bar         fyne.CanvasObject
	hint        *widgets.Paragraph
	room        hintRoom
	back        *setupButton
	all, next   *setupButton

	step  presenter.SetupStep
	views map[string]setupView
	moved bool // a person went to another step: its first field gets the focus
}

// setupView shows one block of a page.
type setupView interface {
	object() fyne.CanvasObject
	show(b presenter.SetupBlock)
}

// Room on the page, in pixels at scale 1.
const (
	setupGap       = 14 // between blocks
	setupHeadGap   = 18 // below the page's head
	setupLabels    = 166
	setupBetween   = 12 // around the line between two fields
	setupBarGap    = 12
	setupHintGap   = 20
	setupGuideText = 8
)

// NewSetup lays the set-up out.
func NewSetup(t *i18n.Tongue, p *presenter.SettingUp, deeds SetupDeeds) *Setup {
	s := &Setup{
		presenter: p, deeds: deeds, tongue: t, views: map[string]setupView{},
		title: widgets.NewParagraph(look.Title, ""), lead: widgets.NewParagraph(look.Lead, ""), list: column(setupGap), hint: widgets.NewParagraph(look.Caption, ""),
	}
	s.steps = widgets.NewSteps(func(key string) { s.press(presenter.SetupButton{Do: presenter.DoSetupGo, Argument: key}) })
	s.content = column(setupHeadGap, column(2, s.title, s.lead), s.list)
	s.back = newSetupButton(widgets.Outlined, s.press)
	s.all = newSetupButton(widgets.Outlined, s.press)
	s.next = newSetupButton(widgets.Filled, s.press)
	s.next.button.WithIcon(look.IconNext).IconLast()
	for _, b := range []*setupButton{s.back, s.all, s.next} {
		b.button.Sized(widgets.ButtonInBar)
	}
	s.bar = line(setupBarGap, 1, s.back.button, container.New(&s.room, s.hint), s.all.button, s.next.button)
	s.Update()
	return s
}

// Content is the page.
func (s *Setup) Content() fyne.CanvasObject { return s.content }

// Bar is what stands in the bar below the page.
func (s *Setup) Bar() fyne.CanvasObject { return s.bar }

// Part is the step that is shown.
func (s *Setup) Part() string { return string(s.step) }

// Nav is the steps. It is as wide as the navigation that it stands in the place of.
func (s *Setup) Nav() fyne.CanvasObject { return s.steps }

// Update shows the presenter's state; call it on the UI thread.
func (s *Setup) Update() {
	st := s.presenter.State()
	s.steps.Set(setupSteps(st))
	s.title.SetText(st.Page.Title)
	s.lead.SetText(st.Page.Lead)
	show(s.lead, st.Page.Lead != "")
	if st.Now != s.step {
		s.step = st.Now
		clear(s.views)
	}
	s.blocks(st.Page.Blocks)
	s.hint.SetText(st.Bar.Hint)
	show(s.hint, st.Bar.Hint != "" && !s.room.none)
	s.back.show(st.Bar.Back)
	s.all.button.SetIcon(barIcon(st.Bar.All.Do))
	s.all.show(st.Bar.All)
	s.next.show(st.Bar.Next)
	if s.moved {
		s.moved = false
		s.focusFirst()
	}
}

func barIcon(d presenter.SetupDo) look.Icon {
	if d == presenter.DoSetupStop {
		return look.IconStop
	}
	return look.IconRefresh
}

// blocks shows the blocks of the page. A block that was there before keeps its
// widgets, and with them the cursor.
func (s *Setup) blocks(blocks []presenter.SetupBlock) {
	objects := make([]fyne.CanvasObject, 0, len(blocks))
	used := make(map[string]bool, len(blocks))
	for _, b := range blocks {
		key := string(b.Kind) + " " + b.Key
		v, ok := s.views[key]
		if !ok {
			v = s.view(b.Kind)
			s.views[key] = v
		}
		used[key] = true
		v.show(b)
		objects = append(objects, v.object())
	}
	for key := range s.views {
		if !used[key] {
			delete(s.views, key)
		}
	}
	if !slices.Equal(s.list.Objects, objects) {
		s.list.Objects = objects
		s.list.Refresh()
	}
}

// setupSteps are the steps as their widget takes them.
func setupSteps(st presenter.SetupState) widgets.StepsData {
	d := widgets.StepsData{Title: st.Title, Where: st.Where, Now: string(st.Now), Foot: st.Foot}
	for _, l := range st.Steps {
		d.Items = append(d.Items, widgets.StepItem{Key: string(l.Step), Title: l.Title, Detail: l.Detail, Shape: ShapeOf(l.Light)})
	}
	return d
}

// press does what a button asks for.
func (s *Setup) press(b presenter.SetupButton) {
	switch b.Do {
	case presenter.DoSetupClose:
		s.presenter.Keep()
		s.deeds.Close()
	case presenter.DoSetupCopy:
		s.deeds.Copy(b.Argument)
	case presenter.DoSetupOpen:
		s.deeds.OpenPage(b.Argument)
	case presenter.DoSetupPrint:
		s.deeds.Print(b.Argument)
	case presenter.DoSetupHelp:
		sentence, details := s.presenter.Help(presenter.SetupField(b.Argument))
		s.deeds.Problem(sentence, lines(details))
	case presenter.DoSetupFile:
		s.deeds.ChooseFile(b.Text, func(path string) {
			s.deeds.Background(func(ctx context.Context, changed func()) { s.presenter.File(ctx, b.Argument, path, changed) })
		})
	default:
		s.moved = b.Do == presenter.DoSetupNext || b.Do == presenter.DoSetupBack || b.Do == presenter.DoSetupGo
		s.deeds.Background(func(ctx context.Context, changed func()) { s.presenter.Do(ctx, b, changed) })
	}
}

// choose hands a choice on, and has what follows from it found out.
func (s *Setup) choose(key, value string) {
	s.presenter.Choose(key, value)
	s.Update()
	s.deeds.Background(s.presenter.Chosen)
}

// focusFirst puts the cursor into the first field of the page, or onto its first
// choice, unless somebody is walking through the steps.
func (s *Setup) focusFirst() {
	c := fyne.CurrentApp().Driver().CanvasForObject(s.list)
	if c == nil {
		return
	}
	if _, walking := c.Focused().(*widgets.StepButton); walking {
		return
	}
	for _, o := range s.list.Objects {
		for _, v := range s.views {
			if v.object() != o {
				continue
			}
			if f, ok := v.(interface{ focus(fyne.Canvas) bool }); ok && f.focus(c) {
				return
			}
		}
	}
}

// lines joins lines of text.
func lines(all []string) string {
	out := ""
	for i, l := range all {
		if i > 0 {
			out += "\n"
		}
		out += l
	}
	return out
}

// hintRoom gives a hint the room that it has in a bar; where it needs more, as with
// large text in a narrow window, it is not shown.
type hintRoom struct{ none bool }

// Layout places the hint.
func (h *hintRoom) Layout(o []fyne.CanvasObject, size fyne.Size) {
	const side = setupHintGap - setupBarGap
	fitTo(o[0], max(size.Width-2*side, 1))
	high := o[0].MinSize().Height
	o[0].Move(fyne.NewPos(side, (widgets.BarHeight-high)/2))
	if h.none = high > widgets.BarHeight-8; h.none {
		o[0].Hide()
	}
}

// MinSize is the bar's height.
func (h *hintRoom) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(1, widgets.BarHeight-1)
}

// setupButton is a button whose text and deed come from the state.
type setupButton struct {
	button *widgets.Button
	does   presenter.SetupButton
}

func newSetupButton(kind widgets.ButtonKind, press func(presenter.SetupButton)) *setupButton {
	b := &setupButton{}
	b.button = widgets.NewButton(kind, "", func() { press(b.does) })
	return b
}

func (b *setupButton) show(d presenter.SetupButton) {
	b.does = d
	b.button.SetText(d.Text)
	show(b.button, d.Text != "")
	enable(b.button, !d.Off)
}
