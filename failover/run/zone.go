package run

import (
	"context"
	"errors"
	"maps"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
)

// zoneRun is one zone's share of a run: its lock, and its steps in order.
type zoneRun struct {
	r        *Runner
	op       journal.Operation
	zone     string
	host     dnshost.Host
	lock     dnshost.Lock
	stuck    error // why the lock could not be removed
	steps    []failover.Step
	outcomes []failover.StepOutcome
	lost     map[string]bool // see journal.Operation
	// seen is what was read of a set that is as before: its TTL may be another one
	// than when the plan was made.
	seen    map[string]failover.RRset
	changes int
}

// zones sorts the steps of a run by zone, in the order they come.
func (r *Runner) zones(op journal.Operation) ([]*zoneRun, error) {
	var out []*zoneRun
	at := map[string]*zoneRun{}
	for _, s := range op.Plan.Steps {
		z := at[s.Zone]
		if z == nil {
			host, err := r.HostOf(s.Domain)
			if err != nil {
				return nil, err
			}
			z = &zoneRun{r: r, op: op, zone: s.Zone, host: host, lost: maps.Clone(op.Lost), seen: map[string]failover.RRset{}}
			at[s.Zone] = z
			out = append(out, z)
		}
		z.steps = append(z.steps, s)
	}
	return out, nil
}

func interactive(zones []*zoneRun) bool {
	for _, z := range zones {
		if z.host.Capabilities().Interactive {
			return true
		}
	}
	return false
}

func (z *zoneRun) carryOut(ctx context.Context, opt Options) error {
	// Every step has an outcome, those included that an error keeps us from.
	for _, s := range z.steps {
		z.outcomes = append(z.outcomes, failover.StepOutcome{Step: s, State: z.op.Steps[s.ID], OldUntil: z.op.OldUntil[s.ID], Open: z.op.OldOpen[s.ID]})
	}
	defer z.unlockAtLast(ctx)
	looking, enough := context.WithCancel(ctx)
	defer enough()
	servers := z.findServers(looking)
	err := z.locked(ctx, opt, func() error { return z.changeAll(ctx) })
	if err != nil {
		enough()
		<-servers
		return z.problem(ctx, err)
	}
	err = z.verifyAll(ctx, <-servers)
	z.warnOfLate()
	return err
}

// warnOfLate says, at what a rollback found as it should be, that a request may be on
// its way that changes it.
func (z *zoneRun) warnOfLate() {
	for i := range z.outcomes {
		if out := &z.outcomes[i]; out.Step.Late && out.Problem.IsZero() {
			out.Problem = plan.StillComing(out.Step)
		}
	}
}

// problem says at each step that was not made why not, and returns the error. What
// a host says of a run that was called off is only the cause.
func (z *zoneRun) problem(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(err, failover.ErrWaiting) && !errors.Is(err, failover.ErrDisk) && !errors.Is(err, failover.ErrSurprise) {
		err = stopped(err)
	}
	for i := range z.outcomes {
		if out := &z.outcomes[i]; !out.State.Made() {
			out.Problem = failover.SentenceOf(err)
		}
	}
	return err
}

// found is the zone's servers, or why they are not known.
type found struct {
	servers []dnsview.Server
	err     error
}

// findServers looks the delegation up while the changes are made.
func (z *zoneRun) findServers(ctx context.Context) <-chan found {
	c := make(chan found, 1)
	go func() {
		s, err := z.r.View.Servers(ctx, z.zone)
		c <- found{s, err}
	}()
	return c
}

// locked runs work under the zone's lock record, if there is anything to change.
func (z *zoneRun) locked(ctx context.Context, opt Options, work func() error) error {
	if z.allMade() {
		// Crashed after the last change: only a lock of ours may be left, and somebody
		// else may have been at the records since.
		err := z.survey(ctx)
		z.unlock(ctx)
		return err
	}
	err := z.takeLock(ctx, opt)
	switch {
	case err == nil:
		err = work()
		z.unlock(ctx)
	case errors.Is(err, failover.ErrUncertain) || ctx.Err() != nil:
		z.unlock(ctx) // it may have got through
	}
	return err
}

func (z *zoneRun) allMade() bool {
	for _, out := range z.outcomes {
		if !out.State.Made() {
			return false
		}
	}
	return true
}

func (z *zoneRun) takeLock(ctx context.Context, opt Options) error {
	if !z.host.Capabilities().LockRecord {
		return nil
	}
	z.lock = z.newLock()
	err := z.putLock(ctx, nil)
	for try := 0; errors.Is(err, failover.ErrLocked) && try < 2; try++ {
		var held *dnshost.Lock
		rerr := z.patiently(ctx, func() (err error) {
			held, err = z.host.ReadLock(ctx, z.zone)
			return err
		})
		switch {
		case rerr != nil:
			return errors.Join(err, rerr)
		case held == nil: // given back meanwhile
		case opt.TakeLock || z.leftover(*held):
			entry := journal.Entry{Op: z.op.ID, Event: journal.LockTaken, Who: z.r.Owner, Say: failover.Say(
				"the lock of {zone} was taken over from {owner}", "zone", failover.Display(z.zone), "owner", held.Owner)}
			if jerr := z.r.Journal.Append(entry); jerr != nil {
				return jerr
			}
		default:
			return err
		}
		err = z.putLock(ctx, held)
	}
	return err
}

// putLock takes the lock, in the place of held if that is not nil. A lost reply
// does no harm: a second time the lock is ours already.
func (z *zoneRun) putLock(ctx context.Context, held *dnshost.Lock) error {
	return z.patiently(ctx, func() error { return z.host.Lock(ctx, z.zone, z.lock, held) })
}

func (z *zoneRun) newLock() dnshost.Lock {
	return dnshost.Lock{Operation: z.op.ID, Owner: z.r.Owner, Expires: z.r.Now().UTC().Add(lockFor).Truncate(time.Second)}
}

// leftover reports whether a lock is of an earlier run of ours that has ended.
func (z *zoneRun) leftover(held dnshost.Lock) bool {
	for _, op := range journal.Operations(z.r.Journal.Entries()) {
		if op.ID == held.Operation && !op.Open() {
			return true
		}
	}
	return false
}

// unlock removes the lock record, also when the run was called off meanwhile.
func (z *zoneRun) unlock(ctx context.Context) {
	if !z.host.Capabilities().LockRecord {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	lock := z.lock
	if lock.Operation == "" {
		lock = z.newLock()
	}
	z.stuck = z.patiently(ctx, func() error { return z.host.Unlock(ctx, z.zone, lock) })
}

// unlockAtLast tries once more to remove a lock that could not be removed. One that
// stays is no failure: it is known as ours next time.
func (z *zoneRun) unlockAtLast(ctx context.Context) {
	if z.stuck == nil {
		return
	}
	z.unlock(ctx)
	if z.stuck == nil {
		return
	}
	z.r.tell(Event{Operation: z.op.ID, Say: failover.Say(
		"the lock record of {zone} could not be removed; the next run removes it", "zone", failover.Display(z.zone))})
	if z.r.Logger != nil {
		z.r.Logger.Warn("unlock", "zone", z.zone, "error", z.stuck)
	}
}
