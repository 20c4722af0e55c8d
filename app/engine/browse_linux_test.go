package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
	"lifeboat/mailstore/mailstoretest/corpus"
)

// mirai is a folder whose name is no ASCII, with many messages.
const (
	mirai     = "取引先.株式会社みらい"
	manyThere = 5000
)

// abroad is the secondary's Dovecot, and the engine that reads what lies there.
type abroad struct {
	*shelf
	server *servers.Dovecot
	dials  atomic.Int64
	number int
}

func newAbroad(t *testing.T) *abroad {
	t.Helper()
	authority := servers.NewAuthority(t)
	a := &abroad{shelf: newShelf(t)}
	a.server = servers.StartDovecot(t, servers.DovecotConfig{Certificate: authority.Issue(t, "imap.secundo.test")})
	a.opt.Mail.Dialer = a
	a.opt.Mail.TLS = func(configs.Provider) (*tls.Config, error) {
		return &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12}, nil
	}
	a.opt.Password = func(_ context.Context, ref configs.SecretRef) (string, error) {
		if ref != configs.MailboxSecretAt("secondary", ben) {
			return "", fmt.Errorf("asked for %s", ref)
		}
		return a.server.Password, nil
	}
	return a
}

// DialContext dials the one server, whatever it is called.
func (a *abroad) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	a.dials.Add(1)
	return new(net.Dialer).DialContext(ctx, network, a.server.IMAPS)
}

// bring puts messages into a folder of the server.
func (a *abroad) bring(folder string, n int, text func(int) string) {
	a.t.Helper()
	uid, gid := a.server.Owner()
	began := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	all := func(yield func(corpus.Message) bool) {
		for i := range n {
			m := corpus.Message{Number: a.number, Folder: folder, Received: began.Add(time.Duration(a.number) * time.Minute), Bytes: []byte(text(i))}
			a.number++
			if i%2 == 1 {
				m.Flags = mailstore.MakeFlags(mailstore.Seen)
			}
			if !yield(m) {
				return
			}
		}
	}
	if err := corpus.WriteMaildir(a.server.Maildir("ben2"), uid, gid, all); err != nil {
		a.t.Fatal(err)
	}
}

func (a *abroad) browse(reason string) MailSource {
	a.t.Helper()
	m, err := a.Browse(a.t.Context(), BrowseRequest{Role: failover.Secondary, Account: ben, Reason: reason})
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { _ = m.Close() })
	return m
}

