package deliver

import (
	"context"
	"errors"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
	"lifeboat/failover/relay/smtpout"
)

// begin writes that a try begins, and takes the message as it is now.
func (d *Deliverer) begin(ctx context.Context, j *job, conn *smtpout.Conn) error {
	item, err := d.o.Queue.Update(ctx, j.e.id, false, func(i *relay.Item) ([]relay.Event, error) {
		if err := d.mine(j, i); err != nil {
			return nil, err
		}
		if j.e.role != j.role {
			i.Tries = 0
		}
		i.Tries++
		e := d.event(j, *i, relay.Attempt)
		e.To, e.TLS = pendingTo(*i, j.asked), conn.TLS()
		return []relay.Event{e}, nil
	})
	if err != nil {
		d.unwritten("begin", j, err)
		return err
	}
	j.item, j.begun = item, true
	j.e.role = j.role
	return nil
}

// mine reports whether the message is still to be sent by this job.
func (d *Deliverer) mine(j *job, i *relay.Item) error {
	switch {
	case i.State != relay.Waiting || i.Via != j.lane.key.via:
		return errChanged
	case i.Handed != "":
		return errHanded
	}
	return nil
}

// unwritten holds everything back for a moment when the queue's disk fails.
func (d *Deliverer) unwritten(what string, j *job, err error) {
	if errors.Is(err, errChanged) || errors.Is(err, errHanded) || errors.Is(err, failover.ErrInvalid) || errors.Is(err, context.Canceled) {
		return
	}
	d.log("the queue could not be written: "+what, j, err)
	d.mu.Lock()
	d.diskWoes = d.o.Steady() + time.Second
	d.mu.Unlock()
}

func (d *Deliverer) event(j *job, i relay.Item, kind relay.EventKind) relay.Event {
	return relay.Event{
		At: d.o.Now(), ID: i.ID, Kind: kind, From: i.Envelope.From, Domain: i.Domain(), Role: j.role,
		Host: j.target.Endpoint.Host, Login: j.login.name, Try: i.Tries,
	}
}

// handing makes durable that the data is about to be ended. From then on no person's act
// changes the message, until what came of it is written.
func (d *Deliverer) handing(ctx context.Context, j *job, to []string, tls *relay.TLS) error {
	_, err := d.o.Queue.Update(context.WithoutCancel(ctx), j.e.id, true, func(i *relay.Item) ([]relay.Event, error) {
		if err := d.mine(j, i); err != nil {
			return nil, err
		}
		i.Handed = j.role
		e := d.event(j, *i, relay.Handing)
		e.To, e.TLS = to, tls
		return []relay.Event{e}, nil
	})
	if err != nil {
		d.unwritten("handing", j, err)
	}
	return err
}

// finish writes what came of a transfer, tells the sender what has to be told, and lets
// the message go.
func (d *Deliverer) finish(ctx context.Context, t *transfer, r *result) {
	tries := t.item.Tries
	pause := d.until(t, r, tries)
	var report relay.ID
	var item relay.Item
	err := d.patiently(ctx, "result", func(ctx context.Context) error {
		var err error
		if report == "" {
			if report, err = d.reportBounces(ctx, t.item, t.target, r); err != nil {
				return err
			}
		}
		item, err = d.o.Queue.Update(ctx, t.item.ID, true, func(i *relay.Item) ([]relay.Event, error) {
			return d.apply(i, t, r, pause, report), nil
		})
		return err
	})
	if err != nil {
		d.log("what came of a message could not be written; after the next start it is uncertain", t.j, err)
		d.release(t.j.e, nil)
		return
	}
	d.release(t.j.e, &item)
	d.nudge()
}

// apply changes the item by the result, and tells it as events.
func (d *Deliverer) apply(i *relay.Item, t *transfer, r *result, pause time.Duration, report relay.ID) []relay.Event {
	now := d.o.Now()
	i.Handed = ""
	doubt := false
	for n := range i.To {
		for _, o := range r.of {
			if i.To[n].Address == o.to && i.To[n].Fate == relay.Pending {
				i.To[n] = fated(i.To[n], o)
				doubt = doubt || o.kind == relay.Doubtful
			}
		}
	}
	events := d.tell(t, *i, r)
	if report != "" {
		e := d.event(t.j, *i, relay.Reported)
		e.To, e.Other = bounced(r), report
		events = append(events, e)
	}
	i.Why = r.why
	switch {
	case doubt:
		i.State, i.Since, i.Handed = relay.Uncertain, now, t.j.role
		i.Next = now.Add(d.o.Doubt.Wait)
	case pendingOf(*i) == 0:
		i.State, i.Since, i.Next, i.Why = relay.Ended, now, time.Time{}, failover.Sentence{}
	default:
		i.Next = now.Add(pause)
	}
	return events
}

func fated(to relay.Recipient, o outcome) relay.Recipient {
	if o.kind != "" {
		to.Answer = o.reply.String() // empty for those in doubt, by which ActSettle knows them
	}
	switch o.kind {
	case relay.Sent:
		to.Fate = relay.Delivered
	case relay.Bounce:
		to.Fate = relay.Bounced
	default:
	}
	return to
}

// tell makes one event of all outcomes that are the same.
func (d *Deliverer) tell(t *transfer, i relay.Item, r *result) []relay.Event {
	var events []relay.Event
	at := map[string]int{}
	for _, o := range r.of {
		if o.kind == "" {
			continue
		}
		key := string(o.kind) + o.reply.Full() + o.say.String()
		n, ok := at[key]
		if !ok {
			n = len(events)
			at[key] = n
			e := d.event(t.j, i, o.kind)
			e.Answer, e.Code, e.TLS, e.Say = o.reply.Full(), o.reply.Code, t.tls, o.say
			events = append(events, e)
		}
		events[n].To = append(events[n].To, o.to)
	}
	return events
}

