package screen

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// mailReader is the message that is read: who wrote it above its text, and what is
// attached below.
type mailReader struct {
	m     *Mail
	t     *i18n.Tongue
	text  *widgets.Reading
	says  *fyne.Container
	say   *widgets.Paragraph
	work  *widgets.Light
	key   string
	state presenter.MessageState

	subject                *widgets.Paragraph
	face                   *avatar
	name, address, to, day *widgets.Words
	cards                  *fyne.Container
	files                  *widgets.Files
	filesSay               *widgets.Words
	head, foot             *fyne.Container
}

func newMailReader(t *i18n.Tongue, m *Mail) *mailReader {
	words := func(k look.Type) *widgets.Words { return widgets.NewWords(k, "").Shrinking() }
	r := &mailReader{
		m: m, t: t, say: widgets.NewParagraph(look.Quiet, ""), work: widgets.NewLight(20, widgets.NoShape), subject: widgets.NewParagraph(look.Title, ""),
		face: newAvatar(), name: words(look.Strong), address: words(look.Quiet), to: words(look.Caption), day: widgets.NewWords(look.Caption, ""),
		cards: column(inside), files: widgets.NewFiles(), filesSay: widgets.NewWords(look.Caption, ""),
	}
	who := column(0, r.whoLine(), r.to)
	r.head = column(0, r.subject, widgets.Space(8), line(inside, 1, r.face, who), widgets.Space(inside), newHairline(), widgets.Space(4), r.cards)
	r.foot = column(8, newHairline(), widgets.Space(4), r.filesSay, r.files)
	r.text = widgets.NewReading(r.head, r.foot)
	r.text.OnLink = r.link
	r.files.OnOpen, r.files.OnSave = r.openFile, r.saveFile
	r.says = column(8, widgets.Space(columnEdge), r.work, r.say)
	return r
}

// whoLine is the sender: the name, the address as far as there is room, and the date.
func (r *mailReader) whoLine() fyne.CanvasObject {
	return newSenderLine(r.name, r.address, r.day)
}

// show shows what is read.
func (r *mailReader) show(s presenter.MailState) {
	show(r.text, s.Message != nil && s.Lock == nil)
	show(r.says, s.Message == nil && s.Lock == nil)
	r.say.SetText(s.ReadSay)
	if s.Message == nil {
		shape := widgets.NoShape
		if s.Reading {
			shape = widgets.Working
		}
		r.work.SetShape(shape)
		show(r.work, s.Reading)
		return
	}
	if s.Message.Key == r.key {
		return
	}
	r.key, r.state = s.Message.Key, *s.Message
	r.subject.SetText(r.state.Subject)
	r.face.set(r.state.Initial)
	r.name.SetText(r.state.Name)
	address := r.state.Address
	if address == r.state.Name {
		address = ""
	}
	r.address.SetText(address)
	r.to.SetText(r.state.To)
	r.day.SetText(r.state.Date)
	r.showCards()
	r.showFiles()
	r.text.Set(readingOf(r.state))
	r.text.Relay()
	for i, b := range r.state.Blocks {
		if b.Open {
			r.text.Unfold(i, true)
		}
	}
}

// readingOf is a message's text as its widget takes it.
func readingOf(s presenter.MessageState) widgets.ReadingData {
	d := widgets.ReadingData{Key: s.Key, Blocks: make([]widgets.ReadingBlock, len(s.Blocks))}
	for i, b := range s.Blocks {
		d.Blocks[i] = widgets.ReadingBlock{Text: b.Text, Fold: b.Fold, Quiet: b.Quiet}
		for _, w := range b.Wraps {
			d.Blocks[i].Wraps = append(d.Blocks[i].Wraps, widgets.ReadingWrap{At: w.At, Blank: w.Blank})
		}
		for _, l := range b.Links {
			d.Blocks[i].Links = append(d.Blocks[i].Links, widgets.ReadingLink{Start: l.Start, End: l.End, Address: l.Address})
		}
	}
	return d
}

