package engine

import (
	"context"
	"errors"
	"slices"
	"strings"

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
var ErrDeclined = failover.Fail(failover.ErrBlocked, "nothing was changed")

// Switch carries out a failover, a failback, a preparation or a move of the send route
// alone. A run of the same kind that was interrupted is gone on with instead; to go on
// with a move of the send route, wherever it led, PlanRequest.To is left empty. A plan
// without steps means that everything is as wanted: the outcome is done, with no
// changes.
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
	finished, err := finishRoutes(ctx, r, "")
	if err != nil || finished.Done && req.Kind == failover.SendRoute && req.To == "" {
		return finished, err
	}
	ops := journal.Operations(j.Entries())
	if op, open := journal.Unfinished(j.Entries()); open {
		if err := goesOn(op, req); err != nil {
			return failover.Outcome{Plan: op.Plan}, err
		}
		out := failover.Outcome{Operation: op.ID, Plan: op.Plan, Started: op.Started}
		if err := e.stillWanted(op); err != nil {
			return out, err
		}
		overruled, err := e.admit(ctx, op.Plan, req, ops, &op)
		if err != nil {
			return out, err
		}
		return r.Resume(ctx, run.Options{TakeLock: req.TakeLock, Override: overruled})
	}
	p, err := e.planFor(ctx, req)
	if err != nil {
		return failover.Outcome{Plan: p}, err
	}
	if p.Empty() {
		return r.Apply(ctx, p, run.Options{})
	}
	overruled, err := e.admit(ctx, p, req, ops, nil)
	if err != nil {
		return failover.Outcome{Plan: p}, err
	}
	return r.Apply(ctx, p, run.Options{TakeLock: req.TakeLock, Override: overruled})
}

// finishRoutes goes on with an open run that has no records to change, only send routes
// to move, unless it is the one named. Somebody has said yes to it, it takes a moment
// and no network, and it must not keep a failover waiting.
func finishRoutes(ctx context.Context, r *run.Runner, but string) (failover.Outcome, error) {
	op, open := journal.Unfinished(r.Journal.Entries())
	if !open || len(op.Plan.Steps) > 0 || op.ID == but {
		return failover.Outcome{}, nil
	}
	return r.Resume(ctx, run.Options{})
}

// goesOn reports whether the run that is open is the one asked for: of the same
// kind, with the domains named among its own, and where a plan was saved, that one.
func goesOn(op journal.Operation, req SwitchRequest) error {
	same := op.Plan.Kind == req.Kind && (req.Saved == nil || req.Saved.ID == op.ID)
	for _, d := range req.Domains {
		same = same && slices.Contains(op.Plan.Domains, failover.FQDN(d))
	}
	if same {
		return nil
	}
	return unfinished(op)
}

// stillWanted refuses to go on with a run whose unmade steps are not what the
// settings say any more.
func (e *Engine) stillWanted(op journal.Operation) error {
	domains, err := e.Domains(op.Plan.Domains)
	if err != nil {
		return err
	}
	return plan.StillWanted(op.Plan, op.Steps, domains)
}

// unfinished is the refusal to begin a run, or to take one back, while another is
// open.
func unfinished(op journal.Operation) error {
	when := op.Started.Local().Format("2006-01-02 15:04")
	var names []string
	for _, d := range op.Plan.Domains {
		names = append(names, failover.Display(d))
	}
	domains := strings.Join(names, ", ")
	if op.Plan.Kind == failover.Rollback {
		return failover.Fail(failover.ErrBlocked,
			"the rollback of {domains} begun on {when} is not finished: give lifeboat rollback to go on with it", "domains", domains, "when", when)
	}
	return failover.Fail(failover.ErrBlocked,
		"the {kind} of {domains} begun on {when} is not finished: give lifeboat {kind} to go on with it, or lifeboat rollback to take it back",
		"kind", op.Plan.Kind, "domains", domains, "when", when)
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
	for _, d := range req.Domains {
		if !slices.Contains(saved.Domains, failover.FQDN(d)) {
			return saved, failover.Fail(failover.ErrInvalid, "{domain} is not in the saved plan: leave the domains out, or make a plan for them", "domain", d)
		}
	}
	req.Domains = saved.Domains
	now, err := e.Plan(ctx, req.PlanRequest)
	if err != nil || now.Empty() {
		return now, err
	}
	return saved, errors.Join(sameSteps(saved, now), e.sameRoutes(saved, now))
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
		if !s.IsBefore(f.Before) {
			return plan.Surprise(failover.Difference{Before: s.Before, After: s.After, Live: f.Before})
		}
		moved := ok && (f.Domain != s.Domain || f.Zone != s.Zone || f.Host != s.Host || f.OwnTTL != s.OwnTTL)
		if moved || !s.IsAfter(f.After) {
			return failover.Fail(failover.ErrStale,
				"the settings have changed since the plan was made: {set} would now become {now}; make the plan anew",
				"set", s.After.Key.String(), "now", f.After.String())
		}
	}
	if len(now.Steps) != len(saved.Steps) {
		return moreToChange()
	}
	return nil
}

