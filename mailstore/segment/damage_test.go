package segment_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/segment"
)

// small is a folder with a segment that has bodies of each form.
func small(t testing.TB) (dir string, refs []segment.Ref, all [][]byte) {
	t.Helper()
	dir = t.TempDir()
	f := open(t, dir, segment.Options{})
	all = [][]byte{{}, []byte("one"), prose(1, 400), random(2, 300), bytes.Repeat([]byte("long "), frame/5+20)}
	for _, b := range all {
		refs = append(refs, put(t, f, b))
	}
	if err := errors.Join(f.Sync(t.Context()), f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir, refs, all
}

// A bit that flips, wherever it is, is noticed: a body is as it was or is damaged.
// In the header it harms nothing, and elsewhere it harms one body.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	const header = 128
	dir, refs, all := small(t)
	path := filepath.Join(dir, "00000001.seg")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	harmed := 0
	var f *segment.Files
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if at <= header { // the rest is read through a file that is open already
			f = open(t, dir, segment.Options{ReadOnly: true})
		}
		damaged := 0
		for i, ref := range refs {
			if len(all[i]) > frame && at < len(good)-int(ref.Stored()) && at%64 != 0 {
				continue // takes long, and the flip is in the other bodies
			}
			got, err := read(f, ref)
			switch {
			case errors.Is(err, mailstore.ErrDamaged):
				damaged++
			case err != nil || !bytes.Equal(got, all[i]):
				t.Fatalf("byte %d: body %d: %v", at, i, err)
			}
		}
		if want := min(1, max(0, at-header+1)); damaged != want {
			t.Fatalf("byte %d of %d: %d bodies are damaged", at, len(good), damaged)
		}
		harmed += damaged
	}
	if harmed != len(good)-header {
		t.Errorf("%d of %d flips were noticed", harmed, len(good)-header)
	}
}

// A file that was cut gives what it has, and says what it has not.
func TestCutShort(t *testing.T) {
	dir, refs, all := small(t)
	path := filepath.Join(dir, "00000001.seg")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole := len(refs)
	for n := len(good) - 1; n >= 0; n -= 1 + n/50 {
		if err := os.Truncate(path, int64(n)); err != nil {
			t.Fatal(err)
		}
		f := open(t, dir, segment.Options{ReadOnly: true})
		had := 0
		for i, ref := range refs {
			got, err := read(f, ref)
			if err == nil && bytes.Equal(got, all[i]) {
				had++
				continue
			}
			fails(t, err, mailstore.ErrDamaged, path, "lifeboat mail verify")
		}
		if had > whole {
			t.Errorf("%d bodies in %d bytes, and fewer in more", had, n)
		}
		whole = had
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if whole != 0 {
		t.Errorf("%d bodies in nothing", whole)
	}
}

// Frames that change places, within a segment or between two, are not read.
func TestExchangedFrames(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, segment.Options{MaxSize: 1})
	g := open(t, filepath.Join(dir, "other"), segment.Options{})
	first, second := put(t, f, random(1, 5000)), put(t, f, random(2, 5000))
	third, fourth := put(t, g, random(3, 5000)), put(t, g, random(4, 5000))
	paths := []string{filepath.Join(dir, "00000001.seg"), filepath.Join(dir, "00000002.seg"), filepath.Join(dir, "other", "00000001.seg")}
	var files [][]byte
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, b)
	}
	exchange := func(path string, content []byte, refs ...segment.Ref) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f := open(t, filepath.Dir(path), segment.Options{ReadOnly: true})
		for _, ref := range refs {
			_, err := read(f, ref)
			fails(t, err, mailstore.ErrDamaged, path)
		}
	}
	exchange(paths[0], files[1], first)  // the whole file
	exchange(paths[1], files[0], second) // and back
	frames := files[2][128:]
	n := len(frames) / 2
	exchange(paths[2], bytes.Join([][]byte{files[2][:128], frames[n:], frames[:n]}, nil), third, fourth)
}

// What was written at a place before, and came back by restoring an older file, is
// not what a newer Ref means.
func TestOlderFrameInItsPlace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "00000001.seg")
	f := open(t, dir, segment.Options{})
	put(t, f, []byte("first"))
	early, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, f, random(1, 500))
	late, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), os.WriteFile(path, early, 0o600)); err != nil { // a power cut
		t.Fatal(err)
	}
	f = open(t, dir, segment.Options{})
	ref := put(t, f, random(2, 500))
	if !bytes.Equal(get(t, f, ref), random(2, 500)) {
		t.Error("not as it was written")
	}
	if err := os.WriteFile(path, late, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = read(f, ref)
	fails(t, err, mailstore.ErrDamaged, path)
}

