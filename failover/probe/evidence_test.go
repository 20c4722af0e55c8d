package probe

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
)

var noon = time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)

// keptAt is empty evidence on the clock of a test.
func keptAt(now time.Time) *Evidence { return &Evidence{Now: func() time.Time { return now }} }

func targetOf(role failover.Role, addresses ...string) Target {
	d := failover.Domain{
		Name: "example.test.", Recipients: people(addresses...),
		Primary:   failover.Provider{Role: failover.Primary, Name: "First", MX: []failover.MX{{Preference: 10, Host: "mx1.first.test."}}, SPFInclude: "spf.first.test"},
		Secondary: failover.Provider{Role: failover.Secondary, Name: "Second", MX: []failover.MX{{Preference: 10, Host: "mx1.second.test."}}, SPFInclude: "spf.second.test"},
	}
	return Target{Domain: d, Provider: d.Provider(role)}
}

// good makes passing findings for all needs of a target.
func good(t Target, at time.Time) []failover.Finding {
	var out []failover.Finding
	for _, n := range t.Needs() {
		out = append(out, failover.Finding{
			Check: n.Check, Domain: t.Domain.Name, Subject: n.Subject, Verdict: failover.Pass,
			Say: failover.Say("{mx} is well.", "mx", "mx1.second.test"), Source: failover.FromHere, At: at,
		})
	}
	return out
}

// with changes the finding of a check and subject.
func with(findings []failover.Finding, check, subject string, change func(*failover.Finding)) []failover.Finding {
	out := slices.Clone(findings)
	for i := range out {
		if out[i].Check == check && out[i].Subject == subject {
			change(&out[i])
		}
	}
	return out
}

func TestJudge(t *testing.T) {
	home, away := targetOf(failover.Primary, "a@example.test", "b@example.test"), targetOf(failover.Secondary, "a@example.test", "b@example.test")
	for _, c := range []struct {
		name                       string
		target                     Target
		findings                   []failover.Finding
		blocking, unknown, warning int
	}{
		{"all is well", away, good(away, noon), 0, 0, 0},
		{"one is red", away, with(good(away, noon), "rcpt", "b@example.test", verdict(failover.Red)), 1, 0, 0},
		{"one is a warning", away, with(good(away, noon), "spf", "", verdict(failover.Warn)), 0, 0, 1},
		{"one is unknown", away, with(good(away, noon), "mta-sts", "", verdict(failover.Unknown)), 0, 1, 0},
		{"one has no verdict at all", away, with(good(away, noon), "mta-sts", "", verdict("")), 0, 1, 0},
		{"one is missing", away, slices.DeleteFunc(good(away, noon), func(f failover.Finding) bool { return f.Check == "dane" }), 0, 1, 0},
		{"one is too old", away, with(good(away, noon), "dane", "mx1.second.test.", aged(25*time.Hour)), 0, 1, 0},
		{"one is nearly too old", away, with(good(away, noon), "dane", "mx1.second.test.", aged(23*time.Hour)), 0, 0, 0},
		{"the clock is looked at more often", away, with(good(away, noon), "clock", "", aged(2*time.Hour)), 0, 1, 0},
		{"one is from the future", away, with(good(away, noon), "dane", "mx1.second.test.", aged(-time.Hour)), 0, 1, 0},
		{"another domain's do not count", away, with(good(away, noon), "dane", "mx1.second.test.", func(f *failover.Finding) { f.Domain = "other.test." }), 0, 1, 0},
		{"all is well at home", home, good(home, noon.Add(-10*time.Minute)), 0, 0, 0},
		{"what was well before the outage", home, good(home, noon.Add(-time.Hour)), 0, len(home.Needs()), 0},
		{"unknown by our line, recipients proven", away, with(good(away, noon), "line", "", unseenByOurLine), 0, 0, 1},
		{"unknown by our line, recipients not", away, with(with(good(away, noon), "line", "", unseenByOurLine), "rcpt", "a@example.test", verdict(failover.Unknown)), 0, 2, 0},
		{"nothing is known", away, nil, 0, len(away.Needs()), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := Judge(c.findings, c.target, noon, 0)
			if len(j.Blocking) != c.blocking || len(j.Unknown) != c.unknown || len(j.Warnings) != c.warning {
				t.Errorf("judged %d blocking, %d unknown, %d warnings: %+v", len(j.Blocking), len(j.Unknown), len(j.Warnings), j)
			}
			if want := c.blocking == 0 && c.unknown == 0; j.Allowed != want {
				t.Errorf("allowed: %v", j.Allowed)
			}
			for _, f := range j.Unknown {
				if f.Say.IsZero() {
					t.Errorf("nothing is said of %s %s", f.Check, f.Subject)
				}
			}
		})
	}
}

