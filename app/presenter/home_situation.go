package presenter

import (
	"time"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// facts is all that Home goes by for one domain. What is made of it depends on
// nothing else.
type facts struct {
	t        *i18n.Tongue
	domain   failover.Domain
	now      time.Time
	status   *engine.DomainStatus // nil before the first look
	err      error                // why nobody could look
	state    *detect.State        // nil before detection has spoken, and when that is too long ago
	seenAt   time.Time            // when it spoke last
	stale    bool                 // too long ago to say how things are
	track    *trail
	open     *engine.RunSummary // a run that is not finished
	waited   time.Time          // when the admin decided to wait
	practice bool
	busy     bool // a switch goes on in this window
	mirror   *engine.MirrorStatus
	queue    *outgoing
	setUp    []failover.Sentence
	drill    *DrillCard
	drills   bool // somebody knows of drills
	tests    TestsBrief
	tested   bool // somebody knows of tests
	memory   Memory
}

// situation is what Home is about. Exactly one holds at a time.
type situation int

// The situations, from the least to the most pressing.
const (
	isCalm situation = iota
	isLooking
	isUnchecked // calm, and nobody has tried the secondary
	isLonely    // calm, and there is no secondary
	isGap       // calm, and a switch would fail
	isHome      // switched, and the primary works again
	isSwitched  // switched, and all is well there
	isSuspect   // the last looks fail, and are too few to say more
	isPartly    // something fails, and mail arrives
	isUnsure    // nobody can tell
	isLineDown
	isUnfinished // a run broke off
	isSplit      // MX records of both providers
	isRecords    // the domain's own records are wrong
	isDNSDown    // the domain's name servers don't answer
	isAdrift     // switched, and the secondary takes no mail
	isDown
	isBothDown
	isSwitching // right now, from this window
)

// weight orders situations by how much they press.
func (s situation) weight() int { return int(s) }

// light is a situation's light.
func (s situation) light() Light {
	switch s {
	case isCalm, isUnchecked:
		return LightHealthy
	case isLooking, isSwitching:
		return LightWorking
	case isLonely, isGap, isHome, isSwitched, isSuspect, isPartly, isUnfinished, isSplit:
		return LightCare
	case isRecords, isDNSDown, isAdrift, isDown, isBothDown:
		return LightDown
	default:
		return LightUnknown
	}
}

// troubled reports whether evidence and options take the place of the calm cards.
func (s situation) troubled() bool {
	switch s {
	case isSuspect, isPartly, isUnsure, isLineDown, isSplit, isRecords, isDNSDown, isAdrift, isDown, isBothDown:
		return true
	default:
		return false
	}
}

// situation finds out which it is.
func (f facts) situation() situation {
	if f.busy {
		return isSwitching
	}
	if f.open != nil {
		return isUnfinished
	}
	if f.state != nil && f.state.Line.Health == detect.Down {
		return isLineDown
	}
	if f.status == nil && f.state == nil {
		if f.err != nil {
			return isUnsure
		}
		return isLooking
	}
	if s, ours := f.records(); ours {
		return s
	}
	if f.route() == failover.RouteSecondary {
		return f.away()
	}
	return f.atHome()
}

// route is where mail is led, as far as is known.
func (f facts) route() failover.Route {
	if f.status == nil {
		return failover.RouteUnknown
	}
	return f.status.Route
}

// records reports whether it is about the domain's own DNS.
func (f facts) records() (situation, bool) {
	if f.state != nil && f.state.Records.Fault == detect.FaultDNSHost && f.state.Records.Health == detect.Down {
		return isDNSDown, true
	}
	switch f.route() {
	case failover.RouteForeign, failover.RouteNone:
		return isRecords, true
	case failover.RouteMixed:
		return isSplit, true
	case failover.RouteUnknown:
		// Detection that sees the records outweighs one look that failed.
		if f.status != nil && !f.status.Problem.IsZero() && (f.state == nil || f.state.Records.Health != detect.Healthy) && !f.works() {
			return isUnsure, true
		}
	default:
	}
	if f.state != nil && f.state.Records.Fault == detect.FaultRecords && f.state.Records.Health == detect.Down {
		return isRecords, true
	}
	return isCalm, false
}

// away is for when mail is led to the secondary.
func (f facts) away() situation {
	switch {
	case f.state != nil && f.state.Secondary.Health == detect.Down:
		return isAdrift
	case f.works():
		return isHome
	default:
		return isSwitched
	}
}

// atHome is for when mail is led to the primary.
func (f facts) atHome() situation {
	if f.state == nil {
		if f.stale && f.err != nil {
			return isUnsure
		}
		return isLooking
	}
	p := f.state.Primary
	switch {
	case p.Health == detect.Down && f.state.Secondary.Health == detect.Down:
		return isBothDown
	case p.Health == detect.Down:
		return isDown
	case p.Health == detect.Degraded:
		return isPartly
	case p.Health == detect.Unknown && f.starting():
		return isLooking
	case p.Health == detect.Unknown && p.Part(detect.Inbound).Health != detect.Healthy:
		return isUnsure
	case f.suspicious(p):
		return isSuspect
	case f.status == nil:
		return isCalm
	case f.domain.Secondary.Name == "":
		return isLonely
	case len(f.status.Ready.Blocking) > 0:
		return isGap
	case !f.status.Ready.Allowed:
		return isUnchecked
	default:
		return isCalm
	}
}

// works reports whether the primary is known to be in order.
func (f facts) works() bool { return f.state != nil && f.state.Primary.Health == detect.Healthy }

// starting reports whether detection has only begun: nothing of the primary was
// looked at yet, and nothing of ours hides it.
func (f facts) starting() bool {
	for _, part := range f.state.Primary.Parts {
		for _, e := range part.Evidence {
			if !e.At.IsZero() || e.Hidden {
				return false
			}
		}
	}
	return f.state.Primary.Blame == detect.BlameNobody
}

// suspicious reports whether the last looks at every MX host failed. That one of
// several fails now and then is nobody's concern.
func (f facts) suspicious(p detect.Provider) bool {
	hosts, failing := 0, 0
	for _, e := range p.Part(detect.Inbound).Evidence {
		if e.Service != detect.MX {
			continue
		}
		if hosts++; e.Suspect && e.Clean == 0 {
			failing++
		}
	}
	return hosts > 0 && failing == hosts
}
