package screen

import (
	"context"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// Compose is where a message is written. It stands where lists and messages are read.
type Compose struct {
	t         *i18n.Tongue
	presenter *presenter.Compose
	deeds     MailDeeds
	state     presenter.ComposeState
	key       int
	filling   bool // fields are set from the state: nothing was typed

	title                        *widgets.Words
	send, attach, throw, putAway *widgets.Button
	copies                       *widgets.Button // shows the fields for copies
	from                         *widgets.Select
	fromRow                      *fyne.Container
	people                       [3]*widgets.Chips
	subject                      *widgets.Field
	text                         *widgets.TextBox
	quoted                       *widgets.Words
	files                        *widgets.Files
	light                        *widgets.Light
	problem                      *widgets.Paragraph
	problemRow                   *fyne.Container
	form                         *fyne.Container
	withCopies                   bool
	box                          *fyne.Container
}

// composeColumn is the width of the labels' column, in pixels at scale 1.
const composeColumn = 88

// NewCompose lays the composer out.
func NewCompose(t *i18n.Tongue, p *presenter.Compose, deeds MailDeeds) *Compose {
	c := &Compose{t: t, presenter: p, deeds: deeds, key: -1}
	c.title = widgets.NewWords(look.Heading, "").Shrinking()
	c.send = widgets.NewButton(widgets.Filled, t.T("Send"), c.ask).WithIcon(look.IconSent)
	c.attach = widgets.NewButton(widgets.Outlined, t.T("Attach"), c.addFile).WithIcon(look.IconClip)
	c.throw = widgets.NewButton(widgets.Plain, t.T("Discard"), c.discard).WithIcon(look.IconBin)
	c.putAway = widgets.NewButton(widgets.Plain, t.T("Close"), func() { c.close(); c.show(p.State()) }).WithIcon(look.IconClose)
	c.copies = widgets.NewButton(widgets.Plain, t.T("Cc and Bcc"), func() { c.withCopies = true; c.layCopies() }).Sized(widgets.ButtonInRow)
	c.from = widgets.NewSelect(0)
	c.from.OnChosen = p.SetFrom
	c.fromRow = inColumn(t.T("From"), c.from)
	for f, name := range []string{t.T("To"), t.T("Cc"), t.T("Bcc")} {
		c.people[f] = c.chips(presenter.ComposeField(f), name)
	}
	c.subject = widgets.NewField(widgets.FieldOptions{Label: t.T("Subject"), LabelWidth: composeColumn})
	c.subject.OnChanged = func(s string) { c.typed(func() { p.SetSubject(s) }) }
	c.text = widgets.NewTextBox(6, "")
	c.text.OnChanged = func(s string) { c.typed(func() { p.SetText(s) }) }
	c.quoted = widgets.NewWords(look.Caption, "")
	c.files = widgets.NewFiles()
	c.files.OnOther = func(key string) { p.Detach(key); c.show(p.State()) }
	c.light, c.problem = widgets.NewLight(20, widgets.Octagon), widgets.NewParagraph(look.Body, "")
	more := widgets.NewButton(widgets.Plain, t.T("Details"), func() { deeds.Problem(c.state.Problem, c.state.Details) }).Sized(widgets.ButtonInRow)
	c.problemRow = line(8, 1, c.light, c.problem, more)
	c.build()
	return c
}

// build puts the parts together.
func (c *Compose) build() {
	head := container.New(&sides{widgetsEdge, paneEdge}, line(8, 0, c.title, c.throw, c.putAway, c.attach, c.send))
	c.form = container.New(widgets.RowsFilling(inside, 7), c.problemRow, c.fromRow, line(8, 0, c.people[0], c.copies), c.people[1], c.people[2], c.subject,
		c.files, c.text, c.quoted)
	page := container.New(&composeLayout{c}, container.New(&headRoom{}, head, newSurface(theme.ColorNameSeparator)), c.form, c.people[0].Offers(), c.people[1].Offers(), c.people[2].Offers())
	c.box = page
	c.layCopies()
}

// inColumn puts a name in the labels' column before a control.
func inColumn(name string, o fyne.CanvasObject) *fyne.Container {
	return container.New(&labelColumn{}, widgets.NewWords(look.Strong, name), o)
}

// labelColumn gives the name its column, and the control the rest.
type labelColumn struct{}

// Layout places the two.
func (*labelColumn) Layout(o []fyne.CanvasObject, size fyne.Size) {
	place(o[0], 0, 0, composeColumn-inside, size.Height)
	place(o[1], composeColumn, 0, size.Width-composeColumn, size.Height)
}

// MinSize is the control's.
func (*labelColumn) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[1].MinSize().AddWidthHeight(composeColumn, 0)
}

