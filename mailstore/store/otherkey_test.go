package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

// Another key, tried on what a killed process left, changes nothing: what lies in the
// log alone is still there for the right one.
func TestOtherKeyAfterAKill(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	s.arrive(inbox, s.arrival(1, "one"), s.arrival(2, "two"))
	left := filepath.Join(t.TempDir(), "mail") // as a kill leaves it: not closed
	if err := os.CopyFS(left, os.DirFS(s.o.Dir)); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		o := s.o
		o.Dir, o.Key, o.ReadOnly = left, [32]byte{99}, readOnly
		_, err := store.Open(t.Context(), o)
		is(t, err, mailstore.ErrKey)
		_, err = store.Rebuild(t.Context(), o)
		is(t, err, mailstore.ErrKey)
	}
	again := open(t, func(o *store.Options) { o.Dir = left })
	equal(t, len(again.known(inbox)), 2)
	again.verify(0)
}

// A note of the key that is damaged keeps nobody from the mail.
func TestDamagedNoteOfTheKey(t *testing.T) {
	s := open(t)
	s.arrive(s.inbox(), s.arrival(1, "one"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(s.o.Dir, "key.proof")
	b, err := os.ReadFile(note)
	if err != nil {
		t.Fatal(err)
	}
	b[3] ^= 1
	if err := os.WriteFile(note, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Store = nil
	s.reopen()
	equal(t, len(s.list(mailstore.List{})), 1)
}
