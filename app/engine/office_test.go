package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/journal"
	"lifeboat/failover/lab"
	"lifeboat/failover/probe"
	"lifeboat/failover/run"
)

var (
	mx        = failover.Key{Name: "example.test.", Type: "MX"}
	emergency = failover.Key{Name: "emergency.example.test.", Type: "MX"}
)

// office is an admin's desk in a practice world in which nobody writes. Its probes
// take no pauses.
type office struct {
	t     *testing.T
	world *lab.World
	parts engine.Options
	*engine.Engine

	mu     sync.Mutex
	probed map[string]int // findings taken, by check
}

// newOffice makes a world and an engine in it; change exchanges parts of it.
func newOffice(t *testing.T, change ...func(*engine.Options)) *office {
	t.Helper()
	return newOfficeIn(t, lab.Options{Interval: -1}, change...)
}

func newOfficeIn(t *testing.T, world lab.Options, change ...func(*engine.Options)) *office {
	t.Helper()
	p, err := engine.StartPracticeIn(t.Context(), world, "en", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	o := &office{t: t, world: p.World, parts: p.Parts(), probed: map[string]int{}}
	o.parts.DataDir = filepath.Join(t.TempDir(), "data")
	o.parts.MakeProber = o.prober
	for _, c := range change {
		c(&o.parts)
	}
	o.Engine = engine.New(o.parts)
	return o
}

// age makes all evidence older, as if the time had passed since it was taken.
func (o *office) age(by time.Duration) {
	o.t.Helper()
	var file map[string]any
	data, err := os.ReadFile(o.evidence())
	if err == nil {
		err = json.Unmarshal(data, &file)
	}
	for _, e := range file["entries"].([]any) {
		finding := e.(map[string]any)["finding"].(map[string]any)
		at, perr := time.Parse(time.RFC3339, finding["at"].(string))
		err = errors.Join(err, perr)
		finding["at"] = at.Add(-by)
	}
	if err == nil {
		data, err = json.Marshal(file)
	}
	if err = errors.Join(err, os.WriteFile(o.evidence(), data, 0o600)); err != nil {
		o.t.Fatal(err)
	}
}

// prober is as quick as a test wants it, and counts what it finds.
func (o *office) prober(_ configs.Provider, tell func(failover.Finding)) (*probe.Prober, error) {
	return probe.New(probe.Options{
		Dialer: o.world.Dialer(), Reader: o.parts.Reader, Controls: o.world.Controls(), TLS: o.world.TLSConfig(),
		RCPTPerSecond: 1000, SteadyAfter: time.Millisecond, RetryAfter: time.Millisecond, Patience: time.Second,
		Tell: func(f failover.Finding) {
			o.mu.Lock()
			o.probed[f.Check]++
			o.mu.Unlock()
			tell(f)
		},
	}), nil
}

// rcpts is how often a recipient has been asked for so far.
func (o *office) rcpts() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.probed["rcpt"]
}

// another is an engine of its own over the same world, with parts exchanged.
func (o *office) another(change func(*engine.Options)) *engine.Engine {
	parts := o.parts
	change(&parts)
	return engine.New(parts)
}

// settings loads the office's settings with a piece of the text replaced.
func (o *office) settings(old, now string) *configs.Settings {
	o.t.Helper()
	text, err := os.ReadFile(o.Settings().File())
	if err != nil || !strings.Contains(string(text), old) {
		o.t.Fatalf("no %q in the settings: %v", old, err)
	}
	file := filepath.Join(o.t.TempDir(), "lifeboat.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, now, 1)), 0o600); err != nil {
		o.t.Fatal(err)
	}
	s, _, err := configs.Load(file, configs.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	return s
}

func (o *office) failover(change ...func(*engine.SwitchRequest)) (failover.Outcome, error) {
	return o.change(failover.Failover, change...)
}

func (o *office) failback(change ...func(*engine.SwitchRequest)) (failover.Outcome, error) {
	return o.change(failover.Failback, change...)
}

func (o *office) change(kind failover.Kind, change ...func(*engine.SwitchRequest)) (failover.Outcome, error) {
	req := engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: kind}}
	for _, c := range change {
		c(&req)
	}
	return o.Switch(o.t.Context(), req)
}

