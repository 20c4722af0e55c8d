package detect_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// A world is what a machine in a small office sees of two providers, minute by
// minute, for as long as one likes: noise of every kind that we could think of, and
// true outages here and there. The seed decides everything.
//
// How often what happens are assumptions, gathered here to be argued with. They
// are meant to be worse than what an office has to live with. Where a figure has a
// source it is named.
const (
	lost       = 0.003 // share of looks that fail by chance, after the system's own retries
	onceLater  = 0.001 // share of RCPTs that meet a chance 4xx
	skipped    = 0.01  // share of rounds that are never taken
	repeated   = 0.002 // share of rounds that are delivered again, some of them old
	pathEvery  = 2.0   // days from one trouble on the way to a provider to the next
	lossyEvery = 2.0   // days from one bad spell of our own line to the next
	cutEvery   = 7.0   // days from one cut of our own line to the next
	truthEvery = 2.5   // days from one true outage to the next
)

const day = 24 * 60 // minutes

// A spell is something that goes on for some minutes.
type spell struct {
	from, to int // minutes since the beginning; to is the first one without it
	ail      func(w *world, t detect.Target) []detect.Observation
	truth    *kind
	asleep   bool // no rounds at all
	noLine   bool // our line shows nothing true
	cut      bool // it shows nothing at all
	noSMTP   bool // nor on port 25
	noSignIn bool
	behind   bool // everything is slow, where nothing else shows
	excuses  bool // the primary may well be called degraded
	waiting  []string
	blames   failover.Role // the provider that an unsound verdict may name
	host     detect.Target // the one MX host that it strikes
}

type world struct {
	days    int
	rng     *rand.Rand
	noise   float64 // how many times as much as above
	spells  []spell // by their beginning
	steps   []spell // of the clock: from, and to as seconds
	next    int
	active  []*spell
	minute  int
	offset  time.Duration // of the clock
	number  uint64
	lostIn  int // observations until the next that is lost
	plain   [2][]detect.Observation
	last    detect.Round
	through []string // domains that took what waited for them
}

var began = time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)

// newWorld makes a world in which these targets are looked at.
func newWorld(seed uint64, days int, noise float64, targets []detect.Target) *world {
	w := &world{days: days, rng: rand.New(rand.NewPCG(seed, 0x1feb0a7)), noise: noise}
	for _, t := range targets {
		w.plain[1] = append(w.plain[1], fine(t))
		if !seldom(t.Service) {
			w.plain[0] = append(w.plain[0], fine(t))
		}
	}
	w.lineNoise(days * day)
	w.providerNoise(days * day)
	w.machineNoise(days * day)
	w.truths(days * day)
	slices.SortStableFunc(w.spells, func(a, b spell) int { return a.from - b.from })
	w.lostIn = w.gap()
	return w
}

func (w *world) gap() int {
	if w.noise == 0 {
		return math.MaxInt
	}
	return 1 + int(w.rng.ExpFloat64()/(lost*w.noise))
}

// often calls for something every so many days on average, at any minute.
func (w *world) often(days float64, total int, begin func(at int)) {
	for at := w.rng.ExpFloat64() * days * day; int(at) < total; at += w.rng.ExpFloat64() * days * day {
		begin(int(at))
	}
}

// between draws a length, small ones as often as large ones by their order.
func (w *world) between(least, most float64) int {
	return int(math.Round(least * math.Pow(most/least, w.rng.Float64())))
}

func (w *world) add(s spell) { w.spells = append(w.spells, s) }

func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

func timeout(t detect.Target) []detect.Observation {
	at := detect.AtTCP
	switch t.Service {
	case detect.Delivery, detect.Attachments:
		at = detect.AtRoundTrip
	case detect.Records, detect.DNS:
		at = detect.AtResolve
	}
	return meets(t, at, detect.Timeout, "i/o timeout")
}

// onLine is what our own line does to everything that goes over it.
func onLine(share float64) func(*world, detect.Target) []detect.Observation {
	return func(w *world, t detect.Target) []detect.Observation {
		if !w.chance(share) {
			return nil
		}
		if t.Service == detect.Delivery || t.Service == detect.Attachments {
			return meets(t, detect.AtRoundTrip, detect.Unable, "") // the mailbox could not be looked into
		}
		return timeout(t)
	}
}

