package detect

import (
	"slices"
	"time"

	"lifeboat/failover"
)

// control is a host of somebody else's.
type control struct {
	Target
	way    channel
	missed int // rounds without an answer while somebody else answered; controlDead before the first
}

// controlDead is how many rounds a control may miss, while our line works, before
// it is taken for dead: one that has moved must not make our line look broken for
// ever, and a line that has never let anything out on a port must.
const controlDead = 15

// way is one channel through our line.
type way struct {
	controls int // how many are configured
	// Of the last round that showed anything of it:
	number uint64
	open   bool
	asked  bool // at all, ever
	seen   bool // open, ever
	shut   int  // rounds in a row without
	shutAt time.Time
}

// hides reports whether our line has hidden the target since its last look.
func (w *way) hides(t *track) bool { return t.blind || w.asked && !w.open && t.number < w.number }

// lineSum is what the last round with controls showed of the line as a whole.
type lineSum struct {
	asked, answered int
	up              bool // somebody answered
	lossy           bool // more controls failed than by chance
	since           time.Time
	clock           time.Duration
	known           bool
}

// census counts, for one channel in one round, who was asked and who answered.
type census struct {
	asked, answered int // controls
	alive           int // those of them that lately answered
	looked, heard   int // targets
}

// judgeLine finds out, before anything is held against a provider, what the line
// lets through in this round.
//
// Where there are controls that lately answered, half of them must. Where there
// are none, somebody else must be heard through the same channel, be it the other
// provider. And for what can bring nobody to switch (sending, reading, pages) it
// is enough that the line works at all, and that the channel has been open before.
func (d *Detector) judgeLine() {
	var c [channels]census
	d.countTargets(&c)
	d.countControls(&c)
	undecided, up := [channels]bool{}, false
	for i := range c {
		n, w := &c[i], &d.line[i]
		switch {
		case n.asked == 0 && (n.looked == 0 || w.controls > 0):
			continue // nobody looked, or without the controls that there are
		case n.alive > 0:
			d.decide(channel(i), 2*n.answered >= n.alive)
		case n.heard > 0:
			d.decide(channel(i), true)
		default:
			undecided[i] = true
			continue
		}
		up = up || w.open && channel(i) != viaNames
	}
	for i := range c {
		if undecided[i] {
			enough := channel(i) == viaSubmission || channel(i) == viaIMAP || channel(i) == viaWeb
			d.decide(channel(i), enough && up && d.line[i].seen)
		}
	}
	d.sum(&c)
}

// shows reports whether the look was one at all.
func (l *look) shows() bool { return l.seen && l.ok+l.slow+l.soft+l.severe > 0 }

// countTargets goes through what the round shows of the targets. A name that was
// found is an answer by itself.
func (d *Detector) countTargets(c *[channels]census) {
	for i := range d.tracks {
		l, s := &d.looks[i], d.tracks[i].Service
		if !l.shows() {
			continue
		}
		n := &c[channelOf(s)]
		n.looked++
		switch {
		case s == Records:
			n.heard += count(l.reply)
			continue
		case l.resolved:
			c[viaNames].heard++
			n.heard += count(l.reply)
		}
		c[viaNames].looked++
	}
}

// countControls goes through what it shows of the controls.
func (d *Detector) countControls(c *[channels]census) {
	somebody := slices.ContainsFunc(c[:viaNames], func(n census) bool { return n.heard > 0 })
	answers := func(k *control, l *look) bool { return l.reply && (l.resolved || k.Service == DNS) }
	for i := range d.controls {
		k, l := &d.controls[i], &d.looks[len(d.tracks)+i]
		somebody = somebody || l.shows() && answers(k, l)
	}
	for i := range d.controls {
		k, l := &d.controls[i], &d.looks[len(d.tracks)+i]
		if !l.shows() {
			continue
		}
		n := &c[k.way]
		n.asked++
		if answers(k, l) {
			k.missed = 0
			n.answered++
		} else if somebody && k.missed < controlDead {
			k.missed++
		}
		n.alive += count(k.missed < controlDead)
		if k.Service != DNS {
			c[viaNames].heard += count(l.resolved)
		}
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// decide notes whether a channel is open in this round.
func (d *Detector) decide(i channel, open bool) {
	w := &d.line[i]
	w.number, w.open, w.asked, w.seen = d.number, open, true, w.seen || open
	if open {
		w.shut = 0
		return
	}
	if w.shut++; w.shut == 1 {
		w.shutAt = d.at
	}
}

// sum notes how the line as a whole is, when the round had controls. With more
// than one of them that are alive failing at once, on whatever port, packets get
// lost on the line, and failures in the round are held against nobody.
func (d *Detector) sum(c *[channels]census) {
	asked, answered, alive, heard := 0, 0, 0, false
	for i := range c {
		asked += c[i].asked
		alive += c[i].alive
		answered += c[i].answered
		heard = heard || c[i].answered > 0 || c[i].heard > 0 && channel(i) != viaNames
	}
	d.clean = len(d.controls) == 0 || asked > 0 && answered >= alive-1
	if asked == 0 {
		return
	}
	s := &d.lineAt
	if !s.known || s.up != heard {
		s.since = d.at
	}
	s.asked, s.answered, s.up, s.known, s.clock, s.lossy = asked, answered, heard, true, d.clock, !d.clean
}

// lineState tells of the line at the moment.
func (v *view) lineState() Line {
	s, d := v.lineAt, v.Detector
	l := Line{Health: Unknown, Since: s.since, Asked: s.asked, Answered: s.answered}
	switch {
	case len(d.controls) == 0:
		l.Say = failover.Say("There are no control hosts to tell your own line from the providers; name some in the settings.")
		return l
	case !s.known || v.silent || v.now-s.clock > v.set.Probes.stale():
		l.Say = failover.Say("Your own line has not been looked at lately.")
		return l
	case !s.up:
		l.Health, l.Say = Down, failover.Say("Your own line is down: none of {all} control hosts answers.", "all", s.asked)
		return l
	}
	if s.lossy {
		l.Health, l.Say = Degraded, d.lossySay()
		return l
	}
	l.Health = Healthy
	l.Say = failover.Say("Your own line works: {count} of {all} control hosts answer.", "count", s.answered, "all", s.asked)
	for i := range d.line {
		w := &d.line[i]
		if !w.asked || w.open || w.controls == 0 {
			continue
		}
		l.Shut = append(l.Shut, channel(i).service())
		if l.Health == Healthy {
			l.Health, l.Since = Degraded, w.shutAt
			l.Say = d.shutSay(channel(i))
		}
	}
	return l
}

// lossySay says that what fails may have been lost on our line.
func (d *Detector) lossySay() failover.Sentence {
	return failover.Say("Your own line is unreliable at the moment: only {count} of {all} control hosts answer, so failures are held against nobody.",
		"count", d.lineAt.answered, "all", d.lineAt.asked)
}

// shutSay says that a port cannot be seen through our line.
func (d *Detector) shutSay(c channel) failover.Sentence {
	if d.line[c].shut >= d.set.Probes.FailAfter {
		return failover.Say("Your line blocks port {port}: no control host can be reached there, while other ports work.", "port", c.port())
	}
	return failover.Say("At the moment nothing can be reached on port {port} over your line.", "port", c.port())
}
