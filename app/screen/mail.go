package screen

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"lifeboat/app/i18n"
	"lifeboat/app/look"
	"lifeboat/app/presenter"
	"lifeboat/app/widgets"
)

// MailDeeds are what the mail page asks of the window. All are set.
type MailDeeds struct {
	Background func(do func(ctx context.Context, changed func()))
	Work       func(title string, do func(ctx context.Context, tell func(doing string, share float64)) error)
	Toast      func(text string)
	Problem    func(sentence, details string)
	OpenFile   func(file string)
	OpenPage   func(address string)
	ChooseFile func(title string, done func(file string))
	SaveFile   func(title, name string, done func(file string))
	Copy       func(text string)
	Ask        func(d widgets.DialogData, done func(yes bool, texts []string))
	Go         func(page string)
	Canvas     func() fyne.Canvas // the window's: a page that was not drawn yet is asked for, too
	Details    string             // what the button says that shows details of a problem; CopyWords that copies them
	CopyWords  string
}

// Mail is the mail page: mailboxes and folders, the list of messages, and the one that is
// read, or that is written, side by side as far as there is room.
type Mail struct {
	t         *i18n.Tongue
	presenter *presenter.Mail
	write     *presenter.Compose
	deeds     MailDeeds
	state     presenter.MailState
	writing   presenter.ComposeState

	banner  *mailBanner
	folders *widgets.FolderList
	fresh   *widgets.Button // a new message
	small   *widgets.Button // the same, where the column has no room
	search  *widgets.SearchField
	place   *widgets.Button // where the column has no room: which folder this is
	list    *widgets.RowList
	says    *sayPane
	tools   *mailTools
	reader  *mailReader
	lock    *lockPane
	compose *Compose
	layout  *mailLayout
	box     *fyne.Container

	folderVersion, listVersion, pickVersion int
	shift, reveal                           int
	menu                                    *widget.PopUpMenu
}

// NewMail lays the page out.
func NewMail(t *i18n.Tongue, p *presenter.Mail, write *presenter.Compose, deeds MailDeeds) *Mail {
	m := &Mail{t: t, presenter: p, write: write, deeds: deeds, folderVersion: -1, listVersion: -1, pickVersion: -1}
	m.banner = newMailBanner(t, m.Refresh, m.leave)
	m.folders = widgets.NewFolderList()
	m.folders.OnChoose = m.choose
	m.fresh = widgets.NewButton(widgets.Filled, t.T("New message"), m.New).WithIcon(look.IconPencil).Sized(widgets.ButtonInBar)
	m.small = widgets.NewButton(widgets.Plain, t.T("New message"), m.New).WithIcon(look.IconPencil).Sized(widgets.ButtonInRow)
	m.search = widgets.NewSearchField(t.T("Search subject, text and sender"))
	m.search.OnChanged = func(text string) { p.Search(text); m.Update() }
	m.search.OnDown = m.toList
	m.place = widgets.NewButton(widgets.Plain, "", m.toggleFolders).WithIcon(look.IconFolder).Sized(widgets.ButtonInRow)
	m.list = widgets.NewRowList(mailRow, widgets.LetterRows(m.row))
	m.list.OnSelect = func() {
		p.Select(m.list.Selected(), m.list.Cursor())
		m.Update()
	}
	m.list.OnOpen = func(int) { m.toReader() }
	m.list.OnType = func(r rune) { m.search.Type(m.canvas(), r) }
	m.list.OnSeen = p.Seen
	m.says = newSayPane(t, deeds)
	m.reader = newMailReader(t, m)
	m.tools = newMailTools(t, m)
	m.lock = newLockPane(t, m.unlock, m.mine)
	m.compose = NewCompose(t, write, deeds)
	m.layout = &mailLayout{m: m}
	m.box = m.layout.build()
	m.Update()
	return m
}

// mailRow is the height of a row of the list, in pixels at scale 1.
const mailRow = 76

// Content is the page; it takes the whole room beside the navigation.
func (m *Mail) Content() fyne.CanvasObject { return m.box }

// Bar is what stands below the page: nothing.
func (m *Mail) Bar() fyne.CanvasObject { return nil }

