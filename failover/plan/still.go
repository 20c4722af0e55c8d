package plan

import (
	"slices"

	"lifeboat/failover"
)

// StillWanted holds a run that is open against the settings as they are now: an MX
// set that is yet to be changed must be one that a plan made now would want too, and
// a send route that is yet to be moved must lead to a server that takes submissions.
// Otherwise the error is failover.ErrStale, with what the settings want and the ways
// on. States is how far the run's steps came, by step ID; what is made is made. A
// rollback leads to what was there before, whatever the settings say.
func StillWanted(p failover.Plan, states map[string]failover.StepState, domains []failover.Domain) error {
	if p.Kind == failover.Rollback {
		return nil
	}
	for _, s := range p.Routes {
		has := func(d failover.Domain) bool { return d.Name == s.Domain && d.Provider(s.After).Submission.Host != "" }
		if !states[s.ID].Made() && !slices.ContainsFunc(domains, has) {
			return failover.Fail(failover.ErrStale,
				"the settings have changed since this {kind} was begun: mail from {domain} was to leave through providers.{role}.submission, which they no longer have; take it back with lifeboat rollback, or leave all as it is with lifeboat rollback --abandon REASON",
				"kind", p.Kind, "domain", failover.Display(s.Domain), "role", s.After)
		}
	}
	for _, s := range p.Steps {
		// A step that leaves the records as they are leads mail nowhere else.
		if states[s.ID].Made() || s.After.Type != "MX" || s.After.SameValues(s.Before) {
			continue
		}
		want := failover.RRset{Key: s.After.Key}
		if i := slices.IndexFunc(domains, func(d failover.Domain) bool { return d.Name == s.Domain }); i >= 0 {
			want = wanted(p.Kind, domains[i], s.After.Key)
		}
		if !want.SameValues(s.After) {
			return failover.Fail(failover.ErrStale,
				"the settings have changed since this {kind} was begun: it would make {set} {after}, and they now want {want}; take it back with lifeboat rollback, or leave the records as they are with lifeboat rollback --abandon REASON",
				"kind", p.Kind, "set", s.After.Key.String(), "after", records(s.After), "want", records(want))
		}
	}
	return nil
}

// wanted is the MX set that a plan of this kind leads a name to; none when the name
// is not one of the domain's.
func wanted(kind failover.Kind, d failover.Domain, key failover.Key) failover.RRset {
	switch {
	case key.Name == d.Name:
		return failover.MXSet(d.Name, d.MXTTL, d.Provider(kind.Target()).MX)
	case d.Emergency != "" && key.Name == d.Emergency && kind != failover.Failback:
		return failover.MXSet(d.Emergency, d.MXTTL, d.Secondary.MX)
	default:
		return failover.RRset{Key: key}
	}
}
