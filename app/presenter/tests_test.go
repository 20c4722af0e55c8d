package presenter_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/app/presenter"
	"lifeboat/app/presenter/presentertest"
	"lifeboat/failover"
)

// newTests are the tests of aoba.example over results that were changed, so long after
// they were taken.
func newTests(t *testing.T, l i18n.Language, change func(*engine.Connectivity), later time.Duration) (*presenter.Tests, *presentertest.Tester) {
	t.Helper()
	d := presentertest.Domain()
	got := presentertest.Connections(d, false)
	if change != nil {
		change(&got)
	}
	e := &presentertest.Tester{Gets: got, Kept: &got}
	p := presenter.NewTests(tongue(t, l), e, presenter.TestsOptions{
		Domains: []failover.Domain{d}, Now: func() time.Time { return presentertest.Noon.Add(20*time.Second + later) },
	})
	p.Load(t.Context())
	return p, e
}

// set has every cell of a verdict, or of a side, come to another.
func set(from failover.Verdict, side engine.Side, to failover.Verdict, own bool) func(*engine.Connectivity) {
	return func(c *engine.Connectivity) {
		for i := range c.Cells {
			x := &c.Cells[i]
			if x.State == engine.CellDone && (from == "" || x.Verdict == from) && (side == "" || x.Side == side) {
				x.Verdict, x.OwnLine = to, own
				if to == failover.Pass {
					x.Findings = nil
				}
			}
		}
	}
}

func all(changes ...func(*engine.Connectivity)) func(*engine.Connectivity) {
	return func(c *engine.Connectivity) {
		for _, do := range changes {
			do(c)
		}
	}
}

// TestTestsVerdict holds each outcome to its title, in both languages, and to its
// light.
func TestTestsVerdict(t *testing.T) {
	sound := all(set(failover.Red, "", failover.Pass, false), set(failover.Warn, "", failover.Pass, false), set(failover.Unknown, "", failover.Pass, false))
	for _, c := range []struct {
		name   string
		change func(*engine.Connectivity)
		later  time.Duration
		light  presenter.Light
		en, ja string
		lead   string
		open   string
	}{
		{name: "one fails", light: presenter.LightDown, en: "Mend one thing before", ja: "1か所", lead: "28 of 31 checks passed, 1 failed, 1 to look after, 1 unknown. Run at " + presentertest.Noon.Local().Format("15:04") + ", took 7.8 s.", open: "rcpt"},
		{name: "two fail", change: set(failover.Warn, "", failover.Red, false), light: presenter.LightDown, en: "Mend 2 things", ja: "2か所", lead: "2 failed", open: "tls"},
		{name: "only the primary fails", change: all(sound, set("", engine.SidePrimary, failover.Red, false)), light: presenter.LightDown, en: "Microsoft 365 fails; Fastmail stands ready", ja: "Fastmail は使えます", lead: "11 failed", open: "dns"},
		{name: "care", change: all(sound, func(c *engine.Connectivity) { c.Cells[0].Verdict = failover.Warn }), light: presenter.LightCare, en: "something needs care", ja: "注意", lead: "1 to look after"},
		{name: "unknown", change: all(sound, func(c *engine.Connectivity) { c.Cells[0].Verdict = failover.Unknown }), light: presenter.LightUnknown, en: "could not be seen", ja: "確かめられなかった", lead: "1 unknown"},
		{name: "own line", change: set("", "", failover.Unknown, true), light: presenter.LightUnknown, en: "Your own line keeps", ja: "自分の回線", lead: "31 kept back by your own line"},
		{name: "sound", change: sound, light: presenter.LightHealthy, en: "Everything works", ja: "すべて正常です", lead: "31 of 31 checks passed."},
		{name: "sound, long ago", change: sound, later: 50 * time.Hour, light: presenter.LightUnknown, en: "Everything worked when it was tested last", ja: "前回", lead: "The oldest result is 2 days old: test again."},
		{name: "nothing", change: func(c *engine.Connectivity) { c.Cells = nil }, light: presenter.LightUnknown, en: "Nothing has been tested yet", ja: "まだテスト", lead: "No record is changed."},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, _ := newTests(t, i18n.English, c.change, c.later)
			s := p.State()
			if s.Light != c.light || !strings.Contains(s.Title, c.en) || !strings.Contains(s.Lead, c.lead) {
				t.Errorf("it says %s: %q %q", s.Light, s.Title, s.Lead)
			}
			p.Speak(tongue(t, i18n.Japanese))
			if ja := p.State(); !strings.Contains(ja.Title, c.ja) {
				t.Errorf("in Japanese it says %q", ja.Title)
			}
			open := ""
			for _, r := range s.Rows {
				if r.Detail != nil {
					open += r.ID
				}
			}
			if open != c.open {
				t.Errorf("%q is open by itself, not %q", open, c.open)
			}
		})
	}
}

