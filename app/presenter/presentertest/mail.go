package presentertest

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"lifeboat/app/engine"
	"lifeboat/mailstore"
)

// Mailroom is mail in memory: the office of the pictures, and in one folder as many
// messages as are wanted. It is an [engine.MailSource].
type Mailroom struct {
	// Many is how many messages the folder "Archive" holds.
	Many int
	// Japanese has it speak Japanese.
	Japanese bool
	// Before is called before each answer with what was asked, and its context: a test
	// holds answers back there. It may be nil.
	Before func(ctx context.Context, what string) error

	mu       sync.Mutex
	letters  []engine.ShownMail
	revision int
	unlocked map[string]string // reasons, by account
	asked    []string
	closed   bool
	written  []engine.ExportRequest
}

// The accounts of the office.
const (
	Own    = "sato@aoba.example"
	Shared = "info@aoba.example"
	Other  = "tanaka@aoba.example"
)

const (
	inbox   = "INBOX"
	archive = "Archive"
)

// NewMailroom returns the office's mail.
func NewMailroom(japanese bool, many int) *Mailroom {
	m := &Mailroom{Many: many, Japanese: japanese, unlocked: map[string]string{}, revision: 1}
	m.letters = letters(japanese)
	return m
}

// Add has a message arrive in the inbox, with a subject.
func (m *Mailroom) Add(subject string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.letters[1]
	l.ID, l.Subject, l.Received, l.Unread = fmt.Sprintf("new%d", m.revision), subject, Noon.Add(time.Duration(m.revision)*time.Minute), true
	m.letters = append([]engine.ShownMail{l}, m.letters...)
	m.revision++
}

// Asked lists what was asked, in order.
func (m *Mailroom) Asked() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]string(nil), m.asked...)
}

// Closed says whether the mail was given back.
func (m *Mailroom) Closed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.closed
}

// Exports are the exports that were asked for.
func (m *Mailroom) Exports() []engine.ExportRequest {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.written
}

