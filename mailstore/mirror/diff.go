package mirror

import (
	"context"
	"slices"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// difference is what a folder at the primary has that the store's does not, and the
// other way round.
type difference struct {
	known   places // what the store has under the folder's UIDVALIDITY
	fresh   []imaplink.Overview
	changed []mailstore.Change
	gone    []mailstore.Known
	// before is what the store has under another UIDVALIDITY, which the folder had.
	before []mailstore.Known
	// cursor is where the folder stands when all this is in.
	cursor mailstore.Cursor
}

// places are messages of a folder by ascending UID.
type places []mailstore.Known

func (p places) find(uid mailstore.UID) (mailstore.Known, bool) {
	i, found := slices.BinarySearchFunc(p, uid, func(k mailstore.Known, uid mailstore.UID) int {
		return int(int64(k.UID) - int64(uid))
	})
	if !found {
		return mailstore.Known{}, false
	}
	return p[i], true
}

// differ compares a folder, by what the server is able to tell. New mail is found by
// UID alone, never by its mod-sequence: a message may get one below the cursor's.
func (c *check) differ(ctx context.Context, link Link, j *job, sel imaplink.Selected) (*difference, error) {
	k := j.folder.Cursor
	known, err := c.m.o.Store.KnownUnder(ctx, j.folder.ID, sel.UIDValidity)
	if err != nil {
		return nil, err
	}
	d := &difference{known: known, cursor: mailstore.Cursor{
		UIDValidity: sel.UIDValidity, UIDNext: sel.UIDNext, ModSeq: sel.ModSeq, Exists: sel.Messages,
		From: c.cutoff, Reconciled: k.Reconciled,
	}}
	if k.UIDValidity != sel.UIDValidity && k.UIDValidity != 0 {
		if d.before, err = c.m.o.Store.KnownUnder(ctx, j.folder.ID, k.UIDValidity); err != nil {
			return nil, err
		}
	}
	switch {
	case c.whole(j, sel):
		err = c.compareAll(ctx, link, k, d)
	case sel.Resynced:
		err = c.resynced(ctx, link, k, sel, d)
	default:
		err = c.changedSince(ctx, link, k, sel, d)
	}
	if err != nil {
		return nil, err
	}
	for _, p := range d.known {
		if p.Damaged && !slices.ContainsFunc(d.gone, func(g mailstore.Known) bool { return g.UID == p.UID }) {
			d.fresh = append(d.fresh, imaplink.Overview{UID: p.UID, Flags: p.Flags, Received: p.Received, Size: p.Size})
		}
	}
	return d, nil
}

// whole reports whether all of a folder's window is to be compared: what the server
// says of changes since the cursor is not there, not enough, or not to be relied on.
func (c *check) whole(j *job, sel imaplink.Selected) bool {
	k := j.folder.Cursor
	return k.UIDValidity != sel.UIDValidity || k.ModSeq == 0 || sel.ModSeq == 0 || sel.ModSeq < k.ModSeq ||
		j.folder.Held != nil || !j.folder.Gone.IsZero() || c.cutoff.Before(k.From) || c.due(k)
}
