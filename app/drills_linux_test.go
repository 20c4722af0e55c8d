package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover/drill"
	"lifeboat/failover/failovertest/servers"
)

// Every built-in scenario is played by the program as it is shipped, at the pace of life
// and unattended, and ends as its file says is right. It needs no settings, and no
// network beyond loopback: there is none here. All are played side by side, for they wait
// most of the time.
func TestEveryScenarioEndsAsItsFileSays(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	all, err := engine.Scenarios()
	if err != nil {
		t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(s drill.Scenario) bool { return !slices.Contains(s.Kinds, drill.Functional) })
	if len(all) < 9 {
		t.Fatalf("only %d scenarios can be played", len(all))
	}
	dir := t.TempDir()
	program := program(t)
	var wg sync.WaitGroup
	for _, s := range all {
		wg.Go(func() {
			r, err := played(t, program, dir, s.Name)
			if err != nil {
				t.Errorf("%s: %v\n%s", s.Name, err, told(r))
				return
			}
			t.Logf("%s: %v, %s", s.Name, r.Ended.Sub(r.Started).Round(time.Second), times(r))
			if s.Name == "ex196121-2019-11-19" {
				inTime(t, r)
			}
		})
	}
	wg.Wait()
}

// played gives lifeboat drill run --unattended --json, and reads the one document that
// it prints.
func played(t *testing.T, program, dir, name string) (r drill.Result, err error) {
	home := filepath.Join(dir, name)
	if err := os.Mkdir(home, 0o700); err != nil {
		return r, err
	}
	c := exec.CommandContext(t.Context(), program, "drill", "run", name, "--unattended", "--json")
	c.Dir, c.Env = home, []string{"HOME=" + home, "LANG=C.UTF-8", "TMPDIR=" + home, "XDG_CACHE_HOME=" + dir}
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	ran := c.Run()
	d := json.NewDecoder(&out)
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("no document: %w, %w\n%s", err, ran, errs.String())
	}
	switch m := r.Mail; {
	case ran != nil:
		return r, ran
	case d.More():
		return r, errors.New("something stands after the document")
	case !r.Passed || r.Factor != 1 || !r.Unattended:
		return r, fmt.Errorf("passed %v, factor %v", r.Passed, r.Factor)
	case m.Sent == 0 || m.Lost+m.Doubled+m.Bounced+m.Waiting > 0:
		return r, fmt.Errorf("the mail is not as it should be: %+v", m)
	case r.Mirror == nil || !r.Mirror.Problem.IsZero() || r.Mirror.Held == 0:
		return r, fmt.Errorf("past mail was not mirrored: %+v", r.Mirror)
	case r.Relay == nil || !r.Relay.Problem.IsZero() || r.Relay.Accepted == 0 || r.Relay.Accepted != r.Relay.Primary+r.Relay.Secondary:
		return r, fmt.Errorf("what staff wrote is not accounted for: %+v", r.Relay)
	}
	if kept, err := engine.Drills(filepath.Join(home, ".local", "share", "lifeboat")).Load("last"); err != nil || kept.ID != r.ID {
		return r, fmt.Errorf("it is not kept: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(home, "lifeboat-practice-*"))
	if err != nil || len(left) > 0 {
		return r, fmt.Errorf("its world is left in %v, %w", left, err)
	}
	return r, nil
}

// told is what happened in a drill, for a test's log.
func told(r drill.Result) string {
	var b strings.Builder
	for _, e := range r.Timeline {
		fmt.Fprintf(&b, "%v %s %s\n", time.Duration(e.Since).Round(100*time.Millisecond), e.Kind, e.Say)
	}
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%v %s\n", c.OK, c.Say)
	}
	fmt.Fprintf(&b, "%s\n%+v", times(r), r.Mail)
	return b.String()
}

// times are the measured times of a drill on one line.
func times(r drill.Result) string {
	var parts []string
	for _, m := range r.Measures {
		if m.Took != nil {
			parts = append(parts, string(m.Name)+" "+time.Duration(*m.Took).Round(10*time.Millisecond).String())
		}
	}
	return strings.Join(parts, ", ")
}

// inTime holds the promise from fault to first mail: what detection takes, the
// decision, which is made at once where nobody is asked, the old TTL, and 5 s.
func inTime(t *testing.T, r drill.Result) {
	t.Helper()
	took := func(name drill.MeasureName) time.Duration {
		s, ok := r.Took(name)
		if !ok {
			t.Errorf("%s was not measured", name)
		}
		return time.Duration(s)
	}
	for _, name := range []drill.MeasureName{
		drill.MeasureSwitch, drill.MeasureVerify, drill.MeasureDrained, drill.MeasureFailback, drill.MeasureHome,
	} {
		took(name)
	}
	first, detect, decide, ttl := took(drill.MeasureFirstMail), took(drill.MeasureDetect), took(drill.MeasureDecide), took(drill.MeasureOldTTL)
	if ttl != 10*time.Second || decide >= time.Second {
		t.Errorf("old TTL %v, decided in %v", ttl, decide)
	}
	if most := detect + decide + ttl + 5*time.Second; first > most {
		t.Errorf("the first mail was at the secondary %v after the fault, not within %v", first, most)
	}
}
