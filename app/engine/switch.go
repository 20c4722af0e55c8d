package engine

import (
	"context"
	"errors"

	"lifeboat/failover"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
	"lifeboat/failover/probe"
	"lifeboat/failover/run"
)

// SwitchRequest asks for a failover, a failback or a preparation to be carried
// out.
type SwitchRequest struct {
	PlanRequest
	// Saved is a plan made earlier, to be applied as it is.
	Saved *failover.Plan
	// TakeLock takes a zone's lock over from whoever holds it.
	TakeLock bool
	// Override is the typed reason for going on although the preflight refuses.
	Override string
	// Confirm is shown what would be done and says whether to do it.
	Confirm func(Preview) (bool, error)
	// Tell gets what happens; Found gets each finding of the preflight as it
	// comes. Both may be nil, and are called from several goroutines.
	Tell  func(run.Event)
	Found func(failover.Finding)
}

// Preview is what an admin sees before saying yes.
type Preview struct {
	Plan failover.Plan
	// Judgements are the preflight's, by domain; none for a preparation.
	Judgements map[string]probe.Judgement
	// Resumes is the open run that would be gone on with.
	Resumes *journal.Operation
	// Settings of the domains in the plan.
	Domains []failover.Domain
}

// ErrDeclined is returned when Confirm says no; nothing was changed.
var ErrDeclined = failover.Fail(failover.ErrInvalid, "nothing was changed")

// Switch carries out a failover, a failback or a preparation. A run of the same
// kind that was interrupted is gone on with instead. A plan without steps means
// that everything is as wanted: the outcome is done, with no changes.
func (e *Engine) Switch(ctx context.Context, req SwitchRequest) (failover.Outcome, error) {
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
	if op, open := journal.Unfinished(j.Entries()); open {
		return e.resume(ctx, r, op, req)
	}
	p, err := e.planFor(ctx, req)
	if err != nil {
		return failover.Outcome{Plan: p}, err
	}
	if len(p.Steps) == 0 {
		return r.Apply(ctx, p, run.Options{})
	}
	if err := e.admit(ctx, p, &req, nil); err != nil {
		return failover.Outcome{Plan: p}, err
	}
	return r.Apply(ctx, p, run.Options{TakeLock: req.TakeLock, Override: req.Override})
}

// planFor makes the plan, or holds a saved one against what is there now: it is
// applied only if a plan made this moment would be the same.
func (e *Engine) planFor(ctx context.Context, req SwitchRequest) (failover.Plan, error) {
	if req.Saved == nil {
		return e.Plan(ctx, req.PlanRequest)
	}
	saved := *req.Saved
	if err := plan.Check(saved); err != nil {
		return saved, err
	}
	if saved.Kind != req.Kind {
		return saved, failover.Fail(failover.ErrInvalid, "this is a plan for a {kind}: give it to lifeboat {kind}", "kind", saved.Kind)
	}
	req.Domains = saved.Domains
	now, err := e.Plan(ctx, req.PlanRequest)
	if err != nil || len(now.Steps) == 0 {
		return now, err
	}
	if err := sameSteps(saved, now); err != nil {
		return saved, err
	}
	return saved, nil
}

// sameSteps refuses a saved plan when the world or the settings have moved on.
func sameSteps(saved, now failover.Plan) error {
	fresh := map[failover.Key]failover.Step{}
	for _, s := range now.Steps {
		fresh[s.After.Key] = s
	}
	for _, s := range saved.Steps {
		f, ok := fresh[s.After.Key]
		if !ok {
			f = failover.Step{Before: s.After, After: s.After}
		}
		if !f.Before.Equal(s.Before) {
			return plan.Surprise(failover.Difference{Before: s.Before, After: s.After, Live: f.Before})
		}
		if !f.After.Equal(s.After) {
			return failover.Fail(failover.ErrStale,
				"the settings have changed since the plan was made: {set} would now become {now}; make the plan anew",
				"set", s.After.Key.String(), "now", f.After.String())
		}
	}
	if len(now.Steps) != len(saved.Steps) {
		return failover.Fail(failover.ErrStale, "more has to change than the saved plan says: make the plan anew")
	}
	return nil
}

// admit lets a plan through the preflight and the admin's confirmation.
func (e *Engine) admit(ctx context.Context, p failover.Plan, req *SwitchRequest, resumes *journal.Operation) error {
	pre := Preview{Plan: p, Resumes: resumes}
	var err error
	if pre.Domains, err = e.Domains(p.Domains); err != nil {
		return err
	}
	if p.Kind != failover.Prepare {
		pre.Judgements, err = e.preflight(ctx, p, req.Found)
		if err != nil {
			return err
		}
	}
	refusal := refuse(pre.Judgements, pre.Domains)
	if refusal != nil && req.Override == "" {
		return refusal
	}
	if refusal == nil {
		req.Override = "" // nothing was overruled
	}
	if req.Confirm == nil {
		return nil
	}
	yes, err := req.Confirm(pre)
	if err == nil && !yes {
		return ErrDeclined
	}
	return err
}

// refuse returns the refusal of the domains whose preflight does not allow the
// plan, nil when all do.
func refuse(judgements map[string]probe.Judgement, domains []failover.Domain) error {
	var errs []error
	for _, d := range domains {
		if j, ok := judgements[d.Name]; ok && !j.Allowed {
			errs = append(errs, &RefusedError{Domain: d.Name, Judgement: j})
		}
	}
	return errors.Join(errs...)
}

// RefusedError says that the preflight refuses a domain's switch, and by which
// findings.
type RefusedError struct {
	Domain string
	probe.Judgement
}

// Error is the sentence in English.
func (e *RefusedError) Error() string {
	template, args := e.Sentence()
	return failover.Fill(template, args)
}

// Sentence names what stands in the way first.
func (e *RefusedError) Sentence() (template string, args []string) {
	for _, list := range [][]failover.Finding{e.Blocking, e.Unknown} {
		if len(list) > 0 {
			return list[0].Say.Sentence()
		}
	}
	return failover.Say("{domain} is not ready to be switched", "domain", failover.Display(e.Domain)).Sentence()
}

// Unwrap tells the kind.
func (e *RefusedError) Unwrap() error { return failover.ErrBlocked }

// resume goes on with an interrupted run, if it is of the kind asked for.
func (e *Engine) resume(ctx context.Context, r *run.Runner, op journal.Operation, req SwitchRequest) (failover.Outcome, error) {
	if op.Plan.Kind != req.Kind {
		return r.Apply(ctx, op.Plan, run.Options{}) // refused, with the sentence for an open run
	}
	if err := e.admit(ctx, op.Plan, &req, &op); err != nil {
		return failover.Outcome{Operation: op.ID, Plan: op.Plan, Started: op.Started}, err
	}
	return r.Resume(ctx, run.Options{TakeLock: req.TakeLock})
}
