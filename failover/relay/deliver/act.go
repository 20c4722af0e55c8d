package deliver

import (
	"context"
	"errors"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Act is [Deliverer.Act] where nobody delivers: reports to senders are in English.
func Act(ctx context.Context, queue relay.Queue, routes relay.Routes, act relay.Act) ([]relay.Line, error) {
	return New(Options{Queue: queue, Routes: routes}).Act(ctx, act)
}

// Act does to messages what a person decided, and returns them as they are then. Where
// a message is just being handed over it comes too late, and says so: the others are
// done, and the error names the first that was not.
func (d *Deliverer) Act(ctx context.Context, act relay.Act) ([]relay.Line, error) {
	if err := sensible(act); err != nil {
		return nil, err
	}
	chosen, err := d.chosen(act.Of)
	if err != nil {
		return nil, err
	}
	var lines []relay.Line
	var first error
	for _, id := range chosen {
		item, err := d.actOn(ctx, id, act)
		switch {
		case err == nil:
			lines = append(lines, relay.Line{Item: item, Role: relay.RoleOf(d.o.Routes, item)})
		case errors.Is(err, failover.ErrDisk), ctx.Err() != nil:
			return lines, err
		case errors.Is(err, failover.ErrInvalid) && len(act.Of.IDs) == 0: // it left the queue, or was of another state, meanwhile
		case first == nil:
			first = err
		}
	}
	d.nudge()
	return lines, first
}

func sensible(act relay.Act) error {
	switch act.Kind {
	case relay.ActHold, relay.ActRetry, relay.ActSettle:
		return nil
	case relay.ActReroute:
		if act.Via == "" || act.Via == failover.Primary || act.Via == failover.Secondary {
			return nil
		}
		return failover.Fail(failover.ErrInvalid, "A message can go through primary or secondary, not through {role}.", "role", act.Via)
	case relay.ActDrop:
		if strings.TrimSpace(act.Reason) != "" {
			return nil
		}
		return failover.Fail(failover.ErrInvalid, "Give a reason for dropping mail: it stays in the log.")
	}
	return failover.Fail(failover.ErrInvalid, "Nothing like \"{act}\" can be done to queued mail.", "act", act.Kind)
}

// chosen returns the messages that a filter selects, oldest first. A beginning of an ID
// must be one message's only.
func (d *Deliverer) chosen(f relay.Filter) ([]relay.ID, error) {
	count := make(map[relay.ID]int, len(f.IDs))
	var ids []relay.ID
	for item := range d.o.Queue.Items() {
		if f.Match(item, relay.RoleOf(d.o.Routes, item)) {
			ids = append(ids, item.ID)
		}
		for _, begin := range f.IDs {
			if (relay.Filter{IDs: []relay.ID{begin}}).Match(item, "") {
				count[begin]++
			}
		}
	}
	for _, begin := range f.IDs {
		switch n := count[begin]; {
		case n == 0:
			return nil, failover.Fail(failover.ErrInvalid, "No message in the queue is called {id}. It may have left: look in the log.", "id", begin)
		case n > 1:
			return nil, failover.Fail(failover.ErrInvalid, "{count} messages begin with {id}. Type more of it.", "count", n, "id", begin)
		}
	}
	return ids, nil
}

func (d *Deliverer) actOn(ctx context.Context, id relay.ID, act relay.Act) (relay.Item, error) {
	var report relay.ID
	if act.Kind == relay.ActDrop && act.Report {
		var err error
		if report, err = d.reportDrop(ctx, id, act); err != nil {
			return relay.Item{}, err
		}
	}
	return d.o.Queue.Update(ctx, id, true, func(i *relay.Item) ([]relay.Event, error) {
		if err := busy(i); err != nil {
			return nil, err
		}
		return d.do(i, act, report)
	})
}

// reportDrop queues the report about a message that is to be dropped. The message is
// held first, so that no provider takes it while its sender is told that none did.
func (d *Deliverer) reportDrop(ctx context.Context, id relay.ID, act relay.Act) (relay.ID, error) {
	if _, ok := d.o.Queue.Get(id); !ok {
		return "", gone(id)
	}
	item, err := d.o.Queue.Update(ctx, id, true, func(i *relay.Item) ([]relay.Event, error) {
		if err := busy(i); err != nil {
			return nil, err
		}
		_, err := d.do(i, relay.Act{Kind: relay.ActHold, By: act.By, Reason: act.Reason}, "")
		return nil, err // the log tells of the drop
	})
	if err != nil {
		return "", err
	}
	about := pendingOutcomes(item)
	for n := range about {
		about[n].answer, about[n].reason = "", failover.Say("The reason given: {reason}", "reason", act.Reason)
	}
	return d.report(ctx, item, droppedReport, about)
}

func gone(id relay.ID) error {
	return failover.Fail(failover.ErrInvalid, "No message in the queue is called {id}. It may have left: look in the log.", "id", id)
}

// busy says that a provider is just taking the message: nobody can call it back now.
func busy(i *relay.Item) error {
	if i.State == relay.Waiting && i.Handed != "" {
		return failover.Fail(failover.ErrLocked, "{id} is being handed to a provider at this moment. Try again in a few minutes, if it is still in the queue.", "id", i.ID)
	}
	return nil
}

// do changes one message, and tells it. Where there is nothing to change, nothing is told.
func (d *Deliverer) do(i *relay.Item, act relay.Act, report relay.ID) ([]relay.Event, error) {
	now := d.o.Now()
	e := relay.Event{
		At: now, ID: i.ID, From: i.Envelope.From, To: pendingTo(*i, len(i.To)), Domain: i.Domain(), Role: relay.RoleOf(d.o.Routes, *i), By: act.By,
	}
	if act.Reason != "" {
		e.Say = failover.Say("{reason}", "reason", act.Reason)
	}
	switch act.Kind {
	case relay.ActHold:
		if i.State == relay.Held {
			return nil, nil
		}
		if i.State == relay.Uncertain && i.Handed == "" { // a damaged queue does not know to whom
			i.Handed = relay.RoleOf(d.o.Routes, *i)
		}
		i.State, i.Since, i.Next = relay.Held, now, time.Time{}
		i.Why = failover.Say("Held by {by}.", "by", act.By)
		if act.Reason != "" {
			i.Why = failover.Say("Held by {by}: {reason}", "by", act.By, "reason", act.Reason)
		}
		e.Kind = relay.Hold
	case relay.ActRetry:
		e.Kind = relay.Release
		events := []relay.Event{e}
		if i.Handed != "" || i.State == relay.Uncertain {
			twice := again(i, now)
			twice.Role, twice.By = e.Role, act.By
			events = append(events, twice)
		}
		i.State, i.Since, i.Next, i.Handed, i.Tries = relay.Waiting, now, now, "", 0
		return events, nil
	case relay.ActReroute:
		i.Via = act.Via
		e.Kind, e.Role = relay.Rerouted, relay.RoleOf(d.o.Routes, *i)
		if i.State == relay.Waiting {
			i.Next, i.Tries = now, 0
		}
	case relay.ActDrop:
		e.Kind = relay.Drop
		return end(i, relay.Dropped, e, now, report), nil
	case relay.ActSettle:
		return settled(i, e)
	}
	return []relay.Event{e}, nil
}

// settled ends the doubt: the provider had the message. Recipients that it had put off
// before the data (they have an answer) are still to be reached.
func settled(i *relay.Item, e relay.Event) ([]relay.Event, error) {
	if i.Handed == "" && i.State != relay.Uncertain {
		return nil, failover.Fail(failover.ErrInvalid, "{id} is not in doubt; there is nothing to settle.", "id", i.ID)
	}
	e.Kind, e.To = relay.Settled, nil
	if i.Handed != "" {
		e.Role = i.Handed
	}
	for n := range i.To {
		if i.To[n].Fate == relay.Pending && i.To[n].Answer == "" {
			i.To[n].Fate = relay.Delivered
			e.To = append(e.To, i.To[n].Address)
		}
	}
	i.Handed, i.Since, i.Next, i.Why = "", e.At, time.Time{}, failover.Sentence{}
	i.State = relay.Ended
	if pendingOf(*i) > 0 {
		i.State, i.Next = relay.Waiting, e.At
	}
	return []relay.Event{e}, nil
}