// The secondary's mailbox is read where it lies: its folders, a list of 5,000 messages,
// what the server finds, a message with what is attached. Nothing is changed there, and
// nothing is stored here.
func TestBrowse(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	a := newAbroad(t)
	a.bring(strings.ReplaceAll(mirai, ".", "/"), manyThere, func(i int) string {
		return fmt.Sprintf("From: 佐藤 <sato@mirai.test>\r\nTo: %s\r\nSubject: 会議 no %d\r\n\r\n見積書 %d を送ります。\r\n", ben, i, i)
	})
	a.bring("INBOX", 2, func(i int) string {
		return fmt.Sprintf("From: Eve <eve@outside.test>\r\nTo: %s\r\nSubject: plan %d\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee it.\r\n--x\r\nContent-Disposition: attachment; filename=plan.txt\r\n\r\nThe plan.\r\n--x--\r\n", ben, i)
	})
	m := a.browse("")
	if _, err := m.Folders(t.Context(), "", false); !errors.Is(err, mailstore.ErrLocked) || a.dials.Load() > 0 {
		t.Fatalf("%v, after %d connections", err, a.dials.Load())
	}
	if err := m.Unlock(t.Context(), "", "Ben is ill"); err != nil {
		t.Fatal(err)
	}
	folders, err := m.Folders(t.Context(), ben, false)
	if err != nil || folders[0].Role != mailstore.Inbox || folders[0].Messages != 2 {
		t.Fatalf("%+v, %v", folders, err)
	}
	at := slices.IndexFunc(folders, func(f MailFolder) bool { return f.Name == mirai })
	if at < 0 || folders[at].Messages != manyThere || folders[at].Unread != manyThere/2 || !slices.Equal(folders[at].Path, []string{"取引先", "株式会社みらい"}) {
		t.Errorf("%+v", folders)
	}
	sel := MailSelection{Folder: mirai}
	list, err := m.Index(t.Context(), "", sel)
	if err != nil || len(list.IDs) != manyThere {
		t.Fatalf("%d messages, %v", len(list.IDs), err)
	}
	lines, err := m.Lines(t.Context(), list.IDs[:40])
	if err != nil || lines[0].Subject != "会議 no 4999" || lines[39].Subject != "会議 no 4960" || lines[0].Unread || !lines[1].Unread || lines[0].From[0] != "佐藤 <sato@mirai.test>" {
		t.Errorf("%+v, %v", lines[:2], err)
	}
	for query, want := range map[string][]string{
		"subject:\"会議 no 4711\"":          {"会議 no 4711"},
		"見積書 \"1234 を送ります\"":              {"会議 no 1234"},
		"\"no 4998\" OR \"no 4999\"":      {"会議 no 4999", "会議 no 4998"},
		"nothing-like-that":               {},
		"before:2026-11-01 since:2026-12": {},
	} {
		same(t, query, append([]string{}, subjects(t, m, query, sel)...), want)
	}
	if unread, err := m.Index(t.Context(), "is:unread", sel); err != nil || len(unread.IDs) != manyThere/2 {
		t.Errorf("%d are unread, %v", len(unread.IDs), err)
	}
	if first, err := m.Index(t.Context(), "会議", MailSelection{Folder: mirai, Limit: 3}); err != nil || !slices.Equal(first.IDs, list.IDs[:3]) {
		t.Errorf("%v, %v", first, err)
	}
	if _, err := m.Index(t.Context(), "folder:sent plan", sel); !errors.Is(err, mailstore.ErrUnsupported) {
		t.Error(err)
	}
	if _, err := m.Index(t.Context(), "", MailSelection{Folder: "Nowhere"}); !errors.Is(err, mailstore.ErrInvalid) {
		t.Error(err)
	}
	inbox, err := m.Index(t.Context(), "has:attachment", MailSelection{})
	if err != nil || len(inbox.IDs) != 2 {
		t.Fatal(inbox, err)
	}
	a.reads(m, inbox.IDs[1])
	a.lists(m, sel, list.IDs)
	a.leavesNothing(m, sel)
}

// lists goes through a list page by page, as the command line does, with IDs that another
// run has given.
func (a *abroad) lists(m MailSource, sel MailSelection, ids []string) {
	a.t.Helper()
	sel.Limit, sel.Before = 3, ids[9]
	page, err := ListMail(a.t.Context(), a.browse("Ben is ill"), "", sel)
	if err != nil || len(page.Messages) != 3 || page.Messages[0].ID != ids[10] || page.Next != ids[12] {
		a.t.Errorf("%+v, %v", page, err)
	}
	if shown, err := a.browse("Ben is ill").Show(a.t.Context(), ids[10]); err != nil || shown.Subject != page.Messages[0].Subject {
		a.t.Errorf("%+v, %v", shown, err)
	}
	sel.Before = ids[len(ids)-2]
	if page, err := ListMail(a.t.Context(), m, "", sel); err != nil || len(page.Messages) != 1 || page.Next != "" {
		a.t.Errorf("%+v, %v", page, err)
	}
}

