package queue

import (
	"context"
	"slices"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// tellFound files what the queue was found with: how many messages, what is damaged, and
// which messages nobody can know about any more.
func (q *Queue) tellFound(ctx context.Context, l *loaded) error {
	now := q.now()
	var events []relay.Event
	for _, s := range slices.Concat(l.said, q.past.said) {
		q.log.Error("The mail queue is damaged", "what", s.String())
		events = append(events, relay.Event{At: now, Kind: relay.Found, Say: s})
	}
	if n := q.index.count; n > 0 {
		events = append(events, relay.Event{At: now, Kind: relay.Found,
			Say: failover.Say("{messages} messages were in the mail queue when it was opened.", "messages", n)})
	}
	if err := q.File(ctx, events...); err != nil {
		// A full disk must not keep what is in the queue from being sent.
		if !diskFull(err) {
			return err
		}
		q.log.Warn("The log does not tell what was in the mail queue when it was opened", "error", err)
	}
	if err := q.doubt(ctx, l); err != nil {
		return err
	}
	return q.sync(q.written())
}

// doubt makes uncertain what may have been sent: a message that waits and about which
// nothing was said since records were lost. One alone cannot hide it, since handing over
// and its end are two.
func (q *Queue) doubt(ctx context.Context, l *loaded) error {
	if len(l.doubts) == 0 {
		return nil
	}
	last := slices.Max(l.doubts)
	why := failover.Say("A part of the mail queue was damaged, so nobody knows here whether this message was sent.")
	for e := range q.entries() {
		if e.record > last {
			continue
		}
		_, err := q.Update(ctx, e.key.id(), false, func(i *relay.Item) ([]relay.Event, error) {
			if i.State != relay.Waiting || i.Handed != "" {
				return nil, nil
			}
			i.State, i.Why = relay.Uncertain, why
			return []relay.Event{{Kind: relay.Doubtful, Say: why}}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
