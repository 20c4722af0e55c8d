package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
)

func TestSeedResultOfAnotherSubmissionServerDoesNotCount(t *testing.T) {
	away := targetOf(failover.Secondary, "a@example.test")
	away.Provider.Submission = failover.Endpoint{Host: "smtp.wrong.test", Port: 587}
	seed := failover.Finding{Check: "rcpt", Domain: "example.test.", Subject: "a@example.test", Verdict: failover.Pass, Source: failover.FromSeed, At: noon}
	ev := keptAt(noon)
	ev.Merge(away, []failover.Finding{seed})
	if len(ev.Findings(away)) != 1 {
		t.Fatal("a seed result is lost")
	}
	right := away
	right.Provider.Submission.Host = "smtp.second.test"
	if got := ev.Findings(right); len(got) != 0 {
		t.Errorf("the wrong server's word counts for the right one: %+v", got)
	}
	seed.Verdict = failover.Red
	ev.Merge(right, []failover.Finding{seed}) // takes the place of what the wrong one said
	if got := ev.Findings(away); len(got) != 0 {
		t.Errorf("kept besides: %+v", got)
	}
}

// One entry from a clock that was wrong neither stays nor pushes others out.
func TestFindingDatedFarAheadSpoilsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "evidence.json")
	away := targetOf(failover.Secondary, "a@example.test")
	wrong := keptAt(noon.Add(60 * 24 * time.Hour))
	wrong.Merge(away, good(away, noon.Add(60*24*time.Hour)))
	if err := wrong.Save(path); err != nil {
		t.Fatal(err)
	}
	ev, err := LoadEvidence(path)
	if err != nil {
		t.Fatal(err)
	}
	ev.Now = func() time.Time { return noon }
	if n := ev.Merge(away, good(away, noon)); n != len(away.Needs()) {
		t.Errorf("%d findings were taken in", n)
	}
	if got := ev.Stale(away, noon, 0); len(got) != 0 {
		t.Errorf("%v has to be looked at again", got)
	}
	if got := ev.Findings(away); len(got) != len(away.Needs()) {
		t.Errorf("%d findings are kept, those from the future among them", len(got))
	}
	if n := ev.Merge(away, good(away, noon.Add(time.Hour))); n != 0 {
		t.Errorf("%d findings from the future were taken in", n)
	}
}

func TestSecondHostThatAcceptsEverybodyIsNotForgiven(t *testing.T) {
	w := newWorld(t)
	w.mx2.rcpt = func(string, string) string { return "250 Ok" }
	ev := &Evidence{Now: w.clock.now}
	ev.Merge(w.target, w.look())
	blocked := func(when string) {
		t.Helper()
		j := Judge(ev.Findings(w.target), w.target, w.clock.now(), 0)
		if j.Allowed || !slices.ContainsFunc(j.Unknown, func(f failover.Finding) bool {
			return f.Check == "mx-answers" && f.Subject == "mx2.second.test." && strings.Contains(f.Say.String(), "accepts every address")
		}) {
			t.Errorf("%s: judged %+v", when, j)
		}
	}
	blocked("seen")
	expect(t, find(t, ev.Findings(w.target), "rcpt", "info@example.test"), failover.Pass)
	// A line that lets nothing out any more makes nothing better.
	w.block()
	ev.Merge(w.target, w.look("line", "mx-answers"))
	blocked("on a blocked line")
}

// Only what our own line hides is forgiven where all recipients are proven.
func TestOnlyOurOwnLineIsForgiven(t *testing.T) {
	away := targetOf(failover.Secondary, "a@example.test")
	host := func(change func(*failover.Finding)) []failover.Finding {
		return with(good(away, noon), "mx-answers", firstHost, change)
	}
	without := slices.DeleteFunc(good(away, noon), func(f failover.Finding) bool { return f.Check == "mx-answers" })
	for _, c := range []struct {
		name     string
		findings []failover.Finding
		allowed  bool
	}{
		{"our line", host(unseenByOurLine), true},
		{"the host", host(verdict(failover.Unknown)), false},
		{"nobody has looked", without, false},
		{"our line, too long ago", host(func(f *failover.Finding) { unseenByOurLine(f); f.At = noon.Add(-25 * time.Hour) }), false},
		{"our line, and another line saw that it proves nothing", append(host(unseenByOurLine),
			failover.Finding{Check: "mx-answers", Domain: "example.test.", Subject: firstHost, Verdict: failover.Unknown, Source: failover.FromImported, At: noon.Add(-time.Hour)}), false},
		{"our line, and another line saw it well", append(host(unseenByOurLine),
			failover.Finding{Check: "mx-answers", Domain: "example.test.", Subject: firstHost, Verdict: failover.Pass, Source: failover.FromImported, At: noon.Add(-time.Hour)}), true},
	} {
		if j := Judge(c.findings, away, noon, 0); j.Allowed != c.allowed {
			t.Errorf("%s: allowed %v: %+v", c.name, j.Allowed, j)
		}
	}
}

// What could not be seen on the other line says nothing, neither about the provider
// nor about our line.
func TestImportOfACheckThatSawNothing(t *testing.T) {
	w := newWorld(t)
	w.block()
	doc, err := json.Marshal(map[string]any{"findings": w.look("rcpt", "mx-answers", "starttls")})
	if err != nil {
		t.Fatal(err)
	}
	findings, err := Import(bytes.NewReader(doc), ImportOptions{Now: w.clock.now()})
	if !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), "other line either") {
		t.Errorf("imported %+v, %v", findings, err)
	}
}

