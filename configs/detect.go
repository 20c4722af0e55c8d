package configs

import "time"

// Detect says how the providers are watched. How many looks it takes is explained,
// with what each number costs, in package failover/detect.
type Detect struct {
	// Every is the time from one round of looks to the next.
	Every Span `yaml:"every"`
	// FailAfter and DeferAfter looks that fail in a row are a failure; DeferAfter is
	// for answers that mean "later". UnsteadyAfter failed looks among the last
	// RecoverAfter are unsteadiness, and RecoverAfter sound ones a recovery.
	FailAfter     int `yaml:"fail_after"`
	DeferAfter    int `yaml:"defer_after"`
	UnsteadyAfter int `yaml:"unsteady_after"`
	RecoverAfter  int `yaml:"recover_after"`
	// Controls are mail hosts of others, as "host:port", looked at in every round;
	// none means those of the resolver.
	Controls []string `yaml:"controls"`
}

// Looking more often than every ten seconds would be a nuisance to the providers;
// looking less often than every hour is no watch.
const (
	leastEvery = 10 * time.Second
	mostEvery  = time.Hour
	mostLooks  = 1000
)

func usualDetect() Detect {
	return Detect{Every: Span(time.Minute), FailAfter: 6, DeferAfter: 15, UnsteadyAfter: 8, RecoverAfter: 20}
}

// ControlsOfDetect returns the mail hosts that tell our own line from the providers.
func (s *Settings) ControlsOfDetect() []string {
	if len(s.Detect.Controls) > 0 {
		return s.Detect.Controls
	}
	return s.Resolver.Controls
}

func (c *checker) checkDetect() {
	d := &c.s.Detect
	if d.Every < Span(leastEvery) || d.Every > Span(mostEvery) {
		c.fail("detect.every", Say("{at}: {key} must be from {least} to {most}, not {value}.",
			"least", Span(leastEvery).String(), "most", Span(mostEvery).String(), "value", d.Every.String()))
	}
	c.between("detect.fail_after", float64(d.FailAfter), 1, mostLooks)
	c.between("detect.defer_after", float64(d.DeferAfter), 1, mostLooks)
	c.between("detect.unsteady_after", float64(d.UnsteadyAfter), 1, mostLooks)
	c.between("detect.recover_after", float64(d.RecoverAfter), 1, mostLooks)
	if d.DeferAfter < d.FailAfter {
		c.fail("detect.defer_after", Say("{at}: {key} must be at least fail_after, since \"later\" passes by itself more often than a dead host."))
	}
	if d.RecoverAfter < max(d.FailAfter, d.DeferAfter, d.UnsteadyAfter) {
		c.fail("detect.recover_after", Say("{at}: {key} must be at least as large as the numbers above it, or a provider that comes and goes would count as recovered."))
	}
	c.controls("detect.controls", d.Controls)
}
