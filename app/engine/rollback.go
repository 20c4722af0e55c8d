package engine

import (
	"context"
	"errors"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
	"lifeboat/failover/probe"
	"lifeboat/failover/run"
)

// RollbackRequest asks for a run to be taken back.
type RollbackRequest struct {
	// Operation is the run; empty is the open one, or else the last.
	Operation string
	TakeLock  bool
	Override  string
	// Abandon closes the open run and leaves the records as they are, with this
	// reason.
	Abandon string
	Confirm func(Preview) (bool, error)
	Tell    func(run.Event)
	Found   func(failover.Finding)
}

// Rollback takes a run back: every record set it changed becomes what it was
// before, if nobody else has changed it since. The way back is kept open: it is
// refused only when the provider that mail would go to is known to refuse it, not
// when nobody could look.
func (e *Engine) Rollback(ctx context.Context, req RollbackRequest) (failover.Outcome, error) {
	release, err := e.lease()
	if err != nil {
		return failover.Outcome{}, err
	}
	defer release()
	r, j, err := e.runner(ctx, req.Tell)
	if err != nil {
		return failover.Outcome{}, err
	}
	defer func() { _ = j.Close() }() // every entry is on the disk already
	if req.Abandon != "" {
		op, err := r.Abandon(req.Abandon)
		if err == nil {
			e.unlock(ctx, op)
		}
		return failover.Outcome{Operation: op.ID, Plan: op.Plan, Started: op.Started, Ended: e.opt.Now().UTC()}, err
	}
	finished, err := finishRoutes(ctx, r, openNamed(j.Entries(), req.Operation))
	if err != nil || finished.Done && finished.Plan.Kind == failover.Rollback && req.Operation == "" {
		return finished, err
	}
	ops := journal.Operations(j.Entries())
	op, err := pick(ops, req.Operation)
	if err != nil {
		return failover.Outcome{}, err
	}
	if open, is := journal.Unfinished(j.Entries()); is && open.ID != op.ID {
		return failover.Outcome{Plan: open.Plan}, unfinished(open)
	}
	if op.Open() && op.Plan.Kind == failover.Rollback {
		overruled, err := e.admitBack(ctx, op.Plan, reverted(ops, op.Plan.Reverts), req, ops, &op)
		if err != nil {
			return failover.Outcome{Operation: op.ID, Plan: op.Plan, Started: op.Started}, err
		}
		return r.Resume(ctx, run.Options{TakeLock: req.TakeLock, Override: overruled})
	}
	p, err := e.inverse(ctx, op)
	if err != nil {
		return failover.Outcome{Plan: p}, err
	}
	overruled, err := e.admitBack(ctx, p, op, req, ops, nil)
	if err != nil {
		return failover.Outcome{Plan: p}, err
	}
	if op.Open() {
		if _, err := r.Abandon("taken back by " + p.ID); err != nil {
			return failover.Outcome{Plan: p}, err
		}
		e.unlock(ctx, op)
	}
	return r.Apply(ctx, p, run.Options{TakeLock: req.TakeLock, Override: overruled})
}

// openNamed returns the open run if it is the one that is asked for: by name, or by
// none.
func openNamed(entries []journal.Entry, id string) string {
	op, open := journal.Unfinished(entries)
	if open && op.Plan.Kind != failover.Rollback && (id == "" || id == op.ID) {
		return op.ID
	}
	return ""
}

// unlock removes what locks a closed run has left, so that nobody at another machine
// is kept out by it. One that cannot be removed is known as ours next time.
func (e *Engine) unlock(ctx context.Context, op journal.Operation) {
	done := map[string]bool{}
	for _, s := range op.Plan.Steps {
		if done[s.Zone] {
			continue
		}
		done[s.Zone] = true
		host, err := e.hostOf(ctx, s.Domain)
		if err == nil && host.Capabilities().LockRecord {
			err = host.Unlock(ctx, s.Zone, dnshost.Lock{Operation: op.ID})
		}
		if err != nil {
			e.opt.Logger.Warn("unlock", "zone", s.Zone, "error", err)
		}
	}
}

// pick finds the run to take back.
func pick(ops []journal.Operation, id string) (journal.Operation, error) {
	for i := len(ops) - 1; i >= 0; i-- {
		op := ops[i]
		switch {
		case id != "" && op.ID != id:
		case id != "" || op.Open():
			return op, nil
		case op.Result == journal.Aborted:
		case op.Plan.Kind == failover.Rollback:
			return op, failover.Fail(failover.ErrInvalid,
				"the last run was a rollback already: name the run to take back, as lifeboat status shows it")
		default:
			return op, nil
		}
	}
	if id != "" {
		return journal.Operation{}, failover.Fail(failover.ErrInvalid, "there is no run {id} in the journal: lifeboat status shows the runs", "id", id)
	}
	return journal.Operation{}, failover.Fail(failover.ErrInvalid, "there is no run to take back: nothing was changed yet")
}