// chips is a field for people.
func (c *Compose) chips(f presenter.ComposeField, name string) *widgets.Chips {
	p := c.presenter
	x := widgets.NewChips(name, composeColumn)
	x.OnTyped = func(text string) { p.Type(f, text) }
	x.OnAdd = func(text string) { p.Add(f, text); c.show(p.State()) }
	x.OnRemove = func(i int) { p.Remove(f, i); c.show(p.State()) }
	x.OnTake = func(i int) { p.Take(f, i); c.show(p.State()) }
	x.OnOffers = c.layOut
	return x
}

// layOut lays the page out anew, as when something grew.
func (c *Compose) layOut() {
	if c.box != nil {
		c.box.Refresh()
	}
}

// layCopies shows the fields for copies where they are asked for or used.
func (c *Compose) layCopies() {
	with := c.withCopies || len(c.state.People[presenter.FieldCc])+len(c.state.People[presenter.FieldBcc]) > 0
	show(c.people[1], with)
	show(c.people[2], with)
	show(c.copies, !with)
	c.layOut()
}

// typed hands on what somebody typed, not what was set.
func (c *Compose) typed(do func()) {
	if !c.filling {
		do()
	}
}

// show shows the presenter's state.
func (c *Compose) show(s presenter.ComposeState) {
	before := c.state
	c.state = s
	if s.Sent != nil {
		c.told(*s.Sent)
	}
	if !s.Open {
		c.key = s.Key
		return
	}
	if s.Key != c.key {
		c.key = s.Key
		c.filling = true
		c.subject.SetText(s.Subject)
		c.text.SetText(s.Text)
		c.filling = false
		if s.ID != before.ID {
			c.withCopies = false
		}
	}
	c.title.SetText(s.Title)
	c.showFrom(s)
	for f, x := range c.people {
		var chips []widgets.Chip
		for _, p := range s.People[f] {
			chips = append(chips, widgets.Chip{Text: p.Name, Bad: p.Bad})
		}
		x.Set(chips)
		x.SetOffers(s.Offers[f])
	}
	c.showFiles(s)
	c.quoted.SetText(s.Quoted)
	show(c.quoted, s.Quoted != "")
	c.problem.SetText(s.Problem)
	show(c.problemRow, s.Problem != "")
	turn(c.send, s.CanSend)
	for _, b := range []*widgets.Button{c.attach, c.throw} {
		turn(b, !s.Sending)
	}
	text := c.t.T("Send")
	if s.Sending {
		text = c.t.T("Sending …")
	}
	c.send.SetText(text)
	c.layCopies()
}

func (c *Compose) showFrom(s presenter.ComposeState) {
	options := make([]widgets.SelectOption, len(s.Senders))
	for i, a := range s.Senders {
		options[i] = widgets.SelectOption{Key: a, Text: a}
	}
	c.from.Set(widgets.SelectData{Options: options, Chosen: s.From})
	show(c.fromRow, len(options) > 1)
}

