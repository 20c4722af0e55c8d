package servers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

const exampleZone = `$TTL 300
@              SOA   ns1 hostmaster 1 3600 600 86400 60
@              NS    ns1
ns1            A     127.0.53.1
@              MX    10 mx.primary.test.
@              MX    20 mx2.primary.test.
@              TXT   "v=spf1 include:primary.test ~all"
www            A     192.0.2.80
`

// Names of the record sets that a switch touches.
const (
	exampleMX = "example.test. MX"
	lockTXT   = "_lock.example.test. TXT"
)

func exampleZones() []Zone {
	text := "$ORIGIN example.test.\n" + exampleZone
	other := "$ORIGIN other.test.\n" + exampleZone
	return []Zone{{Name: "example.test.", Text: text}, {Name: "other.test.", Text: other, Closed: true}}
}

func record(t *testing.T, text string) dns.RR {
	t.Helper()
	rr, err := dns.NewRR(text)
	if err != nil {
		t.Fatal(err)
	}
	return rr
}

// swap is the compare-and-swap that Lifeboat switches an MX set by: the whole old set and no lock as prerequisites, the
// new set and a lock as the change (RFC 2136 sections 2.4.2, 2.4.3).
func swap(t *testing.T, old, replacement []string) *dns.Msg {
	t.Helper()
	m := new(dns.Msg).SetUpdate("example.test.")
	mx := func(data []string) (set []dns.RR) {
		for _, d := range data {
			set = append(set, record(t, "example.test. 300 MX "+d))
		}
		return set
	}
	lock := record(t, `_lock.example.test. 60 TXT "owner"`)
	m.Used(mx(old))
	m.RRsetNotUsed([]dns.RR{dns.Copy(lock)})
	m.RemoveRRset(mx(old[:1]))
	m.Insert(mx(replacement))
	m.Insert([]dns.RR{dns.Copy(lock)})
	return m
}

var (
	primaryMX   = []string{"10 mx.primary.test.", "20 mx2.primary.test."}
	secondaryMX = []string{"10 mx.secondary.test."}
)

func TestDNSServers(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) *DNS{
		"BIND":     func(t *testing.T) *DNS { return StartBIND(t, DNSConfig{Zones: exampleZones()}) },
		"Knot":     func(t *testing.T) *DNS { return StartKnot(t, DNSConfig{Zones: exampleZones()}) },
		"PowerDNS": func(t *testing.T) *DNS { return StartPowerDNS(t, DNSConfig{Zones: exampleZones()}).DNS },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			before := server.Others(t, "example.test.", exampleMX, lockTXT)
			if len(before) != 4 {
				t.Errorf("the zone without SOA and MX has %d records, not 4: %q", len(before), before)
			}
			checkSwap(t, server)
			after := server.Others(t, "example.test.", exampleMX, lockTXT)
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("a switch of the MX touched other records (-before +after):\n%s", diff)
			}
			checkKeys(t, server)
			server.Stop(t)
			server.Start(t)
			wantMX(t, server.Addr, secondaryMX)
		})
	}
}

func checkSwap(t *testing.T, server *DNS) {
	t.Helper()
	wantMX(t, server.Addr, primaryMX)
	for _, step := range []struct {
		what string
		m    *dns.Msg
		want int
	}{
		{"half the old set", swap(t, primaryMX[:1], secondaryMX), dns.RcodeNXRrset},
		{"another old set", swap(t, []string{"10 mx.elsewhere.test."}, secondaryMX), dns.RcodeNXRrset},
		{"the whole old set", swap(t, primaryMX, secondaryMX), dns.RcodeSuccess},
		{"with the lock held", swap(t, secondaryMX, primaryMX), dns.RcodeYXRrset},
	} {
		if got := server.Update(t, step.m); got != step.want {
			t.Errorf("swap, %s: %s, not %s", step.what, dns.RcodeToString[got], dns.RcodeToString[step.want])
		}
	}
	wantMX(t, server.Addr, secondaryMX)
}

func wantMX(t *testing.T, addr string, want []string) {
	t.Helper()
	got, err := Answers(t.Context(), addr, "example.test.", dns.TypeMX)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s gives the MX set %q (%v), not %q", addr, got, err, want)
	}
}

