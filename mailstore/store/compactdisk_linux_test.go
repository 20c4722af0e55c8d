package store_test

import (
	"errors"
	"testing"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

// On a disk with no room for a copy of what is still wanted of one segment, those of
// which nothing is wanted are given back all the same; and then there is room for it.
func TestFullDiskGivesWholeSegmentsBack(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	s := smallDisk(t)
	store.SetSegmentSize(&s.o, 1<<20)
	s.reopen()
	inbox := s.inbox()
	for uid := mailstore.UID(1); uid <= 7; uid++ {
		size := 600_000
		if uid == 2 {
			size = 400_000
		}
		a := s.arrival(uid, noise(uint64(uid), size))
		if uid != 2 {
			a.Received = noon.Add(-50 * day)
		}
		s.arrive(inbox, a)
	}
	room := s.leave(300 << 10)
	before := s.onDisk()
	removed := 0
	for range 3 {
		r, err := s.Retain(t.Context(), mailstore.Retention{})
		removed += r.Messages
		if err != nil && !errors.Is(err, mailstore.ErrDisk) {
			t.Fatal(err)
		}
	}
	if after := s.onDisk(); after > before/2 {
		t.Errorf("%d of %d octets remain", after, before)
	}
	equal(t, removed, 6) // each is told of once
	s.verify(0)
	room()
	s.retain()
	equal(t, s.text(s.list(mailstore.List{})[0].ID), noise(2, 400_000))
	s.reopen()
	s.verify(0)
}
