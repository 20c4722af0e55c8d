package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/failovertest"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
	"lifeboat/failover/run"
)

var noon = time.Date(2026, 7, 30, 12, 0, 0, 0, time.UTC)

// memory is a journal without a disk. It fails, as a full disk does, from the
// entry number fullAt on (1 is the first) until that is 0 again.
type memory struct {
	mu      sync.Mutex
	entries []journal.Entry
	fullAt  int
	now     func() time.Time
	// on is called after each entry.
	on func(journal.Entry)
}

func (m *memory) Append(e journal.Entry) error {
	m.mu.Lock()
	if m.fullAt > 0 && len(m.entries)+1 >= m.fullAt {
		m.mu.Unlock()
		return failover.Fail(failover.ErrDisk, "the test's disk is full")
	}
	e.Seq, e.At = uint64(len(m.entries)+1), m.now()
	m.entries = append(m.entries, e)
	m.mu.Unlock()
	if m.on != nil {
		m.on(e)
	}
	return nil
}

func (m *memory) Entries() []journal.Entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.entries)
}

// story is the journal in short: "begin", "intent 1", ...
func (m *memory) story() []string {
	var out []string
	for _, e := range m.Entries() {
		line := string(e.Event)
		if e.Step != "" {
			line += " " + e.Step
		}
		if e.Result != "" {
			line += " " + string(e.Result)
		}
		out = append(out, line)
	}
	return out
}

// A world is some zones at one host, with four servers each, and all that a run
// needs.
type world struct {
	authority *failovertest.Authority
	host      *failovertest.Host
	servers   []*failovertest.Server
	viewer    *failovertest.Viewer
	clock     *failovertest.Clock
	log       *memory
	domains   []failover.Domain
	routes    *fakeRoutes // nil: the domains have no send routes

	mu     sync.Mutex
	events []run.Event
}

var (
	swapping = dnshost.Capabilities{CompareAndSwap: true, LockRecord: true}
	plain    = dnshost.Capabilities{}
	console  = dnshost.Capabilities{Interactive: true}
)

// newWorld makes a world of zones, each a domain whose mail goes to the primary.
func newWorld(caps dnshost.Capabilities, zones ...string) *world {
	if len(zones) == 0 {
		zones = []string{"example.test."}
	}
	w := &world{authority: failovertest.NewAuthority(zones...), clock: failovertest.NewClock(noon)}
	for _, z := range zones {
		d := failover.Domain{
			Name: z, Emergency: "sos." + z, MXTTL: 300,
			Primary:   failover.Provider{Role: failover.Primary, Name: "Alpha", MX: []failover.MX{{Preference: 10, Host: "mx1.alpha.test."}, {Preference: 20, Host: "mx2.alpha.test."}}},
			Secondary: failover.Provider{Role: failover.Secondary, Name: "Beta", MX: []failover.MX{{Preference: 10, Host: "mx.beta.test."}}},
		}
		w.domains = append(w.domains, d)
		w.authority.Put(
			failover.MXSet(z, 3600, d.Primary.MX),
			failover.NewRRset(z, "TXT", 300, `"v=spf1 include:spf.alpha.test ~all"`), failover.NewRRset(z, "NS", 300, "ns1.test.", "ns2.test."),
			failover.NewRRset("_dmarc."+z, "TXT", 300, `"v=DMARC1; p=none"`), failover.NewRRset("sub."+z, "MX", 300, "10 mx.sub.test."),
		)
	}
	w.host = failovertest.NewHost(w.authority, caps)
	for i := range 4 {
		w.servers = append(w.servers, failovertest.NewServer(fmt.Sprintf("ns%d.test", i+1), fmt.Sprintf("192.0.2.%d", i+1)))
	}
	w.viewer = failovertest.NewViewer(w.authority, w.servers...)
	w.viewer.Now = w.clock.Now
	w.log = &memory{now: w.clock.Now}
	return w
}

func (w *world) runner() *run.Runner {
	var routes run.SendRoutes
	if w.routes != nil {
		routes = w.routes
	}
	return &run.Runner{
		Journal: w.log, Routes: routes, HostOf: func(string) (dnshost.Host, error) { return w.host, nil }, View: w.viewer,
		Now: w.clock.Now, Sleep: w.clock.Sleep, Owner: "admin@office",
		Tell: func(e run.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		},
	}
}

