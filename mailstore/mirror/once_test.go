package mirror_test

import (
	"fmt"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// strategies are the ways in which servers tell what changed.
var strategies = map[string]imaplink.Caps{
	"QRESYNC":   all,
	"CONDSTORE": {CondStore: true, ListStatus: true},
	"neither":   {},
}

// A first pull, nothing new, and changes of every kind: the store is what the primary
// is, and no bytes come twice.
func TestChanges(t *testing.T) {
	for name, caps := range strategies {
		t.Run(name, func(t *testing.T) {
			p := newPrimary(caps, "Archive", "空のフォルダー")
			inbox := p.fill(t, "INBOX", 0, 40)
			p.fill(t, "Archive", 100, 30)
			d := newDesk(t, p.connect)
			first := d.once()
			d.same(p)
			if first.Fetched != 70 || first.Check.Changes.Arrived != 70 || first.Check.Changes.Bytes != first.Bytes {
				t.Errorf("first: %+v", first)
			}

			again := d.once()
			if again.Fetched != 0 || again.Check.Changes != (mailstore.Applied{}) {
				t.Errorf("again: %+v", again)
			}
			if caps.CondStore && again.Looked != 0 {
				t.Errorf("%d folders were looked at although nothing changed", again.Looked)
			}

			p.fill(t, "INBOX", 200, 5)
			for _, m := range inbox[:10] {
				p.flag("INBOX", m, mailstore.Answered, mailstore.Starred)
			}
			p.move("INBOX", "Archive", inbox[10:13]...)
			p.expunge("INBOX", inbox[13], inbox[14])
			changes := d.once()
			d.same(p)
			want := mailstore.Applied{Arrived: 5, Moved: 3, Changed: 10, Gone: 5}
			want.Bytes = changes.Check.Changes.Bytes
			if changes.Check.Changes != want || changes.Fetched != 8 {
				t.Errorf("changes: %+v, fetched %d", changes.Check.Changes, changes.Fetched)
			}
			if again := d.once(); again.Fetched != 0 || again.Check.Changes != (mailstore.Applied{}) {
				t.Errorf("again: %+v", again)
			}
		})
	}
}

// What is older than the window is not fetched; a window that grows is filled up.
func TestWindow(t *testing.T) {
	for name, caps := range strategies {
		t.Run(name, func(t *testing.T) {
			p := newPrimary(caps)
			for day := range 60 {
				p.add("INBOX", letter(day), noon.AddDate(0, 0, -day).Add(-time.Hour))
			}
			d := newDesk(t, p.connect)
			if r := d.once(); r.Fetched != 30 {
				t.Errorf("%d fetched, not the 30 of the window", r.Fetched)
			}
			p.expunge("INBOX", p.folders["INBOX"].mails[50]) // nothing of ours
			if r := d.once(); r.Fetched != 0 || r.Check.Changes != (mailstore.Applied{}) {
				t.Errorf("%+v", r)
			}
			d.account.Days = 40
			if _, err := d.store.SaveAccounts(t.Context(), []mailstore.Account{d.account}); err != nil {
				t.Fatal(err)
			}
			if r := d.once(); r.Fetched != 10 {
				t.Errorf("%d fetched, not the 10 of the wider window", r.Fetched)
			}
			d.now = d.now.AddDate(0, 0, 3) // the window moves on: nothing vanished
			if r := d.once(); r.Fetched != 0 || r.Check.Changes.Gone != 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// A server that counts one mod-sequence for the whole account makes every folder
// look changed. It costs a look, and no bytes.
func TestOneModSeqForAll(t *testing.T) {
	p := newPrimary(all, "a", "b", "c")
	p.oneSeq = true
	for i, name := range []string{"INBOX", "a", "b", "c"} {
		p.fill(t, name, 100*i, 10)
	}
	d := newDesk(t, p.connect)
	d.once()
	p.flag("a", p.folders["a"].mails[0], mailstore.Draft)
	r := d.once()
	d.same(p)
	if r.Fetched != 0 || r.Check.Changes != (mailstore.Applied{Changed: 1}) {
		t.Errorf("%+v", r)
	}
	if r := d.once(); r.Looked != 0 {
		t.Errorf("%d folders were looked at although nothing changed", r.Looked)
	}
}

// Messages with one Message-ID, or none, stay as many as they are; equal bytes are
// one message in two places.
func TestEqualMessages(t *testing.T) {
	p := newPrimary(all, "copy")
	for i := range 3 {
		p.add("INBOX", letter(i), noon.Add(-time.Hour)) // one Message-ID
		p.add("INBOX", fmt.Sprintf("Subject: none %d\r\n\r\n", i), noon.Add(-time.Hour))
	}
	p.add("copy", letter(0), noon.Add(-time.Hour))
	p.add("copy", letter(0), noon.Add(-time.Hour))
	d := newDesk(t, p.connect)
	if r := d.once(); r.Check.Changes.Arrived != 6 {
		t.Errorf("%+v", r.Check.Changes)
	}
	d.same(p)
}