// canvas is the window's.
func (m *Mail) canvas() fyne.Canvas { return m.deeds.Canvas() }

// row is what a row of the list says.
func (m *Mail) row(i int) widgets.RowText {
	r := m.presenter.Row(i)
	out := widgets.RowText{First: r.From, Second: r.Subject, Third: r.Preview, Right: r.Date, Strong: r.Unread, Waiting: r.Waiting}
	if r.Attached {
		out.Icon = look.IconClip
	}
	return out
}

// Update shows the presenters' states; call it on the UI thread.
func (m *Mail) Update() {
	s := m.presenter.State()
	m.state = s
	wrote := m.writing.Open
	m.writing = m.write.State()
	m.banner.show(s)
	m.showFolders(s)
	m.showList(s)
	m.reader.show(s)
	m.lock.show(s.Lock)
	m.compose.show(m.writing)
	m.tools.show(s)
	kind := widgets.Filled
	if m.writing.Open || s.Lock != nil {
		kind = widgets.Outlined // a page has one filled button
	}
	m.fresh.SetKind(kind)
	show(m.fresh, s.Sends)
	m.layout.update()
	if c := m.canvas(); wrote && !m.writing.Open && c != nil && len(c.Overlays().List()) == 0 && m.list.Visible() {
		c.Focus(m.list) // what had the focus is gone
	}
}

// showFolders shows the column.
func (m *Mail) showFolders(s presenter.MailState) {
	var rows []widgets.FolderData
	if len(m.writing.Kept) > 0 {
		rows = append(rows, widgets.FolderData{Key: "kept", Name: m.t.T("Being written"), Head: true})
		for _, k := range m.writing.Kept {
			rows = append(rows, widgets.FolderData{Key: keptKey + k.ID, Name: k.Title, Icon: look.IconPencil})
		}
	}
	for _, f := range s.Folders {
		d := widgets.FolderData{Key: f.Key, Name: f.Name, Icon: folderIcons[f.Icon], Count: f.Unread, Head: f.Head, Level: f.Level}
		switch {
		case f.Locked:
			d.Sign = look.IconLock
		case f.Opens > 0:
			d.Sign = look.IconDown
		case f.Opens < 0:
			d.Sign = look.IconNext
		}
		rows = append(rows, d)
	}
	chosen := s.Folder
	if m.writing.Open {
		chosen = keptKey + m.writing.ID
	}
	m.folders.Set(rows, chosen)
	if m.folderVersion != s.FolderVersion {
		m.folderVersion = s.FolderVersion
		folder, _ := m.presenter.Folder()
		if folder == "" {
			folder = m.t.T("Mailboxes")
		}
		m.place.SetText(folder)
	}
}

const keptKey = "kept "

var folderIcons = map[presenter.FolderIcon]look.Icon{
	presenter.FolderPlain: look.IconFolder, presenter.FolderInbox: look.IconInbox, presenter.FolderSent: look.IconSent,
	presenter.FolderDrafts: look.IconPencil, presenter.FolderArchive: look.IconArchive, presenter.FolderTrash: look.IconBin,
	presenter.FolderPeople: look.IconPeople,
}

// showList shows the list of messages.
func (m *Mail) showList(s presenter.MailState) {
	if m.listVersion != s.List.Version {
		m.listVersion = s.List.Version
		if m.list.Length() != s.List.Length {
			m.list.SetLength(s.List.Length)
		} else {
			m.list.Refresh()
		}
		if by := s.List.Shift - m.shift; by != 0 && s.List.Shift != 0 && m.list.Offset() > 0 {
			m.list.ScrollBy(by) // what was seen stays where it was
		}
		m.shift = s.List.Shift
	}
	if m.pickVersion != s.List.PickVersion {
		m.pickVersion = s.List.PickVersion
		m.list.SetSelection(s.List.Selected, s.List.Row)
		if s.List.Row >= 0 && m.reveal != s.List.Reveal {
			m.list.Reveal(s.List.Row)
		}
		m.reveal = s.List.Reveal
	}
	if s.Query == "" && m.search.Text() != "" && !m.search.Focused() {
		m.search.SetText("") // another folder is shown
	}
	m.says.show(s.List)
	show(m.list, s.List.Length > 0)
}

