package main_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay"
)

// killServing kills lifeboat serve at random moments while staff write and mail leaves
// for a real provider. What was accepted is delivered; what is there twice was said to be
// sent again, after its reply was lost.
func killServing(t *testing.T, kills int) {
	w := newRelayWorld(t, relayPlan{relay: "  connections: 6\n"})
	w.user(anna)
	w.user(ben)
	w.serve("--no-mirror", "--no-watch")
	people := w.writers(6, 1_000_000, 2*time.Millisecond)
	for n := range kills {
		enough := people.taken() + 1 + rand.IntN(40)
		w.await("mail to be taken in", func() bool { return people.taken() >= enough })
		// A moment within the work of a message, which takes some milliseconds here.
		<-time.After(time.Duration(rand.Int64N(int64(10 * time.Millisecond))))
		w.kill()
		if n%4 == 3 { // the queue is whole for those who look while nobody serves
			w.queue()
		}
		w.serve("--no-mirror", "--no-watch")
	}
	accepted := people.end()
	w.awaitEmpty()
	again := map[relay.ID]int{}
	for _, e := range w.log("--kind", "again") {
		again[e.ID]++
	}
	id := map[string]relay.ID{}
	for _, e := range w.log("--kind", "submitted") {
		id[e.MessageID] = e.ID
	}
	got, doubled := w.at(w.primary), 0
	for _, m := range accepted {
		if got[m] == 0 {
			t.Errorf("%s was accepted and is lost", m)
		}
	}
	for m, n := range got {
		if n > 1+again[id[m]] {
			t.Errorf("%s arrived %d times, and was said to be sent again %d times", m, n, again[id[m]])
		}
		if n > 1 {
			doubled++
		}
	}
	if len(w.at(w.secondary)) > 0 {
		t.Error("mail went to the secondary")
	}
	t.Logf("%d kills; %d accepted, %d cut off, %d arrived, %d of them twice, %d sent again", kills, len(accepted), len(people.unsure), len(got), doubled, len(again))
	if s := w.try("relay", "log", "--kind", "found"); s.status != 0 || strings.Contains(s.out, "damaged") {
		t.Errorf("after the kills something is damaged: %v", s)
	}
}

func TestServingIsKilled(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	killServing(t, 8)
}

func TestLongServingIsKilled(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	killServing(t, 100)
}

// TestServingOnAFullDisk: without room the relay puts new mail off and says so; it loses
// nothing of what it has, sends on, and takes mail again when there is room.
func TestServingOnAFullDisk(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	disk := servers.SmallDisk(t, "24m")
	w := newRelayWorld(t, relayPlan{data: disk})
	w.user(anna)
	open := servers.Firewall(t, servers.Block{Host: primaryMX, Port: 587, Reset: true})
	w.serve("--no-mirror", "--no-watch")
	var accepted []string
	var refusal error
	m, err := w.signIn(anna)
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Repeat("Random it is not, but long.\r\n", 20_000) // about 600 KB
	for n := 0; refusal == nil && n < 100; n++ {
		id := fmt.Sprintf("full%d@example.test", n)
		if refusal = m.send(boss, note(id, anna, boss, body)); refusal == nil {
			accepted = append(accepted, id)
		}
	}
	_ = m.Close()
	if refusal == nil || !strings.HasPrefix(refusal.Error(), "45") || len(accepted) == 0 {
		t.Fatalf("%d accepted, then: %v", len(accepted), refusal)
	}
	t.Logf("%d accepted, then: %v", len(accepted), refusal)
	if q := w.queue(); q.Total != len(accepted) {
		t.Errorf("%d are in the queue, of %d", q.Total, len(accepted))
	}
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 32<<20), 0o600); !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk does not fill up: %v", err)
	}
	open()
	if s := w.try("relay", "queue"); s.status != 0 {
		t.Errorf("on a full disk the queue cannot be looked at: %v", s)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	w.awaitEmpty()
	got := w.at(w.primary)
	again := len(w.log("--kind", "again"))
	for _, id := range accepted {
		if got[id] == 0 || got[id] > 1 && again == 0 {
			t.Errorf("%s arrived %d times", id, got[id])
		}
	}
	w.await("mail to be taken again", func() bool {
		m, err := w.signIn(anna)
		if err == nil {
			err = errors.Join(m.send(boss, note("room@example.test", anna, boss, "Room.")), m.Close())
		}
		return err == nil
	})
	w.awaitEmpty()
	w.stop()
}
