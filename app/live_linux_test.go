package main_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover/drill"
	"lifeboat/failover/failovertest/servers"
)

const rehearsed = "lifeboat-drill.example.test."

// A live rehearsal at real name servers: a test subdomain of the zone goes to the
// secondary and home again, a real resolver is seen to hold the old answer and to let
// it go, and no other record of the zone is touched.
func TestLiveRehearsal(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	w := newWorld(t, worldPlan{})
	others := w.ns[0].Others(t, zoneName, "lifeboat-drill.example.test. MX")
	if got := w.lifeboat("drill", "run", "live-rehearsal"); got.status != 2 || !strings.Contains(got.err, "--yes") {
		t.Errorf("nobody was asked: %v", got)
	}
	got := w.lifeboat("drill", "run", "live-rehearsal", "--yes", "--json", "--facilitator", "Sato")
	var r drill.Result
	if err := json.Unmarshal([]byte(got.out), &r); err != nil || got.status != 0 || !r.Passed {
		t.Fatalf("%v: %v", err, got)
	}
	took := func(name drill.MeasureName) time.Duration {
		s, ok := r.Took(name)
		if !ok || s <= 0 {
			t.Errorf("%s was not measured", name)
		}
		return time.Duration(s)
	}
	if ttl := took(drill.MeasureOldTTL); ttl != 5*time.Second {
		t.Errorf("the old TTL is %v", ttl)
	}
	if followed, ttl := took(drill.MeasureFollowed), took(drill.MeasureOldTTL); followed > took(drill.MeasureVerify)+ttl+5*time.Second {
		t.Errorf("the resolver followed after %v", followed)
	}
	took(drill.MeasureSwitch)
	took(drill.MeasureFailback)
	w.untouched(t, others)

	// What a killed one leaves is removed by itself, and only that.
	c := w.command("drill", "run", "live-rehearsal", "--yes")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.await("the test subdomain to lead to the secondary", func() bool {
		now, err := servers.Answers(t.Context(), w.ns[0].Addr, rehearsed, dnsTypeMX)
		return err == nil && slices.Equal(now, []string{"10 mx.secondary.test."})
	})
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	if got := w.lifeboat("failover", "--yes"); got.status != 0 {
		t.Error("a rehearsal that broke off keeps a failover waiting")
	}
	if got := w.lifeboat("failback", "--yes"); got.status != 0 {
		t.Error("the way back failed")
	}
	if got := w.lifeboat("drill", "run", "live-rehearsal", "--clean", "--yes"); got.status != 0 || !strings.Contains(got.out, "Removed: lifeboat-drill.example.test 5 MX 10 mx.secondary.test.") {
		t.Errorf("what it left is not removed: %v", got)
	}
	w.untouched(t, others)

	// Somebody else's records are theirs, although they look the same.
	if got := w.lifeboat("drill", "run", "live-rehearsal", "--name", "sub", "--yes"); got.status != 1 || !strings.Contains(got.err, "sub.example.test MX is there already") {
		t.Errorf("a name that has records is taken: %v", got)
	}
	w.untouched(t, others)
}

// untouched holds the zone to what it was, and the test subdomain to be empty, at every
// name server.
func (w *world) untouched(t *testing.T, others []string) {
	t.Helper()
	if now := w.ns[0].Others(t, zoneName, "lifeboat-drill.example.test. MX"); !slices.Equal(others, now) {
		t.Errorf("other records were touched:\n%v\n%v", others, now)
	}
	w.await("the test subdomain to be empty everywhere", func() bool {
		for _, ns := range w.ns {
			if now, err := servers.Answers(t.Context(), ns.Addr, rehearsed, dnsTypeMX); err != nil || len(now) > 0 {
				return false
			}
		}
		return true
	})
}
