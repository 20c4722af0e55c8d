package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"time"

	"lifeboat/mailstore"
)

// box writes messages as a mailbox.
func box(t testing.TB, bodies ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := &summing{w: &out, h: sha256.New()}
	for i, b := range bodies {
		s := newSpool(os.TempDir())
		if err := s.fill(t.Context(), iotest.OneByteReader(strings.NewReader(b))); err != nil {
			t.Fatal(err)
		}
		offset, length, err := writeMbox(w, time.Unix(int64(i+1), 0), s)
		if err != nil || offset+length > w.n {
			t.Fatalf("%d bytes from %d on in %d, %v", length, offset, w.n, err)
		}
		s.close()
	}
	return out.Bytes()
}

// scan reads a mailbox to the end.
func scan(t testing.TB, data []byte) (all []found, texts []string) {
	t.Helper()
	s, err := newScanner(bytes.NewReader(data), int64(len(data)))
	for err == nil {
		var m found
		if m, err = s.message(); err != nil {
			break
		}
		b, err := io.ReadAll(m.open(bytes.NewReader(data)))
		if err != nil {
			t.Fatal(err)
		}
		all, texts = append(all, m), append(texts, string(b))
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, errNoMbox) {
		t.Fatal(err)
	}
	return all, texts
}

// Whatever a file holds: messages lie within it, one after the other, and nothing of
// it is taken twice.
func FuzzMbox(f *testing.F) {
	const from = "From bert@example.test Thu Nov 19 08:12:00 2026\n"
	for _, s := range []string{
		"", "\n", "From ", from, from + "Subject: 1\n\n>From me\n\n" + from + "Subject: 2\n\n2", strings.ReplaceAll(from+"Subject: 1\n\n\n"+from, "\n", "\r\n"),
		from + "Content-Length: 6\nStatus: RO\n\n1\n2\n3\n\n" + from + "Content-Length: 60\n\n" + from, from + "Content-Length: 5\n\n" + from + "\n" + from,
		"From - Thu Nov 19 08:12 +0900 2026\nX-Mozilla-Status: 0001\n\n\nFrom - \n\n", "From 1@xxx Thu Nov 19 08:12:00 +0000 2026\nX-Gmail-Labels: =?UTF-8?Q?=E5=8F=97?=,Unread\n\n",
		string(box(f, "x", "", "From \n", ">From y\r")),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, texts := scan(t, data)
		var last int64
		for i, m := range all {
			if m.offset < last || m.length < 0 || m.offset+m.length > int64(len(data)) || int64(len(texts[i])) > m.length {
				t.Fatalf("message %d: %+v after %d in %d", i, m, last, len(data))
			}
			last = m.offset + m.length
			readHead([]byte(texts[i]))
		}
	})
}

// Whatever messages are written to a mailbox, the same ones are read.
func FuzzThereAndBack(f *testing.F) {
	for _, s := range []string{"", "x", "\n", "From ", "\n\nFrom mboxrd@lifeboat Thu Jan  1 00:00:00 1970\n\n", ">>From \r\n>", "Content-Length: 9\n\n1\n\nFrom x@y\n\n"} {
		f.Add(s, "Subject: 2\r\n\r\ntext\r\n", s)
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		data := box(t, a, b, c)
		if _, texts := scan(t, data); len(texts) != 3 || texts[0] != a || texts[1] != b || texts[2] != c {
			t.Fatalf("%q, %q, %q become %q", a, b, c, texts)
		}
	})
}

// Whatever a manifest says, nothing outside its folder is read, and what is taken is
// what the manifest says.
func FuzzManifest(f *testing.F) {
	const head = `{"format":"lifeboat-export","version":1,"messages":[`
	f.Add(head + `{"path":"1.eml","sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","size":1,"flags":["\\Seen"],"received":"2026-11-22T01:00:00Z"}]}`)
	f.Add(head + `{"path":"../1.eml","offset":1,"length":-1,"uid":4294967296}]}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, list string) {
		files := fstest.MapFS{manifestName: {Data: []byte(list)}, "1.eml": {Data: []byte("x")}}
		r := &reading{ctx: t.Context(), yield: func(m Message, err error) bool {
			var said *mailstore.Error
			if err != nil && !errors.As(err, &said) {
				t.Errorf("no sentence: %v", err)
			}
			if err == nil && (m.Size != 1 && m.Size != int64(len(list)) && m.Size > int64(len(list))) {
				t.Errorf("%+v", m)
			}
			return true
		}}
		r.exported(files, "export")
	})
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"", ".", "..", "a/b", `a\b`, "CON", "con.txt", "COM¹", "-rf", "~x", "x. . ", "\u202Egnp.exe", "会議", "\xff", strings.Repeat("長", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name := SafeName(text, maxName)
		if !fs.ValidPath(name) || !filepath.IsLocal(name) || filepath.Base(name) != name || len(name) > maxName+1 || name == "." ||
			strings.ContainsAny(name, `<>:"/\|?*`+"\n\r\x00") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") || strings.HasPrefix(name, "-") {
			t.Errorf("%q becomes %q", text, name)
		}
		if again := SafeName(name, maxName+1); again != name {
			t.Errorf("%q becomes %q, then %q", text, name, again)
		}
	})
}

// A line's quotes may be longer than anything that is kept.
func TestQuotingInPieces(t *testing.T) {
	const text = "From \n>From \n>>From\n>>>From x\n> From\nFrom\nFro\n>\n\nFrom "
	const want = ">From \n>>From \n>>From\n>>>>From x\n> From\nFrom\nFro\n>\n\n>From "
	for size := 1; size < len(text); size++ {
		var got bytes.Buffer
		q := &quoting{w: &got}
		for b := []byte(text); len(b) > 0; b = b[min(size, len(b)):] {
			if _, err := q.Write(b[:min(size, len(b))]); err != nil {
				t.Fatal(err)
			}
		}
		got.Write(q.lines.end(nil))
		if got.String() != want {
			t.Errorf("%d at a time: %q", size, got.String())
		}
		u := newUnquoting(&sized{strings.NewReader(want), size})
		if back, err := io.ReadAll(u); err != nil || string(back) != text {
			t.Errorf("%d at a time: back %q, %v", size, back, err)
		}
	}
}

type sized struct {
	io.Reader
	n int
}

func (s *sized) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), s.n)]) }

// A message too long for memory is kept in a file, which the next one uses again.
func TestSpool(t *testing.T) {
	dir := t.TempDir()
	s := newSpool(dir)
	for _, size := range []int{3 << 20, 10, 2 << 20, 0, inMemory, inMemory + 1} {
		want := bytes.Repeat([]byte("0123456789abcde\n"), size/16+1)[:size]
		if err := s.fill(t.Context(), bytes.NewReader(want)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var got bytes.Buffer
			if n, err := s.WriteTo(&got); err != nil || n != int64(size) || !bytes.Equal(got.Bytes(), want) || s.sum() != sha256.Sum256(want) {
				t.Errorf("%d of %d bytes, %v", n, size, err)
			}
		}
	}
	s.close()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.fill(ctx, strings.NewReader("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
