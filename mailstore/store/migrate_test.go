package store_test

import (
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/store"
)

// version1 are rows as the first version wrote them: a message in two folders, one
// of them no longer.
const version1 = `
INSERT INTO accounts (id, address, kind, days, messages, bytes) VALUES (1, 'aiko@shop.example', 'personal', 30, 1, 3);
INSERT INTO folders (id, account, name, delimiter, role, remote, uidvalidity, uidnext, modseq, messages, unseen)
	VALUES (1, 1, 'INBOX', '/', 'inbox', '', 5, 8, 99, 1, 0), (2, 1, '案件', '/', '', 'm2', 6, 2, 0, 0, 0);
INSERT INTO flagsets VALUES (1, '\Seen work');
INSERT INTO messages (id, account, body, size, received, live, described, remote) VALUES (74029480344059904, 1, 1, 3, 1763812800, 1, 1, 'r1');
INSERT INTO places VALUES (1, 5, 7, 74029480344059904, 1, 1763812800, 0), (2, 6, 1, 74029480344059904, 1, 1763812800, 1763812900);
`

// An index of an older version becomes today's, with all that is in it.
func TestOlderVersion(t *testing.T) {
	s := open(t)
	body := s.body("one")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteVersion(t.Context(), s.o, 1, version1, body); err != nil {
		t.Fatal(err)
	}
	o := s.o
	o.ReadOnly = true
	_, err := store.Open(t.Context(), o)
	is(t, err, mailstore.ErrUnsupported)
	s.Store = nil
	s.reopen()
	s.verify(0)
	page := s.list(mailstore.List{})
	if len(page) != 1 || s.text(page[0].ID) != "one" || len(page[0].Places) != 2 || !page[0].Places[0].Flags.Has("work") || page[0].Described {
		t.Errorf("%+v", page)
	}
	f := s.theFolder(1)
	equal(t, f.Cursor, mailstore.Cursor{UIDValidity: 5, UIDNext: 8, ModSeq: 99})
	if todo, err := s.Undescribed(t.Context(), 0); err != nil || len(todo) != 1 {
		t.Errorf("%+v, %v", todo, err)
	}
	s.arrive(f.ID) // and it is written to as any
}

// What a newer version wrote is left alone.
func TestNewerVersion(t *testing.T) {
	s := open(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteVersion(t.Context(), s.o, 99, "", mailstore.Body{}); err != nil {
		t.Fatal(err)
	}
	before := contents(t, s.o.Dir)
	for _, readOnly := range []bool{false, true} {
		o := s.o
		o.ReadOnly = readOnly
		_, err := store.Open(t.Context(), o)
		is(t, err, mailstore.ErrUnsupported)
	}
	equal(t, string(contents(t, s.o.Dir)), string(before))
}
