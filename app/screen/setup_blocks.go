package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// view makes the view of a kind of block.
func (s *Setup) view(kind presenter.SetupKind) setupView {
	switch kind {
	case presenter.SetupLine:
		return newSetupLine(s)
	case presenter.SetupTiles:
		return newSetupTiles(s)
	case presenter.SetupCard:
		return newSetupCard(s)
	case presenter.SetupFacts:
		return newSetupFacts()
	case presenter.SetupGuide:
		return newSetupGuide(s)
	case presenter.SetupPeople:
		return newSetupPeople(s)
	case presenter.SetupCode:
		return newSetupCode(s)
	case presenter.SetupGauge:
		return newSetupGauge(s)
	case presenter.SetupDeeds:
		return newSetupRow(s)
	default:
		return &setupWords{text: widgets.NewParagraph(look.Body, "")}
	}
}

// setupWords is a paragraph.
type setupWords struct{ text *widgets.Paragraph }

func (v *setupWords) object() fyne.CanvasObject { return v.text }

func (v *setupWords) show(b presenter.SetupBlock) { v.text.SetText(b.Text) }

// setupLine is a line that says how something stands.
type setupLine struct {
	line *widgets.StatusLine
	link presenter.SetupButton
}

func newSetupLine(s *Setup) *setupLine {
	v := &setupLine{line: widgets.NewStatusLine()}
	v.line.OnHelp = func() { s.press(v.link) }
	return v
}

func (v *setupLine) object() fyne.CanvasObject { return v.line }

func (v *setupLine) show(b presenter.SetupBlock) {
	v.link = b.Link
	link := b.Link.Text
	if b.Link.Off {
		link = ""
	}
	v.line.Set(widgets.FieldResult{Shape: ShapeOf(b.Light), Word: b.Title, Detail: b.Text, Link: link})
}

// setupTiles is a choice.
type setupTiles struct {
	box    *fyne.Container
	title  *widgets.Words
	choice *widgets.Choice
	key    string
}

// tilesAcross is how many tiles there are in a row where there is room.
func tilesAcross(n int) int {
	if n == 2 || n == 4 {
		return n
	}
	return 3
}

func newSetupTiles(s *Setup) *setupTiles {
	v := &setupTiles{title: widgets.NewWords(look.Strong, ""), choice: widgets.NewChoice(1)}
	v.choice.OnChosen = func(key string) { s.choose(v.key, key) }
	v.box = column(8, v.title, v.choice)
	return v
}

func (v *setupTiles) object() fyne.CanvasObject { return v.box }

func (v *setupTiles) focus(c fyne.Canvas) bool {
	c.Focus(v.choice)
	return true
}

func (v *setupTiles) show(b presenter.SetupBlock) {
	v.key = b.Key
	v.title.SetText(b.Title)
	show(v.title, b.Title != "")
	d := widgets.ChoiceData{Chosen: b.Chosen}
	for _, t := range b.Tiles {
		d.Options = append(d.Options, widgets.ChoiceOption{Key: t.Key, Title: t.Title, Note: t.Note})
	}
	v.choice.SetColumns(tilesAcross(len(d.Options)))
	v.choice.Set(d)
}

// setupFacts is what was found, or is so.
type setupFacts struct {
	card  *widgets.Card
	title *widgets.Words
	rows  *facts
}

// factWords is where a fact's words begin, in pixels at scale 1.
const factWords = 214

func newSetupFacts() *setupFacts {
	v := &setupFacts{title: widgets.NewWords(look.Strong, ""), rows: newFacts(factWords)}
	v.card = widgets.NewCard(column(8, v.title, v.rows.box)).Padded(widgets.CardPadding, 14)
	return v
}

func (v *setupFacts) object() fyne.CanvasObject { return v.card }

func (v *setupFacts) show(b presenter.SetupBlock) {
	v.title.SetText(b.Title)
	show(v.title, b.Title != "")
	v.rows.show(b.Rows)
}

// setupRow is buttons.
type setupRow struct {
	setup   *Setup
	box     *fyne.Container
	buttons []*setupButton
}

func newSetupRow(s *Setup) *setupRow { return &setupRow{setup: s, box: container.New(deedsLayout{})} }

func (v *setupRow) object() fyne.CanvasObject { return v.box }

func (v *setupRow) show(b presenter.SetupBlock) { v.set(b.Buttons) }

func (v *setupRow) set(all []presenter.SetupButton) {
	if len(v.buttons) != len(all) {
		v.buttons, v.box.Objects = nil, nil
		for range all {
			b := newSetupButton(widgets.Outlined, v.setup.press)
			v.buttons = append(v.buttons, b)
			v.box.Objects = append(v.box.Objects, b.button)
		}
		v.box.Refresh()
	}
	for i, d := range all {
		v.buttons[i].button.SetKind(kindOf(d.Do))
		v.buttons[i].button.SetIcon(setupIconOf(d.Do))
		v.buttons[i].show(d)
	}
}

// deedsLayout puts buttons beside each other, on as many lines as they need. Words
// without a border begin where everything else on the page does.
type deedsLayout struct{}

const plainPadding = 15 // before the words of a button, in pixels at scale 1

