package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

// The clock of tests, and the key of their stores.
var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	key  = [32]byte{7, 1, 13}
)

// shelf is a store with what tests do to it.
type shelf struct {
	*store.Store
	t   *testing.T
	o   store.Options
	now time.Time
}

func open(t *testing.T, change ...func(*store.Options)) *shelf {
	t.Helper()
	s := &shelf{t: t, now: noon}
	s.o = store.Options{Dir: t.TempDir(), Key: key, Now: func() time.Time { return s.now }, Log: testLog(t)}
	for _, c := range change {
		c(&s.o)
	}
	s.reopen()
	t.Cleanup(func() {
		if s.Store == nil {
			return
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *shelf) reopen() {
	s.t.Helper()
	if s.Store != nil {
		if err := s.Close(); err != nil {
			s.t.Fatal(err)
		}
	}
	opened, err := store.Open(s.t.Context(), s.o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Store = opened
}

// accounts has the store know accounts, of 30 days.
func (s *shelf) accounts(addresses ...string) []mailstore.AccountID {
	s.t.Helper()
	var want []mailstore.Account
	for _, a := range addresses {
		want = append(want, mailstore.Account{Address: a, Kind: mailstore.Personal, Days: 30})
	}
	all, err := s.SaveAccounts(s.t.Context(), want)
	if err != nil {
		s.t.Fatal(err)
	}
	var ids []mailstore.AccountID
	for _, a := range addresses {
		for _, b := range all {
			if b.Address == a {
				ids = append(ids, b.ID)
			}
		}
	}
	return ids
}

func (s *shelf) folder(a mailstore.AccountID, name string) mailstore.FolderID {
	s.t.Helper()
	f, err := s.SaveFolder(s.t.Context(), mailstore.Folder{Account: a, Name: name, Delimiter: "/"})
	if err != nil {
		s.t.Fatal(err)
	}
	return f.ID
}

// inbox is a folder of a new account.
func (s *shelf) inbox() mailstore.FolderID {
	s.t.Helper()
	return s.folder(s.accounts("aiko@shop.example")[0], "INBOX")
}

func (s *shelf) body(text string) mailstore.Body {
	s.t.Helper()
	w := s.NewBody()
	if _, err := io.WriteString(w, text); err != nil {
		s.t.Fatal(err)
	}
	b, err := w.Close()
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *shelf) arrival(uid mailstore.UID, text string, flags ...string) mailstore.Arrival {
	s.t.Helper()
	return mailstore.Arrival{
		UID: uid, Received: noon.Add(-time.Hour + time.Duration(uid)*time.Second), Flags: mailstore.MakeFlags(flags...), Body: s.body(text),
	}
}

func (s *shelf) apply(b mailstore.Batch) mailstore.Applied {
	s.t.Helper()
	if b.UIDValidity == 0 {
		b.UIDValidity = 1
	}
	done, err := s.Apply(s.t.Context(), b)
	if err != nil {
		s.t.Fatal(err)
	}
	return done
}

func (s *shelf) arrive(f mailstore.FolderID, all ...mailstore.Arrival) mailstore.Applied {
	s.t.Helper()
	return s.apply(mailstore.Batch{Folder: f, Arrived: all})
}

func (s *shelf) known(f mailstore.FolderID) []mailstore.Known {
	s.t.Helper()
	all, err := s.Known(s.t.Context(), f)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func (s *shelf) list(l mailstore.List) []mailstore.Message {
	s.t.Helper()
	all, err := s.Messages(s.t.Context(), l)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func (s *shelf) text(id mailstore.MessageID) string {
	s.t.Helper()
	r, err := s.Open(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func (s *shelf) theFolder(id mailstore.FolderID) mailstore.Folder {
	s.t.Helper()
	all, err := s.Folders(s.t.Context(), 0)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range all {
		if f.ID == id {
			return f
		}
	}
	s.t.Fatalf("no folder %d", id)
	return mailstore.Folder{}
}

func (s *shelf) verify(damaged int) mailstore.Verified {
	s.t.Helper()
	v, err := s.Verify(s.t.Context(), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(v.Damaged) != damaged || damaged == 0 && len(v.Lost) > 0 {
		s.t.Fatalf("%d damaged, lost %v", len(v.Damaged), v.Lost)
	}
	return v
}

func is(t *testing.T, err, kind error) {
	t.Helper()
	var ours *mailstore.Error
	if !errors.Is(err, kind) || !errors.As(err, &ours) {
		t.Errorf("got %v, want %v with a sentence", err, kind)
	}
}

func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// What was brought in is there, byte for byte, also for the next process; bringing it
// in again counts nothing.
func TestApply(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	big := string(bytes.Repeat([]byte("0123456789abcdef"), 200_000))
	batch := mailstore.Batch{
		Folder: inbox, UIDValidity: 9, At: noon,
		Arrived: []mailstore.Arrival{s.arrival(1, "one", `\seen`, "work", `\Recent`), s.arrival(2, "two"), s.arrival(3, big)},
		Cursor:  &mailstore.Cursor{UIDValidity: 9, UIDNext: 4, ModSeq: 1 << 60, Exists: 5, From: noon.AddDate(0, 0, -30), Reconciled: noon},
	}
	equal(t, s.apply(batch), mailstore.Applied{Arrived: 3, Bytes: int64(6 + len(big))})
	equal(t, s.apply(batch), mailstore.Applied{})
	s.reopen()
	known := s.known(inbox)
	if len(known) != 3 || known[0].UID != 1 || !known[0].Flags.Equal(mailstore.MakeFlags(mailstore.Seen, "work")) || known[2].Size != int64(len(big)) ||
		!known[1].Received.Equal(batch.Arrived[1].Received) || known[1].Damaged {
		t.Errorf("%+v", known)
	}
	f := s.theFolder(inbox)
	equal(t, f.Cursor, *batch.Cursor)
	equal(t, [2]int{f.Messages, f.Unseen}, [2]int{3, 2})
	page := s.list(mailstore.List{Folder: inbox})
	if len(page) != 3 || s.text(page[0].ID) != big || s.text(page[2].ID) != "one" || page[0].Hash != batch.Arrived[2].Body.Hash {
		t.Errorf("%+v", page)
	}
	m, err := s.Place(t.Context(), inbox, 2)
	if err != nil || s.text(m.ID) != "two" || len(m.Places) != 1 || m.Places[0].UID != 2 || m.Described {
		t.Errorf("%+v, %v", m, err)
	}
	s.verify(0)
}

// A message that comes to another folder is the same message; one that leaves is
// hidden there, and comes back when the server shows it again.
func TestMovesAndFlags(t *testing.T) {
	s := open(t)
	a := s.accounts("aiko@shop.example")[0]
	inbox, done := s.folder(a, "INBOX"), s.folder(a, "終わり")
	s.arrive(inbox, s.arrival(1, "one"), s.arrival(2, "two", mailstore.Seen))
	equal(t, s.arrive(done, s.arrival(7, "one")), mailstore.Applied{Moved: 1})
	equal(t, s.apply(mailstore.Batch{Folder: inbox, Gone: []mailstore.UID{1, 99}}), mailstore.Applied{Gone: 1})
	equal(t, s.apply(mailstore.Batch{Folder: inbox, Gone: []mailstore.UID{1}}), mailstore.Applied{})
	if page := s.list(mailstore.List{Account: a}); len(page) != 2 {
		t.Errorf("%+v", page)
	}
	flags := []mailstore.Change{{UID: 2, Flags: mailstore.MakeFlags("x")}, {UID: 50, Flags: mailstore.MakeFlags("x")}}
	equal(t, s.apply(mailstore.Batch{Folder: inbox, Changed: flags}), mailstore.Applied{Changed: 1})
	equal(t, s.apply(mailstore.Batch{Folder: inbox, Changed: flags}), mailstore.Applied{})
	f := s.theFolder(inbox)
	equal(t, [2]int{f.Messages, f.Unseen}, [2]int{1, 1})
	s.apply(mailstore.Batch{Folder: done, Gone: []mailstore.UID{7}})
	if page := s.list(mailstore.List{Account: a}); len(page) != 1 {
		t.Errorf("%+v", page)
	}
	if page := s.list(mailstore.List{Account: a, Gone: true}); len(page) != 2 || page[1].Places[0].Gone.IsZero() {
		t.Errorf("%+v", page)
	}
	equal(t, s.arrive(done, s.arrival(7, "one")), mailstore.Applied{Moved: 1})
	equal(t, s.theFolder(done).Messages, 1)
	// A second copy within a folder is a place of its own.
	equal(t, s.arrive(done, s.arrival(8, "one")), mailstore.Applied{Moved: 1})
	if page := s.list(mailstore.List{Folder: done}); len(page) != 1 || len(page[0].Places) != 3 {
		t.Errorf("%+v", page)
	}
}

// A server that shows other bytes under a UID loses neither message.
func TestUIDGivenTwice(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	s.arrive(inbox, s.arrival(1, "one"))
	equal(t, s.arrive(inbox, s.arrival(1, "other")), mailstore.Applied{Arrived: 1, Bytes: 5})
	page := s.list(mailstore.List{Folder: inbox})
	if len(page) != 1 || s.text(page[0].ID) != "other" {
		t.Errorf("%+v", page)
	}
	if page = s.list(mailstore.List{Folder: inbox, Gone: true}); len(page) != 2 {
		t.Errorf("%+v", page)
	}
	equal(t, s.theFolder(inbox).Messages, 1)
}

// A folder whose numbers changed shows what it had until everything has come anew.
func TestUIDValidityChanges(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	s.apply(mailstore.Batch{
		Folder: inbox, UIDValidity: 5, Arrived: []mailstore.Arrival{s.arrival(1, "one"), s.arrival(2, "two"), s.arrival(3, "three")},
		Cursor: &mailstore.Cursor{UIDValidity: 5, UIDNext: 4},
	})
	equal(t, s.apply(mailstore.Batch{Folder: inbox, UIDValidity: 6, Arrived: []mailstore.Arrival{s.arrival(1, "two")}}), mailstore.Applied{})
	equal(t, s.theFolder(inbox).Cursor.UIDValidity, 5)
	if page := s.list(mailstore.List{Folder: inbox}); len(page) != 3 || len(s.known(inbox)) != 3 {
		t.Errorf("%+v", page)
	}
	s.reopen()
	under, err := s.KnownUnder(t.Context(), inbox, 6)
	if err != nil || len(under) != 1 || under[0].UID != 1 {
		t.Errorf("%+v, %v", under, err)
	}
	equal(t, s.apply(mailstore.Batch{
		Folder: inbox, UIDValidity: 6, Arrived: []mailstore.Arrival{s.arrival(2, "one"), s.arrival(3, "four")},
		Cursor: &mailstore.Cursor{UIDValidity: 6, UIDNext: 4},
	}), mailstore.Applied{Arrived: 1, Bytes: 4, Gone: 1})
	var texts []string
	for _, m := range s.list(mailstore.List{Folder: inbox}) {
		texts = append(texts, s.text(m.ID))
	}
	equal(t, fmt.Sprint(texts), "[four two one]")
	equal(t, s.theFolder(inbox).Messages, 3)
	equal(t, len(s.list(mailstore.List{Folder: inbox, Gone: true})), 4)
}

// One body bears several labels, and is named by the server's own name for it.
func TestLabels(t *testing.T) {
	s := open(t)
	a := s.accounts("aiko@shop.example", "ben@shop.example")
	inbox, label, other := s.folder(a[0], "INBOX"), s.folder(a[0], "Customers"), s.folder(a[1], "INBOX")
	one := s.arrival(1, "one")
	one.RemoteID = "17"
	s.arrive(inbox, one, s.arrival(2, "two"))
	ids, err := s.Remote(t.Context(), a[0], []string{"17", "18"})
	if err != nil || len(ids) != 1 {
		t.Fatalf("%v, %v", ids, err)
	}
	labelled := mailstore.Arrival{UID: 4, Received: one.Received, Message: ids["17"]}
	equal(t, s.arrive(label, labelled), mailstore.Applied{Moved: 1})
	if page := s.list(mailstore.List{Folder: label}); len(page) != 1 || len(page[0].Places) != 2 || s.text(page[0].ID) != "one" {
		t.Errorf("%+v", page)
	}
	_, err = s.Apply(t.Context(), mailstore.Batch{Folder: other, UIDValidity: 1, Arrived: []mailstore.Arrival{labelled}})
	is(t, err, mailstore.ErrNotFound)
	if ids, err := s.Remote(t.Context(), a[1], []string{"17"}); err != nil || len(ids) != 0 {
		t.Errorf("%v, %v", ids, err)
	}
}

// The newest message has the greatest number, whatever order they came in; pages
// follow one another without a gap or an overlap.
func TestPages(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	var all []mailstore.Arrival
	for i := range 50 {
		a := s.arrival(mailstore.UID(i+1), fmt.Sprint("text ", i))
		a.Received = noon.Add(-time.Duration(i*7919%50/3) * time.Hour) // some at the same second
		all = append(all, a)
	}
	all[13].Received = time.Date(-5000, 1, 1, 0, 0, 0, 0, time.UTC)
	all[14].Received = time.Date(1955, 1, 1, 0, 0, 0, 0, time.UTC)
	all[15].Received = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	s.arrive(inbox, all...)
	var before mailstore.MessageID
	var last time.Time
	seen := map[mailstore.MessageID]bool{}
	for {
		page := s.list(mailstore.List{Folder: inbox, Before: before, Limit: 7})
		if len(page) == 0 {
			break
		}
		for _, m := range page {
			if seen[m.ID] || before != 0 && m.ID >= before || !last.IsZero() && m.Received.After(last) {
				t.Errorf("%d after %d", m.ID, before)
			}
			seen[m.ID] = true
			before, last = m.ID, m.Received
		}
	}
	equal(t, len(seen), 50)
	equal(t, before > 0, true)
}

// Bodies that the store never gave out, and a folder that it does not know, are
// refused; nothing of the batch stays.
func TestRefusedBatch(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	stranger := s.arrival(2, "two")
	stranger.Body.Place = append([]byte{}, stranger.Body.Place...)
	stranger.Body.Place[3]++
	_, err := s.Apply(t.Context(), mailstore.Batch{Folder: inbox, UIDValidity: 1, Arrived: []mailstore.Arrival{s.arrival(1, "one"), stranger}})
	is(t, err, mailstore.ErrInvalid)
	_, err = s.Apply(t.Context(), mailstore.Batch{Folder: inbox + 1, UIDValidity: 1})
	is(t, err, mailstore.ErrNotFound)
	_, err = s.Apply(t.Context(), mailstore.Batch{Folder: inbox})
	is(t, err, mailstore.ErrInvalid)
	if page := s.list(mailstore.List{Gone: true}); len(page) != 0 || s.theFolder(inbox).Messages != 0 {
		t.Errorf("%+v", page)
	}
	_, err = s.Open(t.Context(), 1)
	is(t, err, mailstore.ErrNotFound)
	_, err = s.Message(t.Context(), 1)
	is(t, err, mailstore.ErrNotFound)
	_, err = s.Place(t.Context(), inbox, 1)
	is(t, err, mailstore.ErrNotFound)
}

// testLog shows what a store logs where a test fails.
func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
