package dnsview_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/fakedns"
)

func TestZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, want := range map[string]string{
		"example.test":                     "example.test.",
		"Example.Test.":                    "example.test.",
		"emergency.example.test":           "example.test.", // not there yet
		"www.example.test":                 "example.test.", // an alias into another zone
		"_dmarc.emergency.www.example.net": "example.net.",
	} {
		if got, err := w.reader().Zone(t.Context(), name); got != want || err != nil {
			t.Errorf("Zone(%s) = %q, %v; want %q", name, got, err, want)
		}
	}
	_, err := w.reader().Zone(t.Context(), "no-such-domain.test")
	if !errors.Is(err, failover.ErrZone) || !strings.Contains(err.Error(), "there is no domain no-such-domain.test") {
		t.Errorf("a domain that does not exist: %v", err)
	}
}

func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Silence(resolver)
	r := w.reader(hurried)
	if _, err := r.Zone(t.Context(), "example.test"); !errors.Is(err, failover.ErrUnreachable) {
		t.Errorf("Zone: %v", err)
	}
	if _, err := r.Servers(t.Context(), "example.test"); !errors.Is(err, failover.ErrUnreachable) {
		t.Errorf("Servers: %v", err)
	}
	if _, err := r.Look(t.Context(), "example.test", mx); !errors.Is(err, failover.ErrUnreachable) {
		t.Errorf("Look: %v", err)
	}
	if _, err := r.System(t.Context(), mx); !errors.Is(err, failover.ErrUnreachable) {
		t.Errorf("System: %v", err)
	}
	if _, _, err := r.Addresses(t.Context(), "mail.example.test"); !errors.Is(err, failover.ErrUnreachable) {
		t.Errorf("Addresses: %v", err)
	}
}

// list shows servers as "name address address (listing)".
func list(servers []dnsview.Server) []string {
	var out []string
	for _, s := range servers {
		line := s.Name
		for _, a := range s.Addrs {
			line += " " + a.String()
		}
		if s.Problem != nil {
			line += " ?"
		}
		out = append(out, fmt.Sprintf("%s (%s)", line, s.Listed))
	}
	return out
}

func TestServers(t *testing.T) {
	t.Parallel()
	ns1, ns2, ns3 := "ns1.example.test. "+first+" "+firstSix, "ns2.example.test. "+second, "ns3.example.net. "+third
	for _, c := range []struct {
		name   string
		change func(*world)
		want   []string
	}{
		{"both lists agree", func(*world) {}, []string{ns1 + " (both)", ns2 + " (both)", ns3 + " (both)"}},
		{"lists differ", func(w *world) {
			w.test.Delete("example", "NS", "ns2.example.test.")
			w.example.Delete("@", "NS", "ns3.example.net.")
		}, []string{ns1 + " (both)", ns2 + " (zone)", ns3 + " (parent)"}},
		{"the parent is silent", func(w *world) { w.Silence(parentNS) }, []string{ns1 + " ()", ns2 + " ()", ns3 + " ()"}},
		{"the parent's list is longer than the truth", func(w *world) {
			w.test.Add("example 3600 NS gone.example.net.")
		}, []string{"gone.example.net. (parent)", ns1 + " (both)", ns2 + " (both)", ns3 + " (both)"}},
		{"a name nobody can look up", func(w *world) {
			w.test.Add("example 3600 NS ns.elsewhere.example.")
		}, []string{"ns.elsewhere.example. ? (parent)", ns1 + " (both)", ns2 + " (both)", ns3 + " (both)"}},
		{"glue is old", func(w *world) {
			w.test.Delete("ns2.example", "A")
			w.test.Add("ns2.example 3600 A 192.0.2.222")
		}, []string{ns1 + " (both)", "ns2.example.test. " + second + " 192.0.2.222 (both)", ns3 + " (both)"}},
		{"no server answers for the zone", func(w *world) {
			for _, a := range []string{first, firstSix, second, third} {
				w.Serve(a, fakedns.Authority(fakedns.NewZone("other.test.")))
			}
		}, []string{ns1 + " ()", ns2 + " ()", ns3 + " ()"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.change(w)
			got, err := w.reader(hurried).Servers(t.Context(), "example.test")
			if err != nil {
				t.Fatal(err)
			}
			if g, want := strings.Join(list(got), "\n"), strings.Join(c.want, "\n"); g != want {
				t.Errorf("servers:\n%s\nwant:\n%s", g, want)
			}
		})
	}
}

func TestServersOfNothing(t *testing.T) {
	t.Parallel()
	_, err := newWorld(t).reader().Servers(t.Context(), "no-such-domain.test")
	if !errors.Is(err, failover.ErrZone) || !strings.Contains(err.Error(), "no-such-domain.test has no name servers") {
		t.Errorf("got %v", err)
	}
}

// A delegation to a name without an address, or to one whose address cannot be
// found out, is told apart and holds nothing up.
func TestUnresolvedServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.test.Add("example 3600 NS gone.example.net.", "example 3600 NS ns.elsewhere.example.")
	views, err := w.reader().Look(t.Context(), "example.test", mx)
	if err != nil {
		t.Fatal(err)
	}
	says := map[string]string{}
	for _, a := range views[0].Answers {
		if a.State == failover.Unresolved {
			says[a.Server] = a.Detail.String()
		}
	}
	if !strings.Contains(says["gone.example.net."], "its name has no address") || !strings.Contains(says["ns.elsewhere.example."], "could not be found out") {
		t.Errorf("unresolved: %v", says)
	}
	if n := views[0].Asked(); n != 6 {
		t.Errorf("asked %d, want the 4 addresses and the 2 names", n)
	}
}
