package run

import (
	"context"
	"errors"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
)

const attempts = 4

// change makes one step's change, from wherever the journal says it was left, up
// to the host's word that it holds the new set.
func (z *zoneRun) change(ctx context.Context, out *failover.StepOutcome) error {
	if out.State == failover.Ack || out.State == failover.Verified {
		return nil
	}
	caps := z.host.Capabilities()
	if out.State != failover.Pending || !caps.CompareAndSwap {
		done, err := z.alreadyThere(ctx, out.Step, caps.Interactive && out.State != failover.Pending)
		if err != nil {
			return err
		}
		if done {
			return z.mark(out, journal.Ack, failover.Ack)
		}
	}
	for try := 1; ; try++ {
		err := z.send(ctx, out)
		if err == nil {
			z.changes++
			return z.mark(out, journal.Ack, failover.Ack)
		}
		again, err := z.afterFailure(ctx, out, err)
		switch {
		case err == nil && !again:
			return z.mark(out, journal.Ack, failover.Ack)
		case err != nil && (!again || try == attempts):
			return err
		}
		if err := z.r.Sleep(ctx, time.Duration(try)*time.Second); err != nil {
			return stopped(err)
		}
	}
}

// send journals and makes one attempt.
func (z *zoneRun) send(ctx context.Context, out *failover.StepOutcome) error {
	if err := z.mark(out, journal.Intent, failover.Intent); err != nil {
		return err
	}
	if err := z.mark(out, journal.Sent, failover.Sent); err != nil {
		return err
	}
	s := out.Step
	return z.host.Apply(ctx, dnshost.Change{
		Zone: z.zone, Before: s.Before, After: s.After, Lock: z.lock,
		Tell: func(p dnshost.Progress) {
			z.r.tell(Event{Operation: z.op.ID, Step: s, State: out.State, Say: p.Say, Guide: p.Guide})
		},
	})
}

// afterFailure decides what a failed attempt means. again says that the same
// request may be made once more; a nil error without again, that the change was
// made after all.
func (z *zoneRun) afterFailure(ctx context.Context, out *failover.StepOutcome, err error) (again bool, _ error) {
	switch {
	case errors.Is(err, failover.ErrDisk), errors.Is(err, failover.ErrWaiting):
		return false, err
	case errors.Is(err, failover.ErrUncertain), ctx.Err() != nil:
		return z.afterLostReply(ctx, out.Step, err)
	case errors.Is(err, failover.ErrStale):
		done, serr := z.alreadyThere(ctx, out.Step, false)
		if serr == nil && done {
			return false, nil
		}
		if serr == nil {
			serr = err // it is as before: somebody changed it to and fro
		}
		return false, errors.Join(serr, z.mark(out, journal.Refused, failover.Pending))
	default:
		if jerr := z.mark(out, journal.Refused, failover.Pending); jerr != nil {
			return false, errors.Join(err, jerr)
		}
		var temporary interface{ Temporary() bool }
		return errors.As(err, &temporary) && temporary.Temporary(), err
	}
}

// afterLostReply reads what became of a request whose answer was lost. Only where
// the host compares and swaps may it be made again: a late first one then fails.
func (z *zoneRun) afterLostReply(ctx context.Context, s failover.Step, err error) (again bool, _ error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	done, rerr := z.alreadyThere(ctx, s, false)
	switch {
	case errors.Is(rerr, failover.ErrSurprise):
		return false, rerr
	case rerr != nil:
		return false, errors.Join(err, rerr)
	case done:
		return false, nil
	}
	return z.host.Capabilities().CompareAndSwap, err
}

// alreadyThere reads the live set: true when it is as wanted, false when it is
// as before, and otherwise the surprise. lenient lets anything else pass as
// before, for a person who is half-way through typing.
func (z *zoneRun) alreadyThere(ctx context.Context, s failover.Step, lenient bool) (bool, error) {
	sets, err := z.host.Read(ctx, z.zone, []failover.Key{s.After.Key})
	if err != nil {
		return false, err
	}
	switch live := sets[0]; {
	case live.Equal(s.After):
		return true, nil
	case live.Equal(s.Before), lenient:
		return false, nil
	default:
		return false, plan.Surprise(failover.Difference{Before: s.Before, After: s.After, Live: live})
	}
}

// mark journals a step's new state and then, and only then, takes it on.
func (z *zoneRun) mark(out *failover.StepOutcome, event journal.Event, state failover.StepState) error {
	if err := z.r.Journal.Append(journal.Entry{Op: z.op.ID, Event: event, Step: out.Step.ID}); err != nil {
		return err
	}
	out.State = state
	z.r.tell(Event{Operation: z.op.ID, Step: out.Step, State: state})
	return nil
}

func stopped(cause error) error {
	return failover.Fail(failover.ErrWaiting,
		"stopped before the end; what is done is kept: give the same command again to go on").Because(cause)
}
