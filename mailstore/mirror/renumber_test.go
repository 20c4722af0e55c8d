package mirror_test

import (
	"errors"
	"strings"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// A folder with a new UIDVALIDITY is rematched by its bytes: everything stays one, and
// nothing is hidden before it came anew, whenever the line breaks.
func TestRenumbered(t *testing.T) {
	for name, caps := range strategies {
		t.Run(name, func(t *testing.T) {
			p := newPrimary(caps)
			mails := p.fill(t, "INBOX", 0, 60)
			d := newDesk(t, p.connect)
			d.once()
			p.expunge("INBOX", mails[3])
			p.renumber("INBOX")
			n := 0
			p.trouble = func(op string) error {
				if n++; op == "body" && n > 25 {
					return mailstore.Fail(mailstore.ErrSignIn, "The password is no longer right.")
				}
				return nil
			}
			if r := d.try(); !errors.Is(r.Err, mailstore.ErrSignIn) || r.Check.Changes.Gone != 0 {
				t.Fatalf("%v, %+v", r.Err, r.Check.Changes)
			}
			if places := strings.Count(d.held(), "INBOX"); places < 60 && places > 0 {
				t.Errorf("only %d of 60 places are left", places)
			}
			p.trouble = nil
			r := d.once()
			if r.Check.Changes.Arrived != 0 || r.Check.Changes.Moved != 0 || r.Check.Changes.Gone != 1 || len(r.Held) != 0 {
				t.Errorf("%+v, held %v", r.Check.Changes, r.Held)
			}
			if r.Fetched >= 59 {
				t.Errorf("all %d were fetched again although some had come", r.Fetched)
			}
			d.same(p)
			if r := d.once(); r.Fetched != 0 || r.Check.Changes != (mailstore.Applied{}) {
				t.Errorf("again: %+v", r)
			}
		})
	}
}

// What is lost while the UIDVALIDITY changes is held like all else.
func TestRenumberedAndLost(t *testing.T) {
	p := newPrimary(all)
	mails := p.fill(t, "INBOX", 0, 60)
	d := newDesk(t, p.connect)
	d.once()
	p.expunge("INBOX", mails[:40]...)
	p.renumber("INBOX")
	r := d.once()
	if len(r.Held) != 1 || r.Held[0].Held.Gone != 40 || r.Check.Changes.Gone != 0 {
		t.Fatalf("%+v, held %+v", r.Check.Changes, r.Held)
	}
	if r := d.once(); r.Fetched != 0 || len(r.Held) != 1 {
		t.Fatalf("%+v", r)
	}
	if err := d.mirror().Accept(t.Context(), d.account.ID, r.Held[0].ID); err != nil {
		t.Fatal(err)
	}
	d.same(p)
}

// A renamed folder is the same folder, and nothing of it is fetched.
func TestRenamed(t *testing.T) {
	for name, prepare := range map[string]func(*primary){
		"by its contents":     func(*primary) {},
		"by the server's own": func(p *primary) { p.folders["Old"].remote = "F1"; p.folders["INBOX"].remote = "F2" },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPrimary(all, "Old", "Twin")
			p.folders["Twin"].validity = p.folders["Old"].validity // made in the same second
			prepare(p)
			p.fill(t, "Old", 0, 50)
			p.fill(t, "Twin", 100, 50)
			d := newDesk(t, p.connect)
			d.once()
			before, err := d.store.Folders(t.Context(), d.account.ID)
			if err != nil {
				t.Fatal(err)
			}
			p.rename("Old", "New/名前")
			p.rename("Twin", "New/Twin")
			p.fill(t, "New/名前", 200, 2)
			r := d.once()
			if r.Fetched != 2 || r.Check.Changes.Gone != 0 || len(r.Held) != 0 {
				t.Errorf("%+v", r)
			}
			d.same(p)
			after, err := d.store.Folders(t.Context(), d.account.ID)
			if err != nil || len(after) != len(before) {
				t.Fatalf("%d folders, then %d; %v", len(before), len(after), err)
			}
			for _, b := range before {
				for _, a := range after {
					if a.ID == b.ID && strings.HasPrefix(b.Name, "Old") && a.Name != "New/名前" {
						t.Errorf("%s is now %s", b.Name, a.Name)
					}
				}
			}
		})
	}
}

// Another folder in the place of a deleted one is not the same, although it has the
// same UIDVALIDITY and as many messages.
func TestReplacedFolder(t *testing.T) {
	p := newPrimary(all, "Old")
	p.fill(t, "Old", 0, 10)
	d := newDesk(t, p.connect)
	d.once()
	validity := p.folders["Old"].validity
	delete(p.folders, "Old")
	p.create("Other").validity = validity
	p.fill(t, "Other", 300, 10)
	if r := d.once(); r.Fetched != 10 {
		t.Errorf("%d of 10 fetched", r.Fetched)
	}
	d.same(p)
}

// Gmail shows one message in many folders: its bytes come once, whatever the order,
// and labels cost nothing later.
func TestLabels(t *testing.T) {
	for _, withAll := range []bool{true, false} {
		p := newPrimary(imaplink.Caps{CondStore: true, ListStatus: true, Gmail: true}, "Work", "Archive", "[Gmail]/All Mail", "[Gmail]")
		p.folders["[Gmail]/All Mail"].role = mailstore.All
		p.folders["[Gmail]"].noSelect = true
		if !withAll {
			delete(p.folders, "[Gmail]/All Mail")
		}
		labels := []string{"INBOX", "Work", "Archive", "[Gmail]/All Mail"}
		for n := range 120 {
			for i, label := range labels {
				if p.folders[label] != nil && (i == 3 || n%(i+1) == 0) {
					p.add(label, letter(n), noon).RemoteID = string(rune('A'+n/26)) + string(rune('a'+n%26))
				}
			}
		}
		d := newDesk(t, p.connect)
		r := d.once()
		if r.Fetched != 120 || p.bodies() != 120 {
			t.Errorf("all mail %t: %d fetched, not 120", withAll, r.Fetched)
		}
		d.same(p)
		p.add("Work", letter(1), noon).RemoteID = "Ab"
		if r := d.once(); r.Fetched != 0 || r.Check.Changes.Moved != 1 {
			t.Errorf("a label: %+v", r)
		}
		d.same(p)
	}
}
