package run_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/failovertest"
	"lifeboat/failover/journal"
	"lifeboat/failover/run"
)

// A life is a process that ends, without warning, at its nth act: an entry of the
// journal or a call of the host that changes something. What it does afterwards
// does not reach the world.
type life struct {
	world *world
	acts  int
	// after: the last act takes effect, and its caller never hears of it.
	after bool
	over  bool
}

var errDead = errors.New("the process is dead")

// act does something, if the process lives to do it.
func (l *life) act(do func() error) error {
	if l.over {
		return errDead
	}
	if l.acts--; l.acts != 0 {
		return do()
	}
	l.over = true
	if l.after {
		_ = do() // nobody hears of it
	}
	return errDead
}

func (l *life) Append(e journal.Entry) error {
	return l.act(func() error { return l.world.log.Append(e) })
}
func (l *life) Entries() []journal.Entry { return l.world.log.Entries() }

// mortalHost is the host as a process that may die sees it.
type mortalHost struct {
	*failovertest.Host
	life *life
}

func (h mortalHost) Read(ctx context.Context, zone string, keys []failover.Key) ([]failover.RRset, error) {
	if h.life.over {
		return nil, errDead
	}
	return h.Host.Read(ctx, zone, keys)
}

func (h mortalHost) Apply(ctx context.Context, c dnshost.Change) error {
	return h.life.act(func() error { return h.Host.Apply(ctx, c) })
}

func (h mortalHost) Lock(ctx context.Context, zone string, l dnshost.Lock, replace *dnshost.Lock) error {
	return h.life.act(func() error { return h.Host.Lock(ctx, zone, l, replace) })
}

func (h mortalHost) Unlock(ctx context.Context, zone string, l dnshost.Lock) error {
	return h.life.act(func() error { return h.Host.Unlock(ctx, zone, l) })
}

// mortal is the runner of a process with so many acts to live.
func (w *world) mortal(acts int, after bool) (*run.Runner, *life) {
	l := &life{world: w, acts: acts, after: after}
	r := w.runner()
	r.Journal = l
	r.HostOf = func(string) (dnshost.Host, error) { return mortalHost{w.host, l}, nil }
	return r, l
}

// again gives the command that the admin gives, whatever happened before: it goes
// on with the open run, or plans anew.
func (w *world) again(t *rapid.T, r *run.Runner) (failover.Outcome, error) {
	if _, open := journal.Unfinished(w.log.Entries()); open {
		return r.Resume(t.Context(), run.Options{})
	}
	return r.Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
}

var (
	drawCaps = rapid.SampledFrom([]dnshost.Capabilities{swapping, {LockRecord: true}, plain, console, {Interactive: true, OwnTTL: true}})
	// A zero fault is a call that goes well.
	drawFault = rapid.SampledFrom([]failovertest.Fault{
		{}, {}, {}, {}, failovertest.LostRequest(), failovertest.LostReply(), failovertest.LateRequest(),
		failovertest.Throttled(), failovertest.Unreachable(), failovertest.Stale(), failovertest.ReadOnly(),
	})
)

// typist is a person who gets it right in the end: each true stands for a time when
// only half of it is typed.
func (w *world) typist(half []bool) func(context.Context, dnshost.Change) {
	return func(_ context.Context, c dnshost.Change) {
		set := c.After
		if len(half) > 0 {
			if half[0] {
				set.Values = append(slices.Clone(set.Values), "77 mx.half-typed.test.")
			}
			half = half[1:]
		}
		w.authority.Put(set)
	}
}

// TestDeaths lets a switch die again and again, at any entry of the journal and any
// change at the host, with all that can go wrong in between; then the same command,
// undisturbed, must finish it.
func TestDeaths(t *testing.T) { rapid.Check(t, deaths) }

func TestDeathsLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign: set LIFEBOAT_LONG=1, as make test-long does")
	}
	for range 100 {
		rapid.Check(t, deaths)
	}
}

