package relay_test

import (
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	item := relay.Item{
		ID: "01J8QZ0M4K7V2N3P", State: relay.Waiting, Envelope: relay.Envelope{From: "Anna@Example.test", To: []string{"boss@customer.test"}},
		To: []relay.Recipient{{Address: "boss@customer.test"}},
	}
	for _, c := range []struct {
		f    relay.Filter
		want bool
	}{
		{relay.Filter{}, true},
		{relay.Filter{State: relay.Waiting}, true},
		{relay.Filter{State: relay.Held}, false},
		{relay.Filter{Role: failover.Primary}, true},
		{relay.Filter{Role: failover.Secondary}, false},
		{relay.Filter{Domain: "EXAMPLE.TEST"}, true},
		{relay.Filter{Domain: "ample.test"}, false},
		{relay.Filter{Address: "anna@"}, true},
		{relay.Filter{Address: "CUSTOMER"}, true},
		{relay.Filter{Address: "eve"}, false},
		{relay.Filter{IDs: []relay.ID{"01J8"}}, true},
		{relay.Filter{IDs: []relay.ID{"x", "2ij8qzo"}}, false},
		{relay.Filter{IDs: []relay.ID{"x", "olj8-qzo"}}, true},
		{relay.Filter{IDs: []relay.ID{"", "02"}}, false},
		{relay.Filter{IDs: []relay.ID{"01J8QZ0M4K7V2N3P"}, State: relay.Held}, false},
	} {
		if got := c.f.Match(item, failover.Primary); got != c.want {
			t.Errorf("%+v: %v", c.f, got)
		}
	}
	report := relay.Item{Envelope: relay.Envelope{As: "bert@example.test", Report: true}}
	if f := (relay.Filter{Domain: "example.test", Address: "bert"}); !f.Match(report, failover.Primary) {
		t.Error("a report does not belong to its reader")
	}
}

type fixed failover.Role

func (f fixed) Route(string) failover.Role { return failover.Role(f) }
func (fixed) Changed() <-chan struct{}     { return nil }

func TestRoleOf(t *testing.T) {
	t.Parallel()
	routes := fixed(failover.Secondary)
	if got := relay.RoleOf(routes, relay.Item{}); got != failover.Secondary {
		t.Errorf("by the route: %s", got)
	}
	if got := relay.RoleOf(routes, relay.Item{Via: failover.Primary}); got != failover.Primary {
		t.Errorf("by a person's choice: %s", got)
	}
}