func TestAnotherKey(t *testing.T) {
	dir, refs, _ := small(t)
	f, err := segment.Open(dir, sha256.Sum256([]byte("another")), segment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, ref := range refs {
		_, err := f.Open(ref)
		fails(t, err, mailstore.ErrDamaged)
	}
	// Nothing is appended to what cannot be read.
	if ref := put(t, f, []byte("new")); ref.Segment() != 2 {
		t.Errorf("segment %d", ref.Segment())
	}
}

// Nothing that was written can be found in the file.
func TestNothingIsLegible(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, segment.Options{})
	secret := []byte("the merger is on Thursday ")
	put(t, f, secret)
	put(t, f, bytes.Repeat(secret, 100_000))
	put(t, f, append(random(1, frame), secret...))
	content, err := os.ReadFile(filepath.Join(dir, "00000001.seg"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range secret[:len(secret)-6] {
		if bytes.Contains(content, secret[n:n+6]) {
			t.Errorf("%q is in the file", secret[n:n+6])
		}
	}
}

// What a killed process left at the end, or as a beginning, is in nobody's way.
func TestTornTails(t *testing.T) {
	for name, tear := range map[string]func(path string, good []byte) error{
		"half a frame": func(path string, good []byte) error { return os.WriteFile(path, good[:len(good)-100], 0o600) },
		"zeros": func(path string, good []byte) error {
			return os.WriteFile(path, append(good, make([]byte, 70_000)...), 0o600)
		},
		"half a header, nothing else": func(path string, good []byte) error {
			return os.WriteFile(filepath.Join(filepath.Dir(path), "00000002.seg"), good[:40], 0o600)
		},
		"an empty file": func(path string, _ []byte) error {
			return os.WriteFile(filepath.Join(filepath.Dir(path), "00000002.seg"), nil, 0o600)
		},
		"other files": func(path string, good []byte) error {
			dir := filepath.Dir(path)
			return errors.Join(os.WriteFile(filepath.Join(dir, "2.seg"), good, 0o600), os.WriteFile(filepath.Join(dir, "00000000.seg"), good, 0o600),
				os.WriteFile(filepath.Join(dir, "99999999.seg.tmp"), good, 0o600), os.WriteFile(filepath.Join(dir, "note"), good, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f := open(t, dir, segment.Options{})
			kept := put(t, f, random(1, 5000))
			put(t, f, random(2, 5000)) // is torn
			if err := errors.Join(f.Sync(t.Context()), f.Close()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "00000001.seg")
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := tear(path, good); err != nil {
				t.Fatal(err)
			}
			f = open(t, dir, segment.Options{})
			next := put(t, f, random(3, 5000))
			if !bytes.Equal(get(t, f, kept), random(1, 5000)) || !bytes.Equal(get(t, f, next), random(3, 5000)) {
				t.Error("a body is not as it was")
			}
		})
	}
}

func FuzzRef(f *testing.F) {
	_, refs, _ := small(f)
	for _, ref := range refs {
		f.Add(ref.Marshal())
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var ref segment.Ref
		if err := ref.Unmarshal(b); err != nil {
			fails(t, err, mailstore.ErrDamaged)
			if !ref.IsZero() {
				t.Errorf("%v in spite of %v", ref, err)
			}
			return
		}
		if !bytes.Equal(ref.Marshal(), b) {
			t.Errorf("%x becomes %x", b, ref.Marshal())
		}
	})
}

// Whatever a file and a Ref hold, a body is as it was written or is damaged, and
// takes no more memory than a frame.
func FuzzSegment(f *testing.F) {
	dir, refs, all := small(f)
	refs, all = refs[:4], all[:4] // the long one takes too long
	good, err := os.ReadFile(filepath.Join(dir, "00000001.seg"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, 0, []byte{})
	f.Add(good[:500], 130, []byte("x"))
	f.Add([]byte{}, 0, refs[1].Marshal())
	f.Fuzz(func(t *testing.T, content []byte, at int, patch []byte) {
		if at >= 0 && at < len(content) {
			copy(content[at:], patch)
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "00000001.seg"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		files := open(t, dir, segment.Options{})
		try := refs
		var other segment.Ref
		if other.Unmarshal(patch) == nil {
			try = append(try[:len(try):len(try)], other)
		}
		for i, ref := range try {
			got, err := read(files, ref)
			if err != nil {
				fails(t, err, mailstore.ErrDamaged)
			} else if i < len(all) && !bytes.Equal(got, all[i]) {
				t.Fatalf("body %d is another", i)
			}
		}
		if ref := put(t, files, all[1]); !bytes.Equal(get(t, files, ref), all[1]) {
			t.Error("nothing can be written after it")
		}
	})
}
