package mirror

import (
	"context"
	"time"

	"lifeboat/mailstore"
)

// suspect is a folder from which messages vanished, or that got a new UIDVALIDITY, or
// that is held. It is decided on when every folder was looked at; if one could not be,
// the next check decides.
type suspect struct {
	j       *job
	d       *difference
	missing int
	gone    []mailstore.Known
	of      int
}

func (c *check) suspect(s suspect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.suspects = append(c.suspects, s)
}

// settle decides on suspects, and on folders that the primary no longer has. What is
// vanishing from all of them is known before the first is decided on: a message that
// lies in two folders and vanishes from both was moved to neither.
func (c *check) settle(ctx context.Context, absent []mailstore.Folder) error {
	going := going{folders: map[mailstore.FolderID]bool{}, places: map[placeKey]bool{}}
	for _, f := range absent {
		going.folders[f.ID] = true
	}
	for i := range c.suspects {
		s := &c.suspects[i]
		s.gone, s.of = s.d.gone, c.inWindow(s.d.known)
		if len(s.d.before) > 0 {
			var err error
			if s.gone, err = c.notRematched(ctx, *s); err != nil {
				return err
			}
			s.of = c.inWindow(s.d.before)
		}
		for _, k := range s.gone {
			going.places[placeKey{s.j.folder.ID, k.UID}] = true
		}
	}
	for _, s := range c.suspects {
		if err := c.settleSuspect(ctx, s, going); err != nil {
			return err
		}
	}
	for _, f := range absent {
		if !c.wantedByAnswer(f) {
			continue
		}
		if err := c.settleAbsent(ctx, f, going); err != nil {
			return err
		}
	}
	return nil
}

// going is what is vanishing in this check.
type going struct {
	folders map[mailstore.FolderID]bool
	places  map[placeKey]bool
}

type placeKey struct {
	folder mailstore.FolderID
	uid    mailstore.UID
}

func (g going) has(p mailstore.Place) bool {
	return !p.Gone.IsZero() || g.folders[p.Folder] || g.places[placeKey{p.Folder, p.UID}]
}

func (c *check) settleSuspect(ctx context.Context, s suspect, going going) error {
	renewed := len(s.d.before) > 0
	if renewed && s.missing > 0 && len(s.gone) > 0 {
		return nil // one of those may be it: nothing is hidden before it came
	}
	lost, err := c.nowhereElse(ctx, s.gone, going)
	if err != nil {
		return err
	}
	switch c.judge(len(lost), s.of) {
	case hold:
		return c.hold(ctx, s.j.folder, len(lost), s.of)
	case keepHere:
		if err := c.keepHere(ctx, s.j.folder, lost); err != nil {
			return err
		}
	case letGo:
	}
	// With a new UIDVALIDITY, its cursor hides what was there before.
	b := mailstore.Batch{Folder: s.j.folder.ID, UIDValidity: s.d.cursor.UIDValidity, Cursor: &s.d.cursor, At: c.began}
	for _, k := range s.d.gone {
		b.Gone = append(b.Gone, k.UID)
	}
	if err := c.apply(ctx, s.j, b); err != nil {
		return err
	}
	return c.release(ctx, s.j.folder)
}

// settleAbsent decides on a folder that the primary no longer lists.
func (c *check) settleAbsent(ctx context.Context, f mailstore.Folder, going going) error {
	known, err := c.m.o.Store.KnownUnder(ctx, f.ID, f.Cursor.UIDValidity)
	if err != nil {
		return err
	}
	var gone []mailstore.Known
	for _, k := range known {
		if !k.Received.Before(c.cutoff) {
			gone = append(gone, k)
		}
	}
	lost, err := c.nowhereElse(ctx, gone, going)
	if err != nil {
		return err
	}
	b := mailstore.Batch{Folder: f.ID, UIDValidity: f.Cursor.UIDValidity, At: c.began}
	switch c.judge(len(lost), len(gone)) {
	case hold:
		return c.hold(ctx, f, len(lost), len(gone))
	case keepHere:
		f.Name, f.RemoteID, f.Role = c.keptName(f), c.keptID(f), mailstore.NoRole
	case letGo:
		f.Gone = c.began
		for _, k := range known {
			b.Gone = append(b.Gone, k.UID)
		}
	}
	f.Held = nil
	if _, err := c.m.o.Store.SaveFolder(ctx, f); err != nil || len(b.Gone) == 0 {
		return err
	}
	return c.apply(ctx, &job{folder: f}, b)
}

// notRematched are the places of before that have no equal under the new UIDVALIDITY:
// no message with the same bytes.
func (c *check) notRematched(ctx context.Context, s suspect) ([]mailstore.Known, error) {
	now, err := c.m.o.Store.KnownUnder(ctx, s.j.folder.ID, s.d.cursor.UIDValidity)
	if err != nil {
		return nil, err
	}
	same := make(map[mailstore.MessageID]bool, len(now))
	for _, k := range now {
		// What came in an earlier try may be gone again by now.
		if _, gone := places(s.d.gone).find(k.UID); !gone {
			same[k.Message] = true
		}
	}
	var gone []mailstore.Known
	for _, k := range s.d.before {
		if !same[k.Message] && !k.Received.Before(c.cutoff) {
			gone = append(gone, k)
		}
	}
	return gone, nil
}

// nowhereElse leaves those places whose messages lie in no other place of the account
// that is not vanishing too: the others were moved. It asks for each message, but only
// when many vanished.
func (c *check) nowhereElse(ctx context.Context, gone []mailstore.Known, going going) ([]mailstore.Known, error) {
	if len(gone) <= c.m.o.Unusual.Floor && (c.answer == nil || !c.answer.keep) {
		return gone, nil
	}
	var lost []mailstore.Known
	for _, k := range gone {
		message, err := c.m.o.Store.Message(ctx, k.Message)
		if err != nil {
			return nil, err
		}
		stays := false
		for _, p := range message.Places {
			stays = stays || !going.has(p)
		}
		if !stays {
			lost = append(lost, k)
		}
	}
	return lost, nil
}

// hold stops a folder: nothing of it is hidden and its cursor stays where it is, until
// a person has decided or what was lost is there again.
func (c *check) hold(ctx context.Context, f mailstore.Folder, gone, of int) error {
	since := c.began
	if f.Held != nil {
		since = f.Held.Since
	}
	held := mailstore.Held{Gone: gone, Of: of, Since: since}
	if f.Held == nil || *f.Held != held {
		f.Held = &held
		saved, err := c.m.o.Store.SaveFolder(ctx, f)
		if err != nil {
			return err
		}
		f = saved
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.Held = append(c.out.Held, f)
	return nil
}

// release lets a folder go on that was held, or gone.
func (c *check) release(ctx context.Context, f mailstore.Folder) error {
	if f.Held == nil && f.Gone.IsZero() {
		return nil
	}
	f.Held, f.Gone = nil, time.Time{}
	_, err := c.m.o.Store.SaveFolder(ctx, f)
	return err
}
