package deliver

import (
	"context"
	"slices"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// usage is what a provider took of one login before this start, in Options.Steady's time.
type usage struct {
	messages []time.Duration
	shares   []share
}

// past is what the queue's log tells of the provider's minute and day before the start.
// Without a log, or when it cannot be read, the minute counts as full.
type past struct {
	once  sync.Once
	byKey map[pastKey]*usage
	lost  bool
}

type pastKey struct {
	role  failover.Role
	login string
}

// of returns what was sent through a provider with a login, by whomever.
func (p *past) of(ctx context.Context, d *Deliverer, role failover.Role, login string) usage {
	p.once.Do(func() { p.read(ctx, d) })
	if p.lost {
		return usage{messages: []time.Duration{unknownPast}}
	}
	if u := p.byKey[pastKey{role, login}]; u != nil {
		return *u
	}
	return usage{}
}

// unknownPast stands for a minute of which nothing is known.
const unknownPast = time.Duration(-1 << 62)

// read goes over the log of the last day, an hour at a time, so that one hour is in memory.
func (p *past) read(ctx context.Context, d *Deliverer) {
	p.byKey = map[pastKey]*usage{}
	log, ok := d.o.Queue.(relay.Log)
	if !ok {
		p.lost = true
		return
	}
	wall, now := d.o.Now(), d.o.Steady()
	const all = 1 << 20
	for ago := d.day; ago > 0; ago -= d.day / 24 {
		q := relay.LogQuery{Kinds: []relay.EventKind{relay.Handing}, Since: wall.Add(-ago), Until: wall.Add(-ago + d.day/24), Limit: all}
		if ago <= d.day/24 {
			q.Until = time.Time{} // what a clock that stepped back has put ahead, too
		}
		events, err := log.Events(ctx, q)
		if err != nil {
			d.o.Log.Warn("the queue's log could not be read for the limits of a day", "error", err)
			p.lost = true
			return
		}
		for _, e := range events {
			at := now - max(0, wall.Sub(e.At))
			u := p.login(e)
			u.shares = append(u.shares, share{at, len(e.To)})
		}
	}
	q := relay.LogQuery{Kinds: []relay.EventKind{relay.Attempt}, Since: wall.Add(-d.minute), Limit: all}
	events, err := log.Events(ctx, q)
	if err != nil {
		p.lost = true
		return
	}
	for _, e := range events {
		// When it was answered is not asked: no later than now.
		u := p.login(e)
		u.messages = append(u.messages, now)
	}
}

// login finds what the event is to be added to.
func (p *past) login(e relay.Event) *usage {
	key := pastKey{e.Role, e.Login}
	u := p.byKey[key]
	if u == nil {
		u = &usage{}
		p.byKey[key] = u
	}
	return u
}

// remember counts what was sent before.
func (p *pace) remember(u usage, now time.Duration) {
	for _, at := range u.messages {
		if at != unknownPast {
			p.past = append(p.past, at)
			continue
		}
		for n := range p.limits.MessagesPerMinute {
			p.past = append(p.past, now-p.minute+p.minute*time.Duration(n+1)/time.Duration(p.limits.MessagesPerMinute))
		}
	}
	slices.Sort(p.past)
	if p.limits.RecipientsPerDay > 0 {
		p.days = append(p.days, u.shares...)
		slices.SortFunc(p.days, func(a, b share) int { return int(a.at - b.at) })
	}
}
