package hosttest

import (
	"slices"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

func testCapabilities(t *testing.T, f *fixture) {
	if got := f.host.Capabilities(); got != f.Capabilities {
		t.Errorf("the host declares %+v, not %+v", got, f.Capabilities)
	}
}

func testZone(t *testing.T, f *fixture) {
	for _, name := range []string{
		f.Zone, "backup." + f.Zone, "no.such.name." + f.Zone, "autodiscover." + f.Zone,
		strings.ToUpper(strings.TrimSuffix(f.Zone, ".")), f.lockKey().Name,
	} {
		if zone, err := f.host.Zone(t.Context(), name); err != nil || zone != f.Zone {
			t.Errorf("the zone of %s is %q, %v", name, zone, err)
		}
	}
	_, err := f.host.Zone(t.Context(), f.Foreign)
	f.refused(t, "a zone that is not ours", err, failover.ErrZone)
	f.untouched(t)
}

func testRead(t *testing.T, f *fixture) {
	want := append(Records(f.Zone), none(f.backup().Key), none(f.selector().Key), none(failover.Key{Name: "a.b." + f.Zone, Type: "TXT"}))
	want = slices.DeleteFunc(want, func(s failover.RRset) bool { return !slices.Contains([]string{"MX", "TXT", "CNAME"}, s.Type) })
	keys := make([]failover.Key, len(want))
	for i, s := range want {
		keys[i] = s.Key
	}
	f.quiet(t, "reading", func() {
		got, err := f.host.Read(t.Context(), f.Zone, keys)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d keys read as %d sets: %v", len(keys), len(got), err)
		}
		for i := range want {
			if !got[i].Equal(want[i]) {
				t.Errorf("read  %v\nis in truth %v", got[i], want[i])
			}
		}
	})
	if got, err := f.host.Read(t.Context(), f.Zone, nil); err != nil || len(got) != 0 {
		t.Errorf("reading nothing gives %v, %v", got, err)
	}
}

func testSwitch(t *testing.T, f *fixture) {
	f.change(t, f.primary(), f.secondary())
	f.holds(t, f.secondary())
	if got := f.read(t, f.host, f.primary().Key); !got.Equal(f.secondary()) {
		t.Errorf("after the switch the host reads %v", got)
	}
	f.change(t, f.secondary(), f.primary())
	f.untouched(t)
	// Another preference alone, and a record that stays.
	mixed := f.record("", "MX", "30 mx1.primary.example.", "20 mx2.primary.example.")
	f.change(t, f.primary(), mixed)
	f.holds(t, mixed)
}

func testAgain(t *testing.T, f *fixture) {
	f.change(t, f.primary(), f.secondary())
	f.quiet(t, "switching again", func() { f.change(t, f.primary(), f.secondary()) })
	f.quiet(t, "a change to what is there", func() { f.change(t, f.secondary(), f.secondary()) })
	f.quiet(t, "removing what is not there", func() { f.change(t, f.backup(), none(f.backup().Key)) })
	f.holds(t, f.secondary())
}

func testCreate(t *testing.T, f *fixture) {
	for _, set := range []failover.RRset{f.backup(), f.selector()} {
		f.change(t, none(set.Key), set)
		f.holds(t, set)
		f.change(t, set, none(set.Key))
		f.untouched(t)
	}
}

func testTTL(t *testing.T, f *fixture) {
	faster := f.primary()
	faster.TTL = 120
	f.change(t, f.primary(), faster)
	f.holds(t, faster)
	f.quiet(t, "the same TTL again", func() { f.change(t, f.primary(), faster) })
	// Records and TTL at once.
	slower := f.secondary()
	slower.TTL = 3600
	f.change(t, faster, slower)
	f.holds(t, slower)
}

// testSPF changes one string of the apex's TXT set, which is a swap of the whole
// set: the other strings must come out as they went in.
func testSPF(t *testing.T, f *fixture) {
	key := failover.Key{Name: f.Zone, Type: "TXT"}
	before := f.read(t, f.host, key)
	if len(before.Values) < 4 {
		t.Fatalf("the TXT set is %v", before)
	}
	old := dnswire.TXT("v=spf1 include:spf.primary.example -all")
	values := slices.DeleteFunc(slices.Clone(before.Values), func(v string) bool { return v == old })
	values = append(values, dnswire.TXT("v=spf1 include:spf.primary.example include:spf.secondary.example -all"))
	after := failover.NewRRset(key.Name, key.Type, TTL, values...)
	f.change(t, before, after)
	f.holds(t, after)
	f.change(t, after, before)
	f.untouched(t)
}

func testCNAME(t *testing.T, f *fixture) {
	name := failover.Key{Name: "p1._domainkey." + f.Zone, Type: "CNAME"}
	before := f.read(t, f.host, name)
	after := failover.NewRRset(name.Name, name.Type, TTL, "p1.dkim.secondary.example.")
	f.change(t, before, after)
	f.holds(t, after)
}

func testStale(t *testing.T, f *fixture) {
	try := func(what string, live, before, after failover.RRset, parts ...string) {
		t.Helper()
		f.Put(t, live)
		f.start = f.Snapshot(t)
		f.quiet(t, what, func() {
			err := f.apply(t.Context(), t, f.host, dnshost.Change{Before: before, After: after})
			f.refused(t, what, err, failover.ErrStale, parts...)
		})
		f.untouched(t)
	}
	third := f.record("", "MX", "10 mx1.primary.example.", "15 third.example.")
	more := f.record("", "MX", append(f.primary().Values, "15 third.example.")...)
	slower := f.primary()
	slower.TTL = 600
	try("another record", third, f.primary(), f.secondary(), "15 third.example.")
	try("a record more", more, f.primary(), f.secondary(), "15 third.example.")
	try("a record less", f.record("", "MX", f.primary().Values[0]), f.primary(), f.secondary())
	try("another TTL", slower, f.primary(), f.secondary(), "600")
	try("a set that is gone", none(f.backup().Key), f.backup(), f.record("backup", "MX", "10 other.example."))
	try("a set that has appeared", f.record("backup", "MX", "10 other.example."), none(f.backup().Key), f.backup(), "other.example.")
}

func testForeign(t *testing.T, f *fixture) {
	foreign := failover.NewRRset(f.Foreign, "MX", TTL, "10 in1.secondary.example.")
	f.quiet(t, "a name in another zone", func() {
		err := f.apply(t.Context(), t, f.host, dnshost.Change{Before: none(foreign.Key), After: foreign})
		f.refused(t, "changing a name in another zone", err, failover.ErrZone)
		_, err = f.host.Read(t.Context(), f.Zone, []failover.Key{foreign.Key})
		f.refused(t, "reading a name in another zone", err, failover.ErrZone)
		zone := strings.Join(strings.Split(f.Foreign, ".")[1:], ".")
		_, err = f.host.Read(t.Context(), zone, []failover.Key{foreign.Key})
		f.refused(t, "reading a zone that is not ours", err, failover.ErrZone)
		err = f.apply(t.Context(), t, f.host, dnshost.Change{Before: f.primary(), After: f.backup()})
		f.refused(t, "exchanging one name for another", err, failover.ErrInvalid)
	})
	f.untouched(t)
}
