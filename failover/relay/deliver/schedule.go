package deliver

import (
	"container/heap"
	"context"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// How long nothing is looked at without a reason, and how long what was found out about
// a sender's credential and target is believed.
const (
	mostIdle  = 30 * time.Second
	believed  = time.Minute
	quantum   = 5 // messages that a connection sends while others wait for it
	softMany  = 10
	restAfter = 10 * time.Second
	// An idle queue is tidied soon, a busy one now and then, since it may stay busy for
	// days; one whose disk may be full, at once.
	tidyAtRest = time.Minute
	tidyEvery  = 10 * time.Minute
)

// job is one message in the hands of one worker.
type job struct {
	e      *entry
	lane   *lane
	login  *login
	target Target
	cred   relay.Credential
	role   failover.Role
	asked  int // recipients counted by the pace
	cancel context.CancelFunc
	gone   bool // its message is not to be sent now
	final  bool // too late for that: the end of the data is being sent
	begun  bool
	item   relay.Item
	again  bool // the refused credential was renewed, the stale connection replaced
	ended  bool // the pace knows
}

// stop takes a message back whose data has not been ended. d.mu is held.
func (j *job) stop() {
	if !j.final && !j.gone {
		j.gone = true
		j.cancel()
	}
}

// step does what is due and returns when to look again.
func (d *Deliverer) step(ctx context.Context) time.Duration {
	d.sample(ctx, false)
	d.sweep(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Steady()
	next := now + mostIdle
	soon := func(at time.Duration) { next = min(next, max(at, now)) }
	for id, e := range d.doubts {
		if e.next > now {
			soon(e.next)
		} else if d.o.Doubt.Resend && d.diskWoes <= now {
			d.inBackground(ctx, id, func(ctx context.Context) { d.resend(ctx, id) })
		}
	}
	if d.diskWoes > now {
		soon(d.diskWoes)
		return next - now
	}
	for key, l := range d.lanes {
		if len(l.wait) == 0 && len(l.busy) == 0 && !l.looking {
			l.detach()
			delete(d.lanes, key)
			continue
		}
		d.lookUp(ctx, l, now, soon)
	}
	for key, h := range d.hosts {
		d.fill(ctx, h, now, soon)
		d.prune(key, h, now)
	}
	return next - now
}

// lookUp finds out where a lane leads, in the background. d.mu is held.
func (d *Deliverer) lookUp(ctx context.Context, l *lane, now time.Duration, soon func(time.Duration)) {
	if len(l.wait) == 0 || l.looking {
		return
	}
	if l.impatient {
		l.trouble.until = now
	}
	if l.trouble.bars(now) {
		soon(l.trouble.until)
		return
	}
	if l.wait[0].next > now {
		soon(l.wait[0].next)
		return
	}
	if l.login != nil && now-l.found < believed {
		if l.impatient { // what was wrong with these may be mended
			l.impatient = false
			l.login.until, l.login.host.until = now, now
		}
		return
	}
	l.looking = true
	role, domain, sender := l.role, l.domain, l.key.sender
	d.work.Go(func() { d.find(ctx, l, domain, role, sender) })
}

func (d *Deliverer) find(ctx context.Context, l *lane, domain string, role failover.Role, sender string) {
	target, err := d.o.Target(domain, role)
	var cred relay.Credential
	if err == nil {
		cred, err = d.o.Credentials.Credential(ctx, role, sender)
	}
	var before usage
	if err == nil && (target.Limits.MessagesPerMinute > 0 || target.Limits.RecipientsPerDay > 0) {
		before = d.past.of(ctx, d, role, cred.Login)
	}
	d.mu.Lock()
	l.looking = false
	defer d.nudge()
	defer d.mu.Unlock()
	if ctx.Err() != nil || role != l.role {
		return
	}
	now := d.o.Steady()
	if err != nil {
		l.detach()
		l.impatient = false
		why := failover.SentenceOf(err)
		d.o.Log.Warn("no way to send for a sender", "sender", sender, "role", role, "error", err)
		l.trouble.hit(now, d.o.Now(), d.o.Retry.First, min(5*d.o.Retry.First, d.o.Retry.Most), why) // looking costs nobody anything
		if len(l.wait) > 0 {
			id := l.wait[0].id
			d.inBackground(ctx, id, func(ctx context.Context) { d.blame(ctx, id, role, why) })
		}
		return
	}
	g := d.attach(l, target, cred)
	if !g.hist {
		g.hist = true
		g.pace.remember(before, now)
	}
	l.found = now
}

// nudge wakes the schedule, without going over the queue.
func (d *Deliverer) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// fill gives a host's logins their messages, round and round. d.mu is held.
func (d *Deliverer) fill(ctx context.Context, h *host, now time.Duration, soon func(time.Duration)) {
	h.starving = false
	for progress := true; progress; {
		progress = false
		for range len(h.logins) {
			g := h.logins[h.turn%len(h.logins)]
			h.turn++
			if d.fillLogin(ctx, g, now, soon) {
				progress = true
			}
		}
	}
}

// fillLogin gives one login one message, if it has one and somebody to send it.
func (d *Deliverer) fillLogin(ctx context.Context, g *login, now time.Duration, soon func(time.Duration)) bool {
	waiting := g.waiting(now)
	if waiting == 0 {
		return false
	}
	if g.bars(now) {
		soon(g.until)
		return false
	}
	if len(g.idle) > 0 {
		j := d.next(ctx, g, now, soon)
		if j == nil {
			return false
		}
		w := g.idle[len(g.idle)-1]
		g.idle = g.idle[:len(g.idle)-1]
		w.jobs <- j
		return true
	}
	if g.host.bars(now) {
		soon(g.host.until)
		return false
	}
	all, one := g.connections()
	if g.fails > 0 {
		one = 1
	}
	if g.host.fails > 0 || g.host.sick() || !g.host.proved {
		all = 1 // a single one finds out
	}
	if g.host.conns >= all {
		if g.conns == 0 && g.host.conns > 0 && !g.host.starving {
			g.host.starving = true
			g.host.evict(g)
		}
		return false
	}
	if g.conns >= one || g.conns > waiting/4 {
		return false
	}
	j := d.next(ctx, g, now, soon)
	if j == nil {
		return false
	}
	g.conns++
	g.host.conns++
	w := &worker{d: d, login: g, jobs: make(chan *job, 1)}
	d.work.Go(func() { w.run(ctx, j) })
	return true
}

// evict ends an idle connection of another login.
func (h *host) evict(but *login) {
	for _, g := range h.logins {
		if g != but && len(g.idle) > 0 {
			w := g.idle[0]
			g.idle = g.idle[1:]
			w.jobs <- nil
			return
		}
	}
}

// next takes the next message of a login, by turns of its senders, if its limits allow
// one. d.mu is held.
func (d *Deliverer) next(ctx context.Context, g *login, now time.Duration, soon func(time.Duration)) *job {
	h := g.host
	if g.bars(now) || d.diskWoes > now || h.bars(now) && (h.conns == 0 || h.sick()) || h.sick() && h.busy > 0 {
		return nil
	}
	if wait := g.pace.wait(now, g.waiting(now)); wait > 0 {
		soon(now + wait)
		n := g.pace.perMinute(now)
		d.tellPace(ctx, g, now, failover.Say("{host} takes {messages} messages a minute from {login}, so {count} messages wait their turn.",
			"host", place(g.target), "messages", n, "login", g.name, "count", g.waiting(now)))
		return nil
	}
	for range len(g.lanes) {
		l := g.lanes[g.turn%len(g.lanes)]
		g.turn++
		if !l.due(now) {
			continue
		}
		e := l.wait[0]
		asked, wait := g.pace.room(now, int(e.to))
		if wait > 0 {
			soon(now + wait)
			d.tellPace(ctx, g, now, failover.Say("{host} takes mail for {recipients} recipients a day from {login}, so {count} messages wait their turn.",
				"host", place(g.target), "recipients", g.pace.limits.RecipientsPerDay, "login", g.name, "count", g.waiting(now)))
			continue
		}
		heap.Pop(&l.wait)
		j := &job{e: e, lane: l, login: g, target: g.target, cred: g.cred, role: l.role, asked: asked, cancel: func() {}}
		e.job = j
		l.busy[j] = struct{}{}
		g.pace.begin(now, asked)
		h.busy++
		d.active = now
		return j
	}
	return nil
}

// tellPace files, now and then, that a limit makes messages wait. d.mu is held.
func (d *Deliverer) tellPace(ctx context.Context, g *login, now time.Duration, say failover.Sentence) {
	p := &g.pace
	if p.told != 0 && now-p.told < 10*p.minute {
		return
	}
	p.told = max(now, 1)
	e := relay.Event{At: d.o.Now(), Kind: relay.Pace, Host: g.target.Endpoint.Host, Say: say}
	if len(g.lanes) > 0 {
		e.Domain, e.Role = g.lanes[0].domain, g.lanes[0].role
	}
	d.work.Go(func() {
		if err := d.o.Queue.File(context.WithoutCancel(ctx), e); err != nil {
			d.o.Log.Warn("a pace could not be filed", "error", err)
		}
	})
}

// prune forgets logins that have nothing to remember, and hosts without any. d.mu is held.
func (d *Deliverer) prune(key string, h *host, now time.Duration) {
	kept := h.logins[:0]
	for _, g := range h.logins {
		g.pace.prune(now)
		if len(g.lanes) > 0 || g.conns > 0 || len(g.pace.past)+len(g.pace.days)+g.pace.open > 0 || g.bars(now) {
			kept = append(kept, g)
		}
	}
	clear(h.logins[len(kept):])
	h.logins = kept
	if len(kept) == 0 && h.conns == 0 && !h.bars(now) {
		delete(d.hosts, key)
	}
}

// sample has the queue file how many messages wait where, and tidy, best when there is
// nothing else to do.
func (d *Deliverer) sample(ctx context.Context, now bool) {
	if d.o.Sampler == nil {
		return
	}
	wall, steady := d.o.Now(), d.o.Steady()
	since := wall.Sub(d.sampled)
	d.wanted = d.wanted || now
	due := d.wanted || since >= time.Minute || since < 0
	rest := d.tidyDue(steady)
	if !due && !rest || !d.sampling.TryLock() {
		return
	}
	if due {
		d.sampled, d.wanted = wall, false
	}
	if rest {
		d.tidied = steady
	}
	d.work.Go(func() {
		defer d.sampling.Unlock()
		if due {
			role := func(i relay.Item) failover.Role { return relay.RoleOf(d.o.Routes, i) }
			if err := d.o.Sampler.Sample(ctx, role); err != nil && ctx.Err() == nil {
				d.o.Log.Warn("the queue could not be counted", "error", err)
			}
		}
		if rest {
			if err := d.o.Sampler.Tidy(ctx); err != nil && ctx.Err() == nil {
				d.o.Log.Warn("the queue could not be tidied", "error", err)
			}
		}
	})
}

// tidyDue reports whether to tidy now.
func (d *Deliverer) tidyDue(now time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	pause, idle := now-d.tidied, now-d.active >= restAfter
	return d.active > d.tidied && (pause >= tidyEvery || idle && pause >= tidyAtRest) || d.diskWoes > now && pause >= restAfter
}

// farewell tells idle workers to go.
func (d *Deliverer) farewell() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, h := range d.hosts {
		for _, g := range h.logins {
			for _, w := range g.idle {
				w.jobs <- nil
			}
			g.idle = nil
		}
	}
}
