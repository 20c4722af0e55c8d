package deliver

import (
	"container/heap"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// entry is a message of the queue as the schedule knows it: 100,000 of them are nothing
// much.
type entry struct {
	id    relay.ID
	lane  *lane
	job   *job          // while somebody works on it
	next  time.Duration // not before, by Options.Steady
	seen  time.Duration // when this run saw it first,
	age   time.Duration // and how old it was then
	wall  int64         // Item.Next as last read, to tell a change from an echo
	at    int32         // in its lane's heap; -1: in none
	to    uint16        // recipients it still has to reach
	doubt bool          // Uncertain
	last  bool          // warned
	role  failover.Role // that it was tried at last
}

// laneKey is whose mail it is, and how it was chosen where that goes.
type laneKey struct {
	sender string
	via    failover.Role // a person's choice; empty: the domain's route
}

// lane is what one sender has waiting for one provider, oldest first.
type lane struct {
	key    laneKey
	domain string
	role   failover.Role
	wait   waitHeap
	busy   map[*job]struct{}

	login     *login // nil: to be found
	found     time.Duration
	looking   bool
	trouble   trouble
	impatient bool // a person, or a switch of the route, wants it tried now
}

// login is one credential at one host; limits are its.
type login struct {
	name   string
	host   *host
	target Target
	cred   relay.Credential
	lanes  []*lane
	turn   int
	conns  int
	most   int // connections, as learned; 0: as the limits say
	idle   []*worker
	pace   pace
	hist   bool // its past was counted
	trouble
	good int
}

// host is one provider's server.
type host struct {
	key    string
	logins []*login
	turn   int
	conns  int
	most   int
	busy   int  // messages begun and not answered
	proved bool // a connection came about, and nothing has gone wrong since
	trouble
	soft     int  // messages put off one after the other
	starving bool // a login waits for a connection that others hold
}

// waitHeap has the waiting messages of a lane by the time of their turn.
type waitHeap []*entry

func (h waitHeap) Len() int { return len(h) }
func (h waitHeap) Less(i, j int) bool {
	if h[i].next != h[j].next {
		return h[i].next < h[j].next
	}
	return h[i].id < h[j].id
}

func (h waitHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = int32(i), int32(j) //nolint:gosec // a queue of 2^31 messages has other troubles
}

// Push is heap.Interface's.
func (h *waitHeap) Push(x any) {
	if e, ok := x.(*entry); ok {
		e.at = int32(len(*h)) //nolint:gosec // as above
		*h = append(*h, e)
	}
}

// Pop is heap.Interface's.
func (h *waitHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.at = -1
	return e
}

func (l *lane) due(now time.Duration) bool {
	return len(l.wait) > 0 && l.wait[0].next <= now && !l.trouble.bars(now)
}

func (l *lane) put(e *entry, next time.Duration) {
	e.lane, e.next = l, next
	if e.at >= 0 {
		heap.Fix(&l.wait, int(e.at))
		return
	}
	heap.Push(&l.wait, e)
}

// hurry makes all that waits in the lane due.
func (l *lane) hurry(now time.Duration) {
	for _, e := range l.wait {
		e.next = min(e.next, now)
	}
	heap.Init(&l.wait)
}

// follow leads what waits in the lane through another provider, at once, and takes back
// what is being sent through the old one where that is still possible.
func (l *lane) follow(role failover.Role, now time.Duration) {
	if role == l.role {
		return
	}
	l.role = role
	l.detach()
	l.trouble.clear()
	l.impatient = true
	l.hurry(now)
	for j := range l.busy {
		j.stop()
	}
}

// take removes an entry from its lane's heap.
func (e *entry) take() {
	if e.at >= 0 {
		heap.Remove(&e.lane.wait, int(e.at))
	}
}

// waiting counts what a login has to send now, about.
func (g *login) waiting(now time.Duration) int {
	n := 0
	for _, l := range g.lanes {
		if l.due(now) {
			n += len(l.wait)
		}
	}
	return n
}

// laneOf returns the lane that a message belongs in, new if need be, and leading where
// mail goes now. d.mu is held.
func (d *Deliverer) laneOf(i relay.Item, now time.Duration) *lane {
	key := laneKey{strings.ToLower(i.Envelope.Sender()), i.Via}
	role := relay.RoleOf(d.o.Routes, i)
	l := d.lanes[key]
	if l == nil {
		l = &lane{key: key, domain: i.Domain(), role: role, busy: map[*job]struct{}{}}
		d.lanes[key] = l
	}
	l.follow(role, now)
	return l
}

// attach gives a lane its login. d.mu is held.
func (d *Deliverer) attach(l *lane, t Target, cred relay.Credential) *login {
	key := address(t) + " " + string(t.Endpoint.Security)
	h := d.hosts[key]
	if h == nil {
		h = &host{key: key}
		d.hosts[key] = h
	}
	var g *login
	for _, known := range h.logins {
		if known.name == cred.Login {
			g = known
		}
	}
	if g == nil {
		g = &login{name: cred.Login, host: h, pace: pace{minute: d.minute, day: d.day}}
		h.logins = append(h.logins, g)
	}
	g.target, g.cred = t, cred
	g.pace.limits = t.Limits
	if l.login != g {
		l.detach()
		l.login = g
		g.lanes = append(g.lanes, l)
	}
	return g
}

// detach takes a lane from its login.
func (l *lane) detach() {
	if l.login == nil {
		return
	}
	g := l.login
	l.login = nil
	for i, other := range g.lanes {
		if other == l {
			g.lanes = append(g.lanes[:i], g.lanes[i+1:]...)
			break
		}
	}
}

// connections returns how many connections a host, and one login of it, may have.
func (g *login) connections() (all, one int) {
	all, one = g.target.Limits.Connections, g.target.Limits.PerLogin
	if all <= 0 {
		all = usualConnections
	}
	if one <= 0 || one > all {
		one = all
	}
	if g.host.most > 0 {
		all = min(all, g.host.most)
	}
	if g.most > 0 {
		one = min(one, g.most)
	}
	return all, one
}

// usualConnections is how many connections a provider gets that says nothing about it:
// as many as Postfix would make.
const usualConnections = 20

// sick reports that the host takes connections, and puts off whatever comes over them.
func (h *host) sick() bool { return h.soft >= softMany }
