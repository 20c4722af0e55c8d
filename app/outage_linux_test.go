package main_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
)

var resolvConf = servers.Namespace{ResolvConf: "nameserver 127.0.0.53\noptions timeout:1\n"}

// TestOutage is the main job, with real servers: while somebody outside writes
// all the time, the primary stops and then resets connections; the admin switches;
// the queue outside drains into the secondary; the primary recovers and the admin
// switches back. Every message is in exactly one mailbox, and none bounced. (So the
// primary stops between two messages: of one that is cut off while the primary says that
// it has it, SMTP itself may make two.)
func TestOutage(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	w := newWorld(t, worldPlan{})
	others := w.ns[0].Others(t, zoneName, "example.test. MX")
	stop := w.stream(100*time.Millisecond, 3000)
	w.await("mail at the primary", func() bool { return len(w.held(w.primary)) >= 5 })

	closed := w.primary.mx.Retire(t)
	w.primary.mx.Stop(t)
	w.primary.store.Stop(t)
	closed()
	w.await("mail that waits outside", func() bool { return len(w.outside.Queue(t)) >= 5 })
	mended := servers.Firewall(t, servers.Block{Host: primaryMX, Port: 25, Reset: true})

	if got := w.lifeboat("failover", "--yes"); got.status != 0 {
		t.Fatal("the switch failed")
	}
	for i := range w.ns {
		if got := w.served(i); !slices.Equal(got, []string{"10 mx.secondary.test."}) {
			t.Errorf("ns%d gives %v", i+1, got)
		}
	}
	before := len(w.held(w.secondary))
	w.await("what waited to be at the secondary", func() bool { return len(w.held(w.secondary)) > before+10 })
	if got := w.lifeboat("failover", "--yes"); got.status != 0 || !contains(got.out, "Nothing to do") {
		t.Error("a second failover finds something to do")
	}
	if got := w.lifeboat("failback", "--yes"); got.status != 1 {
		t.Error("failback is not refused while the primary is down")
	}

	mended()
	w.primary.store.Start(t)
	w.primary.mx.Start(t)
	if got := w.lifeboat("failback", "--yes"); got.status != 0 {
		t.Fatal("the way back failed")
	}
	home := len(w.held(w.primary))
	w.await("mail at the primary again", func() bool { return len(w.held(w.primary)) > home+5 })
	ids := stop()
	w.drained()
	w.accountFor(ids)
	if now := w.ns[0].Others(t, zoneName, "example.test. MX"); !slices.Equal(others, now) {
		t.Errorf("other records were touched:\n%v\n%v", others, now)
	}
	w.lifeboat("status")
}

// accountFor holds every message sent against the mailboxes and the log outside.
func (w *world) accountFor(ids []string) {
	w.t.Helper()
	primary, secondary := w.held(w.primary), w.held(w.secondary)
	for _, id := range ids {
		if n := primary[id] + secondary[id]; n != 1 {
			w.t.Errorf("message %s is in %d mailboxes", id, n)
		}
	}
	bounced := 0
	for _, f := range w.outside.Fates(w.t) {
		if f.Status == "bounced" || f.Status == "expired" {
			bounced++
		}
	}
	if bounced > 0 {
		w.t.Errorf("%d messages bounced", bounced)
	}
	if len(secondary) == 0 || len(primary) == 0 {
		w.t.Errorf("the primary holds %d, the secondary %d", len(primary), len(secondary))
	}
	w.t.Logf("sent %d, at the primary %d, at the secondary %d, bounced %d", len(ids), len(primary), len(secondary), bounced)
}

func (w *world) await(what string, is func() bool) {
	w.t.Helper()
	servers.Await(w.t, what, func(context.Context) error {
		if !is() {
			return fmt.Errorf("not yet")
		}
		return nil
	})
}
