package screen

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// hairline is a line of one pixel across.
func newHairline() fyne.CanvasObject {
	return container.New(&hairline{}, newSurface(theme.ColorNameSeparator))
}

type hairline struct{}

// Layout places the line.
func (*hairline) Layout(o []fyne.CanvasObject, size fyne.Size) { place(o[0], 0, 0, size.Width, 1) }

// MinSize is a pixel.
func (*hairline) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// senderLine puts a name, as much of the address as there is room for, and the date on a
// line.
type senderLine struct{ name, address, day *widgets.Words }

func newSenderLine(name, address, day *widgets.Words) *fyne.Container {
	return container.New(&senderLine{name, address, day}, name, address, day)
}

// Layout places the three.
func (s *senderLine) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	end := size.Width
	if day := s.day.MinSize().Width; day > 0 {
		place(s.day, end-day, 0, day, size.Height)
		end -= day + gap
	}
	wide := min(widthOf(s.name, look.Strong)+1, end)
	place(s.name, 0, 0, wide, size.Height)
	left := end - wide - 8
	fits := widthOf(s.address, look.Quiet)+1 <= left
	show(s.address, fits) // half an address is worse than none: all of it is in the headers
	if fits {
		place(s.address, wide+8, 0, left, size.Height)
	}
}

// MinSize is the height of the name.
func (s *senderLine) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(s.day.MinSize().Width+48, s.name.MinSize().Height)
}

// widthOf is how wide words would like to be.
func widthOf(w *widgets.Words, k look.Type) float32 {
	return look.Measure(w.Text(), fyne.CurrentApp().Settings().Theme().Size(k.Size()), k.Style()).Width
}

// mailTools is what can be done with the message that is read.
type mailTools struct {
	m                                         *Mail
	t                                         *i18n.Tongue
	back, reply, all, forward, export, others *widgets.Button
	box                                       *fyne.Container
}

func newMailTools(t *i18n.Tongue, m *Mail) *mailTools {
	b := &mailTools{m: m, t: t}
	plain := func(text string, icon look.Icon, do func()) *widgets.Button {
		return widgets.NewButton(widgets.Plain, text, do).WithIcon(icon).Sized(widgets.ButtonInRow)
	}
	b.back = plain("", look.IconBack, func() { m.Escape() })
	b.reply = widgets.NewButton(widgets.Outlined, t.T("Reply"), func() { b.answer(false) }).WithIcon(look.IconReply).Sized(widgets.ButtonInRow)
	b.all = plain(t.T("Reply all"), look.IconReplyAll, func() { b.answer(true) })
	b.forward = plain(t.T("Forward"), look.IconForward, b.pass)
	b.export = plain(t.T("Export"), look.IconExport, b.exportMail)
	b.others = plain("", look.IconMore, b.menu)
	b.box = container.New(b, b.back, b.reply, b.all, b.forward, b.export, b.others)
	return b
}

// show enables what makes sense now.
func (b *mailTools) show(s presenter.MailState) {
	reads := s.Message != nil && !s.Reading
	for _, a := range []*widgets.Button{b.reply, b.all, b.forward} {
		turn(a, reads && s.Sends)
	}
	turn(b.export, s.Selected > 0)
	show(b.box, s.Lock == nil)
}

func turn(b *widgets.Button, on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// Layout places what there is room for; the rest is in the menu.
func (b *mailTools) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	const between = 6
	show(b.back, b.m.layout.single)
	end := size.Width
	put := func(o *widgets.Button, x float32) float32 {
		least := o.MinSize()
		place(o, x, round((size.Height-least.Height)/2), least.Width, least.Height)
		return least.Width + between
	}
	end -= b.others.MinSize().Width
	put(b.others, end)
	x := float32(0)
	if b.back.Visible() {
		x += put(b.back, 0)
	}
	x += put(b.reply, x)
	for _, o := range []*widgets.Button{b.all, b.forward} {
		fits := x+o.MinSize().Width+between <= end
		show(o, fits)
		if fits {
			x += put(o, x)
		} else {
			end = x // those behind it are in the menu, too
		}
	}
	wide := b.export.MinSize().Width
	fits := x+wide+between <= end
	show(b.export, fits)
	if fits {
		put(b.export, end-wide-between)
	}
}

