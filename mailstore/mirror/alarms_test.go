package mirror_test

import (
	"fmt"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/mirror"
)

func TestAlarms(t *testing.T) {
	why := mailstore.Say("The password is no longer right.")
	what := mailstore.Say("The application's secret")
	for name, c := range map[string]struct {
		change func(f *mailstore.Freshness)
		want   string
	}{
		"fresh":      {func(*mailstore.Freshness) {}, "[]"},
		"removed":    {func(f *mailstore.Freshness) { f.Account.Removed, f.Complete = noon, time.Time{} }, "[]"},
		"new":        {func(f *mailstore.Freshness) { f.Complete, f.Tried = time.Time{}, time.Time{} }, "[warning: a@b.example is not mirrored yet. / ]"},
		"never":      {func(f *mailstore.Freshness) { f.Complete, f.Failed = time.Time{}, why }, "[urgent: The mirror of a@b.example was never complete. / " + why.String() + "]"},
		"behind":     {func(f *mailstore.Freshness) { f.Complete = noon.Add(-20 * time.Minute) }, "[warning: The mirror of a@b.example is behind: mail since 2026-11-22 11:40 UTC may be missing. / ]"},
		"far behind": {func(f *mailstore.Freshness) { f.Complete = noon.Add(-2 * time.Hour) }, "[urgent: The mirror of a@b.example is behind: mail since 2026-11-22 10:00 UTC may be missing. / ]"},
		"noted by a clock that was ahead": {func(f *mailstore.Freshness) { f.Complete = noon.AddDate(1, 0, 0) },
			"[urgent: The last complete check of a@b.example is noted for 2027-11-22 12:00 UTC, which is yet to come, so nobody can tell how old its mirror is. / ]"},
		"a slip":       {func(f *mailstore.Freshness) { f.Failed, f.Since = why, noon.Add(-time.Minute) }, "[]"},
		"failing":      {func(f *mailstore.Freshness) { f.Failed, f.Since = why, noon.Add(-6*time.Minute) }, "[warning: Checks of a@b.example have failed since 2026-11-22 11:54 UTC. / " + why.String() + "]"},
		"damaged":      {func(f *mailstore.Freshness) { f.Damaged = 3 }, "[urgent: 3 messages of a@b.example are damaged in the store. / ]"},
		"missing":      {func(f *mailstore.Freshness) { f.Missing = 2 }, "[notice: The primary lists 2 messages of a@b.example and does not give them. / ]"},
		"ends in time": {func(f *mailstore.Freshness) { f.Expiries = []mailstore.Expiry{{What: what, At: noon.AddDate(0, 2, 0)}} }, "[]"},
		"ends": {func(f *mailstore.Freshness) {
			f.Expiries = []mailstore.Expiry{{What: what, At: noon.AddDate(0, 0, 20)}}
		}, "[notice: What the mirror of a@b.example needs ends on 2026-12-12 12:00 UTC. / The application's secret]"},
		"ends soon": {func(f *mailstore.Freshness) { f.Expiries = []mailstore.Expiry{{What: what, At: noon.AddDate(0, 0, 5)}} }, "[warning: What the mirror of a@b.example needs ends on 2026-11-27 12:00 UTC. / The application's secret]"},
		"ended":     {func(f *mailstore.Freshness) { f.Expiries = []mailstore.Expiry{{What: what, At: noon.Add(-time.Hour)}} }, "[urgent: What the mirror of a@b.example needs has ended on 2026-11-22 11:00 UTC. / The application's secret]"},
		"held": {func(f *mailstore.Freshness) {
			f.Held = []mailstore.Folder{{Name: "INBOX", Held: &mailstore.Held{Gone: 60, Of: 100, Since: noon}}}
		}, "[warning: 60 of 100 messages vanished at once from INBOX of a@b.example. They are still here; the folder waits for your decision. / ]"},
		"the most urgent first": {func(f *mailstore.Freshness) { f.Missing, f.Damaged = 1, 1 },
			"[urgent: 1 messages of a@b.example are damaged in the store. /  notice: The primary lists 1 messages of a@b.example and does not give them. / ]"},
	} {
		t.Run(name, func(t *testing.T) {
			f := mailstore.Freshness{Account: mailstore.Account{ID: 1, Address: "a@b.example"}, Complete: noon.Add(-time.Minute), Tried: noon.Add(-time.Minute)}
			c.change(&f)
			var got []string
			for _, a := range mirror.Alarms([]mailstore.Freshness{f}, mirror.Limits{}, noon) {
				got = append(got, fmt.Sprintf("%s: %s / %s", a.Severity, a.Say, a.Why))
				if a.Do.IsZero() || a.Account.ID != 1 {
					t.Errorf("what to do is not said: %+v", a)
				}
			}
			if fmt.Sprint(got) != c.want {
				t.Errorf("%s\nnot\n%s", fmt.Sprint(got), c.want)
			}
		})
	}
}

// One application's secret is everybody's: that it ends is said once.
func TestWhatAllNeedIsToldOnce(t *testing.T) {
	at := noon.AddDate(0, 0, 20)
	what := mailstore.Expiry{What: mailstore.Say("The application's secret"), At: at}
	own := mailstore.Expiry{What: mailstore.Say("The consent"), At: at}
	var all []mailstore.Freshness
	for id, address := range []string{"a@b.example", "c@b.example", "d@b.example"} {
		f := mailstore.Freshness{Account: mailstore.Account{ID: mailstore.AccountID(id + 1), Address: address}, Complete: noon, Tried: noon}
		f.Expiries = []mailstore.Expiry{what}
		all = append(all, f)
	}
	all[1].Expiries = append(all[1].Expiries, own)
	var got []string
	for _, a := range mirror.Alarms(all, mirror.Limits{}, noon.In(time.FixedZone("JST", 9*3600))) {
		got = append(got, fmt.Sprintf("%s: %s / %s %s", a.Severity, a.Say, a.Why, a.Account.Address))
	}
	want := "[notice: What the mirrors of 3 mailboxes need ends on 2026-12-12 21:00 JST. / The application's secret  notice: What the mirror of c@b.example needs ends on 2026-12-12 21:00 JST. / The consent c@b.example]"
	if fmt.Sprint(got) != want {
		t.Errorf("%s\nnot\n%s", fmt.Sprint(got), want)
	}
}