func (c *Compose) showFiles(s presenter.ComposeState) {
	var rows []widgets.FileRow
	for _, f := range s.Files {
		row := widgets.FileRow{Key: f.Part, Name: f.Name, Size: f.Size, Note: f.Note}
		if f.Part != "" {
			row.Other = c.t.T("Take out")
		}
		rows = append(rows, row)
	}
	c.files.Set(rows)
	show(c.files, len(rows) > 0)
}

// told says what became of a message that was sent.
func (c *Compose) told(s presenter.SentState) {
	c.presenter.Told()
	c.state.Sent = nil
	if s.Light == presenter.LightHealthy || s.Light == presenter.LightWorking {
		c.deeds.Toast(s.Text)
		return
	}
	c.deeds.Problem(s.Text, s.Details)
}

// begin puts the cursor where writing begins.
func (c *Compose) begin(on fyne.Canvas) {
	if len(c.state.People[0]) > 0 || c.state.Title == c.t.T("Reply") {
		c.text.Focus(on)
		return
	}
	c.people[0].Focus(on)
}

// close puts the message away, with whoever is typed in and not complete yet.
func (c *Compose) close() {
	c.commit()
	c.presenter.Close()
}

// commit completes whoever is typed in.
func (c *Compose) commit() {
	for _, x := range c.people {
		x.Commit()
	}
}

// ask sends, after asking about what is missing.
func (c *Compose) ask() {
	c.commit()
	missing := c.presenter.Missing()
	if missing == "" {
		c.hand()
		return
	}
	c.deeds.Ask(widgets.DialogData{Title: c.t.T("Send all the same?"), Text: missing, Yes: c.t.T("Send"), No: c.t.T("Go on writing")}, func(yes bool, _ []string) {
		if yes {
			c.hand()
		}
	})
}

func (c *Compose) hand() {
	c.deeds.Background(c.presenter.Send)
}

// addFile asks for a file to attach.
func (c *Compose) addFile() {
	c.deeds.ChooseFile(c.t.T("Attach a file"), func(file string) {
		c.deeds.Background(func(_ context.Context, changed func()) {
			c.presenter.Attach(filepath.Clean(file))
			changed()
		})
	})
}

// discard throws the message away, after asking.
func (c *Compose) discard() {
	c.deeds.Ask(widgets.DialogData{
		Title: c.t.T("Discard this message?"), Text: c.t.T("What you have written is gone then."), Yes: c.t.T("Discard"), No: c.t.T("Keep it"), Risky: true,
	}, func(yes bool, _ []string) {
		if yes {
			c.presenter.Discard()
			c.show(c.presenter.State())
		}
	})
}

// headRoom is the height of what stands above.
type headRoom struct{}

// Layout places the buttons, and the line below.
func (*headRoom) Layout(o []fyne.CanvasObject, size fyne.Size) {
	place(o[0], 0, 0, size.Width, size.Height)
	place(o[1], 0, size.Height-1, size.Width, 1)
}

// MinSize is the height.
func (*headRoom) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(1, max(headHigh, o[0].MinSize().Height+8))
}

// composeWidest is how wide a message is written at most, in pixels at scale 1.
const composeWidest = 820

// composeLayout puts the form below the buttons, and what is offered over it.
type composeLayout struct{ c *Compose }

// Layout places the parts.
func (l *composeLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	head := o[0].MinSize().Height
	place(o[0], 0, 0, size.Width, head)
	wide := min(size.Width-2*widgetsEdge, composeWidest*textScale())
	place(o[1], widgetsEdge, head+paneEdge, wide, size.Height-head-2*paneEdge)
	for i, x := range l.c.people {
		if offers := o[2+i]; offers.Visible() {
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(x).Subtract(fyne.CurrentApp().Driver().AbsolutePositionForObject(l.c.box))
			least := offers.MinSize()
			place(offers, at.X+composeColumn, at.Y+x.Size().Height+4, min(x.Size().Width-composeColumn, 480), least.Height)
		}
	}
}

// MinSize is any: the page gives the room.
func (*composeLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }
