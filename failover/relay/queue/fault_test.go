package queue

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// badFile is a file on a disk that fails when told to.
type badFile struct {
	*os.File
	disk *badDisk
}

type badDisk struct {
	writeErr, syncErr, cutErr atomic.Pointer[error]
	syncs                     atomic.Int32
	gate                      chan struct{} // not nil: a flush waits for it
	entered                   chan struct{}
}

func set(p *atomic.Pointer[error], err error) { p.Store(&err) }

func got(p *atomic.Pointer[error]) error {
	if err := p.Load(); err != nil {
		return *err
	}
	return nil
}

func (f *badFile) WriteAt(b []byte, off int64) (int, error) {
	if err := got(&f.disk.writeErr); err != nil {
		n, _ := f.File.WriteAt(b[:len(b)/2], off)
		return n, err
	}
	return f.File.WriteAt(b, off)
}

func (f *badFile) Sync() error {
	f.disk.syncs.Add(1)
	if f.disk.gate != nil {
		f.disk.entered <- struct{}{}
		<-f.disk.gate
	}
	if err := got(&f.disk.syncErr); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *badFile) Truncate(size int64) error {
	if err := got(&f.disk.cutErr); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func onBadDisk(t *testing.T, o Options) (*Queue, *badDisk) {
	t.Helper()
	d := &badDisk{}
	tune := small()
	tune.wrap = func(f *os.File) file { return &badFile{f, d} }
	return try(t, o, tune), d
}

func commit(q *Queue, body string) (relay.Item, error) {
	m := q.New(envelope("a@example.com"))
	if _, err := io.WriteString(m, body); err != nil {
		m.Abort()
		return relay.Item{}, err
	}
	return m.Commit(context.Background(), relay.Header{})
}

func settle(q *Queue, id relay.ID) error {
	_, err := q.Update(context.Background(), id, true, func(i *relay.Item) ([]relay.Event, error) {
		i.State = relay.Ended
		return []relay.Event{{Kind: relay.Sent}}, nil
	})
	return err
}

// A flush that fails leaves it open what the disk has; nobody is told that anything counts
// any more, until the queue is opened anew.
func TestFailedFlush(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q, d := onBadDisk(t, o)
	first, err := commit(q, "first")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-q.Failed():
		t.Error("it has failed")
	default:
	}
	set(&d.syncErr, syscall.EIO)
	_, err = commit(q, "doubtful")
	fails(t, err, failover.ErrDisk, o.Dir, "start Lifeboat again")
	<-q.Failed()
	fails(t, q.Err(), failover.ErrDisk, "start Lifeboat again")
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("the cause is not told: %v", err)
	}
	set(&d.syncErr, nil)
	for range 2 {
		_, err = commit(q, "more")
		fails(t, err, failover.ErrDisk, "start Lifeboat again")
		fails(t, settle(q, first.ID), failover.ErrDisk, "start Lifeboat again")
		fails(t, q.File(t.Context(), relay.Event{Kind: relay.Refused}), failover.ErrDisk, "start Lifeboat again")
		fails(t, q.Tidy(t.Context()), failover.ErrDisk, "start Lifeboat again")
	}
	if all := ids(q); len(all) != 1 || text(t, q, first.ID) != "first" {
		t.Errorf("%v", all)
	}
	_ = q.Close() // it tells again
	q = try(t, o, small())
	if _, ok := q.Get(first.ID); !ok {
		t.Error("what was accepted is lost")
	}
	accept(t, q, envelope("a@example.com"), "anew")
}

// A write that fails is cut off, and costs nothing but itself.
func TestFailedWrite(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q, d := onBadDisk(t, o)
	first, err := commit(q, "first")
	if err != nil {
		t.Fatal(err)
	}
	set(&d.writeErr, syscall.EIO)
	for _, body := range []string{"second", strings.Repeat("long", 3000)} {
		_, err = commit(q, body)
		fails(t, err, failover.ErrDisk, o.Dir, "cannot be written")
	}
	fails(t, settle(q, first.ID), failover.ErrDisk, "cannot be written")
	set(&d.writeErr, nil)
	if i, ok := q.Get(first.ID); !ok || i.State != relay.Waiting {
		t.Error("it has changed")
	}
	if _, err := commit(q, "third"); err != nil {
		t.Fatal(err)
	}
	// Where it cannot be cut off either, nothing more is written.
	set(&d.writeErr, syscall.EIO)
	set(&d.cutErr, syscall.EIO)
	_, err = commit(q, "fourth")
	fails(t, err, failover.ErrDisk, "start Lifeboat again")
	set(&d.writeErr, nil)
	set(&d.cutErr, nil)
	_, err = commit(q, "fifth")
	fails(t, err, failover.ErrDisk, "start Lifeboat again")
	_ = q.Close()
	_, l := loadAgain(t, o.Dir)
	if len(l.entries) != 2 {
		t.Errorf("%d messages", len(l.entries))
	}
}

