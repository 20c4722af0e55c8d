package segment

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"lifeboat/mailstore"
)

// badFile is a file on a disk that fails when told to.
type badFile struct {
	*os.File
	disk *badDisk
}

type badDisk struct {
	writeErr, syncErr error
	syncs             atomic.Int32
	gate              chan struct{} // not nil: a flush waits for it
	entered           chan struct{}
}

func (f *badFile) WriteAt(b []byte, off int64) (int, error) {
	if f.disk.writeErr != nil {
		n, _ := f.File.WriteAt(b[:len(b)/2], off)
		return n, f.disk.writeErr
	}
	return f.File.WriteAt(b, off)
}

func (f *badFile) Sync() error {
	f.disk.syncs.Add(1)
	if f.disk.gate != nil {
		f.disk.entered <- struct{}{}
		<-f.disk.gate
	}
	if f.disk.syncErr != nil {
		return f.disk.syncErr
	}
	return f.File.Sync()
}

func onBadDisk(t *testing.T, o Options) (*Files, *badDisk) {
	t.Helper()
	f, err := Open(t.TempDir(), [32]byte{1}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	d := &badDisk{}
	f.wrap = func(o *os.File) file { return &badFile{o, d} }
	return f, d
}

func put(f *Files, body string) (Ref, error) {
	w := f.NewWriter()
	if _, err := w.Write([]byte(body)); err != nil {
		w.Abort()
		return Ref{}, err
	}
	return w.Close()
}

func holds(t *testing.T, f *Files, ref Ref, want string) {
	t.Helper()
	r, err := f.Open(ref)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if _, err := r.(*body).WriteTo(&got); err != nil || got.String() != want {
		t.Errorf("%q, %v, not %q", got.String(), err, want)
	}
	_ = r.Close()
}

// What a write that failed left of itself is cut off, and the next one takes its place.
func TestFailedWrite(t *testing.T) {
	f, d := onBadDisk(t, Options{})
	d.writeErr = syscall.ENOSPC
	if _, err := put(f, "none"); !errors.Is(err, mailstore.ErrDisk) {
		t.Fatalf("got %v", err)
	}
	if all, err := f.Segments(); err != nil || len(all) != 0 {
		t.Errorf("half a header stays: %v, %v", all, err)
	}
	d.writeErr = nil
	first, err := put(f, "first")
	if err != nil {
		t.Fatal(err)
	}
	before, err := f.Usage()
	if err != nil {
		t.Fatal(err)
	}
	d.writeErr = syscall.EIO
	for range 3 {
		if _, err := put(f, "second"); !errors.Is(err, mailstore.ErrDisk) || !errors.Is(err, syscall.EIO) {
			t.Fatalf("got %v", err)
		}
	}
	if after, err := f.Usage(); err != nil || after != before {
		t.Errorf("%d bytes, not %d; %v", after, before, err)
	}
	d.writeErr = nil
	third, err := put(f, "third")
	if err := errors.Join(err, f.Sync(t.Context())); err != nil {
		t.Fatal(err)
	}
	holds(t, f, first, "first")
	holds(t, f, third, "third")
}

// After a flush that failed nobody knows what the disk holds, and a later one that
// succeeds would not tell.
func TestFailedFlush(t *testing.T) {
	f, d := onBadDisk(t, Options{})
	if _, err := put(f, "doubtful"); err != nil {
		t.Fatal(err)
	}
	d.syncErr = syscall.EIO
	first := f.Sync(t.Context())
	d.syncErr = nil
	_, third := put(f, "more")
	for _, err := range []error{first, f.Sync(t.Context()), third} {
		var e *mailstore.Error
		if !errors.Is(err, mailstore.ErrDisk) || !errors.Is(err, syscall.EIO) || !errors.As(err, &e) ||
			e.Say.Parts["folder"] != f.dir {
			t.Errorf("got %v", err)
		}
	}
	if n := d.syncs.Load(); n != 1 {
		t.Errorf("%d flushes", n)
	}
	again, err := Open(f.dir, f.key, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	ref, err := put(again, "anew")
	if err := errors.Join(err, again.Sync(t.Context())); err != nil {
		t.Fatal(err)
	}
	holds(t, again, ref, "anew")
}

// Those who ask while the disk works share the next flush, and whoever does not want
// to wait need not.
func TestFlushIsShared(t *testing.T) {
	f, d := onBadDisk(t, Options{})
	d.gate, d.entered = make(chan struct{}), make(chan struct{}, 100)
	if _, err := put(f, "first"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := f.Sync(t.Context()); err != nil {
			t.Error(err)
		}
	})
	<-d.entered // the first flush is under way
	var written sync.WaitGroup
	for range 20 {
		written.Add(1)
		wg.Go(func() {
			_, err := put(f, "while the disk works")
			written.Done()
			if err := errors.Join(err, f.Sync(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	written.Wait()
	hasty, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Sync(hasty); !errors.Is(err, context.Canceled) {
		t.Errorf("who would not wait gets %v", err)
	}
	close(d.gate)
	wg.Wait()
	if n := d.syncs.Load(); n != 2 {
		t.Errorf("%d flushes", n)
	}
	if err := f.Sync(t.Context()); err != nil || d.syncs.Load() != 2 {
		t.Errorf("flushed for nothing: %d, %v", d.syncs.Load(), err)
	}
}

// Segments that took a body to the end after another had been begun are flushed and
// closed as well.
func TestOlderSegmentsAreFlushed(t *testing.T) {
	f, d := onBadDisk(t, Options{MaxSize: 1})
	slow := f.NewWriter()
	if _, err := slow.Write(make([]byte, maxPlain+1)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := put(f, "quick"); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Sync(t.Context()); err != nil || d.syncs.Load() != 4 {
		t.Errorf("%d flushes, %v", d.syncs.Load(), err)
	}
	if len(f.tails) != 2 {
		t.Errorf("%d segments are open", len(f.tails))
	}
	ref, err := slow.Close()
	if err := errors.Join(err, f.Sync(t.Context())); err != nil || d.syncs.Load() != 5 || ref.segment != 1 {
		t.Errorf("%d flushes, segment %d, %v", d.syncs.Load(), ref.segment, err)
	}
	if len(f.tails) != 1 {
		t.Errorf("%d segments are open", len(f.tails))
	}
}

// Of many segments a few stay open for reading.
func TestHandlesAreFew(t *testing.T) {
	f, _ := onBadDisk(t, Options{MaxSize: 1})
	var refs []Ref
	for range 3 * maxHandles {
		ref, err := put(f, "x")
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
	}
	var readers []Body
	for _, ref := range refs {
		holds(t, f, ref, "x")
		r, err := f.Open(ref)
		if err != nil {
			t.Fatal(err)
		}
		readers = append(readers, r)
	}
	for _, r := range readers {
		_ = r.Close()
	}
	if n := len(f.handles.all); n > maxHandles {
		t.Errorf("%d", n)
	}
	f.handles.clear()
	holds(t, f, refs[0], "x")
}

// Whatever an index holds, its parts are of a size that a frame may have, and cover
// the body.
func FuzzIndex(f *testing.F) {
	w := &Writer{}
	f.Add(w.index)
	f.Add(append([]byte{0x80, 0x80, 0xc0, 0x00, 0x80, 0x01, 0x40}, make([]byte, nonceLen)...))
	f.Add(append(binary.AppendUvarint(nil, maxPlain+1), bytes.Repeat([]byte{100}, 2*(2+nonceLen))...))
	f.Fuzz(func(t *testing.T, p []byte) {
		size, parts, err := readIndex(p)
		if err != nil {
			return
		}
		if n := int64(len(parts)); size < 0 || size > n*maxPlain || size <= (n-1)*maxPlain {
			t.Errorf("%d bytes in %d parts", size, n)
		}
		for _, one := range parts {
			if one.length < 0 || one.length > maxFrameLen || one.offset < 0 {
				t.Errorf("%+v", one)
			}
		}
	})
}
