package plan

import (
	"slices"
	"strconv"
	"time"

	"lifeboat/failover"
)

// Left is what a run left behind.
type Left struct {
	Plan failover.Plan
	// States is how far each of its steps came, by step ID.
	States map[string]failover.StepState
	// Live is what the hosts hold now.
	Live map[failover.Key]failover.RRset
	// Routes is the provider that mail leaves through now, by domain.
	Routes map[string]failover.Role
	// Unguarded are the steps, by ID, at a host that would carry out a request of
	// theirs however late it arrives: it neither compares and swaps nor is a person.
	Unguarded map[string]bool
}

// Inverse writes the plan that takes a run back: its steps the other way round,
// last one first, those left out that are as they were already. A set that the run
// may have changed, and that is neither as the run found it nor as it left it, has
// been changed by somebody else, and the whole rollback is refused with
// failover.ErrSurprise. A set that the run never came to is none of its business:
// what somebody else made of it is noted and stays.
//
// Of the TXT at a domain the run's own SPF string is all that is taken back.
//
// A domain's MX set that did not exist before the run is left as it is: taking it
// away would leave the domain without MX.
func Inverse(req Request, left Left) (failover.Plan, error) {
	p := failover.Plan{
		Version: failover.PlanVersion, ID: req.ID, Kind: failover.Rollback, Created: req.Now.UTC().Truncate(time.Second),
		Author: req.Author, Domains: left.Plan.Domains, Steps: []failover.Step{}, Reverts: left.Plan.ID,
	}
	for _, s := range slices.Backward(left.Plan.Routes) {
		left.moveBack(&p, s)
	}
	for _, s := range slices.Backward(left.Plan.Steps) {
		if err := left.takeBack(&p, s); err != nil {
			return failover.Plan{}, err
		}
	}
	if err := p.Seal(); err != nil {
		return failover.Plan{}, err
	}
	return p, Check(p)
}

// moveBack adds what moves a send route back, if it was moved. There are two ways to
// go, so nothing that somebody else did can be in the way.
func (l Left) moveBack(p *failover.Plan, s failover.RouteStep) {
	if l.Routes[s.Domain] != s.After {
		return
	}
	inv := s.Inverse()
	inv.ID = routeID(len(p.Routes))
	inv.Reason = failover.Say("as it was before {run}", "run", p.Reverts)
	p.Routes = append(p.Routes, inv)
}

// takeBack adds what undoes a step, or the note why nothing does.
func (l Left) takeBack(p *failover.Plan, s failover.Step) error {
	live := l.Live[s.After.Key]
	live.Key = s.After.Key
	note := func(say failover.Sentence) { p.Notes = append(p.Notes, failover.Noted{Domain: s.Domain, Say: say}) }
	s = ownString(s, live)
	onlyMX := !s.Before.Exists() && s.After.Key == failover.Key{Name: s.Domain, Type: "MX"}
	inv := s.Inverse()
	switch {
	case s.IsAfter(live):
		inv.Before.TTL = live.TTL // another one only where TTLs are the host's choice
	case s.IsBefore(live):
		// What is on its way leads to what the step wanted, and this is the way back.
		inv.Late = l.States[s.ID] == failover.Sent && l.Unguarded[s.ID]
		if !inv.Late || onlyMX {
			return nil
		}
		note(StillComing(inv))
	case l.States[s.ID].Reached():
		return Surprise(failover.Difference{Before: s.Before, After: s.After, Live: live})
	default:
		note(failover.Say("{set} is {live}, which is somebody else's doing: the run never changed it, so it stays",
			"set", s.After.Key.String(), "live", records(live)))
		return nil
	}
	if onlyMX {
		note(failover.Say("{domain} had no MX before this run; the new one stays", "domain", failover.Display(s.Domain)))
		return nil
	}
	inv.ID = strconv.Itoa(len(p.Steps) + 1)
	inv.Reason = failover.Say("as it was before {run}", "run", p.Reverts)
	p.Steps = append(p.Steps, inv)
	return nil
}

// StillComing warns that a request which seemed lost may yet undo what this step of a
// rollback sees to.
func StillComing(s failover.Step) failover.Sentence {
	return failover.Say("{set}: the answer to an earlier request was lost, and it may still be carried out; give lifeboat verify in a minute",
		"set", s.After.Key.String())
}

// ownString sets a step on TXT at a domain among the strings that are there now: only
// the SPF string is Lifeboat's, the others come and go as their owners please. Any
// other step is returned as it is.
func ownString(s failover.Step, live failover.RRset) failover.Step {
	if s.After.Key != (failover.Key{Name: s.Domain, Type: "TXT"}) {
		return s
	}
	others := slices.DeleteFunc(slices.Clone(live.Values), isSPF)
	among := func(set failover.RRset) failover.RRset {
		own := slices.DeleteFunc(slices.Clone(set.Values), func(v string) bool { return !isSPF(v) })
		if !set.Exists() {
			set.TTL = live.TTL
		}
		return failover.NewRRset(set.Name, set.Type, set.TTL, slices.Concat(others, own)...)
	}
	s.Before, s.After = among(s.Before), among(s.After)
	return s
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
