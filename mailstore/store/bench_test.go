package store_test

import (
	"fmt"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

const many = 10_000

// fill brings many messages into a folder, in batches as the mirror makes them.
func fill(b *testing.B, s *store.Store, folder mailstore.FolderID, bodies []mailstore.Body) {
	b.Helper()
	flags := []mailstore.Flags{nil, mailstore.MakeFlags(mailstore.Seen), mailstore.MakeFlags(mailstore.Seen, "$Work")}
	for at := 0; at < len(bodies); at += 500 {
		batch := mailstore.Batch{Folder: folder, UIDValidity: 1, Cursor: &mailstore.Cursor{UIDValidity: 1, UIDNext: mailstore.UID(at + 501)}}
		for i := at; i < at+500; i++ {
			batch.Arrived = append(batch.Arrived, mailstore.Arrival{
				UID: mailstore.UID(i + 1), Received: noon.Add(time.Duration(i) * time.Minute), Flags: flags[i%3], Body: bodies[i],
			})
		}
		if _, err := s.Apply(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

func bodiesFor(b *testing.B, s *store.Store, n int) []mailstore.Body {
	b.Helper()
	all := make([]mailstore.Body, n)
	for i := range all {
		w := s.NewBody()
		if _, err := fmt.Fprintf(w, "From: a@x.example\r\nSubject: %d\r\n\r\nText\r\n", i); err != nil {
			b.Fatal(err)
		}
		var err error
		if all[i], err = w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	return all
}

func benchStore(b *testing.B) (*store.Store, mailstore.FolderID) {
	b.Helper()
	return benchStoreIn(b, b.TempDir())
}

func benchStoreIn(b *testing.B, dir string) (*store.Store, mailstore.FolderID) {
	b.Helper()
	s, err := store.Open(b.Context(), store.Options{Dir: dir, Key: key, Now: func() time.Time { return noon }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	all, err := s.SaveAccounts(b.Context(), []mailstore.Account{{Address: "a@x.example", Days: 30}})
	if err != nil {
		b.Fatal(err)
	}
	f, err := s.SaveFolder(b.Context(), mailstore.Folder{Account: all[0].ID, Name: "INBOX"})
	if err != nil {
		b.Fatal(err)
	}
	return s, f.ID
}

// The rows of 10,000 messages, beside their bytes.
func BenchmarkApply(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s, f := benchStore(b)
		bodies := bodiesFor(b, s, many)
		b.StartTimer()
		fill(b, s, f, bodies)
	}
}

// What a comparison with the primary begins with, of 10,000 messages.
func BenchmarkKnown(b *testing.B) {
	s, f := benchStore(b)
	fill(b, s, f, bodiesFor(b, s, many))
	for b.Loop() {
		if all, err := s.Known(b.Context(), f); err != nil || len(all) != many {
			b.Fatal(len(all), err)
		}
	}
}

// A page of 100 in the middle of a folder of 10,000.
func BenchmarkPage(b *testing.B) {
	s, f := benchStore(b)
	fill(b, s, f, bodiesFor(b, s, many))
	first, err := s.Place(b.Context(), f, many/2)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if page, err := s.Messages(b.Context(), mailstore.List{Folder: f, Before: first.ID}); err != nil || len(page) != 100 {
			b.Fatal(len(page), err)
		}
	}
}

// A program that looks and has nothing to do: open, read the folders, note the check,
// tidy, close.
func BenchmarkNothingToDo(b *testing.B) {
	s, f := benchStore(b)
	fill(b, s, f, bodiesFor(b, s, many))
	accounts, err := s.Accounts(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	dir := store.DirOf(s)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := store.Open(b.Context(), store.Options{Dir: dir, Key: key, Now: func() time.Time { return noon }})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.SaveAccounts(b.Context(), accounts); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Folders(b.Context(), accounts[0].ID); err != nil {
			b.Fatal(err)
		}
		if err := s.Checked(b.Context(), accounts[0].ID, mailstore.Check{Began: noon}); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Retain(b.Context(), mailstore.Retention{}); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