func (m *Mailroom) before(ctx context.Context, what string) error {
	m.mu.Lock()
	m.asked = append(m.asked, what)
	m.mu.Unlock()
	if m.Before != nil {
		if err := m.Before(ctx, what); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Accounts implements [engine.MailSource].
func (m *Mailroom) Accounts(ctx context.Context) ([]engine.MailAccount, error) {
	if err := m.before(ctx, "accounts"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := Noon.Add(-2 * time.Minute)
	out := []engine.MailAccount{
		{Address: Own, Own: true, Ground: engine.GroundOwn, Complete: fresh, Messages: len(m.letters) + m.Many},
		{Address: Shared, Shared: true, Ground: engine.GroundOwn, Complete: fresh},
		{Address: "keiri@aoba.example", Shared: true, Ground: engine.GroundOwn, Complete: fresh},
		{Address: Other, Locked: m.unlocked[Other] == "", Complete: fresh},
	}
	for i := len(out); i < 40; i++ {
		out = append(out, engine.MailAccount{Address: fmt.Sprintf("staff%02d@aoba.example", i), Locked: true, Complete: fresh})
	}
	return out, nil
}

// Unlock implements [engine.MailSource].
func (m *Mailroom) Unlock(ctx context.Context, account, reason string) error {
	if err := m.before(ctx, "unlock "+account); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unlocked[account] = reason
	m.revision++
	return nil
}

// Folders implements [engine.MailSource].
func (m *Mailroom) Folders(ctx context.Context, _ string, _ bool) ([]engine.MailFolder, error) {
	if err := m.before(ctx, "folders"); err != nil {
		return nil, err
	}
	words := []string{"Quotes and orders", "Internal"}
	if m.Japanese {
		words = []string{"見積・受注", "社内"}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := []engine.MailFolder{
		{Account: Own, Name: inbox, Path: []string{inbox}, Role: mailstore.Inbox, Unread: 2, Messages: len(m.letters)},
		{Account: Own, Name: "Sent", Path: []string{"Sent"}, Role: mailstore.Sent},
		{Account: Own, Name: "Drafts", Path: []string{"Drafts"}, Role: mailstore.Drafts, Unread: 1},
		{Account: Own, Name: words[0], Path: []string{words[0]}},
		{Account: Own, Name: words[1], Path: []string{words[1]}},
		{Account: Own, Name: archive, Path: []string{archive}, Role: mailstore.Archive, Messages: m.Many},
		{Account: Shared, Name: inbox, Path: []string{inbox}, Role: mailstore.Inbox, Unread: 8},
		{Account: "keiri@aoba.example", Name: inbox, Path: []string{inbox}, Role: mailstore.Inbox, Unread: 3},
	}
	if m.unlocked[Other] != "" {
		out = append(out, engine.MailFolder{Account: Other, Name: inbox, Path: []string{inbox}, Role: mailstore.Inbox})
	}
	return out, nil
}

// Index implements [engine.MailSource]. A query finds subjects that contain it.
func (m *Mailroom) Index(ctx context.Context, query string, sel engine.MailSelection) (engine.MailIndex, error) {
	if err := m.before(ctx, fmt.Sprintf("index %s %q %d", sel.Folder, query, sel.Limit)); err != nil {
		return engine.MailIndex{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if (sel.Account == Other || strings.HasPrefix(sel.Account, "staff")) && m.unlocked[sel.Account] == "" {
		return engine.MailIndex{}, fmt.Errorf("%s: %w", sel.Account, mailstore.ErrLocked)
	}
	out := engine.MailIndex{Revision: strconv.Itoa(m.revision)}
	if sel.Account == Own && (sel.Folder == inbox || sel.Folder == "") {
		for _, l := range m.letters {
			if strings.Contains(l.Subject, query) {
				out.IDs = append(out.IDs, l.ID)
			}
		}
	}
	if sel.Account == Own && sel.Folder == archive {
		n := m.Many
		if sel.Limit > 0 {
			n = min(n, sel.Limit)
		}
		out.IDs = make([]string, n)
		for i := range out.IDs {
			out.IDs[i] = "a" + strconv.Itoa(i)
		}
	}
	return out, nil
}

// Lines implements [engine.MailSource].
func (m *Mailroom) Lines(ctx context.Context, ids []string) ([]engine.MailLine, error) {
	if err := m.before(ctx, "lines "+strings.Join(ids, " ")); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]engine.MailLine, len(ids))
	for i, id := range ids {
		out[i] = m.letter(id).MailLine
	}
	return out, nil
}

// letter is the message of an ID; one of the many is made up.
func (m *Mailroom) letter(id string) engine.ShownMail {
	for _, l := range m.letters {
		if l.ID == id {
			return l
		}
	}
	n, err := strconv.Atoi(strings.TrimPrefix(id, "a"))
	if err != nil || n >= m.Many {
		return engine.ShownMail{MailLine: engine.MailLine{ID: id}}
	}
	l := m.letters[2+n%(len(m.letters)-2)]
	l.ID, l.Received, l.Unread = id, Noon.Add(-time.Duration(n)*time.Hour), n%7 == 0
	l.Subject = fmt.Sprintf("%s %d", l.Subject, n)
	return l
}

// Show implements [engine.MailSource].
func (m *Mailroom) Show(ctx context.Context, id string) (engine.ShownMail, error) {
	if err := m.before(ctx, "show "+id); err != nil {
		return engine.ShownMail{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.letter(id)
	if l.Subject == "" {
		return l, fmt.Errorf("message %s: %w", id, mailstore.ErrNotFound)
	}
	return l, nil
}

// Raw implements [engine.MailSource].
func (m *Mailroom) Raw(ctx context.Context, id string, w io.Writer) error {
	if err := m.before(ctx, "raw "+id); err != nil {
		return err
	}
	_, err := io.WriteString(w, "Received: by mx.aoba.example\r\nFrom: takahashi@hokuto-ss.example\r\nSubject: A-204\r\n\r\n"+m.letter(id).Text)
	return err
}

// Part implements [engine.MailSource].
func (m *Mailroom) Part(ctx context.Context, id, part string, into func(engine.AttachedFile) (io.Writer, error)) error {
	if err := m.before(ctx, "part "+id+" "+part); err != nil {
		return err
	}
	for _, f := range m.letter(id).Attached {
		if f.Part == part {
			w, err := into(f)
			if err == nil {
				_, err = io.WriteString(w, "content of "+f.Name)
			}
			return err
		}
	}
	return fmt.Errorf("part %s: %w", part, mailstore.ErrNotFound)
}

// Export implements [engine.MailSource]: it only tells how far it is.
func (m *Mailroom) Export(ctx context.Context, req engine.ExportRequest) (engine.ExportedMail, error) {
	if err := m.before(ctx, "export"); err != nil {
		return engine.ExportedMail{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written = append(m.written, req)
	return engine.ExportedMail{Target: req.Target, Messages: len(req.IDs)}, nil
}

// Revision implements [engine.MailSource].
func (m *Mailroom) Revision(ctx context.Context) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strconv.Itoa(m.revision), ctx.Err()
}

// Complete implements [engine.MailSource].
func (m *Mailroom) Complete(_ context.Context, typed string, most int) []mailstore.Address {
	name := []string{"Daisuke Sato", "Kenichi Takahashi", "Misaki Sato"}
	if m.Japanese {
		name = []string{"佐藤 大輔", "高橋 健一", "佐藤 美咲"}
	}
	all := []mailstore.Address{{Name: name[0], Address: Own}, {Name: name[1], Address: "takahashi@hokuto-ss.example"}, {Name: name[2], Address: "misaki.sato@aoba.example"}}
	var out []mailstore.Address
	for _, a := range all {
		if len(out) < most && (strings.HasPrefix(a.Address, typed) || strings.Contains(strings.ToLower(a.Name), strings.ToLower(typed))) {
			out = append(out, a)
		}
	}
	return out
}

// Close implements [engine.MailSource].
func (m *Mailroom) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}
