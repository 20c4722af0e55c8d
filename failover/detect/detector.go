package detect

import (
	"cmp"
	"math"
	"strings"
	"time"

	"lifeboat/failover"
)

// Detector follows what rounds show and says what to make of it. It has no clock:
// time comes in with the rounds. The same rounds always give the same state, so a
// program that starts again may take the last ones once more from its log. What
// it holds does not grow. It is not safe for use by several goroutines.
type Detector struct {
	set      Settings
	tracks   []track
	controls []control
	index    map[Target]int // tracks from 0, controls from -1 down
	pages    map[failover.Role]*page
	remotes  remotes
	line     [channels]way
	lineAt   lineSum

	// shut is set for a provider from when all its MX hosts were known to fail, and
	// failed at the same time, until one has recovered, or answers after nobody had
	// looked for long. Hosts that are restarted one after the other shut nobody out.
	shut [3]bool
	// excused is set for a provider whose MX hosts fail, all of them and all the
	// time, while seed messages arrive: it is only us whom they do not want.
	excused [3]bool

	started bool
	number  uint64        // of the last round
	at      time.Time     // of the last round, by the machine's clock
	clock   time.Duration // by our own, which only runs forward

	// Of the round at hand:
	looks []look  // in the order of tracks and then controls
	slow  [3]bool // whether somebody was slow: a control, the primary, the secondary
	clean bool    // controls were asked, and hardly any failed
}

// page is what a status page said last.
type page struct {
	Target
	looked bool
	number uint64 // of the round that read it last
	clock  time.Duration
	report StatusReport
}

// New returns a Detector for the targets, of which it knows nothing yet.
// Observations of others are left out, but for those of Remote. Settings or
// targets that make no sense are failover.ErrInvalid.
func New(set Settings, targets []Target) (*Detector, error) {
	set, err := set.complete()
	if err != nil {
		return nil, err
	}
	d := &Detector{set: set, index: map[Target]int{}, pages: map[failover.Role]*page{}}
	for _, t := range targets {
		if _, twice := d.index[t]; twice {
			continue
		}
		switch {
		case !t.proper():
			return nil, failover.Fail(failover.ErrInvalid, `Nothing can be detected of "{service}" in the role "{role}"; give a provider's service its role, and a control or a name server none.`,
				"service", t.Service, "role", t.Role)
		case t.Service == StatusPage:
			d.pages[t.Role] = &page{Target: t}
		case t.control():
			d.controls = append(d.controls, control{Target: t, way: channelOf(t.Service), missed: controlDead})
			d.line[channelOf(t.Service)].controls++
			d.index[t] = -len(d.controls)
		default:
			pace := &d.set.Probes
			if t.Service.seldom() {
				pace = &d.set.Seldom
			}
			d.index[t] = len(d.tracks)
			d.tracks = append(d.tracks, track{Target: t, pace: pace, window: make([]entry, pace.RecoverAfter)})
		}
	}
	d.looks = make([]look, len(d.tracks)+len(d.controls))
	return d, nil
}

// Take takes a round in, and reports whether it counted: a duplicate, or one that
// comes after a later one, does not.
func (d *Detector) Take(r Round) bool {
	if d.started && r.Number <= d.number {
		return false
	}
	if d.started {
		if passed := r.At.Sub(d.at); passed >= 0 {
			d.clock += passed
		} else { // nobody knows how long it was: too long for anything to still hold
			d.clock += max(d.set.Probes.stale(), d.set.Seldom.stale(), remoteKeeps) + 1
		}
	}
	d.started, d.number, d.at = true, r.Number, r.At
	clear(d.looks)
	d.slow = [3]bool{}
	for i := range r.Observations {
		d.see(&r.Observations[i])
	}
	d.remotes.take(r.Observations, d.at, d.clock)
	d.judgeLine()
	for i := range d.tracks {
		if l := &d.looks[i]; l.seen {
			d.weigh(&d.tracks[i], l)
		}
	}
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		d.shut[side(r)] = d.shuts(r)
		d.excused[side(r)] = d.excusable(r)
	}
	return true
}

// shuts reports whether mail is kept out of the provider.
func (d *Detector) shuts(r failover.Role) bool {
	hosts, at := 0, 0
	for i := range d.tracks {
		if t := &d.tracks[i]; t.Service == MX && t.Role == r {
			if t.level != failing || t.lapsed && t.clean > 0 {
				return false
			}
			hosts++
			at += count(t.clean == 0)
		}
	}
	return hosts > 0 && (d.shut[side(r)] || at == hosts)
}

