package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/probe"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// Seed messages go three ways, each once in a run, all at the same time:
//
//	out    from somebody at the primary to themselves at the emergency subdomain,
//	       whose MX leads to the secondary: from one provider to the other, by the
//	       world's DNS
//	back   from the secondary to the domain. In calm times its MX leads to the primary; but a
//	       secondary that takes the domain for its own keeps the message, as it would after a
//	       switch. So it is looked for at both, and where it was found is told
//	home   from the primary to the domain
//
// Each side shows those that concern it. Nothing in a mailbox is changed, and the
// messages say that they may be deleted.
type seeding struct {
	b     *siteBuilder
	legs  map[string]func(context.Context) (probe.Leg, error)
	sides map[Side][]string
}

// seeding finds who can write to whom, and where it can be seen to arrive.
func (b *siteBuilder) seeding() *seeding {
	s := &seeding{b: b, legs: map[string]func(context.Context) (probe.Leg, error){}, sides: map[Side][]string{}}
	primary, secondary := b.mailboxes(failover.Primary), b.mailboxes(failover.Secondary)
	add := func(name string, from failover.Role, to func(string) string, wanted string, in map[failover.Role][]mailbox, sides ...Side) {
		person, boxes := meeting(in)
		if person == "" || b.d.Provider(from).Submission.Host == "" {
			return
		}
		s.legs[name] = once(func(ctx context.Context) (probe.Leg, error) {
			leg := b.leg(ctx, from, person, to(person), boxes)
			leg.Wanted = wanted
			return leg, nil
		})
		for _, side := range sides {
			s.sides[side] = append(s.sides[side], name)
		}
	}
	same := func(a string) string { return a }
	both := map[failover.Role][]mailbox{failover.Primary: primary, failover.Secondary: secondary}
	if b.d.Emergency != "" && len(secondary) > 0 {
		add("out", failover.Primary, b.atEmergency, b.d.Secondary.Name, both, SidePrimary, SideSecondary, SideEmergency)
	}
	add("back", failover.Secondary, same, "", both, SideSecondary)
	add("home", failover.Primary, same, "", both, SidePrimary)
	return s
}

// meeting finds somebody who has a mailbox at each of the providers that have any, and
// those mailboxes.
func meeting(in map[failover.Role][]mailbox) (address string, boxes map[failover.Role]mailbox) {
	most := map[failover.Role]mailbox{}
	for _, list := range in {
		for _, m := range list {
			there := map[failover.Role]mailbox{}
			for role, others := range in {
				if i := slices.IndexFunc(others, func(o mailbox) bool { return strings.EqualFold(o.address, m.address) }); i >= 0 {
					there[role] = others[i]
				}
			}
			if len(there) > len(most) || len(there) == len(most) && strings.Compare(m.address, address) < 0 {
				address, most = m.address, there
			}
		}
	}
	return address, most
}

// of are the legs that a side shows; nil where there are none.
func (s *seeding) of(side Side) func(context.Context) []probe.Leg {
	names := s.sides[side]
	if len(names) == 0 {
		return nil
	}
	return func(ctx context.Context) []probe.Leg {
		out := make([]probe.Leg, len(names))
		var wg sync.WaitGroup
		for i, name := range names {
			wg.Go(func() { out[i], _ = s.legs[name](ctx) })
		}
		wg.Wait()
		return out
	}
}

