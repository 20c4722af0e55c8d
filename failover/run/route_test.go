package run_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/failovertest"
	"lifeboat/failover/journal"
	"lifeboat/failover/plan"
	"lifeboat/failover/run"
)

// fakeRoutes keeps send routes in memory. Who is in none is at the primary.
type fakeRoutes struct {
	mu    sync.Mutex
	at    map[string]failover.Role
	moves []run.RouteMove
	// fail is the error of moves; with torn the route is moved all the same.
	fail error
	torn bool
}

func (f *fakeRoutes) Route(domain string) failover.Role {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r, ok := f.at[domain]; ok {
		return r
	}
	return failover.Primary
}

func (f *fakeRoutes) SetRoute(_ context.Context, m run.RouteMove) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moves = append(f.moves, m)
	if f.fail == nil || f.torn {
		f.at[m.Domain] = m.Role
	}
	return f.fail
}

func (f *fakeRoutes) all() map[string]failover.Role {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.at)
}

func (f *fakeRoutes) be(domain string, r failover.Role) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at[domain] = r
}

func (f *fakeRoutes) breaks(err error, torn bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail, f.torn = err, torn
}

func (f *fakeRoutes) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.moves)
}

// withRoutes gives every domain of a world a send route.
func (w *world) withRoutes() *world {
	w.routes = &fakeRoutes{at: map[string]failover.Role{}}
	for i := range w.domains {
		w.domains[i].Primary.Submission = failover.Endpoint{Host: "smtp.alpha.test", Port: 587, Security: failover.StartTLS}
		w.domains[i].Secondary.Submission = failover.Endpoint{Host: "smtp.beta.test", Port: 587, Security: failover.StartTLS}
	}
	return w
}

// down lets no call of a host go well, and up lets all of them.
func (w *world) down(h *failovertest.Host) {
	h.Always(failovertest.Fault{Err: failover.Fail(failover.ErrUnreachable, "the test's host is down")},
		failovertest.Read, failovertest.Lock, failovertest.Unlock, failovertest.Apply)
}

func (w *world) up(h *failovertest.Host) {
	h.Always(failovertest.Fault{}, failovertest.Read, failovertest.Lock, failovertest.Unlock, failovertest.Apply)
}

// sends fails unless the mail of every domain leaves through a provider.
func (w *world) sends(t testing.TB, want failover.Role) {
	t.Helper()
	for _, d := range w.domains {
		if got := w.routes.Route(d.Name); got != want {
			t.Errorf("mail from %s leaves through the %s, not through the %s", d.Name, got, want)
		}
	}
}

var (
	routedStory = slices.Concat([]string{"begin", "intent r1", "ack r1"}, wholeStory[1:])
	homeStory   = []string{"begin", "intent 1", "sent 1", "ack 1", "verified 1", "intent r1", "ack r1", "end done"}
)

func TestRouteMovesFirstToTheSecondaryAndLastHome(t *testing.T) {
	w := newWorld(swapping).withRoutes()
	w.log.on = func(e journal.Entry) {
		if e.Step == "r1" && e.Event == journal.Ack && w.lastRun().Plan.Kind == failover.Failover && w.host.Changes() != 0 {
			t.Error("records were changed before the route was moved")
		}
		if e.Step == "1" && e.Event == journal.Intent && w.lastRun().Plan.Kind == failover.Failback {
			w.sends(t, failover.Secondary)
		}
	}
	out := w.apply(t, w.plan(t, failover.Failover))
	sameStory(t, w.log.story(), routedStory...)
	w.sends(t, failover.Secondary)
	w.switched(t)
	if !out.Done || out.Moved != 1 || out.Changes != 2 || len(out.Routes) != 1 || out.Routes[0].State != failover.Ack || !out.Routes[0].Problem.IsZero() {
		t.Errorf("%+v", out)
	}
	if !w.told("mail from example.test leaves through Beta") {
		t.Errorf("nobody was told: %+v", w.events)
	}
	m := w.routes.moves[0]
	if m.Domain != "example.test." || m.Role != failover.Secondary || m.By != "admin@office" || m.Operation != out.Operation || m.Reason.IsZero() {
		t.Errorf("%+v", m)
	}
	// A second time nothing is done, and nothing written down.
	if again := w.apply(t, w.plan(t, failover.Failover)); !again.Done || again.Moved != 0 || w.routes.count() != 1 {
		t.Errorf("%+v", again)
	}
	sameStory(t, w.log.story(), routedStory...)

	home := w.apply(t, w.plan(t, failover.Failback))
	sameStory(t, w.log.story()[len(routedStory):], homeStory...)
	w.sends(t, failover.Primary)
	if !home.Done || home.Moved != 1 || home.Changes != 1 {
		t.Errorf("%+v", home)
	}
}

