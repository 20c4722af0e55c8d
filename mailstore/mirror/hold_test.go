package mirror_test

import (
	"errors"
	"strings"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// heldFolder makes a primary whose inbox loses most of its mail, and the mirror that
// holds it.
func heldFolder(t *testing.T, caps imaplink.Caps) (*primary, *desk, []*mail, mailstore.Folder) {
	t.Helper()
	p := newPrimary(caps, "Archive")
	mails := p.fill(t, "INBOX", 0, 100)
	d := newDesk(t, p.connect)
	d.once()
	before := d.held()
	p.expunge("INBOX", mails[:60]...)
	r := d.once()
	if len(r.Held) != 1 || r.Held[0].Name != "INBOX" || r.Held[0].Held == nil || r.Held[0].Held.Gone != 60 || r.Held[0].Held.Of != 100 {
		t.Fatalf("held: %+v", r.Held)
	}
	if got := d.held(); got != before {
		t.Fatalf("a held folder lost something:\n%s", got)
	}
	return p, d, mails, r.Held[0]
}

// A folder that loses most of its mail at once hides nothing, goes on taking mail in,
// and lets go when a person accepts.
func TestHeldAndAccepted(t *testing.T) {
	for name, caps := range strategies {
		t.Run(name, func(t *testing.T) {
			p, d, mails, folder := heldFolder(t, caps)
			p.fill(t, "INBOX", 500, 3)
			p.flag("INBOX", mails[90], mailstore.Starred)
			r := d.once()
			if r.Fetched != 3 || r.Check.Changes.Arrived != 3 || r.Check.Changes.Gone != 0 || r.Check.Changes.Changed != 1 || len(r.Held) != 1 {
				t.Fatalf("while held: %+v", r)
			}
			if since := r.Held[0].Held.Since; !since.Equal(folder.Held.Since) {
				t.Errorf("held since %s, then since %s", folder.Held.Since, since)
			}
			if r := d.once(); r.Fetched != 0 {
				t.Errorf("%d fetched again", r.Fetched)
			}
			if err := d.mirror().Accept(t.Context(), d.account.ID, folder.ID); err != nil {
				t.Fatal(err)
			}
			d.same(p)
			if r := d.once(); len(r.Held) != 0 || r.Check.Changes != (mailstore.Applied{}) || r.Fetched != 0 {
				t.Errorf("after: %+v", r)
			}
			if err := d.mirror().Accept(t.Context(), d.account.ID, folder.ID); !errors.Is(err, mailstore.ErrNotFound) {
				t.Errorf("accepted twice: %v", err)
			}
		})
	}
}

// What is kept lies in a folder of its own, which the primary does not take away.
func TestHeldAndKept(t *testing.T) {
	p, d, _, folder := heldFolder(t, all)
	if err := d.mirror().Keep(t.Context(), d.account.ID, folder.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := strings.Count(d.held(), "INBOX ("); got != 60 {
			t.Fatalf("%d messages were kept, not 60:\n%s", got, d.held())
		}
		if got := strings.Count("\n"+d.held(), "\nINBOX "); got != 100 {
			t.Fatalf("%d messages are here, not the 40 of the inbox and the 60 that were kept", got)
		}
		p.fill(t, "Archive", 0, 0)
		if r := d.once(); r.Fetched != 0 || len(r.Held) != 0 || r.Check.Changes != (mailstore.Applied{}) {
			t.Fatalf("after: %+v", r)
		}
	}
}

// More than a person was told of is held again.
func TestAcceptedNoMoreThanSaid(t *testing.T) {
	p, d, mails, folder := heldFolder(t, all)
	p.expunge("INBOX", mails[60:95]...)
	err := d.mirror().Accept(t.Context(), d.account.ID, folder.ID)
	if !errors.Is(err, mailstore.ErrHeld) || !strings.Contains(err.Error(), "95 of 100") {
		t.Fatalf("%v", err)
	}
	if got := strings.Count(d.held(), "INBOX"); got != 100 {
		t.Errorf("%d messages left of 100", got)
	}
}

// What comes back, lets the folder go on by itself.
func TestHeldAndRestored(t *testing.T) {
	p, d, mails, _ := heldFolder(t, all)
	for _, m := range mails[:60] {
		p.add("INBOX", m.raw, m.Received, m.Flags...)
	}
	if r := d.once(); len(r.Held) != 0 {
		t.Fatalf("%+v", r.Held)
	}
	d.same(p)
}

// Moving most of a folder elsewhere is no loss, in whatever order the folders are
// looked at.
func TestMovedIsNotLost(t *testing.T) {
	for _, to := range []string{"Aaa", "Zzz"} {
		p := newPrimary(all, "Aaa", "Zzz", "Mmm")
		mails := p.fill(t, "Mmm", 0, 100)
		d := newDesk(t, p.connect)
		d.once()
		p.move("Mmm", to, mails[:90]...)
		if r := d.once(); len(r.Held) != 0 || r.Check.Changes.Gone != 90 || r.Check.Changes.Moved != 90 {
			t.Errorf("moved to %s: %+v, held %v", to, r.Check.Changes, r.Held)
		}
		d.same(p)
	}
}

// A few are never held, however small the folder; nor is a small share of many.
func TestUsualDeletions(t *testing.T) {
	p := newPrimary(all, "many")
	few := p.fill(t, "INBOX", 0, 20)
	many := p.fill(t, "many", 100, 200)
	d := newDesk(t, p.connect)
	d.once()
	p.expunge("INBOX", few...)
	p.expunge("many", many[:40]...)
	if r := d.once(); len(r.Held) != 0 || r.Check.Changes.Gone != 60 {
		t.Errorf("%+v", r)
	}
	d.same(p)
}

// A folder that is deleted with much in it is held; an empty one is not. Kept, it is a
// folder of ours; accepted, it is gone, and what it held is hidden.
func TestDeletedFolder(t *testing.T) {
	for _, keep := range []bool{false, true} {
		p := newPrimary(all, "Project", "Empty")
		p.fill(t, "Project", 0, 50)
		d := newDesk(t, p.connect)
		d.once()
		delete(p.folders, "Project")
		delete(p.folders, "Empty")
		r := d.once()
		if len(r.Held) != 1 || r.Held[0].Name != "Project" || strings.Count(d.held(), "Project") != 50 {
			t.Fatalf("%+v", r.Held)
		}
		m := d.mirror()
		decide, left := m.Accept, 0
		if keep {
			decide, left = m.Keep, 50
		}
		if err := decide(t.Context(), d.account.ID, r.Held[0].ID); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := strings.Count(d.held(), "Project"); got != left {
				t.Errorf("kept %t: %d of 50 messages are here", keep, got)
			}
			if r := d.once(); len(r.Held) != 0 {
				t.Errorf("held again: %+v", r.Held)
			}
		}
		p.create("Project")
		p.fill(t, "Project", 0, 5)
		if r := d.once(); r.Fetched != 5 || strings.Count(d.held(), "Project") != left+5 {
			t.Errorf("a folder of that name again: %+v\n%s", r, d.held())
		}
	}
}

