package engine

import (
	"context"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
	"lifeboat/failover/drill"
	"lifeboat/failover/journal"
	"lifeboat/failover/run"
)

// operator is Lifeboat as a drill has it at hand: the engine that an admin works
// with, in the world of the drill. It knows nothing of what was broken there.
type operator struct {
	engine *Engine
}

// Move carries out a move that changes records, exactly as the command of that name
// does: preflight, plan, run, verification. Nobody is asked; who decided has said
// yes.
func (o *operator) Move(ctx context.Context, m drill.Move, tell func(drill.Step)) (drill.Moved, error) {
	req, err := o.request(m)
	if err != nil {
		return drill.Moved{}, err
	}
	w := &moveWatch{now: o.engine.opt.Now, tell: tell}
	req.Confirm = func(p Preview) (bool, error) {
		w.confirmed(p)
		return true, nil
	}
	req.Tell, req.Found = w.ran, w.found
	w.moved.Yes = o.engine.opt.Now()
	out, err := o.engine.Switch(ctx, req)
	return w.done(out), err
}

// request puts a move into the engine's words.
func (o *operator) request(m drill.Move) (SwitchRequest, error) {
	switch m {
	case drill.Failover:
		return SwitchRequest{PlanRequest: PlanRequest{Kind: failover.Failover}}, nil
	case drill.Failback:
		return SwitchRequest{PlanRequest: PlanRequest{Kind: failover.Failback}}, nil
	case drill.Repair:
		return o.repair()
	default:
		return SwitchRequest{}, failover.Fail(failover.ErrUnsupported,
			`"{move}" changes no records, so Lifeboat has nothing to carry out for it`, "move", m)
	}
}

// repair asks for the records that the domain's mail was last led by, whatever
// somebody has put in their place. That what the DNS host holds is wrong is what
// repairing means, so name servers that lag behind it keep nobody from it.
func (o *operator) repair() (SwitchRequest, error) {
	ops, err := o.engine.operations()
	if err != nil {
		return SwitchRequest{}, err
	}
	kind := failover.Failback
	for _, op := range ops {
		if op.Result == journal.Done && (op.Plan.Kind == failover.Failover || op.Plan.Kind == failover.Failback) {
			kind = op.Plan.Kind
		}
	}
	return SwitchRequest{PlanRequest: PlanRequest{Kind: kind, ReplaceMX: true, TrustHost: true, KeepRoute: true}}, nil
}

// moveWatch takes a move's times off the events of its run.
type moveWatch struct {
	now  func() time.Time
	tell func(drill.Step)

	mu      sync.Mutex
	moved   drill.Moved
	counted string // the last count of servers told, which comes again with every look
}

// confirmed is the moment of the yes: the plan is made and the preflight allows it.
func (w *moveWatch) confirmed(p Preview) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved.Yes = w.now()
	for _, s := range p.Plan.Steps {
		w.say(failover.Say("{set}: {before} becomes {after}", "set", s.After.Key.String(),
			"before", shown(s.Before), "after", shown(s.After)), false)
	}
}

func (w *moveWatch) ran(e run.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	// The domain's own set is what leads mail; the emergency subdomain's comes along.
	own := e.Step.After.Key == (failover.Key{Name: e.Step.Domain, Type: "MX"})
	at := w.now()
	switch {
	case len(e.View.Answers) > 0 && e.State != failover.Verified:
		w.count(e)
	case !e.Say.IsZero():
		w.say(e.Say, false)
	case e.State == failover.Ack:
		w.say(failover.Say("{set}: the DNS host holds the new records", "set", e.Step.After.Key.String()), false)
	}
	if own && e.State == failover.Ack && w.moved.Sent.IsZero() {
		w.moved.Sent = at
	}
	if own && e.State == failover.Verified && w.moved.Verified.IsZero() {
		w.moved.Verified = at
	}
}

// count tells how many servers give the new records, when that has changed.
func (w *moveWatch) count(e run.Event) {
	say := failover.Say("{set}: {count} of {all} addresses give the new records", "set", e.Step.After.Key.String(),
		"count", e.View.With(e.Step.After), "all", e.View.Asked())
	if line := say.String(); line != w.counted {
		w.counted = line
		w.say(say, false)
	}
}

// found tells what the preflight objects to; the rest would drown it.
func (w *moveWatch) found(f failover.Finding) {
	if f.Verdict != failover.Red {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.say(f.Say, true)
}

func (w *moveWatch) say(s failover.Sentence, bad bool) {
	if w.tell != nil {
		w.tell(drill.Step{At: w.now(), Say: s, Bad: bad})
	}
}

// done is what the move came to. One that found everything as wanted is verified
// the moment it says so.
func (w *moveWatch) done(out failover.Outcome) drill.Moved {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range out.Plan.Steps {
		if s.After.Key == (failover.Key{Name: s.Domain, Type: "MX"}) && s.Before.Exists() {
			w.moved.OldTTL = time.Duration(s.Before.TTL) * time.Second
		}
	}
	w.moved.Changed = out.Changes
	switch {
	case out.Done && len(out.Plan.Steps) == 0:
		w.moved.Sent, w.moved.Verified = w.now(), w.now()
	case w.moved.Sent.IsZero() && !w.moved.Verified.IsZero():
		w.moved.Sent = w.moved.Yes // the run that is gone on with had come so far before
	}
	return w.moved
}

// shown is a record set on one line for a sentence.
func shown(s failover.RRset) string {
	if !s.Exists() {
		return "—"
	}
	text := s.Values[0]
	for _, v := range s.Values[1:] {
		text += ", " + v
	}
	return text
}

// Watch follows the domain as lifeboat status --watch does, at a pace of its own.
func (o *operator) Watch(ctx context.Context, every time.Duration, tell func(detect.State)) error {
	domains, err := o.engine.Domains(nil)
	if err != nil {
		return err
	}
	return o.engine.Watch(ctx, WatchRequest{Domain: domains[0].Name, Every: every, Tell: tell})
}
