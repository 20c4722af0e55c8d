package detect_test

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeboat/failover"
	"lifeboat/failover/detect"
)

// The targets of the properties: few, so that histories are short.
var (
	few        = []detect.Target{mx1, mx2, submit, imap, seed, spareMX, spareIM, ns1}
	fewControl = append(slices.Clone(control25), controlWeb, controlDNS[0], controlDNS[1])
)

// history draws rounds a minute apart, in regimes: what is met with goes on for a
// while. Seeds are in every round.
func history(t *rapid.T, label string, draw func(t *rapid.T, x detect.Target) []detect.Observation) []detect.Round {
	var out []detect.Round
	at := began
	for regime := range rapid.IntRange(1, 6).Draw(t, label+" regimes") {
		name := fmt.Sprintf("%s %d", label, regime)
		meet := map[detect.Target][]detect.Observation{}
		for _, x := range few {
			meet[x] = draw(t, x)
		}
		down := rapid.IntRange(0, 5).Draw(t, name+" line") == 0
		for range rapid.IntRange(1, 40).Draw(t, name+" rounds") {
			at = at.Add(time.Minute)
			out = append(out, detect.Round{Number: uint64(len(out) + 1), At: at, Observations: observed(meet, down)})
		}
	}
	return out
}

func observed(meet map[detect.Target][]detect.Observation, down bool) []detect.Observation {
	var all []detect.Observation
	for _, x := range slices.Concat(few, fewControl) {
		switch seen := meet[x]; {
		case down && (x.Service == detect.Delivery || x.Service == detect.Attachments):
			all = append(all, meets(x, detect.AtRoundTrip, detect.Unable, "")...)
		case down:
			all = append(all, timeout(x)...)
		case seen != nil:
			all = append(all, seen...)
		case x.Role == "" && x.Service != detect.Records:
			all = append(all, fine(x))
		}
	}
	return all
}

// anything is any way of answering, and of not answering.
func anything(t *rapid.T, x detect.Target) []detect.Observation {
	if rapid.Bool().Draw(t, "fine") {
		return []detect.Observation{fine(x)}
	}
	return broken(t, x)
}

// broken is anything but a good answer: a failure, an attempt that could not be
// made, or nothing.
func broken(t *rapid.T, x detect.Target) []detect.Observation {
	at := fine(x).Stage
	return rapid.SampledFrom([][]detect.Observation{
		meets(x, detect.AtTCP, detect.Timeout, ""), meets(x, detect.AtTCP, detect.Reset, "reset"), meets(x, at, detect.Temporary, defers),
		meets(x, at, detect.Permanent, noUser), meets(x, detect.AtResolve, detect.Timeout, ""), meets(x, at, detect.Unable, ""),
		{{Target: x, Stage: "else", Outcome: "else"}}, {},
	}).Draw(t, "broken")
}

func fresh(t rapid.TB) *detect.Detector { return newDetector(t, few, fewControl) }

func newDetector(t rapid.TB, targets ...[]detect.Target) *detect.Detector {
	d, err := detect.New(settings(), slices.Concat(targets...))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return d
}

func take(d *detect.Detector, r detect.Round) detect.State {
	d.Take(r)
	return d.State(r.At)
}

func TestNeverDownWhileOurLineIsDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := fresh(t)
		for _, r := range history(t, "h", anything) {
			s := take(d, r)
			silent := !slices.ContainsFunc(r.Observations, func(o detect.Observation) bool {
				return o.Outcome == detect.OK || o.Outcome == detect.Temporary || o.Outcome == detect.Permanent
			})
			if silent && (s.Primary.Health != detect.Unknown || s.Secondary.Health != detect.Unknown || s.Records.Health != detect.Unknown) {
				t.Fatalf("round %d: nobody answers at all, and the primary is %s, the secondary %s, the records %s", r.Number, s.Primary.Health, s.Secondary.Health, s.Records.Health)
			}
		}
	})
}

func TestNeverHealthyOutOfSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := fresh(t)
		s, before := detect.State{}, history(t, "before", anything)
		for _, r := range before {
			s = take(d, r)
		}
		last := before[len(before)-1]
		if later := d.State(last.At.Add(6 * time.Minute)); later.Primary.Health != detect.Unknown || later.Secondary.Health != detect.Unknown || later.Line.Health != detect.Unknown {
			t.Fatalf("nobody looked for six minutes, and %s, %s, line %s", later.Primary.Health, later.Secondary.Health, later.Line.Health)
		}
		// What fails stays so. What was sound or hidden is too long ago.
		gap := 6 * time.Minute
		if s.Primary.Health == detect.Degraded || s.Primary.Health == detect.Down {
			gap = 0
		}
		for _, r := range history(t, "after", broken) {
			r.Number += last.Number
			r.At = r.At.Add(last.At.Sub(began) + gap)
			if s := take(d, r); s.Primary.Health == detect.Healthy {
				t.Fatalf("round %d: healthy, and nobody has seen it work", r.Number)
			}
		}
	})
}

// Worse looks never make a better state: the same history with some good looks
// made bad is at no time better. Each port has controls here; where there are
// none, failures may also mean that our line is shut.
func TestWorseLooksNeverMakeItBetter(t *testing.T) {
	targets := []detect.Target{mx1, mx2, submit, imap}
	controls := append(slices.Clone(fewControl), detect.Target{Service: detect.Submission, Host: "smtp.seven.test."}, detect.Target{Service: detect.IMAP, Host: "imap.eight.test."})
	rank := map[detect.Health]int{detect.Healthy: 1, detect.Degraded: 2, detect.Down: 3}
	rapid.Check(t, func(t *rapid.T) {
		better, worse := newDetector(t, targets, controls), newDetector(t, targets, controls)
		at := began
		share := rapid.IntRange(0, 9).Draw(t, "bad in ten")
		flips := rapid.IntRange(0, 9).Draw(t, "flipped in ten")
		for n := range rapid.IntRange(1, 150).Draw(t, "rounds") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{60, 60, 60, 20, 5, 90, 400}).Draw(t, "seconds")) * time.Second)
			var a, b []detect.Observation
			for _, x := range controls {
				a, b = append(a, fine(x)), append(b, fine(x))
			}
			for _, x := range targets {
				seen := []detect.Observation{fine(x)}
				bad := meets(x, detect.AtBanner, detect.Timeout, "")
				soft := meets(x, detect.AtBanner, detect.Temporary, busy)
				flipped := [][]detect.Observation{bad, soft, append(slices.Clone(bad), fine(x))}
				if rapid.IntRange(0, 9).Draw(t, "bad") < share {
					seen = rapid.SampledFrom(flipped).Draw(t, "how")
					flipped = [][]detect.Observation{bad}
				}
				a = append(a, seen...)
				if rapid.IntRange(0, 9).Draw(t, "flip") < flips {
					seen = rapid.SampledFrom(flipped).Draw(t, "flipped")
				}
				b = append(b, seen...)
			}
			number := uint64(n + 1)
			s := take(better, detect.Round{Number: number, At: at, Observations: a})
			w := take(worse, detect.Round{Number: number, At: at, Observations: b})
			if x, y := rank[s.Primary.Health], rank[w.Primary.Health]; x > 0 && y > 0 && x > y {
				t.Fatalf("round %d: %s, and with worse looks %s", number, s.Primary.Health, w.Primary.Health)
			}
			for i, p := range s.Primary.Parts {
				for j, e := range p.Evidence {
					if f := w.Primary.Parts[i].Evidence[j]; rank[e.Health] > 0 && rank[f.Health] > 0 && rank[e.Health] > rank[f.Health] {
						t.Fatalf("round %d, %s: %s, and with worse looks %s", number, e.Host, e.Health, f.Health)
					}
				}
			}
		}
	})
}

func TestOrderWithinARoundDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := fresh(t), fresh(t)
		for _, r := range history(t, "h", anything) {
			var extra []detect.Observation
			for _, x := range rapid.SliceOfN(rapid.SampledFrom(few), 0, 4).Draw(t, "more") {
				extra = append(extra, anything(t, x)...)
			}
			extra = append(extra, detect.Observation{Target: detect.Target{Role: failover.Primary, Service: detect.Remote,
				Host: rapid.SampledFrom([]string{"a.", "b."}).Draw(t, "to")}, Stage: detect.AtRoundTrip,
				Outcome: rapid.SampledFrom([]detect.Outcome{detect.OK, detect.Temporary}).Draw(t, "remote"), Answer: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "answer")})
			r.Observations = append(slices.Clone(r.Observations), extra...)
			s := take(a, r)
			r.Observations = rapid.Permutation(r.Observations).Draw(t, "order")
			if other := take(b, r); !reflect.DeepEqual(s, other) {
				t.Fatalf("round %d: another order makes another state:\n%s", r.Number, cmp.Diff(s, other))
			}
		}
	})
}

func TestDuplicatesAndLateRoundsChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := fresh(t), fresh(t)
		rounds := history(t, "h", anything)
		for i, r := range rounds {
			s := take(a, r)
			if !b.Take(r) {
				t.Fatalf("round %d does not count", r.Number)
			}
			old := rounds[rapid.IntRange(0, i).Draw(t, "again")]
			if b.Take(old) {
				t.Fatalf("round %d counts after round %d", old.Number, r.Number)
			}
			if other := b.State(r.At); !reflect.DeepEqual(s, other) {
				t.Fatalf("an old round makes another state:\n%s", cmp.Diff(s, other))
			}
		}
	})
}

// Whatever the clock does, nothing is found from fewer looks than it takes.
func TestStepsOfTheClockFindNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := fresh(t)
		bad := map[detect.Target]int{}
		var step time.Duration
		for _, r := range history(t, "h", anything) {
			if rapid.IntRange(0, 3).Draw(t, "step") == 0 {
				step += time.Duration(rapid.IntRange(-100000, 100000).Draw(t, "seconds")) * time.Second
			}
			r.At = r.At.Add(step)
			s := take(d, r)
			for _, o := range r.Observations {
				if o.Outcome != detect.OK && o.Outcome != detect.Unable {
					bad[o.Target]++
				}
			}
			for _, p := range []detect.Provider{s.Primary, s.Secondary} {
				for _, e := range p.Part(detect.Inbound).Evidence {
					least := 6
					if e.Service == detect.Delivery {
						least = 3
					}
					if (e.Health == detect.Down) && bad[e.Target] < least {
						t.Fatalf("round %d: %s is down after %d looks", r.Number, e.Host, bad[e.Target])
					}
				}
			}
			if late := d.State(r.At.Add(-2 * time.Minute)); late.Primary.Health != detect.Unknown {
				t.Fatalf("asked for a time two minutes before the last round: %s", late.Primary.Health)
			}
		}
	})
}

// After a long night, the looks before it do not count with those after it.
func TestLooksOnBothSidesOfASilenceDoNotAddUp(t *testing.T) {
	for _, night := range []time.Duration{8 * time.Hour, -8 * time.Hour} {
		o := newOffice(t)
		o.look(60, nil)
		dead := all(primaryMX, detect.AtTCP, detect.Refused, "")
		o.look(5, dead)
		o.at = o.at.Add(night)
		if s := o.look(5, dead); s.Primary.Health == detect.Down {
			t.Errorf("%s apart: down since %s", night, s.Primary.Since)
		}
		if s := o.look(1, dead); s.Primary.Health != detect.Down {
			t.Errorf("six looks in a row: %s", s.Primary.Health)
		}
		// What had been found is still so when it shows again, and no recovery else.
		o.at = o.at.Add(night)
		if s := o.d.State(o.at); night > 0 && s.Primary.Health != detect.Unknown {
			t.Errorf("in the morning: %s", s.Primary.Health)
		}
		if s := o.look(1, dead); s.Primary.Health != detect.Down {
			t.Errorf("still dead in the morning: %s", s.Primary.Health)
		}
		o.at = o.at.Add(night)
		if s := o.look(1, nil); s.Primary.Health != detect.Degraded || !strings.Contains(s.Primary.Say.String(), "too short a time") {
			t.Errorf("one good look in the morning: %s, %s", s.Primary.Health, s.Primary.Say)
		}
		if s := o.look(20, nil); s.Primary.Health != detect.Healthy {
			t.Errorf("twenty more: %s", s.Primary.Health)
		}
	}
}