// reads reads a message in every way.
func (a *abroad) reads(m MailSource, id string) {
	a.t.Helper()
	shown, err := m.Show(a.t.Context(), id)
	if err != nil || shown.Text != "See it." || shown.Attachments != 1 || len(shown.Attached) != 1 || shown.Account != ben || len(shown.Headers) == 0 {
		a.t.Errorf("%+v, %v", shown, err)
	}
	var part, raw strings.Builder
	if err := m.Part(a.t.Context(), id, shown.Attached[0].Part, func(AttachedFile) (io.Writer, error) { return &part, nil }); err != nil || part.String() != "The plan." {
		a.t.Errorf("%q, %v", part.String(), err)
	}
	if err := m.Raw(a.t.Context(), id, &raw); err != nil || !strings.Contains(raw.String(), "--x--") {
		a.t.Errorf("%q, %v", raw.String(), err)
	}
	got, err := m.Export(a.t.Context(), ExportRequest{Target: filepath.Join(a.t.TempDir(), "out.zip"), Format: export.Zip, IDs: []string{id}})
	if err != nil || got.Messages != 1 || got.Bytes != int64(raw.Len()) {
		a.t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "1", "0.1.0", "99.1.1", "0.zz.1", id + ".y"} {
		if _, err := m.Show(a.t.Context(), bad); err == nil {
			a.t.Errorf("%q is a message", bad)
		}
	}
	if _, err := m.Show(a.t.Context(), strings.TrimRight(id, "0123456789abcdefghijklmnopqrstuvwxyz")+"zzz"); !errors.Is(err, mailstore.ErrNotFound) {
		a.t.Error(err)
	}
}

// leavesNothing holds what was read to have left no trace but in the log.
func (a *abroad) leavesNothing(m MailSource, sel MailSelection) {
	a.t.Helper()
	if unread, err := m.Index(a.t.Context(), "is:unread", sel); err != nil || len(unread.IDs) != manyThere/2 {
		a.t.Errorf("%d are unread, %v", len(unread.IDs), err)
	}
	if unread, err := m.Index(a.t.Context(), "is:unread", MailSelection{}); err != nil || len(unread.IDs) != 1 {
		a.t.Errorf("%d are unread in the inbox, %v", len(unread.IDs), err)
	}
	var kept []string
	if err := filepath.WalkDir(a.opt.DataDir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			kept = append(kept, filepath.Base(path))
		}
		return err
	}); err != nil {
		a.t.Fatal(err)
	}
	slices.Sort(kept)
	same(a.t, "kept", kept, []string{accessEndFile, accessLock, accessFile, "keys.json"})
	all, err := a.AccessLog(a.t.Context(), time.Time{})
	if err != nil || len(all) < 6 {
		a.t.Fatalf("%+v, %v", all, err)
	}
	for _, e := range all {
		if e.Server != "imap.secundo.test" || e.Account != ben || e.Reason != "Ben is ill" {
			a.t.Errorf("%+v", e)
		}
	}
}

