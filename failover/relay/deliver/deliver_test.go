package deliver_test

import (
	"slices"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

func TestDelivers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := startProvider(t, nil)
	w.p[failover.Primary] = p
	i := w.send(anna, boss, "two@customer.test")
	w.start()
	w.awaitEmpty()
	got := p.messages()
	if len(got) != 1 || got[0].from != anna || !slices.Equal(got[0].to, []string{boss, "two@customer.test"}) || got[0].text != letter || got[0].by != "DATA" {
		t.Fatalf("the provider got %+v", got)
	}
	if kinds := w.q.kinds(i.ID); !slices.Equal(kinds, []relay.EventKind{relay.Submitted, relay.Attempt, relay.Handing, relay.Sent}) {
		t.Errorf("events: %v", kinds)
	}
	sent := w.q.of(relay.Sent)[0]
	if sent.Answer != "250 2.0.0 queued as 1" || sent.Code != 250 || sent.Role != failover.Primary || sent.Try != 1 || len(sent.To) != 2 {
		t.Errorf("delivered: %+v", sent)
	}
	// What comes later takes the same connection.
	w.send(anna, boss)
	w.awaitEmpty()
	if all, _ := p.connections(); all != 1 {
		t.Errorf("%d connections for two messages", all)
	}
}