// checkKeys: the reader, a key of the same name with another secret, and no key at all change nothing; nobody changes
// the closed zone.
func checkKeys(t *testing.T, server *DNS) {
	t.Helper()
	change := func(zone string) *dns.Msg {
		m := new(dns.Msg).SetUpdate(zone)
		m.Insert([]dns.RR{record(t, "www."+zone+" 60 TXT changed")})
		return m
	}
	wrong := NewKey(server.Writer.Name)
	for name, try := range map[string]struct {
		zone string
		key  *Key
	}{
		"reader": {"example.test.", &server.Reader}, "wrong secret": {"example.test.", &wrong},
		"unsigned": {"example.test.", nil}, "closed zone": {"other.test.", &server.Writer},
	} {
		r, err := exchange(t.Context(), "tcp", server.Addr, change(try.zone), try.key)
		if r == nil {
			t.Errorf("%s: no answer: %v", name, err)
		} else if r.Rcode != dns.RcodeRefused && r.Rcode != dns.RcodeNotAuth {
			t.Errorf("%s: the update is answered %s", name, dns.RcodeToString[r.Rcode])
		}
	}
	for _, zone := range []string{"example.test.", "other.test."} {
		if lines := server.Transfer(t, zone); strings.Contains(strings.Join(lines, "\n"), "changed") {
			t.Errorf("%s was changed without leave:\n%s", zone, strings.Join(lines, "\n"))
		}
	}
	if _, err := axfr(t.Context(), server.Addr, "example.test.", wrong); err == nil {
		t.Error("the zone is given to a wrong key")
	}
}

func TestUpdateTypes(t *testing.T) {
	t.Parallel()
	config := DNSConfig{Zones: exampleZones(), UpdateTypes: []string{"MX", "TXT"}}
	for name, start := range map[string]func(testing.TB, DNSConfig) *DNS{"BIND": StartBIND, "Knot": StartKnot} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t, config)
			checkSwap(t, server)
			m := new(dns.Msg).SetUpdate("example.test.")
			m.Insert([]dns.RR{record(t, "www.example.test. 60 A 192.0.2.81")})
			if got := server.Update(t, m); got != dns.RcodeRefused && got != dns.RcodeNotAuth {
				t.Errorf("an A record is answered %s", dns.RcodeToString[got])
			}
		})
	}
}

func TestBINDSecondary(t *testing.T) {
	t.Parallel()
	address := FreeAddress(t)
	zone := exampleZones()[0]
	zone.Notify = []string{address}
	primary := StartBIND(t, DNSConfig{Name: "ns1", Zones: []Zone{zone}})
	secondary := StartBIND(t, DNSConfig{
		Name: "ns2", Listen: []string{address}, Reader: primary.Reader,
		Zones: []Zone{{Name: zone.Name, Primaries: []string{primary.Addr}}},
	})
	wantMX(t, secondary.Addr, primaryMX)
	primary.Update(t, swap(t, primaryMX, secondaryMX))
	Await(t, "the change at the secondary", func(ctx context.Context) error {
		got, err := Answers(ctx, secondary.Addr, zone.Name, dns.TypeMX)
		if err == nil && !slices.Equal(got, secondaryMX) {
			err = fmt.Errorf("it gives %q", got)
		}
		return err
	})
	if diff := cmp.Diff(primary.Transfer(t, zone.Name), secondary.Transfer(t, zone.Name)); diff != "" {
		t.Errorf("primary and secondary differ:\n%s", diff)
	}
}

func TestPauseIsSilence(t *testing.T) {
	t.Parallel()
	server := StartBIND(t, DNSConfig{Zones: exampleZones()})
	server.Pause(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got, err := Answers(ctx, server.Addr, "example.test.", dns.TypeMX); err == nil {
		t.Errorf("a paused server answers %q", got)
	}
	server.Resume(t)
	wantMX(t, server.Addr, primaryMX)
	server.Kill(t)
	if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Addr); err == nil {
		_ = conn.Close()
		t.Error("a killed server accepts a connection")
	}
}

func TestPowerDNSAPI(t *testing.T) {
	t.Parallel()
	server := StartPowerDNS(t, DNSConfig{Zones: exampleZones()})
	get := func(key string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.API+"/servers/localhost/zones/example.test.", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Api-Key", key)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	if got := get(server.APIKey); got != http.StatusOK {
		t.Errorf("the API answers %d", got)
	}
	if got := get("wrong"); got != http.StatusUnauthorized {
		t.Errorf("the API answers a wrong key with %d", got)
	}
	if strings.Contains(server.Log(), server.APIKey) {
		t.Error("the log shows the API key")
	}
}
