package mirror

import (
	"context"
	"math"
	"slices"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// compareAll compares the whole window: what is there, and its flags. It needs no
// extension.
func (c *check) compareAll(ctx context.Context, link Link, k mailstore.Cursor, d *difference) error {
	uids, err := link.UIDs(ctx, c.cutoff)
	if err != nil {
		return err
	}
	slices.Sort(uids)
	d.gone = absent(d.known, uids, c.cutoff)
	if err := c.overviews(ctx, link, imaplink.SetOf(unknown(uids, d.known)...), d); err != nil {
		return err
	}
	if both := common(uids, d.known); len(both) > 0 {
		flags, err := link.Flags(ctx, imaplink.SetOf(both...))
		if err != nil {
			return err
		}
		d.changed = changed(d.known, flags)
	}
	d.cursor.Reconciled = c.began
	if d.cursor.ModSeq == 0 {
		d.cursor.UIDNext = notBeyond(k, d.cursor.UIDNext, uids)
	}
	return nil
}

// notBeyond holds the cursor back below UIDs that were given out and not seen: some
// servers speak of a message before they show it. At a second look they are believed
// to be deleted.
func notBeyond(k mailstore.Cursor, next mailstore.UID, uids []mailstore.UID) mailstore.UID {
	if len(uids) == 0 {
		return next
	}
	seen := uids[len(uids)-1] + 1
	if seen >= next || k.UIDNext == seen || k.UIDNext == next {
		return next
	}
	return seen
}

// resynced takes what QRESYNC told with the SELECT.
func (c *check) resynced(ctx context.Context, link Link, k mailstore.Cursor, sel imaplink.Selected, d *difference) error {
	d.changed = changed(d.known, sel.Changed)
	for _, p := range d.known {
		if sel.Vanished.Has(p.UID) {
			d.gone = append(d.gone, p)
		}
	}
	_, err := c.arrivals(ctx, link, k, sel, d)
	return err
}

// changedSince asks a server with CONDSTORE alone which flags changed. What vanished
// it cannot tell; the number of messages says whether anything did.
func (c *check) changedSince(ctx context.Context, link Link, k mailstore.Cursor, sel imaplink.Selected, d *difference) error {
	if sel.ModSeq > k.ModSeq {
		flags, _, err := link.ChangedSince(ctx, k.ModSeq, false)
		if err != nil {
			return err
		}
		d.changed = changed(d.known, flags)
	}
	came, err := c.arrivals(ctx, link, k, sel, d)
	if err != nil || int64(k.Exists)+came == int64(sel.Messages) {
		return err
	}
	uids, err := link.UIDs(ctx, c.cutoff)
	if err != nil {
		return err
	}
	slices.Sort(uids)
	d.gone = absent(d.known, uids, c.cutoff)
	return nil
}

// arrivals finds what came since the cursor, and counts it: -1 where the cursor was
// held back, and nobody knows.
func (c *check) arrivals(ctx context.Context, link Link, k mailstore.Cursor, sel imaplink.Selected, d *difference) (came int64, err error) {
	if sel.UIDNext == k.UIDNext {
		return 0, nil
	}
	if n := len(d.known); n > 0 && d.known[n-1].UID >= k.UIDNext {
		uids, err := link.UIDs(ctx, c.cutoff)
		if err != nil {
			return 0, err
		}
		return math.MinInt32, c.overviews(ctx, link, imaplink.SetOf(unknown(uids, d.known)...), d)
	}
	err = link.Overviews(ctx, imaplink.SetFrom(k.UIDNext), func(o imaplink.Overview) error {
		if o.UID >= k.UIDNext { // "n:*" names the last message even if it lies below n
			came++
			c.add(d, o)
		}
		return nil
	})
	return came, err
}

// overviews adds messages of the window.
func (c *check) overviews(ctx context.Context, link Link, set imaplink.UIDSet, d *difference) error {
	if len(set) == 0 {
		return nil
	}
	return link.Overviews(ctx, set, func(o imaplink.Overview) error {
		c.add(d, o)
		return nil
	})
}

func (c *check) add(d *difference, o imaplink.Overview) {
	if _, here := d.known.find(o.UID); !here && !o.Received.Before(c.cutoff) {
		d.fresh = append(d.fresh, o)
	}
}

// absent are the places in the window that the server no longer has. Older ones are
// left to grow old: the server was not asked for them.
func absent(known places, uids []mailstore.UID, cutoff time.Time) (gone []mailstore.Known) {
	for _, k := range known {
		if _, there := slices.BinarySearch(uids, k.UID); !there && !k.Received.Before(cutoff) {
			gone = append(gone, k)
		}
	}
	return gone
}

func unknown(uids []mailstore.UID, known places) (out []mailstore.UID) {
	for _, uid := range uids {
		if _, here := known.find(uid); !here {
			out = append(out, uid)
		}
	}
	return out
}

func common(uids []mailstore.UID, known places) (out []mailstore.UID) {
	for _, uid := range uids {
		if _, here := known.find(uid); here {
			out = append(out, uid)
		}
	}
	return out
}

// changed are the flags that differ from those known.
func changed(known places, flags []imaplink.Flagged) (out []mailstore.Change) {
	for _, f := range flags {
		if k, here := known.find(f.UID); here && !k.Flags.Equal(f.Flags) {
			out = append(out, mailstore.Change{UID: f.UID, Flags: f.Flags})
		}
	}
	return out
}