// showCards shows notes, delivery reports and invitations.
func (r *mailReader) showCards() {
	r.cards.RemoveAll()
	for _, n := range r.state.Notes {
		r.cards.Add(noteLine(n.Light, n.Text, ""))
	}
	for _, d := range r.state.Deliveries {
		r.cards.Add(widgets.NewCard(noteLine(d.Light, d.Text, d.Why)).Padded(gap, inside))
	}
	for _, i := range r.state.Invitations {
		rows := widgets.NewEvidence(32, 96)
		rows.Set(rowsOf(i.Rows))
		parts := []fyne.CanvasObject{noteLine(i.Light, i.Title, "")}
		if i.What != "" {
			parts = append(parts, widgets.NewParagraph(look.Heading, i.What))
		}
		r.cards.Add(widgets.NewCard(line(gap, 1, newSign(look.IconCalendar, theme.ColorNamePlaceHolder, 28), column(8, append(parts, rows)...))).Padded(gap, inside))
	}
	if len(r.cards.Objects) > 0 {
		r.cards.Add(widgets.Space(4))
	}
}

// noteLine is a light, a sentence, and why.
func noteLine(l presenter.Light, text, why string) fyne.CanvasObject {
	words := column(2, widgets.NewParagraph(look.Body, text))
	if why != "" {
		words.Add(widgets.NewParagraph(look.Quiet, why))
	}
	if l == presenter.LightUnknown {
		return line(8, 1, newSign(look.IconInfo, theme.ColorNamePlaceHolder, 20), words)
	}
	return line(8, 1, widgets.NewLight(20, ShapeOf(l)), words)
}

// showFiles shows what is attached.
func (r *mailReader) showFiles() {
	var rows []widgets.FileRow
	for _, f := range r.state.Files {
		row := widgets.FileRow{Key: f.Part, Name: f.Name, Size: f.Size, Note: f.Note, Open: r.t.T("Open"), Save: r.t.T("Save")}
		if f.Risky {
			row.Open = ""
		}
		rows = append(rows, row)
	}
	r.files.Set(rows)
	r.filesSay.SetText(r.state.FilesSay)
	show(r.foot, len(rows) > 0)
}

// openFile opens an attachment in the program that belongs to it.
func (r *mailReader) openFile(part string) {
	r.m.deeds.Background(func(ctx context.Context, _ func()) {
		file, err := r.m.presenter.OpenFile(ctx, part)
		if err != nil {
			r.m.fail(err)
			return
		}
		if file != "" {
			r.m.deeds.OpenFile(file)
		}
	})
}

// saveFile saves an attachment where somebody chooses; one that may run a program is
// asked about first.
func (r *mailReader) saveFile(part string) {
	at := slices.IndexFunc(r.state.Files, func(f presenter.MessageFile) bool { return f.Part == part })
	if at < 0 {
		return
	}
	f := r.state.Files[at]
	save := func() {
		r.m.deeds.SaveFile(r.t.T("Save the attachment"), presenter.FileName(f.Name), func(file string) {
			r.m.deeds.Background(func(ctx context.Context, _ func()) {
				if err := r.m.presenter.SaveFile(ctx, part, file); err != nil {
					r.m.fail(err)
					return
				}
				r.m.deeds.Toast(r.t.T("{file} is saved.", "file", f.Name))
			})
		})
	}
	if !f.Risky {
		save()
		return
	}
	r.m.deeds.Ask(widgets.DialogData{
		Shape: widgets.Triangle, Title: r.t.T("Save {file}?", "file", f.Name), Text: f.Note, Yes: r.t.T("Save"), No: r.t.T("Cancel"), Risky: true,
	}, func(yes bool, _ []string) {
		if yes {
			save()
		}
	})
}

// link asks before a page is opened, and says where it really leads.
func (r *mailReader) link(l widgets.ReadingLink) {
	w := r.m.presenter.Link(l.Address)
	d := widgets.DialogData{
		Title: w.Title, Text: w.Text, Details: w.Address, ShowDetails: r.t.T("The whole address"), CopyWords: r.t.T("Copy"), No: r.t.T("Cancel"),
	}
	if w.Host != "" {
		d.Yes = r.t.T("Open the page")
	}
	r.m.deeds.Ask(d, func(yes bool, _ []string) {
		if yes && w.Host != "" {
			r.m.deeds.OpenPage(w.Address)
		}
	})
}
