package deliver_test

import (
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
)

// What keeps mail waiting is told once, and not at each message.
func TestStandings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.o.Retry.First, w.o.Retry.Most = time.Hour, time.Hour
	p := startProvider(t, func(p *provider) { p.script = once("connect", "554 5.3.2 closed for today", 1) })
	w.p[failover.Primary] = p
	for range 20 {
		w.send(anna, boss)
	}
	w.start()
	w.await("the refusal", func() bool { return len(w.d.Standings()) == 1 })
	w.await("all to wait for it", func() bool { s := w.d.Standings(); return len(s) == 1 && s[0].Waiting == 20 })
	s := w.d.Standings()[0]
	if s.Host != "127.0.0.1" || s.Login != "" || s.Role != failover.Primary || !strings.Contains(s.Why.String(), "closed for today") || !s.Next.After(s.Since) {
		t.Errorf("%+v", s)
	}
	w.clock.move(2*time.Hour, 2*time.Hour)
	w.d.Poke()
	w.awaitEmpty()
	if s := w.d.Standings(); len(s) != 0 {
		t.Errorf("still %+v", s)
	}
}