// Where events cannot be moved, nothing goes, and the next time all do.
func TestTidyOnBadDisk(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	q, d := onBadDisk(t, o)
	for n := range 60 {
		i, err := commit(q, strings.Repeat("x", 1000))
		if err != nil {
			t.Fatal(err)
		}
		if n%5 > 0 {
			err = settle(q, i.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	check := func(segments int) {
		t.Helper()
		if n := len(events(t, q, relay.LogQuery{Kinds: []relay.EventKind{relay.Submitted, relay.Sent}})); n != 60+48 {
			t.Errorf("%d events", n)
		}
		if n := len(ids(q)); n != 12 {
			t.Errorf("%d messages", n)
		}
		if n := len(q.writer.segments); n > segments {
			t.Errorf("%d segments", n)
		}
	}
	for _, err := range []error{syscall.EIO, syscall.ENOSPC} {
		for range 2 {
			set(&d.writeErr, err)
			fails(t, q.Tidy(t.Context()), failover.ErrDisk, o.Dir)
			set(&d.writeErr, nil)
			check(100)
		}
	}
	if err := q.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(2)
	shut(t, q)
	q = try(t, o, small())
	check(2)
	for i := range q.Items() {
		r, err := q.Body(i.ID)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != i.Size || err != nil {
			t.Error(n, err)
		}
		_ = r.Close()
	}
}

// On a full disk nothing new is accepted, and what becomes of what was accepted is still
// written, in the room kept for that.
func TestReserve(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir()}
	var full atomic.Bool
	tune := small()
	tune.wrap = func(f *os.File) file { return &fullFile{f, &full, o.Dir + "/reserve"} }
	q := try(t, o, tune)
	first, err := commit(q, "first")
	if err != nil {
		t.Fatal(err)
	}
	full.Store(true)
	for _, body := range []string{"short", strings.Repeat("long", 3000)} {
		_, err = commit(q, body)
		fails(t, err, failover.ErrDisk, "The disk is full", o.Dir, "make room")
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("the cause is not told: %v", err)
		}
	}
	if err := settle(q, first.ID); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(q.reservePath()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the reserve was not used: %v", err)
	}
	full.Store(false)
	if _, err := commit(q, "third"); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(q.reservePath()); err != nil || info.Size() != tune.reserve {
		t.Errorf("the reserve is not made again: %v", err)
	}
	shut(t, q)
	if q = try(t, o, small()); len(ids(q)) != 1 {
		t.Error(ids(q))
	}
}

// fullFile has no room as long as the reserve is there.
type fullFile struct {
	*os.File
	full    *atomic.Bool
	reserve string
}

func (f *fullFile) WriteAt(b []byte, off int64) (int, error) {
	if _, err := os.Stat(f.reserve); f.full.Load() && err == nil {
		n, _ := f.File.WriteAt(b[:len(b)/2], off)
		return n, syscall.ENOSPC
	}
	return f.File.WriteAt(b, off)
}

// While the disk works on one flush, others write; the next takes all of them along.
func TestGroupCommit(t *testing.T) {
	t.Parallel()
	q, d := onBadDisk(t, Options{Dir: t.TempDir()})
	q.w.Lock()
	d.gate, d.entered = make(chan struct{}), make(chan struct{})
	q.w.Unlock()
	before := d.syncs.Load()
	const others = 20
	var wg sync.WaitGroup
	send := func() {
		if _, err := commit(q, "x"); err != nil {
			t.Error(err)
		}
	}
	wg.Go(send)
	<-d.entered
	if n := len(ids(q)); n != 0 {
		t.Errorf("%d messages are there before they are durable", n)
	}
	for range others {
		wg.Go(send)
	}
	for count(q) < others+1 { // until all are written
		select {
		case <-t.Context().Done():
			t.Fatal("they do not come")
		default:
		}
	}
	d.gate <- struct{}{}
	<-d.entered
	d.gate <- struct{}{}
	wg.Wait()
	if n := d.syncs.Load() - before; n != 2 {
		t.Errorf("%d flushes for %d messages", n, others+1)
	}
	if n := len(ids(q)); n != others+1 {
		t.Errorf("%d messages", n)
	}
	q.w.Lock()
	d.gate = nil
	q.w.Unlock()
}

// count is how many messages wait for a flush.
func count(q *Queue) int {
	q.w.Lock()
	defer q.w.Unlock()
	return len(q.writer.pending)
}
