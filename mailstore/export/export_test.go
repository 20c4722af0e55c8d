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
	"maps"
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
	tool, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("no sha256sum here")
	}
	for _, format := range formats {
		t.Run(string(format), func(t *testing.T) {
			target := filepath.Join(t.TempDir(), "mail")
			write(t, target, format, messages())
			if format == export.Zip {
				target = unpack(t, target)
			}
			check := func() (string, error) {
				cmd := exec.CommandContext(t.Context(), tool, "--strict", "-c", "SHA256SUMS")
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

// Other programs open the zip file.
func TestZipByAnother(t *testing.T) {
	tool, err := exec.LookPath("unzip")
	if err != nil {
		t.Skip("no unzip here")
	}
	target := filepath.Join(t.TempDir(), "mail.zip")
	write(t, target, export.Zip, messages())
	if out, err := exec.CommandContext(t.Context(), tool, "-t", target).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
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

// What is damaged is left out and named, and the rest is exported.
func TestLeftOut(t *testing.T) {
	for _, format := range formats {
		good := message("INBOX", 1, []byte("Subject: good\r\n\r\n"))
		other := message("INBOX", 2, []byte("Subject: other\r\n\r\n"))
		other.Hash[0]++
		short := message("INBOX", 3, []byte("Subject: short\r\n\r\n"))
		short.Size++
		torn := message("INBOX", 4, nil)
		torn.Open = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(make([]byte, 3<<20)), broken{mailstore.Fail(mailstore.ErrDamaged, "Torn.")})), nil
		}
		gone := message("INBOX", 5, nil)
		gone.Open = func(context.Context) (io.ReadCloser, error) {
			return nil, mailstore.Fail(mailstore.ErrNotFound, "Gone.")
		}
		last := message("INBOX", 6, []byte("Subject: last\r\n\r\n"))
		target := filepath.Join(t.TempDir(), "mail")
		var told []export.Progress
		s, err := export.Write(t.Context(), target, func(yield func(export.Message, error) bool) {
			_ = yield(good, nil) && yield(other, nil) && yield(short, nil) && yield(torn, nil) && yield(gone, nil) &&
				yield(export.Message{UID: 7, Folder: "INBOX"}, mailstore.Fail(mailstore.ErrDamaged, "Said.")) && yield(last, nil)
		}, export.Options{Format: format, Tell: func(p export.Progress) { told = append(told, p) }})
		if err != nil {
			t.Fatal(err)
		}
		why := map[mailstore.UID]string{}
		for _, l := range s.LeftOut {
			why[l.Message.UID] = l.Why.String()
		}
		const notWhatItWas = "The message is not what it was when it was stored. Run: lifeboat mail verify."
		want := map[mailstore.UID]string{2: notWhatItWas, 3: notWhatItWas, 4: "Torn.", 5: "Gone.", 7: "Said."}
		if d := cmp.Diff(want, why); d != "" || s.Messages != 2 || s.Bytes != good.Size+last.Size {
			t.Errorf("%s: %+v\n%s", format, s.Progress, d)
		}
		if len(told) != 7 || told[6] != s.Progress {
			t.Errorf("%v", told)
		}
		_, texts, errs := read(t, target)
		if !slices.Equal(texts, []string{"Subject: good\r\n\r\n", "Subject: last\r\n\r\n"}) || len(errs) != 0 {
			t.Errorf("%s: %q, %v", format, texts, errs)
		}
		if format == export.Zip {
			target = unpack(t, target)
		}
		list, err := os.ReadFile(filepath.Join(target, "manifest.json"))
		if err != nil || !bytes.Contains(list, []byte(`"text":"Torn."`)) {
			t.Errorf("%s, %v", list, err)
		}
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// What ends an export leaves nothing of it.
func TestGivenUp(t *testing.T) {
	for _, format := range append(formats, "pdf") {
		dir := t.TempDir()
		target := filepath.Join(dir, "mail")
		nothing := func(err, want error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%s: %v", format, err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("%s: %v are left, %v", format, left, err)
			}
		}
		if format == "pdf" {
			_, err := export.Write(t.Context(), target, sequence(nil), export.Options{Format: format})
			nothing(err, mailstore.ErrInvalid)
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		all := messages()
		_, err := export.Write(ctx, target, sequence(all), export.Options{Format: format, Tell: func(p export.Progress) {
			if p.Messages == 5 {
				cancel()
			}
		}})
		nothing(err, context.Canceled)
		ctx, cancel = context.WithCancel(t.Context())
		all[3].Open = func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("x"), reader(func([]byte) (int, error) { cancel(); return 1, nil }))), nil
		}
		_, err = export.Write(ctx, target, sequence(all), export.Options{Format: format}) // within a message
		nothing(err, context.Canceled)
		_, err = export.Write(t.Context(), target, func(yield func(export.Message, error) bool) {
			_ = yield(all[1], nil) && yield(export.Message{}, mailstore.Fail(mailstore.ErrDisk, "The index is gone."))
		}, export.Options{Format: format})
		nothing(err, mailstore.ErrDisk)
		_, err = export.Write(t.Context(), filepath.Join(dir, "none", "mail"), sequence(all), export.Options{Format: format})
		nothing(err, mailstore.ErrDisk)
		fails(t, err, mailstore.ErrDisk, filepath.Join("none", "mail"), "cannot be written")
	}
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

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
