package lab

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// The answers of a provider's IMAP server (RFC 9051 section 7.1).
var (
	imapBusy     = &imap.Error{Type: imap.StatusResponseTypeBye, Code: imap.ResponseCodeUnavailable, Text: "Service not available"}
	imapNoSignIn = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeUnavailable, Text: "Temporary authentication failure"}
	imapNoBox    = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeNonExistent, Text: "No such mailbox"}
	imapCannot   = &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeCannot, Text: "Mail is for reading here"}
)

// inboxName is the mailbox that every account has, and mail comes to.
const inboxName = "INBOX"

// imapServer serves a provider's mailboxes by IMAP under TLS until the listener is
// closed.
func (p *provider) imapServer(config *tls.Config, log *slog.Logger) func(context.Context, net.Listener) {
	return func(ctx context.Context, l net.Listener) {
		all := &waited{Listener: tls.NewListener(l, config)}
		srv := imapserver.New(&imapserver.Options{
			NewSession: p.newReader, Logger: smtpLog{ctx, log.With("host", "imap."+hostOf(p.zone))},
			InsecureAuth: true, // all of it is under TLS, which the library cannot see
		})
		_ = srv.Serve(all) // ends when the listener is closed
		all.conns.Wait()
	}
}

// waited is a listener whose connections can be waited for.
type waited struct {
	net.Listener
	conns sync.WaitGroup
}

// Accept waits for a connection.
func (l *waited) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.conns.Add(1)
	return &waitedConn{Conn: c, done: sync.OnceFunc(l.conns.Done)}, nil
}

type waitedConn struct {
	net.Conn
	done func()
}

// Close ends the connection, and the wait for it.
func (c *waitedConn) Close() error {
	defer c.done()
	return c.Conn.Close()
}

// reader is one client's dialogue with the IMAP server. What it shows of a mailbox
// is a stretch of its UIDs, which grows at one end and shrinks at the other only
// when the client is told (RFC 9051 section 7.5.1).
type reader struct {
	*provider
	conn net.Conn
	as   *account

	box       *mailbox // nil while none is selected
	readOnly  bool
	low, high imap.UID // the first UID shown and the one after the last
}

func (p *provider) newReader(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
	r := &reader{provider: p, conn: c.NetConn()}
	if w, ok := r.conn.(*waitedConn); ok {
		r.conn = w.Conn
	}
	if faultOf(r.conn) == Busy {
		return nil, nil, imapBusy
	}
	return r, nil, nil
}

// Close ends the dialogue.
func (r *reader) Close() error { return nil }

// Login signs one of the staff in; the admin, who has no mail here, sees an empty
// mailbox.
func (r *reader) Login(user, password string) error {
	if faultOf(r.conn) == NoSignIn {
		return imapNoSignIn
	}
	a, ok := r.login(user, password)
	if !ok {
		return imapserver.ErrAuthFailed
	}
	if a == nil {
		a = &account{address: user}
	}
	r.as = a
	return nil
}

// find gives the mailbox of a name.
func (r *reader) find(name string) (*mailbox, error) {
	if strings.EqualFold(name, inboxName) { // RFC 9051 section 5.1
		return &r.as.inbox, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.as.folders {
		if f.name == name {
			return &f.mailbox, nil
		}
	}
	return nil, imapNoBox
}

// Select opens the mailbox.
func (r *reader) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	b, err := r.find(name)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.box, r.readOnly = b, options.ReadOnly
	r.low, r.high = b.gone+1, b.next()
	flags := []imap.Flag{imap.FlagSeen, imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagDraft}
	data := &imap.SelectData{Flags: flags, NumMessages: r.shown(), UIDNext: r.high, UIDValidity: 1}
	if !r.readOnly {
		data.PermanentFlags = flags
	}
	for uid := r.low; uid < r.high; uid++ {
		if !slices.Contains(b.at(uid).flags, imap.FlagSeen) {
			data.FirstUnseenSeqNum = r.number(uid)
			break
		}
	}
	return data, nil
}

func (r *reader) shown() uint32 { return uint32(r.high - r.low) }

// number is the sequence number of a message that is shown.
func (r *reader) number(uid imap.UID) uint32 { return uint32(uid-r.low) + 1 }

// Unselect closes the mailbox.
func (r *reader) Unselect() error {
	r.box = nil
	return nil
}

// Status tells about the mailbox.
func (r *reader) Status(name string, _ *imap.StatusOptions) (*imap.StatusData, error) {
	b, err := r.find(name)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var unseen, none uint32
	var size int64
	for _, it := range b.items {
		size += int64(len(it.Data))
		if !slices.Contains(it.flags, imap.FlagSeen) {
			unseen++
		}
	}
	all := uint32(len(b.items)) //nolint:gosec // keepMails bounds it
	return &imap.StatusData{
		Mailbox: name, NumMessages: &all, NumUnseen: &unseen, NumRecent: &none, NumDeleted: &none, Size: &size,
		UIDNext: b.next(), UIDValidity: 1,
	}, nil
}

