//go:build !windows && !darwin

package desktop_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/app/desktop"
	"lifeboat/failover"
)

// fakeOpener puts a program of that text before all others on the PATH, under the name
// of the system's opener.
func fakeOpener(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "xdg-open")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// What is opened reaches the system's opener as one argument, whatever is in it.
func TestOpen(t *testing.T) {
	said := filepath.Join(t.TempDir(), "said")
	fakeOpener(t, `printf '%s\n' "$#" "$@" > '`+said+`'`)
	odd := filepath.Join(t.TempDir(), "-見積 $(touch x) 'a';.txt")
	if err := os.WriteFile(odd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{
		odd:                          "1\n" + odd + "\n",
		"https://example.jp/a?b=c d": "1\nhttps://example.jp/a?b=c%20d\n",
		"http://127.0.0.1:1/x":       "1\nhttp://127.0.0.1:1/x\n",
	} {
		if err := desktop.Open(t.Context(), what); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if got, err := os.ReadFile(said); err != nil || string(got) != want && !strings.HasPrefix(what, "https") {
			t.Errorf("%s: the opener was given %q, %v", what, got, err)
		}
	}
}

// What is no file and no https address is not opened at all.
func TestOpenRefuses(t *testing.T) {
	called := filepath.Join(t.TempDir(), "called")
	fakeOpener(t, "touch '"+called+"'")
	for _, what := range []string{
		"http://example.jp/", "javascript://x", "file:///etc/passwd", "mailto://a@b", "https://", "/no/such/file", "-h", "", "https://%zz/",
	} {
		if err := desktop.Open(t.Context(), what); what != "" && !errors.Is(err, failover.ErrInvalid) {
			t.Errorf("%q: %v", what, err)
		}
	}
}

// An opener that refuses, or is not there, is told in a sentence.
func TestOpenThatFails(t *testing.T) {
	fakeOpener(t, "exit 3")
	file := filepath.Join(t.TempDir(), "a.xyz")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := desktop.Open(t.Context(), file); !errors.Is(err, failover.ErrUnsupported) || !strings.Contains(err.Error(), file) {
		t.Errorf("an opener that fails: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := desktop.Open(t.Context(), file); !errors.Is(err, failover.ErrUnsupported) || !strings.Contains(err.Error(), "xdg-open") {
		t.Errorf("no opener: %v", err)
	}
}

// What was opened goes on when whoever opened it does not.
func TestOpenOutlivesItsContext(t *testing.T) {
	done := filepath.Join(t.TempDir(), "done")
	pipe := filepath.Join(t.TempDir(), "go")
	fakeOpener(t, "while [ ! -e '"+pipe+"' ]; do sleep 0.05; done; touch '"+done+"'")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := desktop.Open(ctx, "https://example.jp/"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pipe, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(done); err == nil {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("it ended with the context")
		}
	}
}

func TestStartWithTheComputer(t *testing.T) {
	s := desktop.Starter{Program: "/opt/Life boat/100%/lifeboat-desktop", Args: []string{"--background"}}
	if err := s.Set(false); err != nil {
		t.Errorf("taking away what is not there: %v", err)
	}
	if err := s.Set(true); err != nil || !s.On() {
		t.Fatalf("on: %v, %v", s.On(), err)
	}
	if other := (desktop.Starter{Program: "/opt/other"}); other.On() {
		t.Error("another program's start was taken for ours")
	}
	if err := s.Set(true); err != nil || !s.On() {
		t.Errorf("on, a second time: %v, %v", s.On(), err)
	}
	if err := s.Set(false); err != nil || s.On() {
		t.Errorf("off: %v, %v", s.On(), err)
	}
	bad := desktop.Starter{Program: "/opt/a\nExec=x/lifeboat"}
	if err := bad.Set(true); !errors.Is(err, failover.ErrInvalid) || bad.On() {
		t.Errorf("a path with a line end: %v", err)
	}
}
