package store_test

import (
	"testing"

	"lifeboat/mailstore"
)

// A clock that is set to another year, or a month ahead, removes nothing, neither old
// mail nor what is hidden, and when it is put right all goes on as before.
func TestClockSetAheadRemovesNothing(t *testing.T) {
	s := open(t)
	inbox := s.inbox()
	s.arrive(inbox, s.arrival(1, "one"), s.arrival(2, "two"))
	s.apply(mailstore.Batch{Folder: inbox, Gone: []mailstore.UID{2}, At: noon})
	s.retainNow()
	for _, ahead := range []int{40, 400, 3650} {
		s.now = noon.AddDate(0, 0, ahead)
		for hour := range 100 { // nobody notices for days
			s.now = noon.AddDate(0, 0, ahead+hour/24)
			if r := s.retainNow(); r.Messages+r.Places > 0 {
				t.Fatalf("%d days ahead: %+v", ahead, r)
			}
		}
	}
	s.now = noon.AddDate(0, 0, 5)
	equal(t, s.retainNow().Messages, 0)
	s.now = noon.AddDate(0, 0, 14)
	equal(t, s.retainNow().Messages, 1) // what was hidden for the grace
	equal(t, len(s.list(mailstore.List{Gone: true})), 1)
	s.verify(0)
}

// A machine that was off for long is believed when its clock went on for some days and
// the primary was reached, so that old mail goes after all.
func TestClockIsBelievedInTime(t *testing.T) {
	s := open(t)
	account := s.accounts("aiko@shop.example")[0]
	s.arrive(s.folder(account, "INBOX"), s.arrival(1, "one"))
	s.retainNow()
	check := func() {
		if err := s.Checked(t.Context(), account, mailstore.Check{Began: s.now, Ended: s.now}); err != nil {
			t.Fatal(err)
		}
	}
	s.now = noon.AddDate(0, 0, 60)
	check()
	equal(t, s.retainNow().Messages, 0)
	s.now = noon.AddDate(0, 0, 64)
	equal(t, s.retainNow().Messages, 0) // nobody confirmed it
	check()
	equal(t, s.retainNow().Messages, 1)
	s.verify(0)
}
