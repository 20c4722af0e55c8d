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

// attempts is how often the same thing is tried when the host says that another
// time may do.
const attempts = 4

// patiently repeats what may be repeated as long as its error is a temporary one.
func (z *zoneRun) patiently(ctx context.Context, do func() error) error {
	for try := 1; ; try++ {
		err := do()
		if err == nil || !temporary(err) || try == attempts || ctx.Err() != nil {
			return err
		}
		if serr := z.pause(ctx, try); serr != nil {
			return errors.Join(serr, err)
		}
	}
}

func (z *zoneRun) pause(ctx context.Context, try int) error {
	if err := z.r.Sleep(ctx, time.Duration(try)*time.Second); err != nil {
		return stopped(err)
	}
	return nil
}

func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// changeAll makes the zone's changes, once all of them are seen to be possible.
func (z *zoneRun) changeAll(ctx context.Context) error {
	if err := z.survey(ctx); err != nil {
		return err
	}
	for i := range z.outcomes {
		if err := z.change(ctx, &z.outcomes[i]); err != nil {
			return err
		}
	}
	return nil
}

// survey reads all sets of the zone's steps. What is as wanted already is taken
// down as made; anything that is neither as the plan found it nor as it wants it
// is somebody else's doing, and stops the zone before its first change. So is a set
// that was made and is not as wanted any more. Of a console's half-typed states the
// interactive host is the judge.
func (z *zoneRun) survey(ctx context.Context) error {
	var keys []failover.Key
	for _, out := range z.outcomes {
		keys = append(keys, out.Step.After.Key)
	}
	interactive := z.host.Capabilities().Interactive
	var live []failover.RRset
	err := z.patiently(ctx, func() (err error) {
		live, err = z.host.Read(ctx, z.zone, keys)
		return err
	})
	if interactive && errors.Is(err, failover.ErrUncertain) {
		return nil // the servers are still taking over what was typed
	}
	if err != nil {
		return err
	}
	for i := range z.outcomes {
		out := &z.outcomes[i]
		s, open := out.Step, !out.State.Made()
		if !s.IsAfter(live[i]) && (!open || !interactive && !s.IsBefore(live[i])) {
			err := surprise(s, live[i])
			out.Problem = failover.SentenceOf(err)
			return err
		}
	}
	for i := range z.outcomes {
		switch out := &z.outcomes[i]; {
		case out.State.Made():
		case out.Step.IsAfter(live[i]):
			if err := z.mark(out, journal.Ack, failover.Ack); err != nil {
				return err
			}
		case out.Step.IsBefore(live[i]):
			z.seen[out.Step.ID] = live[i]
		}
	}
	return nil
}

func surprise(s failover.Step, live failover.RRset) error {
	return plan.Surprise(failover.Difference{Before: s.Before, After: s.After, Live: live})
}

// change makes one step's change, from wherever the journal says it was left, up
// to the host's word that it holds the new set.
func (z *zoneRun) change(ctx context.Context, out *failover.StepOutcome) error {
	if out.State.Made() {
		return nil
	}
	halfway := out.State != failover.Pending || z.takesBackHalf()
	if out.State == failover.Sent {
		z.lost[out.Step.ID] = true
	}
	for try := 1; ; try++ {
		err := z.send(ctx, out, halfway)
		if err == nil {
			z.changes++
			return z.mark(out, journal.Ack, failover.Ack)
		}
		again, err := z.afterFailure(ctx, out, err)
		switch {
		case err == nil:
			return z.mark(out, journal.Ack, failover.Ack)
		case !again || try == attempts:
			return err
		}
		if err := z.pause(ctx, try); err != nil {
			return err
		}
	}
}

// takesBackHalf reports whether this run takes back one that was left open, whose
// records may be half-typed.
func (z *zoneRun) takesBackHalf() bool {
	for _, op := range journal.Operations(z.r.Journal.Entries()) {
		if op.ID == z.op.Plan.Reverts && op.Result == journal.Abandoned {
			return true
		}
	}
	return false
}

// send journals and makes one attempt.
func (z *zoneRun) send(ctx context.Context, out *failover.StepOutcome, halfway bool) error {
	if err := z.mark(out, journal.Intent, failover.Intent); err != nil {
		return err
	}
	if err := z.mark(out, journal.Sent, failover.Sent); err != nil {
		return err
	}
	s := out.Step
	before, seen := z.seen[s.ID]
	if !seen {
		before = s.Before
	}
	return z.host.Apply(ctx, dnshost.Change{
		Zone: z.zone, Before: before, After: s.After, Resumed: halfway, Lock: z.lock,
		Tell: func(p dnshost.Progress) {
			z.r.tell(Event{Operation: z.op.ID, Step: s, State: out.State, Say: p.Say, Guide: p.Guide})
		},
	})
}

// afterFailure decides what a failed attempt means: no error, that the change was
// made after all; again, that the same request may be made once more.
func (z *zoneRun) afterFailure(ctx context.Context, out *failover.StepOutcome, err error) (again bool, _ error) {
	switch {
	case errors.Is(err, failover.ErrDisk), errors.Is(err, failover.ErrWaiting):
		return false, err
	case errors.Is(err, failover.ErrUncertain), ctx.Err() != nil:
		return z.afterLostReply(ctx, out, err)
	case errors.Is(err, failover.ErrStale):
		live, rerr := z.readBack(ctx, out.Step)
		switch {
		case rerr != nil:
			err = errors.Join(err, rerr)
		case out.Step.IsAfter(live):
			z.changes++
			return false, nil
		case !out.Step.IsBefore(live):
			err = surprise(out.Step, live)
		}
		return false, errors.Join(err, z.refused(out))
	default:
		if jerr := z.refused(out); jerr != nil {
			return false, errors.Join(err, jerr)
		}
		return temporary(err), err
	}
}

// afterLostReply reads what became of a request whose answer was lost. Only where
// the host compares and swaps may it be made again: a late first one then fails.
func (z *zoneRun) afterLostReply(ctx context.Context, out *failover.StepOutcome, err error) (again bool, _ error) {
	live, rerr := z.readBack(ctx, out.Step)
	switch {
	case rerr != nil:
		return false, errors.Join(err, rerr)
	case out.Step.IsAfter(live):
		z.changes++
		return false, nil
	case !out.Step.IsBefore(live):
		return false, surprise(out.Step, live)
	}
	z.lost[out.Step.ID], z.seen[out.Step.ID] = true, live
	return z.host.Capabilities().CompareAndSwap, err
}

// refused takes down that the host surely did not carry out the last request. An
// earlier one whose answer was lost is as open as before.
func (z *zoneRun) refused(out *failover.StepOutcome) error {
	state := failover.Pending
	if z.lost[out.Step.ID] {
		state = failover.Sent
	}
	return z.mark(out, journal.Refused, state)
}

// readBack reads one set, also when the run was called off meanwhile: what became
// of a request is worth some seconds.
func (z *zoneRun) readBack(ctx context.Context, s failover.Step) (live failover.RRset, err error) {
	calledOff := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	read := func() error {
		sets, err := z.host.Read(ctx, z.zone, []failover.Key{s.After.Key})
		if err == nil {
			live = sets[0]
		}
		return err
	}
	if calledOff {
		err = read()
	} else {
		err = z.patiently(ctx, read)
	}
	return live, err
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
