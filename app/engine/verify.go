package engine

import (
	"context"
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
	Problem failover.Sentence `json:"problem,omitzero"`
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
	entries, err := e.entries()
	if err != nil {
		return nil, err
	}
	ops := journal.Operations(entries)
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
	var out []Verification
	for _, v := range perDomain {
		out = append(out, v...)
	}
	return out, nil
}

func (e *Engine) verifyDomain(ctx context.Context, d failover.Domain, ops []journal.Operation) ([]Verification, error) {
	host, err := e.hostOf(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	zone, err := host.Zone(ctx, d.Name)
	if err != nil {
		return nil, err
	}
	wanted := e.lastWanted(d, ops)
	if len(wanted) == 0 {
		sets, err := host.Read(ctx, zone, []failover.Key{{Name: d.Name, Type: "MX"}})
		if err != nil {
			return nil, err
		}
		wanted = []Verification{{Domain: d.Name, Want: sets[0]}}
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
		compare(&wanted[i], views[i], e.opt.Now())
	}
	return wanted, nil
}

// lastWanted is what the newest run that changed each set left there.
func (e *Engine) lastWanted(d failover.Domain, ops []journal.Operation) []Verification {
	var out []Verification
	seen := map[failover.Key]bool{}
	for i := len(ops) - 1; i >= 0; i-- {
		op := ops[i]
		if op.Result == journal.Aborted || op.Result == journal.Abandoned {
			continue
		}
		for _, s := range op.Plan.Steps {
			if seen[s.After.Key] || s.Domain != d.Name {
				continue
			}
			seen[s.After.Key] = true
			v := Verification{Domain: d.Name, Want: s.After, Run: op.ID}
			if at, ok := op.Acked[s.ID]; ok {
				v.Until = at.Add(time.Duration(s.Before.TTL) * time.Second)
			}
			out = append(out, v)
		}
	}
	return out
}

// compare fills in what the servers give. While an address does not give the
// wanted set, old answers may still be handed out, for another TTL from now.
func compare(v *Verification, view failover.View, now time.Time) {
	v.View, v.Right, v.Asked = view, view.With(v.Want), view.Asked()
	for _, a := range view.Missing(v.Want) {
		if a.State == failover.Answered {
			v.Wrong = append(v.Wrong, a)
			if late := now.Add(time.Duration(a.Set.TTL) * time.Second); late.After(v.Until) {
				v.Until = late.UTC()
			}
		} else {
			v.Silent = append(v.Silent, a)
		}
	}
	if v.Right == 0 && len(v.Wrong) == 0 {
		v.Problem = failover.Say("no name server of {zone} answers", "zone", failover.Display(view.Zone))
	}
}