func (w *world) lineNoise(total int) {
	w.often(lossyEvery/w.noise, total, func(at int) {
		w.add(spell{from: at, to: at + w.between(1, 15), noLine: true, ail: onLine(0.3 + 0.5*w.rng.Float64())})
	})
	w.often(cutEvery/w.noise, total, func(at int) {
		w.add(spell{from: at, to: at + w.between(1, 8*60), noLine: true, cut: true, ail: onLine(1)})
	})
	for d := 0; d < total; d += day {
		if w.chance(0.5) { // the provider of the line hands out another address
			w.handOver(d + 4*60 + w.rng.IntN(30))
		}
		if w.chance(0.1) { // everything is slow, and more is lost
			w.add(spell{from: d + 60, to: d + 5*60, behind: true, ail: func(w *world, t detect.Target) []detect.Observation {
				if w.chance(0.02) {
					return timeout(t)
				}
				o := fine(t)
				o.Took = time.Duration(20+w.rng.IntN(50)) * time.Second
				return []detect.Observation{o}
			}})
		}
	}
	w.often(60/w.noise, total, func(at int) { // port 25 is shut for days
		w.add(spell{from: at, to: at + day + w.rng.IntN(2*day), noSMTP: true, ail: func(_ *world, t detect.Target) []detect.Observation {
			if t.Service == detect.MX {
				return timeout(t)
			}
			return nil
		}})
	})
}

// handOver cuts the line for a minute or two; after it we are a stranger to
// servers that greylist. Postgrey wants five minutes by default, and some ten.
func (w *world) handOver(at int) {
	back := at + 1 + w.rng.IntN(2)
	w.add(spell{from: at, to: back, noLine: true, cut: true, ail: onLine(1)})
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		if !w.chance(0.5) {
			continue
		}
		length := 5
		if w.chance(0.2) {
			length = 10
		}
		w.add(spell{from: back, to: back + length, ail: func(_ *world, t detect.Target) []detect.Observation {
			if t.Service == detect.MX && t.Role == r {
				return meets(t, detect.AtRCPT, detect.Temporary, "450 4.2.0 Greylisted")
			}
			return nil
		}})
	}
}

func (w *world) providerNoise(total int) {
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		// Routes that move: about three minutes, and up to fifteen (Labovitz et al.,
		// Delayed Internet Routing Convergence, 2000), the longer ones with less loss.
		w.often(pathEvery/w.noise, total, func(at int) {
			length, share := 1+w.rng.IntN(3), 0.9
			if w.chance(0.2) {
				length, share = 5+w.rng.IntN(11), 0.25
			}
			w.add(spell{from: at, to: at + length, ail: func(w *world, t detect.Target) []detect.Observation {
				if t.Role == r && !seldom(t.Service) && w.chance(share) {
					return timeout(t)
				}
				return nil
			}})
		})
	}
	for _, host := range []detect.Target{mx1, mx2, spareMX} {
		w.often(7/w.noise, total, func(at int) { // it is restarted
			length := 2 + w.rng.IntN(7)
			w.add(spell{from: at, to: at + length, blames: host.Role, excuses: true, host: host, ail: func(w *world, t detect.Target) []detect.Observation {
				if t != host {
					return nil
				}
				if w.chance(0.5) {
					return timeout(t)
				}
				return meets(t, detect.AtTCP, detect.Refused, "connection refused")
			}})
		})
	}
	w.often(10/w.noise, total, func(at int) { // the status page cries wolf
		w.add(spell{from: at, to: at + w.between(60, 6*60), ail: says(detect.Temporary)})
	})
	w.often(30/w.noise, total, func(at int) { // somebody's mailbox is full
		w.add(spell{from: at, to: at + w.between(day, 5*day), ail: func(_ *world, t detect.Target) []detect.Observation {
			if t.Service == detect.MX && t.Role == failover.Primary {
				return append(meets(t, detect.AtRCPT, detect.Temporary, "452 4.2.2 Mailbox full"), fine(t), fine(t))
			}
			return nil
		}})
	})
	w.often(5/w.noise, total, func(at int) { // somebody else's server is down
		w.add(spell{from: at, to: at + w.between(30, day), waiting: []string{"partner.test."}})
	})
}

func says(o detect.Outcome) func(*world, detect.Target) []detect.Observation {
	return func(_ *world, t detect.Target) []detect.Observation {
		if t == page {
			return meets(t, detect.AtPage, o, "the page's own words")
		}
		return nil
	}
}

