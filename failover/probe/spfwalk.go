package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"lifeboat/failover"
	"lifeboat/failover/dnswire"
)

// Limits of RFC 7208 section 4.6.4.
const (
	spfLookups = 10
	spfVoids   = 2
)

// spfWalk follows a record through everything it refers to, counting as a
// receiver does. It goes on past the limit, so that the whole count can be told,
// but not for ever.
type spfWalk struct {
	s        *survey
	lookups  int
	voids    int
	included map[string]bool // the domains whose senders pass
	networks []netip.Prefix  // the networks that pass
	opaque   bool            // there are terms whose networks were not followed
	problem  error           // permerror: receivers take the record for broken
	unsure   error           // somebody gave no answer
	all      byte            // the qualifier that is left for everybody else
	lines    []string        // the records, as evidence
}

// spfPatience is the number of look-ups after which the walk ends.
const spfPatience = 3 * spfLookups

// walk follows one domain's record. passing says that whoever passes it passes
// the record it began with.
func (w *spfWalk) walk(ctx context.Context, domain, text string, passing, outermost bool) {
	w.lines = append(w.lines, failover.Display(domain)+" TXT "+clean(text, 600))
	r, err := parseSPF(text)
	if err != nil {
		w.fail(fmt.Errorf("%s: %w", failover.Display(domain), err))
		return
	}
	for _, t := range r.terms {
		if w.problem != nil || w.lookups >= spfPatience {
			return
		}
		if t.name == "all" {
			break // what follows is never looked at (RFC 7208 section 5.1)
		}
		w.term(ctx, domain, t, passing && t.qualifier == '+')
	}
	all := r.all()
	if all == 0 && r.redirect != "" {
		w.lookups++
		w.into(ctx, spfTerm{domain: r.redirect}, domain, passing, outermost)
		return
	}
	if outermost {
		w.all = all
	}
}

func (w *spfWalk) term(ctx context.Context, domain string, t spfTerm, passing bool) {
	if t.looksUp() {
		w.lookups++
	}
	switch t.name {
	case "ip4", "ip6":
		if passing {
			w.networks = append(w.networks, t.network)
		}
	case "include":
		w.into(ctx, t, domain, passing, false)
	case "a", "mx", "exists", "ptr":
		w.opaque = true
		w.count(ctx, domain, t)
	}
}

// into follows an include or a redirect.
func (w *spfWalk) into(ctx context.Context, t spfTerm, domain string, passing, outermost bool) {
	target, ok := t.target(domain)
	if !ok {
		w.opaque = true
		return
	}
	sets := w.s.lookup(ctx, target, "TXT")
	if sets.err != nil {
		w.unsure = sets.err
		return
	}
	if !sets.set.Exists() {
		w.voids++
	}
	var records []string
	for _, text := range sets.texts() {
		if dnswire.IsSPF(text) {
			records = append(records, text)
		}
	}
	if len(records) != 1 {
		w.fail(fmt.Errorf("%s has %d SPF records where there must be one", failover.Display(target), len(records)))
		return
	}
	if passing {
		w.included[target] = true
	}
	if w.lookups < spfPatience {
		w.walk(ctx, target, records[0], passing, outermost)
	}
}

// count notices terms that find nothing.
func (w *spfWalk) count(ctx context.Context, domain string, t spfTerm) {
	target, ok := t.target(domain)
	if !ok || t.name == "exists" || t.name == "ptr" {
		return
	}
	types := []string{"A", "AAAA"}
	if t.name == "mx" {
		types = []string{"MX"}
	}
	for _, typ := range types {
		sets := w.s.lookup(ctx, target, typ)
		if sets.err != nil {
			w.unsure = sets.err
			return
		}
		if len(sets.set.Values) > spfLookups && typ == "MX" {
			w.fail(fmt.Errorf("mx of %s stands for more than %d hosts", failover.Display(target), spfLookups))
		}
		if sets.set.Exists() {
			return
		}
	}
	w.voids++
}

func (w *spfWalk) fail(err error) {
	if w.problem == nil {
		w.problem = err
	}
}

// covers reports whether every network of the other walk passes in this one.
func (w *spfWalk) covers(other *spfWalk) bool {
	if len(other.networks) == 0 || other.opaque || other.problem != nil || other.unsure != nil {
		return false
	}
	for _, n := range other.networks {
		if !slices.ContainsFunc(w.networks, func(own netip.Prefix) bool { return own.Bits() <= n.Bits() && own.Contains(n.Addr()) }) {
			return false
		}
	}
	return true
}
