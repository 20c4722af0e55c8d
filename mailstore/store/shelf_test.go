package store_test

import (
	"errors"
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
	// tidied is when retain was called last.
	tidied time.Time
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

// testLog shows what a store logs where a test fails.
func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}
