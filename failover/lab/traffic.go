package lab

import (
	"context"
	"sync"
	"time"

	"lifeboat/failover"
)

// traffic is what makes people write: those outside in turn, and the staff, who
// write half as much as all of them together.
type traffic struct {
	world *World
	turn  chan struct{} // the interval has changed

	mu        sync.Mutex
	interval  time.Duration
	written   int
	announced bool
}

// maxWaiting is when nobody writes any more until something has arrived.
const maxWaiting = 20000

// SetInterval changes the time between two messages from outside; 0 or less stops
// all writing, that of the staff too. What waits goes on being tried.
func (w *World) SetInterval(d time.Duration) {
	w.traffic.mu.Lock()
	w.traffic.interval = d
	w.traffic.mu.Unlock()
	poke(w.traffic.turn)
}

// Send has somebody outside write one message to an address of the domain or of
// its emergency subdomain, and returns its number in the Ledger. Other addresses are
// failover.ErrInvalid.
func (w *World) Send(address string) (int, error) {
	w.traffic.mu.Lock()
	group := w.groups[w.traffic.written%len(w.groups)]
	w.traffic.written++
	w.traffic.mu.Unlock()
	return w.sendFrom(group, address)
}

// SendFrom is Send by a certain group: Customers, Suppliers or Partners.
func (w *World) SendFrom(g Group, address string) (int, error) {
	for _, o := range w.groups {
		if o.group == g {
			return w.sendFrom(o, address)
		}
	}
	return 0, failover.Fail(failover.ErrInvalid, `"{group}" is no group outside the practice domain; give customers, suppliers or partners`, "group", g)
}

func (w *World) sendFrom(o *outsider, address string) (int, error) {
	local, domain := splitAddress(address)
	if local == "" || domain != w.opt.Domain && domain != w.emergency() {
		return 0, failover.Fail(failover.ErrInvalid, "{address} is no address of {domain}; give recipients of the practice domain only",
			"address", address, "domain", failover.Display(w.opt.Domain))
	}
	return o.write(address), nil
}

// Flush has everybody try all that waits now, as an admin at a mail server could
// (postqueue -f).
func (w *World) Flush() {
	for _, o := range w.groups {
		o.flush()
	}
	for _, p := range w.provider {
		p.outgoing.flush()
	}
	w.staff.flush()
}

// Announce tells those outside to write to the addresses of the emergency
// subdomain. What they have written already stays where it is.
func (w *World) Announce() { w.traffic.announce(true) }

// Recall tells those outside that the usual addresses are good again.
func (w *World) Recall() { w.traffic.announce(false) }

func (t *traffic) announce(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.announced = on
}

// run writes a message each interval, until ctx ends.
func (t *traffic) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		t.mu.Lock()
		interval := t.interval
		t.mu.Unlock()
		if interval <= 0 {
			interval = time.Hour
		}
		timer.Reset(t.world.clock.real(interval))
		select {
		case <-ctx.Done():
			return
		case <-t.turn:
			continue
		case <-timer.C:
		}
		t.write()
	}
}

// write is one turn: somebody outside writes, and each second time one of the
// staff.
func (t *traffic) write() {
	w := t.world
	if w.ledger.sums().Waiting >= maxWaiting {
		return
	}
	t.mu.Lock()
	n, on, announced := t.written, t.interval > 0, t.announced
	if on {
		t.written++
	}
	t.mu.Unlock()
	if !on {
		return
	}
	// Each group writes to each address in the course of time.
	all := w.opt.Recipients
	to := all[n%len(all)].Address
	if busy := w.opt.Busy; len(busy) > 0 {
		to = busy[n%len(busy)]
	}
	if announced {
		local, _ := splitAddress(to)
		to = local + "@" + hostOf(w.emergency())
	}
	w.groups[(n+n/len(all))%len(w.groups)].write(to)
	if n%2 == 1 {
		w.staff.write(n / 2)
	}
}
