package rfc2136_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/hosttest"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/failovertest/servers"
)

// What the three servers say in their own ways, told alike.

const closed = "closed.test."

// oddZone has what misleads a client: wildcards, aliases and a delegation.
var oddZone = hosttest.ZoneText(zone) + `
*.wild.example.test.   300 IN MX    10 wild.example.
made.wild.example.test. 300 IN MX   10 wild.example.
*.example.test.        300 IN TXT   "v=spf1 -all"
*.alias.example.test.  300 IN CNAME somewhere.example.
www2.example.test.     300 IN CNAME www.example.test.
sub.example.test.      300 IN NS    ns.sub.example.test.
`

func everyServer(t *testing.T, test func(t *testing.T, server *servers.DNS)) {
	config := servers.DNSConfig{Zones: []servers.Zone{
		{Name: zone, Text: oddZone},
		{Name: closed, Text: hosttest.ZoneText(closed), Closed: true},
	}}
	for name, start := range map[string]func() *servers.DNS{
		"BIND":     func() *servers.DNS { return servers.StartBIND(t, config) },
		"Knot":     func() *servers.DNS { return servers.StartKnot(t, config) },
		"PowerDNS": func() *servers.DNS { return servers.StartPowerDNS(t, config).DNS },
	} {
		server := start()
		t.Run(name, func(t *testing.T) { test(t, server) })
	}
}

func mx(name string, ttl uint32, values ...string) failover.RRset {
	return failover.NewRRset(name, "MX", ttl, values...)
}

// kind fails unless the error is of the kind and its sentence has the parts.
func kind(t *testing.T, err, kind error, parts ...string) {
	t.Helper()
	var fe *failover.Error
	if !errors.Is(err, kind) || !errors.As(err, &fe) {
		t.Errorf("the error is %v, not of the kind %q", err, kind)
		return
	}
	for _, p := range parts {
		if !strings.Contains(fe.Say.String(), p) {
			t.Errorf("the sentence does not say %q: %s", p, fe.Say)
		}
	}
}

func switchMX(t *testing.T, h *rfc2136.Host, zone string) error {
	t.Helper()
	return h.Apply(t.Context(), dnshost.Change{
		Zone:   zone,
		Before: mx(zone, hosttest.TTL, "10 mx1.primary.example.", "20 mx2.primary.example."),
		After:  mx(zone, hosttest.TTL, "10 in1.secondary.example."),
	})
}

var duration = regexp.MustCompile(`[0-9hms]+s\b`)

func TestServersTellWhatIsWrong(t *testing.T) {
	t.Parallel()
	everyServer(t, func(t *testing.T, server *servers.DNS) {
		vague := strings.Contains(t.Name(), "PowerDNS")
		host := func(key servers.Key, at time.Duration) *rfc2136.Host {
			return open(t, rfc2136.Options{Server: server.Addr, Now: func() time.Time { return time.Now().Add(at) }}, key)
		}
		start := snapshot(t, server)

		err := switchMX(t, host(servers.NewKey("stranger."), 0), zone)
		kind(t, err, failover.ErrCredential, "stranger", server.Addr)
		err = switchMX(t, host(servers.NewKey(server.Writer.Name), 0), zone)
		kind(t, err, failover.ErrCredential, "writer.lifeboat", "secret")

		for at, word := range map[time.Duration]string{-time.Hour: "behind", time.Hour: "ahead"} {
			err = switchMX(t, host(server.Writer, at), zone)
			if vague {
				// PowerDNS gives no reason: the sentence names the clock among them.
				kind(t, err, failover.ErrCredential, "clock")
				continue
			}
			kind(t, err, failover.ErrClock, word, server.Addr)
			apart, parseErr := time.ParseDuration(duration.FindString(fmt.Sprint(err)))
			if parseErr != nil || apart.Round(10*time.Minute) != time.Hour {
				t.Errorf("the sentence does not say how far the clocks are apart: %v", err)
			}
		}

		kind(t, switchMX(t, host(server.Reader, 0), zone), failover.ErrReadOnly, "reader.lifeboat", "example.test MX")
		kind(t, switchMX(t, host(server.Writer, 0), closed), failover.ErrReadOnly, "closed.test MX")
		kind(t, switchMX(t, host(server.Writer, 0), "nowhere.test."), failover.ErrZone, "nowhere.test")

		_, err = host(server.Writer, 0).Read(t.Context(), zone, []failover.Key{{Name: "a.sub.example.test.", Type: "MX"}})
		kind(t, err, failover.ErrZone, "a.sub.example.test", "delegated")
		_, err = host(server.Writer, 0).Zone(t.Context(), "a.sub.example.test")
		kind(t, err, failover.ErrZone, "a.sub.example.test")

		if now := snapshot(t, server); strings.Join(now, "\n") != strings.Join(start, "\n") {
			t.Errorf("the zone changed:\n%s", strings.Join(now, "\n"))
		}
	})
}

