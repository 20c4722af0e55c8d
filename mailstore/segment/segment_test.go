package segment_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/iotest"

	"lifeboat/mailstore"
	"lifeboat/mailstore/segment"
)

var key = sha256.Sum256([]byte("a key for tests"))

func open(t testing.TB, dir string, o segment.Options) *segment.Files {
	t.Helper()
	f, err := segment.Open(dir, key, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// put writes a body in pieces of odd sizes.
func put(t testing.TB, f *segment.Files, body []byte) segment.Ref {
	t.Helper()
	w := f.NewWriter()
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{bytes.NewReader(body)}, make([]byte, 8191)); err != nil {
		t.Fatal(err)
	}
	ref, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if w.Hash() != sha256.Sum256(body) || w.Size() != int64(len(body)) {
		t.Fatalf("%d bytes are counted as %d with the hash %v", len(body), w.Size(), w.Hash())
	}
	return ref
}

func get(t testing.TB, f *segment.Files, ref segment.Ref) []byte {
	t.Helper()
	got, err := read(f, ref)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func read(f *segment.Files, ref segment.Ref) ([]byte, error) {
	r, err := f.Open(ref)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	b := make([]byte, r.Size())
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%d bytes more, %w", n, err)
	}
	return b, nil
}

func fails(t testing.TB, err, kind error, words ...string) {
	t.Helper()
	var e *mailstore.Error
	if !errors.Is(err, kind) || !errors.As(err, &e) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	for _, w := range words {
		if !bytes.Contains([]byte(e.Say.String()), []byte(w)) {
			t.Errorf("%q does not say %q", e.Say, w)
		}
	}
}

// random is bytes that cannot be compressed.
func random(seed uint64, n int) []byte {
	r := rand.NewChaCha8(sha256.Sum256(fmt.Append(nil, seed)))
	b := make([]byte, n)
	_, _ = r.Read(b)
	return b
}

// prose is bytes that can.
func prose(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var b bytes.Buffer
	for b.Len() < n {
		fmt.Fprintf(&b, "Received: from mx%d.example.net; 会議は %d 時です\r\n", r.IntN(100), r.IntN(24))
	}
	return b.Bytes()[:n]
}

const frame = 1 << 20

// bodies of every size that matters, and how well they can be compressed.
func bodies() map[string][]byte {
	all := map[string][]byte{}
	for _, n := range []int{0, 1, 100, 30_000, frame - 1, frame, frame + 1, 2*frame - 1, 2 * frame, 5*frame + 17} {
		all[fmt.Sprint("random ", n)] = random(uint64(n), n)
		all[fmt.Sprint("prose ", n)] = prose(uint64(n), n)
	}
	// Changes its nature in the middle, so that compression is taken up again.
	all["mixed"] = bytes.Join([][]byte{random(1, 3*frame), prose(2, 12*frame), random(3, frame/2)}, nil)
	return all
}

// What is written comes back, byte for byte and with its hash, at once, in another process, and in one that only reads.
func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "segments")
	f := open(t, dir, segment.Options{})
	refs := map[string]segment.Ref{}
	all := bodies()
	for name, b := range all {
		refs[name] = put(t, f, b)
		if !bytes.Equal(get(t, f, refs[name]), b) {
			t.Errorf("%s comes back otherwise", name)
		}
	}
	if err := f.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, o := range []segment.Options{{}, {ReadOnly: true}} {
		again := open(t, dir, o)
		for name, b := range all {
			var ref segment.Ref
			if err := ref.Unmarshal(refs[name].Marshal()); err != nil || ref != refs[name] {
				t.Fatalf("%s: %v becomes %v: %v", name, refs[name], ref, err)
			}
			r, err := again.Open(ref)
			if err != nil {
				t.Fatal(err)
			}
			if r.Size() != int64(len(b)) {
				t.Errorf("%s: %d bytes", name, r.Size())
			}
			if len(b) <= 100 { // it reads byte for byte
				err = iotest.TestReader(r, b)
			} else {
				err = readAbout(r, b)
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if _, err := r.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
				t.Errorf("read when closed: %v", err)
			}
		}
	}
}

// readAbout reads a body here and there, and over the seams of its frames.
func readAbout(r segment.Body, want []byte) error {
	size := int64(len(want))
	for _, from := range []int64{0, size / 2, size - 1, frame - 10, frame, 2*frame - 1, size, size + 5} {
		for _, n := range []int64{1, 20, 70_000, frame + 20} {
			buf := make([]byte, n)
			m, err := r.ReadAt(buf, from)
			left := max(0, size-from)
			if int64(m) != min(n, left) || (n > left) != errors.Is(err, io.EOF) || !bytes.Equal(buf[:m], want[min(from, size):][:m]) {
				return fmt.Errorf("%d from %d on: %d, %w", n, from, m, err)
			}
			if at, err := r.Seek(from, io.SeekStart); err != nil || at != from {
				return fmt.Errorf("%d, %w", at, err)
			}
			m, err = io.ReadFull(r, buf)
			if int64(m) != min(n, left) || !bytes.Equal(buf[:m], want[min(from, size):][:m]) {
				return fmt.Errorf("%d by seeking %d: %d, %w", n, from, m, err)
			}
		}
	}
	if _, err := r.Seek(-size, io.SeekEnd); err != nil {
		return err
	}
	all, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(all, want) {
		return fmt.Errorf("%d bytes, %w", len(all), err)
	}
	return nil
}

