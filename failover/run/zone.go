package run

import (
	"context"
	"errors"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnsview"
	"lifeboat/failover/journal"
)

// zoneRun is one zone's share of a run: its lock, and its steps in order.
type zoneRun struct {
	r        *Runner
	op       journal.Operation
	zone     string
	host     dnshost.Host
	lock     dnshost.Lock
	steps    []failover.Step
	outcomes []failover.StepOutcome
	changes  int
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
			z = &zoneRun{r: r, op: op, zone: s.Zone, host: host}
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
	servers := z.findServers(ctx)
	err := z.locked(ctx, opt, func() error {
		for i := range z.steps {
			if err := z.change(ctx, &z.outcomes[i]); err != nil {
				z.outcomes[i].Problem = sentenceOf(err)
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return z.verifyAll(ctx, <-servers)
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
	if z.allAcked() {
		// Crashed after the last change: only a lock of ours may be left.
		z.unlock(ctx)
		return nil
	}
	if err := z.takeLock(ctx, opt); err != nil {
		return err
	}
	err := work()
	if !errors.Is(err, failover.ErrWaiting) {
		z.unlock(ctx)
	}
	return err
}

func (z *zoneRun) allAcked() bool {
	for _, s := range z.steps {
		if st := z.op.Steps[s.ID]; st != failover.Ack && st != failover.Verified {
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
	err := z.host.Lock(ctx, z.zone, z.lock, nil)
	if errors.Is(err, failover.ErrUncertain) {
		err = z.host.Lock(ctx, z.zone, z.lock, nil) // ours, if it got through
	}
	if !errors.Is(err, failover.ErrLocked) {
		return err
	}
	held, rerr := z.host.ReadLock(ctx, z.zone)
	if rerr != nil || held == nil {
		return errors.Join(err, rerr)
	}
	if !opt.TakeLock && !z.leftover(*held) {
		return err
	}
	entry := journal.Entry{Op: z.op.ID, Event: journal.LockTaken, Who: z.r.Owner, Say: failover.Say(
		"the lock of {zone} was taken over from {owner}", "zone", failover.Display(z.zone), "owner", held.Owner)}
	if err := z.r.Journal.Append(entry); err != nil {
		return err
	}
	return z.host.Lock(ctx, z.zone, z.lock, held)
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

// unlock removes the lock record, also when the run was cancelled meanwhile. A
// lock that stays is no failure: it is known as ours next time.
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
	if err := z.host.Unlock(ctx, z.zone, lock); err != nil {
		z.r.tell(Event{Operation: z.op.ID, Say: failover.Say(
			"the lock record of {zone} could not be removed; the next run removes it", "zone", failover.Display(z.zone))})
		if z.r.Logger != nil {
			z.r.Logger.Warn("unlock", "zone", z.zone, "error", err)
		}
	}
}