// choose shows what a row of the column stands for.
func (m *Mail) choose(key string) {
	if id, kept := strings.CutPrefix(key, keptKey); kept {
		m.write.Open(id)
		m.layout.folders = false
		m.Update()
		return
	}
	m.compose.close()
	m.presenter.Go(key)
	if m.layout.folders && strings.HasPrefix(key, "folder") {
		m.layout.folders = false
	}
	m.list.ScrollTo(0)
	m.layout.reading = false
	m.Update()
}

// toggleFolders shows the column over the list where there is no room beside it.
func (m *Mail) toggleFolders() {
	m.layout.folders = !m.layout.folders
	m.layout.update()
	if m.layout.folders {
		m.canvas().Focus(m.folders.List())
	}
}

// toList puts the keyboard into the list.
func (m *Mail) toList() {
	if m.list.Length() == 0 {
		return
	}
	m.canvas().Focus(m.list)
	if m.list.Cursor() < 0 {
		m.list.Select(0)
	}
}

// Enter puts the keys of somebody who comes to the page into the list, if there is one.
func (m *Mail) Enter() {
	if !m.writing.Open && m.list.Length() > 0 && m.list.Visible() {
		m.canvas().Focus(m.list)
	}
}

// toReader puts the keyboard into the message.
func (m *Mail) toReader() {
	m.layout.reading = true
	m.layout.update()
	if m.state.Message != nil {
		m.canvas().Focus(m.reader.text)
	}
}

// Refresh brings the mirror up to date, and looks what is new.
func (m *Mail) Refresh() {
	if !m.state.Updates || m.state.Banner.Working {
		m.deeds.Background(m.presenter.Refresh)
		return
	}
	m.deeds.Work(m.t.T("Bringing the mirror up to date"), func(ctx context.Context, tell func(string, float64)) error {
		m.presenter.Refresh(ctx, func() { tell("", -1) })
		return nil
	})
}

// Find puts the keyboard where one searches.
func (m *Mail) Find() { m.search.Focus(m.canvas()) }

// New begins a message.
func (m *Mail) New() {
	m.write.New()
	m.Update()
	m.compose.begin(m.canvas())
}

// Escape closes what is open over the rest.
func (m *Mail) Escape() bool {
	switch {
	case m.layout.folders:
		m.toggleFolders()
	case m.writing.Open:
		m.compose.close()
		m.Update()
	case m.layout.single && m.layout.reading:
		m.layout.reading = false
		m.layout.update()
		m.canvas().Focus(m.list)
	case m.search.Text() != "":
		m.search.SetText("")
		m.toList()
	default:
		return false
	}
	return true
}

// leave goes back from another server to the mirror.
func (m *Mail) leave() {
	m.deeds.Background(func(_ context.Context, changed func()) { m.presenter.Leave(changed) })
}

// unlock opens other people's mail for a reason.
func (m *Mail) unlock(reason string) {
	m.deeds.Background(func(ctx context.Context, changed func()) {
		if err := m.presenter.Unlock(ctx, reason, changed); err != nil {
			m.fail(err)
		}
	})
}

// mine takes down that a mailbox is that of whoever is at work here, after asking.
func (m *Mail) mine(address string) {
	m.deeds.Ask(widgets.DialogData{
		Title: m.t.T("Say that {address} is yours?", "address", address), Text: m.t.T("It then opens without a reason. That you said so is kept in the log."),
		Yes: m.t.T("It is mine"), No: m.t.T("Cancel"), Risky: true,
	}, func(yes bool, _ []string) {
		if !yes {
			return
		}
		m.deeds.Background(func(ctx context.Context, changed func()) {
			if err := m.presenter.Mine(ctx, changed); err != nil {
				m.fail(err)
			}
		})
	})
}

// fail tells what went wrong.
func (m *Mail) fail(err error) {
	m.deeds.Problem(presenter.Problem(m.t, err), err.Error())
}
