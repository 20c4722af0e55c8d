package mirror_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mirror"
)

// primary is an IMAP server in memory, as far as the mirror sees one. It counts what
// is asked of it, and fails as it is told.
type primary struct {
	mu      sync.Mutex
	caps    imaplink.Caps
	oneSeq  bool // one mod-sequence for the whole account
	seq     uint64
	nextVal uint32
	folders map[string]*box

	// trouble is asked before everything; nil: there is none.
	trouble func(op string) error
	// withheld messages are listed and not given, short ones break off in the middle.
	withheld, short map[*mail]bool

	fetched  map[string]int // bodies given, by their bytes
	selected int
	links    int
	idle     chan struct{} // closed when something changed, for those who wait
}

type box struct {
	name, remote string
	role         mailstore.Role
	noSelect     bool
	validity     uint32
	next         mailstore.UID
	seq          uint64
	mails        []*mail
	vanished     []vanished
}

type mail struct {
	imaplink.Overview
	raw string
}

type vanished struct {
	uid mailstore.UID
	seq uint64
}

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	all  = imaplink.Caps{CondStore: true, QResync: true, ListStatus: true, Idle: true}
)

func newPrimary(caps imaplink.Caps, folders ...string) *primary {
	p := &primary{caps: caps, folders: map[string]*box{}, fetched: map[string]int{}, withheld: map[*mail]bool{}, short: map[*mail]bool{}, idle: make(chan struct{})}
	for _, name := range append([]string{"INBOX"}, folders...) {
		p.create(name)
	}
	return p
}

func (p *primary) create(name string) *box {
	p.nextVal++
	b := &box{name: name, validity: 1000 + p.nextVal, next: 1}
	p.folders[name] = b
	p.bump(b)
	return b
}

// bump gives the next mod-sequence.
func (p *primary) bump(b *box) uint64 {
	p.seq++
	b.seq = p.seq
	return p.seq
}

// add delivers a message.
func (p *primary) add(folder, raw string, received time.Time, flags ...string) *mail {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.folders[folder]
	m := &mail{raw: raw}
	m.UID, m.Flags, m.Received, m.Size, m.ModSeq = b.next, mailstore.MakeFlags(flags...), received, int64(len(raw)), p.bump(b)
	b.next++
	b.mails = append(b.mails, m)
	close(p.idle)
	p.idle = make(chan struct{})
	return m
}

func (p *primary) flag(folder string, m *mail, flags ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m.Flags, m.ModSeq = mailstore.MakeFlags(flags...), p.bump(p.folders[folder])
}

func (p *primary) expunge(folder string, gone ...*mail) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.folders[folder]
	for _, m := range gone {
		b.mails = slices.DeleteFunc(b.mails, func(o *mail) bool { return o == m })
		b.vanished = append(b.vanished, vanished{m.UID, p.bump(b)})
	}
}

func (p *primary) move(from, to string, mails ...*mail) {
	for _, m := range mails {
		p.expunge(from, m)
		p.add(to, m.raw, m.Received, m.Flags...).RemoteID = m.RemoteID
	}
}

func (p *primary) rename(from, to string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.folders[from]
	delete(p.folders, from)
	b.name = to
	p.folders[to] = b
}

// renumber gives a folder another UIDVALIDITY, and its messages other UIDs.
func (p *primary) renumber(folder string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.folders[folder]
	p.nextVal++
	b.validity, b.next, b.vanished = 1000+p.nextVal, 1, nil
	for _, m := range b.mails {
		m.UID, m.ModSeq = b.next, p.bump(b)
		b.next++
	}
}

func (p *primary) connect(ctx context.Context, _ mailstore.Account) (mirror.Link, error) {
	if err := p.ask(ctx, "connect"); err != nil {
		return nil, err
	}
	p.links++
	defer p.mu.Unlock()
	return &wire{p: p}, nil
}

