package drill

import (
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/lab"
)

// act is an Act of the script and what became of it.
type act struct {
	Act
	number int
	done   bool
}

// due is when the act's turn comes; false while its moment has not come.
func (r *record) due(a *act) (time.Time, bool) {
	after := a.After
	if after == "" {
		after = Started
	}
	at, came := r.moments[after]
	return at.Add(time.Duration(a.Delay)), came
}

// enter notes that a moment has come. Acts follow its first coming.
func (s *Session) enter(m Moment, at time.Time) {
	if _, before := s.moments[m]; !before {
		s.moments[m] = at
	}
}

// awaited is the moment that the script waits for.
func (s *Session) awaited() Moment {
	for i := range s.acts {
		if _, came := s.due(&s.acts[i]); !s.acts[i].done && !came {
			return s.acts[i].After
		}
	}
	return ""
}

// play carries out every act that is due, and returns the real time until the next
// one.
func (s *Session) play() time.Duration {
	wait := time.Hour
	for s.finishing.IsZero() && s.broke == nil {
		next, at := s.next()
		if next == nil {
			break
		}
		if ahead := at.Sub(s.w.Now()); ahead > 0 {
			wait = time.Duration(float64(ahead)/s.w.Factor()) + time.Microsecond
			break
		}
		next.done = true
		s.perform(next)
	}
	return wait
}

// next is the act whose turn comes first of those whose moment has come.
func (s *Session) next() (*act, time.Time) {
	var first *act
	var when time.Time
	for i := range s.acts {
		a := &s.acts[i]
		if at, came := s.due(a); came && !a.done && (first == nil || at.Before(when)) {
			first, when = a, at
		}
	}
	return first, when
}

// perform does what the act says, to the lab.
func (s *Session) perform(a *act) {
	s.notes(a)
	var err error
	switch a.Do {
	case Break:
		err = s.w.BreakPart(a.Role, lab.Trouble{Fault: a.Fault, Share: a.Share, Hosts: a.Hosts})
	case Mend:
		s.w.Mend(a.Role)
	case BreakDNS:
		for _, host := range a.Hosts {
			if err == nil {
				err = s.w.BreakDNS(s.server(host), a.Fault)
			}
		}
	case BreakUpdates:
		err = s.w.BreakUpdates(a.Fault)
	case BreakRemote:
		err = s.w.BreakRemote(a.Fault)
	case CutLine:
		s.w.SetLine(lab.Line{Down: true})
	case JoinLine:
		s.w.SetLine(lab.Line{})
	case SpoilMX:
		err = s.spoil()
	case TryFailback:
		d := s.decision(Failback, failover.Say("A colleague in a hurry").String(), "")
		d.TooEarly = true
		s.asked = append(s.asked, d)
	case TurnPage:
		err = s.w.SetStatusPage(a.Role, a.Page)
	case Finish:
		s.played = true
		s.finish()
	}
	if err != nil {
		s.broke = failover.Fail(failover.ErrInvalid, `The scenario "{name}" cannot be played: act {number} of its script is nothing that the practice world can do.`,
			"name", s.scenario.Name, "number", a.number+1).Because(err)
	}
}

// notes writes down that the act happens, and what it means for the measures.
func (s *Session) notes(a *act) {
	now := s.w.Now()
	e := Entry{At: now, Kind: EntryFault, Say: s.says(a), Bad: a.faults()}
	if a.Do == TryFailback || a.Do == Finish {
		e.Kind = EntryNote
	}
	s.tell(e)
	primary := a.Role == failover.Primary
	switch {
	case a.faults():
		s.enter(Faulted, now)
		if a.Do == Break && primary {
			s.worksAgain, s.home = time.Time{}, time.Time{}
		}
	case a.mends() && (a.Do != Mend || primary) && s.moments[Faulted] != (time.Time{}):
		s.worksAgain, s.base.primary = now, s.w.Totals().Primary
	}
}

// happens tells an act by its deed.
func (s *Session) happens(a *act) failover.Sentence {
	provider := s.domain.Provider(a.Role).Name
	switch a.Do {
	case Break:
		return failover.Say(`{provider} breaks down ("{fault}").`, "provider", provider, "fault", a.Fault)
	case Mend:
		return failover.Say("{provider} works again.", "provider", provider)
	case CutLine:
		return failover.Say("The office's own line is cut.")
	case JoinLine:
		return failover.Say("The office's own line works again.")
	case SpoilMX:
		return failover.Say("Somebody publishes a wrong MX record.")
	case BreakRemote:
		if a.mends() {
			return failover.Say("The other company's mail server works again.")
		}
		return failover.Say(`The mail server of another company breaks down ("{fault}").`, "fault", a.Fault)
	case TurnPage:
		if a.mends() {
			return failover.Say("The web pages of {provider} work again.", "provider", provider)
		}
		return failover.Say(`The web pages of {provider} fail ("{fault}").`, "provider", provider, "fault", a.Page)
	case BreakDNS, BreakUpdates:
		if a.mends() {
			return failover.Say("The DNS host works again.")
		}
		return failover.Say(`The DNS host breaks down ("{fault}").`, "fault", a.Fault)
	case TryFailback:
		return failover.Say("Somebody asks for the way back.")
	default:
		return failover.Say("The script is over: what is under way arrives, and nothing new is written.")
	}
}

// server is the full name of a name server that a script calls "ns2".
func (s *Session) server(name string) string {
	for _, ns := range s.w.Nameservers() {
		if label, _, _ := strings.Cut(ns, "."); label == name {
			return ns
		}
	}
	return name
}

// spoil publishes the submission server as the domain's mail host: the mistake of
// somebody who copied the wrong line out of the provider's help pages. Nobody takes
// mail for the domain there, so it waits.
func (s *Session) spoil() error {
	set := s.w.Truth(s.domain.Name, "MX")
	s.spoiled = &set
	wrong := []failover.MX{{Preference: 10, Host: failover.FQDN(s.domain.Primary.Submission.Host)}}
	return s.w.Put(failover.MXSet(s.domain.Name, set.TTL, wrong))
}

// finish stops what writes, so that the mail under way can run out.
func (s *Session) finish() {
	s.finishing = time.Now()
	s.w.SetInterval(-1)
}

// stop ends the drill by hand: nothing more happens, and everything is mended.
func (s *Session) stop() {
	s.tell(Entry{Kind: EntryNote, Say: failover.Say("The drill is ended by hand: everything is mended.")})
	for _, role := range []failover.Role{failover.Primary, failover.Secondary} {
		s.w.Mend(role)
		s.mended(s.w.SetStatusPage(role, lab.StatusHonest))
	}
	for _, ns := range s.w.Nameservers() {
		s.mended(s.w.BreakDNS(ns, lab.None))
	}
	s.mended(s.w.BreakUpdates(lab.None))
	s.mended(s.w.BreakRemote(lab.None))
	s.w.SetLine(lab.Line{})
	if s.spoiled != nil && !slices.Contains(s.made, Repair) {
		s.mended(s.w.Put(*s.spoiled))
	}
	s.asked = nil
	s.finish()
}

// mended notes that something could not be mended.
func (s *Session) mended(err error) {
	if err != nil {
		s.tell(Entry{Kind: EntryNote, Say: sentenceOf(err), Bad: true})
	}
}
