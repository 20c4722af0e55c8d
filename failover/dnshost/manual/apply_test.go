package manual

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
	"lifeboat/failover/failovertest/fakedns"
)

// journey is what a domain is put through at every console: calm preparation, a
// failover, and all of it back.
func journey(ttl uint32) []dnshost.Change {
	emergency := failover.NewRRset("emergency."+zoneName, "MX", ttl, "10 in1.secondary.example.", "20 in2.secondary.example.")
	dkim := failover.NewRRset("s1._domainkey."+zoneName, "CNAME", ttl, "s1.dkim.secondary.example.")
	spf := func(text string) failover.RRset {
		return failover.NewRRset(zoneName, "TXT", ttl, dnswire.TXT(text), dnswire.TXT("site-verification=aB3+/xyz=="))
	}
	primary := mxSet(ttl, "10 mx1.primary.example.", "20 mx2.primary.example.")
	secondary := mxSet(ttl, "10 in1.secondary.example.", "20 in2.secondary.example.", "30 in3.secondary.example.")
	out := []dnshost.Change{
		{After: emergency},
		{Before: spf("v=spf1 include:spf.primary.example -all"), After: spf("v=spf1 include:spf.primary.example include:spf.secondary.example -all")},
		{After: dkim},
		{Before: primary, After: secondary},
	}
	for _, c := range slices.Backward(slices.Clone(out)) {
		out = append(out, dnshost.Change{Before: c.After, After: c.Before})
	}
	for i := range out {
		out[i].Zone = zoneName
		if !out[i].Before.Exists() {
			out[i].Before = failover.NewRRset(out[i].After.Name, out[i].After.Type, 0)
		}
		if !out[i].After.Exists() {
			out[i].After = failover.NewRRset(out[i].Before.Name, out[i].Before.Type, 0)
		}
	}
	return out
}

// Whoever does at a console what the guide says gets exactly the records that were
// planned, and mail is never without a server on the way.
func TestEveryConsole(t *testing.T) {
	t.Parallel()
	for _, id := range Consoles() {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := &clock{}
			h := w.host(t, c, func(o *Options) { o.Console = id })
			caps := h.Capabilities()
			ttl := max(300, caps.MinTTL)
			if caps.OwnTTL {
				ttl = ownTTL
			}
			steps := journey(ttl)
			for _, s := range steps[:4] {
				w.put(s.Before)
			}
			start := w.zone.Text()
			for _, s := range steps {
				person := &typist{t: t, console: h.console, zone: w.zone, after: func() {
					if s.Before.Exists() && s.After.Exists() && !w.live(t, s.After.Key).Exists() {
						t.Errorf("on the way to %v there was no record", s.After)
					}
				}}
				s.Tell = person.tell
				if err := h.Apply(t.Context(), s); err != nil {
					t.Fatalf("%v: %v", s.After, err)
				}
				if live := w.live(t, s.After.Key); !live.Equal(s.After) {
					t.Fatalf("the zone has %v, want %v", live, s.After)
				}
				person.changes = 0
				if err := h.Apply(t.Context(), s); err != nil || person.changes > 0 {
					t.Errorf("again: %v, and %d changes", err, person.changes)
				}
			}
			slices.Sort(start)
			end := w.zone.Text()
			slices.Sort(end)
			if !slices.Equal(start, end) {
				t.Errorf("after the way back the zone is\n%s\nand was\n%s", strings.Join(end, "\n"), strings.Join(start, "\n"))
			}
		})
	}
}

// talk collects what a change tells.
type talk struct {
	said   []string
	guides []*dnshost.Guide
}

func (k *talk) tell(p dnshost.Progress) {
	k.said = append(k.said, p.Say.String())
	k.guides = append(k.guides, p.Guide)
}

func (k *talk) count(part string) int {
	n := 0
	for _, s := range k.said {
		if strings.Contains(s, part) {
			n++
		}
	}
	return n
}

// What leads to the secondary at all times is no mistake.
func TestEmergencySubdomainIsNoMistake(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "emergency 300 MX 10 in1.secondary.example.", "emergency 300 MX 20 in2.secondary.example.")
	w.put(oldMX)
	c := &clock{}
	h := w.host(t, c, func(o *Options) { o.Nearby = []string{"emergency." + zoneName} })
	c.during = func(n int) error {
		if n == 2 {
			w.put(newMX)
		}
		return nil
	}
	k := &talk{}
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX, Tell: k.tell}); err != nil {
		t.Fatal(err)
	}
	if len(k.said) != 2 {
		t.Errorf("said: %q; want the guide and the end", k.said)
	}
}

