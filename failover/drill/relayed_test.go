package drill

import (
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

func TestPileUpIsTheHighestOfBothSidesTogether(t *testing.T) {
	start := time.Date(2026, 11, 19, 10, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	most, longest := PileUp([]relay.Sample{
		{At: at(0), Domain: "example.test", Role: failover.Primary},
		{At: at(10), Domain: "example.test", Role: failover.Primary, Waiting: 4, Uncertain: 1, Oldest: at(3)},
		{At: at(10), Domain: "example.test", Role: failover.Secondary, Waiting: 2, Oldest: at(9)},
		{At: at(12), Domain: "sales.example.test", Role: failover.Secondary, Held: 3, Oldest: at(1)},
		{At: at(20), Domain: "example.test", Role: failover.Primary, Waiting: 1, Oldest: at(19)},
		{At: at(30), Domain: "example.test", Role: failover.Primary, Waiting: 9, Oldest: at(29)}, // led over from the secondary
		{At: at(30), Domain: "example.test", Role: failover.Secondary},
	})
	if most != 12 || longest != 11*time.Second {
		t.Errorf("%d waited at once, the longest for %v", most, longest)
	}
	if most, longest := PileUp(nil); most != 0 || longest != 0 {
		t.Errorf("of nothing: %d, %v", most, longest)
	}
}

// The send route's own account must add up, and nothing may be left in it.
func TestSendRouteMustAccountForAll(t *testing.T) {
	for _, c := range []struct {
		name string
		sent *Relayed
		ok   bool
		says string
	}{
		{"all out", &Relayed{Accepted: 7, Primary: 2, Secondary: 4, Bounced: 1}, true, "accounts for all 7 messages that staff handed in: 2 went out through Harbormail, 4 through Lighthouse, 1 went back."},
		{"one waits", &Relayed{Accepted: 7, Primary: 2, Secondary: 4, Waiting: 1}, false, "and 1 wait."},
		{"one is missing", &Relayed{Accepted: 7, Primary: 2, Secondary: 4}, false, "The send route took 7 messages"},
		{"one too many", &Relayed{Accepted: 7, Primary: 4, Secondary: 4}, false, "The send route took 7 messages"},
		{"it stopped", &Relayed{Problem: failover.Say("no room")}, false, "The send route stopped: no room"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := record{primary: "Harbormail", secondary: "Lighthouse", sent: c.sent}
			got := r.relayCheck()
			if len(got) != 1 || got[0].OK != c.ok || !strings.Contains(got[0].Say.String(), c.says) {
				t.Errorf("%+v", got)
			}
		})
	}
	if got := (&record{}).relayCheck(); got != nil {
		t.Errorf("a drill without a send route is held to it: %+v", got)
	}
}
