package mirror_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
)

// A message that the server lists and does not give stops nothing, is named, is tried
// again by every check, and is not forgotten.
func TestWithheld(t *testing.T) {
	for name, caps := range strategies {
		t.Run(name, func(t *testing.T) {
			p := newPrimary(caps)
			mails := p.fill(t, "INBOX", 0, 20)
			p.withheld[mails[4]], p.withheld[mails[7]] = true, true
			d := newDesk(t, p.connect)
			for range 2 {
				r := d.once()
				if len(r.Missing) != 2 || r.Check.Missing != 2 || r.Missing[0].Folder != "INBOX" || r.Missing[0].Why.IsZero() {
					t.Fatalf("missing: %+v", r.Missing)
				}
				if got := strings.Count(d.held(), "INBOX"); got != 18 {
					t.Fatalf("%d are here, not 18", got)
				}
			}
			p.fill(t, "INBOX", 100, 3)
			delete(p.withheld, mails[4])
			r := d.once()
			if r.Fetched != 4 || len(r.Missing) != 1 || r.Missing[0].UID != mails[7].UID {
				t.Errorf("%+v", r)
			}
			delete(p.withheld, mails[7])
			if r := d.once(); r.Fetched != 1 || len(r.Missing) != 0 {
				t.Errorf("%+v", r)
			}
			d.same(p)
			if r := d.once(); r.Fetched != 0 || caps.CondStore && r.Looked != 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// A body that breaks off is not stored, and its folder is tried again; other folders
// are brought up to date.
func TestShortBody(t *testing.T) {
	p := newPrimary(all, "Other")
	mails := p.fill(t, "INBOX", 0, 5)
	p.fill(t, "Other", 50, 5)
	p.short[mails[2]] = true
	d := newDesk(t, p.connect)
	r := d.try()
	if !errors.Is(r.Err, mailstore.ErrUnreachable) || len(r.Troubles) != 1 || r.Troubles[0].Folder != "INBOX" {
		t.Fatalf("%v, %+v", r.Err, r.Troubles)
	}
	if got := strings.Count(d.held(), "Other"); got != 5 {
		t.Errorf("%d of the other folder are here, not 5", got)
	}
	fresh, err := d.store.Freshness(t.Context())
	if err != nil || !fresh[0].Complete.IsZero() || fresh[0].Failed.IsZero() {
		t.Errorf("%+v, %v", fresh, err)
	}
	delete(p.short, mails[2])
	before := p.bodies()
	d.once()
	d.same(p)
	if again := p.bodies() - before; again > 3 {
		t.Errorf("%d were fetched, although some had come before", again)
	}
}

// A server that asks for patience is left alone at once, and the report says until when.
func TestThrottled(t *testing.T) {
	p := newPrimary(all, "Other")
	p.fill(t, "INBOX", 0, 5)
	d := newDesk(t, p.connect)
	p.trouble = func(op string) error {
		if op != "body" {
			return nil
		}
		e := mailstore.Fail(mailstore.ErrThrottled, "The server asks for patience.")
		e.After = 7 * time.Minute
		return e
	}
	r := d.try()
	if !errors.Is(r.Err, mailstore.ErrThrottled) || !r.Check.Retry.Equal(d.now.Add(7*time.Minute)) || p.selected != 1 {
		t.Errorf("%v, retry %s, %d folders selected", r.Err, r.Check.Retry, p.selected)
	}
	fresh, err := d.store.Freshness(t.Context())
	if err != nil || !fresh[0].Retry.Equal(r.Check.Retry) {
		t.Errorf("%+v, %v", fresh, err)
	}
}

// Damaged messages are fetched again, although nothing changed at the primary.
func TestRepair(t *testing.T) {
	p := newPrimary(all)
	p.fill(t, "INBOX", 0, 5)
	d := newDesk(t, p.connect)
	d.once()
	d.spoil()
	found, err := d.store.Verify(t.Context(), func(mailstore.VerifyProgress) {})
	if err != nil || len(found.Damaged) == 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	if r := d.once(); r.Fetched != len(found.Damaged) || r.Check.Changes.Arrived != 0 {
		t.Errorf("%d fetched, %d were damaged", r.Fetched, len(found.Damaged))
	}
	d.same(p)
	if again, err := d.store.Verify(t.Context(), func(mailstore.VerifyProgress) {}); err != nil || len(again.Damaged) != 0 {
		t.Errorf("%+v, %v", again, err)
	}
}
