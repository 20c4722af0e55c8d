package engine_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"lifeboat/app/engine"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnshost/manual"
	"lifeboat/failover/journal"
	"lifeboat/failover/run"
)

// person is somebody at the domain's web console, who does one thing whenever
// Lifeboat waits: enters a new record, or deletes an old one. The servers of the zone
// have it at once, unless they lag.
type person struct {
	o   *office
	ttl uint32 // what the console gives records; 0 is what the plan says

	mu     sync.Mutex
	change dnshost.Change
	acts   int
	guides int
	stopAt int // acts after which the person presses Ctrl-C; 0 is never
	cancel context.CancelFunc
	// idle is called when there is nothing left to type.
	idle func()
}

// console is a DNS host at which the person sits.
type console struct {
	dnshost.Host
	p *person
}

func (c console) Apply(ctx context.Context, ch dnshost.Change) error {
	c.p.mu.Lock()
	c.p.change = ch
	c.p.mu.Unlock()
	return c.Host.Apply(ctx, ch)
}

// wait is what passes between two looks.
func (p *person) wait(ctx context.Context, _ time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case p.change.After.Exists() && p.act():
		if p.acts++; p.acts == p.stopAt {
			p.cancel()
		}
	case p.idle != nil:
		p.idle()
	}
	return ctx.Err()
}

// act makes the next change at the console; it reports whether there was one.
func (p *person) act() bool {
	want := p.change.After
	live := p.o.world.Truth(want.Name, want.Type)
	live.TTL = want.TTL
	if p.ttl > 0 {
		live.TTL = p.ttl
	}
	next := func(values []string) bool {
		set := failover.NewRRset(want.Name, want.Type, live.TTL, values...)
		if err := p.o.world.Put(set); err != nil {
			p.o.t.Error(err)
		}
		return true
	}
	for _, v := range want.Values {
		if !slices.Contains(live.Values, v) {
			return next(append(slices.Clone(live.Values), v))
		}
	}
	for _, v := range live.Values {
		if !slices.Contains(want.Values, v) {
			return next(slices.DeleteFunc(slices.Clone(live.Values), func(o string) bool { return o == v }))
		}
	}
	return false
}

func (p *person) tell(e run.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Guide != nil {
		p.guides++
	}
}

// byHand is an office whose domain is edited by a person.
func byHand(t *testing.T, consoleName string) (*office, *person) {
	t.Helper()
	o := newOffice(t)
	p := &person{o: o}
	o.parts.Settings = o.settings("      host: rfc2136\n      parameters:\n        server: 198.51.100.11:53\n        key_name: lifeboat.\n        secret: secret:practice\n",
		"      host: manual\n      parameters:\n        console: "+consoleName+"\n")
	o.parts.MakeHost = func(context.Context, configs.Domain) (dnshost.Host, error) {
		h, err := manual.New(manual.Options{Console: consoleName, Reader: o.parts.Reader, Zone: "example.test", Wait: p.wait})
		return console{h, p}, err
	}
	o.Engine = engine.New(o.parts)
	return o, p
}

// switchUntil begins a failover at which the person stops after some acts.
func (p *person) switchUntil(acts int) {
	o := p.o
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	defer cancel()
	p.stopAt, p.acts, p.cancel = acts, 0, cancel
	_, err := o.Switch(ctx, engine.SwitchRequest{PlanRequest: engine.PlanRequest{Kind: failover.Failover}, Tell: p.tell})
	oneSentence(o.t, err, failover.ErrWaiting, "same command again")
	if _, open := journal.Unfinished(o.entries()); !open {
		o.t.Fatalf("the run is not open: %s", o.events())
	}
	p.stopAt = 0
}

func (p *person) tells(r *engine.SwitchRequest) { r.Tell = p.tell }

func TestByHand(t *testing.T) {
	t.Parallel()
	o, p := byHand(t, "generic")
	others := o.others()
	o.done(o.failover(p.tells))
	o.is(failover.RouteSecondary)
	if p.acts != 4 || p.guides == 0 {
		t.Errorf("%d acts, %d guides", p.acts, p.guides)
	}
	if again := o.done(o.failover()); again.Changes != 0 || p.acts != 4 {
		t.Errorf("a second failover did something: %+v", again)
	}
	o.done(o.failback())
	o.is(failover.RoutePrimary)
	if _, err := o.rollback(); err != nil {
		t.Error(err)
	}
	o.is(failover.RouteSecondary)
	if !slices.Equal(others, o.others()) {
		t.Errorf("other records were changed:\n%v\n%v", others, o.others())
	}
}