func TestWildcardsAndAliases(t *testing.T) {
	t.Parallel()
	everyServer(t, func(t *testing.T, server *servers.DNS) {
		h := open(t, rfc2136.Options{Server: server.Addr}, server.Writer)
		key := func(name string) failover.Key { return failover.Key{Name: name, Type: "MX"} }

		sets, err := h.Read(t.Context(), zone, []failover.Key{
			key("made.wild.example.test."), key("up.wild.example.test."), key("*.wild.example.test."), key("x.alias.example.test."),
		})
		if err != nil {
			t.Fatal(err)
		}
		if !sets[0].Exists() || sets[1].Exists() || !sets[2].Exists() || sets[3].Exists() {
			t.Errorf("a real set, a made-up one, the wildcard and a made-up alias read as %v", sets)
		}
		// The apex's wildcard TXT is no lock.
		if l, err := h.ReadLock(t.Context(), zone); err != nil || l != nil {
			t.Errorf("the lock is %v, %v", l, err)
		}
		// What does not exist can be created below either wildcard.
		for _, name := range []string{"up.wild.example.test.", "x.alias.example.test."} {
			set := mx(name, 300, "10 in1.secondary.example.")
			if err := h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: mx(name, 0), After: set}); err != nil {
				t.Errorf("creating %v: %v", set, err)
			}
		}
		// Beside an alias nothing can stand.
		err = h.Apply(t.Context(), dnshost.Change{Zone: zone, Before: mx("www2.example.test.", 0), After: mx("www2.example.test.", 300, "10 a.example.")})
		kind(t, err, failover.ErrInvalid, "www2.example.test", "alias", "www.example.test")
		// An alias does not lead the search for the zone astray.
		if got, err := h.Zone(t.Context(), "x.y.www2.example.test"); err != nil || got != zone {
			t.Errorf("the zone below an alias is %q, %v", got, err)
		}
	})
}

func TestRefusedTypeIsNamed(t *testing.T) {
	t.Parallel()
	config := zones()
	config.UpdateTypes = []string{"MX"}
	server := servers.StartKnot(t, config)
	h := open(t, rfc2136.Options{Server: server.Addr}, server.Writer)
	err := h.Lock(t.Context(), zone, dnshost.Lock{Operation: "run-1", Owner: "ann@desk", Expires: time.Now()}, nil)
	kind(t, err, failover.ErrReadOnly, "_lifeboat-lock.example.test TXT")
}

func TestZoneOfTheSettings(t *testing.T) {
	t.Parallel()
	server := servers.StartBIND(t, zones())
	h := open(t, rfc2136.Options{Server: server.Addr, Zone: "Example.Test"}, server.Writer)
	if got, err := h.Zone(t.Context(), "mail.example.test"); err != nil || got != zone {
		t.Errorf("the zone is %q, %v", got, err)
	}
	_, err := h.Zone(t.Context(), "mail.other.test")
	kind(t, err, failover.ErrZone, "mail.other.test", "example.test")
	h = open(t, rfc2136.Options{Server: server.Addr, Zone: "mail.example.test"}, server.Writer)
	_, err = h.Zone(t.Context(), "mail.example.test")
	kind(t, err, failover.ErrZone, "mail.example.test")
}
