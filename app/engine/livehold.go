package engine

import (
	"context"
	"errors"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
	"lifeboat/failover/run"
)

// inTime is how much later than the old TTL a resolver may follow.
const inTime = 5 * time.Second

// clearFor is how long the name may take to be emptied after a rehearsal was called
// off.
const clearFor = time.Minute

// hold plays the rehearsal: publish, failover, failback, and nothing left.
func (r *rehearsal) hold(ctx context.Context) (drill.Result, error) {
	now := r.e.opt.Now()
	r.Result = drill.Result{
		ID: drill.NewID(now, r.req.Scenario.Name), Scenario: r.req.Scenario, Kind: drill.Live,
		Domain: failover.Display(r.domain.Name), Started: now.UTC(), Factor: 1, Version: r.req.Version,
		Facilitator: r.req.Facilitator, Participants: r.req.Participants, Targets: r.req.Targets,
	}
	before, err := r.others(ctx)
	if err != nil {
		return r.Result, err
	}
	ready := make(chan struct{})
	go func() {
		defer close(ready)
		r.readiness(ctx)
	}()
	err = r.play(ctx)
	if cerr := r.atLast(ctx); cerr != nil {
		err = errors.Join(err, cerr)
	}
	<-ready
	r.untouched(context.WithoutCancel(ctx), before)
	r.Ended = r.e.opt.Now().UTC()
	if r.Passed = err == nil; err != nil {
		r.Broke = failover.SentenceOf(err)
	}
	for _, c := range r.Checks {
		r.Passed = r.Passed && c.OK
	}
	return r.Result, err
}

// play makes the moves.
func (r *rehearsal) play(ctx context.Context) error {
	if err := r.clear(ctx); err != nil {
		return err
	}
	r.entry(drill.Entry{Kind: drill.EntryNote, Say: failover.Say("{name} is given the MX records of the primary", "name", failover.Display(r.test.Name))})
	if _, err := r.switchTo(ctx, failover.Failback); err != nil {
		return err
	}
	r.prime(ctx)

	r.decide(drill.Failover)
	moved, err := r.switchTo(ctx, failover.Failover)
	if err != nil {
		return err
	}
	followed, late := r.follow(ctx, moved)
	if err := ctx.Err(); err != nil {
		return stoppedRehearsal(err)
	}
	r.decide(drill.Failback)
	back, err := r.switchTo(ctx, failover.Failback)
	if err != nil {
		return err
	}
	r.measure(moved, back, followed)
	r.check(!r.silent, failover.Say("Every name server of {zone} gave each change of {name}", "zone", failover.Display(r.zone), "name", failover.Display(r.test.Name)))
	r.check(!late, failover.Say("Every resolver that held the old answer followed within the old TTL and {span}", "span", inTime))
	return nil
}

// switchTo leads the test subdomain to a provider with the product's own plan, run and
// verification. It is done only when every name server that answers has been seen to
// give the new records.
func (r *rehearsal) switchTo(ctx context.Context, kind failover.Kind) (drill.Moved, error) {
	w := &moveWatch{now: r.e.opt.Now, tell: r.step}
	w.moved.Yes = r.e.opt.Now()
	live, err := r.host.Read(ctx, r.zone, []failover.Key{r.key()})
	if err != nil {
		return w.moved, err
	}
	views, err := r.e.opt.Reader.Look(ctx, r.zone, r.key())
	if err != nil {
		return w.moved, err
	}
	caps := r.host.Capabilities()
	p, err := plan.Build(plan.Request{
		Kind: kind, ID: r.e.newID(), Author: r.e.opt.Owner, Now: r.e.opt.Now(),
		TrustHost: !live[0].Exists(), // what servers give then is a wildcard's
	}, []plan.Observed{{
		Domain: r.test, Zone: r.zone, Host: r.label, MinTTL: caps.MinTTL, MaxTTL: caps.MaxTTL, OwnTTL: caps.OwnTTL, Live: live, Views: views,
	}})
	if err != nil {
		return w.moved, err
	}
	out, err := r.apply(ctx, p, w)
	return w.done(out), err
}