func (w *world) machineNoise(total int) {
	for d := 0; d < total; d += day {
		if w.chance(0.2) { // switched off over night
			w.add(spell{from: d + 22*60, to: d + 22*60 + w.between(5*60, 10*60), asleep: true})
		}
	}
	w.often(3/w.noise, total, func(at int) {
		w.add(spell{from: at, to: at + w.between(2, 60), asleep: true})
	})
	w.often(15/w.noise, total, func(at int) { // no password at hand
		w.add(spell{from: at, to: at + w.between(30, 8*60), noSignIn: true, ail: func(_ *world, t detect.Target) []detect.Observation {
			if t.Service == detect.Submission || t.Service == detect.IMAP || t.Service == detect.Delivery || t.Service == detect.Attachments {
				return meets(t, detect.AtSignIn, detect.Unable, "")
			}
			return nil
		}})
	})
	for i, c := range slices.Concat(control25, controlDNS) {
		w.often(40/w.noise, total, func(at int) { // a control is gone for days
			w.add(spell{from: at, to: at + w.between(60, 20*day), ail: func(_ *world, t detect.Target) []detect.Observation {
				if t == c && i%2 == 0 {
					return timeout(t)
				} else if t == c {
					return meets(t, detect.AtTCP, detect.Refused, "connection refused")
				}
				return nil
			}})
		})
	}
	// The clock: daylight saving time done wrong, small corrections, and a day on
	// which it is wrong by a day.
	step := func(at, seconds int) { w.steps = append(w.steps, spell{from: at, to: seconds}) }
	for at, by := 20*day, 3600; at < total; at, by = at+45*day, -by {
		step(at+150, by)
	}
	w.often(10/w.noise, total, func(at int) { step(at, w.rng.IntN(600)-300) })
	for at := 80 * day; at < total; at += 100 * day {
		step(at, -24*3600)
		step(at+90, 24*3600)
	}
	slices.SortStableFunc(w.steps, func(a, b spell) int { return a.from - b.from })
}

// tick goes on by a minute. It returns the round, if one is taken.
func (w *world) tick() (r detect.Round, taken bool) {
	w.active = slices.DeleteFunc(w.active, func(s *spell) bool {
		if s.to <= w.minute {
			w.through = append(w.through, s.waiting...)
		}
		return s.to <= w.minute
	})
	for ; w.next < len(w.spells) && w.spells[w.next].from <= w.minute; w.next++ {
		if s := &w.spells[w.next]; s.to > w.minute {
			w.active = append(w.active, s)
		}
	}
	for len(w.steps) > 0 && w.steps[0].from <= w.minute {
		w.offset += time.Duration(w.steps[0].to) * time.Second
		w.steps = w.steps[1:]
	}
	now := w.minute
	w.minute++
	if w.chance(skipped*w.noise) || slices.ContainsFunc(w.active, func(s *spell) bool { return s.asleep }) {
		return detect.Round{}, false
	}
	w.number++
	at := began.Add(time.Duration(now)*time.Minute + w.offset + time.Duration(w.rng.IntN(20000)-10000)*time.Millisecond)
	w.last = detect.Round{Number: w.number, At: at, Observations: w.observe(w.number%10 == 0)}
	return w.last, true
}

// now is what the machine's clock shows just before the next minute.
func (w *world) now() time.Time {
	return began.Add(time.Duration(w.minute)*time.Minute + w.offset - 15*time.Second)
}

func (w *world) observe(all bool) []detect.Observation {
	plain := w.plain[count(all)]
	if len(w.through) > 0 { // what waited has gone at last
		defer func() { w.through = nil }()
	}
	calm := len(w.through) == 0 && !slices.ContainsFunc(w.active, func(s *spell) bool { return s.ail != nil || s.waiting != nil })
	if calm && w.lostIn > len(plain) {
		w.lostIn -= len(plain)
		return plain
	}
	out := make([]detect.Observation, 0, len(plain)+4)
	for i := range plain {
		o := &plain[i]
		w.lostIn--
		seen := w.struck(o.Target)
		switch {
		case seen != nil:
			out = append(out, seen...)
		case w.lostIn > 0:
			out = append(out, *o)
		case o.Service == detect.MX && w.chance(onceLater/lost):
			out = append(out, meets(o.Target, detect.AtRCPT, detect.Temporary, "451 4.7.1 Try again later")...)
		default:
			out = append(out, timeout(o.Target)...)
		}
		if w.lostIn <= 0 {
			w.lostIn = w.gap()
		}
	}
	mail := func(host string, outcome detect.Outcome) {
		out = append(out, detect.Observation{Target: detect.Target{Role: failover.Primary, Service: detect.Remote, Host: host},
			Stage: detect.AtRoundTrip, Outcome: outcome, Answer: "400 4.4.7 Message delayed"})
	}
	for _, host := range w.through {
		mail(host, detect.OK)
	}
	for _, s := range w.active {
		for _, host := range s.waiting {
			mail(host, detect.Temporary)
		}
	}
	return out
}

// struck is what the look meets with, nil for nothing amiss. Our own line comes first, since it hides
// the rest, and then what is true.
func (w *world) struck(t detect.Target) []detect.Observation {
	for rank := range 4 {
		for _, s := range w.active {
			if s.ail == nil || s.rank() != rank {
				continue
			}
			if seen := s.ail(w, t); seen != nil {
				return seen
			}
		}
	}
	return nil
}

func (s *spell) rank() int {
	switch {
	case s.noLine || s.noSMTP || s.noSignIn:
		return 0
	case s.truth != nil:
		return 1
	case !s.behind:
		return 2
	default:
		return 3
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}
