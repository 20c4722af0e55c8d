package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/lab"
)

// RandomScenario draws an outage by lot: what breaks, when, for how long, for what
// share of connections or which hosts, how far secondary name servers lag, whether a
// name server or the office's own line fails as well. The same seed gives the same
// scenario. Whatever is drawn, no message may be lost, doubled or bounced: faults that
// do so by themselves are not in the lot.
func RandomScenario(seed uint64) drill.Scenario {
	l := lot{rand.New(rand.NewPCG(seed, 0x6c696665626f6174))} //nolint:gosec // a drill is to be drawn again, not kept secret
	world := drill.World{
		TTL: span(time.Duration(5+l.IntN(4)) * time.Second), Interval: span(200 * time.Millisecond), WatchEvery: span(500 * time.Millisecond),
		Secondaries: 1 + l.IntN(3), StatusPage: lab.StatusPages()[l.IntN(len(lab.StatusPages()))],
	}
	if l.IntN(2) == 0 {
		world.Lag = span(l.between(0, 4*time.Second))
	}
	begins := l.between(2*time.Second, 6*time.Second)
	ends := begins + l.between(8*time.Second, 25*time.Second)
	script := []drill.Act{l.fault(begins)}
	if l.IntN(4) == 0 { // the outage changes its face
		script = append(script, l.fault(l.between(begins, ends)))
	}
	script = append(script, drill.Act{Delay: span(ends), Do: drill.Mend, Role: failover.Primary})
	script = append(script, l.beside(ends, world.Secondaries)...)
	script = append(script, drill.Act{Delay: span(ends + 25*time.Second), Do: drill.Finish})
	slices.SortStableFunc(script, func(a, b drill.Act) int { return int(a.Delay - b.Delay) })
	return drill.Scenario{
		Name: fmt.Sprintf("random-%d", seed), Kinds: []drill.Kind{drill.Functional}, World: world, Script: script,
		Title:   failover.Say("An outage drawn by lot").Template,
		Summary: failover.Say("What breaks, when, how far and for how long was drawn by lot; whatever it is, no message may be lost, doubled or bounced.").Template,
		Scope:   failover.Say("Detection, switch and way back in the built-in mail world.").Template,
		Right: drill.Right{
			Any: true, Delayed: true,
			May: []drill.Move{drill.Failover, drill.Failback, drill.SendOnly, drill.Repair, drill.Announce, drill.Stay},
			Why: failover.Say("Whether a switch helps depends on what was drawn; that no message is harmed does not.").Template,
		},
	}
}

// lot draws.
type lot struct{ *rand.Rand }

func span(d time.Duration) drill.Span { return drill.Span(d.Truncate(time.Millisecond)) }

func (l lot) between(from, to time.Duration) time.Duration {
	return from + time.Duration(l.Int64N(int64(to-from)))
}

// fault breaks the primary.
func (l lot) fault(at time.Duration) drill.Act {
	faults := slices.DeleteFunc(lab.Faults(), func(f lab.Fault) bool { return lab.Bounces(f) || lab.LosesOrDoubles(f) })
	if l.IntN(2) == 0 { // more of those that call for a switch
		faults = []lab.Fault{lab.Reset, lab.Refuse, lab.Silent, lab.Hang, lab.Busy}
	}
	a := drill.Act{Delay: span(at), Do: drill.Break, Role: failover.Primary, Fault: faults[l.IntN(len(faults))]}
	switch l.IntN(5) {
	case 0:
		a.Share = float64(1+l.IntN(9)) / 10
	case 1:
		a.Hosts = []string{fmt.Sprintf("mx%d.harbormail.test", 1+l.IntN(2))}
	}
	return a
}

// beside is what fails at the same time and has nothing to do with it.
func (l lot) beside(ends time.Duration, secondaries int) (script []drill.Act) {
	passing := func(begin, end drill.Act) {
		from := l.between(0, ends)
		begin.Delay, end.Delay = span(from), span(from+l.between(time.Second, 8*time.Second))
		script = append(script, begin, end)
	}
	if l.IntN(3) == 0 {
		faults := lab.DNSFaults()
		ns := []string{fmt.Sprintf("ns%d", 2+l.IntN(secondaries))}
		passing(drill.Act{Do: drill.BreakDNS, Hosts: ns, Fault: faults[l.IntN(len(faults))]}, drill.Act{Do: drill.BreakDNS, Hosts: ns})
	}
	if l.IntN(3) == 0 {
		passing(drill.Act{Do: drill.CutLine}, drill.Act{Do: drill.JoinLine})
	}
	if l.IntN(4) == 0 {
		faults := []lab.Fault{lab.Refuse, lab.Silent, lab.Failing}
		passing(drill.Act{Do: drill.BreakUpdates, Fault: faults[l.IntN(len(faults))]}, drill.Act{Do: drill.BreakUpdates})
	}
	return script
}