// apply carries a plan out, if it is about the test subdomain and nothing else.
func (r *rehearsal) apply(ctx context.Context, p failover.Plan, w *moveWatch) (failover.Outcome, error) {
	for _, s := range p.Steps {
		if s.After.Key != r.key() {
			return failover.Outcome{}, failover.Fail(failover.ErrInvalid,
				"a rehearsal at {name} may not change {set}", "name", failover.Display(r.test.Name), "set", s.After.Key.String())
		}
	}
	r.runner.Tell = func(e run.Event) {
		w.ran(e)
		if r.req.Ran != nil {
			r.req.Ran(e)
		}
	}
	out, err := r.runner.Apply(ctx, p, run.Options{})
	if err != nil {
		return out, err
	}
	for _, s := range out.Steps {
		if s.State != failover.Verified {
			return out, &failover.Error{Kind: failover.ErrUnreachable, Say: s.Problem}
		}
		r.silent = r.silent || len(s.Unverified) > 0
	}
	return out, nil
}

// clear empties the test subdomain, if what is there is the rehearsal's own.
func (r *rehearsal) clear(ctx context.Context) error {
	if _, open := journal.Unfinished(r.log.Entries()); open {
		if _, err := r.runner.Abandon("the rehearsal is over"); err != nil {
			return err
		}
	}
	sets, err := r.host.Read(ctx, r.zone, []failover.Key{r.key()})
	if err != nil || !sets[0].Exists() || len(r.published()) == 0 {
		return err
	}
	live, err := r.leftover(ctx)
	if err != nil || !live.Exists() {
		return err
	}
	p := failover.Plan{
		Version: failover.PlanVersion, ID: r.e.newID(), Kind: failover.Rollback, Created: r.e.opt.Now().UTC().Truncate(time.Second),
		Author: r.e.opt.Owner, Domains: []string{r.domain.Name},
		Steps: []failover.Step{{
			ID: "1", Domain: r.domain.Name, Zone: r.zone, Host: r.label, Before: live, After: failover.RRset{Key: r.key()},
			OwnTTL: r.host.Capabilities().OwnTTL, Reason: failover.Say("the rehearsal is over: {name} is emptied", "name", failover.Display(r.test.Name)),
		}},
	}
	if err := p.Seal(); err != nil {
		return err
	}
	_, err = r.apply(ctx, p, &moveWatch{now: r.e.opt.Now, tell: r.step})
	return err
}

// atLast empties the name when all is over, also after Ctrl-C. What cannot be removed
// is said, with how to remove it.
func (r *rehearsal) atLast(ctx context.Context) error {
	if ctx.Err() != nil {
		if r.host.Capabilities().Interactive {
			return r.left(ctx.Err()) // nobody is there any more to remove it
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), clearFor)
		defer cancel()
	}
	if err := r.clear(ctx); err != nil {
		return r.left(err)
	}
	r.check(true, failover.Say("Nothing is left at {name}", "name", failover.Display(r.test.Name)))
	return nil
}

func (r *rehearsal) left(cause error) error {
	r.check(false, failover.Say("Nothing is left at {name}", "name", failover.Display(r.test.Name)))
	return failover.Fail(failover.ErrWaiting,
		"the MX records at {name} could not be removed: give lifeboat drill run live-rehearsal --clean later. No mail goes there",
		"name", failover.Display(r.test.Name)).Because(cause)
}

func stoppedRehearsal(cause error) error {
	return failover.Fail(failover.ErrWaiting, "the rehearsal was stopped").Because(cause)
}

// others reads the record sets that a switch of the domain would touch.
func (r *rehearsal) others(ctx context.Context) ([]failover.RRset, error) {
	keys := []failover.Key{{Name: r.domain.Name, Type: "MX"}}
	if r.domain.Emergency != "" {
		keys = append(keys, failover.Key{Name: r.domain.Emergency, Type: "MX"})
	}
	return r.host.Read(ctx, r.zone, keys)
}

// untouched checks that the domain's own records are what they were.
func (r *rehearsal) untouched(ctx context.Context, before []failover.RRset) {
	after, err := r.others(ctx)
	same := err == nil
	for i := range after {
		same = same && after[i].Equal(before[i])
	}
	r.check(same, failover.Say("The MX records of {domain} itself are what they were", "domain", failover.Display(r.domain.Name)))
}
