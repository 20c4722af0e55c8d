package run_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnshost/cloudflare/cftest"
	"lifeboat/failover/dnshost/hosttest"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/journal"
)

// stage is a DNS host with many zones, one for each death, seen past the host.
type stage struct {
	job job
	// snapshot is every record of a zone but the SOA, a line each.
	snapshot func(t testing.TB, zone string) []string
	// person does at the console what a child asks for; nil where nobody has to.
	person func(t testing.TB, zone string, want failover.RRset)
}

// stages are the DNS hosts, by what starts them.
var stages = map[string]func(t testing.TB, zones []string) stage{
	"BIND": func(t testing.TB, zones []string) stage {
		return updated(servers.StartBIND(t, servers.DNSConfig{Zones: zonesOf(zones)}))
	},
	"Knot": func(t testing.TB, zones []string) stage {
		return updated(servers.StartKnot(t, servers.DNSConfig{Zones: zonesOf(zones)}))
	},
	"PowerDNS": func(t testing.TB, zones []string) stage {
		return updated(servers.StartPowerDNS(t, servers.DNSConfig{Zones: zonesOf(zones)}).DNS)
	},
	"Cloudflare": replayed,
	"manual": func(t testing.TB, zones []string) stage {
		server := servers.StartBIND(t, servers.DNSConfig{Zones: zonesOf(zones)})
		s := updated(server)
		s.job.Host, s.job.Key, s.job.Secret = "manual", "", ""
		s.person = func(t testing.TB, zone string, want failover.RRset) { typeIn(t, server, zone, want) }
		return s
	},
}

func zonesOf(names []string) []servers.Zone {
	var out []servers.Zone
	for _, n := range names {
		out = append(out, servers.Zone{Name: n, Text: hosttest.ZoneText(n)})
	}
	return out
}

func updated(server *servers.DNS) stage {
	return stage{
		job:      job{Host: "rfc2136", Server: server.Addr, Key: server.Writer.Name, Secret: server.Writer.Secret},
		snapshot: func(t testing.TB, zone string) []string { return server.Others(t, zone) },
	}
}

func replayed(t testing.TB, zones []string) stage {
	server := cftest.New(t)
	byName := map[string]*cftest.Zone{}
	for _, n := range zones {
		z := server.AddZone(n)
		byName[n] = z
		for _, set := range hosttest.Records(n) {
			z.Put(set)
		}
	}
	return stage{
		job: job{Host: "cloudflare", URL: server.URL, Token: server.Token(cftest.Edit)},
		snapshot: func(t testing.TB, zone string) []string {
			lines, err := byName[zone].Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			return lines
		},
	}
}

// typeIn is a person at a console: first the new records beside the old ones, then
// the old ones away.
func typeIn(t testing.TB, server *servers.DNS, zone string, want failover.RRset) {
	records := func() []dns.RR { // the library's calls write into what they are given
		var rrs []dns.RR
		for _, line := range hosttest.Lines(want) {
			rr, err := dns.NewRR(line)
			if err != nil {
				t.Error(err)
			}
			rrs = append(rrs, rr)
		}
		return rrs
	}
	enter, tidy := new(dns.Msg).SetUpdate(zone), new(dns.Msg).SetUpdate(zone)
	enter.Insert(records())
	tidy.RemoveRRset(records()[:1])
	tidy.Insert(records())
	for _, m := range []*dns.Msg{enter, tidy} {
		if code := server.Update(t, m); code != dns.RcodeSuccess {
			t.Errorf("the console says %s", dns.RcodeToString[code])
		}
	}
}

// TestKill kills a switch with SIGKILL before and after every entry of its journal,
// at each DNS host, and gives the same command again.
func TestKill(t *testing.T) {
	for name, start := range stages {
		deaths := []string{before, after}
		if name == "BIND" {
			deaths = append(deaths, torn)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zones := []string{"k-whole.test."}
			for _, d := range deaths {
				for n := range routedStory {
					zones = append(zones, deathZone(d, n+1))
				}
			}
			s := start(t, zones)
			t.Run("undisturbed", func(t *testing.T) {
				c := s.begin(t, zones[0])
				c.finish(t)
				sameStory(t, c.story(t), routedStory...)
			})
			for _, death := range deaths {
				for n := range routedStory {
					t.Run(fmt.Sprintf("%s entry %d", death, n+1), func(t *testing.T) {
						t.Parallel()
						c := s.begin(t, deathZone(death, n+1))
						c.job.Death, c.job.Nth = death, n+1
						if _, err := c.run(t, 0); !killed(err) {
							t.Fatalf("the child was to be killed, and ended with %v", err)
						}
						entries := n
						if death == after {
							entries++
						}
						sameStory(t, c.story(t), routedStory[:entries]...)
						c.finish(t)
						kept, err := os.ReadFile(c.job.Journal + ".torn")
						if death == torn != (err == nil && bytes.HasPrefix(kept, []byte(`{"seq":99`))) {
							t.Errorf("kept of the torn line: %q, %v", kept, err)
						}
					})
				}
			}
		})
	}
}

func deathZone(death string, n int) string { return fmt.Sprintf("k-%s-%d.test.", death, n) }

