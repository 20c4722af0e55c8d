package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeboat/failover"
)

// badFile is a file on a disk that fails when told to.
type badFile struct {
	*os.File
	writeErr, syncErr, truncateErr error
	short                          int // octets that a failing write writes all the same
	writes, syncs                  int
}

func (f *badFile) WriteAt(b []byte, off int64) (int, error) {
	f.writes++
	if f.writeErr != nil {
		n, _ := f.File.WriteAt(b[:min(f.short, len(b))], off)
		return n, f.writeErr
	}
	return f.File.WriteAt(b, off)
}

func (f *badFile) Sync() error {
	f.syncs++
	if f.syncErr != nil {
		return f.syncErr
	}
	return f.File.Sync()
}

func (f *badFile) Truncate(size int64) error {
	if f.truncateErr != nil {
		return f.truncateErr
	}
	return f.File.Truncate(size)
}

// onBadDisk opens a journal with one note in it.
func onBadDisk(t *testing.T) (*Journal, *badFile, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	j, err := Open(path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	f := &badFile{File: j.f.(*os.File)}
	j.f = f
	if err := j.Append(Entry{Event: Note, Reason: "first"}); err != nil {
		t.Fatal(err)
	}
	return j, f, content(t, j)
}

func content(t *testing.T, j *Journal) []byte {
	t.Helper()
	b, err := os.ReadFile(j.path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryEntryIsFlushed(t *testing.T) {
	j, f, _ := onBadDisk(t)
	for i := range 3 {
		if err := j.Append(Entry{Event: Note}); err != nil {
			t.Fatal(err)
		}
		if f.syncs != i+2 || f.writes != i+2 {
			t.Fatalf("after %d entries: %d writes, %d flushes", i+2, f.writes, f.syncs)
		}
	}
}

func TestFailedWriteLeavesTheFileWhole(t *testing.T) {
	j, f, before := onBadDisk(t)
	for short := range 60 {
		f.writeErr, f.short = syscall.ENOSPC, short
		err := j.Append(Entry{Event: Note, Reason: "no room"})
		if !errors.Is(err, failover.ErrDisk) || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("got %v", err)
		}
		if !bytes.Equal(content(t, j), before) || len(j.Entries()) != 1 {
			t.Fatalf("%d octets stay of an entry that is none: %q", short, content(t, j))
		}
	}
	f.writeErr = nil
	if err := j.Append(Entry{Event: Note, Reason: "room"}); err != nil {
		t.Fatal(err)
	}
	entries, err := Read(j.path)
	if err != nil || len(entries) != 2 || entries[1].Reason != "room" || entries[1].Seq != 2 {
		t.Errorf("%+v, %v", entries, err)
	}
}

// After a flush that failed nobody knows what the disk holds, and a later flush
// that succeeds would not tell: nothing more is written until the journal is opened
// anew.
func TestFailedFlushStopsTheJournal(t *testing.T) {
	for _, cutFails := range []bool{false, true} {
		j, f, before := onBadDisk(t)
		f.syncErr = syscall.EIO
		if cutFails {
			f.truncateErr = syscall.EIO
		}
		first := j.Append(Entry{Event: Note, Reason: "doubtful"})
		f.syncErr, f.truncateErr = nil, nil
		writes := f.writes
		second := j.Append(Entry{Event: Note, Reason: "after"})
		for _, err := range []error{first, second} {
			var e *failover.Error
			want := "the disk may not have kept the last line of the journal " + j.path + ", so nothing more is written or changed: see to the disk, then start Lifeboat again"
			if !errors.Is(err, failover.ErrDisk) || !errors.Is(err, syscall.EIO) || !errors.As(err, &e) || e.Say.String() != want {
				t.Errorf("got %v", err)
			}
		}
		if f.writes != writes || len(j.Entries()) != 1 {
			t.Errorf("written after a failed flush: %d times, %d entries", f.writes-writes, len(j.Entries()))
		}
		if !cutFails && !bytes.Equal(content(t, j), before) {
			t.Errorf("the doubtful line is left to be believed: %q", content(t, j))
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		// Where even the cut failed the line is there, and says that something was about to be done.
		again, err := Open(j.path, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		want := 1
		if cutFails {
			want = 2
		}
		if len(again.Entries()) != want {
			t.Errorf("%d entries, not %d", len(again.Entries()), want)
		}
		if err := errors.Join(again.Append(Entry{Event: Note}), again.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestFailedCutStopsTheJournal(t *testing.T) {
	j, f, _ := onBadDisk(t)
	f.writeErr, f.truncateErr, f.short = syscall.ENOSPC, syscall.EIO, 10
	first := j.Append(Entry{Event: Note})
	f.writeErr, f.truncateErr = nil, nil
	second := j.Append(Entry{Event: Note})
	if !errors.Is(first, failover.ErrDisk) || !errors.Is(second, failover.ErrDisk) {
		t.Errorf("%v; %v", first, second)
	}
	if entries, err := Read(j.path); err != nil || len(entries) != 1 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}

// Opening writes the last line once more, octet for octet: it may have been in the
// kernel's memory alone.
func TestLoadWritesTheLastLineAgain(t *testing.T) {
	j, f, _ := onBadDisk(t)
	if err := j.Append(Entry{Event: Note, Reason: "last"}); err != nil {
		t.Fatal(err)
	}
	before, entries := content(t, j), j.Entries()
	writes, syncs := f.writes, f.syncs
	if err := j.load(); err != nil {
		t.Fatal(err)
	}
	if f.writes != writes+1 || f.syncs != syncs+1 || !bytes.Equal(content(t, j), before) {
		t.Errorf("%d writes, %d flushes, %q", f.writes-writes, f.syncs-syncs, content(t, j))
	}
	if d := cmp.Diff(entries, j.Entries()); d != "" {
		t.Error(d)
	}
	f.syncErr = syscall.EIO
	if err := j.load(); !errors.Is(err, failover.ErrDisk) {
		t.Errorf("a journal that cannot be flushed opens: %v", err)
	}
}

// A line that somebody wrote anew, checksum and all, does not fit the one after it.
func TestLineWrittenAnew(t *testing.T) {
	var data []byte
	prev := ""
	for n, word := range []string{"one", "two", "three"} {
		line, sum := seal(fmt.Appendf(nil, `{"seq":%d,"prev":%q,"event":"note","reason":%q}`, n+1, prev, word))
		if n == 1 {
			line, _ = seal(bytes.Replace(fmt.Appendf(nil, `{"seq":%d,"prev":%q,"event":"note","reason":%q}`, n+1, prev, word), []byte("two"), []byte("zwei"), 1))
		}
		data, prev = append(data, line...), sum
	}
	if p := parse(data); p.badLine != 2 {
		t.Errorf("line %d", p.badLine)
	}
}

func FuzzParse(f *testing.F) {
	one, sum := seal([]byte(`{"seq":1,"at":"2026-07-30T12:00:00Z","prev":"","event":"note"}`))
	two, _ := seal([]byte(`{"seq":2,"at":"2026-07-30T12:00:00Z","prev":"` + sum + `","event":"note"}`))
	for _, s := range []string{"", "\n", "{}\n", "null\n", string(one), string(one) + string(two), string(two), string(one) + string(two[:20]), string(one) + "\x00\x00", "[]\n" + string(one)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := parse(data)
		if p.good > len(data) || p.last > p.good || (len(p.entries) == 0) != (p.good == 0) {
			t.Fatalf("%+v", p)
		}
		for i, e := range p.entries {
			if e.Seq != uint64(i+1) {
				t.Fatalf("entry %d has the number %d", i, e.Seq)
			}
		}
		// What was believed is believed again, and nothing is left to complain of.
		again := parse(data[:p.good])
		if again.badLine != 0 || again.good != p.good || again.prev != p.prev || len(again.entries) != len(p.entries) {
			t.Fatalf("%+v, then %+v", p, again)
		}
		// Whatever may be put aside as torn has no whole line in it but the last.
		if p.badLine == 0 && bytes.Count(data[p.good:], []byte("\n")) > 1 {
			t.Fatalf("%q passes for one torn line", data[p.good:])
		}
		Operations(p.entries)
	})
}
