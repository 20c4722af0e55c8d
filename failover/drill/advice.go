package drill

import (
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// standing is where the domain's mail was led by the moves so far.
type standing struct {
	route     failover.Role // of the MX records
	sending   failover.Role // of what staff write
	announced bool
	repaired  bool // since the records were last sound
	blocked   bool // a failover was refused because the DNS host cannot be reached
	detected  bool
	decided   bool // something was decided since the fault
}

// away reports whether there is a way home to go.
func (n standing) away() bool {
	return n.route == failover.Secondary || n.announced || n.sending == failover.Secondary
}

// advise is how an unattended drill decides: it follows detection, as a good admin
// would who has nothing else to go by. The sentence says why.
func advise(st detect.State, n standing) (m Move, why failover.Sentence, ok bool) {
	p := st.Primary
	switch {
	case n.away() && p.Health == detect.Healthy:
		return Failback, p.Say, true
	case n.route == failover.Primary && !n.announced:
		return adviseAtHome(st, n)
	default:
		return "", failover.Sentence{}, false
	}
}

func adviseAtHome(st detect.State, n standing) (m Move, why failover.Sentence, ok bool) {
	p := st.Primary
	switch {
	case p.Switch == detect.SwitchImpossible, p.Switch == detect.SwitchHelps && n.blocked:
		return Announce, p.SaySwitch, true
	case p.Switch == detect.SwitchHelps:
		return Failover, p.SaySwitch, true
	case st.Records.Health == detect.Down && st.Records.Fault == detect.FaultRecords:
		return Repair, st.Records.Say, !n.repaired
	case p.Switch == detect.SwitchSending && n.sending == failover.Primary:
		return SendOnly, p.SaySwitch, true
	case n.detected && !n.decided && len(st.Elsewhere) > 0:
		return Stay, st.Elsewhere[0].Say, true
	default:
		return Stay, p.SaySwitch, n.detected && !n.decided
	}
}

// most is how often an unattended drill asks for a move that is refused.
const most = 8

// follow has an unattended drill decide.
func (s *Session) follow() {
	if s.busy != nil || len(s.asked) > 0 || s.state.At.IsZero() {
		return
	}
	_, s.standing.detected = s.moments[Detected]
	s.standing.decided = s.decidedSince(s.moments[Faulted])
	m, why, ok := advise(s.state, s.standing)
	if !ok || s.refusals[m] >= most || s.w.Now().Before(s.again[m]) {
		return
	}
	d := s.decision(m, failover.Say("Lifeboat's advice").String(), "")
	d.Advice = why
	s.asked = append(s.asked, d)
}

// decidedSince reports whether anything was decided after the fault, but for what
// the script itself asked.
func (s *Session) decidedSince(fault time.Time) bool {
	if fault.IsZero() {
		return false
	}
	for _, d := range s.decisions {
		if !d.TooEarly && !d.At.Before(fault) {
			return true
		}
	}
	return false
}