// TestKillLong kills at any moment, from outside.
func TestKillLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign: set LIFEBOAT_LONG=1, as make test-long does")
	}
	const rounds = 50
	for name, start := range stages {
		t.Run(name, func(t *testing.T) {
			var zones []string
			for n := range rounds {
				zones = append(zones, fmt.Sprintf("k-long-%d.test.", n))
			}
			s := start(t, zones)
			for _, zone := range zones {
				c := s.begin(t, zone)
				deaths := 0
				for range rand.IntN(4) {
					after := time.Duration(1+rand.IntN(300)) * time.Millisecond
					_, err := c.run(t, after)
					if err != nil && !killed(err) {
						t.Fatalf("%s: after %d deaths: %v", zone, deaths, err)
					}
					if err == nil {
						break
					}
					deaths++
				}
				c.finish(t)
				if t.Failed() {
					t.Fatalf("%s: after %d deaths", zone, deaths)
				}
			}
		})
	}
}

// killing is one zone on a stage, with the journal of those who switch it.
type killing struct {
	stage
	start []string
}

func (s stage) begin(t *testing.T, zone string) *killing {
	t.Helper()
	s.job.Zone, s.job.Journal = zone, filepath.Join(t.TempDir(), "journal")
	return &killing{stage: s, start: s.snapshot(t, zone)}
}

// run runs a child to its end, or kills it after some time if that is not 0.
func (c *killing) run(t *testing.T, killAfter time.Duration) (did, error) {
	t.Helper()
	text, err := json.Marshal(c.job)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), self)
	// Under the race detector a program waits a second before it ends, unless told not to.
	cmd.Env = append(os.Environ(), childJob+"="+string(text), "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if killAfter > 0 {
		timer := time.AfterFunc(killAfter, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	var d did
	var work sync.WaitGroup
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var said struct {
			Type *failover.RRset `json:"type"`
			Did  *did            `json:"did"`
		}
		if json.Unmarshal(lines.Bytes(), &said) != nil {
			continue // cut off by the kill
		}
		if said.Type != nil && c.person != nil {
			work.Go(func() { c.person(t, c.job.Zone, *said.Type) })
		}
		if said.Did != nil {
			d = *said.Did
		}
	}
	work.Wait() // a person goes on typing whatever becomes of the program
	if err := cmd.Wait(); err != nil {
		if !killed(err) {
			err = fmt.Errorf("%w: %s", err, stderr.String())
		}
		return d, err
	}
	return d, nil
}

func killed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.ExitCode() == -1 && !exit.Exited()
}

// finish gives the command again, with nobody to disturb it, and looks at what has
// come of it all.
func (c *killing) finish(t *testing.T) {
	t.Helper()
	c.job.Death = lives
	d, err := c.run(t, 0)
	if err != nil {
		t.Fatalf("the same command again: %v", err)
	}
	if d.Again != 0 || d.Entries != 0 {
		t.Errorf("a further run makes %d changes and writes %d entries", d.Again, d.Entries)
	}
	dom := c.job.domain()
	want := []failover.RRset{failover.MXSet(dom.Name, 300, dom.Secondary.MX), failover.MXSet(dom.Emergency, 300, dom.Secondary.MX)}
	ours := func(line string) bool {
		return slices.ContainsFunc(want, func(s failover.RRset) bool { return lineOf(line, s.Key) })
	}
	end := c.snapshot(t, c.job.Zone)
	others := func(lines []string) []string { return slices.DeleteFunc(slices.Clone(lines), ours) }
	if diff := cmp.Diff(others(c.start), others(end)); diff != "" {
		t.Errorf("unrelated records or a lock (-before +after):\n%s", diff)
	}
	var got []string
	for _, line := range end {
		if ours(line) {
			got = append(got, plainLine(line))
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(hosttest.Lines(want...), got); diff != "" {
		t.Errorf("the MX sets (-want +got):\n%s", diff)
	}
	if route := c.job.routes().Route(dom.Name); route != failover.Secondary {
		t.Errorf("mail leaves through the %s", route)
	}
	entries, err := journal.Read(c.job.Journal)
	if err != nil {
		t.Fatal(err)
	}
	if _, open := journal.Unfinished(entries); open {
		t.Errorf("a run is open still: %v", c.story(t))
	}
}

func (c *killing) story(t *testing.T) []string {
	t.Helper()
	entries, err := journal.Read(c.job.Journal)
	if err != nil {
		t.Fatal(err)
	}
	return (&memory{entries: entries}).story()
}

// lineOf reports whether a line of a snapshot is a record of the set, and
// plainLine is the line as hosttest.Lines has it.
func lineOf(line string, k failover.Key) bool {
	f := strings.Fields(plainLine(line))
	return len(f) > 3 && f[0] == k.Name && f[2] == k.Type
}

func plainLine(line string) string {
	f := strings.Fields(line)
	if len(f) > 3 && f[2] == "IN" { // as servers print it: name, TTL, class, type, data
		f = slices.Delete(f, 2, 3)
	}
	if i := slices.IndexFunc(f, func(w string) bool { return strings.HasPrefix(w, "content=") }); i > 1 {
		f = f[:i-1] // what the replay server keeps beside the data
	}
	return strings.Join(f, " ")
}
