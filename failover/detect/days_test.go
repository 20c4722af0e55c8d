package detect_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// truths strews true outages of all kinds over the time, none upon another.
func (w *world) truths(total int) {
	var queue []*kind
	free := 0
	w.often(truthEvery, total, func(at int) {
		if at < free {
			return
		}
		if len(queue) == 0 {
			queue = kinds()
			w.rng.Shuffle(len(queue), func(i, j int) { queue[i], queue[j] = queue[j], queue[i] })
		}
		k := queue[0]
		queue = queue[1:]
		s := spell{from: at, to: at + w.between(5, 10*60), truth: k, waiting: k.waiting, excuses: true, blames: failover.Primary, host: k.host}
		phase, until := true, at
		s.ail = func(w *world, t detect.Target) []detect.Observation {
			for k.flaps && w.minute > until {
				phase = !phase
				until = w.minute + 3 + w.rng.IntN(10)
			}
			if k.ail == nil || !phase || k.share > 0 && !w.chance(k.share) {
				return nil
			}
			if k.down && (t == seed || t == file) && !k.flaps {
				return seedsLost(t)
			}
			return k.ail(t)
		}
		w.add(s)
		if w.chance(0.6) { // the status page denies it, for a while
			w.add(spell{from: at, to: min(s.to, at+60), ail: says(detect.OK)})
		} else {
			w.add(spell{from: at, to: s.to, ail: says(detect.Temporary)})
		}
		free = s.to + 4*60
	})
}

// A watch is what came of watching a world.
type watch struct {
	days, rounds  int
	outages       int
	due           int              // of them, in sight for long enough that they must be found
	short         int              // of the others, found all the same
	times         map[string][]int // minutes until found, by kind, of those in full sight until then
	recover       []int            // minutes from the end of an outage that had been found
	missed        []string         // outages that should have been found
	falseDown     []string         // a provider called down that was not
	falseDegraded []string         // and degraded
	falseRecovery []string         // called healthy while down
	wrong         []string         // anything else that must never be
}

// A watcher compares what a detector says with what is so.
type watcher struct {
	watch
	w       *world
	rng     *rand.Rand
	d       *detect.Detector
	state   detect.State
	rested  int // rounds since the state was asked for
	quiet   int // minutes without a round
	current *spell
	sight   int // minutes in a row in which the outage could be seen
	whole   bool
	counted bool // among those that are due
	found   bool
	ended   int // when the last outage that had been found ended; 0 when recovered
	since   map[failover.Role]time.Time
	down    map[failover.Role]int // the last minute in which the provider was down
	ill     map[failover.Role]int // or degraded
}

// rest is how many rounds may pass between two looks at the state when nothing is
// awaited: what is found stays found for at least a recovery, which takes longer.
const rest = 8

func observe(d *detect.Detector, w *world) watch {
	o := &watcher{w: w, d: d, rng: rand.New(rand.NewPCG(1, 1)), since: map[failover.Role]time.Time{}}
	o.down, o.ill = map[failover.Role]int{}, map[failover.Role]int{}
	o.watch = watch{days: w.days, times: map[string][]int{}}
	for range w.days * day {
		o.minute()
	}
	return o.watch
}

func (o *watcher) note(list *[]string, format string, args ...any) {
	*list = append(*list, fmt.Sprintf("minute %d: ", o.w.minute)+fmt.Sprintf(format, args...))
}

func (o *watcher) minute() {
	r, taken := o.w.tick()
	struck := map[detect.Target]bool{}
	for _, s := range o.w.active {
		if s.excuses {
			o.ill[s.blames] = o.w.minute
		}
		if s.truth != nil && s.truth.down {
			o.down[s.blames] = o.w.minute
		}
		struck[s.host] = s.host.Host != ""
	}
	for _, r := range []failover.Role{failover.Primary, failover.Secondary} {
		if !slices.ContainsFunc(o.w.plain[0], func(x detect.Observation) bool { return x.Service == detect.MX && x.Role == r && !struck[x.Target] }) {
			o.down[r] = o.w.minute // all its hosts are
		}
	}
	if !taken {
		if o.quiet++; o.quiet > 7 {
			o.asleep()
		}
		o.outage()
		return
	}
	o.quiet = 0
	o.rounds++
	if !o.d.Take(r) {
		o.note(&o.wrong, "the round was left out")
	}
	if o.rng.Float64() < repeated {
		old := o.w.last
		old.Number -= min(old.Number, uint64(o.rng.IntN(3)))
		if o.d.Take(old) {
			o.note(&o.wrong, "an old round was taken")
		}
	}
	if o.rested++; o.rested >= rest || o.current != nil && !o.found || o.ended > 0 || o.turning(r) {
		o.rested = 0
		o.state = o.d.State(r.At)
		o.honest()
	}
	o.outage()
}

