package engine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/mailstore"
)

// noted writes a reading of a numbered message.
func noted(t testing.TB, e *Engine, n int) {
	t.Helper()
	l, err := e.accessLog(t.Context())
	if err == nil {
		err = l.append(t.Context(), AccessEntry{At: e.opt.Now(), Who: e.opt.Owner, Deed: AccessShow, Account: ben, Messages: n})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// loggedNumbers are those of the messages in the log.
func loggedNumbers(t testing.TB, e *Engine) (out []int, err error) {
	t.Helper()
	all, err := e.AccessLog(t.Context(), time.Time{})
	for _, a := range all {
		out = append(out, a.Messages)
	}
	return out, err
}

// Several processes that read at once lose no line of each other's.
func TestAccessLogOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	noted(t, s.Engine, 0)
	const processes, each = 4, 25
	var all sync.WaitGroup
	for p := range processes {
		e := s.process(s.opt.DataDir)
		all.Go(func() {
			for i := range each {
				noted(t, e, 1+p*each+i)
			}
		})
	}
	all.Wait()
	got, err := loggedNumbers(t, s.Engine)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if len(got) != 1+processes*each || len(slices.Compact(got)) != 1+processes*each {
		t.Errorf("%d lines: %v", len(got), got)
	}
}

// What a crash has left of a line was never believed: it is passed over, and gone with
// the next. A line that lacks its end alone counts.
func TestAccessLogTorn(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	noted(t, s.Engine, 1)
	end, err := os.ReadFile(s.path(accessEndFile))
	if err != nil {
		t.Fatal(err)
	}
	noted(t, s.Engine, 2)
	file := s.path(accessFile)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	crashed := func() { // before the end was told of
		if err := os.WriteFile(s.path(accessEndFile), end, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := bytes.IndexByte(whole, '\n') + 1
	for cut := first; cut < len(whole)-1; cut += 7 {
		if err := os.WriteFile(file, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		crashed()
		if got, err := loggedNumbers(t, s.Engine); err != nil || !slices.Equal(got, []int{1}) {
			t.Fatalf("cut after %d of %d: %v, %v", cut, len(whole), got, err)
		}
		noted(t, s.Engine, 3)
		if got, err := loggedNumbers(t, s.Engine); err != nil || !slices.Equal(got, []int{1, 3}) {
			t.Fatalf("cut after %d of %d: %v, %v", cut, len(whole), got, err)
		}
	}
	if err := os.WriteFile(file, whole[:len(whole)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	crashed()
	noted(t, s.Engine, 3)
	if got, err := loggedNumbers(t, s.Engine); err != nil || !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("without its last octet: %v, %v", got, err)
	}
}

// Lines that were changed, taken away or put elsewhere are missed, and the others are
// read all the same.
func TestAccessLogDamaged(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	for i := range 5 {
		noted(t, s.Engine, i)
	}
	file := s.path(accessFile)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(whole), "\n"), "\n")
	changed := strings.ToLower(lines[2])
	for name, c := range map[string]struct {
		lines []string
		want  []int
	}{
		"a line changed":    {[]string{lines[0], lines[1], changed, lines[3], lines[4]}, []int{0, 1, 3, 4}},
		"a line taken away": {[]string{lines[0], lines[1], lines[3], lines[4]}, []int{0, 1, 3, 4}},
		"two exchanged":     {[]string{lines[0], lines[2], lines[1], lines[3], lines[4]}, []int{0, 2, 1, 3, 4}},
		"the first ones":    {[]string{lines[3], lines[4]}, []int{3, 4}},
		"noise":             {[]string{lines[0], "\x00\xff\n", lines[1]}, []int{0, 1}},
	} {
		if err := os.WriteFile(file, []byte(strings.Join(c.lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := loggedNumbers(t, s.Engine)
		if !errors.Is(err, mailstore.ErrDamaged) || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	// Under another key nothing of it can be read, and that is said.
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	other := newShelf(t)
	if err := os.WriteFile(other.path(accessFile), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := loggedNumbers(t, other.Engine); !errors.Is(err, mailstore.ErrDamaged) || len(got) > 0 {
		t.Errorf("%v, %v", got, err)
	}
}

// Where nothing can be noted, nothing of other people's mail is given out, and one's own
// is read all the same.
func TestNothingIsReadUnnoted(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	s.put(anna, "Plans", eml("Eve <eve@outside.test>", "Pelican", "One."))
	s.put(ben, "Plans", eml("Eve <eve@outside.test>", "Heron", "Two."))
	if err := s.SetOwnMailboxes(t.Context(), []string{anna}); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{accessFile, accessEndFile} {
		if err := os.Remove(s.path(file)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(s.path(accessFile), 0o700); err != nil { // it cannot be written to
		t.Fatal(err)
	}
	m := s.open("the auditors ask for it")
	same(t, "one's own", subjects(t, m, "", MailSelection{Account: anna}), []string{"Pelican"})
	for range 2 {
		if list, err := m.Index(t.Context(), "", MailSelection{Account: ben}); !errors.Is(err, mailstore.ErrDisk) || len(list.IDs) > 0 {
			t.Errorf("%+v, %v", list, err)
		}
	}
	if err := os.Remove(s.path(accessFile)); err != nil {
		t.Fatal(err)
	}
	same(t, "as it can be noted again", subjects(t, m, "", MailSelection{Account: ben}), []string{"Heron"})
	same(t, "the log", s.log(), []string{"list " + ben + " reason the auditors ask for it"})
}

// Whatever a file of the log holds, reading it ends, and says what it is worth.
func FuzzAccessLog(f *testing.F) {
	s := newShelf(f)
	noted(f, s.Engine, 1)
	noted(f, s.Engine, 2)
	whole, err := os.ReadFile(s.path(accessFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("{\"who\":\"x\"}\n\n\n"))
	l, err := s.accessLog(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		mine := &accessLog{path: dir + "/" + accessFile, lock: dir + "/" + accessLock, box: l.box}
		if err := os.WriteFile(mine.path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		before, faults, err := mine.read(time.Time{})
		if err != nil || faults.places > bytes.Count(content, []byte("\n"))+2 {
			t.Fatalf("%d entries, %+v, %v", len(before), faults, err)
		}
		if err := mine.append(t.Context(), AccessEntry{Who: fmt.Sprint(len(content))}); err != nil {
			t.Fatal(err)
		}
		after, _, err := mine.read(time.Time{})
		if err != nil || len(after) == 0 || after[len(after)-1].Who != fmt.Sprint(len(content)) {
			t.Errorf("what was written is not read: %v, %v", after, err)
		}
	})
}