// Whenever the program is killed, and whatever is half typed then, the next Apply
// goes on from there and shows only what is left.
func TestGoesOnFromHalfTypedStates(t *testing.T) {
	t.Parallel()
	for _, s := range []struct {
		name        string
		half        failover.RRset
		resumed     bool
		add, remove int
	}{
		{"one added", mxSet(300, "10 in1.secondary.example.", "10 mx1.primary.example.", "20 mx2.primary.example."), false, 1, 2},
		{"all added", mxSet(300, append(slices.Clone(newMX.Values), oldMX.Values...)...), false, 0, 2},
		{"one of the old deleted", mxSet(300, append(slices.Clone(newMX.Values), oldMX.Values[0])...), false, 0, 1},
		{"mistyped", mxSet(300, "10 in1.secondary.exampel.", "20 mx2.primary.example."), false, 2, 2},
		{"another TTL, half way", mxSet(60, "10 in1.secondary.example.", "20 mx2.primary.example."), false, 2, 1},
		{"old one deleted first", mxSet(300, "20 mx2.primary.example."), true, 2, 1},
		{"all deleted", mxSet(300), true, 2, 0},
		{"anything", mxSet(300, "10 mail.elsewhere.example."), true, 2, 1},
		{"nothing done yet", oldMX, true, 2, 2},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.put(oldMX)
			c := &clock{}
			killed := context.Canceled
			c.during = func(int) error { w.put(s.half); return killed }
			change := dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX}
			err := w.host(t, c).Apply(t.Context(), change)
			if !errors.Is(err, failover.ErrWaiting) || !errors.Is(err, killed) || !strings.Contains(err.Error(), "go on from where the records are") {
				t.Fatalf("called off while the person types: %v", err)
			}

			c = &clock{}
			h := w.host(t, c)
			var first *dnshost.Guide
			person := &typist{t: t, console: h.console, zone: w.zone}
			change.Resumed = s.resumed
			change.Tell = func(p dnshost.Progress) {
				if first == nil {
					first = p.Guide
				}
				person.tell(p)
			}
			if err := h.Apply(t.Context(), change); err != nil {
				t.Fatal(err)
			}
			if len(first.Add) != s.add || len(first.Remove) != s.remove {
				t.Errorf("%d to add and %d to remove are left, want %d and %d", len(first.Add), len(first.Remove), s.add, s.remove)
			}
			if live := w.live(t, newMX.Key); !live.Equal(newMX) {
				t.Errorf("the zone has %v", live)
			}
		})
	}
}

// The same way leads back, from the middle too.
func TestRollbackFromHalfWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(mxSet(300, "10 in1.secondary.example.", "10 mx1.primary.example.", "20 mx2.primary.example."))
	h := w.host(t, &clock{})
	person := &typist{t: t, console: h.console, zone: w.zone}
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: newMX, After: oldMX, Tell: person.tell}); err != nil {
		t.Fatal(err)
	}
	if live := w.live(t, oldMX.Key); !live.Equal(oldMX) || person.changes != 1 {
		t.Errorf("the zone has %v after %d changes, want one deletion", live, person.changes)
	}
}

func TestStaleUnlessResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign := mxSet(300, "10 mail.elsewhere.example.")
	w.put(foreign)
	k := &talk{}
	err := w.host(t, &clock{}).Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX, Tell: k.tell})
	if !errors.Is(err, failover.ErrStale) || len(k.said) != 0 {
		t.Errorf("%v, and said %q", err, k.said)
	}
}

// A console that chooses the TTL itself is not waited for.
func TestOwnTTL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(mxSet(7200, oldMX.Values...))
	h := w.host(t, &clock{}, func(o *Options) { o.Console = "muumuu" })
	if caps := h.Capabilities(); !caps.OwnTTL {
		t.Errorf("capabilities %+v", caps)
	}
	person := &typist{t: t, console: h.console, zone: w.zone}
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX, Tell: person.tell}); err != nil {
		t.Fatal(err)
	}
	if live := w.live(t, newMX.Key); !live.SameValues(newMX) {
		t.Errorf("the zone has %v", live)
	}
}

