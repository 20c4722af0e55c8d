package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
	"lifeboat/mailstore/store"
)

// A whole list, and all that a search finds, are what their pages together are: of a
// folder, an account, some accounts or all, with what is hidden and without.
func TestWholeLists(t *testing.T) {
	s := open(t)
	ids := s.accounts("aiko@shop.example", "ben@shop.example", "cora@shop.example")
	folders := []mailstore.FolderID{s.folder(ids[0], "INBOX"), s.folder(ids[0], "案件"), s.folder(ids[1], "INBOX"), s.folder(ids[2], "INBOX")}
	const each = 1100 // together more than is tried at once
	for n, f := range folders {
		var batch []mailstore.Arrival
		for i := range each {
			text := fmt.Sprintf("message %d", n*each+i)
			if n == 1 && i%10 == 0 {
				text = fmt.Sprintf("message %d", i) // lies in two folders
			}
			a := s.arrival(mailstore.UID(i+1), text)
			a.Received = noon.Add(time.Duration(i*7%each) * time.Minute)
			batch = append(batch, a)
		}
		s.arrive(f, batch...)
		s.apply(mailstore.Batch{Folder: f, Gone: []mailstore.UID{3, 11, each}})
	}
	var all []mailstore.Description
	for {
		todo, err := s.Undescribed(t.Context(), 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(todo) == 0 {
			break
		}
		all = all[:0]
		for _, m := range todo {
			all = append(all, mailstore.Description{Message: m.ID, Letter: mailstore.Letter{Subject: "plan", From: []mailstore.Address{{Address: "eve@outside.test"}}}})
		}
		if err := s.Describe(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	q, err := fulltext.Parse("plan", noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []mailstore.List{
		{}, {Account: ids[0]}, {Accounts: []mailstore.AccountID{ids[0], ids[2]}}, {Accounts: []mailstore.AccountID{}}, {Folder: folders[0]}, {Folder: folders[1]},
	} {
		for _, l.Gone = range []bool{false, true} {
			var paged []mailstore.MessageID
			for next := l; ; {
				next.Limit = 1000
				page, err := s.Messages(t.Context(), next)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range page {
					paged = append(paged, m.ID)
				}
				if len(page) < next.Limit {
					break
				}
				next.Before = paged[len(paged)-1]
			}
			whole, err1 := s.IDs(t.Context(), l)
			found, err2 := s.SearchIDs(t.Context(), q, l)
			if err1 != nil || err2 != nil || !slices.Equal(whole, paged) || !slices.Equal(found, paged) {
				t.Errorf("%+v: %d in pages, %d at once (%v), %d found (%v)", l, len(paged), len(whole), err1, len(found), err2)
			}
			first := l
			first.Limit = 7
			if some, err := s.SearchIDs(t.Context(), q, first); err != nil || !slices.Equal(some, paged[:min(7, len(paged))]) {
				t.Errorf("%+v: %v, %v", first, some, err)
			}
		}
	}
	people := 0
	if err := s.EachPeople(t.Context(), 0, func(p store.People) error {
		people++
		if len(p.From) != 1 || p.Received().Before(noon) {
			t.Errorf("%+v", p)
		}
		return nil
	}); err != nil || people != 4*each-each/10 {
		t.Errorf("%d messages told of, %v", people, err)
	}
}

// The revision is another one after each change, whoever makes it, and none without.
func TestRevision(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	o := s.o
	o.ReadOnly = true
	reader, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	revision := func() int64 {
		t.Helper()
		n, err := reader.Revision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := revision()
	equal(t, revision(), before)
	s.arrive(inbox, s.arrival(1, "one"))
	after := revision()
	if after == before {
		t.Error("a message came, and nobody noticed")
	}
	s.known(inbox)
	equal(t, revision(), after)
}

// BenchmarkList is what a list of 100,000 messages costs: all IDs, and a screenful of them.
func BenchmarkList(b *testing.B) {
	dir := b.TempDir()
	s, folder := benchStoreIn(b, dir)
	const n = 100_000
	for at := 0; at < n; at += 10_000 {
		bodies := make([]mailstore.Body, 10_000)
		for i := range bodies {
			w := s.NewBody()
			if _, err := fmt.Fprintf(w, "From: a@x.example\r\nSubject: %d\r\n\r\nText\r\n", at+i); err != nil {
				b.Fatal(err)
			}
			var err error
			if bodies[i], err = w.Close(); err != nil {
				b.Fatal(err)
			}
		}
		batch := mailstore.Batch{Folder: folder, UIDValidity: 1}
		for i, body := range bodies {
			batch.Arrived = append(batch.Arrived, mailstore.Arrival{
				UID: mailstore.UID(at + i + 1), Received: noon.Add(time.Duration(at+i) * time.Minute), Flags: mailstore.MakeFlags(mailstore.Seen), Body: body,
			})
		}
		if _, err := s.Apply(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for name, l := range map[string]mailstore.List{"folder": {Folder: folder}, "account": {Account: 1}, "all": {}, "some": {Accounts: []mailstore.AccountID{1, 2, 3}}, "folder-first-200": {Folder: folder, Limit: 200}} {
		for _, fresh := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/fresh=%v", name, fresh), func(b *testing.B) {
				r := reopened(b, dir)
				for b.Loop() {
					if fresh {
						b.StopTimer()
						r = reopened(b, dir)
						b.StartTimer()
					}
					if ids, err := r.IDs(b.Context(), l); err != nil || len(ids) != n && l.Limit == 0 {
						b.Fatal(len(ids), err)
					}
				}
			})
		}
	}
	b.Run("screenful", func(b *testing.B) {
		r := reopened(b, dir)
		ids, err := r.IDs(b.Context(), mailstore.List{Folder: folder})
		if err != nil {
			b.Fatal(err)
		}
		at := 0
		for b.Loop() {
			at = (at + 7919) % (n - 40)
			if got, err := r.ByIDs(b.Context(), ids[at:at+40]); err != nil || len(got) != 40 {
				b.Fatal(len(got), err)
			}
		}
	})
	b.Run("revision", func(b *testing.B) {
		r := reopened(b, dir)
		for b.Loop() {
			if _, err := r.Revision(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func reopened(b *testing.B, dir string) *store.Store {
	b.Helper()
	r, err := store.Open(b.Context(), store.Options{Dir: dir, Key: key, ReadOnly: true, Now: func() time.Time { return noon }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = r.Close() })
	return r
}