// A server that dies amid reading costs a sentence, and is used again once it is back;
// a question that is given up costs no connection; new mail is noticed.
func TestBrowseOverADeadLine(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	a := newAbroad(t)
	text := func(i int) string { return fmt.Sprintf("Subject: no %d\r\n\r\nText %d\r\n", i, i) }
	a.bring("INBOX", 300, text)
	m := a.browse("the auditors ask for it")
	list, err := m.Index(t.Context(), "", MailSelection{})
	if err != nil || len(list.IDs) != 300 {
		t.Fatal(len(list.IDs), err)
	}
	if _, err := m.Show(t.Context(), list.IDs[0]); err != nil {
		t.Fatal(err)
	}
	dialled := a.dials.Load()
	given, give := context.WithCancel(t.Context())
	give()
	if _, err := m.Index(given, "text", MailSelection{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := m.Lines(t.Context(), list.IDs[:20]); err != nil || a.dials.Load() != dialled {
		t.Errorf("%d connections rather than %d, %v", a.dials.Load(), dialled, err)
	}
	a.server.Kill(t)
	_, err = m.Lines(t.Context(), list.IDs[200:220])
	if !errors.Is(err, mailstore.ErrUnreachable) || mailstore.SentenceOf(err).IsZero() {
		t.Errorf("of a dead server: %v", err)
	}
	if _, err := m.Show(t.Context(), list.IDs[5]); !errors.Is(err, mailstore.ErrUnreachable) {
		t.Errorf("of a dead server: %v", err)
	}
	if shown, err := m.Show(t.Context(), list.IDs[0]); err != nil || shown.Text != "Text 299" {
		t.Errorf("what was read before: %+v, %v", shown, err)
	}
	a.server.Start(t)
	lines, err := m.Lines(t.Context(), list.IDs[200:220])
	if err != nil || lines[0].Subject != "no 99" {
		t.Errorf("%+v, %v", lines, err)
	}
	// It dies between two questions, and is back before the next.
	a.server.Kill(t)
	a.server.Start(t)
	if shown, err := m.Show(t.Context(), list.IDs[7]); err != nil || shown.Text != "Text 292" {
		t.Errorf("%+v, %v", shown, err)
	}
	before, err := m.Revision(t.Context())
	if err != nil || before == "" {
		t.Fatal(before, err)
	}
	a.bring("INBOX", 1, text)
	a.late.Add(int64(askedEvery + time.Second))
	if after, err := m.Revision(t.Context()); err != nil || after == before {
		t.Errorf("%s, %v, though mail came", after, err)
	}
	if list, err := m.Index(t.Context(), "", MailSelection{}); err != nil || len(list.IDs) != 301 {
		t.Errorf("%d, %v", len(list.IDs), err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := m.Lines(t.Context(), list.IDs[100:110]); err == nil {
		t.Error("it goes on after it was closed")
	}
}

// What is missing to read a mailbox is said before anybody is dialled, and a wrong
// password by whoever refuses it.
func TestBrowseRefused(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	a := newAbroad(t)
	secret := func(context.Context) (string, error) { return "wrong", nil }
	for name, req := range map[string]BrowseRequest{
		"nothing":     {},
		"no password": {Host: "imap.secundo.test", User: "x"},
		"a stranger":  {Role: failover.Secondary, Account: "nobody@example.test"},
		"a group":     {Role: failover.Secondary, Account: "all@example.test"},
		"elsewhere":   {Role: failover.Secondary, Account: "x@elsewhere.test"},
		"a bad port":  {Host: "imap.secundo.test", User: "x", Password: secret, Port: 70000},
	} {
		if _, err := a.Browse(t.Context(), req); !errors.Is(err, mailstore.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a.dials.Load() > 0 {
		t.Error("somebody was dialled")
	}
	m, err := a.Browse(t.Context(), BrowseRequest{Host: "imap.secundo.test", User: "ben2", Password: secret, Reason: "a test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	if _, err := m.Folders(t.Context(), "", false); !errors.Is(err, mailstore.ErrSignIn) {
		t.Error(err)
	}
}

// What is kept of lists is forgotten where there is too much of it, also in the middle of
// a reading: no message that lies there is taken for one that is gone, and none is left
// out of an export.
func TestBrowsedMailIsNotTakenForGone(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	a := newAbroad(t)
	a.bring("INBOX", 200, func(i int) string {
		return fmt.Sprintf("From: eve@outside.test\r\nTo: %s\r\nSubject: no %d\r\n\r\nx\r\n", ben, i)
	})
	m := a.browse("Ben is ill")
	list, err := m.Index(t.Context(), "", MailSelection{})
	if err != nil || len(list.IDs) != 200 {
		t.Fatal(list, err)
	}
	if _, err := m.Lines(t.Context(), list.IDs[:20]); err != nil {
		t.Fatal(err)
	}
	b, ok := m.(*browser)
	if !ok {
		t.Fatalf("%T", m)
	}
	b.mu.Lock()
	for i := len(b.heads); i < keptLines; i++ {
		b.heads[strconv.Itoa(i)] = MailLine{}
	}
	b.mu.Unlock()
	out, err := m.Export(t.Context(), ExportRequest{Target: filepath.Join(t.TempDir(), "out"), Format: export.EML, IDs: list.IDs})
	if err != nil || out.Messages != 200 {
		t.Errorf("%d of 200 messages were exported: %+v, %v", out.Messages, out.LeftOut, err)
	}
}