func verdict(v failover.Verdict) func(*failover.Finding) {
	return func(f *failover.Finding) { f.Verdict = v }
}

func unseenByOurLine(f *failover.Finding) {
	f.Verdict, f.OwnLine, f.Unseen = failover.Unknown, true, true
}

func aged(d time.Duration) func(*failover.Finding) {
	return func(f *failover.Finding) { f.At = noon.Add(-d) }
}

func TestJudgeSeveralSources(t *testing.T) {
	away := targetOf(failover.Secondary, "a@example.test")
	rest := slices.DeleteFunc(good(away, noon), func(f failover.Finding) bool { return f.Check == "rcpt" })
	f := func(source failover.Source, v failover.Verdict, at time.Time) failover.Finding {
		return failover.Finding{Check: "rcpt", Domain: "example.test.", Subject: "a@example.test", Verdict: v, Source: source, At: at, Say: failover.Say("said")}
	}
	before := noon.Add(-time.Hour)
	for _, c := range []struct {
		name string
		of   []failover.Finding
		want failover.Verdict
	}{
		{"unknown here, seed passes", []failover.Finding{f(failover.FromHere, failover.Unknown, noon), f(failover.FromSeed, failover.Pass, before)}, failover.Pass},
		{"unknown here, imported passes", []failover.Finding{f(failover.FromHere, failover.Unknown, noon), f(failover.FromImported, failover.Pass, before)}, failover.Pass},
		{"refused at the MX, seed passes", []failover.Finding{f(failover.FromHere, failover.Red, before), f(failover.FromSeed, failover.Pass, noon)}, failover.Red},
		{"refused before, taken elsewhere now", []failover.Finding{f(failover.FromHere, failover.Red, before), f(failover.FromImported, failover.Pass, noon)}, failover.Pass},
		{"taken before, refused elsewhere now", []failover.Finding{f(failover.FromHere, failover.Pass, before), f(failover.FromImported, failover.Red, noon)}, failover.Red},
		{"taken here, seed refused", []failover.Finding{f(failover.FromHere, failover.Pass, before), f(failover.FromSeed, failover.Red, noon)}, failover.Pass},
		{"only a seed that was refused", []failover.Finding{f(failover.FromSeed, failover.Red, noon)}, failover.Red},
	} {
		j := Judge(append(slices.Clone(rest), c.of...), away, noon, 0)
		got := failover.Pass
		if len(j.Blocking) > 0 {
			got = failover.Red
		} else if len(j.Unknown) > 0 {
			got = failover.Unknown
		}
		if got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestEvidenceAsksAgainOnlyForWhatIsMissing(t *testing.T) {
	away := targetOf(failover.Secondary, "a@example.test", "b@example.test")
	ev := keptAt(noon)
	if got := ev.Stale(away, noon, 0); len(got) != len(away.Needs()) {
		t.Errorf("without evidence %v is asked for", got)
	}
	if n := ev.Merge(away, good(away, noon)); n != len(away.Needs()) {
		t.Errorf("%d findings were taken in", n)
	}
	if got := ev.Stale(away, noon, 0); len(got) != 0 {
		t.Errorf("with all evidence %v is asked for", got)
	}

	grown := targetOf(failover.Secondary, "a@example.test", "b@example.test", "c@example.test")
	if got := ev.Stale(grown, noon, 0); !slices.Equal(got, []Need{{"rcpt", "c@example.test"}}) {
		t.Errorf("a new recipient has %v asked for", got)
	}

	spf := away
	spf.Provider.SPFInclude = "spf.new.test"
	if got := ev.Stale(spf, noon, 0); !slices.Equal(got, []Need{{"spf", ""}}) {
		t.Errorf("another SPF include has %v asked for", got)
	}

	moved := away
	moved.Provider.MX = []failover.MX{{Preference: 10, Host: "mx2.second.test."}}
	var untouched []string
	stale := ev.Stale(moved, noon, 0)
	for _, n := range moved.Needs() {
		if !slices.Contains(stale, n) {
			untouched = append(untouched, n.Check)
		}
	}
	if want := []string{"clock", "dns-views", "spf"}; !slices.Equal(untouched, want) {
		t.Errorf("after the MX hosts changed %v still count, want %v", untouched, want)
	}

	if got := ev.Stale(targetOf(failover.Primary, "a@example.test"), noon, 0); len(got) != len(targetOf(failover.Primary, "a@example.test").Needs()) {
		t.Error("evidence on the secondary counts for the primary")
	}
	for _, c := range []struct {
		change func(*failover.Finding)
		stale  bool
	}{{verdict(failover.Red), true}, {verdict(failover.Unknown), false}, {verdict(failover.Warn), false}, {aged(-time.Minute), false}} {
		ev := keptAt(noon)
		ev.Merge(away, good(away, noon.Add(-time.Minute)))
		ev.Merge(away, with(good(away, noon), "dane", "mx1.second.test.", c.change))
		if got := ev.Stale(away, noon, 0); (len(got) == 1) != c.stale {
			t.Errorf("stale is %v", got)
		}
	}
	if got := ev.Stale(away, noon.Add(25*time.Hour), 0); len(got) != len(away.Needs()) {
		t.Errorf("a day later only %v is asked for", got)
	}
}

// An Unknown of now does not hide what was seen an hour ago, but shows once that
// has become too old.
func TestUnknownHidesNothing(t *testing.T) {
	away := targetOf(failover.Secondary, "a@example.test")
	clock := newClock(noon)
	ev := &Evidence{Now: clock.now}
	ev.Merge(away, good(away, noon))
	later := noon.Add(20 * time.Hour)
	clock.at = later
	ev.Merge(away, with(good(away, later), "rcpt", "a@example.test", func(f *failover.Finding) {
		f.Verdict, f.Say = failover.Unknown, failover.Say("the line")
	}))
	if !Judge(ev.Findings(away), away, later, 0).Allowed {
		t.Error("a look that saw nothing undid one that saw")
	}
	much := later.Add(5 * time.Hour)
	clock.at = much
	ev.Merge(away, with(good(away, much), "rcpt", "a@example.test", func(f *failover.Finding) {
		f.At = later
		f.Verdict = failover.Unknown
		f.Say = failover.Say("the line")
	}))
	j := Judge(ev.Findings(away), away, much, 0)
	if len(j.Unknown) != 1 || j.Unknown[0].Say.String() != "the line" {
		t.Errorf("judged %+v", j)
	}
}

func TestEvidenceFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evidence.json")
	away := targetOf(failover.Secondary, "a@example.test")
	ev, err := LoadEvidence(path)
	if err != nil || len(ev.Findings(away)) != 0 {
		t.Fatalf("no file: %v", err)
	}
	findings := good(away, noon)
	findings[0].Evidence = []string{"220 x"}
	ev.Merge(away, findings)
	for range 2 { // over itself as well
		if err := ev.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	again, err := LoadEvidence(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.Findings(away); len(got) != len(findings) || got[0].Evidence[0] != "220 x" || !got[0].At.Equal(noon) || got[0].Say.String() != findings[0].Say.String() {
		t.Errorf("read back %+v", got)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.new")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, damaged := range []string{"", "{", `{"version":1,"entries":[{"finding":`, `{"version":99,"entries":[]}`, "\x00\x00\x00"} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		ev, err := LoadEvidence(path)
		var said *failover.Error
		if !errors.Is(err, failover.ErrDamaged) || !errors.As(err, &said) || !strings.Contains(said.Say.String(), path) {
			t.Errorf("%q: %v", damaged, err)
		}
		if ev == nil || ev.Merge(away, findings) != len(findings) {
			t.Errorf("%q: what is returned cannot be used", damaged)
		}
	}
}

func TestEvidenceCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "evidence.json")
	ev := &Evidence{}
	if err := ev.Save(path); !errors.Is(err, failover.ErrDisk) || !strings.Contains(err.Error(), path) {
		t.Errorf("no folder: %v", err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil { // a folder where the file should be
		t.Fatal(err)
	}
	if err := ev.Save(path); !errors.Is(err, failover.ErrDisk) {
		t.Errorf("a folder in the way: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*.new")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestEvidenceForgets(t *testing.T) {
	old, away := targetOf(failover.Secondary, "gone@example.test"), targetOf(failover.Secondary, "a@example.test")
	clock := newClock(noon)
	ev := &Evidence{Now: clock.now}
	ev.Merge(old, good(old, noon))
	clock.at = noon.Add(40 * 24 * time.Hour)
	ev.Merge(away, good(away, noon.Add(40*24*time.Hour)))
	if got := ev.Findings(old); slices.ContainsFunc(got, func(f failover.Finding) bool { return f.Subject == "gone@example.test" }) {
		t.Error("what was seen 40 days ago is still kept")
	}
}