// Whatever is typed when the program ends, the same command goes on from there, also
// while a server has not heard of it yet.
func TestByHandInterrupted(t *testing.T) {
	t.Parallel()
	for stop := 1; stop <= 3; stop++ {
		for _, lag := range []bool{false, true} {
			o, p := byHand(t, "generic")
			p.switchUntil(stop)
			if lag {
				p.fallBehind()
			}
			out := o.done(o.failover(p.tells))
			o.is(failover.RouteSecondary)
			if !out.Resumed || p.acts != 4 || len(journal.Operations(o.entries())) != 1 {
				t.Errorf("stopped at %d, lag %v: %d acts, %+v", stop, lag, p.acts, out)
			}
		}
	}
}

// fallBehind makes a server keep what it has, until the person has done everything.
func (p *person) fallBehind() {
	server := p.o.world.Nameservers()[2]
	if err := p.o.world.SetLag(server, time.Hour); err != nil {
		p.o.t.Fatal(err)
	}
	// An act that this server does not know.
	p.act()
	p.acts++
	p.idle = func() { _ = p.o.world.SetLag(server, 0) }
}

// Half-way is taken back as well, whatever is typed and whoever has heard of it.
func TestByHandTakenBackHalfWay(t *testing.T) {
	t.Parallel()
	for stop := 1; stop <= 3; stop++ {
		for _, how := range []string{"", "lag", "abandoned"} {
			o, p := byHand(t, "generic")
			before := o.mail()
			p.switchUntil(stop)
			switch how {
			case "lag":
				p.fallBehind()
			case "abandoned": // as a kill between the two runs leaves it
				if _, err := o.rollback(func(r *engine.RollbackRequest) { r.Abandon = "taken back" }); err != nil {
					t.Fatal(err)
				}
			}
			out := o.done(o.rollback(func(r *engine.RollbackRequest) { r.Tell = p.tell }))
			if o.mail() != before || len(out.Plan.Steps) != 1 {
				t.Errorf("stopped at %d, %s: %v\n%+v", stop, how, o.mail(), out)
			}
		}
	}
}

// A console that gives records a TTL of its own is not held to the plan's.
func TestByHandWithTTLsOfTheConsole(t *testing.T) {
	t.Parallel()
	name := consoleWithOwnTTL(t)
	o, p := byHand(t, name)
	p.ttl = 3600
	saved := o.saved()
	out := o.done(o.failover(with(saved), p.tells))
	o.is(failover.RouteSecondary)
	if !out.Plan.Steps[0].OwnTTL || out.Steps[0].State != failover.Verified {
		t.Errorf("%+v", out)
	}
	for _, what := range []string{"as the run left it", "as the console holds it"} {
		v, err := o.Verify(t.Context(), nil)
		if err != nil || !v[0].Good() || v[0].Right != 3 {
			t.Errorf("%s: %+v, %v", what, v, err)
		}
		// Without a journal nobody knows of the run.
		o.parts.DataDir = t.TempDir()
		o.Engine = engine.New(o.parts)
	}
	if again := o.done(o.failover()); again.Changes != 0 {
		t.Errorf("a second failover did something: %+v", again)
	}
}

func consoleWithOwnTTL(t *testing.T) string {
	t.Helper()
	for _, name := range manual.Consoles() {
		h, err := manual.New(manual.Options{Console: name})
		if err != nil {
			t.Fatal(err)
		}
		if h.Capabilities().OwnTTL {
			return name
		}
	}
	t.Fatal("no console has TTLs of its own")
	return ""
}

// Servers that disagree about records that no run of ours concerns are shown, and not
// waited for.
func TestVerifyByHandWhileServersDisagree(t *testing.T) {
	t.Parallel()
	o, p := byHand(t, "generic")
	p.change.After = failover.MXSet(mx.Name, 300, o.world.Domain().Secondary.MX)
	p.fallBehind()
	p.change, p.idle = dnshost.Change{}, nil // and then goes home
	v, err := o.Verify(t.Context(), nil)
	if err != nil || v[0].Good() || v[0].Right != 2 || len(v[0].Wrong) != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	before := o.zone()
	_, err = o.failover(func(r *engine.SwitchRequest) { r.Confirm = yes })
	o.refused(before, err, failover.ErrUncertain, "disagree")
}
