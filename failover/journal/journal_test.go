package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeboat/failover"
	"lifeboat/failover/journal"
)

func clock() time.Time { return time.Date(2026, 7, 30, 12, 0, 0, 123456789, time.UTC) }

func open(t testing.TB, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(path, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func add(t testing.TB, j *journal.Journal, entries ...journal.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := j.Append(e); err != nil {
			t.Fatal(err)
		}
	}
}

func aPlan(t testing.TB, id string, steps int) *failover.Plan {
	t.Helper()
	p := failover.Plan{Version: 1, ID: id, Kind: failover.Failover, Created: clock(), Domains: []string{"example.test."}}
	for i := range steps {
		p.Steps = append(p.Steps, failover.Step{
			ID: fmt.Sprint(i + 1), Domain: "example.test.", Zone: "example.test.", Host: "h",
			Before: failover.NewRRset("example.test", "MX", 3600, "10 a.test."), After: failover.NewRRset("example.test", "MX", 300, "10 b.test."),
			Reason: failover.Say("mail for {domain} <moves> to {provider}", "domain", "日本語.test", "provider", "Beta & Co"),
		})
	}
	if err := p.Seal(); err != nil {
		t.Fatal(err)
	}
	return &p
}

// aRun is a run as the journal tells it, with something in every field.
func aRun(t testing.TB) []journal.Entry {
	t.Helper()
	return []journal.Entry{
		{Op: "run-1", Event: journal.Begin, Who: "admin@office", Plan: aPlan(t, "run-1", 2)},
		{Op: "run-1", Event: journal.Override, Who: "admin@office", Reason: "the provider says \"up by noon\"\nand is not"},
		{Op: "run-1", Event: journal.Intent, Step: "1"},
		{Op: "run-1", Event: journal.Sent, Step: "1"},
		{Op: "run-1", Event: journal.Ack, Step: "1"},
		{Op: "run-1", Event: journal.Verified, Step: "1", OldUntil: clock().Add(time.Hour), OldUntilOpen: true, Say: failover.Say("{n} of 4", "n", 3)},
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReopenGivesTheSameEntries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "journal")
	j := open(t, path)
	if got := j.Entries(); len(got) != 0 {
		t.Fatalf("a new journal has %d entries", len(got))
	}
	add(t, j, aRun(t)...)
	before, content := j.Entries(), read(t, path)
	for i, e := range before {
		if e.Seq != uint64(i+1) || !e.At.Equal(clock()) || (e.Prev == "") != (i == 0) {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, path)
	if d := cmp.Diff(before, again.Entries()); d != "" {
		t.Errorf("changed by opening (-before +after):\n%s", d)
	}
	if !again.Entries()[0].Plan.Intact() {
		t.Error("the plan does not survive the journal")
	}
	if !bytes.Equal(content, read(t, path)) {
		t.Error("opening changed the file")
	}
	add(t, again, journal.Entry{Op: "run-1", Event: journal.End, Result: journal.Done})
	fromFile, err := journal.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(again.Entries(), fromFile); d != "" {
		t.Errorf("read otherwise than kept (-kept +read):\n%s", d)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read the journal: %v, %v", info.Mode(), err)
	}
}

func TestReadWithoutAJournal(t *testing.T) {
	entries, err := journal.Read(filepath.Join(t.TempDir(), "journal"))
	if err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestTornAtEveryOctet cuts the last line at every octet, as a power cut can: the
// entries before it stay, the rest is kept aside, and the journal goes on.
func TestTornAtEveryOctet(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "journal")
	j := open(t, path)
	add(t, j, aRun(t)...)
	whole := read(t, path)
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	want := j.Entries()[:len(j.Entries())-1]
	for cut := last; cut < len(whole); cut++ {
		path := filepath.Join(dir, fmt.Sprint("cut", cut))
		write(t, path, whole[:cut])
		if got, err := journal.Read(path); err != nil || len(got) != len(want) {
			t.Fatalf("cut at %d: read %d entries, %v", cut, len(got), err)
		}
		j, err := journal.Open(path, clock)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if d := cmp.Diff(want, j.Entries()); d != "" {
			t.Fatalf("cut at %d (-want +got):\n%s", cut, d)
		}
		add(t, j, journal.Entry{Op: "run-1", Event: journal.Note})
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := journal.Read(path); err != nil || len(got) != len(want)+1 || got[len(want)].Event != journal.Note {
			t.Fatalf("cut at %d: after going on: %d entries, %v", cut, len(got), err)
		}
		torn, err := os.ReadFile(path + ".torn")
		if cut == last {
			if !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("nothing was torn, and %q is kept (%v)", torn, err)
			}
			continue
		}
		if err != nil || string(torn) != string(whole[last:cut])+"\n" {
			t.Fatalf("cut at %d: kept %q, %v", cut, torn, err)
		}
	}
}

func TestTailOfEmptyBlocks(t *testing.T) {
	for what, tail := range map[string]string{
		"blocks never written":   strings.Repeat("\x00", 4096),
		"first block missing":    strings.Repeat("\x00", 512) + `","event":"note"}` + "\n",
		"last block missing":     `{"seq":7,"at":"2026` + strings.Repeat("\x00", 100) + "\n",
		"a lone end of line":     "\n",
		"half a character":       "{\"seq\":7,\"who\":\"\xe6\x97",
		"several pieces of torn": strings.Repeat("\x00", 5000) + "}",
	} {
		path := filepath.Join(t.TempDir(), "journal")
		j := open(t, path)
		add(t, j, aRun(t)...)
		n := len(j.Entries())
		write(t, path, append(read(t, path), tail...))
		again := open(t, path)
		if len(again.Entries()) != n {
			t.Errorf("%s: %d entries, not %d", what, len(again.Entries()), n)
		}
		if got := string(read(t, path+".torn")); got != tail+"\n" {
			t.Errorf("%s: kept %q", what, got)
		}
	}
}

// What was torn earlier is not lost when the next power cut comes.
func TestTornPiecesGather(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	open(t, path)
	for _, tail := range []string{"first", "second"} {
		write(t, path, append(read(t, path), tail...))
		if err := open(t, path).Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := string(read(t, path+".torn")); got != "first\nsecond\n" {
		t.Errorf("kept %q", got)
	}
}

// TestDamage changes a journal in every line and in many ways: it must be noticed,
// the line named, and the file left alone.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "journal")
	j := open(t, path)
	add(t, j, aRun(t)...)
	whole := read(t, path)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	lines = lines[:len(lines)-1]
	edit := func(n int, with func([]byte) []byte) []byte {
		var out []byte
		for i, l := range lines {
			if i == n {
				l = with(bytes.Clone(l))
			}
			out = append(out, l...)
		}
		return out
	}
	for n := range lines {
		for what, with := range map[string]func([]byte) []byte{
			"another event":  func(l []byte) []byte { return bytes.Replace(l, []byte(`"op":"run-1"`), []byte(`"op":"run-2"`), 1) },
			"a space more":   func(l []byte) []byte { return bytes.Replace(l, []byte(`,`), []byte(`, `), 1) },
			"a later time":   func(l []byte) []byte { return bytes.Replace(l, []byte("2026-07-30"), []byte("2026-07-31"), 1) },
			"without sum":    func(l []byte) []byte { return append(l[:bytes.LastIndex(l, []byte(`,"sum"`))], '}', '\n') },
			"Windows' lines": func(l []byte) []byte { return append(l[:len(l)-1], '\r', '\n') },
			"another number": func(l []byte) []byte { return bytes.Replace(l, []byte(`{"seq":`), []byte(`{"seq":1`), 1) },
			"an empty entry": func([]byte) []byte { return []byte("{}\n") },
		} {
			damaged(t, fmt.Sprintf("%s in line %d", what, n+1), edit(n, with), n+1)
		}
		if n == len(lines)-1 {
			break // no more than a torn last line
		}
		damaged(t, fmt.Sprintf("garbage in line %d", n+1), edit(n, func([]byte) []byte { return []byte("garbage\n") }), n+1)
		damaged(t, fmt.Sprintf("line %d gone", n+1), edit(n, func([]byte) []byte { return nil }), n+1)
		damaged(t, fmt.Sprintf("line %d twice", n+1), edit(n, func(l []byte) []byte { return append(l, l...) }), n+2)
	}
	damaged(t, "a later garbage line", append(append(bytes.Clone(whole), "garbage\n"...), "more\n"...), len(lines)+1)
}

func damaged(t *testing.T, what string, data []byte, line int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	write(t, path, data)
	_, rerr := journal.Read(path)
	_, oerr := journal.Open(path, clock)
	for _, err := range []error{rerr, oerr} {
		var e *failover.Error
		want := fmt.Sprintf("line %d of the journal %s is damaged or was edited: move the file aside to begin a new one, and keep it for the record", line, path)
		if !errors.Is(err, failover.ErrDamaged) || !errors.As(err, &e) || e.Say.String() != want {
			t.Errorf("%s: got %v, want line %d", what, err, line)
		}
	}
	if !bytes.Equal(read(t, path), data) {
		t.Errorf("%s: the damaged file was changed", what)
	}
	if _, err := os.Stat(path + ".torn"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s: something was put aside: %v", what, err)
	}
}

func TestAppendFromManySides(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j := open(t, path)
	const writers, each = 8, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := j.Append(journal.Entry{Event: journal.Note, Who: fmt.Sprint(w), Step: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
				// Whoever looks meanwhile sees whole entries.
				if got, err := journal.Read(path); err != nil || len(got) == 0 {
					t.Errorf("%d entries, %v", len(got), err)
				}
			}
		})
	}
	wg.Wait()
	entries, err := journal.Read(path)
	if err != nil || len(entries) != writers*each {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	next := map[string]int{}
	for _, e := range entries {
		if e.Step != fmt.Sprint(next[e.Who]) {
			t.Errorf("writer %s: %s comes where %d is due", e.Who, e.Step, next[e.Who])
		}
		next[e.Who]++
	}
}

