package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
)

// The log tells in plain words, newest first, what was switched, what became of mail
// that could not leave, who read whose mail, and which drills were held.
func TestLogbook(t *testing.T) {
	t.Parallel()
	p := newPost(t, true)
	anna, ben := p.staff()
	if err := p.world.Break(failover.Primary, lab.Defer); err != nil {
		t.Fatal(err)
	}
	stop := p.serve(engine.ServeRequest{NoWatch: true})
	desk := p.desk(p.Engine)
	if !desk.Running() {
		t.Error("an engine that serves has another's desk")
	}
	for _, subject := range []string{"one", "two", "three"} {
		if _, err := desk.Send(t.Context(), outgoing(anna, ben, subject, patience)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := desk.Act(t.Context(), relay.Act{Kind: relay.ActHold, By: "me@here", Reason: "lunch"}); err != nil {
		t.Fatal(err)
	}
	p.world.Mend(failover.Primary)
	p.done(p.failover())
	p.done(p.failback())
	p.await("the mirror", func() bool { return !p.MirrorStatus(t.Context()).Complete.IsZero() })
	m, err := p.OpenMail(t.Context(), engine.ReadAs{Reason: "somebody is ill"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.List(t.Context(), engine.MailSelection{Account: ben}); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	held := drill.Result{ID: "20260301-0900-x", Kind: drill.Functional, Started: time.Now().Add(-time.Hour), Ended: time.Now(), Factor: 1, Passed: true}
	held.Scenario.Name, held.Scenario.Title = "x", "The MX resets every connection"
	if err := engine.Drills(p.parts.DataDir).Save(held); err != nil {
		t.Fatal(err)
	}
	all, err := p.Logbook(t.Context(), engine.LogRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(all, func(a, b engine.LogEntry) int { return b.At.Compare(a.At) }) {
		t.Error("not newest first")
	}
	inBoth(t, all)
	for kind, want := range map[engine.LogKind][]string{
		engine.LogSwitch: {"Mail was led home to Harbormail.", "Mail was switched to Lighthouse."},
		engine.LogRelay:  {"3 messages were held.", "3 messages had to wait."},
		engine.LogAccess: {"Mail was read in the mirror."},
		engine.LogDrill:  {"A drill in the lab was passed."},
	} {
		only, err := p.Logbook(t.Context(), engine.LogRequest{Kinds: []engine.LogKind{kind}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range only {
			if l.Kind != kind {
				t.Errorf("%s among %s", l.Kind, kind)
			}
			got = append(got, l.Say.String())
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s: no %q in %q", kind, w, got)
			}
		}
	}
	stop()
	// Whoever looks without serving reads the same.
	here, err := p.face().Logbook(t.Context(), engine.LogRequest{})
	if err != nil || len(here) != len(all) {
		t.Errorf("%d and %d entries, %v", len(here), len(all), err)
	}
	if few, err := p.Logbook(t.Context(), engine.LogRequest{Limit: 2}); err != nil || len(few) != 2 || !few[0].At.Equal(all[0].At) {
		t.Errorf("%+v, %v", few, err)
	}
	if none, err := p.Logbook(t.Context(), engine.LogRequest{Since: time.Now().Add(time.Hour)}); err != nil || len(none) != 0 {
		t.Errorf("%+v, %v", none, err)
	}
}

// inBoth tells entries in both languages.
func inBoth(t *testing.T, all []engine.LogEntry) {
	t.Helper()
	for _, l := range i18n.Languages() {
		tongue, err := i18n.New(l)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			says := []failover.Sentence{e.Say, e.About}
			for _, d := range e.Details {
				says = append(says, d.Say)
			}
			for _, s := range says {
				if text := tongue.Say(s); strings.ContainsAny(text, "{}") {
					t.Errorf("%q", text)
				}
			}
		}
	}
}

// Several processes keep entries at once; a line that was torn or damaged costs itself
// alone.
func TestLogbookKeeps(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	at := time.Now().Truncate(time.Second)
	entry := func(n int) engine.LogEntry {
		return engine.LogEntry{At: at.Add(time.Duration(n) * time.Second), Kind: engine.LogTest, Say: failover.Say("{text}", "text", n), Run: fmt.Sprint(n)}
	}
	p.Note(t.Context(), entry(0))
	var wg sync.WaitGroup
	const each = 10
	for who := range 2 {
		e := p.face()
		wg.Go(func() {
			for n := range each {
				e.Note(t.Context(), entry(1+who*each+n))
			}
		})
	}
	wg.Wait()
	file := filepath.Join(p.parts.DataDir, "log.jsonl")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), "text") {
		t.Error("the log is not sealed")
	}
	lines := strings.SplitAfter(string(content), "\n")
	lines[3] = "!" + lines[3]
	if err := os.WriteFile(file, []byte(strings.Join(lines, "")+"torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Note(t.Context(), entry(100), entry(101))
	got, err := p.Logbook(t.Context(), engine.LogRequest{})
	if err != nil || len(got) != 2*each+2 {
		t.Errorf("%d entries, %v", len(got), err)
	}
	// One that goes on and was kept when it began is one.
	p.Note(t.Context(), entry(101))
	if again, err := p.Logbook(t.Context(), engine.LogRequest{}); err != nil || len(again) != len(got) {
		t.Errorf("%d entries, %v", len(again), err)
	}
}

// What detection finds is in the log, as is that it is over.
func TestLogbookOfTheWatch(t *testing.T) {
	t.Parallel()
	p := practised(t, i18n.English, lab.Options{TTL: 5, Interval: -1})
	found := func(v failover.Verdict) func() bool {
		return func() bool {
			got, err := p.Engine.Logbook(t.Context(), engine.LogRequest{Kinds: []engine.LogKind{engine.LogWatch}})
			return err == nil && slices.ContainsFunc(got, func(l engine.LogEntry) bool { return l.Run == "primary" && l.Verdict == v })
		}
	}
	watchPractice(t, p)
	until(t, "the world is looked at", func() bool {
		w, ok := p.Engine.LastWatch(t.Context(), "example.test")
		return ok && w.State.Primary.Health == "healthy"
	})
	if err := p.World.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	until(t, "the log tells that the primary is down", found(failover.Red))
	p.World.Mend(failover.Primary)
	until(t, "the log tells that it is sound", found(failover.Pass))
}

// watchPractice watches the world's domain until the test ends.
func watchPractice(t *testing.T, p *engine.Practice) {
	t.Helper()
	ended := make(chan error, 1)
	ctx := t.Context()
	go func() {
		ended <- p.Engine.Watch(ctx, engine.WatchRequest{Domain: "example.test", Every: 100 * time.Millisecond, Tell: func(detect.State) {}})
	}()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// Whatever a line of the log holds, reading it gives a whole entry or none.
func FuzzLogEntry(f *testing.F) {
	whole, err := json.Marshal(engine.LogEntry{
		At: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC), Kind: engine.LogWatch, Verdict: failover.Red, Say: failover.Say("{text}", "text", "x"), Exact: []string{"a"},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"at":"2026-03-04T12:00:00Z","say":{"text":"x","template":"{y}","args":{"y":""}}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, line []byte) {
		l, ok := engine.ReadLogEntry(line)
		if !ok {
			return
		}
		again, err := json.Marshal(l)
		if err != nil {
			return // a time that JSON cannot write
		}
		back, ok := engine.ReadLogEntry(again)
		if !ok || !cmp.Equal(back.Say.String(), l.Say.String()) || !back.At.Equal(l.At) {
			t.Errorf("%+v became %+v", l, back)
		}
	})
}