// leg sends one message and waits for it until ctx ends.
func (b *siteBuilder) leg(ctx context.Context, from failover.Role, person, to string, boxes map[failover.Role]mailbox) probe.Leg {
	leg := probe.Leg{From: person, To: to, Through: b.d.Provider(from).Name}
	search, err := b.search(ctx, boxes)
	defer search.close()
	if err != nil {
		leg.Failed = err
		return leg
	}
	sending, err := b.e.opt.Settings.SubmissionFor(string(from), person)
	if err != nil {
		leg.Failed = inFailover(failover.ErrInvalid, err)
		return leg
	}
	if sending.Address == "" && strings.Contains(sending.User, "@") {
		leg.From = sending.User // most providers want the sender to be the one signed in
	}
	p, err := b.run.look.prober(from)
	if err != nil {
		leg.Failed = err
		return leg
	}
	credential, err := b.e.credential(ctx, from, sending)
	if err != nil {
		leg.Failed = inFailover(failover.ErrCredential, err)
		return leg
	}
	began := b.e.opt.Now()
	leg.ID, leg.Failed = p.HandIn(ctx, b.d.Provider(from).Submission, credential, leg.From, leg.To)
	if leg.Sent = leg.Failed == nil; !leg.Sent {
		return leg
	}
	at, err := search.find(ctx, b.e.opt.Sleep, leg.ID)
	switch {
	case err == nil:
		leg.At, leg.Took = b.d.Provider(at).Name, max(0, b.e.opt.Now().Sub(began))
	case ctx.Err() == nil:
		leg.Failed = err
	}
	return leg
}

// seedSearch looks for a message in several mailboxes.
type seedSearch struct{ boxes []*seedBox }

// seedBox is an open mailbox, with the folders that new mail comes to and what they had
// before.
type seedBox struct {
	role    failover.Role
	conn    *imaplink.Conn
	folders map[string]mailstore.UID // the UID that the next message will have
}

// search opens the mailboxes. The error is that none of them could be.
func (b *siteBuilder) search(ctx context.Context, boxes map[failover.Role]mailbox) (*seedSearch, error) {
	s, errs := &seedSearch{}, []error{}
	for role, m := range boxes {
		conn, err := m.open(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		box := &seedBox{role: role, conn: conn, folders: map[string]mailstore.UID{}}
		s.boxes = append(s.boxes, box)
		if err := box.note(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	if len(s.boxes) == 0 {
		return s, inFailover(failover.ErrUnreachable, errors.Join(errs...))
	}
	return s, nil
}

func (s *seedSearch) close() {
	for _, b := range s.boxes {
		_ = b.conn.Close() // what was found was found
	}
}

// note remembers what is in the folders where a message may turn up.
func (b *seedBox) note(ctx context.Context) error {
	folders, err := b.conn.List(ctx)
	if err != nil {
		return err
	}
	for _, f := range folders {
		if f.NoSelect || f.Namespace != "" || f.Role != mailstore.Junk && f.Role != mailstore.Inbox && !strings.EqualFold(f.Name, "INBOX") {
			continue
		}
		sel, err := b.conn.Select(ctx, f.Name, nil)
		if err != nil {
			return err
		}
		b.folders[f.Name] = sel.UIDNext
	}
	return nil
}

// seedLook is the time from one look to the next.
const seedLook = 500 * time.Millisecond

// find waits for a message until ctx ends, and says where it is.
func (s *seedSearch) find(ctx context.Context, sleep func(context.Context, time.Duration) error, id string) (failover.Role, error) {
	for {
		for _, b := range s.boxes {
			found, err := b.has(ctx, id)
			if err != nil {
				return "", inFailover(failover.ErrUnreachable, err)
			}
			if found {
				return b.role, nil
			}
		}
		if err := sleep(ctx, seedLook); err != nil {
			return "", err
		}
	}
}

// mostOfSeed is how much of a new message is read to see whether it is the one.
const mostOfSeed = 64 << 10

// has reports whether a message with the number has come.
func (b *seedBox) has(ctx context.Context, id string) (bool, error) {
	mark, found := []byte(probe.SeedHeader+id), false
	for name, next := range b.folders {
		if _, err := b.conn.Select(ctx, name, nil); err != nil {
			return false, err
		}
		var wants []imaplink.Want
		err := b.conn.Overviews(ctx, imaplink.SetFrom(next), func(o imaplink.Overview) error {
			if o.UID >= next && o.Size <= mostOfSeed {
				wants = append(wants, imaplink.Want{UID: o.UID, Size: o.Size})
			}
			return nil
		})
		if err != nil {
			return false, err
		}
		var mu sync.Mutex
		err = b.conn.Bodies(ctx, wants, func(_ imaplink.Overview, r io.Reader) error {
			text, err := io.ReadAll(r)
			mu.Lock()
			defer mu.Unlock()
			found = found || bytes.Contains(text, mark)
			return err
		})
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}