// A message's note of where it lies is short, for there may be millions.
func TestRefIsShort(t *testing.T) {
	f := open(t, t.TempDir(), segment.Options{})
	if n := len(put(t, f, prose(1, 30_000)).Marshal()); n > 20 {
		t.Errorf("%d bytes", n)
	}
	if n := len(put(t, f, random(1, 50<<20)).Marshal()); n > 24 {
		t.Errorf("%d bytes for a long message", n)
	}
}

// Text takes less space than it has bytes, and what cannot be compressed hardly more.
func TestStoredSize(t *testing.T) {
	f := open(t, t.TempDir(), segment.Options{})
	for _, n := range []int{10_000, 3 * frame} {
		if s := put(t, f, prose(1, n)).Stored(); s > int64(n)/3 {
			t.Errorf("%d bytes of text take %d", n, s)
		}
		if s := put(t, f, random(1, n)).Stored(); s > int64(n)+250 || s < int64(n) {
			t.Errorf("%d random bytes take %d", n, s)
		}
	}
	sum, err := f.Usage()
	if err != nil || sum < 3*frame {
		t.Errorf("%d in all, %v", sum, err)
	}
}

// Many write at once, over several segments; each body lies in one of them.
func TestManyWriters(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, segment.Options{MaxSize: 4 * frame})
	var mu sync.Mutex
	refs := map[uint64]segment.Ref{}
	var wg sync.WaitGroup
	for g := range uint64(8) {
		wg.Go(func() {
			for i := range uint64(12) {
				seed := g*100 + i
				n := int(seed*7919) % (3 * frame)
				w := f.NewWriter()
				if _, err := w.Write(random(seed, n)); err != nil {
					t.Error(err)
				}
				ref, err := w.Close()
				if err == nil {
					err = f.Sync(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				refs[seed] = ref
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	reader := open(t, dir, segment.Options{ReadOnly: true})
	for seed, ref := range refs {
		if got := get(t, reader, ref); !bytes.Equal(got, random(seed, int(seed*7919)%(3*frame))) {
			t.Errorf("body %d is not as it was", seed)
		}
	}
	all, err := f.Segments()
	if err != nil || len(all) < 5 {
		t.Errorf("%v, %v", all, err)
	}
}

// A new process goes on with the last segment, as long as it is small enough.
func TestGoesOnWithTheLastSegment(t *testing.T) {
	dir := t.TempDir()
	var refs []segment.Ref
	for i := range uint64(5) {
		f := open(t, dir, segment.Options{MaxSize: frame})
		refs = append(refs, put(t, f, random(i, frame/3)))
		if err := errors.Join(f.Sync(t.Context()), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	f := open(t, dir, segment.Options{ReadOnly: true})
	all, err := f.Segments()
	if err != nil || len(all) != 2 || all[0].ID != 1 || all[1].ID != 2 {
		t.Errorf("%v, %v", all, err)
	}
	for i, ref := range refs {
		if !bytes.Equal(get(t, f, ref), random(uint64(i), frame/3)) {
			t.Errorf("body %d is not as it was", i)
		}
	}
}

func TestAbortedAndUnused(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, segment.Options{})
	w := f.NewWriter()
	w.Abort()
	w.Abort()
	if all, err := f.Segments(); err != nil || len(all) != 0 {
		t.Errorf("a segment for nothing: %v, %v", all, err)
	}
	w = f.NewWriter()
	if _, err := w.Write(random(1, 3*frame)); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	_, err := w.Write([]byte("x"))
	fails(t, err, mailstore.ErrInvalid)
	_, err = w.Close()
	fails(t, err, mailstore.ErrInvalid)
	if err := f.Remove(t.Context(), 1); err != nil { // nobody is left in it
		t.Error(err)
	}
}

func TestRemove(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, segment.Options{})
	fails(t, f.Remove(t.Context(), 7), mailstore.ErrNotFound, "00000007.seg")
	ref := put(t, f, []byte("one"))
	w := f.NewWriter()
	if _, err := w.Write(random(1, 2*frame)); err != nil {
		t.Fatal(err)
	}
	fails(t, f.Remove(t.Context(), 1), mailstore.ErrBusy, "00000001.seg")
	long, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.Open(long)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || len(got) != 2*frame { // who has it open reads on
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	_, err = f.Open(ref)
	fails(t, err, mailstore.ErrDamaged, "00000001.seg", "lifeboat mail verify")
	if next := put(t, f, []byte("two")); next.Segment() != 2 {
		t.Errorf("segment %d", next.Segment())
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	// Also a new process gives no number twice.
	f = open(t, dir, segment.Options{})
	if err := f.Remove(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = open(t, dir, segment.Options{})
	if next := put(t, f, []byte("three")); next.Segment() != 3 {
		t.Errorf("segment %d", next.Segment())
	}
}

func TestReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	f := open(t, dir, segment.Options{ReadOnly: true})
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made: %v", err)
	}
	_, err := f.NewWriter().Close()
	fails(t, err, mailstore.ErrBusy, dir)
	fails(t, f.Remove(t.Context(), 1), mailstore.ErrBusy, dir)
	_, err = f.Open(segment.Ref{})
	fails(t, err, mailstore.ErrNotFound)
}

// The owner appends while others read what it has given out.
func TestReaderBesideOwner(t *testing.T) {
	dir := t.TempDir()
	owner := open(t, dir, segment.Options{MaxSize: 2 * frame})
	reader := open(t, dir, segment.Options{ReadOnly: true})
	for i := range uint64(20) {
		ref := put(t, owner, random(i, frame/4))
		if !bytes.Equal(get(t, reader, ref), random(i, frame/4)) {
			t.Fatalf("body %d is not as it was", i)
		}
	}
}
