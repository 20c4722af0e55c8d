package engine

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/mailstore"
)

// logOf is a log with entries numbered from 1, and its files as they were after each.
func logOf(t *testing.T, n int) (s *shelf, logs, ends [][]byte) {
	t.Helper()
	s = newShelf(t)
	for i := range n {
		noted(t, s.Engine, i+1)
		for file, into := range map[string]*[][]byte{accessFile: &logs, accessEndFile: &ends} {
			b, err := os.ReadFile(s.path(file))
			if err != nil {
				t.Fatal(err)
			}
			*into = append(*into, b)
		}
	}
	return s, logs, ends
}

// has puts a file of the log as it is given; nil takes it away.
func (s *shelf) has(file string, content []byte) {
	s.t.Helper()
	err := os.Remove(s.path(file))
	if content != nil {
		err = os.WriteFile(s.path(file), content, 0o600)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
}

// A log that was cut off at its end looked whole. It is missed, for good, and said how many
// entries are gone.
func TestAccessLogCutOff(t *testing.T) {
	t.Parallel()
	s, logs, ends := logOf(t, 5)
	says := func(name, count string, want ...int) {
		t.Helper()
		got, err := loggedNumbers(t, s.Engine)
		if !errors.Is(err, mailstore.ErrDamaged) || !strings.Contains(err.Error(), "were written: "+count+".") || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	s.has(accessFile, logs[4][:len(logs[4])-9]) // into the last line
	says("a part of a line", "1", 1, 2, 3, 4)
	s.has(accessFile, logs[2])
	says("two lines", "2", 1, 2, 3)
	noted(t, s.Engine, 6)
	noted(t, s.Engine, 7)
	says("two lines, and written on", "2", 1, 2, 3, 6, 7)
	s.has(accessFile, nil)
	says("all of it", "7")
	s.has(accessFile, logs[4])
	s.has(accessEndFile, nil)
	if got, err := loggedNumbers(t, s.Engine); !errors.Is(err, mailstore.ErrDamaged) || len(got) != 5 {
		t.Errorf("the end file was taken away: %v, %v", got, err)
	}
	noted(t, s.Engine, 6)
	if got, err := loggedNumbers(t, s.Engine); !errors.Is(err, mailstore.ErrDamaged) || len(got) != 6 {
		t.Errorf("the end file was taken away, and written on: %v, %v", got, err)
	}
	s.has(accessFile, logs[4])
	s.has(accessEndFile, bytes.Repeat([]byte("x"), len(ends[4])))
	if got, err := loggedNumbers(t, s.Engine); !errors.Is(err, mailstore.ErrDamaged) || len(got) != 5 {
		t.Errorf("the end file is another's: %v, %v", got, err)
	}
	log, err := s.Logbook(t.Context(), LogRequest{Kinds: []LogKind{LogAccess}})
	if !errors.Is(err, failover.ErrDamaged) || len(log) == 0 {
		t.Errorf("the log's page says nothing: %+v, %v", log, err)
	}
}

// A crash between the two writes is no tampering, whichever was last, and what comes next
// goes on there.
func TestAccessLogKilledBetweenItsWrites(t *testing.T) {
	t.Parallel()
	s, logs, ends := logOf(t, 3)
	whole := func(name string, want ...int) {
		t.Helper()
		if got, err := loggedNumbers(t, s.Engine); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	s.has(accessFile, logs[2])
	s.has(accessEndFile, ends[1])
	whole("before the end file was replaced", 1, 2, 3)
	noted(t, s.Engine, 4)
	whole("and written on", 1, 2, 3, 4)

	s.has(accessEndFile, nil)
	s.has(accessFile, nil)
	l, err := s.accessLog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.writeEnd(accessEnd{}); err != nil {
		t.Fatal(err)
	}
	whole("before the first line")
	noted(t, s.Engine, 1)
	whole("after the first line", 1)
}

// A log that an older version began, without numbers and without an end file, is gone on with.
func TestAccessLogOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	l, err := s.accessLog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var old []byte
	prev := ""
	for n := range 2 {
		line, err := l.seal(accessLine{AccessEntry: AccessEntry{At: time.Now(), Deed: AccessShow, Messages: n + 1}, Prev: prev})
		if err != nil {
			t.Fatal(err)
		}
		prev = lineSum(line)
		old = append(append(old, line...), '\n')
	}
	s.has(accessFile, old)
	if got, err := loggedNumbers(t, s.Engine); err != nil || !slices.Equal(got, []int{1, 2}) {
		t.Errorf("%v, %v", got, err)
	}
	noted(t, s.Engine, 3)
	noted(t, s.Engine, 4)
	if got, err := loggedNumbers(t, s.Engine); err != nil || !slices.Equal(got, []int{1, 2, 3, 4}) {
		t.Errorf("%v, %v", got, err)
	}
	s.has(accessFile, old)
	if got, err := loggedNumbers(t, s.Engine); !errors.Is(err, mailstore.ErrDamaged) || !slices.Equal(got, []int{1, 2}) {
		t.Errorf("cut back to it: %v, %v", got, err)
	}
}

// Where the end file cannot be written, nothing is shown, and the log is not taken for
// tampered with.
func TestAccessLogWithoutRoomForItsEnd(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // folders are no obstacle there
	}
	s, _, _ := logOf(t, 1)
	l, err := s.accessLog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.path = filepath.Join(t.TempDir(), accessFile)
	if err := os.MkdirAll(filepath.Join(filepath.Dir(l.path), accessEndFile, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := l.append(t.Context(), AccessEntry{Who: "x"}); !errors.Is(err, mailstore.ErrDisk) {
		t.Errorf("it was noted: %v", err)
	}
	if err := os.RemoveAll(l.endPath()); err != nil {
		t.Fatal(err)
	}
	if err := l.append(t.Context(), AccessEntry{Who: "y"}); err != nil {
		t.Fatal(err)
	}
	if got, faults, err := l.read(time.Time{}); err != nil || faults != (accessFaults{}) || len(got) != 1 || got[0].Who != "y" {
		t.Errorf("%v, %+v, %v", got, faults, err)
	}
}
