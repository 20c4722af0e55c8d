package mirror

import (
	"context"

	"lifeboat/mailstore"
)

// finish brings in the rest of a folder in one batch: the last arrivals, changed
// flags, and the cursor, which speaks for all of it. Where messages vanished, arrivals
// and flags go in, and the rest waits until every folder was looked at: a message that
// was moved is never out of sight, even if the line breaks before its new folder is
// reached, and what was moved is not lost.
func (c *check) finish(ctx context.Context, j *job, d *difference, missing []Missing, rest []mailstore.Arrival) error {
	c.mu.Lock()
	c.out.Missing = append(c.out.Missing, missing...)
	c.mu.Unlock()
	for _, m := range missing { // the next check looks from there on
		d.cursor.UIDNext = min(d.cursor.UIDNext, m.UID)
	}
	b := mailstore.Batch{
		Folder: j.folder.ID, UIDValidity: d.cursor.UIDValidity,
		Arrived: rest, Changed: d.changed, At: c.began,
	}
	if len(d.before) > 0 || len(d.gone) > 0 || j.folder.Held != nil {
		if len(b.Arrived)+len(b.Changed) > 0 {
			if err := c.apply(ctx, j, b); err != nil {
				return err
			}
		}
		c.suspect(suspect{j: j, d: d, missing: len(missing)})
		return nil
	}
	b.Cursor = &d.cursor
	if err := c.apply(ctx, j, b); err != nil {
		return err
	}
	return c.release(ctx, j.folder)
}

// inWindow counts the places that are not older than the window.
func (c *check) inWindow(known []mailstore.Known) int {
	n := 0
	for _, k := range known {
		if !k.Received.Before(c.cutoff) {
			n++
		}
	}
	return n
}

// unusual reports whether so many of so many are too many to vanish at once.
func (c *check) unusual(gone, of int) bool {
	u := c.m.o.Unusual
	return gone > u.Floor && float64(gone) > u.Share*float64(of)
}
