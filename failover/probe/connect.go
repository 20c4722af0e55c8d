package probe

import (
	"context"
	"slices"
	"time"

	"lifeboat/failover"
)

// Test is a connectivity test: it tries one kind of connection at one [Site]. Tests go
// beyond the preflight, which asks only what a switch depends on, and by their rules:
// what both look at is looked at once and by the same check, so that they cannot
// contradict each other (see [Trial.Evidence]).
//
// To add one, write its file and add one line to [Tests].
type Test struct {
	// ID is the name in requests and reports: "dns", "tls", "rcpt", ...
	ID string
	// Title is the row's name in a table. Reason says why it is tried, and Remedy what to
	// do in general when it fails; a finding may have a more exact one.
	Title, Reason, Remedy failover.Sentence
	// Limit ends the test, whatever it waits for; Usual is how long it takes as a rule.
	Limit, Usual time.Duration

	// used reports whether there is anything of the kind at a site.
	used func(Site) bool
	run  func(ctx context.Context, t *attempt)
}

// Tests lists all connectivity tests, in the order of the table. A limit leaves room for
// so many recipients as there are at the most in one domain.
func Tests(recipients int) []Test {
	return []Test{
		testDNS(),
		testNames(),
		testPort(),
		testGreeting(),
		testCertificate(),
		testRecipients(recipients),
		testUnknown(recipients),
		testSending(),
		testReading(),
		testSenders(),
		testWriting(),
		testSeed(),
	}
}

// TestOf finds a test by its ID.
func TestOf(id string, recipients int) (Test, bool) {
	tests := Tests(recipients)
	i := slices.IndexFunc(tests, func(t Test) bool { return t.ID == id })
	if i < 0 {
		return Test{}, false
	}
	return tests[i], true
}

// Used reports whether there is anything of the kind at a site.
func (t Test) Used(s Site) bool { return t.used(s) }