// List names the mailboxes.
func (r *reader) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	if len(patterns) == 0 {
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: '/'})
	}
	all := []imap.ListData{{Mailbox: inboxName, Delim: '/'}}
	r.mu.Lock()
	for _, f := range r.as.folders {
		all = append(all, imap.ListData{Mailbox: f.name, Delim: '/', Attrs: f.attributes()})
	}
	r.mu.Unlock()
	for _, data := range all {
		if !slices.ContainsFunc(patterns, func(p string) bool { return imapserver.MatchList(data.Mailbox, '/', ref, p) }) {
			continue
		}
		if options.ReturnStatus != nil {
			status, err := r.Status(data.Mailbox, options.ReturnStatus)
			if err != nil {
				return err
			}
			data.Status = status
		}
		if err := w.WriteList(&data); err != nil {
			return err
		}
	}
	return nil
}

// Poll tells what has come and gone.
func (r *reader) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if r.box == nil {
		return nil
	}
	r.mu.Lock()
	gone, next := r.box.gone, r.box.next()
	r.mu.Unlock()
	if allowExpunge {
		for ; r.low <= gone && r.low < r.high; r.low++ {
			if err := w.WriteExpunge(1); err != nil {
				return err
			}
		}
		r.low = max(r.low, gone+1)
		r.high = max(r.high, r.low)
	}
	if next > r.high {
		r.high = next
		return w.WriteNumMessages(r.shown())
	}
	return nil
}

// Idle tells what comes and goes until stop.
func (r *reader) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		var changed chan struct{}
		if r.box != nil {
			r.mu.Lock()
			if r.box.changed == nil {
				r.box.changed = make(chan struct{})
			}
			changed = r.box.changed
			r.mu.Unlock()
		}
		if err := r.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stop:
			return nil
		}
	}
}

// found is one message as a command found it.
type found struct {
	uid    imap.UID
	number uint32
	mail   Mail
	flags  []imap.Flag
}

// each runs over the messages of a set that are shown and still there. what may
// change the flags.
func (r *reader) each(set imap.NumSet, what func(it *item)) []found {
	r.mu.Lock()
	defer r.mu.Unlock()
	set = r.static(set)
	var out []found
	for uid := max(r.low, r.box.gone+1); uid < r.high; uid++ {
		n := r.number(uid)
		it := r.box.at(uid)
		if it == nil || !within(set, uid, n) {
			continue
		}
		what(it)
		out = append(out, found{uid, n, it.Mail, slices.Clone(it.flags)})
	}
	return out
}

func within(set imap.NumSet, uid imap.UID, number uint32) bool {
	switch set := set.(type) {
	case imap.UIDSet:
		return set.Contains(uid)
	case imap.SeqSet:
		return set.Contains(number)
	default:
		return false
	}
}

// static puts the last message's number in the place of "*".
func (r *reader) static(set imap.NumSet) imap.NumSet {
	fix := func(from, to *uint32, last uint32) {
		dynamic := *from == 0 || *to == 0
		if *from == 0 {
			*from = last
		}
		if *to == 0 {
			*to = last
		}
		if dynamic && *from > *to {
			*from, *to = *to, *from
		}
	}
	switch set := set.(type) {
	case imap.UIDSet:
		out := slices.Clone(set)
		for i := range out {
			fix((*uint32)(&out[i].Start), (*uint32)(&out[i].Stop), uint32(r.high-1))
		}
		return out
	case imap.SeqSet:
		out := slices.Clone(set)
		for i := range out {
			fix(&out[i].Start, &out[i].Stop, r.shown())
		}
		return out
	default:
		return set
	}
}

// Store changes flags.
func (r *reader) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, _ *imap.StoreOptions) error {
	if r.readOnly {
		return imapCannot
	}
	all := r.each(set, func(it *item) {
		without := slices.DeleteFunc(slices.Clone(it.flags), func(f imap.Flag) bool { return slices.Contains(flags.Flags, f) })
		switch flags.Op {
		case imap.StoreFlagsSet:
			it.flags = slices.Clone(flags.Flags)
		case imap.StoreFlagsDel:
			it.flags = without
		default:
			it.flags = append(without, flags.Flags...)
		}
	})
	if flags.Silent {
		return nil
	}
	return r.write(w, all, &imap.FetchOptions{Flags: true})
}

// Fetch gives messages, and marks as seen those whose text it gives.
func (r *reader) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	marks := !r.readOnly && slices.ContainsFunc(options.BodySection, func(s *imap.FetchItemBodySection) bool { return !s.Peek })
	all := r.each(set, func(it *item) {
		if marks && !slices.Contains(it.flags, imap.FlagSeen) {
			it.flags = append(it.flags, imap.FlagSeen)
		}
	})
	return r.write(w, all, options)
}

// What changes a mailbox otherwise is not for here.

// Create makes no mailbox.
func (r *reader) Create(string, *imap.CreateOptions) error { return imapCannot }

// Delete deletes none.
func (r *reader) Delete(string) error { return imapCannot }

// Rename renames none.
func (r *reader) Rename(string, string, *imap.RenameOptions) error { return imapCannot }

// Subscribe has nothing to do.
func (r *reader) Subscribe(string) error { return nil }

// Unsubscribe has nothing to do.
func (r *reader) Unsubscribe(string) error { return nil }

// Append stores nothing.
func (r *reader) Append(string, imap.LiteralReader, *imap.AppendOptions) (*imap.AppendData, error) {
	return nil, imapCannot
}

// Copy copies nothing.
func (r *reader) Copy(imap.NumSet, string) (*imap.CopyData, error) { return nil, imapCannot }

// Expunge removes nothing: CLOSE comes here too, which must not fail.
func (r *reader) Expunge(*imapserver.ExpungeWriter, *imap.UIDSet) error { return nil }

var _ imapserver.Session = (*reader)(nil)
