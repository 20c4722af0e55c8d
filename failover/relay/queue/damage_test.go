package queue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// handOver and end are what is done to a message that is sent, in the journal's order.
func handOver(t testing.TB, q *Queue, id relay.ID) {
	t.Helper()
	update(t, q, id, func(i *relay.Item) []relay.Event {
		i.Handed, i.Tries = failover.Primary, 1
		return []relay.Event{{Kind: relay.Handing, Role: failover.Primary}}
	})
}

// story makes a small journal, and tells after each step how long it was and what it held.
type step struct {
	size  int64
	holds map[relay.ID]string // state, provider handed to, bytes
}

func holds(t testing.TB, q *Queue) map[relay.ID]string {
	t.Helper()
	all := map[relay.ID]string{}
	for i := range q.Items() {
		all[i.ID] = fmt.Sprint(i.State, " ", i.Handed, " ", text(t, q, i.ID))
	}
	return all
}

func story(t testing.TB, dir string) (path string, steps []step) {
	t.Helper()
	c := newClock()
	q := try(t, Options{Dir: dir, Now: c.now}, noReserve())
	path = segmentPath(q.dir, 1)
	note := func() {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step{info.Size(), holds(t, q)})
	}
	note()
	var all []relay.ID
	for n := range 3 {
		c.pass(time.Second)
		all = append(all, accept(t, q, envelope("a@example.com"), fmt.Sprintf("message %d\r\n", n)).ID)
		note()
	}
	handOver(t, q, all[0])
	note()
	deliver(t, q, all[0])
	note()
	handOver(t, q, all[2])
	note()
	shut(t, q)
	return path, steps
}

func noReserve() tuning {
	t := defaults()
	t.reserve = 0
	t.wrap = func(f *os.File) file { return unflushed{f} }
	return t
}