// sendVia moves the send route alone.
func (o *office) sendVia(to failover.Role) (failover.Outcome, error) {
	return o.change(failover.SendRoute, func(r *engine.SwitchRequest) { r.To = to })
}

// sends is where mail leaves, as the office's file of routes says.
func (o *office) sends() failover.Role {
	o.t.Helper()
	routes, err := o.Routes(o.t.Context())
	if err != nil || len(routes) != 1 || routes[0].Domain != "example.test" {
		o.t.Fatalf("%+v, %v", routes, err)
	}
	return routes[0].Role
}

// done fails the test unless a run came to its end.
func (o *office) done(out failover.Outcome, err error) failover.Outcome {
	o.t.Helper()
	if err != nil || !out.Done {
		o.t.Fatalf("the run is not done: %v\n%+v", err, out)
	}
	return out
}

// route is where the zone's primary name server says that mail goes.
func (o *office) route() failover.Route {
	return o.world.Domain().RouteOf(o.world.Truth(mx.Name, mx.Type))
}

func (o *office) is(want failover.Route) {
	o.t.Helper()
	if got := o.route(); got != want {
		o.t.Errorf("mail goes to the %s, not to the %s: %v", got, want, o.world.Truth(mx.Name, mx.Type))
	}
}

// entries are what the journal holds.
func (o *office) entries() []journal.Entry {
	o.t.Helper()
	e, err := journal.Read(o.journal())
	if err != nil {
		o.t.Fatal(err)
	}
	return e
}

func (o *office) journal() string  { return filepath.Join(o.parts.DataDir, "journal.jsonl") }
func (o *office) evidence() string { return filepath.Join(o.parts.DataDir, "evidence.json") }

// events are the journal's events, shortened.
func (o *office) events() string {
	o.t.Helper()
	var out []string
	for _, e := range o.entries() {
		out = append(out, string(e.Event))
	}
	return strings.Join(out, " ")
}

// zone is every record set of the zone that a switch could touch, and some that it
// must not, with the SOA record, whose serial counts changes.
func (o *office) zone() []string {
	var out []string
	for _, name := range []string{"", "emergency.", "www.", "_dmarc.", "_lifeboat-lock."} {
		for _, typ := range []string{"SOA", "NS", "MX", "TXT", "A"} {
			out = append(out, o.world.Truth(name+"example.test.", typ).String())
		}
	}
	return out
}

// refused holds an error to its kind, to be one sentence with these parts, in both
// languages, and to have left the zone as it was.
func (o *office) refused(before []string, err error, kind error, parts ...string) {
	o.t.Helper()
	oneSentence(o.t, err, kind, parts...)
	if after := o.zone(); !slices.Equal(before, after) {
		o.t.Errorf("the zone was changed:\n%s\nto\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

func oneSentence(t *testing.T, err error, kind error, parts ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("the error is %v, not of the kind %v", err, kind)
	}
	for _, l := range i18n.Languages() {
		tongue, terr := i18n.New(l)
		if terr != nil {
			t.Fatal(terr)
		}
		lines := tongue.Errors(err)
		if len(lines) != 1 || strings.Contains(lines[0], "{") || strings.Contains(lines[0], "\n") {
			t.Errorf("%s: no sentence is %q", l, lines)
		}
		for _, p := range parts {
			if l == i18n.English && !strings.Contains(lines[0], p) {
				t.Errorf("%q does not say %q", lines[0], p)
			}
		}
	}
}

func yes(engine.Preview) (bool, error) { return true, nil }

// cancelAt ends a run when a step has come to a state.
func cancelAt(cancel context.CancelFunc, state failover.StepState) func(run.Event) {
	return func(e run.Event) {
		if e.State == state && e.Say.IsZero() && len(e.View.Answers) == 0 {
			cancel()
		}
	}
}
