package presenter

import (
	"errors"
	"time"

	"lifeboat/app/engine"
	"lifeboat/mailstore"
)

// MailState is what the mail page shows.
type MailState struct {
	Banner MailBanner
	// Folders is the column of mailboxes and folders; FolderVersion is another than before
	// when it, or which is chosen, has changed.
	Folders       []FolderState
	FolderVersion int
	Folder        string // the key of the one that is chosen
	List          MailListState
	Query         string
	// Message is what is read; nil where none is. ReadSay stands instead.
	Message *MessageState
	Reading bool // it is being read
	ReadSay string
	Lock    *MailLock
	// Sends is whether mail can be sent from here, Updates whether the mirror can be
	// brought up to date.
	Sends, Updates bool
	Browsing       bool // another server's mail is shown
	Selected       int
}

// MailBanner says what is shown.
type MailBanner struct {
	Light             Light
	Title, Text       string
	Working           bool // it is being brought up to date
	Problem, ProblemX string
}

// FolderState is a row of the column of folders.
type FolderState struct {
	Key    string
	Name   string
	Icon   FolderIcon
	Unread int
	Head   bool // heads a group, and cannot be chosen
	Level  int
	Locked bool
	Opens  int // 1: it is shown in full, -1: it can be; 0: neither
}

// FolderIcon is what a row of the column is.
type FolderIcon string

// The icons of folders.
const (
	FolderPlain   FolderIcon = "folder"
	FolderInbox   FolderIcon = "inbox"
	FolderSent    FolderIcon = "sent"
	FolderDrafts  FolderIcon = "drafts"
	FolderArchive FolderIcon = "archive"
	FolderTrash   FolderIcon = "trash"
	FolderPeople  FolderIcon = "people"
)

// MailListState is the list of messages; its rows are asked for with [Mail.Row].
type MailListState struct {
	Length  int
	Version int // another than before: rows say something else
	Busy    bool
	Say     string // instead of rows, where there are none
	Problem string
	Details string
	// Selected are the rows that are selected, and Row where the keyboard is. They are to
	// be taken over when PickVersion is another than before.
	Selected    []int
	Row         int
	PickVersion int
	// Reveal is another than before when Row is to be brought into view, and Shift by how
	// many rows what is seen has moved down since, as when mail came: the view goes along.
	Reveal, Shift int
}

// MailLock says why mail is not shown, and what opens it.
type MailLock struct {
	Title, Text string
	Mine        bool   // whoever is at work here can say that it is theirs
	Address     string // whose it is
}

// State returns what is to be shown now.
func (m *Mail) State() MailState {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tongue
	s := MailState{
		Banner: m.banner(), Folders: m.column(), FolderVersion: m.folderVersion, Folder: m.here.key(), Query: m.query,
		Browsing: m.server != (MailServer{}), Sends: m.opt.SendsThrough() != "", Updates: m.opt.Update != nil && m.server == (MailServer{}),
		Selected: len(m.picked.ids),
	}
	s.List = MailListState{
		Length: len(m.list.ids), Version: m.list.version, Busy: m.list.made != m.list.wanted || m.source == nil && m.openFail == nil,
		Selected: m.picked.rows, Row: m.picked.row, PickVersion: m.picked.version, Reveal: m.picked.reveal, Shift: m.list.shift,
	}
	m.listSays(&s)
	switch {
	case m.read.wanted == "" && len(m.picked.ids) > 1:
		s.ReadSay = t.T("{n} messages are selected.", "n", len(m.picked.ids))
	case m.read.wanted == "" && len(m.list.ids) > 0:
		s.ReadSay = t.T("Choose a message to read it here.")
	case m.read.wanted == "":
	case m.read.wanted != m.read.shown:
		s.Reading = true
		if m.read.says.ID != "" {
			s.Message = m.read.says // until the next one is there
		}
	case m.read.fail != nil:
		s.ReadSay = problem(t, m.read.fail)
	default:
		s.Message = m.read.says
	}
	return s
}