func TestFlappingIsNoRecovery(t *testing.T) {
	o := newOffice(t)
	o.look(60, nil)
	dead := all(primaryMX, detect.AtTCP, detect.Reset, "")
	o.look(10, dead)
	since := o.d.State(o.at).Primary.Since
	for i := range 20 {
		for range 5 + i%14 {
			s := o.look(1, nil)
			if s.Primary.Health != detect.Down || !s.Primary.Since.Equal(since) || s.Primary.Confidence != detect.Weak {
				t.Fatalf("%s since %s, %s", s.Primary.Health, s.Primary.Since, s.Primary.Confidence)
			}
			if note := fmt.Sprint(s.Primary.Notes); !strings.Contains(note, "counts as recovered after 20") {
				t.Fatal(note)
			}
		}
		o.look(1, dead)
	}
	if s := o.look(19, nil); s.Primary.Health != detect.Down {
		t.Errorf("after 19 good looks: %s", s.Primary.Health)
	}
	if s := o.look(1, nil); s.Primary.Health != detect.Healthy {
		t.Errorf("after 20: %s", s.Primary.Health)
	}
}

// Looking like mad makes nothing surer.
func TestHasteFindsNothing(t *testing.T) {
	o := newOffice(t)
	o.look(30, nil)
	for range 200 {
		o.number++
		o.at = o.at.Add(200 * time.Millisecond)
		o.d.Take(detect.Round{Number: o.number, At: o.at, Observations: o.round(all(primaryAll, detect.AtTCP, detect.Refused, ""))})
		if s := o.d.State(o.at); s.Primary.Health != detect.Healthy {
			t.Fatalf("%s: %s", s.Primary.Health, s.Primary.Say)
		}
	}
}

func TestNothingGrows(t *testing.T) {
	o := newOffice(t)
	o.look(100, nil)
	round := o.round(nil)
	if n := testing.AllocsPerRun(100, func() {
		o.number++
		o.at = o.at.Add(time.Minute)
		o.d.Take(detect.Round{Number: o.number, At: o.at, Observations: round})
	}); n != 0 {
		t.Errorf("a calm round takes %v allocations", n)
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	fill := func(rounds int) {
		long := strings.Repeat("x", 10000)
		for i := range rounds {
			o.extra = o.extra[:0]
			for j := range 50 {
				o.extra = append(o.extra, detect.Observation{Target: detect.Target{Role: failover.Primary, Service: detect.Remote, Host: fmt.Sprintf("d%d-%d.test.", i, j)},
					Stage: detect.AtRoundTrip, Outcome: detect.Temporary, Answer: long})
			}
			o.look(1, all(primaryAll, detect.AtRCPT, detect.Temporary, long))
		}
	}
	fill(200)
	before := heap()
	fill(1000)
	if after := heap(); after > before+1<<20 {
		t.Errorf("from %d to %d bytes", before, after)
	}
	s := o.d.State(o.at)
	if n := len(s.Elsewhere); n > 128 {
		t.Errorf("%d domains are remembered", n)
	}
	for _, p := range s.Primary.Parts {
		for _, e := range p.Evidence {
			if len(e.Answer) > 410 {
				t.Errorf("%s: %d bytes of answer", e.Host, len(e.Answer))
			}
		}
	}
	runtime.KeepAlive(o)
}
