package engine

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeboat/failover"
	"lifeboat/failover/journal"
)

// Verification is what the authoritative servers give for a set, against what it
// should be.
type Verification struct {
	Domain  string            `json:"domain"`
	Want    failover.RRset    `json:"want"`
	View    failover.View     `json:"view"`
	Right   int               `json:"right"` // addresses that give Want
	Asked   int               `json:"asked"`
	Wrong   []failover.Answer `json:"wrong,omitempty"`  // answer with something else
	Silent  []failover.Answer `json:"silent,omitempty"` // do not answer with authority
	Run     string            `json:"run,omitempty"`    // the run that made it so; empty: as the host holds it
	Until   time.Time         `json:"old_answers_until,omitzero"`
	Open    bool              `json:"old_answers_open,omitempty"` // Until is the earliest moment, not a promise
	Problem failover.Sentence `json:"problem,omitzero"`

	ownTTL   bool // the host has its own way with TTLs, so they are not compared
	asServed bool // what most servers give is what is wanted
}

// Good reports whether every address that answers gives the wanted set, and at
// least one does.
func (v Verification) Good() bool { return v.Problem.IsZero() && v.Right > 0 && len(v.Wrong) == 0 }

// Verify asks every address of every authoritative server whether it gives what
// the last run left, or where there was none, what the DNS host holds.
func (e *Engine) Verify(ctx context.Context, names []string) ([]Verification, error) {
	domains, err := e.Domains(names)
	if err != nil {
		return nil, err
	}
	ops, err := e.operations()
	if err != nil {
		return nil, err
	}
	perDomain := make([][]Verification, len(domains))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(domainsAtOnce)
	for i, d := range domains {
		g.Go(func() error {
			v, err := e.verifyDomain(gctx, d, ops)
			perDomain[i] = v
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(perDomain...), nil
}

func (e *Engine) verifyDomain(ctx context.Context, d failover.Domain, ops []journal.Operation) ([]Verification, error) {
	wanted, zone := lastLeft(d, ops)
	if slices.ContainsFunc(wanted, func(v Verification) bool { return v.Run == "" }) {
		var err error
		if zone, err = e.held(ctx, d, wanted); err != nil {
			return nil, err
		}
	}
	keys := make([]failover.Key, len(wanted))
	for i, w := range wanted {
		keys[i] = w.Want.Key
	}
	views, err := e.opt.Reader.Look(ctx, zone, keys...)
	if err != nil {
		return nil, err
	}
	for i := range wanted {
		wanted[i].compare(views[i], e.opt.Now())
	}
	return wanted, nil
}

// lastLeft lists the domain's MX and whatever else a run changed, with what the
// newest run that concerns each set left there. A run that did not come to its end
// may have left anything: there Run stays empty, as it does where there was none.
func lastLeft(d failover.Domain, ops []journal.Operation) (out []Verification, zone string) {
	out = []Verification{{Domain: d.Name, Want: failover.RRset{Key: failover.Key{Name: d.Name, Type: "MX"}}}}
	seen := map[failover.Key]bool{}
	for _, op := range slices.Backward(ops) {
		for _, s := range op.Plan.Steps {
			if seen[s.After.Key] || s.Domain != d.Name || !touchedRecords(op) || op.Result == journal.Aborted {
				continue
			}
			seen[s.After.Key] = true
			v := Verification{Domain: d.Name, Want: failover.RRset{Key: s.After.Key}}
			if made(op.Steps[s.ID]) && op.Result != journal.Abandoned {
				v.Want, v.Run, v.ownTTL = s.After, op.ID, s.AnyTTL()
				v.Until, _ = oldUntil(op, s)
				zone = s.Zone
			}
			if s.After.Key == out[0].Want.Key {
				out[0] = v
			} else {
				out = append(out, v)
			}
		}
	}
	return out, zone
}

// touchedRecords reports whether a run may have reached a DNS host at all.
func touchedRecords(op journal.Operation) bool {
	return slices.ContainsFunc(op.Plan.Steps, func(s failover.Step) bool { return op.Steps[s.ID].Reached() })
}

func made(s failover.StepState) bool { return s == failover.Ack || s == failover.Verified }

// oldUntil is until when caches may hold what a step replaced, and whether that is
// open-ended: a run that broke off before it had verified the step counts from the
// DNS host's word.
func oldUntil(op journal.Operation, s failover.Step) (until time.Time, open bool) {
	if until, known := op.OldUntil[s.ID]; known {
		return until, op.OldOpen[s.ID]
	}
	at, known := op.Acked[s.ID]
	if !known || !s.Before.Exists() {
		return time.Time{}, false
	}
	return at.Add(time.Duration(s.Before.TTL) * time.Second), true
}

// held fills in, where no run tells what is wanted, what the DNS host holds. Of a
// host whose records a person edits nobody knows more than what most servers give,
// which is left to compare. It returns the zone.
func (e *Engine) held(ctx context.Context, d failover.Domain, wanted []Verification) (zone string, err error) {
	host, err := e.hostOf(ctx, d.Name)
	if err != nil {
		return "", err
	}
	if zone, err = host.Zone(ctx, d.Name); err != nil {
		return "", err
	}
	caps := host.Capabilities()
	for i := range wanted {
		w := &wanted[i]
		if w.Run != "" {
			continue
		}
		if w.ownTTL, w.asServed = caps.OwnTTL, caps.Interactive; caps.Interactive {
			continue
		}
		sets, err := host.Read(ctx, zone, []failover.Key{w.Want.Key})
		if err != nil {
			return "", err
		}
		w.Want = sets[0]
	}
	return zone, nil
}

// compare fills in what the servers give. While an address does not give the
// wanted set, old answers may still be handed out, for another TTL from now.
func (v *Verification) compare(view failover.View, now time.Time) {
	if sets := view.Distinct(); v.asServed && len(sets) > 0 {
		v.Want = sets[0]
	}
	if v.ownTTL {
		view.Answers = slices.Clone(view.Answers)
		for i := range view.Answers {
			if a := &view.Answers[i]; a.Set.SameValues(v.Want) {
				a.Set.TTL = v.Want.TTL
			}
		}
	}
	v.View, v.Right, v.Asked = view, view.With(v.Want), view.Asked()
	for _, a := range view.Missing(v.Want) {
		if a.State != failover.Answered {
			v.Silent = append(v.Silent, a)
			continue
		}
		v.Wrong = append(v.Wrong, a)
		if late := now.Add(time.Duration(a.Set.TTL) * time.Second); late.After(v.Until) {
			v.Until = late.UTC()
		}
	}
	v.Open = !v.Until.IsZero() && len(v.Silent)+len(v.Wrong) > 0
	if v.Right == 0 && len(v.Wrong) == 0 {
		v.Problem = failover.Say("no name server of {zone} answers", "zone", failover.Display(view.Zone))
	}
}