// plan plans for all domains, from what is there.
func (w *world) plan(t rapid.TB, kind failover.Kind) failover.Plan {
	t.Helper()
	w.mu.Lock()
	id := fmt.Sprintf("%s-%d", kind, len(w.log.Entries()))
	w.mu.Unlock()
	var observed []plan.Observed
	for _, d := range w.domains {
		o := plan.Observed{Domain: d, Zone: d.Name, Host: "fake", OwnTTL: w.host.Capabilities().OwnTTL}
		if w.routes != nil {
			o.Route = w.routes.Route(d.Name)
		}
		for _, k := range plan.Keys(kind, d) {
			o.Live = append(o.Live, w.authority.Get(k))
		}
		observed = append(observed, o)
	}
	p, err := plan.Build(plan.Request{Kind: kind, ID: id, Author: "admin@office", Now: w.clock.Now()}, observed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// lastRun is the newest run in the journal.
func (w *world) lastRun() journal.Operation {
	ops := journal.Operations(w.log.Entries())
	return ops[len(ops)-1]
}

// inverse plans the way back from the last run.
func (w *world) inverse() (failover.Plan, error) {
	op := w.lastRun()
	left := plan.Left{Plan: op.Plan, States: op.Steps, Live: map[failover.Key]failover.RRset{}, Unguarded: map[string]bool{}}
	if w.routes != nil {
		left.Routes = w.routes.all()
	}
	for _, s := range op.Plan.Steps {
		left.Live[s.After.Key] = w.authority.Get(s.After.Key)
		caps := w.host.Capabilities()
		left.Unguarded[s.ID] = !caps.CompareAndSwap && !caps.Interactive
	}
	return plan.Inverse(plan.Request{ID: "back", Author: "admin@office", Now: w.clock.Now()}, left)
}

// rest is every record but the MX sets that a failover is about.
func (w *world) rest() []failover.RRset {
	var out []failover.RRset
	for _, d := range w.domains {
		out = append(out, w.authority.Records(d.Name, mxOf(d.Name), mxOf(d.Emergency))...)
	}
	return out
}

func mxOf(name string) failover.Key { return failover.Key{Name: name, Type: "MX"} }

// atPrimary and atSecondary are the MX set of a domain before and after.
func (w *world) atPrimary(i int) failover.RRset {
	return failover.MXSet(w.domains[i].Name, 3600, w.domains[i].Primary.MX)
}

func (w *world) atSecondary(i int) failover.RRset {
	return failover.MXSet(w.domains[i].Name, 300, w.domains[i].Secondary.MX)
}

// switched fails unless all mail goes to the secondary, and the emergency
// subdomains with it, and no MX set was ever empty on the way.
func (w *world) switched(t rapid.TB) {
	t.Helper()
	for i, d := range w.domains {
		w.is(t, w.atSecondary(i))
		w.is(t, failover.MXSet(d.Emergency, 300, d.Secondary.MX))
		for _, past := range w.authority.Past(mxOf(d.Name))[1:] {
			if !past.Exists() {
				t.Errorf("%s was without MX for a moment", d.Name)
			}
		}
	}
}

func (w *world) is(t rapid.TB, want failover.RRset) {
	t.Helper()
	if got := w.authority.Get(want.Key); !got.Equal(want) {
		t.Errorf("%s is %v, not %v", want.Key, got, want)
	}
}

func (w *world) unlocked(t rapid.TB) {
	t.Helper()
	for _, d := range w.domains {
		if l := w.authority.Get(failover.Key{Name: dnshost.LockName(d.Name), Type: "TXT"}); l.Exists() {
			t.Errorf("the lock of %s stays: %v", d.Name, l)
		}
	}
}

// told reports whether an event said this.
func (w *world) told(sentence string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.events, func(e run.Event) bool { return e.Say.String() == sentence })
}

func sameStory(t rapid.TB, got []string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("the journal (-want +got):\n%s", d)
	}
}

// isKind fails unless err is of the kind, with a sentence that begins so.
func isKind(t rapid.TB, err, kind error, sentence string) {
	t.Helper()
	var e *failover.Error
	if !errors.Is(err, kind) || !errors.As(err, &e) || !strings.HasPrefix(e.Say.String(), sentence) {
		t.Errorf("got %v,\nwant %q: %s", err, kind, sentence)
	}
}

func (w *world) apply(t testing.TB, p failover.Plan) failover.Outcome {
	t.Helper()
	out, err := w.runner().Apply(t.Context(), p, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w *world) resume(t testing.TB) failover.Outcome {
	t.Helper()
	out, err := w.runner().Resume(t.Context(), run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// states are the steps' states of an outcome.
func states(out failover.Outcome) string {
	var s []string
	for _, o := range out.Steps {
		s = append(s, string(o.State))
	}
	return strings.Join(s, " ")
}

// person is somebody who does at the console what is asked.
func (w *world) person(_ context.Context, c dnshost.Change) { w.authority.Put(c.After) }
