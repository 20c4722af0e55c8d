package cli_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"lifeboat/app/cli"
	"lifeboat/app/engine"
	"lifeboat/failover/drill"
)

const quickDrill = `name: quick
title: A quick outage
summary: The primary resets everybody for a moment.
scope: Everything.
lasts: 5m
kinds: [functional]
world: {ttl: 5s, watch_every: 200ms}
goals: {detect: 10s, decide: 10s, switch: 10s, first_mail: 30s, failback: 15s}
right:
  moves: [failover, failback]
  fault: resets
  blame: provider
  delayed: true
  why: Nothing arrives at the primary.
script:
  - {delay: 1s, do: break, role: primary, fault: reset}
  - {after: arrived, delay: 1s, do: mend, role: primary}
  - {after: returned, delay: 1s, do: finish}
objectives: [See it]
expected: [Switch]
questions: ["Who decided?"]
`

// deskWithDrill is a desk without settings, with a scenario of its own.
func deskWithDrill(t *testing.T) (d *desk, file string) {
	t.Helper()
	d = newDesk(t, t.TempDir())
	file = filepath.Join(d.dir, "quick.yaml")
	if err := os.WriteFile(file, []byte(quickDrill), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(d.config()); err != nil {
		t.Fatal(err)
	}
	return d, file
}

// partner types an answer when a text has been said, one after the other.
type partner struct {
	mu    sync.Mutex
	said  bytes.Buffer
	seen  int // how far the text is answered
	to    *io.PipeWriter
	turns []turn
}

// turn is what to type, once, after a text.
type turn struct{ after, types string }

func (p *partner) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.said.Write(b)
	for len(p.turns) > 0 {
		at := strings.Index(p.said.String()[p.seen:], p.turns[0].after)
		if at < 0 {
			break
		}
		p.seen += at + len(p.turns[0].after)
		line := p.turns[0].types
		p.turns = p.turns[1:]
		go func() { _, _ = io.WriteString(p.to, line) }()
	}
	return n, err
}

func (p *partner) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// In a drill that somebody leads at a terminal, what is typed is done, and stands in
// the record with the name of who said it.
func TestDrillDecidedAtATerminal(t *testing.T) {
	t.Parallel()
	d, file := deskWithDrill(t)
	in, to := io.Pipe()
	t.Cleanup(func() { _ = to.Close() })
	talk := &partner{to: to, turns: []turn{
		{"takes no mail", "Sato: failover Nothing arrives\n"},
		{"The first mail is at", "note Tanaka: that was quick\nstatus\n"},
		{"Harbormail is in order", "failback\n"},
	}}
	var out bytes.Buffer
	status := cli.Run(t.Context(), d.app(cli.Streams{In: in, Out: &out, Err: talk, Terminal: true}),
		[]string{"drill", "run", "--file", file, "--participant", "Sato", "--participant", "Tanaka: decides"})
	if status != 0 || !strings.Contains(out.String(), "Passed.") {
		t.Fatalf("status %d\n%s\n%s", status, talk.String(), out.String())
	}
	for _, part := range []string{"> Sato: ", "> Tanaka: ", "Tanaka: That was quick.", "Caches may hold the old answer for another "} {
		if !strings.Contains(talk.String(), part) {
			t.Errorf("nobody says %q:\n%s", part, talk.String())
		}
	}
	r := d.lastDrill(t)
	if len(r.Moves) != 2 || r.Moves[0].Who != "Sato" || r.Moves[0].Why != "Nothing arrives" || r.Moves[1].Who != "Tanaka" || r.Unattended ||
		len(r.Observations) != 1 || r.Version != "1.2.3" || len(r.Participants) != 2 {
		t.Errorf("the record is %+v", r)
	}
}

