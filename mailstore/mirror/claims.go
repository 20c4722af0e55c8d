package mirror

import (
	"context"
	"sync"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// claims say who fetches a message that lies in several folders: where the primary
// has names of its own for messages (Gmail's labels), the first folder that meets one
// fetches its bytes, and the others wait for it.
type claims struct {
	mu  sync.Mutex
	own map[string]chan struct{} // closed when its owner stored it, or could not
}

// claim takes what nobody has taken, and tells what to wait for before the rest.
func (c *claims) claim(list []imaplink.Overview) (own, rest []imaplink.Overview, waits []<-chan struct{}, done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.own == nil {
		c.own = map[string]chan struct{}{}
	}
	mine := make(chan struct{})
	seen := map[chan struct{}]bool{}
	for _, o := range list {
		other := c.own[o.RemoteID]
		switch {
		case o.RemoteID == "" || other == nil:
			own = append(own, o)
			if o.RemoteID != "" {
				c.own[o.RemoteID] = mine
			}
			continue
		case !seen[other]:
			seen[other] = true
			if other != mine {
				waits = append(waits, other)
			}
		}
		rest = append(rest, o)
	}
	return own, rest, waits, func() { close(mine) }
}

// claimed sorts what is to be fetched. What the account has arrives without bytes;
// fetchOwn gets what nobody else is getting; what others get is waited for, after
// that, so that two folders never wait for each other. It returns what is still to be
// fetched: others tried, and have it not.
func (c *check) claimed(ctx context.Context, link Link, k *keeper, list []imaplink.Overview, fetchOwn func([]imaplink.Overview) error) ([]imaplink.Overview, error) {
	if caps := link.Caps(); !caps.Gmail && !caps.ObjectID {
		return list, nil
	}
	list, err := c.arriveKnown(ctx, k, list)
	if err != nil {
		return nil, err
	}
	own, rest, waits, done := c.claims.claim(list)
	err = fetchOwn(own)
	if err == nil && len(own) > 0 {
		err = k.flush() // others must find them
	}
	done()
	if err != nil || len(rest) == 0 {
		return nil, err
	}
	for _, other := range waits {
		select {
		case <-other:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return c.arriveKnown(ctx, k, rest)
}

// remoteAsk is how many names are looked up at a time.
const remoteAsk = 500

// arriveKnown lets messages arrive whose bytes the account has, and returns the
// others.
func (c *check) arriveKnown(ctx context.Context, k *keeper, list []imaplink.Overview) (others []imaplink.Overview, err error) {
	for len(list) > 0 {
		part := list[:min(len(list), remoteAsk)]
		list = list[len(part):]
		ids := make([]string, 0, len(part))
		for _, o := range part {
			if o.RemoteID != "" {
				ids = append(ids, o.RemoteID)
			}
		}
		here, err := c.m.o.Store.Remote(ctx, c.account.ID, ids)
		if err != nil {
			return nil, err
		}
		for _, o := range part {
			id, known := here[o.RemoteID]
			if o.RemoteID == "" || !known {
				others = append(others, o)
				continue
			}
			c.meter.came(o.Size)
			if err := k.arrive(mailstore.Arrival{UID: o.UID, Received: o.Received, Flags: o.Flags, RemoteID: o.RemoteID, Message: id}); err != nil {
				return nil, err
			}
		}
	}
	return others, nil
}
