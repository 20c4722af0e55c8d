package cloudflare_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/cloudflare"
	"lifeboat/failover/dnshost/cloudflare/cftest"
	"lifeboat/failover/dnswire"
)

// TestManyRecords: sets longer than a page, and results that a filter let through.
func TestManyRecords(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	var values []string
	for i := range 250 {
		values = append(values, dnswire.TXT(fmt.Sprintf("v=%03d", i)))
	}
	many := failover.NewRRset("many."+zone, "TXT", 300, values...)
	z.Put(many)
	z.Put(failover.NewRRset("too.many."+zone, "TXT", 300, values[0]))
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	sets, err := h.Read(t.Context(), zone, []failover.Key{many.Key})
	if err != nil || !sets[0].Equal(many) {
		t.Fatalf("read %d of %d values: %v", len(sets[0].Values), len(values), err)
	}
	// One of them changes; a batch of one.
	after := failover.NewRRset(many.Name, "TXT", 300, append(values[1:], dnswire.TXT("v=new"))...)
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: many, After: after}); err != nil || server.Changes() != 1 {
		t.Errorf("%v, %d changes", err, server.Changes())
	}
}

// TestUnfiltered: a listing that gives more than was asked for is not believed.
func TestUnfiltered(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	server.Unfiltered = true
	before := lines(t, z)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	c := switching()
	if err := h.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	c.Before, c.After = c.After, c.Before
	if err := h.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if now := lines(t, z); strings.Join(now, "\n") != strings.Join(before, "\n") {
		t.Errorf("there and back the zone changed:\n%s\nto\n%s", strings.Join(before, "\n"), strings.Join(now, "\n"))
	}
}

// TestChangesPatchInPlace: records keep their identifiers, comments and automatic
// TTLs; only the surplus comes or goes.
func TestChangesPatchInPlace(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	id := func(content string) (string, string) {
		for _, l := range lines(t, z) {
			data, rest, _ := strings.Cut(l, "\t")
			if strings.HasPrefix(data, zone) && strings.HasSuffix(data, content) {
				id, more, _ := strings.Cut(rest, " ")
				_, more, _ = strings.Cut(more, "ttl=")
				return id, more
			}
		}
		t.Fatalf("no record %s in\n%s", content, strings.Join(lines(t, z), "\n"))
		return "", ""
	}
	one, oneMore := id(" mx1.primary.example.")
	two, twoMore := id(" mx2.primary.example.")
	if oneMore == twoMore {
		t.Fatal("the seeded records do not differ in what is kept beside them")
	}
	c := switching()
	if err := h.Apply(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	newOne, newOneMore := id(" in1.secondary.example.")
	newTwo, newTwoMore := id(" in2.secondary.example.")
	if one != newOne || two != newTwo || oneMore != newOneMore || twoMore != newTwoMore {
		t.Errorf("%s (%s) became %s (%s), %s (%s) became %s (%s)", one, oneMore, newOne, newOneMore, two, twoMore, newTwo, newTwoMore)
	}
	fewer := mxSet("10 in1.secondary.example.")
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: c.After, After: fewer}); err != nil {
		t.Fatal(err)
	}
	if kept, _ := id(" in1.secondary.example."); kept != one {
		t.Error("a record that stays was made anew")
	}
}

// TestOneTextTwice: two records that are one to the DNS, as quoted and unquoted
// content of one text can be.
func TestOneTextTwice(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	before := failover.NewRRset("twice."+zone, "TXT", 300, dnswire.TXT("one text"))
	plain := cftest.Of(before, "one text")
	z.Add(plain)
	z.Add(cftest.Of(before, before.Values[0]))
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	sets, err := h.Read(t.Context(), zone, []failover.Key{before.Key})
	if err != nil || !sets[0].Equal(before) {
		t.Fatalf("it reads %v, %v", sets, err)
	}
	longer := before
	longer.TTL = 600
	other := failover.NewRRset(before.Name, "TXT", 600, dnswire.TXT("another"))
	gone := failover.NewRRset(before.Name, "TXT", 0)
	count := func() int { return strings.Count(strings.Join(lines(t, z), "\n"), "\ntwice.") }
	for i, c := range []dnshost.Change{{Before: before, After: longer}, {Before: longer, After: other}, {Before: other, After: gone}} {
		c.Zone = zone
		if n := count(); n != 2-i/2 {
			t.Errorf("there are %d records before the change to %v", n, c.After)
		}
		if err := h.Apply(t.Context(), c); err != nil {
			t.Fatalf("%v to %v: %v", c.Before, c.After, err)
		}
		if sets, err = h.Read(t.Context(), zone, []failover.Key{before.Key}); err != nil || !sets[0].Equal(c.After) {
			t.Fatalf("after the change to %v it reads %v, %v", c.After, sets, err)
		}
	}
}

