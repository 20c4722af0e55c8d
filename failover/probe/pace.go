package probe

import (
	"golang.org/x/time/rate"
)

// Pace bounds how fast the servers of one provider are asked for addresses, over all
// trials that share it: keep one for each provider for as long as the program runs.
//
// The preflight asks for two addresses a second and is in no hurry. A person who looks at
// a table waits, and 20 accounts at two providers are 20 seconds and more at that pace.
// What servers watch for is not the pace as such: a message to a list names 100
// recipients in one breath, which every server has to take (RFC 5321 section 4.5.3.1.8).
// It is how many of the addresses do not exist: Postfix slows down after 10 errors on a
// connection and hangs up after 20, and others count alike. So a trial may be ahead of the
// preflight's pace by as many addresses as a list has, and every refusal costs as much as
// several that were taken: where many are refused it is soon slower than the preflight.
// Over time the pace is that of the settings, however often somebody tests.
//
// Providers count each for themselves, so that each has a pace of its own, and all are
// asked side by side. All else is as in the preflight: one address in a transaction,
// from the null sender, in no order, and at most 50 on a connection.
type Pace struct{ limiter *rate.Limiter }

const (
	// aheadOfPace is how many addresses may be asked for at once, at the most.
	aheadOfPace = 60
	// refusalCosts is how many addresses one that was refused counts for.
	refusalCosts = 5
)

// NewPace makes a pace of so many addresses a second; 0 is the preflight's own.
func NewPace(perSecond float64) *Pace {
	if perSecond <= 0 {
		perSecond = usualPace
	}
	return &Pace{rate.NewLimiter(rate.Limit(perSecond), aheadOfPace)}
}
