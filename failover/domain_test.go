package failover_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"lifeboat/failover"
)

func exampleDomain() failover.Domain {
	return failover.Domain{
		Name:      "example.test.",
		Primary:   failover.Provider{Role: failover.Primary, MX: []failover.MX{{10, "p1.test."}, {20, "P2.test"}}},
		Secondary: failover.Provider{Role: failover.Secondary, MX: []failover.MX{{10, "s1.test."}}},
	}
}

func TestRouteOf(t *testing.T) {
	for _, c := range []struct {
		values []string
		want   failover.Route
	}{
		{nil, failover.RouteNone},
		{[]string{"10 p1.test.", "20 p2.test."}, failover.RoutePrimary},
		{[]string{"99 p2.test."}, failover.RoutePrimary},
		{[]string{"10 s1.test."}, failover.RouteSecondary},
		{[]string{"10 p1.test.", "10 s1.test."}, failover.RouteMixed},
		{[]string{"10 p1.test.", "99 s1.test."}, failover.RouteMixed},
		{[]string{"10 p1.test.", "20 elsewhere.test."}, failover.RouteForeign},
		{[]string{"10 p1.test.", "10 s1.test.", "20 elsewhere.test."}, failover.RouteForeign},
		{[]string{"0 ."}, failover.RouteForeign}, // no mail at all, RFC 7505
	} {
		if got := exampleDomain().RouteOf(failover.NewRRset("example.test", "MX", 300, c.values...)); got != c.want {
			t.Errorf("%q: %s, want %s", c.values, got, c.want)
		}
	}
}

// The route is a matter of hosts alone: neither preference nor order nor TTL.
func TestRouteOfGoesByHosts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hosts := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"p1.test.", "p2.test.", "s1.test.", "x.test."}), rapid.ID).Draw(t, "hosts")
		var values, plain []string
		for i, h := range hosts {
			values = append(values, fmt.Sprintf("%d %s", rapid.Uint16().Draw(t, "preference"), h))
			plain = append(plain, fmt.Sprintf("%d %s", i, h))
		}
		a := exampleDomain().RouteOf(failover.NewRRset("example.test", "MX", rapid.Uint32().Draw(t, "ttl"), values...))
		b := exampleDomain().RouteOf(failover.NewRRset("example.test", "MX", 300, plain...))
		if a != b {
			t.Fatalf("%v is %s, %v is %s", values, a, plain, b)
		}
	})
}

func TestRoles(t *testing.T) {
	d := exampleDomain()
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		if d.Provider(r).Role != r || r.Other() == r || r.Other().Other() != r {
			t.Errorf("%s: provider %s, other %s", r, d.Provider(r).Role, r.Other())
		}
	}
	for kind, want := range map[failover.Kind]failover.Role{
		failover.Failover: failover.Secondary, failover.Failback: failover.Primary, failover.Prepare: failover.Secondary,
	} {
		if kind.Target() != want {
			t.Errorf("%s leads to %s", kind, kind.Target())
		}
	}
}
