package queue

import (
	"context"
	"errors"
	"fmt"
	"os"
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

// look takes in what the owner has written since, where this process only reads.
func (q *Queue) look() {
	if !q.opts.ReadOnly {
		return
	}
	if err := q.refresh(); err != nil {
		q.log.Warn("The mail queue could not be read anew", "folder", q.dir, "error", err)
	}
}

// refresh reads everything anew if anything has changed. The owner may give a file back
// meanwhile: what was in it and still counts is in a later one then.
func (q *Queue) refresh() error {
	q.files.Lock()
	defer q.files.Unlock()
	for tries := 0; ; tries++ {
		now, err := q.folder()
		if err != nil || now == q.seen {
			return err
		}
		q.past = past{}
		err = q.past.load(q, false)
		var l *loaded
		if err == nil {
			l, err = q.load()
		}
		if errors.Is(err, os.ErrNotExist) && tries < 10 {
			continue
		}
		if err != nil {
			return err
		}
		q.seen = now
		q.w.Lock()
		defer q.w.Unlock()
		q.take(l)
		return nil
	}
}

// folder tells what the folder looks like.
func (q *Queue) folder() (string, error) {
	names, err := os.ReadDir(q.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", notRead(q.dir, err)
	}
	s := "."
	for _, n := range names {
		if info, err := n.Info(); err == nil {
			s += fmt.Sprintf("%s %d\n", n.Name(), info.Size())
		}
	}
	return s, nil
}
