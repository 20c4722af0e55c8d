package plan

import (
	"strconv"
	"time"

	"lifeboat/failover"
)

// Inverse writes the plan that takes a run back: its steps the other way round,
// last one first, those left out that are as they were already. live gives what
// the host holds now, by key. A set that is neither as the run found it nor as it
// left it has been changed by somebody else, and the whole rollback is refused
// with failover.ErrSurprise.
//
// A domain's MX set that did not exist before the run is left as it is: taking it
// away would leave the domain without MX.
func Inverse(req Request, done failover.Plan, live map[failover.Key]failover.RRset) (failover.Plan, error) {
	p := failover.Plan{
		Version: failover.PlanVersion, ID: req.ID, Kind: failover.Rollback, Created: req.Now.UTC().Truncate(time.Second),
		Author: req.Author, Domains: done.Domains, Steps: []failover.Step{}, Reverts: done.ID,
	}
	for i := len(done.Steps) - 1; i >= 0; i-- {
		s := done.Steps[i]
		now := live[s.After.Key]
		now.Key = s.After.Key
		switch {
		case s.IsBefore(now):
			continue
		case !s.IsAfter(now):
			return failover.Plan{}, Surprise(failover.Difference{Before: s.Before, After: s.After, Live: now})
		case !s.Before.Exists() && s.After.Type == "MX" && s.After.Name == s.Domain:
			p.Notes = append(p.Notes, failover.Noted{Domain: s.Domain, Say: failover.Say(
				"{domain} had no MX before this run; the new one stays", "domain", failover.Display(s.Domain))})
			continue
		}
		inv := s.Inverse()
		inv.Before.TTL = now.TTL // another one only where TTLs are the host's choice
		inv.ID = strconv.Itoa(len(p.Steps) + 1)
		inv.Reason = failover.Say("as it was before {run}", "run", done.ID)
		p.Steps = append(p.Steps, inv)
	}
	if err := p.Seal(); err != nil {
		return failover.Plan{}, err
	}
	return p, Check(p)
}

// Surprise is the error for a set that somebody else has changed, with the
// three-way difference as its cause ([SurpriseError]).
func Surprise(d failover.Difference) error {
	return failover.Fail(failover.ErrSurprise,
		"{name} was changed by somebody else: the plan found {before} and wants {after}, but {live} is there now; nothing more is changed",
		"name", d.After.Key.String(), "before", records(d.Before), "after", records(d.After), "live", records(d.Live),
	).Because(&SurpriseError{d})
}

// SurpriseError carries the difference for programs.
type SurpriseError struct{ failover.Difference }

// Error shows the three sets.
func (e *SurpriseError) Error() string {
	return "before: " + e.Before.String() + "; wanted: " + e.After.String() + "; live: " + e.Live.String()
}
