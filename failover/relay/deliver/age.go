package deliver

import (
	"context"
	"errors"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// sweep looks for messages that have become too old, or late enough for a word to the
// sender.
func (d *Deliverer) sweep(ctx context.Context) {
	retry := d.o.Retry
	now := d.o.Steady()
	if now-d.swept < min(time.Minute, retry.Warn/4, retry.Expire/4) {
		return
	}
	d.swept = now
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, e := range d.book {
		if e.job != nil || e.doubt || e.lane == nil {
			continue
		}
		here := now - e.seen
		age := e.age + here
		switch {
		case age >= retry.Expire && here >= min(retry.Warn, retry.Expire):
			d.inBackground(ctx, id, func(ctx context.Context) { d.expire(ctx, id, age) })
		case age >= retry.Warn && !e.last && d.open(e.lane, now):
			e.last = true
			d.inBackground(ctx, id, func(ctx context.Context) { d.warn(ctx, id) })
		}
	}
}

// open reports whether mail of the lane leaves at all. Where it does not, a warning would
// only wait behind the message that it is about, and come when that has gone. d.mu is held.
func (d *Deliverer) open(l *lane, now time.Duration) bool {
	g := l.login
	return g != nil && l.trouble.fails == 0 && g.fails == 0 && g.host.fails == 0 && !g.bars(now)
}

// expire gives a message up, and tells its sender.
func (d *Deliverer) expire(ctx context.Context, id relay.ID, age time.Duration) {
	item, ok := d.o.Queue.Get(id)
	if !ok || item.State != relay.Waiting || item.Handed != "" {
		return
	}
	why := failover.Say("No provider took it within {days} days.", "days", max(1, int(age.Hours()/24+0.5)))
	err := d.patiently(ctx, "expiry", func(ctx context.Context) error {
		report, err := d.report(ctx, item, expiredReport, pendingOutcomes(item))
		if err != nil {
			return err
		}
		_, err = d.o.Queue.Update(ctx, id, true, func(i *relay.Item) ([]relay.Event, error) {
			if i.State != relay.Waiting || i.Handed != "" {
				return nil, errChanged
			}
			return end(i, relay.Expired, relay.Event{Kind: relay.Expiry, Say: why, Role: relay.RoleOf(d.o.Routes, *i)}, d.o.Now(), report), nil
		})
		return err
	})
	if err != nil && !errors.Is(err, errChanged) {
		d.o.Log.Error("a message could not be given up", "message", id, "error", err)
	}
}

// warn tells the sender that a message is late.
func (d *Deliverer) warn(ctx context.Context, id relay.ID) {
	item, ok := d.o.Queue.Get(id)
	if !ok || item.State != relay.Waiting || item.Warned {
		return
	}
	report, err := d.report(ctx, item, lateReport, pendingOutcomes(item))
	if err == nil {
		_, err = d.o.Queue.Update(ctx, id, false, func(i *relay.Item) ([]relay.Event, error) {
			i.Warned = true
			return []relay.Event{{
				At: d.o.Now(), ID: id, Kind: relay.Warning, From: i.Envelope.From, To: pendingTo(*i, len(i.To)), Domain: i.Domain(),
				Role: relay.RoleOf(d.o.Routes, *i), Other: report,
			}}, nil
		})
	}
	if err != nil {
		d.o.Log.Warn("a sender could not be told that a message is late", "message", id, "error", err)
	}
}

// end gives all pending recipients their fate, and the message its end.
func end(i *relay.Item, fate relay.Fate, e relay.Event, now time.Time, report relay.ID) []relay.Event {
	e.At, e.ID, e.From, e.Domain, e.To = now, i.ID, i.Envelope.From, i.Domain(), pendingTo(*i, len(i.To))
	for n := range i.To {
		if i.To[n].Fate == relay.Pending {
			i.To[n].Fate = fate
		}
	}
	i.State, i.Since, i.Next, i.Handed = relay.Ended, now, time.Time{}, ""
	events := []relay.Event{e}
	if report != "" {
		r := e
		r.Kind, r.Other, r.Say = relay.Reported, report, failover.Sentence{}
		events = append(events, r)
	}
	return events
}