// A certificate that nobody could see is no finding that lasts: the next check looks
// again, although it blocks nothing.
func TestUnseenCertificateIsLookedAtAgain(t *testing.T) {
	w := newWorld(t)
	w.refuse(mx1Addr + ":25")
	ev := &Evidence{Now: w.clock.now}
	ev.Merge(w.target, w.look())
	if j := Judge(ev.Findings(w.target), w.target, w.clock.now(), 0); !j.Allowed || len(j.Warnings) == 0 {
		t.Fatalf("judged %+v", j)
	}
	stale := ev.Stale(w.target, w.clock.now(), 0)
	for _, n := range []Need{{"starttls", firstHost}, {"mx-answers", firstHost}} {
		if !slices.Contains(stale, n) {
			t.Errorf("%v is not looked at again: %v", n, stale)
		}
	}
	if slices.Contains(stale, Need{"rcpt", "info@example.test"}) || slices.Contains(stale, Need{"starttls", "mx2.second.test."}) {
		t.Errorf("what was seen is looked at again: %v", stale)
	}
	w.Route(mx1Addr+":25", w.listen(w.mx1.serve)) // it recovers
	w.clock.at = w.clock.at.Add(time.Minute)
	ev.Merge(w.target, w.prober().Look(t.Context(), w.target, stale))
	for _, f := range Judge(ev.Findings(w.target), w.target, w.clock.now(), 0).Warnings {
		if f.Check == "starttls" || f.Check == "mx-answers" {
			t.Errorf("still shown: %s", f.Say)
		}
	}
}

// A failure is not undone by a look that saw nothing.
func TestUnseenCertificateDoesNotUndoAWrongOne(t *testing.T) {
	w := newWorld(t)
	w.mx1.cert = &w.ca.IssueExpired(t, w.mx1.name).TLS
	ev := &Evidence{Now: w.clock.now}
	ev.Merge(w.target, w.look())
	w.block()
	w.clock.at = w.clock.at.Add(time.Minute)
	ev.Merge(w.target, w.look("line", "starttls"))
	j := Judge(ev.Findings(w.target), w.target, w.clock.now(), 0)
	if len(j.Blocking) != 1 || !strings.Contains(j.Blocking[0].Say.String(), "expired on") {
		t.Errorf("judged %+v", j)
	}
}

func TestSeedThatArrived(t *testing.T) {
	w := newWorld(t)
	opt := w.submission()
	w.mx1.rcpt = func(to, _ string) string {
		switch {
		case strings.HasPrefix(to, "sales"):
			return "450 4.2.2 mailbox full"
		case strings.HasPrefix(to, "taro"):
			return "550 5.1.1 no such user"
		}
		return "250 Ok"
	}
	sent, err := w.prober().Seed(t.Context(), w.target, opt)
	if err != nil {
		t.Fatal(err)
	}
	if f := find(t, sent, "rcpt", "info@example.test"); !strings.Contains(f.Remedy.String(), "lifeboat check --arrived info@example.test") {
		t.Errorf("the remedy does not name the command: %s", f.Remedy)
	}
	ev := &Evidence{Now: w.clock.now}
	ev.Merge(w.target, sent)
	w.clock.at = w.clock.at.Add(time.Hour)
	arrived, err := ev.Arrived(w.target, []string{" Info@Example.Test"})
	if err != nil {
		t.Fatal(err)
	}
	f := find(t, arrived, "rcpt", "info@example.test")
	expect(t, f, failover.Pass, part(find(t, sent, "rcpt", "info@example.test").Say, "id"))
	if f.Source != failover.FromSeed || !f.At.Equal(sent[0].At) || !slices.Contains(f.Evidence, "250 Ok") {
		t.Errorf("arrived: %+v", f)
	}
	ev.Merge(w.target, arrived)
	if slices.Contains(ev.Stale(w.target, w.clock.now(), 0), Need{"rcpt", "info@example.test"}) {
		t.Error("a message that arrived proves nothing")
	}
	other := w.target
	other.Provider.Submission.Host = "smtp.second.test"
	for _, c := range []struct {
		target  Target
		address string
	}{{w.target, "nobody@example.test"}, {w.target, "sales@example.test"}, {w.target, "taro@example.test"}, {other, "info@example.test"}, {w.target, ""}} {
		if got, err := ev.Arrived(c.target, []string{c.address}); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), c.address) || got != nil {
			t.Errorf("%s by way of %s: %v, %v", c.address, c.target.Provider.Submission.Host, got, err)
		}
	}
}

// On Windows the file cannot be replaced while somebody reads it.
func TestEvidenceFileThatIsOpenElsewhere(t *testing.T) {
	errBusy, errOther := errors.New("busy"), errors.New("other")
	ticks := make(chan time.Time)
	close(ticks)
	for _, c := range []struct {
		name  string
		err   error
		fails int // so often before it works
		want  error
		tries int
	}{
		{"not open", nil, 0, nil, 1},
		{"closed soon", errBusy, 3, nil, 4},
		{"never closed", errBusy, 1000, errInUse, inUseTries},
		{"another error", errOther, 1000, errOther, 1},
	} {
		tries := 0
		err := patiently(func() error {
			if tries++; tries <= c.fails {
				return c.err
			}
			return nil
		}, func(err error) bool { return errors.Is(err, errBusy) }, ticks)
		if !errors.Is(err, c.want) || tries != c.tries {
			t.Errorf("%s: %v after %d tries", c.name, err, tries)
		}
	}
	err := notSaved("evidence.json", fmt.Errorf("%w: %w", errInUse, errBusy))
	if !errors.Is(err, failover.ErrDisk) || !strings.Contains(err.Error(), "evidence.json") || !strings.Contains(err.Error(), "open") {
		t.Errorf("said: %v", err)
	}
}
