package configs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.txt")
	for _, text := range []string{"first", "second", ""} {
		if err := WriteFile(file, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != text {
			t.Fatalf("got %q %v, want %q", got, err, text)
		}
	}
	if runtime.GOOS == "windows" {
		return // neither modes nor, without a privilege, links
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(link, []byte("through the link"), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link is no link any more")
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "through the link" {
		t.Errorf("got %q %v", got, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}

func TestWriteFileWhereThereIsNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nowhere", "a.txt")
	err := WriteFile(file, []byte("x"), 0o600)
	problems := ProblemsIn(err)
	if len(problems) != 1 || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
	for _, words := range []string{file, "folder", "nothing was changed"} {
		if !strings.Contains(problems[0].Text(), words) {
			t.Errorf("%q does not say %q", problems[0].Text(), words)
		}
	}
}

// Of many who write a new file at once, one does, and the others are told.
func TestCreateNewOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lifeboat.yaml")
	var wg sync.WaitGroup
	var made atomic.Int32
	for range 8 {
		wg.Go(func() {
			switch err := createNew(file, []byte("whole"), 0o600); {
			case err == nil:
				made.Add(1)
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got, err := os.ReadFile(file); made.Load() != 1 || err != nil || string(got) != "whole" {
		t.Errorf("made %d times, %q %v", made.Load(), got, err)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}