// inverse reads what the hosts hold now and writes the plan back.
func (e *Engine) inverse(ctx context.Context, op journal.Operation) (failover.Plan, error) {
	left := plan.Left{
		Plan: op.Plan, States: op.Steps, Live: map[failover.Key]failover.RRset{}, Unguarded: map[string]bool{}, Routes: map[string]failover.Role{},
	}
	book := mover{e.routeBook()}
	for _, s := range op.Plan.Routes {
		left.Routes[s.Domain] = book.Route(s.Domain)
	}
	for _, s := range op.Plan.Steps {
		host, err := e.hostOf(ctx, s.Domain)
		if err == nil {
			left.Live[s.After.Key], err = leftBy(ctx, host, op, s)
		}
		switch {
		case err == nil:
		case len(op.Plan.Routes) == 0 || op.Steps[s.ID].Reached():
			return failover.Plan{}, err
		default:
			// A set that the run never came to is as it was, and that its host is down keeps
			// nobody from moving the send route back.
			e.opt.Logger.Warn("rollback", "set", s.After.Key.String(), "error", err)
			left.Live[s.After.Key] = s.Before
			continue
		}
		caps := host.Capabilities()
		left.Unguarded[s.ID] = !caps.CompareAndSwap && !caps.Interactive
	}
	return plan.Inverse(plan.Request{ID: e.newID(), Author: e.opt.Owner, Now: e.opt.Now()}, left)
}

// leftBy reads what a run left of a step. Where a person types, one that broke off
// may have left anything half-typed, and servers that do not agree yet; all of it is
// taken back, as if the step had been made. What the run never came to is not its own,
// however it looks.
func leftBy(ctx context.Context, host dnshost.Host, op journal.Operation, s failover.Step) (failover.RRset, error) {
	interactive, state := host.Capabilities().Interactive, op.Steps[s.ID]
	halfway := interactive && state == failover.Sent
	sets, err := host.Read(ctx, s.Zone, []failover.Key{s.After.Key})
	switch {
	case interactive && errors.Is(err, failover.ErrUncertain) && !state.Reached():
		return s.Before, nil
	case interactive && errors.Is(err, failover.ErrUncertain) && op.Result != journal.Done:
		return s.After, nil
	case err != nil:
		return failover.RRset{}, err
	case halfway && !s.IsBefore(sets[0]):
		return s.After, nil
	default:
		return sets[0], nil
	}
}

// reverted finds the run that a rollback takes back.
func reverted(ops []journal.Operation, id string) journal.Operation {
	for _, op := range ops {
		if op.ID == id {
			return op
		}
	}
	return journal.Operation{}
}

// admitBack holds a rollback to what is known of the provider it leads to, and asks
// the admin. It returns the reason for the journal, if that was overruled.
//
// On the way home, and out of a run that broke off, only what is known to refuse
// mail stands in the way, not what nobody could look at: that mail was led there
// before. To take a finished failback back is a failover, and needs as much.
func (e *Engine) admitBack(ctx context.Context, p failover.Plan, back journal.Operation, req RollbackRequest, ops []journal.Operation, resumes *journal.Operation) (overruled string, err error) {
	if p.Empty() {
		return "", nil
	}
	pre := Preview{Plan: p, Resumes: resumes, Judgements: map[string]probe.Judgement{}}
	if pre.Domains, err = e.Domains(p.Domains); err != nil {
		return "", err
	}
	look := e.looker(ops, req.Found)
	targets := map[string]probe.Target{}
	lenient := func(t probe.Target, j probe.Judgement) probe.Judgement {
		if t.Provider.Role == failover.Primary || back.Result != journal.Done {
			j.Allowed = len(j.Blocking) == 0
		}
		return j
	}
	for _, d := range pre.Domains {
		todo := rest(p, resumes)
		role, ok := leadsTo(todo, d)
		if !ok {
			continue
		}
		if role == "" { // the settings have changed since: it is where mail was before
			role = back.Plan.Kind.Target().Other()
		}
		t := target(todo, d, role)
		_, j, err := look.judge(ctx, t, false)
		if err != nil {
			return "", err
		}
		targets[d.Name], pre.Judgements[d.Name] = t, lenient(t, j)
	}
	return pre.admit(req.Override, req.Confirm, func(d failover.Domain) probe.Judgement {
		return lenient(targets[d.Name], look.recall(ctx, targets[d.Name]))
	})
}

// leadsTo says which provider a plan takes a domain's mail to, when it takes it
// anywhere else; empty when to hosts that the settings do not know.
func leadsTo(p failover.Plan, d failover.Domain) (role failover.Role, moves bool) {
	s, ok := moving(p, d)
	if !ok {
		return "", false
	}
	switch d.RouteOf(s.After) {
	case failover.RoutePrimary:
		return failover.Primary, true
	case failover.RouteSecondary:
		return failover.Secondary, true
	default:
		return "", true
	}
}

// moving finds the step that leads a domain's mail elsewhere. One that changes only
// the TTL leads it nowhere.
func moving(p failover.Plan, d failover.Domain) (failover.Step, bool) {
	for _, s := range p.Steps {
		if s.After.Key == (failover.Key{Name: d.Name, Type: "MX"}) && !s.Before.SameValues(s.After) && !s.Late {
			return s, true
		}
	}
	return failover.Step{}, false
}
