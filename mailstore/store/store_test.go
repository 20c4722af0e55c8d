package store_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"lifeboat/mailstore"
)

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
