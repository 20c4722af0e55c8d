package deliver

import (
	"context"
	"errors"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Deliverer sends on what is in a queue. Make one with [New].
type Deliverer struct {
	o           Options
	minute, day time.Duration
	poke, wake  chan struct{}

	mu    sync.Mutex
	book  map[relay.ID]*entry
	lanes map[laneKey]*lane
	hosts map[string]*host
	// doubts are the Uncertain messages.
	doubts map[relay.ID]*entry

	mark     uint64 // of the feed
	loaded   bool   // the queue has been gone over once
	scanned  time.Duration
	scanCost time.Duration
	swept    time.Duration
	sampled  time.Time
	wanted   bool // a sample
	tidied   time.Duration
	active   time.Duration // when somebody last had work
	diskWoes time.Duration // nothing is begun before, since the queue could not be written

	work sync.WaitGroup
	past past
	// sampling is held by the one who samples or tidies.
	sampling sync.Mutex
}

// New returns a deliverer; nothing runs before Run.
func New(o Options) *Deliverer {
	return &Deliverer{
		o: o.withDefaults(), minute: minuteSpan, day: daySpan,
		poke: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		book: map[relay.ID]*entry{}, lanes: map[laneKey]*lane{}, hosts: map[string]*host{}, doubts: map[relay.ID]*entry{},
		tidied: -time.Hour, swept: -time.Hour,
	}
}

// Poke makes a running deliverer look at the queue, the routes and the clock at once.
func (d *Deliverer) Poke() {
	select {
	case d.poke <- struct{}{}:
	default:
	}
}

// Run delivers until the context ends. What is being handed over then may end, for a
// few seconds; the rest stays in the queue.
func (d *Deliverer) Run(ctx context.Context) error {
	if d.o.Queue == nil || d.o.Routes == nil || d.o.Credentials == nil || d.o.Target == nil || d.o.Dialer == nil {
		return failover.Fail(failover.ErrInvalid, "{error}", "error", "deliver: Queue, Routes, Credentials, Target and Dialer are needed")
	}
	changed, routes := d.o.Queue.Changed(), d.o.Routes.Changed()
	timer := time.NewTimer(0)
	defer timer.Stop()
	full := true
	for ctx.Err() == nil {
		late := d.follow(ctx, full)
		full = false
		wait := d.step(ctx)
		if late > 0 {
			wait = min(wait, late)
		}
		timer.Reset(wait)
		if !d.pause(ctx) { // changes come in crowds
			break
		}
		queue := changed
		if late > 0 {
			queue = nil // it is known already
		}
		select {
		case <-ctx.Done():
		case <-queue:
			changed = d.o.Queue.Changed()
		case <-routes:
			routes = d.o.Routes.Changed()
			d.reroute()
			d.sample(ctx, true)
		case <-d.poke:
			full = true
		case <-d.wake:
		case <-timer.C:
		}
	}
	d.farewell()
	d.work.Wait()
	return nil
}

// breath is the least time between two looks at the schedule.
const breath = 2 * time.Millisecond

func (d *Deliverer) pause(ctx context.Context) bool {
	t := time.NewTimer(breath)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// follow brings the book up to date with the queue. Where it would have to go over the
// whole queue too often it does not, and returns when it may.
func (d *Deliverer) follow(ctx context.Context, full bool) (later time.Duration) {
	if feed, ok := d.o.Queue.(relay.Feed); ok {
		ids, now, complete := feed.Latest(d.mark)
		d.mark = now
		if complete {
			for _, id := range ids {
				d.look(ctx, id)
			}
			return 0
		}
	} else if since := d.o.Steady() - d.scanned; !full && since >= 0 && since < 9*d.scanCost {
		return 9*d.scanCost - since
	}
	began := d.o.Steady()
	there := make(map[relay.ID]struct{})
	for item := range d.o.Queue.Items() {
		there[item.ID] = struct{}{}
		d.take(ctx, item)
	}
	d.mu.Lock()
	for id, e := range d.book {
		if _, ok := there[id]; !ok && e.job == nil {
			d.forget(e)
		}
	}
	d.loaded = true
	d.mu.Unlock()
	d.scanned = d.o.Steady()
	d.scanCost = min(d.scanned-began, time.Second)
	return 0
}

// look reads one message anew.
func (d *Deliverer) look(ctx context.Context, id relay.ID) {
	if item, ok := d.o.Queue.Get(id); ok {
		d.take(ctx, item)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if e := d.book[id]; e != nil {
		if e.job != nil {
			e.job.stop()
			return
		}
		d.forget(e)
	}
}

// take notes a message as it is in the queue.
func (d *Deliverer) take(ctx context.Context, i relay.Item) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.book[i.ID]
	if e != nil && e.job != nil {
		if e.job.lane == nil {
			return
		}
		if i.State == relay.Held || i.State == relay.Ended || i.Via != e.job.lane.key.via {
			e.job.stop()
		}
		return
	}
	if i.State == relay.Waiting && i.Handed != "" {
		d.inBackground(ctx, i.ID, func(ctx context.Context) { d.found(ctx, i.ID) })
		return
	}
	d.note(i)
}

// note enters a message that nobody works on, or strikes it out. d.mu is held.
func (d *Deliverer) note(i relay.Item) {
	e := d.book[i.ID]
	if i.State == relay.Held || i.State == relay.Ended {
		if e != nil {
			d.forget(e)
		}
		return
	}
	now, wall := d.o.Steady(), d.o.Now()
	if e == nil {
		e = &entry{id: i.ID, at: -1, seen: now, wall: -1}
		d.book[i.ID] = e
	}
	fresh := e.wall == -1
	if fresh {
		e.age = max(0, wall.Sub(i.Arrived))
	}
	doubt := i.State == relay.Uncertain
	l := d.laneOf(i, now)
	same := !fresh && e.lane == l && e.doubt == doubt && e.wall == stamp(i.Next) && (doubt || e.at >= 0)
	e.last = i.Warned
	e.to = pendingOf(i)
	if same {
		return
	}
	e.take()
	// A person wants it tried: new mail has no Next, and what is put off one ahead.
	wanted := d.loaded && e.wall != stamp(i.Next) && !i.Next.IsZero() && !i.Next.After(wall)
	e.wall, e.lane, e.doubt = stamp(i.Next), l, doubt
	delete(d.doubts, i.ID)
	if doubt {
		e.next = now + d.o.Doubt.Wait // also where a damaged queue has made it so, without a time
		if !i.Next.IsZero() {
			e.next = now + d.ahead(i.Next, wall, d.o.Doubt.Wait)
		}
		d.doubts[i.ID] = e
		return
	}
	next := now
	if d.loaded { // else: a start is a reason to try everything once
		next += d.ahead(i.Next, wall, d.o.Retry.Most)
	}
	l.impatient = l.impatient || wanted
	l.put(e, next)
}

// ahead returns how far a written time is ahead, and no more than it can be: the clock
// may have stepped since.
func (d *Deliverer) ahead(at, wall time.Time, most time.Duration) time.Duration {
	if at.IsZero() {
		return 0
	}
	return min(max(at.Sub(wall), 0), most+most/10)
}

func stamp(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func pendingOf(i relay.Item) uint16 {
	n := 0
	for _, r := range i.To {
		if r.Fate == relay.Pending {
			n++
		}
	}
	return uint16(min(n, 65535))
}

// forget strikes a message out. d.mu is held.
func (d *Deliverer) forget(e *entry) {
	e.take()
	delete(d.book, e.id)
	delete(d.doubts, e.id)
}

// reroute lets all that waits follow its domain's route, at once.
func (d *Deliverer) reroute() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Steady()
	for _, l := range d.lanes {
		if l.key.via == "" {
			l.follow(d.o.Routes.Route(l.domain), now)
		}
	}
}

// inBackground does something to one message that nobody else works on; meanwhile
// nobody does. d.mu is held.
func (d *Deliverer) inBackground(ctx context.Context, id relay.ID, do func(context.Context)) {
	e := d.book[id]
	if e == nil {
		e = &entry{id: id, at: -1, seen: d.o.Steady(), wall: -1}
		d.book[id] = e
	}
	if e.job != nil {
		return
	}
	e.take()
	delete(d.doubts, id)
	e.job = &job{e: e, cancel: func() {}, final: true}
	d.work.Go(func() {
		do(ctx)
		d.release(e, nil)
		d.nudge() // the change was seen before, while somebody worked on it
	})
}

// release ends the work on a message; it is read anew where it is not given.
func (d *Deliverer) release(e *entry, item *relay.Item) {
	if item == nil {
		if i, ok := d.o.Queue.Get(e.id); ok {
			item = &i
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	j := e.job
	if j != nil && j.lane != nil {
		delete(j.lane.busy, j)
	}
	e.job = nil
	d.active = d.o.Steady()
	if item == nil {
		d.forget(e)
		return
	}
	d.note(*item)
	if j != nil && j.lane != nil && j.lane.role != j.role && !e.doubt && e.at >= 0 {
		e.lane.put(e, d.active) // the route has changed, and the pause was for the old one
	}
}

// patiently does something that needs the queue's disk, until it succeeds or the
// deliverer has to end.
func (d *Deliverer) patiently(ctx context.Context, what string, do func(context.Context) error) error {
	safe := context.WithoutCancel(ctx)
	for wait := 500 * time.Millisecond; ; wait = min(2*wait, 30*time.Second) {
		err := do(safe)
		if err == nil || errors.Is(err, failover.ErrInvalid) || errors.Is(err, errChanged) {
			return err
		}
		d.o.Log.Error("the queue cannot be written", "doing", what, "error", err)
		d.mu.Lock()
		d.diskWoes = d.o.Steady() + wait
		d.mu.Unlock()
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return err
		case <-t.C:
		}
	}
}

// errHanded stops a delivery of which the queue says that it was handed over before,
// since what came of that could not be written.
var errHanded = errors.New("the message may have been handed over")

// errChanged stops a delivery whose message was held, rerouted or removed meanwhile.
var errChanged = errors.New("the message is not to be sent now")