// MinSize is that of the buttons that are always there.
func (b *mailTools) MinSize([]fyne.CanvasObject) fyne.Size {
	r, m := b.reply.MinSize(), b.others.MinSize()
	return fyne.NewSize(r.Width+m.Width+gap, r.Height)
}

// answer begins a reply.
func (b *mailTools) answer(all bool) {
	b.m.write.Reply(all)
	b.m.Update()
	b.m.compose.begin(b.m.canvas())
}

// pass begins to pass the message on.
func (b *mailTools) pass() {
	b.m.write.Forward()
	b.m.Update()
	b.m.compose.begin(b.m.canvas())
}

// menu shows what else can be done.
func (b *mailTools) menu() {
	m, t := b.m, b.t
	reads := m.state.Message != nil
	item := func(text string, on bool, do func()) *fyne.MenuItem {
		if !on {
			do = func() {} // the menu's keys choose also what is greyed out
		}
		i := fyne.NewMenuItem(text, do)
		i.Disabled = !on
		return i
	}
	items := []*fyne.MenuItem{}
	if !b.all.Visible() {
		items = append(items, item(b.all.Text(), !b.all.Disabled(), b.all.Press))
	}
	if !b.forward.Visible() {
		items = append(items, item(b.forward.Text(), !b.forward.Disabled(), b.forward.Press))
	}
	if !b.export.Visible() {
		items = append(items, item(b.export.Text(), !b.export.Disabled(), b.export.Press))
	}
	items = append(items,
		item(t.T("Copy the text"), reads, func() { m.deeds.Copy(m.reader.text.Data().Text()) }),
		item(t.T("Everybody it went to"), reads, func() {
			m.deeds.Ask(widgets.DialogData{Title: t.T("Everybody it went to"), Content: plainText(m.reader.state.Recipients), No: t.T("Close"), Width: 640}, nothing)
		}),
		item(t.T("Headers and source"), reads, b.source),
		fyne.NewMenuItemSeparator(),
		item(t.T("Look at another server …"), m.presenter.Browsing(), b.browse),
	)
	pop := widget.NewPopUpMenu(fyne.NewMenu("", items...), m.canvas())
	pop.ShowAtRelativePosition(fyne.NewPos(b.others.Size().Width-pop.MinSize().Width, b.others.Size().Height+4), b.others)
	m.menu = pop
	m.canvas().Focus(pop)
}

func nothing(bool, []string) {}

// plainText is a text that can be selected, in its own room.
func plainText(text string) fyne.CanvasObject {
	r := widgets.NewReading(nil, nil)
	r.Set(widgets.ReadingData{Key: text, Blocks: []widgets.ReadingBlock{{Text: text}}})
	return container.New(&roomFor{592, 320}, r)
}

// roomFor gives its content a least size, in pixels at scale 1.
type roomFor struct{ wide, high float32 }

// Layout fills the room.
func (*roomFor) Layout(o []fyne.CanvasObject, size fyne.Size) {
	place(o[0], 0, 0, size.Width, size.Height)
}

// MinSize is the room.
func (r *roomFor) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(r.wide, r.high) }