// ask is the beginning of every command; it leaves p locked when it returns nil.
func (p *primary) ask(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.trouble != nil {
		if err := p.trouble(op); err != nil {
			return err
		}
	}
	p.mu.Lock()
	return nil
}

// bodies counts the messages that were given.
func (p *primary) bodies() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, times := range p.fetched {
		n += times
	}
	return n
}

func (p *primary) status(b *box) imaplink.Status {
	s := imaplink.Status{UIDValidity: b.validity, UIDNext: b.next, Messages: uint32(len(b.mails))}
	switch {
	case !p.caps.CondStore:
	case p.oneSeq:
		s.ModSeq = p.seq
	default:
		s.ModSeq = b.seq
	}
	return s
}

// wire is a connection to the primary.
type wire struct {
	p   *primary
	in  *box
	end bool
}

func (w *wire) Caps() imaplink.Caps       { return w.p.caps }
func (w *wire) Info() imaplink.Info       { return imaplink.Info{CertificateEnds: noon.AddDate(0, 0, 20)} }
func (w *wire) Traffic() imaplink.Traffic { return imaplink.Traffic{} }
func (w *wire) Close() error              { w.end = true; return nil }

func (w *wire) List(ctx context.Context) ([]imaplink.Folder, error) {
	if err := w.p.ask(ctx, "list"); err != nil {
		return nil, err
	}
	defer w.p.mu.Unlock()
	var list []imaplink.Folder
	for name, b := range w.p.folders {
		f := imaplink.Folder{Name: name, Delimiter: "/", Role: b.role, RemoteID: b.remote, NoSelect: b.noSelect}
		if w.p.caps.ListStatus {
			s := w.p.status(b)
			f.Status = &s
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b imaplink.Folder) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (w *wire) Status(ctx context.Context, names []string) ([]*imaplink.Status, error) {
	if err := w.p.ask(ctx, "status"); err != nil {
		return nil, err
	}
	defer w.p.mu.Unlock()
	out := make([]*imaplink.Status, len(names))
	for i, name := range names {
		if b := w.p.folders[name]; b != nil {
			s := w.p.status(b)
			out[i] = &s
		}
	}
	return out, nil
}

func (w *wire) Select(ctx context.Context, name string, known *imaplink.Known) (imaplink.Selected, error) {
	if err := w.p.ask(ctx, "select "+name); err != nil {
		return imaplink.Selected{}, err
	}
	defer w.p.mu.Unlock()
	w.p.selected++
	w.in = w.p.folders[name]
	if w.in == nil {
		return imaplink.Selected{}, mailstore.Fail(mailstore.ErrServer, "There is no folder {folder}.", "folder", name)
	}
	sel := imaplink.Selected{Status: w.p.status(w.in)}
	if known != nil && w.p.caps.QResync && known.UIDValidity == w.in.validity {
		sel.Resynced = true
		sel.Changed, sel.Vanished = w.since(known.ModSeq)
	}
	return sel, nil
}

func (w *wire) since(seq uint64) (changed []imaplink.Flagged, gone imaplink.UIDSet) {
	for _, m := range w.in.mails {
		if m.ModSeq > seq {
			changed = append(changed, imaplink.Flagged{UID: m.UID, Flags: m.Flags, ModSeq: m.ModSeq})
		}
	}
	for _, v := range w.in.vanished {
		if v.seq > seq {
			gone = gone.Plus(imaplink.SetOf(v.uid))
		}
	}
	return changed, gone
}

func (w *wire) UIDs(ctx context.Context, since time.Time) (uids []mailstore.UID, err error) {
	if err := w.p.ask(ctx, "uids"); err != nil {
		return nil, err
	}
	defer w.p.mu.Unlock()
	for _, m := range w.in.mails {
		if !m.Received.Before(since.AddDate(0, 0, -1).Truncate(24 * time.Hour)) {
			uids = append(uids, m.UID)
		}
	}
	return uids, nil
}

func (w *wire) Overviews(ctx context.Context, set imaplink.UIDSet, yield func(imaplink.Overview) error) error {
	if err := w.p.ask(ctx, "overviews"); err != nil {
		return err
	}
	mails := slices.Clone(w.in.mails)
	w.p.mu.Unlock()
	for i, m := range mails {
		// "n:*" is the last message at least.
		last := i == len(mails)-1 && len(set) > 0 && set[len(set)-1].Last == ^mailstore.UID(0)
		if set.Has(m.UID) || last {
			if err := yield(m.Overview); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *wire) Flags(ctx context.Context, set imaplink.UIDSet) (flags []imaplink.Flagged, err error) {
	if err := w.p.ask(ctx, "flags"); err != nil {
		return nil, err
	}
	defer w.p.mu.Unlock()
	for _, m := range w.in.mails {
		if set.Has(m.UID) {
			flags = append(flags, imaplink.Flagged{UID: m.UID, Flags: m.Flags, ModSeq: m.ModSeq})
		}
	}
	return flags, nil
}

func (w *wire) ChangedSince(ctx context.Context, seq uint64, _ bool) (changed []imaplink.Flagged, gone imaplink.UIDSet, err error) {
	if err := w.p.ask(ctx, "changed"); err != nil {
		return nil, nil, err
	}
	defer w.p.mu.Unlock()
	changed, gone = w.since(seq)
	return changed, gone, nil
}

func (w *wire) Bodies(ctx context.Context, wants []imaplink.Want, take func(imaplink.Overview, io.Reader) error) error {
	var withheld []mailstore.UID
	for _, want := range wants {
		if err := w.p.ask(ctx, "body"); err != nil {
			return err
		}
		i := slices.IndexFunc(w.in.mails, func(m *mail) bool { return m.UID == want.UID })
		if i < 0 {
			w.p.mu.Unlock()
			continue
		}
		m := w.in.mails[i]
		o, raw, keep, cut := m.Overview, m.raw, w.p.withheld[m], w.p.short[m]
		if !keep && !cut {
			w.p.fetched[raw]++
		}
		w.p.mu.Unlock()
		switch {
		case keep:
			withheld = append(withheld, want.UID)
			continue
		case cut:
			return take(o, io.MultiReader(bytes.NewReader([]byte(raw[:len(raw)/2])), broken{}))
		}
		if err := take(o, strings.NewReader(raw)); err != nil {
			return err
		}
	}
	if len(withheld) > 0 {
		return mailstore.Fail(mailstore.ErrServer, "The server does not give {number} messages.", "number", len(withheld)).
			Because(&imaplink.Withheld{UIDs: withheld})
	}
	return nil
}

// broken is a line that breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, unreachable() }

func unreachable() error {
	return mailstore.Fail(mailstore.ErrUnreachable, "The line broke.").Because(io.ErrUnexpectedEOF)
}

func (w *wire) Idle(ctx context.Context, changed func()) error {
	if err := w.p.ask(ctx, "idle"); err != nil {
		return err
	}
	news := w.p.idle
	w.p.mu.Unlock()
	select {
	case <-news:
		changed()
		<-ctx.Done()
	case <-ctx.Done():
	}
	return nil
}

// letter is a message of its own.
func letter(n int) string {
	return fmt.Sprintf("From: a@example.org\r\nSubject: letter %d\r\nMessage-ID: <same@example.org>\r\n\r\nText number %d.\r\n", n, n)
}

// fill delivers messages from the letter of a number on.
func (p *primary) fill(t testing.TB, folder string, from, n int) (mails []*mail) {
	t.Helper()
	for i := from; i < from+n; i++ {
		var flags []string
		if i%2 == 0 {
			flags = []string{mailstore.Seen}
		}
		mails = append(mails, p.add(folder, letter(i), noon.Add(-time.Duration(i)*time.Minute), flags...))
	}
	return mails
}
