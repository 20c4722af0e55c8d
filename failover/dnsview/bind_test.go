package dnsview_test

import (
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/failovertest/fakedns"
	"lifeboat/failover/failovertest/servers"
)

const exampleZone = `$TTL 3600
@    IN SOA ns1 hostmaster 1 3600 600 86400 60
@       NS ns1.example.test.
@       NS ns2.example.test.
@       NS ns3.example.net.
ns1     A 192.0.2.1
ns2     A 192.0.2.2
@   300 MX 10 MX1.Example.NET.
@   300 MX 20 mx2.example.net.
@       TXT "v=spf1 include:_spf.example.net -all"
*.wild 60 MX 5 mx.example.net.
`

// Three real servers of which one has stopped: what the other two give is the
// view, and the third is silent.
func TestBINDWithOneServerStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.test.Delete("ns1.example", "AAAA")
	parent := servers.StartBIND(t, servers.DNSConfig{Name: "parent", Zones: []servers.Zone{{Name: "test.", Text: `$TTL 3600
@ IN SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.10
example NS ns1.example.test.
example NS ns2.example.test.
example NS ns3.example.net.
ns1.example A 192.0.2.1
ns2.example A 192.0.2.2
`}}})
	zones := []servers.Zone{{Name: "example.test.", Text: exampleZone}}
	ns1 := servers.StartBIND(t, servers.DNSConfig{Name: "ns1", Zones: zones})
	ns2 := servers.StartBIND(t, servers.DNSConfig{Name: "ns2", Zones: zones})
	ns3 := servers.StartBIND(t, servers.DNSConfig{Name: "ns3", Zones: zones})
	w.Route(parentNS+":53", parent.Addr)
	w.Route(first+":53", ns1.Addr)
	w.Route(second+":53", ns2.Addr)
	w.Route(third+":53", ns3.Addr)
	w.Serve(resolver, fakedns.Resolver(w.test, w.net, fakedns.NewZone("example.test.",
		"@ NS ns1.example.test.", "@ NS ns2.example.test.", "@ NS ns3.example.net.", "ns1 A "+first, "ns2 A "+second)))

	ns2.Stop(t)
	want := failover.NewRRset("example.test", "MX", 300, "10 mx1.example.net.", "20 mx2.example.net.")
	views, err := w.reader().Look(t.Context(), "example.test", mx,
		failover.Key{Name: "example.test.", Type: "TXT"}, failover.Key{Name: "any.wild.example.test.", Type: "MX"}, failover.Key{Name: "none.example.test.", Type: "MX"})
	if err != nil {
		t.Fatal(err)
	}
	if views[0].Asked() != 3 || views[0].With(want) != 2 {
		t.Fatalf("%d of %d give %v: %+v", views[0].With(want), views[0].Asked(), want, views[0].Answers)
	}
	if m := views[0].Missing(want); m[0].State != failover.Silent || m[0].Server != "ns2.example.test." || m[0].Detail.IsZero() {
		t.Errorf("missing: %+v", m)
	}
	if got := views[1].Distinct(); len(got) != 1 || !strings.Contains(got[0].String(), `"v=spf1 include:_spf.example.net -all"`) {
		t.Errorf("TXT: %v", got)
	}
	if got := views[2].Distinct(); len(got) != 1 || !got[0].Equal(failover.NewRRset("any.wild.example.test", "MX", 60, "5 mx.example.net.")) {
		t.Errorf("a name under a wildcard: %v", got)
	}
	if got := views[3].Distinct(); len(got) != 1 || got[0].Exists() {
		t.Errorf("a name that does not exist: %v", got)
	}

	ns2.Start(t)
	ns3.Pause(t) // it listens and never answers
	views, err = w.reader().Look(t.Context(), "example.test", mx)
	if err != nil {
		t.Fatal(err)
	}
	if m := views[0].Missing(want); len(m) != 1 || m[0].Server != "ns3.example.net." || m[0].State != failover.Silent {
		t.Errorf("missing after ns2 is back and ns3 hangs: %+v", m)
	}
}
