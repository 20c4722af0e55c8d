package drill_test

import (
	"context"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// operator is a Lifeboat that knows too much: it asks the world what is broken, and
// writes records into the zone. What it lacks in method it has in speed.
type operator struct {
	w  *lab.World
	sc drill.Scenario
	// refuse is why a move is refused, if it is.
	refuse func(drill.Move) error

	mu     sync.Mutex
	broken map[drill.Deed]bool // what the world does not tell, by the script
	last   map[failover.Role]lab.Fault
	steady int // sound rounds of the primary in a row
}

// hears keeps up with the script.
func (o *operator) hears(e drill.Entry) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken == nil {
		o.broken = map[drill.Deed]bool{}
	}
	for _, a := range o.sc.Script {
		if a.Says == e.Say.Template {
			o.broken[a.Do] = e.Bad
		}
	}
}

func (o *operator) is(d drill.Deed) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.broken[d]
}

// Watch sees a fault after three rounds, and its end after six.
func (o *operator) Watch(ctx context.Context, every time.Duration, tell func(detect.State)) error {
	bad, good := map[string]int{}, map[string]int{}
	count := func(what string, broken bool) bool {
		if broken {
			bad[what]++
			good[what] = 0
		} else if good[what]++; good[what] >= 6 {
			bad[what] = 0
		}
		return bad[what] >= 3
	}
	for {
		st := detect.State{At: o.w.Now(), Line: detect.Line{Health: detect.Healthy}, Records: detect.Part{Health: detect.Healthy}}
		st.Primary = o.provider(failover.Primary, count)
		st.Secondary = o.provider(failover.Secondary, count)
		route := o.w.Domain().RouteOf(o.w.Truth(o.w.Domain().Name, "MX"))
		if count("records", route == failover.RouteForeign) {
			st.Records = detect.Part{Health: detect.Down, Fault: detect.FaultRecords, Blame: detect.BlameOurs, Say: failover.Say("wrong records")}
		}
		if o.is(drill.BreakRemote) {
			st.Elsewhere = []detect.Wait{{Domain: "remote.test.", Role: failover.Primary, Say: failover.Say("it is the other side")}}
		}
		o.mu.Lock()
		if o.steady++; o.w.Fault(failover.Primary) != lab.None {
			o.steady = 0
		}
		o.mu.Unlock()
		tell(st)
		if o.w.Sleep(ctx, every) != nil {
			<-ctx.Done() // the world may end before the drill knows
			return ctx.Err()
		}
	}
}

func (o *operator) provider(role failover.Role, count func(string, bool) bool) detect.Provider {
	p := detect.Provider{Role: role, Health: detect.Healthy, Switch: detect.SwitchWrong, Say: failover.Say("fine"), SaySwitch: failover.Say("nothing to gain")}
	fault := o.w.Fault(role)
	o.mu.Lock()
	if o.last == nil {
		o.last = map[failover.Role]lab.Fault{}
	}
	if fault != lab.None {
		o.last[role] = fault
	}
	last := o.last[role]
	o.mu.Unlock()
	switch broken := count(string(role), fault != lab.None); {
	case !broken:
	case last == lab.NoSignIn:
		p.Health, p.Fault, p.Blame, p.Switch = detect.Degraded, detect.FaultSignIn, detect.BlameProvider, detect.SwitchOptional
		p.Say = failover.Say("no sign-in")
	default:
		names := map[lab.Fault]detect.Fault{lab.Reset: detect.FaultResets, lab.Refuse: detect.FaultRefuses, lab.Defer: detect.FaultDefers, lab.Busy: detect.FaultBusy}
		p.Health, p.Fault, p.Blame, p.Switch = detect.Down, names[last], detect.BlameProvider, detect.SwitchHelps
		p.Say, p.SaySwitch = failover.Say("down"), failover.Say("a switch would help")
		p.Status.Says = detect.Healthy
	}
	return p
}

// Move writes the records at once.
func (o *operator) Move(_ context.Context, m drill.Move, tell func(drill.Step)) (drill.Moved, error) {
	if o.refuse != nil {
		if err := o.refuse(m); err != nil {
			return drill.Moved{}, err
		}
	}
	if o.is(drill.BreakUpdates) {
		return drill.Moved{}, failover.Fail(failover.ErrUnreachable, "nobody answered")
	}
	o.mu.Lock()
	steady := o.steady
	o.mu.Unlock()
	if m == drill.Failback && steady < 5 {
		return drill.Moved{}, failover.Fail(failover.ErrBlocked, "not steady yet")
	}
	d := o.w.Domain()
	old := o.w.Truth(d.Name, "MX")
	to := d.Primary
	if m == drill.Failover {
		to = d.Secondary
	}
	yes := o.w.Now()
	if err := o.w.Put(failover.MXSet(d.Name, old.TTL, to.MX)); err != nil {
		return drill.Moved{}, err
	}
	tell(drill.Step{At: o.w.Now(), Say: failover.Say("written")})
	return drill.Moved{Yes: yes, Sent: o.w.Now(), Verified: o.w.Now(), OldTTL: time.Duration(old.TTL) * time.Second, Changed: 1}, nil
}
