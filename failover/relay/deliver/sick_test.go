package deliver_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// A provider that is down is asked by one connection now and then, and when it is back
// all goes at once.
func TestOneProbe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.o.Retry.First, w.o.Retry.Most = 600*time.Millisecond, time.Hour
	p := startProvider(t, func(p *provider) { p.script = func(*session, string, string) string { return "reset" } })
	w.p[failover.Primary] = p
	for range 300 {
		w.send(anna, boss)
	}
	w.start()
	w.await("five tries", func() bool { all, _ := p.connections(); return all >= 5 })
	if n := len(w.q.of(relay.Deferred)); n > 8 {
		t.Errorf("%d messages were tried in vain", n)
	}
	if _, most := p.connections(); most > 2 {
		t.Errorf("%d connections at once", most)
	}
	p.setScript(nil)
	w.awaitEmpty()
	if n := len(p.messages()); n != 300 {
		t.Errorf("%d messages", n)
	}
}

// A provider that takes connections and puts everything off is not pestered either.
func TestSickProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.o.Retry.First, w.o.Retry.Most = 600*time.Millisecond, time.Hour
	var mu sync.Mutex
	tries := 0
	p := startProvider(t, func(p *provider) {
		p.script = func(_ *session, verb, _ string) string {
			if verb != "RCPT" {
				return ""
			}
			mu.Lock()
			defer mu.Unlock()
			tries++
			return "451 4.3.2 The server is not accepting messages"
		}
	})
	w.p[failover.Primary] = p
	for range 500 {
		w.send(anna, boss)
	}
	w.start()
	w.await("tries", func() bool { mu.Lock(); defer mu.Unlock(); return tries >= 18 })
	mu.Lock()
	if tries > 150 {
		t.Errorf("%d tries", tries)
	}
	mu.Unlock()
	p.setScript(nil)
	w.awaitEmpty()
	if n := len(p.messages()); n != 500 {
		t.Errorf("%d messages", n)
	}
}

// A disk that fails loses nothing and doubles nothing.
func TestQueueThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := startProvider(t, nil)
	w.p[failover.Primary] = p
	n := 0
	w.q.fail = func(bool) error {
		if n++; n%4 == 0 {
			return failover.Fail(failover.ErrDisk, "the disk is full")
		}
		return nil
	}
	for range 3 {
		w.send(anna, boss)
	}
	w.start()
	w.awaitEmpty()
	if got := len(p.messages()); got != 3 {
		t.Errorf("%d messages, of 3", got)
	}
}

// A Handing of which nobody knows whether it is on the disk is not followed by the end of
// the data; and as it may be there, the message is in doubt and not begun over and over.
func TestHandingThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := startProvider(t, nil)
	w.p[failover.Primary] = p
	failed := false
	w.q.late = func(i relay.Item) error {
		if i.Handed == "" || failed {
			return nil
		}
		failed = true
		return failover.Fail(failover.ErrDisk, "the disk does not answer")
	}
	i := w.send(anna, boss)
	w.start()
	w.await("doubt", func() bool { return len(w.q.of(relay.Doubtful)) == 1 })
	if n := len(w.q.of(relay.Attempt)); n != 1 || len(p.messages()) != 0 {
		t.Errorf("%d tries, %d at the provider: %v", n, len(p.messages()), w.q.kinds(i.ID))
	}
	w.clock.move(2*time.Hour, 2*time.Hour)
	w.d.Poke()
	w.awaitEmpty()
	if len(p.messages()) != 1 {
		t.Errorf("%d at the provider", len(p.messages()))
	}
}

func TestRunNeedsItsParts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.o.Dialer = nil
	w.o.Queue = w.queue
	d := newDeliverer(w)
	if err := d.Run(t.Context()); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("%v", err)
	}
}
