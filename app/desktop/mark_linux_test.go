package desktop_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"lifeboat/app/desktop"
)

// The mark is read back, on one line and not endless, whatever mail says.
func TestMarkFromInternet(t *testing.T) {
	file := filepath.Join(t.TempDir(), "見積.pdf")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{
		"":                          "about:internet",
		"mid:abc@example.jp":        "mid:abc@example.jp",
		"a\r\nb\x00c":               "abc",
		strings.Repeat("あ", 10_000): strings.Repeat("あ", 333),
	} {
		err := desktop.MarkFromInternet(file, from)
		if errors.Is(err, unix.ENOTSUP) {
			t.Logf("this disk keeps no marks, and it says: %v", err)
			if !strings.Contains(err.Error(), "keeps no such marks") {
				t.Errorf("it says %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4096)
		n, err := unix.Getxattr(file, "user.xdg.origin.url", b)
		if err != nil || string(b[:n]) != want {
			t.Errorf("from %.20q: the mark is %.40q, %v", from, b[:max(n, 0)], err)
		}
	}
	gone := filepath.Join(t.TempDir(), "gone")
	if err := desktop.MarkFromInternet(gone, ""); err == nil || !strings.Contains(err.Error(), "is not there") {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := os.Stat(gone); err == nil {
		t.Error("marking made a file")
	}
}
