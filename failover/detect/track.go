package detect

import "time"

// A mark is what one look is worth, the better first.
type mark uint8

const (
	blind  mark = iota // it shows nothing
	good               // it works
	mixed              // it works in part, or late
	soft               // it fails in a way that mostly passes by itself
	severe             // it fails
)

// failure is what a look that is not good met with, as indexes into stages and
// outcomes. A look that was only slow has the outcome OK.
type failure struct {
	stage, outcome uint8
}

// look is what one round shows of one target, whatever the order of its
// observations.
type look struct {
	seen                   bool
	ok, slow, soft, severe int
	worst                  failure
	answer                 string // with worst
	reply                  bool   // the server itself answered
	resolved               bool   // its name was found
}

// mark weighs the look.
func (l *look) mark(slowLine bool) mark {
	sound, bad := l.ok+l.slow, l.soft+l.severe
	switch {
	case sound+bad == 0:
		return blind
	case sound == 0 && l.severe > 0:
		return severe
	case sound == 0:
		return soft
	case bad > 0 && bad >= sound, l.ok == 0 && !slowLine && bad == 0:
		return mixed
	default:
		return good
	}
}

// entry is a look as the window keeps it.
type entry struct {
	mark mark
	failure
}

// level is what has been made of the looks so far.
type level uint8

const (
	steady level = iota
	unsteady
	failing
)

// run is a row of looks that fail.
type run struct {
	count int
	since time.Time     // by the machine's clock
	from  time.Duration // by the detector's
	tally tally
}

// tally counts looks, and what failed ones met with.
type tally struct {
	looks, failed uint32
	kinds         [10][7]uint32 // by stage and outcome
}

func (t *tally) add(e entry) {
	t.looks++
	if e.mark > good {
		t.failed++
		t.kinds[e.stage][e.outcome]++
	}
}

// track follows one target.
//
// Worse looks never make for a better level: each rule below asks only whether
// the last so many looks were at least, or at most, so bad.
type track struct {
	Target
	pace *Pace

	level  level
	window []entry // the last RecoverAfter looks, as a ring
	next   int
	filled int
	weak   int // looks in the window that are not good
	rough  int // those of them that are mixed or severe

	clean     int // good looks in a row
	cleanFrom time.Duration
	cleanAt   time.Time
	bad, hard run           // soft or severe looks in a row; severe ones only
	since     time.Time     // of the level, by the machine's clock
	from      time.Duration // the same by the detector's
	troubleAt time.Time     // the first look that was not good, since the last recovery
	tally     tally         // since then, or since the row that was the failure

	lapsed bool // it failed before a silence, and has not failed since
	looked bool
	worked bool          // some look was good since there are looks, or since the last silence
	blind  bool          // the last look showed nothing since our line hid the target
	number uint64        // the round of the last look that showed something
	at     time.Time     // when that was
	clock  time.Duration // the same by the detector's clock
	before time.Duration // the clock of the look before it
	answer string        // what the last failed look met with
	last   failure
}

// take notes a look that shows something. The detector's clock only runs forward.
func (t *track) take(m mark, l *look, at time.Time, clock time.Duration, number uint64) {
	if t.looked && clock-t.clock < t.pace.Every/4 {
		t.number = number
		return // looking more often makes nothing surer
	}
	if !t.looked || clock-t.clock > t.pace.stale() {
		t.interrupt()
	}
	if !t.looked {
		t.since = at
	}
	t.before = t.clock
	t.looked, t.blind, t.number, t.at, t.clock = true, false, number, at, clock
	e := entry{m, l.worst}
	t.push(e)
	if m == good {
		t.worked = true
		t.sound(at, clock)
	} else {
		t.clean = 0
		t.answer, t.last = l.answer, l.worst
		if t.troubleAt.IsZero() {
			t.troubleAt, t.tally = at, tally{}
		}
	}
	t.tally.add(e)
	t.bad.extend(m >= soft, e, at, clock)
	t.hard.extend(m == severe, e, at, clock)
	if m > good {
		t.lapsed = t.lapsed && m == mixed
		t.judge()
	}
}

// interrupt forgets all rows: what was seen before a long silence does not add up
// with what is seen after it. What had been found stays found.
func (t *track) interrupt() {
	t.bad, t.hard, t.clean = run{}, run{}, 0
	t.filled, t.next, t.weak, t.rough = 0, 0, 0, 0
	if t.level == steady {
		t.troubleAt, t.tally = time.Time{}, tally{}
	}
	t.lapsed, t.worked = t.level == failing, false
}

func (t *track) push(e entry) {
	if t.filled < len(t.window) {
		t.filled++
	} else {
		t.weigh(t.window[t.next].mark, -1)
	}
	t.weigh(e.mark, 1)
	t.window[t.next] = e
	t.next = (t.next + 1) % len(t.window)
}

func (t *track) weigh(m mark, by int) {
	if m > good {
		t.weak += by
	}
	if m == mixed || m == severe {
		t.rough += by
	}
}

// sound notes a good look, and the recovery when there have been enough.
func (t *track) sound(at time.Time, clock time.Duration) {
	if t.clean++; t.clean == 1 {
		t.cleanFrom, t.cleanAt = clock, at
	}
	if t.clean < t.pace.RecoverAfter || clock-t.cleanFrom < t.pace.span(t.pace.RecoverAfter) {
		return
	}
	if t.level != steady {
		t.level, t.since = steady, t.cleanAt
	}
	if !t.troubleAt.IsZero() {
		t.troubleAt, t.tally, t.answer = time.Time{}, tally{}, ""
	}
}

func (r *run) extend(fits bool, e entry, at time.Time, clock time.Duration) {
	if !fits {
		if r.count > 0 {
			*r = run{}
		}
		return
	}
	if r.count++; r.count == 1 {
		r.since, r.from = at, clock
	}
	r.tally.add(e)
}

// judge changes the level for the worse where the looks ask for it.
func (t *track) judge() {
	long := func(r *run, after int) bool { return r.count >= after && t.clock-r.from >= t.pace.span(after) }
	switch {
	case t.level == failing:
	case long(&t.hard, t.pace.FailAfter):
		t.fail(&t.hard)
	case long(&t.bad, t.pace.DeferAfter):
		t.fail(&t.bad)
	case t.level == steady && (t.rough >= t.pace.UnsteadyAfter || t.weak >= t.pace.DeferAfter):
		t.level, t.since = unsteady, t.troubleAt
	}
}

func (t *track) fail(r *run) { t.level, t.since, t.from, t.tally = failing, r.since, r.from, r.tally }

// suspect reports looks that fail and are not yet enough to say so.
func (t *track) suspect() bool { return t.level == steady && t.bad.count > 1 }

// kind returns what the looks in the window that failed met with most often; of
// several the one that came furthest.
func (t *track) kind() (f failure, known bool) {
	var count [10][7]int
	best := 0
	for i := range t.filled {
		e := t.window[i]
		if e.mark <= good {
			continue
		}
		count[e.stage][e.outcome]++
	}
	for s := range count {
		for o := range count[s] {
			if count[s][o] >= best && count[s][o] > 0 {
				best, f = count[s][o], failure{uint8(s), uint8(o)}
			}
		}
	}
	if best == 0 {
		return t.last, t.level != steady
	}
	return f, true
}