func TestCapabilitiesFollowTheConsole(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]dnshost.Capabilities{
		"generic":      {Interactive: true},
		"godaddy":      {Interactive: true, MinTTL: 600, MaxTTL: 604800},
		"namecheap":    {Interactive: true, MinTTL: 60, MaxTTL: 3600},
		"value-domain": {Interactive: true, OwnTTL: true},
	} {
		h, err := New(Options{Console: id})
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Capabilities(); got != want {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
}

// behind serves each server its own zone, so that one can be ahead of another.
func (w *world) behind() map[string]*fakedns.Zone {
	zones := map[string]*fakedns.Zone{}
	for _, a := range w.servers {
		z := fakedns.NewZone(zoneName, w.zone.Text()[1:]...)
		zones[a] = z
		w.Serve(a, fakedns.Authority(z))
	}
	return zones
}

func TestProgressServerByServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(oldMX)
	zones := w.behind()
	c := &clock{}
	c.during = func(n int) error {
		if n > 2 {
			return nil
		}
		z := zones[w.servers[n]]
		z.Delete("@", "MX")
		z.Add("@ 300 MX 10 in1.secondary.example.", "@ 300 MX 20 in2.secondary.example.")
		return nil
	}
	k := &talk{}
	if err := w.host(t, c).Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX, Tell: k.tell}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Change example.test MX where the domain's DNS records are kept now; Lifeboat watches the name servers and says when it is done",
		"1 of 3 name server addresses give the new records",
		"2 of 3 name server addresses give the new records",
		"All name servers give the new records",
	}
	if !slices.Equal(k.said, want) {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(k.said, "\n"), strings.Join(want, "\n"))
	}
}

func TestASilentServerIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(oldMX)
	w.Silence("192.0.2.2")
	h := w.host(t, &clock{})
	k := &talk{}
	person := &typist{t: t, console: h.console, zone: w.zone}
	err := h.Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX, Tell: func(p dnshost.Progress) { k.tell(p); person.tell(p) }})
	if err != nil || k.count("no answer from ns2.example.test") != 1 {
		t.Errorf("%v, said %q", err, k.said)
	}
}

func TestServersFallSilentMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(oldMX)
	c := &clock{}
	c.during = func(n int) error {
		switch n {
		case 0:
			for _, a := range w.servers {
				w.Silence(a)
			}
		case 2:
			w.put(newMX)
			w.Serve("192.0.2.1", fakedns.Authority(w.zone))
		}
		return nil
	}
	k := &talk{}
	if err := w.host(t, c).Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX, Tell: k.tell}); err != nil {
		t.Fatal(err)
	}
	if k.count("No name server of example.test answers just now") != 1 {
		t.Errorf("said %q", k.said)
	}
}

func TestNothingChangesForAWhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(oldMX)
	c := &clock{}
	c.during = func(n int) error {
		if n == 60 {
			w.put(newMX)
		}
		return nil
	}
	k := &talk{}
	if err := w.host(t, c).Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX, Tell: k.tell}); err != nil {
		t.Fatal(err)
	}
	if k.count("Nothing has changed for 5 minutes") != 1 || len(k.said) != 3 {
		t.Errorf("said %q", k.said)
	}
}

func TestWrongConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(oldMX)
	c := &clock{during: func(int) error { w.put(newMX); return nil }}
	k := &talk{}
	h := w.host(t, c, func(o *Options) { o.Console = "godaddy" })
	if err := h.Apply(t.Context(), dnshost.Change{Zone: zoneName, Before: oldMX, After: newMX, Tell: k.tell}); err != nil {
		t.Fatal(err)
	}
	if k.count("served by ns1.example.test, ns2.example.test, ns3.example.test, which are not the name servers of GoDaddy") != 1 {
		t.Errorf("said %q", k.said)
	}
	for name, want := range map[string]bool{"ns51.domaincontrol.com.": true, "domaincontrol.com.": true, "ns1.notdomaincontrol.com.": false} {
		if got := h.console.serves([]string{name}); got != want {
			t.Errorf("serves(%s) = %v", name, got)
		}
	}
}
