package engine_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/lab"
	"lifeboat/failover/relay"
)

// The machine's clock steps back and forth while mail waits, and while Lifeboat is started
// again: nothing is lost, sent twice, or put in another order, and nothing waits for the
// clock to come back.
func TestClockStepsBackWhileMailWaits(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	p := newPost(t, false, func(o *engine.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	anna, ben := p.staff()
	p.user(anna)
	hand := func(subject string) {
		t.Helper()
		if err := p.submit(anna, ben, subject); err != nil {
			t.Fatal(err)
		}
	}
	stop := p.serve(engine.ServeRequest{NoWatch: true, NoMirror: true})
	hand("before")
	p.arrives(failover.Primary, ben, "before")
	if err := p.world.Break(failover.Primary, lab.Reset); err != nil {
		t.Fatal(err)
	}
	hand("first")
	d := p.desk(p.face())
	p.await("a try in vain", func() bool {
		l := p.queue(d)
		return len(l.Messages) == 1 && l.Messages[0].Tries > 0
	})
	ahead.Store(int64(-3 * time.Hour))
	hand("second")
	stop()
	ahead.Store(int64(-30 * 24 * time.Hour))
	stop = p.serve(engine.ServeRequest{NoWatch: true, NoMirror: true})
	hand("third")
	ahead.Store(int64(2 * time.Hour))
	hand("fourth")
	want := []string{"first", "second", "third", "fourth"}
	var subjects []string
	var ids []relay.ID
	for _, m := range p.queue(p.desk(p.face())).Messages {
		subjects, ids = append(subjects, m.Subject), append(ids, m.ID)
	}
	if !slices.Equal(subjects, want) || !slices.IsSorted(ids) {
		t.Errorf("the queue has %v, %v", subjects, ids)
	}
	ahead.Store(int64(-3 * time.Hour))
	p.world.Mend(failover.Primary)
	for _, s := range want {
		p.arrives(failover.Primary, ben, s)
	}
	stop()
	got := p.subjects(failover.Primary, ben)
	for _, s := range append(want, "before") {
		if got[s] != 1 {
			t.Errorf("%s arrived %d times", s, got[s])
		}
	}
	events, err := p.desk(p.face()).Log(t.Context(), relay.LogQuery{Kinds: []relay.EventKind{relay.Submitted, relay.Sent, relay.SentAgain, relay.Expiry, relay.Warning}})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[relay.EventKind]int{}
	for _, e := range events {
		kinds[e.Kind]++
	}
	if kinds[relay.Submitted] != 5 || kinds[relay.Sent] != 5 || kinds[relay.SentAgain]+kinds[relay.Expiry]+kinds[relay.Warning] != 0 {
		t.Errorf("the log tells of %v", kinds)
	}
}
