package detect

import (
	"time"

	"lifeboat/failover"
)

// Settings say how much evidence it takes. The zero value is the defaults.
type Settings struct {
	// Probes is how hosts are judged, Seldom how seed messages and web pages are,
	// which are looked at less often.
	Probes Pace `json:"probes"`
	Seldom Pace `json:"seldom"`
	// SlowAfter is how long a look at a host may take before it counts as partly
	// failed, unless others are slow at the same time; 0 is 45 s.
	SlowAfter time.Duration `json:"slow_after_ns"`
	// Names is how people call the providers.
	Names map[failover.Role]string `json:"names,omitempty"`
}

// Pace is how often something is looked at, and how many looks it takes to
// change one's mind about it. Zero fields have the defaults.
//
// Looks that follow each other faster than Every count no faster: so many looks
// in a row must also span the time that they would take at three quarters of Every.
type Pace struct {
	// Every is the time from look to look; 0 is a minute, and 10 minutes for Seldom.
	Every time.Duration `json:"every_ns"`
	// FailAfter looks that fail in a row are a failure; 0 is 6, and 3 for Seldom.
	FailAfter int `json:"fail_after"`
	// DeferAfter is the same for what passes by itself more often than not: "try
	// later" (4xx: greylisting, a server that restarts, a limit) and names that
	// resolvers cannot find; 0 is 15, and 3 for Seldom.
	DeferAfter int `json:"defer_after"`
	// UnsteadyAfter looks that fail or partly fail among the last RecoverAfter, in
	// a row or not, are unsteadiness; 0 is 8, and 3 for Seldom. Of those that
	// DeferAfter is about it takes as many as that.
	UnsteadyAfter int `json:"unsteady_after"`
	// RecoverAfter sound looks in a row, not one failing among them, are a recovery;
	// 0 is 20, and 6 for Seldom. It must not be below the other numbers.
	RecoverAfter int `json:"recover_after"`
	// Misses is for how many times Every the last look holds, and then nothing is
	// known any more; 0 is 5, and 3 for Seldom.
	Misses int `json:"misses"`
}

// most bounds the numbers of looks, and with them memory.
const most = 1000

// Default returns the defaults with everything in proportion to one look in so
// long a time; practice plays faster than life.
func Default(every time.Duration) Settings {
	s, _ := Settings{Probes: Pace{Every: every}, Seldom: Pace{Every: 10 * every}, SlowAfter: every * 3 / 4}.complete()
	return s
}

// complete fills in the defaults, and refuses what makes no sense.
func (s Settings) complete() (Settings, error) {
	s.Probes = s.Probes.or(Pace{time.Minute, 6, 15, 8, 20, 5})
	s.Seldom = s.Seldom.or(Pace{10 * time.Minute, 3, 3, 3, 6, 3})
	if s.SlowAfter == 0 {
		s.SlowAfter = 45 * time.Second
	}
	if s.SlowAfter < 0 {
		return s, failover.Fail(failover.ErrInvalid, "Detection cannot take a look for slow after {time}; give a positive time.", "time", s.SlowAfter)
	}
	for _, p := range []Pace{s.Probes, s.Seldom} {
		if err := p.check(); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (p Pace) or(d Pace) Pace {
	if p.Every == 0 {
		p.Every = d.Every
	}
	for _, f := range []struct {
		have  *int
		other int
	}{
		{&p.FailAfter, d.FailAfter}, {&p.DeferAfter, d.DeferAfter}, {&p.UnsteadyAfter, d.UnsteadyAfter},
		{&p.RecoverAfter, d.RecoverAfter}, {&p.Misses, d.Misses},
	} {
		if *f.have == 0 {
			*f.have = f.other
		}
	}
	return p
}

func (p Pace) check() error {
	least := max(p.FailAfter, p.DeferAfter, p.UnsteadyAfter)
	switch {
	case p.Every < 0:
		return failover.Fail(failover.ErrInvalid, "Detection cannot look every {time}; give a positive time.", "time", p.Every)
	case min(p.FailAfter, p.DeferAfter, p.UnsteadyAfter, p.RecoverAfter, p.Misses) < 1 || max(least, p.RecoverAfter, p.Misses) > most:
		return failover.Fail(failover.ErrInvalid, "The thresholds of detection are numbers of looks, from 1 to {most}.", "most", most)
	case p.DeferAfter < p.FailAfter:
		return failover.Fail(failover.ErrInvalid, `"Try later" passes by itself more often than a dead host: let it take at least as many looks ({fail}), not {defer}.`, "fail", p.FailAfter, "defer", p.DeferAfter)
	case p.RecoverAfter < least:
		return failover.Fail(failover.ErrInvalid, "Recovering must take at least as many looks as failing ({least}), not {recover}, or a provider that comes and goes would count as recovered.", "least", least, "recover", p.RecoverAfter)
	}
	return nil
}

// stale is how long a look holds.
func (p Pace) stale() time.Duration { return p.Every * time.Duration(p.Misses) }

// span is the time that so many looks in a row take at least.
func (p Pace) span(looks int) time.Duration { return p.Every * time.Duration(looks-1) * 3 / 4 }

// name returns how people call the provider.
func (s Settings) name(r failover.Role) string {
	if n := s.Names[r]; n != "" {
		return n
	}
	return string(r)
}