func deaths(t *rapid.T) {
	w := newWorld(drawCaps.Draw(t, "capabilities"))
	w.host.Person = w.typist(rapid.SliceOfN(rapid.Bool(), 0, 4).Draw(t, "half typed"))
	rest := w.rest()
	for _, op := range []failovertest.Op{failovertest.Lock, failovertest.Read, failovertest.Apply, failovertest.Unlock} {
		most := 6
		if op == failovertest.Unlock {
			most = 1 // a lock that can never be removed stays
		}
		for _, f := range rapid.SliceOfN(drawFault, 0, most).Draw(t, string(op)) {
			if !f.Late || op == failovertest.Apply {
				w.host.Script(op, f)
			}
		}
	}
	for range rapid.IntRange(0, 4).Draw(t, "lives") {
		acts := rapid.IntRange(1, 16).Draw(t, "acts")
		r, life := w.mortal(acts, rapid.Bool().Draw(t, "after"))
		if _, err := w.again(t, r); life.over && err == nil {
			t.Fatalf("a dead process says that all went well: %v", w.log.story())
		}
		if rapid.Bool().Draw(t, "late requests arrive") {
			w.host.Arrive()
		}
	}
	w.undisturbed()
	out, err := w.again(t, w.runner())
	if err != nil || !out.Done {
		t.Fatalf("it cannot be finished: %v, %v", err, w.log.story())
	}
	w.settled(t, rest)
}

// undisturbed ends all faults; requests that are still on their way arrive.
func (w *world) undisturbed() {
	w.host = w.host.Clone()
	w.host.Person = w.person
}

// settled fails unless everything is as it has to be after a switch, however it
// came about.
func (w *world) settled(t *rapid.T, rest []failover.RRset) {
	w.host.Arrive() // later still
	for _, d := range w.domains {
		for _, name := range []string{d.Name, d.Emergency} {
			if got := w.authority.Get(mxOf(name)); !slices.Equal(got.Values, []string{"10 mx.beta.test."}) {
				t.Fatalf("%v", got)
			}
			if past := w.authority.Past(mxOf(name)); !w.host.Capabilities().Interactive && len(past) > 2 {
				t.Fatalf("%s was changed more than once: %v", name, past)
			}
		}
		for _, past := range w.authority.Past(mxOf(d.Name))[1:] {
			if !past.Exists() {
				t.Fatalf("%s was without MX for a moment", d.Name)
			}
		}
	}
	if d := cmp.Diff(rest, w.rest()); d != "" {
		t.Fatalf("unrelated records or a lock (-before +after):\n%s", d)
	}
	orderly(t, w.log.Entries())
	n, changes := len(w.log.Entries()), w.authority.Changes()
	out, err := w.again(t, w.runner())
	if err != nil || out.Changes != 0 || len(w.log.Entries()) != n || w.authority.Changes() != changes {
		t.Fatalf("a further run does something: %+v, %v", out, err)
	}
}

// orderly fails unless the journal tells a story that can have happened.
func orderly(t *rapid.T, entries []journal.Entry) {
	before := map[journal.Event][]journal.Event{
		journal.Intent:   {"", journal.Intent, journal.Sent, journal.Refused},
		journal.Sent:     {journal.Intent},
		journal.Refused:  {journal.Sent},
		journal.Ack:      {"", journal.Intent, journal.Sent, journal.Refused},
		journal.Verified: {journal.Ack, journal.Note},
		journal.Note:     {journal.Ack, journal.Note},
	}
	open := ""
	last := map[string]journal.Event{}
	for _, e := range entries {
		switch e.Event {
		case journal.Begin:
			if open != "" {
				t.Fatalf("%s begins while %s is open", e.Op, open)
			}
			open, last = e.Op, map[string]journal.Event{}
		case journal.End:
			open = ""
		default:
		}
		if e.Op != open && e.Event != journal.End {
			t.Fatalf("%s of %s while %q is open", e.Event, e.Op, open)
		}
		if e.Step == "" {
			continue
		}
		if !slices.Contains(before[e.Event], last[e.Step]) {
			t.Fatalf("%s of step %s follows %q", e.Event, e.Step, last[e.Step])
		}
		last[e.Step] = e.Event
	}
	if open != "" {
		t.Fatalf("%s is open", open)
	}
}
