package detect

import "slices"

// faultOf names the fault that the failed looks at a target amount to.
func faultOf(t *track) Fault {
	f, known := t.kind()
	if !known {
		return FaultNone
	}
	at, o := stages[f.stage], outcomes[f.outcome]
	switch {
	case t.Service == Records && o == Permanent:
		return FaultRecords
	case t.Service == Records:
		return FaultDNSHost
	case t.Service == Delivery:
		return FaultUndelivered
	case t.Service == Attachments:
		return FaultAttachments
	case o == OK:
		return FaultSlow
	case t.Service == Portal:
		return FaultPages
	case at == AtResolve:
		return FaultName
	case at == AtTLS:
		return FaultTLS
	case at == AtSignIn:
		return FaultSignIn
	}
	switch o {
	case Refused:
		return FaultRefuses
	case Reset:
		return FaultResets
	case Timeout:
		if at == AtTCP {
			return FaultNoAnswer
		}
		return FaultMute
	case Temporary:
		if at == AtRCPT {
			return FaultDefers
		}
	case Permanent:
		if at == AtRCPT {
			return FaultRejects
		}
	default:
	}
	return FaultBusy
}

// blameOf says whose fault it looks like. When nobody is let in, and the server
// says so itself, it may as well be the one account that is tried.
func blameOf(f Fault, why []*track) Blame {
	switch f {
	case FaultRecords:
		return BlameOurs
	case FaultDNSHost:
		return BlameDNSHost
	case FaultSignIn:
		if slices.ContainsFunc(why, func(t *track) bool { k, _ := t.kind(); return outcomes[k.outcome] == Permanent }) {
			return BlameUnclear
		}
	default:
	}
	return BlameProvider
}

// commonFault is the fault of most of the targets, of the first of them in doubt.
func commonFault(why []*track) Fault {
	count, best := map[Fault]int{}, FaultNone
	for _, t := range why {
		count[faultOf(t)]++
	}
	for _, t := range why {
		if f := faultOf(t); count[f] > count[best] || best == FaultNone {
			best = f
		}
	}
	return best
}
