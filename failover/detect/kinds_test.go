package detect_test

import (
	"slices"

	"lifeboat/failover/detect"
)

// A kind of true outage.
type kind struct {
	name    string
	ail     ailment
	share   float64       // of the looks that it strikes; 0 is all
	host    detect.Target // the one MX host that it strikes
	waiting []string
	down    bool // mail does not arrive at the primary
	mends   int  // found after so many minutes in a row in which it can be seen
	smtp    bool // it shows on port 25
	signIn  bool // it shows only to who can sign in
	flaps   bool // it comes and goes
	slow    bool // it does not show while everything is slow
	found   func(detect.State) bool
}

func downBy(f detect.Fault) func(detect.State) bool {
	return func(s detect.State) bool { return s.Primary.Health == detect.Down && s.Primary.Fault == f }
}

func degradedBy(d detect.Direction, faults ...detect.Fault) func(detect.State) bool {
	return func(s detect.State) bool {
		p := s.Primary.Part(d)
		return s.Primary.Health != detect.Unknown && (p.Health == detect.Degraded || p.Health == detect.Down) && slices.Contains(faults, p.Fault)
	}
}

// seen tells that a target is named among the evidence, whatever else there is.
func seen(x detect.Target) func(detect.State) bool {
	return func(s detect.State) bool {
		return s.Primary.Health != detect.Unknown && slices.ContainsFunc(s.Primary.Part(detect.Inbound).Evidence, func(e detect.Evidence) bool {
			return e.Target == x && e.Health == detect.Down
		})
	}
}

// kinds are the true outages, each with the time after which it must be found.
// These are the documented minima: shorter ones may pass unnoticed.
func kinds() []*kind {
	const hard, later, seldom = 12, 30, 50
	return []*kind{
		{name: "resets (as on 19 Nov 2019)", ail: all(primaryMX, detect.AtTCP, detect.Reset, "connection reset by peer"), down: true, smtp: true, mends: hard, found: downBy(detect.FaultResets)},
		{name: "refuses", ail: all(primaryAll, detect.AtTCP, detect.Refused, ""), down: true, smtp: true, mends: hard, found: downBy(detect.FaultRefuses)},
		{name: "no answer", ail: all(primaryAll, detect.AtTCP, detect.Timeout, ""), down: true, smtp: true, mends: hard, found: downBy(detect.FaultNoAnswer)},
		{name: "connects and is mute", ail: all(primaryMX, detect.AtBanner, detect.Timeout, ""), down: true, smtp: true, mends: hard, found: downBy(detect.FaultMute)},
		{name: "550 after RCPT", ail: all(primaryMX, detect.AtRCPT, detect.Permanent, noUser), down: true, smtp: true, mends: hard, found: downBy(detect.FaultRejects)},
		{name: "no TLS, plain text unwelcome", ail: all(primaryMX, detect.AtTLS, detect.Reset, ""), down: true, smtp: true, mends: hard, found: downBy(detect.FaultTLS)},
		{name: "421 as greeting", ail: all(primaryMX, detect.AtBanner, detect.Temporary, busy), down: true, smtp: true, mends: later, found: downBy(detect.FaultBusy)},
		{name: "451 after RCPT (22 Jan 2026)", ail: all(primaryMX, detect.AtRCPT, detect.Temporary, defers), down: true, smtp: true, mends: later, found: downBy(detect.FaultDefers)},
		{name: "MX name gone", ail: all(primaryMX, detect.AtResolve, detect.Permanent, "NXDOMAIN"), down: true, smtp: true, mends: later, found: downBy(detect.FaultName)},
		{name: "comes and goes", ail: all(primaryMX, detect.AtTCP, detect.Reset, ""), flaps: true, down: true, smtp: true, mends: 60, found: degradedBy(detect.Inbound, detect.FaultResets)},
		{name: "half of connections reset", ail: all(primaryMX, detect.AtTCP, detect.Reset, ""), share: 0.5, down: true, smtp: true, mends: 60, found: degradedBy(detect.Inbound, detect.FaultResets)},
		{name: "1 of 2 MX hosts", host: mx1, ail: all(is(mx1), detect.AtTCP, detect.Timeout, ""), smtp: true, mends: hard, found: degradedBy(detect.Inbound, detect.FaultNoAnswer)},
		{name: "wrong certificate", ail: beside(primaryMX, detect.AtTLS, detect.Permanent, "expired"), smtp: true, mends: 15, found: degradedBy(detect.Inbound, detect.FaultTLS)},
		{name: "slow", ail: late(primaryMX), smtp: true, slow: true, mends: 15, found: degradedBy(detect.Inbound, detect.FaultSlow)},
		{name: "sign-in (19 Nov 2018)", ail: all(is(submit, imap), detect.AtSignIn, detect.Permanent, noAuth), signIn: true, mends: hard, found: degradedBy(detect.Access, detect.FaultSignIn)},
		{name: "submission", ail: all(is(submit), detect.AtTCP, detect.Reset, ""), signIn: true, mends: hard, found: degradedBy(detect.Outbound, detect.FaultResets)},
		{name: "accepted, not delivered", ail: seedsLost, down: true, signIn: true, mends: seldom, found: seen(seed)},
		{name: "attachments only", ail: all(is(file), detect.AtRoundTrip, detect.Timeout, ""), signIn: true, mends: seldom, found: seen(file)},
		{name: "portal only (Dec 2024)", ail: all(is(portal), detect.AtPage, detect.Permanent, "404"), mends: seldom, found: degradedBy(detect.Portals, detect.FaultPages)},
		{name: "own records wrong", ail: all(is(ns2), detect.AtResolve, detect.Permanent, ""), mends: hard, found: func(s detect.State) bool {
			return s.Records.Health == detect.Down && s.Records.Fault == detect.FaultRecords
		}},
		{name: "DNS host unreachable", ail: all(is(ns1, ns2), detect.AtResolve, detect.Timeout, ""), mends: hard, found: func(s detect.State) bool {
			return s.Records.Health == detect.Down && s.Records.Fault == detect.FaultDNSHost
		}},
		{name: "sends nothing on", waiting: []string{"a.test.", "b.test.", "c.test.", "d.test."}, signIn: true, mends: hard, found: degradedBy(detect.Outbound, detect.FaultSending)},
	}
}
