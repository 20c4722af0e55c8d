package failovertest

import (
	"context"
	"slices"
	"sync"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

// Host is a DNS host over an [Authority]. It keeps the contract of package
// dnshost, as far as its capabilities go, and fails when told to.
type Host struct {
	authority *Authority
	caps      dnshost.Capabilities

	// Person, for an interactive host, is the person at the console: it may do
	// anything to the authority, and returns once it has had enough. Without one,
	// nobody does anything.
	Person func(ctx context.Context, c dnshost.Change)
	// Window, for a host without CompareAndSwap, is what somebody else does between
	// the reading and the writing of a change.
	Window func()

	mu      sync.Mutex
	script  map[Op][]Fault
	always  map[Op]Fault
	calls   map[Op]int
	changes int
	late    []dnshost.Change
}

var _ dnshost.Host = (*Host)(nil)

// NewHost returns a host for the zones of an authority. Several hosts may share
// one, as several admins do.
func NewHost(a *Authority, caps dnshost.Capabilities) *Host {
	return &Host{authority: a, caps: caps, script: map[Op][]Fault{}, always: map[Op]Fault{}, calls: map[Op]int{}}
}

// Script says how the next calls of a method go, one fault a call. Calls after
// that go well, or as [Host.Always] says.
func (h *Host) Script(op Op, faults ...Fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.script[op] = append(h.script[op], faults...)
}

// Always says how all calls of a method go that no script speaks of; the zero
// Fault makes them go well again.
func (h *Host) Always(f Fault, ops ...Op) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, op := range ops {
		h.always[op] = f
	}
}

// Calls counts the calls of a method.
func (h *Host) Calls(op Op) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls[op]
}

// Changes counts the changes of record sets that this host made, locks aside.
func (h *Host) Changes() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.changes
}

// Arrive lets the late requests arrive, in order, and returns how many of them
// changed something.
func (h *Host) Arrive() int {
	h.mu.Lock()
	late := h.late
	h.late = nil
	h.mu.Unlock()
	before := h.Changes()
	for _, c := range late {
		_ = h.write(c) // nobody is there to hear of it
	}
	return h.Changes() - before
}

// begin counts a call and returns how it goes.
func (h *Host) begin(op Op) Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls[op]++
	if s := h.script[op]; len(s) > 0 {
		h.script[op] = s[1:]
		return s[0]
	}
	return h.always[op]
}

// call does the work of a method as far as the script lets it.
func (h *Host) call(ctx context.Context, op Op, work func() error) error {
	f := h.begin(op)
	if f.First != nil {
		f.First()
	}
	switch {
	case f.Hang:
		<-ctx.Done()
		f.Err = lostTrack(ctx, op)
	case ctx.Err() != nil:
		return calledOff(ctx)
	}
	if f.Err != nil && !f.Done {
		return f.Err
	}
	if err := work(); err != nil {
		return err
	}
	return f.Err
}

func calledOff(ctx context.Context) error {
	return broken(failover.ErrUnreachable, "the fake host was not asked").Because(ctx.Err())
}

// lostTrack is the error of a call that was given up: of one that asks, nothing
// was changed; of one that changes, nobody knows.
func lostTrack(ctx context.Context, op Op) error {
	if op == Apply || op == Lock || op == Unlock {
		return broken(failover.ErrUncertain, "the fake host was given up on").Because(ctx.Err())
	}
	return broken(failover.ErrUnreachable, "the fake host was given up on").Because(ctx.Err())
}

// Capabilities are those that NewHost was given.
func (h *Host) Capabilities() dnshost.Capabilities { return h.caps }

// Zone implements dnshost.Host.
func (h *Host) Zone(ctx context.Context, name string) (zone string, err error) {
	err = h.call(ctx, Zone, func() error {
		z, ok := h.authority.zone(failover.FQDN(name))
		if !ok {
			return broken(failover.ErrZone, "the fake host has no such zone")
		}
		zone = z
		return nil
	})
	return zone, err
}

// Read implements dnshost.Host.
func (h *Host) Read(ctx context.Context, zone string, keys []failover.Key) (sets []failover.RRset, err error) {
	err = h.call(ctx, Read, func() error {
		if err := h.mine(zone, keys...); err != nil {
			return err
		}
		for _, k := range keys {
			sets = append(sets, h.authority.Get(k))
		}
		return nil
	})
	return sets, err
}

func (h *Host) mine(zone string, keys ...failover.Key) error {
	if !slices.Contains(h.authority.zones, failover.FQDN(zone)) {
		return broken(failover.ErrZone, "the fake host has no such zone")
	}
	return dnshost.CheckKeys(zone, keys)
}

// Apply implements dnshost.Host.
func (h *Host) Apply(ctx context.Context, c dnshost.Change) error {
	if err := c.Check(); err != nil {
		return err
	}
	if h.caps.Interactive {
		return h.call(ctx, Apply, func() error { return h.guide(ctx, c) })
	}
	h.mu.Lock()
	if s := h.script[Apply]; len(s) > 0 && s[0].Late {
		h.late = append(h.late, c)
	}
	h.mu.Unlock()
	return h.call(ctx, Apply, func() error { return h.write(c) })
}

// write makes a change, on the conditions that the host can hold it to.
func (h *Host) write(c dnshost.Change) error {
	if err := h.mine(c.Zone, c.After.Key); err != nil {
		return err
	}
	a := h.authority
	a.mu.Lock()
	defer a.mu.Unlock()
	if h.caps.LockRecord {
		if err := c.CheckLock(a.lock(c.Zone)); err != nil {
			return err
		}
	}
	switch live := a.get(c.After.Key); {
	case live.Equal(c.After):
		return nil
	case !live.Equal(c.Before):
		return dnshost.Stale(c.Before, live)
	}
	if !h.caps.CompareAndSwap && h.Window != nil {
		a.mu.Unlock()
		h.Window()
		a.mu.Lock()
	}
	a.put(c.After)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes++
	return nil
}

// guide has the person make the change.
func (h *Host) guide(ctx context.Context, c dnshost.Change) error {
	if err := h.mine(c.Zone, c.After.Key); err != nil {
		return err
	}
	done := func(live failover.RRset) bool {
		return live.SameValues(c.After) && (h.caps.OwnTTL || live.Equal(c.After))
	}
	live := h.authority.Get(c.After.Key)
	switch {
	case done(live):
		return nil
	case !c.Resumed && !live.Equal(c.Before):
		return dnshost.Stale(c.Before, live)
	}
	if c.Tell != nil {
		say := failover.Sentence{Template: "do it at the fake console"}
		c.Tell(dnshost.Progress{Say: say, Guide: &dnshost.Guide{Console: "fake", Steps: []failover.Sentence{say}}})
	}
	if h.Person != nil {
		h.Person(ctx, c)
	}
	if !done(h.authority.Get(c.After.Key)) {
		return broken(failover.ErrWaiting, "the fake console's person has not done it yet").Because(ctx.Err())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes++
	return nil
}

// Clone returns a host with the same capabilities over the same authority, which
// no script disturbs. Requests that are late at this one may still arrive at the
// other.
func (h *Host) Clone() *Host {
	c := NewHost(h.authority, h.caps)
	h.mu.Lock()
	defer h.mu.Unlock()
	c.late, h.late = h.late, nil
	return c
}