// Of several runs that would begin at once exactly one does.
func TestOneRunAtATime(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal"))
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		id := fmt.Sprint("run-", i)
		p := aPlan(t, id, 1)
		wg.Go(func() { errs[i] = j.Append(journal.Entry{Op: id, Event: journal.Begin, Plan: p}) })
	}
	wg.Wait()
	begun := 0
	for _, err := range errs {
		switch {
		case err == nil:
			begun++
		case !errors.Is(err, failover.ErrBlocked):
			t.Error(err)
		}
	}
	if begun != 1 || len(j.Entries()) != 1 {
		t.Fatalf("%d runs began, %d entries", begun, len(j.Entries()))
	}
	add(t, j, journal.Entry{Op: j.Entries()[0].Op, Event: journal.End, Result: journal.Done},
		journal.Entry{Op: "next", Event: journal.Begin, Plan: aPlan(t, "next", 1)})
}

func TestEntriesIsACopy(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal"))
	add(t, j, aRun(t)...)
	j.Entries()[0].Op = "other"
	if j.Entries()[0].Op != "run-1" {
		t.Error("a caller can change what the journal holds")
	}
}

func TestAppendAfterClose(t *testing.T) {
	j := open(t, filepath.Join(t.TempDir(), "journal"))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Append(journal.Entry{Event: journal.Note}); !errors.Is(err, failover.ErrDisk) {
		t.Errorf("got %v", err)
	}
}