// TestProxiedAlias: a CNAME behind the proxy gives no alias to the world, so it is
// not settled, whatever its content.
func TestProxiedAlias(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	want := failover.NewRRset("s1._domainkey."+zone, "CNAME", 300, "s1.dkim.secondary.example.")
	r := cftest.Of(want, want.Values[0])
	r.Proxied = true
	z.Add(r)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: want, After: want}); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(lines(t, z), "\n"); strings.Contains(text, "proxied=true") {
		t.Errorf("it is still behind the proxy:\n%s", text)
	}
}

// TestOvertaken: somebody else changes records between reading and writing, so that
// a record of the batch is gone or there already.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	two := mxSet("10 mx1.primary.example.", "20 mx2.primary.example.")
	for _, c := range []struct {
		name   string
		theirs failover.RRset
		after  failover.RRset
		want   error
	}{
		{"another set", mxSet("10 third.example."), switching().After, failover.ErrStale},
		{"the very set wanted", switching().After, switching().After, nil},
		{"the same set made anew", two, switching().After, failover.ErrStale},
		{"a record added that was to be created", failover.NewRRset("backup."+zone, "MX", 600, "10 in1.secondary.example."),
			failover.NewRRset("backup."+zone, "MX", 300, "10 in1.secondary.example."), failover.ErrStale},
	} {
		server, z := world(t)
		before := two
		if c.after.Key != two.Key {
			before = failover.NewRRset(c.after.Name, "MX", 0)
		}
		server.BeforeBatch = func() { z.Put(c.theirs) }
		h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
		err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: before, After: c.after})
		if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if n := server.Changes(); n != 0 {
			t.Errorf("%s: %d changes were made", c.name, n)
		}
	}
}

func TestWhatCloudflareRefuses(t *testing.T) {
	t.Parallel()
	server, z := world(t)
	z.Put(failover.NewRRset("alias."+zone, "CNAME", 300, "www."+zone))
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	apply := func(after failover.RRset) error {
		return h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: failover.NewRRset(after.Name, after.Type, 0), After: after})
	}
	kind(t, apply(failover.NewRRset("alias."+zone, "MX", 300, "10 a.example.")), failover.ErrInvalid, "CNAME")
	kind(t, apply(failover.NewRRset("www."+zone, "CNAME", 300, "a.example.")), failover.ErrInvalid, "CNAME")
	kind(t, apply(failover.NewRRset("new."+zone, "MX", 29, "10 a.example.")), failover.ErrInvalid, "29")
	kind(t, apply(failover.NewRRset("new."+zone, "MX", 1, "10 a.example.")), failover.ErrInvalid, "60")
	kind(t, apply(failover.NewRRset("new."+zone, "MX", 86401, "10 a.example.")), failover.ErrInvalid, "86401")
	kind(t, apply(failover.NewRRset("new."+zone, "MX", 30, "10 a.example.")), failover.ErrInvalid, "Invalid TTL")
	kind(t, apply(failover.NewRRset("new."+zone, "A", 300, "192.0.2.7")), failover.ErrUnsupported, "A records")
	if n := server.Changes(); n != 0 {
		t.Errorf("%d changes were made", n)
	}
}

func TestNullMX(t *testing.T) {
	t.Parallel()
	server, _ := world(t)
	h := open(t, cloudflare.Options{BaseURL: server.URL}, server.Token(cftest.Edit))
	null := failover.NewRRset("quiet."+zone, "MX", 300, "0 .")
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: failover.NewRRset(null.Name, "MX", 0), After: null}); err != nil {
		t.Fatal(err)
	}
}