// turning reports whether the round may be the one that calls a provider down.
func (o *watcher) turning(r detect.Round) bool {
	for i := range r.Observations {
		x := &r.Observations[i]
		if x.Outcome != detect.OK && (x.Service == detect.MX || x.Service == detect.Delivery) && x.Role != "" && o.state.Provider(x.Role).Health != detect.Down {
			return true
		}
	}
	return false
}

// asleep holds what must be said while there are no rounds.
func (o *watcher) asleep() {
	if o.rested++; o.rested < rest {
		return
	}
	o.rested = 0
	if s := o.d.State(o.w.now()); s.Primary.Health != detect.Unknown || s.Secondary.Health != detect.Unknown {
		o.note(&o.wrong, "%d minutes without a round, and %s", o.quiet, s.Primary.Health)
	}
}

// outage follows the true outage that is going on.
func (o *watcher) outage() {
	var now *spell
	for _, s := range o.w.active {
		if s.truth != nil {
			now = s
		}
	}
	if now != o.current {
		o.turn(now)
	}
	if now == nil {
		if o.ended > 0 && o.state.Primary.Health == detect.Healthy && o.state.Records.Health == detect.Healthy {
			o.recover = append(o.recover, o.w.minute-o.ended)
			o.ended = 0
		}
		return
	}
	k := now.truth
	if o.quiet > 0 || slices.ContainsFunc(o.w.active, func(s *spell) bool {
		return s.noLine || s.noSMTP && k.smtp || s.noSignIn && k.signIn || s.behind && k.slow
	}) {
		o.sight, o.whole = 0, false
		return
	}
	o.sight++
	if !o.found && o.rested == 0 && k.found(o.state) {
		o.found = true
		if o.whole {
			o.times[k.name] = append(o.times[k.name], o.w.minute-now.from)
		}
	}
	if o.sight == k.mends && !o.counted {
		o.due, o.counted = o.due+1, true
	}
	if !o.found && o.sight == k.mends {
		o.note(&o.missed, "%s, in sight for %d minutes: %s, %s", k.name, o.sight, o.state.Primary.Health, o.state.Primary.Say)
	}
	if o.found && k.down && o.state.Primary.Health == detect.Healthy {
		o.note(&o.falseRecovery, "%s", k.name)
		o.found = false
	}
}

// turn begins with another outage, or none.
func (o *watcher) turn(now *spell) {
	o.ended = 0
	if now != nil {
		o.outages++
	} else if o.found {
		o.ended = o.w.minute
		o.short += count(!o.counted)
	}
	o.current, o.sight, o.whole, o.counted, o.found = now, 0, true, false, false
}

// honest holds what must be so at any time.
func (o *watcher) honest() {
	cut := slices.ContainsFunc(o.w.active, func(s *spell) bool { return s.cut })
	for _, p := range []detect.Provider{o.state.Primary, o.state.Secondary} {
		if cut && p.Health != detect.Unknown {
			o.note(&o.wrong, "our line is cut, and the %s is %s", p.Role, p.Health)
		}
		if p.Health != detect.Down && p.Health != detect.Degraded || p.Since.Equal(o.since[p.Role]) {
			continue
		}
		o.since[p.Role] = p.Since
		switch {
		case p.Health == detect.Down && p.Fault == detect.FaultUndelivered && o.down[p.Role] > 0 && o.w.minute-o.down[p.Role] <= 30:
			// The seeds of the outage just over.
		case p.Health == detect.Down && o.down[p.Role] != o.w.minute:
			o.note(&o.falseDown, "%s since %s, %s", p.Role, p.Since, p.Part(detect.Inbound).Say)
		case p.Health == detect.Degraded && (o.ill[p.Role] == 0 || o.w.minute-o.ill[p.Role] > 30):
			o.note(&o.falseDegraded, "%s since %s, %s", p.Role, p.Since, p.Say)
		}
	}
	if cut && o.state.Records.Health != detect.Unknown {
		o.note(&o.wrong, "our line is cut, and the records are %s", o.state.Records.Health)
	}
}

