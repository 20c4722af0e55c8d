package mirror

import (
	"context"
	"slices"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// A renamed folder is known by a probe: so many of its messages are compared, and so
// many at least must be there and be the same.
const (
	probes     = 8
	probesSame = 3
)

// renamed pairs folders that are new with those that are gone and are the same by all
// signs: the UIDVALIDITY, a UIDNEXT that did not go back, and several messages that
// have the same UID, date and size. UIDVALIDITY alone says little: servers give the
// same one to folders made in the same second.
func (c *check) renamed(ctx context.Context, link Link, found *matched) error {
	for i, p := range found.pairs {
		if p.stored.ID != 0 || p.listed.Status == nil {
			continue
		}
		for n, gone := range found.absent {
			same, err := c.sameFolder(ctx, link, p.listed, gone)
			if err != nil {
				return err
			}
			if same {
				found.pairs[i].stored = gone
				found.absent = slices.Delete(found.absent, n, n+1)
				break
			}
		}
	}
	return nil
}

func (c *check) sameFolder(ctx context.Context, link Link, now imaplink.Folder, before mailstore.Folder) (bool, error) {
	k := before.Cursor
	if k.UIDValidity == 0 || k.UIDValidity != now.Status.UIDValidity || now.Status.UIDNext < k.UIDNext {
		return false, nil
	}
	known, err := c.m.o.Store.KnownUnder(ctx, before.ID, k.UIDValidity)
	if err != nil || len(known) == 0 {
		return false, err
	}
	picked := map[mailstore.UID]mailstore.Known{}
	for i := range probes {
		p := known[i*(len(known)-1)/(probes-1)]
		picked[p.UID] = p
	}
	uids := make([]mailstore.UID, 0, len(picked))
	for uid := range picked {
		uids = append(uids, uid)
	}
	if _, err := link.Select(ctx, now.Name, nil); err != nil {
		return false, err
	}
	there, same := 0, 0
	err = link.Overviews(ctx, imaplink.SetOf(uids...), func(o imaplink.Overview) error {
		p, asked := picked[o.UID]
		if !asked {
			return nil
		}
		there++
		if p.Received.Truncate(time.Second).Equal(o.Received.Truncate(time.Second)) && p.Size == o.Size {
			same++
		}
		return nil
	})
	return there == same && same >= min(probesSame, len(picked)), err
}
