package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

// smallDisk is a store on a disk of its own, of 6 MB.
func smallDisk(t *testing.T) *shelf {
	t.Helper()
	dir := servers.SmallDisk(t, "6m")
	return open(t, func(o *store.Options) { o.Dir = filepath.Join(dir, "mail") })
}

// leave fills the disk but for so many bytes, until room is called.
func (s *shelf) leave(free int64) (room func()) {
	s.t.Helper()
	var st unix.Statfs_t
	if err := unix.Statfs(s.o.Dir, &st); err != nil {
		s.t.Fatal(err)
	}
	ballast := filepath.Join(filepath.Dir(s.o.Dir), "ballast")
	if n := int64(st.Bavail)*st.Bsize - free; n > 0 {
		if err := os.WriteFile(ballast, make([]byte, n), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			s.t.Fatal(err)
		}
	}
}

// pull brings mail in until the disk is full, or n messages are in, and tells how many
// are.
func (s *shelf) pull(f mailstore.FolderID, from, n mailstore.UID, size int) (mailstore.UID, error) {
	for uid := from; uid < from+n; uid++ {
		w := s.NewBody()
		_, err := w.Write([]byte(noise(uint64(uid), size)))
		if err != nil {
			w.Abort()
			return uid, err
		}
		body, err := w.Close()
		if err != nil {
			return uid, err
		}
		batch := mailstore.Batch{
			Folder: f, UIDValidity: 1, Cursor: &mailstore.Cursor{UIDValidity: 1, UIDNext: uid + 1},
			Arrived: []mailstore.Arrival{{UID: uid, Received: noon, Body: body}},
		}
		if _, err := s.Apply(s.t.Context(), batch); err != nil {
			return uid, err
		}
	}
	return from + n, nil
}

// A disk that fills, in the middle of a message's bytes or of the index's rows, is
// named in one sentence; what was in stays, and with room the next run goes on.
func TestFullDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	s := smallDisk(t)
	inbox := s.inbox()
	next := mailstore.UID(1)
	for _, round := range []struct {
		free int64
		size int
	}{{400 << 10, 100_000}, {200 << 10, 200}, {64 << 10, 3000}, {0, 10}} {
		room := s.leave(round.free)
		reached, err := s.pull(inbox, next, 3000, round.size)
		is(t, err, mailstore.ErrDisk)
		if said := mailstore.SentenceOf(err).String(); !strings.Contains(said, "full") || !strings.Contains(said, s.o.Dir) {
			t.Errorf("%q: %v", said, err)
		}
		equal(t, len(s.known(inbox)), int(reached-1))
		equal(t, s.theFolder(inbox).Cursor.UIDNext, reached)
		room()
		next = reached
		if next, err = s.pull(inbox, next, 3, 1000); err != nil {
			t.Fatal(err)
		}
		s.verify(0)
	}
	s.reopen()
	s.verify(0)
	equal(t, len(s.known(inbox)), int(next-1))
}

// A disk that became read-only stops what would write; what is there can be read.
func TestReadOnlyDisk(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	s := smallDisk(t)
	inbox := s.inbox()
	s.arrive(inbox, s.arrival(1, "one"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.Store = nil
	disk := filepath.Dir(s.o.Dir)
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(t.Context(), s.o)
	is(t, err, mailstore.ErrDisk)
	o := s.o
	o.ReadOnly = true
	r, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s.Store = r
	equal(t, s.text(s.list(mailstore.List{})[0].ID), "one")
	if err := errors.Join(r.Close(), unix.Mount("", disk, "", unix.MS_REMOUNT, "")); err != nil {
		t.Fatal(err)
	}
	s.Store = nil
	s.reopen()
	s.verify(0)
}