// listSays tells what there is instead of a list.
func (m *Mail) listSays(s *MailState) {
	t, l := m.tongue, &s.List
	fail := m.list.fail
	if m.source == nil {
		fail = m.openFail
	}
	switch {
	case errors.Is(fail, mailstore.ErrLocked) && m.source != nil:
		s.Lock = m.lock()
	case fail != nil:
		l.Problem, l.Details = problem(t, fail), details(t, fail)
	case l.Length > 0:
	case l.Busy && m.source == nil:
		l.Say = t.T("The mail is being opened.")
	case m.here == (mailPlace{}) && m.query == "" && len(m.accounts) > 0:
		l.Say = t.T("Choose a mailbox on the left.")
	case l.Busy:
	case m.query != "":
		l.Say = t.T("Nothing is found. Try fewer or other words.")
	default:
		l.Say = t.T("There is no mail in this folder.")
	}
}

// details are an error in all its sentences, with what caused it.
func details(t interface{ Errors(error) []string }, err error) string {
	all := t.Errors(err)
	text := ""
	for _, line := range all {
		text += line + "\n"
	}
	return text + err.Error()
}

// lock says what opens the mailbox that is shown.
func (m *Mail) lock() *MailLock {
	t := m.tongue
	return &MailLock{
		Title: t.T("{name}’s mail is locked while all is well.", "name", m.nameOf(m.here.account)),
		Text:  t.T("Write why you need it; it is kept in the log. In an outage or a drill it opens without."),
		Mine:  m.opt.Mine != nil && !m.shared(m.here.account), Address: m.here.account,
	}
}

func (m *Mail) shared(address string) bool {
	a, _ := m.account(address)
	return a.Shared
}

// account is what is known of the account that is shown.
func (m *Mail) account(address string) (engine.MailAccount, bool) {
	for _, a := range m.accounts {
		if a.Address == address {
			return a, true
		}
	}
	return engine.MailAccount{}, false
}

// leastComplete is when the mailbox that was looked at least lately was looked at; zero:
// one was not yet, or there is none.
func (m *Mail) leastComplete() time.Time {
	var least time.Time
	for i, a := range m.accounts {
		if i == 0 || a.Complete.Before(least) {
			least = a.Complete
		}
	}
	return least
}

// banner says what is shown: how old it is, and which way replies go.
func (m *Mail) banner() MailBanner {
	t := m.tongue
	b := MailBanner{Light: LightWaiting, Working: m.updating}
	if through := m.opt.SendsThrough(); through != "" {
		b.Text = t.T("Replies leave through {provider}.", "provider", through)
	}
	if m.server != (MailServer{}) {
		b.Title, b.Text = t.T("Live at {server}", "server", m.server.Name()), t.T("Nothing is stored here.")
		return b
	}
	if m.source == nil {
		b.Title, b.Light = t.T("Mirror"), LightUnknown
		return b
	}
	a, known := m.account(m.here.account)
	complete, now := a.Complete, m.opt.Now()
	if !known {
		complete = m.leastComplete()
	}
	switch {
	case m.opt.Practice:
		b.Title = t.T("Practice mail")
	case complete.IsZero():
		b.Title, b.Light = t.T("Showing the mirror, which is not complete yet"), LightCare
	default:
		b.Title = t.T("Showing the mirror ({ago})", "ago", ago(t, complete, now))
		if now.Sub(complete) > oldMirror {
			b.Light = LightCare
		}
	}
	if known && !a.Failed.IsZero() {
		if b.Light = LightCare; a.Ground != engine.GroundIncident { // in an outage that is no news
			b.Problem = t.Whole(t.Say(a.Failed))
		}
	}
	if m.updateFail != nil {
		b.Light, b.Problem = LightCare, problem(t, m.updateFail)
	}
	if known && a.Ground != engine.GroundOwn && a.Ground != engine.GroundPractice && !a.Why.IsZero() {
		b.Text = join(t, t.Whole(t.Say(a.Why)), b.Text)
	}
	return b
}

// oldMirror is the age from which a mirror is worth a look.
const oldMirror = 30 * time.Minute