// lastDrill is the record that was kept last.
func (d *desk) lastDrill(t *testing.T) drill.Result {
	t.Helper()
	r, err := engine.Drills(filepath.Join(d.dir, "data")).Load("last")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Ctrl-C ends a drill in order, whatever kind it is, and what there is is kept.
func TestCtrlCInADrill(t *testing.T) {
	t.Parallel()
	d, file := deskWithDrill(t)
	for i, c := range []struct {
		text string
		args []string
		kind drill.Kind
	}{
		{"Your own line works", []string{"--file", file, "--unattended", "--json"}, drill.Functional},
		{"Your own line works", []string{"--random", "--seed", "7", "--unattended"}, drill.Functional},
		{"The clock runs", []string{"ex196121-2019-11-19", "--kind", "tabletop"}, drill.Tabletop},
	} {
		got := d.interrupted(t, c.text, append([]string{"drill", "run"}, c.args...)...)
		if got.status != 1 || !strings.Contains(got.err, "The drill was stopped; what was measured until then is kept.") {
			t.Errorf("%v: status %d\n%s\n%s", c.args, got.status, got.err, got.out)
		}
		if err := d.held(strings.Contains(strings.Join(c.args, " "), "--json")); err != nil {
			t.Errorf("%v: %v", c.args, err)
		}
		all, err := engine.Drills(filepath.Join(d.dir, "data")).List()
		if err != nil || len(all) != i+1 || !slices.ContainsFunc(all, func(s drill.Summary) bool { return s.Kind == c.kind && !s.Passed }) {
			t.Errorf("%v: what is kept is %+v, %v", c.args, all, err)
		}
	}
}

// A drill that cannot be kept is shown, and is no success.
func TestDrillThatCannotBeKept(t *testing.T) {
	t.Parallel()
	d, file := deskWithDrill(t)
	if err := os.WriteFile(filepath.Join(d.dir, "data"), []byte("no folder"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs := &watched{text: "Your own line works", then: cancel}
	var out bytes.Buffer
	status := cli.Run(ctx, d.app(cli.Streams{In: strings.NewReader(""), Out: &out, Err: errs}), []string{"drill", "run", "--file", file, "--unattended"})
	if status != 1 || !strings.Contains(out.String(), "A quick outage") || strings.Contains(out.String(), "lifeboat drill report") || !strings.Contains(errs.String(), "lifeboat: ") {
		t.Errorf("status %d\n%s\n%s", status, errs.String(), out.String())
	}
}

// On a live rehearsal the command line shows what it would do, asks, tells, and cleans
// up.
func TestLiveRehearsal(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir())
	file := filepath.Join(d.dir, "live.yaml")
	live := "name: live-rehearsal\ntitle: Live\nsummary: On a test subdomain.\nscope: DNS.\nlasts: 5m\nkinds: [live]\n" +
		"goals: {switch: 30s, failback: 30s}\nright: {moves: [failover, failback], why: It works.}\nobjectives: [See it]\nexpected: [Switch]\nquestions: [\"Was it quick?\"]\n"
	if err := os.WriteFile(file, []byte(live), 0o600); err != nil {
		t.Fatal(err)
	}
	run := []string{"drill", "run", "--file", file, "--ttl", "1s"}
	d.typed, d.terminal = "n\n", true
	if got := d.run(run...); got.status != 1 || !strings.Contains(got.err, "lifeboat-drill.example.test is given these records") || !strings.Contains(got.err, "Nothing was changed") {
		t.Errorf("status %d\n%s", got.status, got.err)
	}
	got := d.run(append(run, "--yes", "--facilitator", "Sato")...)
	if got.status != 0 || !strings.Contains(got.out, "From the yes until every resolver watched gives the new records: ") || !strings.Contains(got.out, "Passed.") {
		t.Errorf("status %d\n%s\n%s", got.status, got.err, got.out)
	}
	if r := d.lastDrill(t); r.Kind != drill.Live || !r.Passed || r.Facilitator != "Sato" {
		t.Errorf("the record is %+v", r)
	}
	if err := d.held(false); err != nil {
		t.Error(err)
	}
	stopped := d.interrupted(t, "Failover of lifeboat-drill.example.test", append(run, "--yes", "--json")...)
	if stopped.status != 1 || d.world.Truth("lifeboat-drill.example.test", "MX").Exists() {
		t.Errorf("status %d, and there is %v\n%s", stopped.status, d.world.Truth("lifeboat-drill.example.test", "MX"), stopped.err)
	}
	if err := d.held(true); err != nil {
		t.Error(err)
	}
	if got := d.run(append(run, "--clean", "--json")...); got.status != 0 || !strings.Contains(got.out, `"removed": false`) {
		t.Errorf("status %d\n%s\n%s", got.status, got.err, got.out)
	}
	if got := d.run(append(run, "--name", "emergency", "--yes")...); got.status != 2 || !strings.Contains(got.err, "is a name that mail goes to") {
		t.Errorf("status %d\n%s", got.status, got.err)
	}
}
