package export_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"runtime"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
)

// Memory does not grow with a message.
func TestMemoryIsBounded(t *testing.T) {
	const size, bound = 50 << 20, 24 << 20
	lines := bytes.Repeat([]byte(">From the beginning of a line, and \r\n"), 1000)
	m := export.Message{Folder: "INBOX", Size: -1, Open: func(context.Context) (io.ReadCloser, error) {
		at := 0
		return io.NopCloser(io.LimitReader(reader(func(p []byte) (int, error) {
			n := copy(p, lines[at:])
			at = (at + n) % len(lines)
			return n, nil
		}), size)), nil
	}}
	for _, format := range formats {
		target := filepath.Join(t.TempDir(), "mail")
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		if s := write(t, target, format, []export.Message{m}); s.Bytes != size {
			t.Errorf("%+v", s)
		}
		n := 0
		for m, err := range export.Read(t.Context(), target) {
			if err != nil || m.Size != size {
				t.Errorf("%d, %v", m.Size, err)
			}
			n++
		}
		runtime.ReadMemStats(&after)
		// What was ever allocated bounds what was in use at any time.
		if got := after.TotalAlloc - before.TotalAlloc; got > bound || n != 1 {
			t.Errorf("%s: %d bytes for %d messages", format, got, n)
		}
	}
}

// There may be more folders than files that can be open.
func TestManyFolders(t *testing.T) {
	var all []export.Message
	want := map[string]int{}
	for i := range 300 {
		text := fmt.Sprintf("Subject: %d\r\n\r\n", i)
		all = append(all, message(fmt.Sprintf("folder %d", i*7%100), mailstore.UID(i+1), []byte(text)))
		want[text]++
	}
	target := filepath.Join(t.TempDir(), "mail")
	write(t, target, export.Mbox, all)
	_, texts, errs := read(t, target)
	got := map[string]int{}
	for _, text := range texts {
		got[text]++
	}
	if !maps.Equal(got, want) || len(errs) != 0 {
		t.Errorf("%d messages, %v", len(texts), errs)
	}
	files, err := filepath.Glob(filepath.Join(target, "*", "*.mbox"))
	if err != nil || len(files) != 100 {
		t.Errorf("%d files, %v", len(files), err)
	}
}