// What an open row shows: exact answers and the remedy, both to be copied, of the
// sides that fail; where all is well, of all of them.
func TestTestsDetail(t *testing.T) {
	p, _ := newTests(t, i18n.English, nil, 0)
	det := func(id string) *presenter.TestDetail {
		for _, r := range p.State().Rows {
			if r.ID == id {
				return r.Detail
			}
		}
		return nil
	}
	d := det("rcpt")
	if d == nil || len(d.Answers) != 1 || d.Answers[0].Title != "What Fastmail answered" || len(d.Answers[0].Lines) != 4 || len(d.Advice.Texts) != 1 {
		t.Fatalf("the row that fails shows %+v", d)
	}
	for _, want := range []string{"RCPT TO:<saiyo@aoba.example>", "550 5.1.1 Unknown user saiyo", "in1-smtp.secondary.example"} {
		if !strings.Contains(d.Answers[0].Copy, want) {
			t.Errorf("the copy of the answers lacks %q:\n%s", want, d.Answers[0].Copy)
		}
	}
	if !strings.Contains(d.Advice.Copy, "open Settings, Users") || d.Button == "" || d.Off || d.Usual != "Usually takes 2 s" {
		t.Errorf("what to do: %+v", d)
	}
	p.Toggle("port")
	if d = det("port"); det("rcpt") != nil || len(d.Answers) != 3 || d.Advice.Title != "Why this is tested" || d.Advice.Copy != "" {
		t.Errorf("a row that is sound shows %+v", d)
	}
	p.Toggle("port")
	if det("port") != nil {
		t.Error("it cannot be closed")
	}
	if r := p.Report(); !strings.Contains(r, "[Down] Secondary, Fastmail: 38 of 40") || !strings.Contains(r, "RCPT TO:<keiri@aoba.example>") || !strings.Contains(r, "[–] Emergency subdomain, emergency.aoba.example: not used") {
		t.Errorf("the report:\n%s", r)
	}
	own, _ := newTests(t, i18n.English, set(failover.Red, "", failover.Unknown, true), 0)
	own.Toggle("rcpt")
	for _, r := range own.State().Rows {
		if r.ID == "rcpt" && (r.Cells[1].Text != "your own line: 38 of 40" || r.Cells[1].Light != presenter.LightUnknown || !strings.HasPrefix(r.Detail.Advice.Texts[0], "This is owed to your own line, not to Fastmail.")) {
			t.Errorf("what is owed to the own line is shown as %+v, %+v", r.Cells, r.Detail)
		}
	}
}

// Cells come in one by one; what is cancelled keeps what it had.
func TestTestsRunAndCancel(t *testing.T) {
	p, e := newTests(t, i18n.English, nil, 48*time.Hour)
	e.Wait, e.After = make(chan struct{}), 4
	n := &news{ch: make(chan struct{}, 1)}
	ended := make(chan struct{})
	go func() { p.Run(t.Context(), n.changed); close(ended) }()
	mark := func(row, cell int) presenter.TestMark { return p.State().Rows[row].Cells[cell] }
	n.until(func() bool { return mark(1, 1).Light == presenter.LightWorking })
	s := p.State()
	if !s.Running || s.Button != "Cancel" || s.Light != presenter.LightWorking || !strings.HasPrefix(s.Lead, "4 of 28 done.") {
		t.Errorf("while it runs: %+v", s)
	}
	if mark(1, 2).Light != presenter.LightWaiting || !mark(6, 2).Unused {
		t.Errorf("what is to come: %+v, %+v", mark(1, 2), mark(6, 2))
	}
	p.Run(t.Context(), n.changed) // does nothing
	if len(e.Asked()) != 1 {
		t.Errorf("asked for %d times", len(e.Asked()))
	}
	p.Cancel()
	<-ended
	s = p.State()
	if s.Running || !strings.Contains(s.Lead, "2 days old") || mark(1, 2).Text != "2 names, no alias, 2 days ago" {
		t.Errorf("after it was cancelled: %q, %+v", s.Lead, mark(1, 2))
	}
	if strings.Contains(s.Lead, "canceled") {
		t.Errorf("to cancel is no failure: %q", s.Lead)
	}
}