// excusable reports whether mail demonstrably gets in although the MX hosts are
// known to fail: two seed messages arrived since their last sound look. Once that
// is so it remains so while seeds arrive, until the hosts have recovered.
func (d *Detector) excusable(r failover.Role) bool {
	if !d.shut[side(r)] {
		return false
	}
	var from time.Duration
	for i := range d.tracks {
		if t := &d.tracks[i]; t.Service == MX && t.Role == r {
			from = max(from, t.bad.from)
			if t.bad.count == 0 {
				from = math.MaxInt64
			}
		}
	}
	for i := range d.tracks {
		t := &d.tracks[i]
		if t.Service == Delivery && t.Role == r && t.level == steady && d.clock-t.clock <= t.pace.stale() &&
			(d.excused[side(r)] || t.clean >= 2 && t.before > from) {
			return true
		}
	}
	return false
}

// see adds an observation to the look at its target.
func (d *Detector) see(o *Observation) {
	if o.Service == StatusPage {
		d.readPage(o)
		return
	}
	i, known := d.index[o.Target]
	if !known {
		return
	}
	if i < 0 {
		i = len(d.tracks) - i - 1
	}
	l := &d.looks[i]
	l.seen = true
	if o.Outcome == OK {
		l.reply, l.resolved = true, true
		if o.Took > d.set.SlowAfter && (o.Role == "" || !o.Service.seldom()) {
			l.slow++
			d.slow[side(o.Role)] = true
		} else {
			l.ok++
		}
		return
	}
	at, known := place(stages, o.Stage)
	outcome, too := place(outcomes, o.Outcome)
	if !known || !too || o.Outcome == Unable {
		return // nothing to go by
	}
	f := failure{at, outcome}
	l.resolved = l.resolved || o.Stage != AtResolve
	l.reply = l.reply || o.Outcome == Temporary || o.Outcome == Permanent
	hard := severity(o.Service, o.Stage, o.Outcome) == severe
	before := l.soft + l.severe
	if hard {
		l.severe++
	} else {
		l.soft++
	}
	answer := clip(o.Answer)
	if before == 0 || later(f, answer, l.worst, l.answer) {
		l.worst, l.answer = f, answer
	}
}

// place finds a word in one of the lists of words.
func place[W comparable](words []W, word W) (at uint8, known bool) {
	for _, w := range words {
		if w == word {
			return at, true
		}
		at++
	}
	return 0, false
}

// later orders failures of one look: the one that came furthest stands for it.
func later(a failure, answerA string, b failure, answerB string) bool {
	return cmp.Or(cmp.Compare(a.stage, b.stage), cmp.Compare(a.outcome, b.outcome), strings.Compare(answerA, answerB)) > 0
}

// clip bounds what is kept of an answer.
func clip(s string) string {
	if len(s) <= 400 {
		return s
	}
	return strings.ToValidUTF8(s[:400], "") + "…"
}

// severity says whether a failure mostly passes by itself. That "no" before any
// recipient was named counts among these: it may be meant for us.
func severity(s Service, at Stage, o Outcome) mark {
	switch {
	case o == Temporary:
		return soft
	case at == AtResolve && s != Records:
		return soft
	case o == Permanent && s == MX && (at == AtBanner || at == AtEHLO || at == AtMail):
		return soft
	default:
		return severe
	}
}

// weigh hands a look on to its track, unless our own line may be what failed.
func (d *Detector) weigh(t *track, l *look) {
	via := channelOf(t.Service)
	m := l.mark(d.slow[0] || t.Role != "" && d.slow[side(t.Role.Other())])
	if m > good && stages[l.worst.stage] == AtResolve && t.Service != Records {
		via = viaNames
	}
	w := &d.line[via]
	switch {
	case m == blind || m > good && w.number != d.number: // or nobody to compare with
	case m > good && !w.open:
		t.blind = true
	case m > good && !d.clean: // it may be the line
	case m > good && (t.Service == Delivery || t.Service == Attachments) && d.shut[side(t.Role)]:
		// No wonder: that says nothing of what becomes of mail that was accepted.
	default:
		t.take(m, l, d.at, d.clock, d.number)
	}
}

// side is the index of a role among those whose slowness is noted.
func side(r failover.Role) int {
	switch r {
	case failover.Primary:
		return 1
	case failover.Secondary:
		return 2
	default:
		return 0
	}
}

// readPage notes what a status page says.
func (d *Detector) readPage(o *Observation) {
	p := d.pages[o.Role]
	if p == nil || p.Target != o.Target {
		return
	}
	r := StatusReport{At: d.at, Answer: clip(o.Answer)}
	switch o.Outcome {
	case OK:
		r.Says = Healthy
	case Temporary, Permanent:
		r.Says = Degraded
	default:
		return // not reached: what it said last holds until it is stale
	}
	// Of two reports in one round the bad one counts, then the longer text.
	if p.looked && p.number == d.number && (p.report.Says == Degraded && r.Says == Healthy || p.report.Says == r.Says && p.report.Answer >= r.Answer) {
		return
	}
	p.looked, p.number, p.clock, p.report = true, d.number, d.clock, r
}
