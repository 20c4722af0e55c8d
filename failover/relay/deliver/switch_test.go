package deliver_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// switchAmid sends messages of many senders through a primary with a fault, switches the
// route in the middle, and counts where each arrived.
func switchAmid(t *testing.T, messages int, faults []string) {
	w := newWorld(t)
	w.o.Retry.First, w.o.Retry.Most = time.Hour, time.Hour // only the switch makes them due again
	w.o.Timeouts.Command, w.o.Timeouts.Data, w.o.Timeouts.End = 3*time.Second, 3*time.Second, 5*time.Second
	w.o.Doubt.Wait = 24 * time.Hour
	healthy := messages / 4
	var mu sync.Mutex
	n, broken := 0, map[*session]string{}
	primary := startProvider(t, nil)
	primary.setScript(func(s *session, verb, _ string) string {
		mu.Lock()
		defer mu.Unlock()
		if verb == "end" {
			n++
		}
		if n < healthy {
			return ""
		}
		fault := faults[s.n%len(faults)]
		if broken[s] == "" {
			broken[s] = fault
		}
		at, what, _ := strings.Cut(fault, " ")
		if verb == at {
			return what
		}
		return ""
	})
	w.p[failover.Primary], w.p[failover.Secondary] = primary, startProvider(t, nil)
	for i := range messages {
		add(t, w.queue, relay.Envelope{From: fmt.Sprintf("user%d@example.test", i%20), To: []string{fmt.Sprintf("m%d@customer.test", i)}}, letter)
	}
	w.start()
	w.await("trouble at the primary", func() bool { return len(w.q.of(relay.Deferred))+len(w.q.of(relay.Doubtful)) >= 3 })
	w.routes.set("example.test", failover.Secondary)
	w.await("the rest at the secondary", func() bool {
		return !slices.ContainsFunc(w.q.all(), func(i relay.Item) bool { return i.State != relay.Uncertain })
	})
	// Each is at one of the two, or in doubt, and shown so.
	places := map[string]int{}
	for _, p := range w.p {
		for _, m := range p.messages() {
			for _, to := range m.to {
				places[to]++
			}
		}
	}
	doubtful := map[string]bool{}
	for _, i := range w.q.all() {
		if i.Handed != failover.Primary || i.Why.IsZero() {
			t.Errorf("in doubt, but %+v", i)
		}
		doubtful[i.To[0].Address] = true
	}
	for i := range messages {
		to := fmt.Sprintf("m%d@customer.test", i)
		if got := places[to]; got > 1 || got == 0 && !doubtful[to] {
			t.Errorf("%s arrived %d times, in doubt: %v", to, got, doubtful[to])
		}
	}
	t.Logf("%d at the primary, %d at the secondary, %d in doubt", len(primary.messages()), len(w.p[failover.Secondary].messages()), len(doubtful))
	// By rule they go once more, counted.
	w.clock.move(25*time.Hour, 25*time.Hour)
	w.d.Poke()
	w.awaitEmpty()
	if again := len(w.q.of(relay.SentAgain)); again != len(doubtful) {
		t.Errorf("%d sent again, of %d in doubt", again, len(doubtful))
	}
	if sent := len(w.q.of(relay.Sent)); sent != messages {
		t.Errorf("%d told as delivered, of %d", sent, messages)
	}
	if n := len(w.q.of(relay.Bounce)); n > 0 {
		t.Errorf("%d bounced", n)
	}
}

var outages = [][]string{
	{"connect reset", "MAIL reset"},
	{"RCPT 451 4.3.2 The server is not accepting messages"},
	{"DATA hang", "MAIL hang"},
	{"end hang", "end take and hang"},
	{"MAIL reset", "RCPT 451 4.3.2 not now", "DATA hang", "end hang", "end take and reset", "end reset", "end take and close", "body reset"},
}

func TestSwitchAmidMail(t *testing.T) {
	t.Parallel()
	switchAmid(t, 300, outages[len(outages)-1])
}

func TestLongSwitchAmidMail(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	for _, faults := range outages {
		t.Run(faults[0], func(t *testing.T) { switchAmid(t, 2000, faults) })
	}
}

// A message that fails at the old provider while the route changes had to wait for its
// next try there, and what the same sender handed in after the change went the old way
// until the deliverer was told of it.
func TestRouteMovedDuringATry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.o.Retry.First, w.o.Retry.Most = time.Hour, time.Hour
	primary := startProvider(t, nil)
	w.p[failover.Primary], w.p[failover.Secondary] = primary, startProvider(t, nil)
	begun, refuse := make(chan struct{}, 10), make(chan struct{})
	primary.setScript(func(_ *session, verb, _ string) string {
		if verb != "RCPT" {
			return ""
		}
		begun <- struct{}{}
		select {
		case <-refuse:
		case <-primary.free:
		}
		return "451 4.3.2 The server is not accepting messages"
	})
	w.start()
	w.send(anna, boss)
	<-begun
	w.routes.move("example.test", failover.Secondary)
	close(refuse)
	w.send(anna, "later@customer.test")
	w.awaitEmpty()
	if got := w.p[failover.Secondary].messages(); len(got) != 2 {
		t.Errorf("the secondary has %+v", got)
	}
	if rcpts := strings.Count(primary.commands(), "RCPT"); rcpts != 1 {
		t.Errorf("the old provider was asked for %d recipients", rcpts)
	}
}

// A message that a person sends another way goes there, whatever the route says.
func TestReroute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.p[failover.Primary] = startProvider(t, func(p *provider) {
		p.script = func(_ *session, verb, _ string) string {
			if verb == "connect" {
				return "close"
			}
			return ""
		}
	})
	w.p[failover.Secondary] = startProvider(t, nil)
	i, other := w.send(anna, boss), w.send(anna, "other@customer.test")
	w.start()
	w.await("a try", func() bool { return len(w.q.of(relay.Deferred)) > 0 })
	lines, err := w.d.Act(t.Context(), relay.Act{Kind: relay.ActReroute, Via: failover.Secondary, Of: relay.Filter{IDs: []relay.ID{i.ID}}, By: "eva"})
	if err != nil || len(lines) != 1 || lines[0].Role != failover.Secondary {
		t.Fatalf("%+v, %v", lines, err)
	}
	w.await("it", func() bool { return len(w.p[failover.Secondary].messages()) == 1 })
	if _, there := w.q.Get(other.ID); !there {
		t.Error("the other one went along")
	}
	w.await("its end", func() bool { return len(w.q.of(relay.Sent)) == 1 })
	if e := w.q.of(relay.Sent)[0]; e.ID != i.ID || e.Role != failover.Secondary {
		t.Errorf("%+v", e)
	}
}

// What hangs at the old provider before its end is taken back at once, and follows.
func TestSwitchFreesWhatHangs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.p[failover.Primary] = startProvider(t, func(p *provider) {
		p.script = func(_ *session, verb, _ string) string {
			if verb == "RCPT" {
				return "hang"
			}
			return ""
		}
	})
	w.p[failover.Secondary] = startProvider(t, nil)
	i := w.send(anna, boss)
	w.start()
	w.await("the hang", func() bool { return strings.Contains(w.p[failover.Primary].commands(), "RCPT") })
	w.routes.set("example.test", failover.Secondary)
	w.awaitEmpty()
	if kinds := w.q.kinds(i.ID); slices.Contains(kinds, relay.Doubtful) || len(w.p[failover.Secondary].messages()) != 1 {
		t.Errorf("events: %v", kinds)
	}
}
