package deliver_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

type sampler struct {
	mu              sync.Mutex
	samples, tidied int
	roles           []failover.Role
	items           func() []relay.Item
}

func (s *sampler) Sample(_ context.Context, role func(relay.Item) failover.Role) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.samples++
	for _, i := range s.items() {
		s.roles = append(s.roles, role(i))
	}
	return nil
}

func (s *sampler) Tidy(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidied++
	return nil
}

func (s *sampler) counts() (samples, tidied int, last failover.Role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.roles); n > 0 {
		last = s.roles[n-1]
	}
	return s.samples, s.tidied, last
}

// What waits is counted at the start, every minute and at each switch; an idle queue is tidied.
func TestSamplesAndTidying(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &sampler{items: w.q.all}
	w.o.Sampler = s
	w.p[failover.Primary], w.p[failover.Secondary] = startProvider(t, nil), startProvider(t, nil)
	w.send(anna, boss)
	act(t, w, relay.Act{Kind: relay.ActHold})
	w.start()
	w.await("the first", func() bool { n, _, last := s.counts(); return n == 1 && last == failover.Primary })
	w.routes.set("example.test", failover.Secondary)
	w.await("that of the switch", func() bool { n, _, last := s.counts(); return n == 2 && last == failover.Secondary })
	w.clock.move(61*time.Second, 0)
	w.d.Poke()
	w.await("the minute's", func() bool { n, _, _ := s.counts(); return n == 3 })
	w.clock.move(-time.Hour, 0) // a clock that steps back does not end it
	w.d.Poke()
	w.await("another", func() bool { n, _, _ := s.counts(); return n == 4 })
	w.send("bert@example.test", boss)
	w.await("Bert's", func() bool { return len(w.q.of(relay.Sent)) == 1 })
	w.await("a tidy queue", func() bool {
		w.clock.move(0, 15*time.Second)
		w.d.Poke()
		_, tidied, _ := s.counts()
		return tidied > 0
	})
}

// A queue that is never idle is tidied too.
func TestTidyingABusyQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &sampler{items: w.q.all}
	w.o.Sampler = s
	w.p[failover.Primary] = startProvider(t, nil)
	w.start()
	for n := 1; ; n++ {
		w.send(anna, boss)
		w.await("a delivery", func() bool { return len(w.q.of(relay.Sent)) == n })
		if _, tidied, _ := s.counts(); tidied > 0 {
			break
		}
		if n == 400 {
			t.Fatal("it was not tidied in half an hour")
		}
		w.clock.move(0, 5*time.Second)
	}
}

// What fills the disk is given back at once, not when there is nothing to do.
func TestTidyingAFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &sampler{items: w.q.all}
	w.o.Sampler = s
	w.q.fail = func(bool) error {
		if _, tidied, _ := s.counts(); tidied == 0 {
			return failover.Fail(failover.ErrDisk, "The disk is full.")
		}
		return nil
	}
	w.p[failover.Primary] = startProvider(t, nil)
	w.send(anna, boss)
	w.start()
	w.awaitEmpty()
}
