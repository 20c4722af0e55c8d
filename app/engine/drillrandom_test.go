package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/failover"
	"lifeboat/failover/drill"
	"lifeboat/failover/journal"
	"lifeboat/failover/lab"
)

// The same seed draws the same outage, each one can be played, and nothing is in the
// lot that harms mail by itself.
func TestRandomScenario(t *testing.T) {
	t.Parallel()
	faults := map[lab.Fault]int{}
	for seed := uint64(1); seed <= 2000; seed++ {
		s := engine.RandomScenario(seed)
		if !reflect.DeepEqual(s, engine.RandomScenario(seed)) {
			t.Fatalf("the seed %d draws two scenarios", seed)
		}
		last := s.Script[len(s.Script)-1]
		if last.Do != drill.Finish || s.World.TTL < drill.Span(5*time.Second) {
			t.Fatalf("the seed %d: %+v", seed, s)
		}
		for _, a := range s.Script {
			if a.Do != drill.Break {
				continue
			}
			if faults[a.Fault]++; lab.Bounces(a.Fault) || lab.LosesOrDoubles(a.Fault) {
				t.Errorf("the seed %d breaks the primary with %q", seed, a.Fault)
			}
		}
	}
	if want := len(lab.Faults()) - 3; len(faults) != want {
		t.Errorf("%d kinds of fault were drawn, not %d: %v", len(faults), want, faults)
	}
}

// A few outages drawn by lot, with Lifeboat killed in the middle of its changes.
func TestRandomDrills(t *testing.T) {
	t.Parallel()
	drills(t, 5, 1)
}

// Forty outages drawn by lot, with Lifeboat killed in the middle of its changes:
// nothing is lost, doubled or bounced. LIFEBOAT_SEED=n plays that one alone.
func TestRandomDrillsLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("set LIFEBOAT_LONG for it")
	}
	if n, err := strconv.ParseUint(os.Getenv("LIFEBOAT_SEED"), 10, 64); err == nil {
		drills(t, 1, n)
		return
	}
	drills(t, 40, uint64(time.Now().UnixMilli()))
}

// drillsAtOnce is how many drills are held side by side: they wait most of the time.
const drillsAtOnce = 5

func drills(t *testing.T, count int, from uint64) {
	t.Helper()
	var wg sync.WaitGroup
	turn := make(chan struct{}, drillsAtOnce)
	killed := make([]string, count)
	for i := range count {
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			seed := from + uint64(i)
			where, err := randomDrill(t, seed)
			if killed[i] = where; err != nil {
				t.Errorf("LIFEBOAT_SEED=%d fails: %v", seed, err)
			}
		})
	}
	wg.Wait()
	times := 0
	for _, k := range killed {
		if k != "" {
			times++
		}
	}
	t.Logf("%d drills from seed %d, in %d of them Lifeboat was killed: %s", count, from, times, strings.Join(killed, "; "))
	if count > 20 && times < count/10 { // the lot kills in about a third of them
		t.Errorf("Lifeboat was killed in %d of %d drills only", times, count)
	}
}

// randomDrill plays the outage of a seed, and returns where Lifeboat was killed in it.
func randomDrill(t *testing.T, seed uint64) (killed string, err error) {
	sc := engine.RandomScenario(seed)
	quiet := slog.New(slog.DiscardHandler)
	p, err := engine.StartPracticeIn(t.Context(), engine.WorldOf(sc, quiet), "en", quiet)
	if err != nil {
		return "", err
	}
	defer p.Close()
	o := &office{t: t, world: p.World, parts: p.Parts(), Engine: p.Engine, probed: map[string]int{}}
	op := &mortal{
		Operator: engine.NewOperator(o.Engine), office: o, gate: o.openGate(),
		lot: rand.New(rand.NewPCG(seed, 1)),
	}
	session, err := drill.NewSession(drill.SessionOptions{
		ID: drill.NewID(time.Now(), sc.Name), Scenario: sc, World: p.World, Operator: op, Unattended: true, Seed: seed,
	})
	if err != nil {
		return "", err
	}
	r, err := session.Run(t.Context())
	if err == nil && (r.Mail.Lost+r.Mail.Doubled+r.Mail.Bounced+r.Mail.Waiting > 0 || r.Mail.Sent == 0 || !r.Passed) {
		err = errors.New("the mail is not as it should be")
	}
	err = errors.Join(err, o.whole())
	if err != nil {
		err = fmt.Errorf("%w\nkilled: %q\n%s", err, op.where, record(r))
	}
	return strings.Join(op.where, ", "), err
}

