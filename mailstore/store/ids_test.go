package store_test

import (
	"fmt"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

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
