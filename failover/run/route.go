package run

import (
	"context"
	"errors"

	"lifeboat/failover"
	"lifeboat/failover/journal"
)

// SendRoutes keeps which provider each domain's mail leaves through.
type SendRoutes interface {
	// Route returns the provider that a domain's mail leaves through.
	Route(domain string) failover.Role
	// SetRoute moves a domain's send route, and returns once that is on the disk. To set
	// what is set already is no error.
	SetRoute(context.Context, RouteMove) error
}

// RouteMove is a send route's move, with what is kept of it.
type RouteMove struct {
	Domain    string // as failover.FQDN makes it
	Role      failover.Role
	By        string // user@machine
	Operation string // the journal's name of the run
	Reason    failover.Sentence
}

// routeRun is the send routes' share of a run. Their moves are acts of this machine
// alone, so there is no request whose answer could be lost: INTENT, the move, ACK. A
// crash between any two is made good by moving again, which changes nothing where it
// was done. Nobody waits: mail that is queued follows by itself.
type routeRun struct {
	r        *Runner
	op       journal.Operation
	outcomes []failover.RouteOutcome
	moved    int
}

func (r *Runner) routeRun(op journal.Operation) *routeRun {
	u := &routeRun{r: r, op: op}
	for _, s := range op.Plan.Routes {
		u.outcomes = append(u.outcomes, failover.RouteOutcome{Step: s, State: op.Steps[s.ID]})
	}
	return u
}

// moveFirst moves the routes that wait for no records. One that cannot be moved is
// told in err, and keeps neither the others nor the records back: mail that comes in
// is worth as much. stop is why the whole run cannot go on.
func (u *routeRun) moveFirst(ctx context.Context) (err, stop error) {
	return u.moveAll(ctx, func(failover.RouteStep) error { return nil }, false)
}

// moveLast moves the routes that wait for the records of their domain, where those are
// made; err and stop are as for moveFirst.
func (u *routeRun) moveLast(ctx context.Context, zones []*zoneRun) (err, stop error) {
	return u.moveAll(ctx, func(s failover.RouteStep) error { return u.waits(s, zones) }, true)
}

func (u *routeRun) moveAll(ctx context.Context, ready func(failover.RouteStep) error, last bool) (err, stop error) {
	for i := range u.outcomes {
		out := &u.outcomes[i]
		if out.Step.Last() != last {
			continue
		}
		why := ready(out.Step)
		if why == nil {
			if ctx.Err() != nil {
				return err, stopped(ctx.Err())
			}
			if why, stop = u.move(ctx, out); stop != nil {
				return err, stop
			}
			err = errors.Join(err, why)
		}
		if why != nil {
			out.Problem = failover.SentenceOf(why)
		}
	}
	return err, nil
}

// waits says for which step of its domain's records a route waits in vain. It is no
// error of its own: whatever keeps the records is one.
func (u *routeRun) waits(s failover.RouteStep, zones []*zoneRun) error {
	made := map[string]bool{}
	for _, z := range zones {
		for _, out := range z.outcomes {
			made[out.Step.ID] = out.State.Made()
		}
	}
	for _, rec := range u.op.Plan.Steps {
		if rec.Domain == s.Domain && !made[rec.ID] {
			return failover.Fail(failover.ErrWaiting, "mail from {domain} goes on leaving as before until {set} is changed",
				"domain", failover.Display(s.Domain), "set", rec.After.Key.String())
		}
	}
	return nil
}

// move moves one route, unless it is done. What was moved, and is not as it was left,
// is moved again: its file may have been restored from a copy.
func (u *routeRun) move(ctx context.Context, out *failover.RouteOutcome) (err, stop error) {
	s, routes := out.Step, u.r.Routes
	if routes == nil {
		return failover.Fail(failover.ErrUnsupported, "there are no send routes here to move: make a plan without them"), nil
	}
	is := routes.Route(s.Domain) == s.After
	switch {
	case is && out.State.Made():
		return nil, nil
	case is && out.State == failover.Pending: // somebody was quicker
		return nil, u.mark(out, journal.Ack, failover.Ack)
	}
	if stop := u.mark(out, journal.Intent, failover.Intent); stop != nil {
		return nil, stop
	}
	err = routes.SetRoute(ctx, RouteMove{Domain: s.Domain, Role: s.After, By: u.r.Owner, Operation: u.op.ID, Reason: s.Reason})
	if err == nil {
		u.moved++
		return nil, u.mark(out, journal.Ack, failover.Ack)
	}
	if routes.Route(s.Domain) == s.Before {
		stop = u.mark(out, journal.Refused, failover.Pending)
	}
	return err, stop
}

// mark journals a step's new state and then, and only then, takes it on.
func (u *routeRun) mark(out *failover.RouteOutcome, event journal.Event, state failover.StepState) error {
	if err := u.r.Journal.Append(journal.Entry{Op: u.op.ID, Event: event, Step: out.Step.ID}); err != nil {
		return err
	}
	out.State = state
	e := Event{Operation: u.op.ID, Route: &out.Step, State: state}
	if state == failover.Ack {
		e.Say = out.Step.Reason
	}
	u.r.tell(e)
	return nil
}
