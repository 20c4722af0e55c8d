package drill

import (
	"fmt"
	"strings"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// sees takes in what detection makes of things now.
func (s *Session) sees(st detect.State) {
	now := s.w.Now()
	s.state = st
	s.tellFound(st)
	s.outbox = append(s.outbox, Event{State: &st, Totals: s.w.Totals()})
	if st.Primary.Health == detect.Down || st.Primary.Health == detect.Degraded {
		s.troubled = true
	}
	if st.Records.Health == detect.Healthy {
		s.standing.repaired = false
	}
	if _, faulted := s.moments[Faulted]; !faulted {
		return
	}
	right := s.scenario.Right
	_, before := s.moments[Detected]
	switch {
	case !before && right.names(st):
		s.enter(Detected, now)
	case before && right.over(st):
		s.enter(Recovered, now)
	}
	if before && s.worksAgain.IsZero() {
		s.readsPage(st)
	}
}

// readsPage notes what the primary's own status page says while it fails.
func (s *Session) readsPage(st detect.State) {
	fails := st.Primary.Health == detect.Down || st.Primary.Health == detect.Degraded
	read := !st.Primary.Status.At.Before(s.moments[Faulted]) // else it was read before it could know
	switch says := st.Primary.Status.Says; says {
	case "":
	case detect.Healthy:
		s.pageCalm = s.pageCalm || fails && read
	default:
		if s.pageTold.IsZero() {
			s.pageTold = s.w.Now()
		}
	}
}

// names reports whether a state names what the scenario says is right, firmly
// enough to act on it.
func (r Right) names(st detect.State) bool {
	bad := func(h detect.Health) bool { return h == detect.Down || h == detect.Degraded }
	fits := func(f detect.Fault, b detect.Blame) bool {
		return (r.Fault == "" || r.Fault == string(f)) && (r.Blame == "" || r.Blame == string(b))
	}
	switch r.Of {
	case OfRecords:
		return bad(st.Records.Health) && fits(st.Records.Fault, st.Records.Blame)
	case OfRemote:
		return len(st.Elsewhere) > 0
	case OfLine:
		return bad(st.Line.Health)
	}
	p := st.Primary
	if r.Any {
		return bad(p.Health)
	}
	if r.calm() {
		return p.Health == detect.Healthy
	}
	if r.moves(Failover) || r.moves(Announce) {
		return p.Health == detect.Down && (fits(p.Fault, p.Blame) || fits(inbound(p)))
	}
	if bad(p.Health) && fits(p.Fault, p.Blame) {
		return true
	}
	for _, part := range p.Parts {
		if bad(part.Health) && fits(part.Fault, part.Blame) {
			return true
		}
	}
	return false
}

func inbound(p detect.Provider) (detect.Fault, detect.Blame) {
	in := p.Part(detect.Inbound)
	return in.Fault, in.Blame
}

// over reports whether what the scenario is about is sound in a state.
func (r Right) over(st detect.State) bool {
	switch r.Of {
	case OfRecords:
		return st.Records.Health == detect.Healthy
	case OfRemote:
		return len(st.Elsewhere) == 0
	case OfLine:
		return st.Line.Health == detect.Healthy
	default:
		return st.Primary.Health == detect.Healthy
	}
}

// calm reports whether detection is to find nothing.
func (r Right) calm() bool {
	return (r.Of == "" || r.Of == OfPrimary) && r.Fault == "" && r.Blame == "" && !r.Any
}

// moves reports whether a move is among the right ones.
func (r Right) moves(m Move) bool {
	for _, right := range r.Moves {
		if right == m {
			return true
		}
	}
	return false
}

// tellFound tells what is new in a state: each thing once, when its kind changes,
// whatever its counts do.
func (s *Session) tellFound(st detect.State) {
	s.found("line", st.Line.Health, st.Line.Say, nil, fmt.Sprint(st.Line.Shut))
	for _, p := range []detect.Provider{st.Primary, st.Secondary} {
		s.found(string(p.Role), p.Health, p.Say, evidenceOf(p), p.Say.Template, p.Fault)
	}
	s.found("records", st.Records.Health, st.Records.Say, nil, st.Records.Fault)
	var domains []string
	for _, w := range st.Elsewhere {
		domains = append(domains, w.Domain)
	}
	list := strings.Join(domains, " ")
	switch list {
	case s.told["elsewhere"]:
	case "":
		s.tell(Entry{Kind: EntryFound, Say: failover.Say("No mail waits for other domains any more.")})
	default:
		s.tell(Entry{Kind: EntryFound, Say: st.Elsewhere[0].Say, Bad: true})
	}
	s.told["elsewhere"] = list
}

// evidenceOf is what a provider's state goes by: how each part of it fails, whose fault
// that looks like, and what is worth knowing beside.
func evidenceOf(p detect.Provider) []failover.Sentence {
	var out []failover.Sentence
	for _, part := range p.Parts {
		if (part.Health == detect.Down || part.Health == detect.Degraded) && !part.Say.IsZero() {
			out = append(out, part.Say)
		}
	}
	if !p.SayBlame.IsZero() {
		out = append(out, p.SayBlame)
	}
	return append(out, p.Notes...)
}

// found tells one thing, unless it was told so before, or was never known.
func (s *Session) found(what string, h detect.Health, say failover.Sentence, evidence []failover.Sentence, kind ...any) {
	sign := fmt.Sprint(h, kind)
	before, known := s.told[what]
	if before == sign || say.IsZero() || h == "" || !known && h == detect.Unknown {
		return
	}
	s.told[what] = sign
	if what == "records" && h == detect.Healthy {
		if !known {
			return
		}
		say = failover.Say("The name servers give the right records again.")
	}
	s.tell(Entry{Kind: EntryFound, Say: say, Evidence: evidence, Bad: h == detect.Down || h == detect.Degraded})
}
