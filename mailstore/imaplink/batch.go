package imaplink

import (
	"context"
	"fmt"
	"slices"

	"lifeboat/mailstore"
)

// batch is a FETCH that is on its way.
type batch struct {
	order *order
	wants []Want
	probe *fetched // not nil: it asks for what is behind this message's end
}

// whole fetches messages whole, in batches, several at once, and returns those that
// did not come.
func (b *bodies) whole(ctx context.Context, wants []Want, atMost int) (missing []Want, err error) {
	c := b.conn
	var flying []batch
	for rest := wants; ; {
		if b.stopped() {
			rest = nil
		}
		slow := c.slow()
		for len(rest) > 0 && len(flying) < c.parallel() && !slow {
			next := cut(rest, atMost)
			if err := b.allow(ctx, next); err != nil {
				_ = b.drain(flying)
				return nil, err
			}
			rest = rest[len(next):]
			flying = append(flying, batch{order: b.ask(next), wants: next})
		}
		flying = append(flying, b.probes()...)
		if len(flying) == 0 && slow {
			if err := c.compress(); err != nil {
				return nil, err
			}
			continue
		}
		if len(flying) == 0 {
			if err := c.settle(); err != nil {
				return nil, err
			}
			return missing, nil
		}
		select {
		case a := <-flying[0].order.done:
			absent, err := b.landed(flying[0], a)
			if err != nil {
				_ = b.drain(flying[1:]) // the first trouble is the one to tell
				return nil, err
			}
			missing = append(missing, absent...)
			flying = flying[1:]
			c.charge(ctx)
		case <-b.wake:
		}
	}
}

// drain waits for what is on its way, when no more is asked for.
func (b *bodies) drain(flying []batch) error {
	for _, f := range flying {
		if a := <-f.order.done; a.err != nil {
			return b.conn.broken(a.err)
		}
	}
	return nil
}

func cut(wants []Want, atMost int) []Want {
	var bytes int64
	for i, w := range wants {
		if bytes += w.Size; i > 0 && (i == atMost || bytes > batchBytes) {
			return wants[:i]
		}
	}
	return wants
}

func (b *bodies) allow(ctx context.Context, wants []Want) error {
	var bytes int64
	for _, w := range wants {
		bytes += w.Size
	}
	return b.conn.options.Budget.allow(ctx, bytes)
}

func (b *bodies) ask(wants []Want) *order {
	uids := make([]mailstore.UID, len(wants))
	b.mu.Lock()
	for i, w := range wants {
		uids[i] = w.UID
		b.wants[w.UID] = w
	}
	b.mu.Unlock()
	var o *order
	b.conn.flight(func() {
		o = b.conn.link.send(fmt.Sprintf("UID FETCH %s (%s BODY.PEEK[])", SetOf(uids...), b.conn.items(whole)), nil)
	})
	return o
}

// landed looks at the answer to a batch: what did not come by then does not come.
func (b *bodies) landed(f batch, a answer) (missing []Want, err error) {
	if a.err != nil {
		return nil, b.conn.broken(a.err)
	}
	if f.probe != nil {
		return b.probed(f.probe, a), nil
	}
	if _, busy := throttled(a); busy || a.status == "BAD" {
		return nil, b.conn.refusal(a)
	}
	if a.status == "NO" {
		b.rejected = a.line()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range f.wants {
		if _, waiting := b.wants[w.UID]; waiting {
			missing = append(missing, w)
			delete(b.wants, w.UID)
		}
	}
	return missing, nil
}

// present asks which of the messages are still in the folder.
func (b *bodies) present(wants []Want) (out []Want, err error) {
	if len(wants) == 0 || b.stopped() {
		return nil, nil
	}
	uids := make([]mailstore.UID, len(wants))
	for i, w := range wants {
		uids[i] = w.UID
	}
	c := b.conn
	there := map[mailstore.UID]bool{}
	c.link.expect(func(r *response) (bool, error) {
		if r.kind != "FETCH" {
			return false, nil
		}
		f, err := c.fetch(r, 0)
		if err != nil || there[f.UID] || !slices.Contains(uids, f.UID) {
			return false, err
		}
		there[f.UID] = true
		return true, nil
	})
	defer c.link.expect(b.arrived)
	for _, piece := range SetOf(uids...).pieces(setLine) {
		if err := c.finish(c.link.send(fmt.Sprintf("UID FETCH %s (UID FLAGS)", piece), nil)); err != nil {
			return nil, err
		}
	}
	for _, w := range wants {
		if there[w.UID] {
			out = append(out, w)
		}
	}
	return out, nil
}

func (b *bodies) withheld(wants []Want) error {
	if len(wants) == 0 {
		return nil
	}
	w := &Withheld{}
	for _, want := range wants {
		w.UIDs = append(w.UIDs, want.UID)
	}
	if b.rejected != "" {
		return mailstore.Fail(mailstore.ErrServer, "{server} has messages that it does not give, with UID {uids}: {answer}", "server", b.conn.host, "uids", SetOf(w.UIDs...), "answer", b.rejected).Because(w)
	}
	return mailstore.Fail(mailstore.ErrServer, "{server} has messages that it does not give, with UID {uids}. Look at them in the provider's own mail program.", "server", b.conn.host, "uids", SetOf(w.UIDs...)).Because(w)
}
