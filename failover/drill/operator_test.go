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
	w *lab.World
	// refuse is why a move is refused, if it is.
	refuse func(drill.Move) error
	// see changes what is seen.
	see func(*detect.State)

	mu    sync.Mutex
	moves []drill.Move
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
		if o.see != nil {
			o.see(&st)
		}
		tell(st)
		if err := o.w.Sleep(ctx, every); err != nil {
			return nil
		}
	}
}

func (o *operator) provider(role failover.Role, count func(string, bool) bool) detect.Provider {
	p := detect.Provider{Role: role, Health: detect.Healthy, Switch: detect.SwitchWrong, Say: failover.Say("fine"), SaySwitch: failover.Say("nothing to gain")}
	fault := o.w.Fault(role)
	switch broken := count(string(role), fault != lab.None); {
	case !broken:
	case fault == lab.NoSignIn:
		p.Health, p.Fault, p.Blame, p.Switch = detect.Degraded, detect.FaultSignIn, detect.BlameProvider, detect.SwitchOptional
		p.Say = failover.Say("no sign-in")
	default:
		p.Health, p.Fault, p.Blame, p.Switch = detect.Down, detect.FaultResets, detect.BlameProvider, detect.SwitchHelps
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
	o.mu.Lock()
	o.moves = append(o.moves, m)
	o.mu.Unlock()
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