// copied copies a folder's files, one of them changed.
func copied(t testing.TB, from, to, name string, change func([]byte) []byte) {
	t.Helper()
	names, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(from, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if n.Name() == name {
			b = change(b)
		}
		_ = os.Remove(filepath.Join(to, n.Name())) // a file that is cut to nothing and written is flushed by some systems
		if err := os.WriteFile(filepath.Join(to, n.Name()), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func loadAgain(t testing.TB, dir string) (*Queue, *loaded) {
	t.Helper()
	q := try(t, Options{Dir: dir, ReadOnly: true}, noReserve())
	l, err := q.load()
	if err != nil {
		t.Fatal(err)
	}
	return q, l
}

// A journal that ends anywhere, as a kill or a power cut leaves it, holds what was
// complete, and nobody is alarmed.
func TestTornAnywhere(t *testing.T) {
	t.Parallel()
	dir, cut := t.TempDir(), t.TempDir()
	path, steps := story(t, dir)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := steps[len(steps)-1].size; size >= 0; size-- {
		for _, zeros := range []int64{0, 700} {
			if zeros > 0 && (size < framesFrom || size < int64(len(whole)) && whole[size] == 0) {
				continue // half a header and then zeros, or what may be as it was
			}
			if err := errors.Join(os.Truncate(path, size), os.Truncate(path, size+zeros)); err != nil {
				t.Fatal(err)
			}
			want := map[relay.ID]string{}
			for _, s := range steps {
				if s.size <= size {
					want = s.holds
				}
			}
			q, l := loadAgain(t, dir)
			if got := holds(t, q); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("cut at %d: %v\nnot %v", size, got, want)
			}
			if len(l.said) > 0 || len(l.doubts) > 0 {
				t.Fatalf("cut at %d, %d zeros: %v, %v", size, zeros, l.said, l.doubts)
			}
			if size%61 != 0 && size != 1 {
				continue
			}
			// The next owner goes on after it.
			copied(t, dir, cut, "", nil)
			q = try(t, Options{Dir: cut}, noReserve())
			i := accept(t, q, envelope("b@example.com"), "more")
			shut(t, q)
			q, l = loadAgain(t, cut)
			want2 := len(want) + 1
			if got := holds(t, q); len(got) != want2 || !strings.Contains(got[i.ID], "more") || len(l.said) > 0 {
				t.Fatalf("cut at %d: %v, %v", size, got, l.said)
			}
		}
	}
}

// A flipped bit anywhere is noticed; it costs at most the message or the change that it is
// in, and a message that was sent does not come back as if it had not been.
func TestFlippedAnywhere(t *testing.T) {
	t.Parallel()
	bad := t.TempDir()
	path, steps := story(t, bad)
	last := steps[len(steps)-1]
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, gone, _ := readHead(whole[steps[0].size:]) // the bytes of the message that has left
	for at := range last.size {
		if at >= steps[0].size+int64(headLen) && at < steps[0].size+gone {
			continue // nobody wants them any more
		}
		flip(t, path, at)
		q, l := loadAgain(t, bad)
		noticed := len(l.said) > 0 || l.segments[0].damaged
		missing := 0
		got := map[relay.ID]string{}
		for i := range q.Items() {
			r, err := q.Body(i.ID)
			if err != nil {
				fails(t, err, failover.ErrDamaged, string(i.ID), "hanako@example.jp", bad)
				noticed = true
				got[i.ID] = "?"
				continue
			}
			b, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = r.Close()
			got[i.ID] = fmt.Sprint(i.State, " ", i.Handed, " ", string(b))
		}
		for id, want := range last.holds {
			if got[id] != want {
				missing++
			}
		}
		for id, is := range got {
			// The end is lost: what is left says that it was handed over.
			if _, ok := last.holds[id]; !ok && !strings.HasPrefix(is, "waiting primary ") {
				t.Errorf("byte %d: %s has come back as %s", at, id, is)
			}
		}
		// Where the last frame's length is not known, it may have been several.
		unsure := at >= steps[len(steps)-2].size && at < steps[len(steps)-2].size+4
		if !noticed || missing > 1 || (len(l.doubts) > 0) != unsure {
			t.Errorf("byte %d: noticed %v, %d messages differ, doubts %v: %v", at, noticed, missing, l.doubts, got)
		}
		flip(t, path, at)
	}
}

// flip flips a bit of a byte of a file, or flips it back.
func flip(t testing.TB, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	b[0] ^= 1 << (at % 8)
	if err == nil {
		_, err = f.WriteAt(b[:], at)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// Where more than one change is lost, what waits may have been sent, and is not sent again
// as if nothing had happened.
func TestDamageMakesUncertain(t *testing.T) {
	t.Parallel()
	dir, bad := t.TempDir(), t.TempDir()
	path, steps := story(t, dir)
	for _, c := range []struct{ from, to int }{{3, 5}, {4, 6}} {
		copied(t, dir, bad, filepath.Base(path), func(b []byte) []byte {
			for i := steps[c.from].size + 5; i < steps[c.to].size-5; i++ {
				b[i] ^= 0xff
			}
			return b
		})
		c2 := newClock()
		q := try(t, Options{Dir: bad, Now: c2.now}, noReserve())
		var states []string
		for i := range q.Items() {
			states = append(states, fmt.Sprint(i.State, i.Why.IsZero(), i.Handed))
		}
		want := "[uncertainfalse uncertainfalse waitingtrueprimary]"
		if c.from == 4 {
			want = "[waitingtrueprimary uncertainfalse uncertainfalse]"
		}
		if fmt.Sprint(states) != want {
			t.Errorf("%v, not %v", states, want)
		}
		found := events(t, q, relay.LogQuery{Kinds: []relay.EventKind{relay.Found, relay.Doubtful}})
		if len(found) != 4 || !strings.Contains(found[0].Say.String(), path[len(dir):]) || found[2].ID == "" {
			t.Errorf("%v", found)
		}
		shut(t, q)
		// It is said again as long as the damage is there, and doubted once.
		q = try(t, Options{Dir: bad, Now: c2.now}, noReserve())
		if found := events(t, q, relay.LogQuery{Kinds: []relay.EventKind{relay.Doubtful}}); len(found) != 2 {
			t.Errorf("%v", found)
		}
		shut(t, q)
		for _, name := range []string{"00000001.queue", "00000002.queue"} {
			if err := os.Remove(filepath.Join(bad, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestOtherKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	story(t, dir)
	for _, readOnly := range []bool{false, true} {
		_, err := Open(t.Context(), Options{Dir: dir, Key: [32]byte{9}, ReadOnly: readOnly})
		fails(t, err, failover.ErrDamaged, dir, "another key")
	}
	q := try(t, Options{Dir: dir}, noReserve())
	if len(ids(q)) != 2 {
		t.Error("something is missing")
	}
}

// A file that is missing, or cannot be read from its beginning on, is said; the others are
// read.
func TestLostFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := Options{Dir: dir}
	q := try(t, o, small())
	for n := range 30 {
		accept(t, q, envelope("a@example.com"), strings.Repeat(fmt.Sprint(n), 1000))
	}
	shut(t, q)
	segments, err := numbered(dir, ".queue")
	if err != nil || len(segments) < 3 {
		t.Fatal(segments, err)
	}
	for _, how := range []string{"spoilt", "missing"} {
		bad := t.TempDir()
		copied(t, dir, bad, "00000002.queue", func(b []byte) []byte {
			clear(b[:200])
			return b
		})
		if how == "missing" {
			if err := os.Remove(segmentPath(bad, 2)); err != nil {
				t.Fatal(err)
			}
		}
		q := try(t, Options{Dir: bad}, small())
		got := 0
		for i := range q.Items() {
			if text(t, q, i.ID) == "" {
				t.Error("no bytes")
			}
			got++
		}
		if got < 5 || got > 28 {
			t.Errorf("%d messages", got)
		}
		said := events(t, q, relay.LogQuery{Kinds: []relay.EventKind{relay.Found}})
		if len(said) < 2 || !strings.Contains(said[0].Say.String(), "maybe accepted mail") || !strings.Contains(said[0].Say.String(), "0000000") {
			t.Errorf("%v", said)
		}
		for i := range q.Items() {
			deliver(t, q, i.ID)
		}
		if err := q.Tidy(t.Context()); err != nil {
			t.Error(err)
		}
		_, err := os.Stat(segmentPath(bad, 2) + ".damaged")
		if (err == nil) != (how == "spoilt") {
			t.Error(how, err)
		}
	}
}

// A disk that does not give some of a file is as a damaged one.
func TestUnreadableSectors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q := try(t, Options{Dir: dir}, defaults())
	var all []relay.ID
	for n := range 60 {
		all = append(all, accept(t, q, envelope("a@example.com"), strings.Repeat(fmt.Sprint(n), 1000)).ID)
	}
	shut(t, q)
	path := segmentPath(dir, 1)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	aead, _, err := readHeader(bytes.NewReader(b), testKey, journalMagic, 1)
	if err != nil {
		t.Fatal(err)
	}
	records := 0
	got, err := scan(&badSectors{bytes.NewReader(b), 40_000, 50_000}, int64(len(b)), aead, isRecord, func(f frame, _ []byte) error {
		if f.kind == recordFrame {
			records++
		}
		return nil
	})
	if err != nil || len(got.damages) == 0 || got.damages[0].from > 50_000 || got.torn || records < 40 || records > len(all) {
		t.Errorf("%+v, %v, %d records", got, err, records)
	}
}

type badSectors struct {
	io.ReaderAt
	from, to int64
}

func (r *badSectors) ReadAt(b []byte, off int64) (int, error) {
	if off < r.to && off+int64(len(b)) > r.from {
		return 0, errors.New("input/output error")
	}
	return r.ReaderAt.ReadAt(b, off)
}

// A newest file that cannot be read at all is kept, told of, and makes uncertain what may
// have been sent in it; also where the disk gives zeros in the place of its beginning.
func TestLostNewestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	q := try(t, Options{Dir: dir}, small())
	var all []relay.ID
	for range 30 {
		all = append(all, accept(t, q, envelope("a@example.com"), strings.Repeat("x", 1000)).ID)
	}
	segments, err := numbered(dir, ".queue")
	if err != nil || len(segments) < 2 {
		t.Fatal(segments, err)
	}
	handOver(t, q, all[0])
	deliver(t, q, all[0])
	shut(t, q)
	newest := filepath.Base(segmentPath(dir, segments[len(segments)-1]))
	for what, b := range map[string]byte{"spoilt": 7, "zeros": 0} {
		bad := t.TempDir()
		copied(t, dir, bad, newest, func(all []byte) []byte { return append(bytes.Repeat([]byte{b}, 200), all[200:]...) })
		q := try(t, Options{Dir: bad}, small())
		i, ok := q.Get(all[0])
		if !ok || i.State != relay.Uncertain {
			t.Errorf("%s: what was sent is %s", what, i.State)
		}
		if said := events(t, q, relay.LogQuery{Kinds: []relay.EventKind{relay.Found}}); len(said) < 2 || !strings.Contains(said[0].Say.String(), newest) {
			t.Errorf("%s: %v", what, said)
		}
		if _, err := os.Stat(filepath.Join(bad, newest)); err != nil {
			t.Errorf("%s: it is not kept: %v", what, err)
		}
	}
}
