package run_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/hosttest"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
	"lifeboat/failover/run"
)

// counting is a dialer that leads addresses to where their servers really listen,
// and counts round trips: each connection made by TCP, and each time that something
// is awaited after something was sent.
type counting struct {
	routes map[string]string
	trips  atomic.Int64
}

func (d *counting) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if to, ok := d.routes[address]; ok {
		address = to
	}
	if network == "tcp" {
		d.trips.Add(1)
	}
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: c, dialer: d}, nil
}

type countedConn struct {
	net.Conn
	dialer *counting
	sent   atomic.Bool
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.sent.Store(true)
	return c.Conn.Write(b)
}

func (c *countedConn) Read(b []byte) (int, error) {
	if c.sent.CompareAndSwap(true, false) {
		c.dialer.trips.Add(1)
	}
	return c.Conn.Read(b)
}

// named is a view whose servers are known.
type named struct {
	*dnsview.Reader
	servers []dnsview.Server
	looks   int
}

func (v *named) Servers(context.Context, string) ([]dnsview.Server, error) { return v.servers, nil }

func (v *named) Authoritative(ctx context.Context, zone string, s []dnsview.Server, key failover.Key) failover.View {
	v.looks++
	return v.Reader.Authoritative(ctx, zone, s, key)
}

// startThree starts a BIND with two secondaries, which it notifies of changes.
func startThree(b *testing.B, zone string) (primary *servers.DNS, dialer *counting, view *named) {
	b.Helper()
	at := make([]string, 3)
	for i := range at {
		at[i] = servers.FreeAddress(b)
	}
	primary = servers.StartBIND(b, servers.DNSConfig{Name: "primary", Listen: at[:1], Zones: []servers.Zone{{
		Name: zone, Text: hosttest.ZoneText(zone), Notify: at[1:],
	}}})
	for i, addr := range at[1:] {
		servers.StartBIND(b, servers.DNSConfig{
			Name: fmt.Sprintf("secondary %d", i+1), Listen: []string{addr}, Reader: primary.Reader,
			Zones: []servers.Zone{{Name: zone, Primaries: at[:1]}},
		})
	}
	dialer = &counting{routes: map[string]string{}}
	view = &named{Reader: dnsview.New(dnsview.Options{Dialer: dialer})}
	for i, addr := range at {
		ip := netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})
		dialer.routes[netip.AddrPortFrom(ip, 53).String()] = addr
		view.servers = append(view.servers, dnsview.Server{Name: fmt.Sprintf("ns%d.%s", i+1, zone), Addrs: []netip.Addr{ip}})
	}
	return primary, dialer, view
}

// BenchmarkSwitchBIND is the time from the admin's yes to the new MX set verified at
// a primary and two secondaries, which hear of it by NOTIFY. Its journal is on the
// disk that temporary files are on.
func BenchmarkSwitchBIND(b *testing.B) {
	const zone = "bench.test."
	primary, dialer, view := startThree(b, zone)
	host, err := rfc2136.New(rfc2136.Options{Server: primary.Addr, Dialer: dialer, Key: primary.Writer.Name, Secret: dnshost.Secret(primary.Writer.Secret), Zone: zone})
	if err != nil {
		b.Fatal(err)
	}
	log, err := journal.Open(filepath.Join(b.TempDir(), "journal"), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	r := &run.Runner{
		Journal: log, HostOf: func(string) (dnshost.Host, error) { return host, nil }, View: view,
		Now: time.Now, Sleep: sleep, Owner: "bench",
	}
	d := job{Zone: zone}.domain()
	d.Emergency = ""
	live := failover.MXSet(zone, hosttest.TTL, d.Primary.MX)
	kind := failover.Failback
	for n := 0; b.Loop(); n++ {
		kind = map[failover.Kind]failover.Kind{failover.Failback: failover.Failover, failover.Failover: failover.Failback}[kind]
		p, err := plan.Build(plan.Request{Kind: kind, ID: fmt.Sprintf("bench-%d", n), Now: time.Now()},
			[]plan.Observed{{Domain: d, Zone: zone, Host: "bind", Live: []failover.RRset{live}}})
		if err != nil {
			b.Fatal(err)
		}
		out, err := r.Apply(b.Context(), p, run.Options{})
		if err == nil && (len(out.Steps) != 1 || out.Steps[0].View.With(out.Steps[0].Step.After) != 3) {
			err = errors.New("not verified at all three servers")
		}
		if err != nil {
			b.Fatal(err)
		}
		live = p.Steps[0].After
	}
	runs := float64(b.N)
	b.ReportMetric(b.Elapsed().Seconds()*1000/runs, "ms/switch")
	b.ReportMetric(float64(dialer.trips.Load())/runs, "round-trips/switch")
	b.ReportMetric(float64(view.looks)/runs, "looks/switch")
}
