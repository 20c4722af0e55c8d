package engine_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/journal"
)

// Whatever kills the program, and wherever, the same command finishes the work: the
// records are as wanted, no other record has changed, no lock is left, and no set was
// ever anything else. What a killed process leaves of its lease is in nobody's way.
func TestKilledAtEveryAct(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, then failover.Kind }{
		{failover.Failover, failover.Failover},
		{failover.Failover, failover.Rollback}, // or takes it back
		{failover.Rollback, failover.Rollback},
	} {
		t.Run(string(c.first+" and "+c.then), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			gate := o.openGate()
			for at := 1; ; at++ {
				o.prepareFor(c.first)
				o.calm(c.first)
				others := o.others()
				where, killed := o.dies(gate, c.first, at)
				if !killed {
					t.Logf("%d acts", at-1)
					if at < 15 {
						t.Errorf("only %d acts were counted: %s", at-1, o.events())
					}
					return
				}
				if _, open := journal.Unfinished(o.entries()); !open && c.first != c.then {
					continue // killed before anything had begun
				}
				if c.first != c.then {
					o.prepareFor(c.then)
				}
				o.child(gate, c.then, 0)
				o.finished(where, c.then, c.first == c.then, others)
			}
		})
	}
}

// A process that goes on with what a killed one began may be killed as well: at every
// fifth act, of other ones each time.
func TestKilledTwiceLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("set LIFEBOAT_LONG for it")
	}
	t.Parallel()
	for _, kind := range []failover.Kind{failover.Failover, failover.Rollback} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			gate := o.openGate()
			for first, killed := 1, true; killed; first++ {
				for second, again := 1+first%5, true; again; second += 5 {
					o.prepareFor(kind)
					o.calm(kind)
					others := o.others()
					var where, there string
					if where, killed = o.dies(gate, kind, first); !killed {
						break
					}
					if there, again = o.dies(gate, kind, second); again {
						o.child(gate, kind, 0)
					}
					o.finished(where+", then "+there, kind, true, others)
				}
				if killed {
					t.Logf("killed at act %d, and on its way from there to the end", first)
				}
			}
		})
	}
}

// dies runs a child that kills itself at an act, and looks at what is left then: each
// set is what it was before or what it is to be.
func (o *office) dies(gate string, kind failover.Kind, at int) (where string, killed bool) {
	o.t.Helper()
	start, want := o.mail(), o.goal(kind)
	where, killed = o.child(gate, kind, at)
	for i, set := range o.mail() {
		if set != start[i] && set != want[i] {
			o.t.Errorf("killed when %s, a set is %s", where, set)
		}
	}
	return where, killed
}

// finished holds the world to what a command is for that was killed and given again.
func (o *office) finished(where string, kind failover.Kind, whole bool, others []string) {
	o.t.Helper()
	if got := o.mail(); got != o.goal(kind) {
		o.t.Errorf("killed when %s, and then the sets are %v", where, got)
	}
	if want := o.leavesBy(kind); o.sends() != want {
		o.t.Errorf("killed when %s, and then mail leaves through the %s, not the %s", where, o.sends(), want)
	}
	if !slices.Equal(others, o.others()) {
		o.t.Errorf("killed when %s: other records were changed:\n%v\n%v", where, others, o.others())
	}
	o.told(where, whole)
}

// prepareFor takes the evidence that the children need.
func (o *office) prepareFor(kind failover.Kind) {
	o.t.Helper()
	to := failover.Secondary
	if kind == failover.Rollback {
		to = failover.Primary
	}
	if r, err := o.Check(o.t.Context(), engine.CheckRequest{To: to}); err != nil || !r.Ready {
		o.t.Fatalf("%+v, %v", r, err)
	}
}

// calm makes the world, and the journal, what they are before a run of the kind.
func (o *office) calm(kind failover.Kind) {
	o.t.Helper()
	primary := failover.MXSet(mx.Name, 300, o.world.Domain().Primary.MX)
	if err := o.world.Put(primary); err != nil {
		o.t.Fatal(err)
	}
	o.unprepared()
	o.done(o.sendVia(failover.Primary))
	if kind == failover.Rollback {
		o.done(o.failover())
		o.prepareFor(kind)
	}
}

// goal is what the sets are after a run of the kind.
func (o *office) goal(kind failover.Kind) [2]string {
	d := o.world.Domain()
	to := d.Secondary.MX
	if kind == failover.Rollback {
		to = d.Primary.MX
	}
	return [2]string{failover.MXSet(mx.Name, 300, to).String(), failover.MXSet(emergency.Name, 300, to).String()}
}

// leavesBy is where mail leaves after a run of the kind.
func (o *office) leavesBy(kind failover.Kind) failover.Role {
	if kind == failover.Rollback {
		return failover.Primary
	}
	return failover.Secondary
}

// A move of the send route alone is killed at every act, and the same command finishes
// it, or the next one of another kind.
func TestRouteKilledAtEveryAct(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	gate := o.openGate()
	o.prepareFor(failover.Failover)
	zone := o.zone()
	for at := 1; ; at++ {
		o.done(o.sendVia(failover.Primary))
		where, killed := o.child(gate, failover.SendRoute, at)
		if !killed {
			if at < 4 {
				t.Errorf("only %d acts were counted: %s", at-1, o.events())
			}
			break
		}
		if at%2 == 0 {
			o.child(gate, failover.SendRoute, 0)
		} else if v, err := o.rollback(); err != nil && !errors.Is(err, failover.ErrInvalid) || err == nil && !v.Done {
			t.Errorf("killed when %s, taken back: %+v, %v", where, v, err)
		}
		want := failover.Secondary
		if at%2 == 1 {
			want = failover.Primary
		}
		if o.sends() != want {
			t.Errorf("killed when %s: mail leaves through the %s, not the %s: %s", where, o.sends(), want, o.events())
		}
		if op, open := journal.Unfinished(o.entries()); open {
			t.Errorf("killed when %s: %+v stays open", where, op)
		}
	}
	if !slices.Equal(zone, o.zone()) {
		t.Errorf("the zone was changed: %v", o.zone())
	}
}

// told holds the journal to what must be in it once a killed run was finished.
func (o *office) told(where string, whole bool) {
	o.t.Helper()
	ops := journal.Operations(o.entries())
	last := ops[len(ops)-1]
	if last.Result != journal.Done && whole {
		o.t.Errorf("killed when %s: the last run is %+v\n%s", where, last, o.events())
	}
	for _, s := range last.Plan.Steps {
		if last.Result == journal.Done && last.Steps[s.ID] != failover.Verified {
			o.t.Errorf("killed when %s: step %s is %s", where, s.ID, last.Steps[s.ID])
		}
	}
	for _, s := range last.Plan.Routes {
		if last.Result == journal.Done && last.Steps[s.ID] != failover.Ack {
			o.t.Errorf("killed when %s: step %s is %s", where, s.ID, last.Steps[s.ID])
		}
	}
	for _, op := range ops {
		if op.Open() {
			o.t.Errorf("killed when %s: run %s stays open: %s", where, op.ID, o.events())
		}
	}
	if lock := o.world.Truth("_lifeboat-lock.example.test", "TXT"); lock.Exists() {
		o.t.Errorf("killed when %s: the lock is left: %v", where, lock)
	}
}
