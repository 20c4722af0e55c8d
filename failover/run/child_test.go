package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/cloudflare"
	"lifeboat/failover/dnshost/manual"
	"lifeboat/failover/dnshost/rfc2136"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
	"lifeboat/failover/run"
)

// childJob is the environment variable that makes the test program the child: the
// process that switches a domain, and is killed.
const childJob = "LIFEBOAT_RUN_CHILD"

// TestMain is the child's main when it is one.
func TestMain(m *testing.M) {
	text := os.Getenv(childJob)
	if text == "" {
		os.Exit(m.Run())
	}
	var j job
	err := json.Unmarshal([]byte(text), &j)
	if err == nil {
		err = j.do(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// How a child dies.
const (
	lives  = ""
	before = "before" // instead of an entry
	after  = "after"  // when an entry is on the disk
	torn   = "torn"   // with half an entry on the disk
)

// job is what a child has to do, and how to reach its DNS host.
type job struct {
	Host    string `json:"host"` // "rfc2136", "cloudflare" or "manual"
	Zone    string `json:"zone"`
	Journal string `json:"journal"`
	// Death is how it dies, at the entry that is the Nth it writes (1 is the first).
	Death string `json:"death"`
	Nth   int    `json:"nth"`

	Server string `json:"server"` // the authoritative server's address and port
	Key    string `json:"key"`
	Secret string `json:"secret"` // of a key made for this test
	URL    string `json:"url"`
	Token  string `json:"token"` // known to the replay server only
}

// emergency is the name of the zone's emergency subdomain.
func (j job) emergency() string { return "sos." + j.Zone }

func (j job) domain() failover.Domain {
	return failover.Domain{
		Name: j.Zone, Emergency: j.emergency(), MXTTL: 300,
		Primary: failover.Provider{Role: failover.Primary, Name: "Alpha", MX: []failover.MX{
			{Preference: 10, Host: "mx1.primary.example."}, {Preference: 20, Host: "mx2.primary.example."},
		}, Submission: failover.Endpoint{Host: "smtp.primary.example", Port: 587}},
		Secondary: failover.Provider{Role: failover.Secondary, Name: "Beta", MX: []failover.MX{
			{Preference: 10, Host: "in1.secondary.example."}, {Preference: 20, Host: "in2.secondary.example."},
		}, Submission: failover.Endpoint{Host: "smtp.secondary.example", Port: 587}},
	}
}

// did is what a child says when it is done.
type did struct {
	Changes int  `json:"changes"`
	Resumed bool `json:"resumed"`
	// Again is what the same command, given once more, changed, and Entries what it
	// wrote into the journal.
	Again   int `json:"again"`
	Entries int `json:"entries"`
}

// do gives the admin's command: go on with the run that is open, or else plan and
// switch. When that has worked it gives the same command once more.
func (j job) do(ctx context.Context) error {
	host, view, err := j.open()
	if err != nil {
		return err
	}
	log, err := journal.Open(j.Journal, time.Now)
	if err != nil {
		return err
	}
	r := &run.Runner{
		Journal: &mortalLog{Journal: log, job: j}, HostOf: func(string) (dnshost.Host, error) { return host, nil }, View: view,
		Now: time.Now, Sleep: sleep, Owner: "admin@office", Tell: show, Routes: j.routes(),
	}
	out, err := j.switchOver(ctx, r, host)
	if err != nil {
		return err
	}
	d := did{Changes: out.Changes, Resumed: out.Resumed}
	entries := len(log.Entries())
	if out, err = j.switchOver(ctx, r, host); err != nil {
		return err
	}
	d.Again, d.Entries = out.Changes+out.Moved, len(log.Entries())-entries
	return errors.Join(json.NewEncoder(os.Stdout).Encode(map[string]any{"did": d}), log.Close())
}

func (j job) switchOver(ctx context.Context, r *run.Runner, host dnshost.Host) (failover.Outcome, error) {
	if _, open := journal.Unfinished(r.Journal.Entries()); open {
		return r.Resume(ctx, run.Options{})
	}
	d := j.domain()
	keys := plan.Keys(failover.Failover, d)
	live, err := host.Read(ctx, j.Zone, keys)
	if err != nil {
		return failover.Outcome{}, err
	}
	p, err := plan.Build(
		plan.Request{Kind: failover.Failover, ID: fmt.Sprintf("run-%d", time.Now().UnixNano()), Author: "admin@office", Now: time.Now()},
		[]plan.Observed{{Domain: d, Zone: j.Zone, Host: j.Host, Live: live, Route: j.routes().Route(d.Name)}})
	if err != nil {
		return failover.Outcome{}, err
	}
	return r.Apply(ctx, p, run.Options{})
}

// open opens the DNS host and the view of its servers.
func (j job) open() (dnshost.Host, run.Viewer, error) {
	switch j.Host {
	case "rfc2136":
		host, err := rfc2136.New(rfc2136.Options{Server: j.Server, Key: j.Key, Secret: dnshost.Secret(j.Secret), Zone: j.Zone})
		return host, j.servers(), err
	case "cloudflare":
		host, err := cloudflare.New(cloudflare.Options{Token: dnshost.Secret(j.Token), BaseURL: j.URL})
		return host, ownWord{host}, err
	case "manual":
		view := j.servers()
		host, err := manual.New(manual.Options{Reader: view, Zone: j.Zone, Poll: 20 * time.Millisecond})
		return host, view, err
	default:
		return nil, nil, fmt.Errorf("no such host: %s", j.Host)
	}
}

// routeFile is the send route of the one domain, in a file.
type routeFile string

func (j job) routes() routeFile { return routeFile(j.Journal + ".route") }

func (f routeFile) Route(string) failover.Role {
	role, err := os.ReadFile(string(f))
	if err != nil {
		return failover.Primary
	}
	return failover.Role(role)
}

func (f routeFile) SetRoute(_ context.Context, m run.RouteMove) error {
	err := os.WriteFile(string(f)+".new", []byte(m.Role), 0o600)
	return errors.Join(err, os.Rename(string(f)+".new", string(f)))
}

// mortalLog is a journal whose process dies at an entry.
type mortalLog struct {
	*journal.Journal
	job job
	mu  sync.Mutex
	n   int
}

func (l *mortalLog) Append(e journal.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	last := l.job.Death != lives && l.n == l.job.Nth
	switch {
	case !last:
		return l.Journal.Append(e)
	case l.job.Death == after:
		if err := l.Journal.Append(e); err != nil {
			return err
		}
	case l.job.Death == torn:
		if err := tear(l.job.Journal); err != nil {
			return err
		}
	}
	return die()
}

// tear writes the beginning of a line.
func tear(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(`{"seq":99,"at":"2026-07-`)
	return errors.Join(err, f.Sync(), f.Close())
}

// die is kill -9 of this very process.
func die() error {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		return err
	}
	select {} // until the signal is there
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// show prints what a person at a console has to see, a line each.
func show(e run.Event) {
	if e.Guide != nil {
		_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"type": e.Step.After}) // the parent may be gone
	}
}

// atAddress is a view of one authoritative server, whose address is known.
type atAddress struct {
	*dnsview.Reader
	zone   string
	server dnsview.Server
}

func (j job) servers() atAddress {
	addr := netip.MustParseAddrPort(j.Server)
	return atAddress{
		Reader: dnsview.New(dnsview.Options{Port: addr.Port()}), zone: j.Zone,
		server: dnsview.Server{Name: "ns1." + j.Zone, Addrs: []netip.Addr{addr.Addr()}},
	}
}

func (v atAddress) Zone(context.Context, string) (string, error) { return v.zone, nil }

func (v atAddress) Servers(context.Context, string) ([]dnsview.Server, error) {
	return []dnsview.Server{v.server}, nil
}

// ownWord takes a host's own word for what its servers answer, where there are
// none.
type ownWord struct{ host dnshost.Host }

func (ownWord) Servers(_ context.Context, zone string) ([]dnsview.Server, error) {
	return []dnsview.Server{{Name: "ns1." + zone, Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}}, nil
}

func (v ownWord) Authoritative(ctx context.Context, zone string, servers []dnsview.Server, key failover.Key) failover.View {
	a := failover.Answer{Server: servers[0].Name, Addr: servers[0].Addrs[0], State: failover.Silent, Set: failover.RRset{Key: key}}
	if sets, err := v.host.Read(ctx, zone, []failover.Key{key}); err == nil {
		a.State, a.Set = failover.Answered, sets[0]
	}
	return failover.View{Key: key, Zone: zone, Answers: []failover.Answer{a}}
}
