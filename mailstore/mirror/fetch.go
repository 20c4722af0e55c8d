package mirror

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// fetch gets the bytes that the account does not have, and what it has by another
// folder without them. What it returns beside the messages that the server would not
// give is the last arrivals, which are not stored yet: they go in with the rest.
func (c *check) fetch(ctx context.Context, link Link, j *job, d *difference) (missing []Missing, rest []mailstore.Arrival, err error) {
	bytes := int64(0)
	for _, o := range d.fresh {
		bytes += o.Size
	}
	c.meter.expect(len(d.fresh)-j.estimate, bytes-int64(j.estimate)*usualSize)
	j.estimate = 0
	if len(d.fresh) == 0 {
		return nil, nil, nil
	}
	slices.SortFunc(d.fresh, func(a, b imaplink.Overview) int { return int(int64(b.UID) - int64(a.UID)) }) // the newest is wanted most
	ctx, k := c.keep(ctx, j, d.cursor.UIDValidity)
	defer k.stop()
	todo, err := c.claimed(ctx, link, k, d.fresh, func(own []imaplink.Overview) error {
		lost, err := c.bodies(ctx, link, j, k, own)
		missing = append(missing, lost...)
		return err
	})
	if err == nil && len(todo) > 0 {
		var lost []Missing
		lost, err = c.bodies(ctx, link, j, k, todo)
		missing = append(missing, lost...)
	}
	rest, kept := k.end(err != nil)
	if err = cmp.Or(kept, err); err != nil {
		return nil, nil, err
	}
	return missing, rest, nil
}

// bodies gets messages' bytes into the store, and tells which the server lists and
// does not give. Those are asked for twice.
func (c *check) bodies(ctx context.Context, link Link, j *job, k *keeper, list []imaplink.Overview) ([]Missing, error) {
	wanted := make(map[mailstore.UID]imaplink.Overview, len(list))
	for _, o := range list {
		wanted[o.UID] = o
	}
	var mu sync.Mutex
	for again := false; ; again = true {
		wants := make([]imaplink.Want, 0, len(list))
		for _, o := range list {
			if _, still := wanted[o.UID]; still {
				wants = append(wants, imaplink.Want{UID: o.UID, Size: o.Size})
			}
		}
		if len(wants) == 0 {
			return nil, nil
		}
		err := link.Bodies(ctx, wants, func(o imaplink.Overview, r io.Reader) error {
			mu.Lock()
			known, asked := wanted[o.UID]
			delete(wanted, o.UID)
			mu.Unlock()
			if !asked {
				return nil // nobody asked for it, or it came twice
			}
			body, err := c.body(k, r)
			if err != nil {
				return err
			}
			if o.RemoteID == "" {
				o.RemoteID = known.RemoteID
			}
			if o.Received.IsZero() {
				o.Received = known.Received
			}
			c.meter.came(body.Size)
			return k.arrive(mailstore.Arrival{UID: o.UID, Received: o.Received, Flags: o.Flags, RemoteID: o.RemoteID, Body: body})
		})
		var withheld *imaplink.Withheld
		if err != nil && !errors.As(err, &withheld) || ctx.Err() != nil {
			return nil, errors.Join(context.Cause(ctx), err)
		}
		if withheld == nil {
			return nil, nil // what is still wanted is gone from the folder
		}
		for uid := range wanted {
			if !slices.Contains(withheld.UIDs, uid) {
				delete(wanted, uid)
			}
		}
		if again {
			return c.missing(j, wanted, withheld, err), nil
		}
	}
}

// body stores a message's bytes.
func (c *check) body(k *keeper, r io.Reader) (mailstore.Body, error) {
	w := c.m.o.Store.NewBody()
	defer w.Abort()
	buffer, ok := c.m.buffers.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
		*buffer = make([]byte, 64<<10)
	}
	defer c.m.buffers.Put(buffer)
	out := &bodyWriter{w: w}
	if _, err := io.CopyBuffer(out, r, *buffer); err != nil {
		if out.err != nil {
			k.fail(out.err)
		}
		return mailstore.Body{}, err
	}
	body, err := w.Close()
	if err != nil {
		k.fail(err)
		return body, err
	}
	c.mu.Lock()
	c.out.Fetched++
	c.out.Bytes += body.Size
	c.mu.Unlock()
	return body, nil
}

// missing names messages in the report.
func (c *check) missing(j *job, wanted map[mailstore.UID]imaplink.Overview, withheld *imaplink.Withheld, err error) []Missing {
	var out []Missing
	for _, uid := range withheld.UIDs {
		if o, still := wanted[uid]; still {
			out = append(out, Missing{Folder: j.name, UID: uid, Size: o.Size, Why: mailstore.SentenceOf(err)})
		}
	}
	return out
}

// bodyWriter tells the store's errors from the line's. It has no ReadFrom, so that
// the buffer is used.
type bodyWriter struct {
	w   io.Writer
	err error
}

func (b *bodyWriter) Write(p []byte) (int, error) {
	n, err := b.w.Write(p)
	b.err = err
	return n, err
}
