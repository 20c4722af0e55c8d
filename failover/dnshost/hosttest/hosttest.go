// Package hosttest is the contract suite that every DNS host passes: what
// dnshost.Host promises, tried against the host's real server, or one that replays
// it.
//
// A host is tested from two sides. The suite calls the host as Lifeboat would, and
// looks at the zone past the host, through a [Subject]: by zone transfer, by the
// replay server's memory. What a host says of itself is never the proof.
//
// # How to test a new host
//
//  1. Start its server, or write one that replays its documented answers, with the
//     records of [Records] (or [ZoneText]) in the zone.
//  2. Fill in a [Subject]. Leave out the faults and credentials that cannot be
//     made; their cases are then not run. Everything else has to pass.
//  3. Call [Run].
package hosttest

import (
	"slices"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

// Credential says with which credential a host is to be opened.
type Credential int

// The credentials.
const (
	Right Credential = iota
	Wrong
	ReadOnly
)

// Fault says what goes wrong between the host and its server.
type Fault int

// The faults. A host opened with one meets it until it is dropped.
const (
	NoFault Fault = iota
	// LostReply: the first request that changes something is carried out, and
	// its answer is lost.
	LostReply
	// LostRequest: the first request that changes something is sent and lost; the
	// server never gets it.
	LostRequest
	// Unreachable: no connection can be made.
	Unreachable
	// Silent: connections are taken, requests never answered nor carried out.
	Silent
	// ThrottledBriefly: the server asks once to come back in a second or two.
	ThrottledBriefly
	// Throttled: the server asks to come back in minutes.
	Throttled
)

// With is how a host is to be opened.
type With struct {
	Credential Credential
	Fault      Fault
}

// Subject is a host under test, with its zone and the ways past it.
type Subject struct {
	// Zone is the zone, as failover.FQDN makes it; it holds [Records].
	Zone string
	// Foreign is a name in a zone that the host does not have.
	Foreign string

	// Open makes the host under test. Waiting that a server asks for takes no
	// time in a test.
	Open func(t testing.TB, with With) dnshost.Host
	// Credentials and Faults are those that Open knows, beside Right and NoFault.
	Credentials []Credential
	Faults      []Fault
	// Capabilities is what the host must declare.
	Capabilities dnshost.Capabilities

	// Snapshot returns every record of the zone but the SOA, each as one line of
	// text with name, TTL, type and data, sorted. Names are as failover.FQDN makes
	// them and data as failover.RRset has it, see [Lines]; a line may go on with
	// what else the server keeps with a record. It runs beside changes.
	Snapshot func(t testing.TB) []string
	// Put makes a set be this, past the host: what a colleague does at the
	// console. A set without values is removed.
	Put func(t testing.TB, set failover.RRset)
	// Changes counts the requests that changed something at the server so far,
	// whoever made them.
	Changes func(t testing.TB) int
	// Person, for interactive hosts, does what Apply asks a person for; nil
	// otherwise.
	Person func(t testing.TB) func(dnshost.Progress)
	// Secrets returns what must not appear in any error: the secrets of every
	// host opened so far. Nil when there are none.
	Secrets func() []string
}

// Run holds a host against the contract. The cases share the zone and run one
// after the other; each begins with the zone as [Records] has it.
func Run(t *testing.T, s Subject) {
	for _, c := range []struct {
		name string
		need bool
		test func(*testing.T, *fixture)
	}{
		{"capabilities", true, testCapabilities},
		{"zone", true, testZone},
		{"read", true, testRead},
		{"switch and switch back", true, testSwitch},
		{"switch again", true, testAgain},
		{"create and remove", true, testCreate},
		{"change the TTL only", true, testTTL},
		{"change one string of several", true, testSPF},
		{"change an alias", true, testCNAME},
		{"stale view", true, testStale},
		{"not in the zone", true, testForeign},
		{"called off", true, testCancelled},
		{"never empty", !s.Capabilities.Interactive, testNeverEmpty},
		{"try writing", true, testTry},
		{"writers at once", s.Capabilities.CompareAndSwap, testWriters},
		{"lock and unlock", s.Capabilities.LockRecord, testLock},
		{"lock held", s.Capabilities.LockRecord, testLockHeld},
		{"lock taken over", s.Capabilities.LockRecord, testTakeOver},
		{"lock of somebody unknown", s.Capabilities.LockRecord, testUnknownLock},
		{"change under a lock", s.Capabilities.LockRecord, testChangeLocked},
		{"lockers at once", s.Capabilities.LockRecord, testLockers},
		{"no lock record", !s.Capabilities.LockRecord, testNoLock},
		{"reply lost", s.can(LostReply), testLostReply},
		{"request lost", s.can(LostRequest), testLostRequest},
		{"unreachable", s.can(Unreachable), testUnreachable},
		{"silent", s.can(Silent), testSilent},
		{"throttled briefly", s.can(ThrottledBriefly), testThrottledBriefly},
		{"throttled", s.can(Throttled), testThrottled},
		{"wrong credential", slices.Contains(s.Credentials, Wrong), testWrongCredential},
		{"read-only credential", slices.Contains(s.Credentials, ReadOnly), testReadOnly},
	} {
		if c.need {
			t.Run(c.name, func(t *testing.T) { c.test(t, begin(t, s)) })
		}
	}
}

func (s Subject) can(f Fault) bool { return slices.Contains(s.Faults, f) }