func TestRouteAloneNeedsNoHost(t *testing.T) {
	w := newWorld(swapping, "one.test.", "two.test.").withRoutes()
	w.down(w.host)
	route := func(id string, to failover.Role) failover.Plan {
		var observed []plan.Observed
		for _, d := range w.domains {
			observed = append(observed, plan.Observed{Domain: d, Route: w.routes.Route(d.Name)})
		}
		p, err := plan.Build(plan.Request{Kind: failover.SendRoute, To: to, ID: id, Author: "admin@office", Now: w.clock.Now()}, observed)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	out := w.apply(t, route("away", failover.Secondary))
	w.sends(t, failover.Secondary)
	sameStory(t, w.log.story(), "begin", "intent r1", "ack r1", "intent r2", "ack r2", "end done")
	if !out.Done || out.Moved != 2 || out.Changes != 0 || len(out.Steps) != 0 {
		t.Errorf("%+v", out)
	}
	if again := w.apply(t, route("again", failover.Secondary)); again.Moved != 0 || len(w.log.Entries()) != 6 {
		t.Errorf("%+v", again)
	}
	w.apply(t, route("home", failover.Primary))
	w.sends(t, failover.Primary)
}

// What a DNS host does that is down: on the way to the secondary the route has moved,
// and the run stays open; on the way home nothing at all has happened.
func TestRouteWhileTheHostIsDown(t *testing.T) {
	w := newWorld(swapping).withRoutes()
	p := w.plan(t, failover.Failover)
	w.down(w.host)
	out, err := w.runner().Apply(t.Context(), p, run.Options{})
	isKind(t, err, failover.ErrUnreachable, "the test's host is down")
	w.sends(t, failover.Secondary)
	w.is(t, w.atPrimary(0))
	if out.Done || out.Moved != 1 || !w.lastRun().Open() || w.lastRun().Trouble.IsZero() {
		t.Errorf("%+v", out)
	}
	w.up(w.host)
	if out = w.resume(t); !out.Done || out.Moved != 0 || out.Changes != 2 {
		t.Errorf("%+v", out)
	}
	w.switched(t)

	p = w.plan(t, failover.Failback)
	w.down(w.host)
	out, err = w.runner().Apply(t.Context(), p, run.Options{})
	isKind(t, err, failover.ErrUnreachable, "the test's host is down")
	w.sends(t, failover.Secondary)
	w.switched(t)
	if w.lastRun().Result != journal.Aborted || out.Moved != 0 {
		t.Errorf("%+v, %+v", w.lastRun(), out)
	}
	if got := out.Routes[0].Problem.String(); got != "mail from example.test goes on leaving as before until example.test MX is changed" {
		t.Errorf("the route's problem: %s", got)
	}
}

// Of several domains each route goes home with its own records.
func TestRouteGoesHomeWithItsRecords(t *testing.T) {
	w := newWorld(swapping, "one.test.", "two.test.").withRoutes()
	w.apply(t, w.plan(t, failover.Failover))
	r, two := w.runner(), w.host.Clone()
	w.down(two)
	r.HostOf = func(domain string) (dnshost.Host, error) {
		if domain == "two.test." {
			return two, nil
		}
		return w.host, nil
	}
	out, err := r.Apply(t.Context(), w.plan(t, failover.Failback), run.Options{})
	isKind(t, err, failover.ErrUnreachable, "the test's host is down")
	if one, other := w.routes.Route("one.test."), w.routes.Route("two.test."); one != failover.Primary || other != failover.Secondary || out.Moved != 1 {
		t.Errorf("one: %s, two: %s, %+v", one, other, out)
	}
	if out = w.resume(t); !out.Done || out.Moved != 1 {
		t.Errorf("%+v", out)
	}
	w.sends(t, failover.Primary)
}

// A route that cannot be moved does not keep incoming mail from being led away. Where
// nobody can say whether it was moved, the run stays open too, and moves it again.
func TestRouteThatCannotBeMoved(t *testing.T) {
	for what, c := range map[string]struct {
		torn  bool
		story string
	}{
		"surely": {false, "begin, intent r1, refused r1, intent 1"},
		"maybe":  {true, "begin, intent r1, intent 1"},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(swapping).withRoutes()
			w.routes.breaks(failover.Fail(failover.ErrDisk, "the test's folder is not ours"), c.torn)
			out, err := w.runner().Apply(t.Context(), w.plan(t, failover.Failover), run.Options{})
			isKind(t, err, failover.ErrDisk, "the test's folder is not ours")
			w.switched(t)
			if got := strings.Join(w.log.story(), ", "); !strings.HasPrefix(got, c.story) || !w.lastRun().Open() {
				t.Errorf("%s", got)
			}
			if out.Routes[0].Problem.String() != "the test's folder is not ours" || out.Routes[0].State.Made() {
				t.Errorf("%+v", out.Routes)
			}
			w.routes.breaks(nil, false)
			if out := w.resume(t); !out.Done || out.Moved != 1 || out.Changes != 0 {
				t.Errorf("%+v", out)
			}
			w.sends(t, failover.Secondary)
		})
	}
}