func bounced(r *result) []string {
	var to []string
	for _, o := range r.of {
		if o.kind == relay.Bounce {
			to = append(to, o.to)
		}
	}
	return to
}

// unreachable notes that no connection came about, and with the message that it was for.
func (d *Deliverer) unreachable(ctx context.Context, j *job, f *smtpout.Fault, target Target) {
	why := sayFault(f, target, j.login.name)
	d.mu.Lock()
	now, wall := d.o.Steady(), d.o.Now()
	d.count(j.lane, j.login, judgeFault(f), f.Reply, now, wall, why)
	until := wall.Add(max(j.login.until, j.login.host.until) - now)
	if j.lane.role != j.role { // the route has changed meanwhile: it follows at once
		until = wall
	}
	d.mu.Unlock()
	d.settle(j, 0)
	item, err := d.o.Queue.Update(context.WithoutCancel(ctx), j.e.id, false, func(i *relay.Item) ([]relay.Event, error) {
		if err := d.mine(j, i); err != nil {
			return nil, err
		}
		var events []relay.Event
		if !j.begun {
			i.Tries++
			events = append(events, d.event(j, *i, relay.Attempt))
		}
		e := d.event(j, *i, relay.Deferred)
		e.To, e.Answer, e.Code, e.Say = pendingTo(*i, len(i.To)), f.Reply.Full(), f.Reply.Code, why
		i.Next, i.Why = until, why
		return append(events, e), nil
	})
	if err != nil {
		d.unwritten("unreachable", j, err)
		d.release(j.e, nil)
		return
	}
	j.e.role = j.role
	d.release(j.e, &item)
}

// blame tells at one message why none of its sender can go.
func (d *Deliverer) blame(ctx context.Context, id relay.ID, role failover.Role, why failover.Sentence) {
	_, err := d.o.Queue.Update(ctx, id, false, func(i *relay.Item) ([]relay.Event, error) {
		if i.State != relay.Waiting {
			return nil, errChanged
		}
		i.Why = why
		return []relay.Event{{
			At: d.o.Now(), ID: id, Kind: relay.Deferred, From: i.Envelope.From, To: pendingTo(*i, len(i.To)), Domain: i.Domain(), Role: role, Say: why,
		}}, nil
	})
	if err != nil && !errors.Is(err, errChanged) {
		d.o.Log.Warn("a reason could not be written", "message", id, "error", err)
	}
}

// found makes a message Uncertain that was being handed over when the program was killed.
func (d *Deliverer) found(ctx context.Context, id relay.ID) {
	why := failover.Say("Lifeboat was stopped while the primary was taking the message: it may or may not have it.")
	if d.handedTo(id) == failover.Secondary {
		why = failover.Say("Lifeboat was stopped while the secondary was taking the message: it may or may not have it.")
	}
	err := d.patiently(ctx, "found", func(ctx context.Context) error {
		_, err := d.o.Queue.Update(ctx, id, true, func(i *relay.Item) ([]relay.Event, error) {
			if i.State != relay.Waiting || i.Handed == "" {
				return nil, errChanged
			}
			now := d.o.Now()
			i.State, i.Since, i.Next, i.Why = relay.Uncertain, now, now.Add(d.o.Doubt.Wait), why
			to := pendingTo(*i, len(i.To))
			for n := range i.To {
				if i.To[n].Fate == relay.Pending {
					i.To[n].Answer = ""
				}
			}
			return []relay.Event{{At: now, ID: id, Kind: relay.Doubtful, From: i.Envelope.From, To: to, Domain: i.Domain(), Role: i.Handed, Say: why}}, nil
		})
		return err
	})
	if err != nil && !errors.Is(err, errChanged) {
		d.o.Log.Error("a message in doubt could not be marked", "message", id, "error", err)
	}
}

func (d *Deliverer) handedTo(id relay.ID) failover.Role {
	i, _ := d.o.Queue.Get(id)
	return i.Handed
}

// resend lets an uncertain message be sent again, by rule.
func (d *Deliverer) resend(ctx context.Context, id relay.ID) {
	_, err := d.o.Queue.Update(ctx, id, true, func(i *relay.Item) ([]relay.Event, error) {
		if i.State != relay.Uncertain {
			return nil, errChanged
		}
		e := again(i, d.o.Now())
		e.Role = relay.RoleOf(d.o.Routes, *i)
		i.State, i.Since, i.Next, i.Handed = relay.Waiting, e.At, time.Time{}, ""
		return []relay.Event{e}, nil
	})
	if err != nil && !errors.Is(err, errChanged) {
		d.o.Log.Error("a message in doubt could not be sent again", "message", id, "error", err)
		d.mu.Lock()
		d.diskWoes = d.o.Steady() + time.Second
		d.mu.Unlock()
	}
}

// again counts that a message may go out a second time.
func again(i *relay.Item, now time.Time) relay.Event {
	i.Again++
	say := failover.Say("A provider may have taken it before; it is sent once more, and may arrive twice.")
	switch i.Handed {
	case failover.Primary:
		say = failover.Say("The primary may have taken it before; it is sent once more, and may arrive twice.")
	case failover.Secondary:
		say = failover.Say("The secondary may have taken it before; it is sent once more, and may arrive twice.")
	}
	return relay.Event{
		At: now, ID: i.ID, Kind: relay.SentAgain, From: i.Envelope.From, To: pendingTo(*i, len(i.To)), Domain: i.Domain(), Say: say,
	}
}
