package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/failovertest/servers"
)

const (
	benchDomains = 200
	benchAddr    = "192.0.2.1:53" // that every name server of the benchmark has
)

// oneServer leads every address to one server, and counts what it is asked and how
// many connections it has at once.
type oneServer struct {
	addr    string
	queries atomic.Int64
	mu      sync.Mutex
	open    int
	most    int
}

func (d *oneServer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if address != benchAddr {
		return nil, fmt.Errorf("nobody is at %s", address)
	}
	c, err := (&net.Dialer{}).DialContext(ctx, network, d.addr)
	if err != nil {
		return nil, err
	}
	d.count(1)
	return &asked{Conn: c, server: d}, nil
}

func (d *oneServer) count(by int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open += by
	d.most = max(d.most, d.open)
}

// asked is a connection to the server; each message is one write.
type asked struct {
	net.Conn
	server *oneServer
	once   sync.Once
}

func (c *asked) Write(b []byte) (int, error) {
	c.server.queries.Add(1)
	return c.Conn.Write(b)
}

func (c *asked) Close() error {
	c.once.Do(func() { c.server.count(-1) })
	return c.Conn.Close()
}

// startZones starts a BIND with the root and so many zones, each with an MX.
func startZones(b *testing.B, names []string) *servers.DNS {
	b.Helper()
	root := "$ORIGIN .\n$TTL 3600\n@ SOA ns.bench. hostmaster.bench. 1 3600 600 86400 60\n@ NS ns.bench.\nns.bench. A 192.0.2.1\n"
	zones := []servers.Zone{{Name: "."}}
	for _, n := range names {
		root += n + ". NS ns.bench.\n"
		zones = append(zones, servers.Zone{Name: n + ".", Text: "$ORIGIN " + n + ".\n$TTL 300\n@ SOA ns.bench. hostmaster.bench. 1 3600 600 86400 60\n" +
			"@ NS ns.bench.\n@ MX 10 mx1.primary.test.\n@ MX 20 mx2.primary.test.\n@ TXT \"v=spf1 include:spf.primary.test -all\"\nwww A 192.0.2.80\n"})
	}
	zones[0].Text = root
	return servers.StartBIND(b, servers.DNSConfig{Zones: zones})
}

// benchSettings are the settings of an organisation with all these domains.
func benchSettings(b *testing.B, names []string) *configs.Settings {
	b.Helper()
	var text strings.Builder
	text.WriteString("domains:\n")
	for _, n := range names {
		fmt.Fprintf(&text, "  - name: %s\n    emergency_subdomain: sos\n    dns: {host: rfc2136, parameters: {server: %q, key_name: writer.lifeboat, secret: secret:key}}\n", n, benchAddr)
	}
	text.WriteString("providers:\n  primary: {preset: generic, mx: [10 mx1.primary.test, 20 mx2.primary.test]}\n" +
		"  secondary: {preset: generic, mx: [10 mx1.secondary.test, 20 mx2.secondary.test]}\n")
	fmt.Fprintf(&text, "recipients: {accounts: [{address: anna@%s}]}\n", names[0])
	file := filepath.Join(b.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	s, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkPlan200 is a plan for 200 domains, each in a zone of its own at a BIND on
// loopback: what the host holds, who serves the zone, and what they answer, for the
// MX of the domain and of its emergency subdomain. No answer is remembered from one
// plan to the next.
func BenchmarkPlan200(b *testing.B) {
	var names []string
	for i := range benchDomains {
		names = append(names, fmt.Sprintf("d%03d.bench", i))
	}
	bind := startZones(b, names)
	net := &oneServer{addr: bind.Addr}
	e := engine.New(engine.Options{
		Settings: benchSettings(b, names), DataDir: b.TempDir(), Owner: "bench@lab", Now: time.Now, Sleep: engine.Sleep,
		Logger: slog.New(slog.DiscardHandler),
		Reader: dnsview.New(dnsview.Options{Dialer: net, Resolvers: []string{benchAddr}}),
		MakeHost: func(context.Context, configs.Domain) (dnshost.Host, error) {
			return rfc2136.New(rfc2136.Options{Server: benchAddr, Dialer: net, Key: bind.Writer.Name, Secret: dnshost.Secret(bind.Writer.Secret)})
		},
	})
	for b.Loop() {
		p, err := e.Plan(b.Context(), engine.PlanRequest{Kind: failover.Failover})
		if err == nil && (len(p.Steps) != 2*benchDomains || len(p.Notes) > 0) {
			err = errors.New("the plan is not whole")
		}
		if err != nil {
			b.Fatalf("%v: %d steps, %v", err, len(p.Steps), p.Notes)
		}
	}
	plans := float64(b.N)
	b.ReportMetric(b.Elapsed().Seconds()*1000/plans, "ms/plan")
	b.ReportMetric(float64(net.queries.Load())/plans, "queries/plan")
	b.ReportMetric(float64(net.queries.Load())/plans/benchDomains, "queries/domain")
	b.ReportMetric(float64(net.most), "connections-at-once")
}