// A run of the route alone that moved nothing is over; one that may have is not.
func TestRouteAloneThatCannotBeMoved(t *testing.T) {
	for _, torn := range []bool{false, true} {
		w := newWorld(swapping).withRoutes()
		p, err := plan.Build(plan.Request{Kind: failover.SendRoute, To: failover.Secondary, ID: "away", Now: noon},
			[]plan.Observed{{Domain: w.domains[0], Route: failover.Primary}})
		if err != nil {
			t.Fatal(err)
		}
		w.routes.breaks(failover.Fail(failover.ErrDisk, "the test's folder is not ours"), torn)
		_, err = w.runner().Apply(t.Context(), p, run.Options{})
		isKind(t, err, failover.ErrDisk, "the test's folder is not ours")
		if w.lastRun().Open() != torn {
			t.Errorf("torn: %t, %v", torn, w.log.story())
		}
	}
}

// A run whose journal fails at any entry, as a kill would have it, is gone on with, and
// in the end all of it is done, once. So it is when it is taken back.
func TestRouteFromEveryEntry(t *testing.T) {
	for _, c := range []struct {
		kind  failover.Kind
		whole []string
	}{{failover.Failover, routedStory}, {failover.Failback, homeStory}} {
		for n := 2; n <= len(c.whole); n++ {
			for _, back := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, entry %d, back: %t", c.kind, n, back), func(t *testing.T) {
					w := newWorld(swapping).withRoutes()
					from, to := failover.Primary, failover.Secondary
					if c.kind == failover.Failback {
						w.apply(t, w.plan(t, failover.Failover))
						from, to = to, from
					}
					w.log.fullAt = len(w.log.Entries()) + n
					_, err := w.runner().Apply(t.Context(), w.plan(t, c.kind), run.Options{})
					isKind(t, err, failover.ErrDisk, "the test's disk is full")
					w.log.fullAt = 0
					if back {
						w.takeBack(t)
						w.sends(t, from)
						w.leads(t, from)
						return
					}
					if out := w.resume(t); !out.Done {
						t.Errorf("%+v", out)
					}
					w.sends(t, to)
					w.leads(t, to)
					again := w.apply(t, w.plan(t, c.kind))
					if again.Moved != 0 || again.Changes != 0 {
						t.Errorf("a second run: %+v", again)
					}
				})
			}
		}
	}
}

