package cli_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lifeboat/app/cli"
	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// turned is a clock on which time passes where somebody waits for it.
type turned struct {
	mu  sync.Mutex
	off time.Duration
}

func (c *turned) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.off)
}

func (c *turned) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off += d
}

// watching gives a command that watches, and ends it with Ctrl-C when the plan is
// over: so many rounds, then what happens, and so on.
func (d *desk) watching(plan []string, args ...string) said {
	sleep, ctx := d.parts.Sleep, d.ctx
	defer func() { d.parts.Sleep, d.ctx = sleep, ctx }()
	over, end := context.WithCancel(ctx)
	defer end()
	d.ctx, d.parts.Now = over, d.clock.now
	rounds := 0
	d.parts.Sleep = func(ctx context.Context, wait time.Duration) error {
		d.clock.pass(wait)
		rounds++
		for len(plan) > 0 {
			if n, err := strconv.Atoi(plan[0]); err == nil {
				if rounds < n {
					return ctx.Err()
				}
				rounds = 0
			} else if what := strings.Fields(plan[0]); what[0] == "break" {
				_ = d.world.Break(failover.Role(what[1]), lab.Fault(what[2])) // a wrong word breaks nothing, and the script fails
			} else {
				d.world.Mend(failover.Role(what[1]))
			}
			plan = plan[1:]
		}
		end()
		return ctx.Err()
	}
	return d.run(args...)
}

// watches PLAN ARGS... is the command of scripts for that; see watching.
func watches(ts *testscript.TestScript, _ bool, args []string) {
	d := deskOf(ts)
	got := d.watching(strings.Split(args[0], ","), args[1:]...)
	_, _ = io.WriteString(ts.Stdout(), got.out)
	_, _ = io.WriteString(ts.Stderr(), got.err)
	if got.status != 0 {
		ts.Fatalf("exit status %d: Ctrl-C is no failure", got.status)
	}
	lines := []string{""}
	if strings.Contains(strings.Join(args, " "), "--json") {
		lines = strings.Split(strings.TrimSuffix(got.out, "\n"), "\n")
	}
	for _, line := range lines {
		d.last.out = line
		if err := d.held(line != ""); err != nil {
			ts.Fatalf("%v", err)
		}
	}
}

// full takes some writes, and then no more.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errors.New("no room")
	}
	return len(p), nil
}

// A watch that nobody can read the answers of ends, and says why.
func TestWatchIntoAFullDisk(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir())
	d.parts.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	for _, args := range [][]string{{"status", "--watch"}, {"status", "--watch", "--json"}} {
		var errs bytes.Buffer
		status := cli.Run(d.ctx, d.app(cli.Streams{In: strings.NewReader(""), Out: &full{}, Err: &errs}), args)
		if status != 1 || !strings.Contains(errs.String(), "could not be written to standard output") {
			t.Errorf("%v: status %d, %q", args, status, errs.String())
		}
	}
}

// At a terminal the line below the changes is renewed each round, and gone at the end.
func TestWatchAtATerminal(t *testing.T) {
	t.Parallel()
	d := newDesk(t, t.TempDir())
	d.terminal = true
	got := d.watching([]string{"4"}, "status", "--watch")
	if n := strings.Count(got.err, "\r\x1b[K"); n < 5 || !strings.HasSuffix(got.err, "\r\x1b[K") {
		t.Errorf("the live line was written %d times:\n%q", n, got.err)
	}
	if !strings.Contains(got.err, "✓ primary, ✓ secondary, ✓ own line; every 1 min, Ctrl-C ends") {
		t.Errorf("the live line: %q", got.err)
	}
	if strings.Contains(got.out, "\r") || got.status != 0 {
		t.Errorf("status %d: %q", got.status, got.out)
	}
}
