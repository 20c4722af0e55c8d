package export_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lifeboat/mailstore"
	"lifeboat/mailstore/export"
	"lifeboat/mailstore/mailstoretest/corpus"
)

var formats = []export.Format{export.EML, export.Mbox, export.Zip}

func opener(b []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

func message(folder string, uid mailstore.UID, body []byte) export.Message {
	return export.Message{
		Account: "anna@example.test", Folder: folder, UID: uid, Flags: mailstore.MakeFlags(mailstore.Seen, "$Forwarded"),
		Received: time.Date(2026, 11, 19, 8, int(uid%60), 12, 0, time.UTC), Hash: sha256.Sum256(body), Size: int64(len(body)), Open: opener(body),
	}
}

func sequence(all []export.Message) iter.Seq2[export.Message, error] {
	return func(yield func(export.Message, error) bool) {
		for _, m := range all {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// bodies are messages of every odd kind that a mailbox has to bring back.
func bodies() []string {
	const head = "From: a@example.test\r\nSubject: x\r\n\r\n"
	all := []string{
		"", "\n", "\r", "\r\n", "x", "From ", "From", ">", ">From", "\nFrom ", "\n\nFrom a Thu Nov 19 08:12:00 2026\n\n",
		"From a Thu Nov 19 08:12:00 2026\nSubject: led by a mailbox's line\n\ntext\n",
		head + "text\r\n", head + "text", head + "text\r", head + "text\n", head + "text\r\n\r\n\r\n", head + "text\n\n\n", head + "text\n\r\n", head + "a\rb\nc\r\nd",
		head + "From here on\r\n>From there\r\n>>From elsewhere\r\n> From no\r\n>>>>", head + "text\r\n>", head + "text\r\n>>Fro", head + "text\r\nFrom ", head + "\r\nFrom  ",
		head + strings.Repeat(">", 100_000) + "From \r\n" + strings.Repeat(">", 100_000), head + strings.Repeat("long ", 50_000) + "\r\nFrom us\r\n",
		head + "\xff\xfe\x00 octets \x80\r\n", "Content-Length: 3\r\nStatus: RO\r\n\r\nabc\r\n\r\nFrom b Thu Nov 19 08:12:00 2026\r\n\r\nnot another message\r\n",
		"no header at all\r\nand no more\r\n", "Subject: only a head\r\n", "Subject: only a head", "\xEF\xBB\xBFFrom x", "会議の件\nFrom 予備\n",
		"From mboxrd-no-newline@lifeboat Thu Jan  1 00:00:00 1970\n\n\n",
	}
	for n := range 12 {
		all = append(all, strings.Repeat("\r\n", n)+strings.Repeat("From ", n)+strings.Repeat("\n", n%3))
	}
	return all
}

func messages() (all []export.Message) {
	folders := []string{"INBOX", "Projects/2026", "Projects/2026.mbox", "Projects", "inbox", "a:b", "a?b", "", "日本語/下書き", "../../etc", "CON", "manifest.json", "x/", "/x"}
	for i, b := range bodies() {
		m := message(folders[i%len(folders)], mailstore.UID(i+1), []byte(b))
		switch i % 5 {
		case 1:
			m.Subject = "Re: Budget <final> ../../x"
		case 2:
			m.Subject, m.Received = strings.Repeat("会議", 100), time.Time{}
		case 3:
			m.Account, m.Flags = "", nil
		}
		all = append(all, m)
	}
	return all
}

func write(t testing.TB, target string, format export.Format, all []export.Message) export.Summary {
	t.Helper()
	s, err := export.Write(t.Context(), target, sequence(all), export.Options{Format: format, Now: func() time.Time { return time.Unix(1e9, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(target), "*.partial-*")); err != nil || len(left) != 0 {
		t.Errorf("%v are left, %v", left, err)
	}
	return s
}

// read takes what is there, by path, and the errors.
func read(t testing.TB, path string) (all []export.Message, texts []string, errs []error) {
	t.Helper()
	for m, err := range export.Read(t.Context(), path) {
		if err != nil {
			if m.Path == "" || !strings.Contains(err.Error(), m.Path) {
				t.Errorf("%q is left out: %v", m.Path, err)
			}
			errs = append(errs, err)
			continue
		}
		r, err := m.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		if m.Hash != sha256.Sum256(b) || m.Size != int64(len(b)) {
			t.Errorf("%s: %d bytes, and %d are told", m.Path, len(b), m.Size)
		}
		all, texts = append(all, m), append(texts, string(b))
	}
	return all, texts, errs
}

func fails(t testing.TB, err, kind error, words ...string) {
	t.Helper()
	var e *mailstore.Error
	if !errors.Is(err, kind) || !errors.As(err, &e) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(e.Say.String(), w) {
			t.Errorf("%q does not say %q", e.Say, w)
		}
	}
}

// Whatever goes out comes back, byte for byte, with everything that is known of it.
func TestThereAndBack(t *testing.T) {
	all := messages()
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			target := filepath.Join(t.TempDir(), "my mail")
			if s := write(t, target, format, all); s.Messages != len(all) || len(s.LeftOut) != 0 {
				t.Errorf("%+v", s)
			}
			got, texts, errs := read(t, target)
			if len(errs) != 0 {
				t.Fatal(errs)
			}
			if d := cmp.Diff(bodies(), texts); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(all, got, cmpopts.IgnoreFields(export.Message{}, "Open", "Path", "Subject"), cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}

// Mail of every kind that mailboxes hold comes back as it was.
func TestCorpus(t *testing.T) {
	var all []export.Message
	var want []string
	for m := range corpus.Messages(corpus.Options{Count: 400, Seed: 7, Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Small: true}) {
		one := message(m.Folder, mailstore.UID(m.Number+1), m.Bytes)
		one.Flags, one.Received = m.Flags, m.Received
		all, want = append(all, one), append(want, string(m.Bytes))
	}
	for _, format := range formats {
		target := filepath.Join(t.TempDir(), "mail")
		write(t, target, format, all)
		got, texts, errs := read(t, target)
		if len(errs) != 0 || !slices.Equal(texts, want) {
			t.Errorf("%s: %d of %d messages, or not as they were; %v", format, len(texts), len(want), errs)
		}
		if d := cmp.Diff(all, got, cmpopts.IgnoreFields(export.Message{}, "Open", "Path"), cmpopts.EquateEmpty()); d != "" {
			t.Error(d)
		}
		if format != export.Mbox {
			continue
		}
		// The mailboxes alone as well, folder by folder.
		if err := os.Remove(filepath.Join(target, "manifest.json")); err != nil {
			t.Fatal(err)
		}
		_, texts, _ = read(t, target)
		slices.Sort(texts)
		if !slices.Equal(texts, slices.Sorted(slices.Values(want))) {
			t.Errorf("%d of %d messages without the manifest, or not as they were", len(texts), len(want))
		}
	}
}

// A mailbox alone, without the manifest, gives the same bytes.
func TestMailboxWithoutItsManifest(t *testing.T) {
	var all []export.Message
	for i, b := range bodies() {
		all = append(all, message("INBOX", mailstore.UID(i+1), []byte(b)))
	}
	target := filepath.Join(t.TempDir(), "mail")
	write(t, target, export.Mbox, all)
	box := filepath.Join(target, "anna@example.test", "INBOX.mbox")
	got, texts, errs := read(t, box)
	if d := cmp.Diff(bodies(), texts); d != "" || len(errs) != 0 {
		t.Error(d, errs)
	}
	for i, m := range got {
		if !m.Received.Equal(all[i].Received) || m.Path != fmt.Sprintf("%s#%d", box, i+1) {
			t.Errorf("%s: %v", m.Path, m.Received)
		}
	}
}

// unpack extracts a zip file.
func unpack(t *testing.T, file string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	if err := os.CopyFS(dir, z); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The checksums are such that the usual tool takes them, and finds what was changed.
func TestSHA256Sums(t *testing.T) {
	tool := []string{"sha256sum", "--strict", "-c", "SHA256SUMS"}
	if runtime.GOOS == "darwin" {
		tool = []string{"shasum", "-a", "256", "--strict", "-c", "SHA256SUMS"}
	}
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			target := filepath.Join(t.TempDir(), "mail")
			write(t, target, format, messages())
			if format == export.Zip {
				target = unpack(t, target)
			}
			check := func() (string, error) {
				cmd := exec.CommandContext(t.Context(), tool[0], tool[1:]...)
				cmd.Dir = target
				out, err := cmd.CombinedOutput()
				return string(out), err
			}
			out, err := check()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			var files []string
			err = filepath.WalkDir(target, func(path string, d os.DirEntry, err error) error {
				if name, _ := filepath.Rel(target, path); err == nil && !d.IsDir() && name != "SHA256SUMS" {
					files = append(files, name)
				}
				return err
			})
			if err != nil || strings.Count(out, ": OK\n") != len(files) {
				t.Errorf("%d of %d files are listed: %v\n%s", strings.Count(out, ": OK\n"), len(files), err, out)
			}
			if err := os.WriteFile(filepath.Join(target, files[0]), []byte("changed"), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := check(); err == nil || !strings.Contains(out, files[0]+": FAILED") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// Names are such that Windows takes them too, and no two differ by case alone.
func TestNamesAreSafe(t *testing.T) {
	target := filepath.Join(t.TempDir(), "mail")
	write(t, target, export.EML, messages())
	seen := map[string]bool{}
	err := filepath.WalkDir(target, func(path string, d os.DirEntry, err error) error {
		name := d.Name()
		stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
		if strings.ContainsAny(name, `<>:"/\|?*`) || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") || len(name) > 120 || stem == "CON" || seen[strings.ToLower(path)] {
			t.Errorf("%q", path)
		}
		seen[strings.ToLower(path)] = true
		if info, e := d.Info(); e != nil || info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
			t.Errorf("%s is open to others", path)
		}
		return err
	})
	if err != nil || len(seen) < 40 {
		t.Errorf("%d names, %v", len(seen), err)
	}
}

func TestReplacesNothing(t *testing.T) {
	for _, format := range formats {
		target := filepath.Join(t.TempDir(), "mail")
		write(t, target, format, messages()[:1])
		_, err := export.Write(t.Context(), target, sequence(messages()), export.Options{Format: format})
		fails(t, err, mailstore.ErrInvalid, target, "exists already")
		if all, _, _ := read(t, target); len(all) != 1 {
			t.Errorf("%d messages", len(all))
		}
	}
}