// "Test again" sends no message: what those came to that were sent is kept, at its age. The
// row of that test sends them.
func TestTestAgainSendsNothing(t *testing.T) {
	p, e := newTests(t, i18n.English, nil, 48*time.Hour)
	row := len(p.State().Rows) - 1
	e.Gets.Cells = slices.Clone(e.Gets.Cells)
	for i := range e.Gets.Cells {
		e.Gets.Cells[i].At = presentertest.Noon.Add(48 * time.Hour)
	}
	p.Run(t.Context(), func() {})
	s := p.State()
	if a := e.Asked(); len(a) != 1 || a[0].Seed || len(a[0].Tests) != 0 {
		t.Errorf("asked for %+v", a)
	}
	if got := s.Rows[row].Cells[0]; got.Text != "4.1 s, 2 days ago" || got.Light != presenter.LightUnknown {
		t.Errorf("of the message there is %+v", got)
	}
	if strings.Contains(s.Lead, "old: test again") || p.Brief().Old {
		t.Errorf("although all was tested again: %q", s.Lead)
	}
	p.RunOne(t.Context(), s.Rows[row].ID, func() {})
	if a := e.Asked(); len(a) != 2 || a[1].Tests[0] != "seed" || p.State().Rows[row].Cells[0].Text != "4.1 s" {
		t.Errorf("asked for %+v, it says %+v", a, p.State().Rows[row].Cells[0])
	}
}

// Where no message was ever sent, that is said.
func TestTestsTellWhatWasNotTested(t *testing.T) {
	d := presentertest.Domain()
	e := &presentertest.Tester{Gets: presentertest.Connections(d, false)}
	p := presenter.NewTests(tongue(t, i18n.English), e, presenter.TestsOptions{Domains: []failover.Domain{d}, Now: presentertest.Now})
	p.Run(t.Context(), func() {})
	s := p.State()
	if got := s.Rows[len(s.Rows)-1].Cells[0]; got.Text != "not tested yet" || !strings.Contains(s.Lead, "3 not tested yet") {
		t.Errorf("%q, and the row says %+v", s.Lead, got)
	}
}

func TestTestsOne(t *testing.T) {
	p, e := newTests(t, i18n.English, nil, 0)
	done := 0
	p.RunOne(t.Context(), "tls", func() { done++ })
	if a := e.Asked(); len(a) != 1 || len(a[0].Tests) != 1 || a[0].Tests[0] != "tls" || a[0].Domains[0] != "aoba.example." || done < 2 {
		t.Errorf("asked for %+v, told %d times", a, done)
	}
	e.Err = failover.Fail(failover.ErrUnreachable, "the DNS host {host} does not answer", "host", "ns1")
	p.Run(t.Context(), func() {})
	if s := p.State(); !strings.HasPrefix(s.Lead, "The DNS host ns1 does not answer.") {
		t.Errorf("what keeps it from testing: %q", s.Lead)
	}
	e.Err = errors.New("x")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	turn := presenter.NewTurn()
	if err := turn.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	q := presenter.NewTests(tongue(t, i18n.English), e, presenter.TestsOptions{Domains: []failover.Domain{presentertest.Domain()}, Now: presentertest.Now, Turn: turn})
	q.Run(ctx, func() {}) // it is not its turn, and nobody waits any more
	if q.Running() || len(e.Asked()) != 2 {
		t.Error("it does not wait for its turn")
	}
}

// What Home and Switch tell of the tests.
func TestTestsInShort(t *testing.T) {
	p, _ := newTests(t, i18n.English, nil, 0)
	if b := p.Brief(); b.Light != presenter.LightDown || b.Failing != 1 || b.First != "Your addresses accepted at Fastmail: 38 of 40." || b.Old {
		t.Errorf("in short: %+v", b)
	}
	rows := p.Concerns("aoba.example", failover.Secondary)
	if len(rows) != 1 || rows[0].Light != presenter.LightDown || rows[0].Value != "Tested 6 s ago." {
		t.Errorf("against a switch: %+v", rows)
	}
	if rows = p.Concerns("aoba.example", failover.Primary); len(rows) != 0 {
		t.Errorf("against the way home: %+v", rows)
	}
	p, _ = newTests(t, i18n.English, nil, 30*time.Hour)
	if rows = p.Concerns("aoba.example.", failover.Primary); len(rows) != 1 || rows[0].Label != "The tests are 30 h old." {
		t.Errorf("old tests: %+v", rows)
	}
	p, _ = newTests(t, i18n.English, func(c *engine.Connectivity) { c.Cells = nil }, 0)
	if rows = p.Concerns("aoba.example", failover.Secondary); len(rows) != 1 || rows[0].Label != "The connections have never been tested." {
		t.Errorf("no tests: %+v", rows)
	}
	if b := p.Brief(); b.Light != presenter.NoLight {
		t.Errorf("no tests, in short: %+v", b)
	}
}