// takeBack closes the open run and takes it back, as the engine does.
func (w *world) takeBack(t *testing.T) {
	t.Helper()
	p, err := w.inverse()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.runner().Abandon("taken back"); err != nil {
		t.Fatal(err)
	}
	w.apply(t, p)
}

// leads fails unless incoming mail of every domain is led to a provider.
func (w *world) leads(t testing.TB, want failover.Role) {
	t.Helper()
	for _, d := range w.domains {
		if got := d.RouteOf(w.authority.Get(mxOf(d.Name))); got != failover.Route(want) {
			t.Errorf("mail for %s goes to the %s, not to the %s", d.Name, got, want)
		}
	}
}

func TestRollbackTakesTheRouteBackInTurn(t *testing.T) {
	w := newWorld(swapping).withRoutes()
	w.apply(t, w.plan(t, failover.Failover))
	p, err := w.inverse()
	if err != nil {
		t.Fatal(err)
	}
	before := len(w.log.Entries())
	w.apply(t, p)
	story := w.log.story()[before:]
	if got := story[len(story)-3:]; !slices.Equal(got, []string{"intent r1", "ack r1", "end done"}) {
		t.Errorf("the route did not go home last: %v", story)
	}
	w.sends(t, failover.Primary)
	w.is(t, w.atPrimary(0))
}

// Whoever was quicker is believed; what was moved and is not as it was left is moved
// again.
func TestRouteSomebodyElseMoved(t *testing.T) {
	w := newWorld(swapping).withRoutes()
	p := w.plan(t, failover.Failover)
	w.routes.be("example.test.", failover.Secondary)
	w.log.fullAt = 6 // after the first record's intent
	if _, err := w.runner().Apply(t.Context(), p, run.Options{}); !errors.Is(err, failover.ErrDisk) {
		t.Fatal(err)
	}
	sameStory(t, w.log.story(), "begin", "ack r1", "intent 1", "sent 1", "ack 1")
	if w.routes.count() != 0 {
		t.Errorf("%+v", w.routes.moves)
	}
	w.log.fullAt = 0
	w.routes.be("example.test.", failover.Primary)
	if out := w.resume(t); !out.Done || out.Moved != 1 {
		t.Errorf("%+v", out)
	}
	w.sends(t, failover.Secondary)
}

func TestRouteCalledOff(t *testing.T) {
	w := newWorld(swapping).withRoutes()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.runner().Apply(ctx, w.plan(t, failover.Failover), run.Options{})
	isKind(t, err, failover.ErrWaiting, "stopped before the end")
	w.sends(t, failover.Primary)
	if w.lastRun().Result != journal.Aborted {
		t.Errorf("%v", w.log.story())
	}
}

// A run that an older Lifeboat began, or that was planned where there are routes and is
// carried out where there are none.
func TestRoutesOfOtherTimesAndPlaces(t *testing.T) {
	w := newWorld(swapping)
	p := w.plan(t, failover.Failover)
	p.Version = 1
	if err := p.Seal(); err != nil {
		t.Fatal(err)
	}
	w.log.fullAt = 4
	if _, err := w.runner().Apply(t.Context(), p, run.Options{}); !errors.Is(err, failover.ErrDisk) {
		t.Fatal(err)
	}
	w.log.fullAt = 0
	if out := w.withRoutes().resume(t); !out.Done || out.Moved != 0 {
		t.Errorf("%+v", out)
	}
	w.switched(t)
	w.sends(t, failover.Primary)

	w.routes.be("example.test.", failover.Secondary)
	p = w.plan(t, failover.Failback)
	w.routes = nil
	before := len(w.log.Entries())
	_, err := w.runner().Apply(t.Context(), p, run.Options{})
	isKind(t, err, failover.ErrUnsupported, "there are no send routes here to move")
	if len(w.log.Entries()) != before {
		t.Errorf("%v", w.log.story()[before:])
	}
}