func (deedsLayout) each(o []fyne.CanvasObject, width float32, put func(o fyne.CanvasObject, x, y float32, size fyne.Size)) (high float32) {
	x, y, row := float32(0), float32(0), float32(0)
	for _, c := range o {
		if !c.Visible() {
			continue
		}
		size := c.MinSize()
		lead := float32(0)
		if b, ok := c.(*widgets.Button); ok && b.Kind() == widgets.Plain && x == 0 {
			lead = -plainPadding
		}
		if x > 0 && x+size.Width > width {
			x, y, row = 0, y+row+8, 0
		}
		put(c, x+lead, y, size)
		x += lead + size.Width + inside
		row = max(row, size.Height)
	}
	return y + row
}

// Layout places the buttons.
func (l deedsLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	l.each(o, size.Width, func(c fyne.CanvasObject, x, y float32, size fyne.Size) {
		c.Move(fyne.NewPos(x, y))
		c.Resize(size)
	})
}

// MinSize is as high as the lines are that the buttons stand on now.
func (l deedsLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	var all fyne.Size
	for _, c := range o {
		if c.Visible() {
			all.Width = max(all.Width, c.MinSize().Width)
			all.Height = max(all.Height, c.Position().Y+c.MinSize().Height)
		}
	}
	return all
}

// kindOf: what only changes the page is plain.
func kindOf(d presenter.SetupDo) widgets.ButtonKind {
	switch d {
	case presenter.DoSetupFold, presenter.DoSetupNone, presenter.DoSetupWrite, presenter.DoSetupRemove:
		return widgets.Plain
	default:
		return widgets.Outlined
	}
}

func setupIconOf(d presenter.SetupDo) look.Icon {
	switch d {
	case presenter.DoSetupCopy:
		return look.IconCopy
	case presenter.DoSetupPrint:
		return look.IconPrint
	default:
		return look.NoIcon
	}
}

// setupGuide is what to do elsewhere, step by step.
type setupGuide struct {
	setup *Setup
	card  *widgets.Card
	title *widgets.Words
	done  *widgets.Words
	rows  *fyne.Container
	steps []*guideRow
}

type guideRow struct {
	check   *widgets.Check
	buttons *setupRow
	key     string
}

func newSetupGuide(s *Setup) *setupGuide {
	v := &setupGuide{setup: s, title: widgets.NewWords(look.Strong, ""), done: widgets.NewWords(look.Quiet, ""), rows: column(setupGuideText)}
	v.card = widgets.NewCard(column(inside, line(inside, 0, v.title, v.done), v.rows)).Padded(widgets.CardPadding, 14)
	return v
}

func (v *setupGuide) object() fyne.CanvasObject { return v.card }

func (v *setupGuide) show(b presenter.SetupBlock) {
	v.title.SetText(b.Title)
	v.done.SetText(b.Text)
	if len(v.steps) != len(b.Steps) {
		v.steps, v.rows.Objects = nil, nil
		for range b.Steps {
			r := &guideRow{check: widgets.NewCheck(""), buttons: newSetupRow(v.setup)}
			r.check.OnChanged = func(on bool) { v.setup.choose(r.key, ticked(on)) }
			v.steps = append(v.steps, r)
			v.rows.Objects = append(v.rows.Objects, column(4, r.check, container.New(padded(0, 30), r.buttons.box)))
		}
		v.rows.Refresh()
	}
	for i, g := range b.Steps {
		r := v.steps[i]
		r.key = g.Key
		r.check.SetText(g.Text)
		r.check.Set(g.Done)
		r.buttons.set(g.Buttons)
		if row, ok := v.rows.Objects[i].(*fyne.Container); ok {
			show(row.Objects[1], len(g.Buttons) > 0)
		}
	}
}

func ticked(on bool) string {
	if on {
		return "yes"
	}
	return ""
}

// setupCode is something to be copied or printed, set large.
type setupCode struct {
	card    *widgets.Card
	code    *widgets.Paragraph
	text    *widgets.Paragraph
	buttons *setupRow
}

func newSetupCode(s *Setup) *setupCode {
	v := &setupCode{code: widgets.NewParagraph(look.Title, ""), text: widgets.NewParagraph(look.Quiet, ""), buttons: newSetupRow(s)}
	v.card = widgets.NewCard(column(inside, v.code, v.text, v.buttons.box))
	v.card.SetLive(true)
	return v
}

func (v *setupCode) object() fyne.CanvasObject { return v.card }

func (v *setupCode) show(b presenter.SetupBlock) {
	v.code.SetText(b.Title)
	v.text.SetText(b.Text)
	v.buttons.set(b.Buttons)
}

// setupGauge is how far long work is.
type setupGauge struct {
	card    *widgets.Card
	gauge   *widgets.Progress
	buttons *setupRow
}

func newSetupGauge(s *Setup) *setupGauge {
	v := &setupGauge{gauge: widgets.NewProgress(), buttons: newSetupRow(s)}
	v.card = widgets.NewCard(line(gap, 0, v.gauge, v.buttons.box))
	return v
}

func (v *setupGauge) object() fyne.CanvasObject { return v.card }

func (v *setupGauge) show(b presenter.SetupBlock) {
	v.gauge.Set(widgets.ProgressData{Title: b.Title, Note: b.Text, Share: b.Share})
	v.buttons.set(b.Buttons)
}
