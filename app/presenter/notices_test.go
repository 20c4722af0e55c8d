package presenter_test

import (
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
	"lifeboat/mailstore"
)

// causes are the causes of what is due.
func causes(n *presenter.Notices) (all []string) {
	for _, note := range n.Due() {
		all = append(all, note.Cause)
	}
	return all
}

// An outage has one cause as long as it lasts, its end another, and both are said once.
func TestNoticesOfAnOutage(t *testing.T) {
	d := presentertest.Domain()
	status := presentertest.Status(d, presentertest.Set(d, failover.Primary))
	home := presenter.NewHome(tongue(t, i18n.English), lookout{status: engine.Status{At: presentertest.Noon, Domains: []engine.DomainStatus{status}}}, presenter.HomeOptions{
		Domains: []failover.Domain{d}, Now: presentertest.Now, Every: time.Minute,
	})
	home.Look(t.Context())
	n := presenter.NewNotices(tongue(t, i18n.English), home, nil, presentertest.Now)
	home.Saw(d.Name, presentertest.State(t, d, presentertest.Calm))
	if got := n.Due(); len(got) != 0 {
		t.Fatalf("in calm times: %+v", got)
	}
	home.Saw(d.Name, presentertest.State(t, d, presentertest.Resets))
	first := n.Due()
	if len(first) != 1 || first[0].Page != "home" || !strings.Contains(first[0].Title, "Microsoft 365") {
		t.Fatalf("in an outage: %+v", first)
	}
	home.Saw(d.Name, presentertest.State(t, d, presentertest.Resets))
	if again := causes(n); len(again) != 1 || again[0] != first[0].Cause {
		t.Errorf("the same outage has the causes %q and %q", first[0].Cause, again)
	}
	home.Saw(d.Name, presentertest.State(t, d, presentertest.Calm))
	end := n.Due()
	if len(end) != 1 || end[0].Cause == first[0].Cause || !strings.Contains(end[0].Title, "works again") {
		t.Errorf("at its end: %+v", end)
	}
	if again := causes(n); len(again) != 1 || again[0] != end[0].Cause {
		t.Errorf("its end is told as %q and then %q", end[0].Cause, again)
	}
}

// An old mirror is one cause until it is complete again.
func TestNoticeOfAnOldMirror(t *testing.T) {
	d := presentertest.Domain()
	home := presenter.NewHome(tongue(t, i18n.English), lookout{}, presenter.HomeOptions{Domains: []failover.Domain{d}, Now: presentertest.Now, Every: time.Minute})
	n := presenter.NewNotices(tongue(t, i18n.English), home, nil, presentertest.Now)
	old := engine.MirrorStatus{State: engine.ReadyMirror, Complete: presentertest.Noon.Add(-5 * time.Hour)}
	n.SawMirror(old)
	if got := causes(n); len(got) != 0 {
		t.Errorf("a mirror without an alarm: %v", got)
	}
	old.Alarms = []engine.MirrorAlarm{{Say: mailstore.Say("There is no mirror: the primary has no sign_in in the settings, or no mailbox is listed.")}}
	n.SawMirror(old)
	got := n.Due()
	if len(got) != 1 || got[0].Page != "mail" {
		t.Fatalf("an old mirror: %+v", got)
	}
	n.SawMirror(old)
	if again := causes(n); len(again) != 1 || again[0] != got[0].Cause {
		t.Errorf("it has two causes: %v", again)
	}
	n.SawMirror(engine.MirrorStatus{State: engine.ReadyMirror, Complete: presentertest.Noon})
	if got := causes(n); len(got) != 0 {
		t.Errorf("when it is complete again: %v", got)
	}
}

// A folder that is held stays so while the mirror goes on being complete: one notice, and
// not another with each look. What need not be seen to yet is none.
func TestNoticeOfTheMirrorIsSentOnceACause(t *testing.T) {
	d := presentertest.Domain()
	home := presenter.NewHome(tongue(t, i18n.English), lookout{}, presenter.HomeOptions{Domains: []failover.Domain{d}, Now: presentertest.Now, Every: time.Minute})
	n := presenter.NewNotices(tongue(t, i18n.English), home, nil, presentertest.Now)
	seen := map[string]bool{}
	look := func(minute int, alarms ...engine.MirrorAlarm) {
		n.SawMirror(engine.MirrorStatus{State: engine.ReadyMirror, Complete: presentertest.Noon.Add(time.Duration(minute) * time.Minute), Alarms: alarms})
		for _, c := range causes(n) {
			seen[c] = true
		}
	}
	held := engine.MirrorAlarm{Severity: "warning", Account: "sato@aoba.example", Say: mailstore.Say("Choose a mailbox on the left.")}
	for minute := range 10 {
		look(minute, held)
	}
	if len(seen) != 1 {
		t.Errorf("one trouble has the causes %v", seen)
	}
	look(11)
	look(12, engine.MirrorAlarm{Severity: "notice", Account: "sato@aoba.example", Say: held.Say})
	if len(seen) != 1 {
		t.Errorf("what need not be seen to is told: %v", seen)
	}
	look(13, held)
	if len(seen) != 2 {
		t.Errorf("that it began anew is not told: %v", seen)
	}
}

// A provider that comes and goes is told of for as long as that matters: the ends of all
// its outages are not kept for ever.
func TestNoticesKeepFewEnds(t *testing.T) {
	d := presentertest.Domain()
	home := presenter.NewHome(tongue(t, i18n.English), lookout{}, presenter.HomeOptions{Domains: []failover.Domain{d}, Now: presentertest.Now, Every: time.Minute})
	n := presenter.NewNotices(tongue(t, i18n.English), home, nil, presentertest.Now)
	for range 60 {
		home.Saw(d.Name, presentertest.State(t, d, presentertest.Resets))
		n.Due()
		home.Saw(d.Name, presentertest.State(t, d, presentertest.Calm))
		if due := n.Due(); len(due) > 10 {
			t.Fatalf("%d notices are due at once", len(due))
		}
	}
}

// A drill is due half a year after the last; who never held one is told on Home alone.
func TestNoticeOfADrill(t *testing.T) {
	d := presentertest.Domain()
	home := presenter.NewHome(tongue(t, i18n.English), lookout{}, presenter.HomeOptions{Domains: []failover.Domain{d}, Now: presentertest.Now, Every: time.Minute})
	result := presentertest.Result(t)
	archive := &presentertest.Archive{}
	drills := presenter.NewDrills(tongue(t, i18n.English), presenter.DrillsOptions{Archive: archive, Now: presentertest.Now})
	due := func(after time.Duration) []presenter.Notice {
		return presenter.NewNotices(tongue(t, i18n.English), home, drills, func() time.Time { return result.Started.Add(after) }).Due()
	}
	if got := due(200 * 24 * time.Hour); len(got) != 0 {
		t.Errorf("without any drill: %+v", got)
	}
	if err := archive.Save(result); err != nil {
		t.Fatal(err)
	}
	drills.Read()
	if got := due(time.Hour); len(got) != 0 {
		t.Errorf("an hour after the last: %+v", got)
	}
	if got := due(200 * 24 * time.Hour); len(got) != 1 || got[0].Page != "drills" {
		t.Errorf("200 days after the last: %+v", got)
	}
}