// sameRoutes refuses a saved plan whose send routes are not those that would be moved
// now. One that is there already is no obstacle: there is nothing to do for it.
func (e *Engine) sameRoutes(saved, now failover.Plan) error {
	left := map[string]failover.RouteStep{}
	for _, s := range now.Routes {
		left[s.Domain] = s
	}
	for _, s := range saved.Routes {
		if _, ok := left[s.Domain]; !ok && e.routeBook().Route(s.Domain) != s.After {
			return failover.Fail(failover.ErrStale,
				"the settings have changed since the plan was made: the send route of {domain} would no longer be moved; make the plan anew", "domain", failover.Display(s.Domain))
		}
		delete(left, s.Domain)
	}
	if len(left) > 0 {
		return moreToChange()
	}
	return nil
}

func moreToChange() error {
	return failover.Fail(failover.ErrStale, "more has to change than the saved plan says: make the plan anew")
}

// admit lets a plan through the preflight and the admin's confirmation. It returns
// the reason for the journal, if the preflight was overruled.
func (e *Engine) admit(ctx context.Context, p failover.Plan, req SwitchRequest, ops []journal.Operation, resumes *journal.Operation) (overruled string, err error) {
	pre := Preview{Plan: p, Resumes: resumes}
	if pre.Domains, err = e.Domains(p.Domains); err != nil {
		return "", err
	}
	look := e.looker(ops, req.Found)
	todo := rest(p, resumes)
	recall := func(d failover.Domain) probe.Judgement { return look.recall(ctx, target(todo, d, p.Kind.Target())) }
	if p.Kind == failover.Prepare {
		pre.Judgements, err = look.published(ctx, todo)
		recall = func(d failover.Domain) probe.Judgement { return pre.Judgements[d.Name] }
	} else {
		pre.Judgements, err = look.preflight(ctx, todo, pre.Domains)
	}
	if err != nil {
		return "", err
	}
	return pre.admit(req.Override, req.Confirm, recall)
}

// rest is what of a plan is still to be changed: all of it, unless it is resumed.
func rest(p failover.Plan, resumes *journal.Operation) failover.Plan {
	if resumes != nil {
		p.Steps = slices.DeleteFunc(slices.Clone(p.Steps), func(s failover.Step) bool { return made(resumes.Steps[s.ID]) })
	}
	return p
}

// admit refuses what the preflight does not allow and no reason overrules, and asks
// the admin about the rest. The answer may take its time; recall judges what is known
// once more when it comes, for evidence grows old at a prompt too.
func (pre Preview) admit(reason string, confirm func(Preview) (bool, error), recall func(failover.Domain) probe.Judgement) (overruled string, err error) {
	if refusal := refuse(pre.Judgements, pre.Domains); refusal != nil {
		if overruled = reason; reason == "" {
			return "", refusal
		}
	}
	if confirm == nil {
		return overruled, nil
	}
	yes, err := confirm(pre)
	switch {
	case err != nil:
		return "", err
	case !yes:
		return "", ErrDeclined
	case overruled != "":
		return overruled, nil
	}
	now := map[string]probe.Judgement{}
	for _, d := range pre.Domains {
		if _, judged := pre.Judgements[d.Name]; judged {
			now[d.Name] = recall(d)
		}
	}
	return "", refuse(now, pre.Domains)
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
	Domain string `json:"domain"`
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