// table shows the times to detect, the quickest kinds first, and what was false.
func (o watch) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-32s %6s %6s %6s %6s\n", "minutes to detect, by kind", "found", "best", "median", "worst")
	names := make([]string, 0, len(o.times))
	for name := range o.times {
		names = append(names, name)
		slices.Sort(o.times[name])
	}
	median := func(name string) int { return o.times[name][len(o.times[name])/2] }
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(median(a)-median(b), strings.Compare(a, b)) })
	for _, name := range names {
		ts := o.times[name]
		fmt.Fprintf(&b, "%-32s %6d %6d %6d %6d\n", name, len(ts), ts[0], median(name), ts[len(ts)-1])
	}
	slices.Sort(o.recover)
	if n := len(o.recover); n > 0 {
		fmt.Fprintf(&b, "%-32s %6d %6d %6d %6d\n", "called recovered, after its end", n, o.recover[0], o.recover[n/2], o.recover[n-1])
	}
	fmt.Fprintf(&b, "in %d days, %d rounds:\n", o.days, o.rounds)
	fmt.Fprintf(&b, "  %s: %d\n", verdict(len(o.falseDown), "no false failover", "FALSE FAILOVERS"), len(o.falseDown))
	fmt.Fprintf(&b, "  %s: %d of %d, and %d of %d that ended, or were out of sight, too soon\n",
		verdict(len(o.missed), "every true outage found", "TRUE OUTAGES MISSED"), o.due-len(o.missed), o.due, o.short, o.outages-o.due)
	fmt.Fprintf(&b, "  %s: %d\n", verdict(len(o.falseRecovery), "no false recovery", "FALSE RECOVERIES"), len(o.falseRecovery))
	fmt.Fprintf(&b, "  called degraded without a reason: %d times\n", len(o.falseDegraded))
	return b.String()
}

func verdict(faults int, good, bad string) string {
	if faults == 0 {
		return good
	}
	return bad
}

// singleMX is everything at a primary that has one MX host.
func singleMX() []detect.Target {
	return slices.DeleteFunc(everything(), func(t detect.Target) bool { return t == mx2 })
}

func (o watch) check(t *testing.T) {
	t.Helper()
	for what, list := range map[string][]string{"not found": o.missed, "false down": o.falseDown, "false recovery": o.falseRecovery, "wrong": o.wrong} {
		for i, one := range list {
			if i == 5 {
				t.Errorf("%s: and %d more", what, len(list)-5)
				break
			}
			t.Errorf("%s: %s", what, one)
		}
	}
}

// observeAll watches several worlds, as many at once as there are processors, and
// puts together what came of them.
func observeAll(t testing.TB, seeds []uint64, days int, noise float64, set detect.Settings, targets []detect.Target) watch {
	t.Helper()
	each := make([]watch, len(seeds))
	var wg sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, seed := range seeds {
		d, err := detect.New(set, targets)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			each[i] = observe(d, newWorld(seed, days, noise, targets))
			for _, list := range []*[]string{&each[i].missed, &each[i].falseDown, &each[i].falseDegraded, &each[i].falseRecovery, &each[i].wrong} {
				for j := range *list {
					(*list)[j] = fmt.Sprintf("seed %d, %s", seed, (*list)[j])
				}
			}
		})
	}
	wg.Wait()
	all := watch{times: map[string][]int{}}
	for _, o := range each {
		all.days += o.days
		all.rounds += o.rounds
		all.outages += o.outages
		all.due += o.due
		all.short += o.short
		for name, times := range o.times {
			all.times[name] = append(all.times[name], times...)
		}
		all.recover = append(all.recover, o.recover...)
		all.missed = append(all.missed, o.missed...)
		all.falseDown = append(all.falseDown, o.falseDown...)
		all.falseDegraded = append(all.falseDegraded, o.falseDegraded...)
		all.falseRecovery = append(all.falseRecovery, o.falseRecovery...)
		all.wrong = append(all.wrong, o.wrong...)
	}
	return all
}

func seeds(from, count uint64) []uint64 {
	var out []uint64
	for s := range count {
		out = append(out, from+s)
	}
	return out
}

// Five hundred days, a hundred each of five worlds: nothing called down that is
// not, nothing called healthy that is down, every true outage found. The race detector
// makes them last ten times as long and has nothing to see in a single goroutine: with it they are a
// hundred, too few to meet every kind, and make test has all of them without it.
func TestFiveHundredDays(t *testing.T) {
	days := 100
	if raced {
		days = 20
	}
	o := observeAll(t, seeds(1, 5), days, 1, settings(), everything())
	t.Log("\n" + o.table())
	o.check(t)
	if len(o.falseDegraded) > o.days/20 {
		t.Errorf("called degraded %d times without a reason, among them: %s", len(o.falseDegraded), strings.Join(o.falseDegraded[:5], "\n"))
	}
	for _, k := range kinds() {
		if len(o.times[k.name]) == 0 && !raced {
			t.Errorf("%s: not one was found in full sight", k.name)
		}
	}
}
