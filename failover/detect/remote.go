package detect

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"lifeboat/failover"
)

// What is kept of other people's domains.
const (
	// remoteKeeps is how long a report on one counts: longer than senders pause
	// between two tries (Postfix 4,000 s at most, by default).
	remoteKeeps = 6 * time.Hour
	// remotesKept bounds how many are remembered for a provider, the latest first.
	remotesKept = 64
	// remotesMany is how many must wait at once before it may be our provider that
	// sends nothing.
	remotesMany = 3
)

// remote is what became of our mail to one domain of somebody else's.
type remote struct {
	Target
	waits  bool
	since  time.Time // of its waiting
	answer string
	clock  time.Duration
}

// remotes are the domains lately heard of.
type remotes struct{ known map[Target]*remote }

// take notes the reports of a round. Where one domain has good and bad ones, some
// mail gets through.
func (r *remotes) take(all []Observation, at time.Time, clock time.Duration) {
	type report struct {
		good   bool
		answer string
	}
	var round map[Target]report
	for i := range all {
		o := &all[i]
		if o.Service != Remote || o.Role == "" || o.Outcome == Unable || !slices.Contains(outcomes, o.Outcome) {
			continue
		}
		if round == nil {
			round = map[Target]report{}
		}
		p := round[o.Target]
		p.good = p.good || o.Outcome == OK
		if o.Outcome != OK {
			p.answer = max(p.answer, clip(cmp.Or(o.Answer, string(o.Outcome))))
		}
		round[o.Target] = p
	}
	for t, p := range round {
		if r.known == nil {
			r.known = map[Target]*remote{}
		}
		k := r.known[t]
		if k == nil {
			k = &remote{Target: t}
			r.known[t] = k
		}
		if !p.good && (!k.waits || clock-k.clock > remoteKeeps) {
			k.since = at
		}
		k.waits, k.clock, k.answer = !p.good, clock, p.answer
	}
	if len(round) > 0 {
		r.forget(clock)
	}
}

// forget keeps what is young, and not too many.
func (r *remotes) forget(clock time.Duration) {
	maps.DeleteFunc(r.known, func(_ Target, k *remote) bool { return clock-k.clock > remoteKeeps })
	if len(r.known) <= 2*remotesKept {
		return
	}
	for _, k := range r.sorted(func(*remote) bool { return true })[2*remotesKept:] {
		delete(r.known, k.Target)
	}
}

// sorted lists those that fit, the latest heard of first.
func (r *remotes) sorted(fit func(*remote) bool) []*remote {
	var out []*remote
	for _, k := range r.known {
		if fit(k) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b *remote) int {
		return cmp.Or(cmp.Compare(b.clock, a.clock), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Role, b.Role))
	})
	return out
}

// waiting lists the domains that mail of ours through the provider waits for, and
// counts those that took some, at the moment.
func (r *remotes) waiting(role failover.Role, clock time.Duration) (waits []*remote, taken int) {
	all := r.sorted(func(k *remote) bool { return k.Role == role && clock-k.clock <= remoteKeeps })
	for _, k := range all {
		if k.waits {
			waits = append(waits, k)
		} else {
			taken++
		}
	}
	return waits, taken
}