// record is what happened in a drill, for a test's log.
func record(r drill.Result) string {
	var b strings.Builder
	for _, e := range r.Timeline {
		fmt.Fprintf(&b, "%v %s %s%s\n", time.Duration(e.Since).Round(100*time.Millisecond), e.Kind, e.Say, map[bool]string{true: " (bad)"}[e.Bad])
	}
	for _, m := range r.Measures {
		if m.Took != nil {
			fmt.Fprintf(&b, "%s %v (goal %v)\n", m.Name, *m.Took, m.Goal)
		}
	}
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%v %s\n", c.OK, c.Say)
	}
	fmt.Fprintf(&b, "%+v", r.Mail)
	return b.String()
}

// whole holds a world to what no drill may leave: a run that is open, a lock, an MX set
// that is neither provider's.
func (o *office) whole() error {
	entries, err := journal.Read(o.journal())
	if err != nil {
		return err
	}
	if op, open := journal.Unfinished(entries); open {
		err = fmt.Errorf("the run %s stays open", op.ID)
	}
	if lock := o.world.Truth("_lifeboat-lock.example.test", "TXT"); lock.Exists() {
		err = errors.Join(err, fmt.Errorf("the lock is left: %v", lock))
	}
	switch o.route() {
	case failover.RoutePrimary, failover.RouteSecondary:
	default:
		err = errors.Join(err, fmt.Errorf("the MX is %v", o.world.Truth(mx.Name, mx.Type)))
	}
	return err
}

// mortal is Lifeboat with a program that may be killed, as kill -9 does, at any of its
// acts, and so between any two entries of its journal. A new one takes its place.
type mortal struct {
	drill.Operator
	office *office
	gate   string
	lot    *rand.Rand
	where  []string
}

// Move has a program of its own carry the move out, which may be killed in the middle
// of it; whatever it left is then gone on with.
func (m *mortal) Move(ctx context.Context, move drill.Move, tell func(drill.Step)) (drill.Moved, error) {
	kind, at := failover.Kind(move), 1+m.lot.IntN(26)
	if kind == failover.Failover || kind == failover.Failback {
		// The program has the evidence that this one took, and probes nobody itself.
		if r, err := m.office.Check(ctx, engine.CheckRequest{To: kind.Target()}); err == nil && r.Ready {
			if where, killed := m.office.mayDie(ctx, m.gate, kind, at); killed {
				m.where = append(m.where, fmt.Sprintf("%s when %s", kind, where))
				if m.lot.IntN(3) == 0 { // and the next one as well
					if where, again := m.office.mayDie(ctx, m.gate, kind, 1+m.lot.IntN(10)); again {
						m.where = append(m.where, "then when "+where)
					}
				}
			}
		}
	}
	return engine.NewOperator(engine.New(m.office.parts)).Move(ctx, move, tell)
}

// mayDie runs a program of its own, which is killed at an act. Where it cannot do its
// work it changes nothing, or leaves a run to be gone on with, as a killed one does.
func (o *office) mayDie(ctx context.Context, gate string, kind failover.Kind, at int) (where string, killed bool) {
	key := o.world.TSIG()
	order, err := json.Marshal(childOrder{
		Gate: gate, Settings: o.Settings().File(), Data: o.parts.DataDir, Server: o.world.UpdateServer(), Key: key.Name, Secret: key.Secret,
		Resolver: o.world.Resolver(), Kind: kind, KillAt: at,
	})
	if err != nil {
		return "", false
	}
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), childVariable+"="+string(order), "GORACE=atexit_sleep_ms=0")
	out, _ := c.Output() // how it ended is in the state
	return strings.TrimSpace(string(out)), c.ProcessState.ExitCode() == -1
}