// A folder that was not listed once and is there again is the same folder.
func TestFolderIsBack(t *testing.T) {
	p := newPrimary(all, "Shy")
	p.fill(t, "Shy", 0, 5)
	d := newDesk(t, p.connect)
	d.once()
	shy := p.folders["Shy"]
	delete(p.folders, "Shy")
	if r := d.once(); r.Check.Changes.Gone != 5 || d.held() != "" {
		t.Fatalf("%+v\n%s", r, d.held())
	}
	p.folders["Shy"] = shy
	d.once()
	d.same(p)
	if r := d.once(); r.Fetched != 0 || r.Looked != 0 {
		t.Errorf("%+v", r)
	}
	folders, err := d.store.Folders(t.Context(), d.account.ID)
	if err != nil || len(folders) != 2 {
		t.Errorf("%v %v", folders, err)
	}
}

// A list without an inbox is a server's slip: nothing is believed to be gone.
func TestListWithoutInbox(t *testing.T) {
	p := newPrimary(all)
	p.fill(t, "INBOX", 0, 5)
	d := newDesk(t, p.connect)
	d.once()
	inbox := p.folders["INBOX"]
	delete(p.folders, "INBOX")
	if r := d.try(); !errors.Is(r.Err, mailstore.ErrServer) {
		t.Errorf("%v", r.Err)
	}
	p.folders["INBOX"] = inbox
	d.same(p)
}
