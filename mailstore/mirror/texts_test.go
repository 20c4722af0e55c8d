package mirror_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mirror"
)

type ctxt = context.Context

// After a run every message can be found, whether texts are read beside the fetch or
// after it; a damaged one waits for its repair and holds nothing up.
func TestTexts(t *testing.T) {
	for _, beside := range []bool{true, false} {
		p := newPrimary(all)
		p.fill(t, "INBOX", 0, 50)
		d := newDesk(t, p.connect, func(o *mirror.Options) { o.Beside = &beside })
		d.once()
		d.described(50)
		d.spoil()
		if _, err := d.store.Verify(t.Context(), func(mailstore.VerifyProgress) {}); err != nil {
			t.Fatal(err)
		}
		p.fill(t, "INBOX", 100, 5)
		d.once()
		d.described(55)
	}
}

// described wants so many messages to have a summary, and none to be without.
func (d *desk) described(want int) {
	d.t.Helper()
	list, err := d.store.Messages(d.t.Context(), mailstore.List{Account: d.account.ID, Limit: 1000})
	if err != nil {
		d.t.Fatal(err)
	}
	n := 0
	for _, m := range list {
		if m.Described && m.Summary.Subject != "" && len(m.Summary.From) == 1 {
			n++
		}
	}
	if n != want || len(list) != want {
		d.t.Errorf("%d of %d messages are described, not %d", n, len(list), want)
	}
}

// Progress is told with totals that are right at the end, and never more than a few
// times a second, however much comes.
func TestProgress(t *testing.T) {
	p := newPrimary(all, "a", "b")
	for i, name := range []string{"INBOX", "a", "b"} {
		p.fill(t, name, 1000*i, 200)
	}
	var mu sync.Mutex
	var told []mirror.Progress
	d := newDesk(t, p.connect, func(o *mirror.Options) {
		o.Tell = func(p mirror.Progress) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, p)
		}
	})
	began := time.Now()
	d.once()
	took := time.Since(began)
	last := told[len(told)-1]
	if last.Stage != mirror.Finished || last.Messages != 600 || last.Of != 600 || last.Bytes != last.OfBytes || last.Account.ID != d.account.ID || last.Left != 0 {
		t.Errorf("at last: %+v", last)
	}
	if most := int(took/(200*time.Millisecond)) + 2; len(told) > most {
		t.Errorf("told %d times in %s", len(told), took)
	}
}

// Two accounts that got the same messages store their bytes once, and each has its own.
func TestTwoAccounts(t *testing.T) {
	p := newPrimary(all)
	p.fill(t, "INBOX", 0, 10)
	d := newDesk(t, p.connect)
	accounts, err := d.store.SaveAccounts(t.Context(), []mailstore.Account{d.account, {Address: "info@shop.example", Kind: mailstore.Shared, Days: 30}})
	if err != nil {
		t.Fatal(err)
	}
	report, err := d.mirror().Once(t.Context())
	if err != nil || len(report.Accounts) != 2 || report.Failed() != 0 || report.Sum().Arrived != 20 || report.Fetched() != 20 {
		t.Fatalf("%+v, %v", report, err)
	}
	one, err := d.mirror().Once(t.Context(), accounts[1].ID)
	if err != nil || len(one.Accounts) != 1 || one.Accounts[0].Account.ID != accounts[1].ID {
		t.Errorf("%+v, %v", one, err)
	}
	d.same(p)
	d.account = accounts[1]
	d.same(p)
}
