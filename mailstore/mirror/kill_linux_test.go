package mirror_test

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore/mailstoretest/corpus"
)

// A mirror that is killed at any moment of a first pull or of changes goes on where it
// was: what was stored is not fetched again, nothing is lost or doubled, and the store
// verifies.
func TestKilled(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	for _, name := range []string{"ten", "ten more"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killed(t, 10, 400)
		})
	}
}

func TestLongKilled(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	killed(t, 100, 1000)
}

// killed kills so many times: five times in a row in a first pull, and then in changes.
func killed(t *testing.T, kills, messages int) {
	o := newOffice(t, corpus.Options{Count: messages, Seed: 2, Now: time.Now(), Small: true})
	began := time.Now()
	o.once()
	pull := time.Since(began)
	for done, round := 0, 0; done < kills; round++ {
		if round%2 == 0 {
			o.newStore()
		} else {
			o.change(round)
		}
		for range 5 {
			o.kill(time.Duration(rand.Float64() * float64(pull)))
			done++
		}
		before := 0
		if d := o.peek(); d != nil {
			before = d.places()
			_ = d.store.Close()
		}
		out := o.once()
		if round%2 == 0 {
			d := o.desk()
			if after := d.places(); out.Fetched != after-before {
				t.Errorf("%d of %d were here, and %d were fetched", before, after, out.Fetched)
			}
			_ = d.store.Close()
		}
		o.same()
		if out := o.once(); out.Fetched != 0 || out.Changes.Changed+out.Changes.Gone+out.Changes.Moved+out.Changes.Arrived != 0 {
			t.Errorf("again: %+v", out)
		}
	}
}

// kill starts a mirror and kills it after a while, if it still runs then.
func (o *office) kill(after time.Duration) {
	o.t.Helper()
	cmd := o.child(o.t.Context())
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	_ = cmd.Wait()
}

// peek opens the store if a killed child had come so far as to make it.
func (o *office) peek() *desk {
	if _, err := os.Stat(o.order.Dir + "/index.db"); err != nil {
		return nil
	}
	d, err := o.openDesk()
	if err != nil {
		o.t.Fatal(err)
	}
	if d.account.ID == 0 {
		_ = d.store.Close()
		return nil
	}
	return d
}