// source shows headers and source.
func (b *mailTools) source() {
	m, t := b.m, b.t
	var headers strings.Builder
	for _, h := range m.reader.state.Headers {
		headers.WriteString(h.Label + ": " + h.Value + "\n")
	}
	m.deeds.Background(func(ctx context.Context, _ func()) {
		raw, err := m.presenter.Source(ctx)
		if err != nil {
			m.fail(err)
			return
		}
		fyne.Do(func() {
			text := []string{strings.TrimSpace(headers.String()), raw}
			room := container.NewStack(plainText(text[0]), plainText(text[1]))
			room.Objects[1].Hide()
			shown := 0
			tabs := widgets.NewSegmented([]string{t.T("Headers"), t.T("Source")}, func(i int) {
				shown = i
				show(room.Objects[0], i == 0)
				show(room.Objects[1], i == 1)
			})
			copying := widgets.NewButton(widgets.Plain, t.T("Copy"), func() { m.deeds.Copy(text[shown]) }).WithIcon(look.IconCopy).Sized(widgets.ButtonInRow)
			m.deeds.Ask(widgets.DialogData{
				Title: t.T("Headers and source"), Content: column(inside, line(0, 1, tabs, widgets.Space(1), copying), room), No: t.T("Close"), Width: 720,
			}, nothing)
		})
	})
}

// exportMail asks in what form, and where to, and exports.
func (b *mailTools) exportMail() {
	m, t := b.m, b.t
	names, says := presenter.ExportFormats(t)
	chosen := 0
	choose := widgets.NewSegmented(says, func(i int) { chosen = i })
	choose.Choose(0)
	text := t.T("1 message is written to files that any program reads. They are not encrypted.")
	if n := m.state.Selected; n > 1 {
		text = t.T("{n} messages are written to files that any program reads. They are not encrypted.", "n", n)
	}
	m.deeds.Ask(widgets.DialogData{Title: t.T("Export"), Text: text, Content: choose, Yes: t.T("Choose where"), No: t.T("Cancel"), Width: 640}, func(yes bool, _ []string) {
		if !yes {
			return
		}
		m.deeds.SaveFile(t.T("Export"), m.presenter.ExportName(names[chosen]), func(target string) {
			m.deeds.Work(t.T("Export"), func(ctx context.Context, tell func(string, float64)) error {
				says, err := m.presenter.Export(ctx, names[chosen], target, func(done, of int) {
					tell(t.T("{n} of {all} messages", "n", done, "all", of), float64(done)/float64(max(of, 1)))
				})
				if err == nil {
					m.deeds.Toast(says)
				}
				return err
			})
		})
	})
}

// browse asks which server to look at.
func (b *mailTools) browse() {
	m, t := b.m, b.t
	provider, addresses := m.presenter.Places()
	from := widgets.NewSelect(0)
	options := []widgets.SelectOption{{Key: "", Text: t.T("Another server, as written below")}}
	for _, a := range addresses {
		options = append(options, widgets.SelectOption{Key: a, Text: t.T("{mailbox} at {provider}", "mailbox", a, "provider", provider)})
	}
	from.Set(widgets.SelectData{Options: options})
	var content fyne.CanvasObject
	if len(addresses) > 0 {
		content = from
	}
	m.deeds.Ask(widgets.DialogData{
		Content: content,
		Title:   t.T("Look at another server"), Text: t.T("Its mail is shown here and stored nowhere. The password is not kept."),
		Fields: []widgets.FieldOptions{
			{Label: t.T("Server"), Placeholder: "imap.example.jp", Icon: look.IconServer},
			{Label: t.T("User name"), Placeholder: "sato@example.jp"},
			{Label: t.T("Password"), Secret: true},
			{Label: t.T("Certificates (file)"), Placeholder: t.T("only where the servers are your own")},
		},
		Yes: t.T("Look"), No: t.T("Cancel"),
	}, func(yes bool, texts []string) {
		if !yes || len(texts) < 4 {
			return
		}
		server, err := presenter.ServerOf(texts[0], texts[1], texts[2], texts[3])
		if mailbox := from.Data().Chosen; mailbox != "" {
			server, err = presenter.MailServer{Mailbox: mailbox}, nil
		}
		if err != nil {
			m.fail(err)
			return
		}
		m.deeds.Background(func(ctx context.Context, changed func()) {
			if err := m.presenter.Browse(ctx, server, changed); err != nil {
				m.fail(err)
			}
		})
	})
}
