package cloudflare

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
	"lifeboat/failover/dnswire"
)

const (
	// lockContent is the same for every lock, so that there can be one only.
	lockContent = `"lifeboat-lock1 (see this record's comment)"`
	lockTTL     = 60 // seconds, the shortest that every plan allows
	// maxComment is how many characters a comment holds on the free plan; more
	// is error 9313.
	maxComment = 100
	lockTag    = "lifeboat-lock1"
	lockTime   = "20060102T150405Z"
	// maxOperation leaves room for the tag, the time and at least 27 characters
	// of the owner.
	maxOperation = 40
	// attempts is how often a lock is looked at again when somebody else moved it
	// between reading and writing.
	attempts = 4
)

// comment is a lock as the comment of its record: tag, end, operation and owner.
// Only the owner may be cut short; an operation too long for it is told by its
// digest.
func comment(l dnshost.Lock) string {
	l, _ = dnshost.ParseLock(l.Text()) // without blanks and the like
	if l.Owner == "" {
		l.Owner = "unknown"
	}
	op := l.Operation
	if len(op) > maxOperation {
		sum := sha256.Sum256([]byte(op))
		op = op[:maxOperation-17] + "~" + hex.EncodeToString(sum[:8])
	}
	text := strings.Join([]string{lockTag, l.Expires.UTC().Format(lockTime), op, l.Owner}, " ")
	return text[:min(len(text), maxComment)]
}

// parseComment reads what comment wrote; ok is false for anything else.
func parseComment(text string) (l dnshost.Lock, ok bool) {
	f := strings.Fields(text)
	if len(f) != 4 || f[0] != lockTag {
		return dnshost.Lock{}, false
	}
	until, err := time.Parse(lockTime, f[1])
	return dnshost.Lock{Operation: f[2], Owner: f[3], Expires: until.UTC()}, err == nil
}

// asHeld is a lock as it reads back from its record.
func asHeld(l dnshost.Lock) dnshost.Lock {
	if held, ok := parseComment(comment(l)); ok {
		return held
	}
	return l
}

// holding is the lock of a zone with the records that it is in.
type holding struct {
	lock    *dnshost.Lock // nil: none
	records records
}

// held reads a zone's lock. Any TXT record at the lock's name is one.
func (h *Host) held(ctx context.Context, zoneID, zone string) (holding, error) {
	rs, set, err := h.readSet(ctx, zoneID, failover.Key{Name: dnshost.LockName(zone), Type: "TXT"})
	if err != nil {
		return holding{}, err
	}
	if len(rs) == 1 && len(set.Values) == 1 && set.Values[0] == lockContent && rs[0].Comment != nil {
		if l, ok := parseComment(*rs[0].Comment); ok {
			return holding{lock: &l, records: rs}, nil
		}
	}
	texts := make([]string, 0, len(rs))
	for _, v := range set.Values {
		text, err := dnswire.Text(v)
		if err != nil {
			return holding{}, h.garbled(request{}, err)
		}
		texts = append(texts, text)
	}
	return holding{lock: dnshost.LockFromTexts(texts), records: rs}, nil
}

// ReadLock returns the zone's lock. An operation or owner too long for a comment
// comes back shortened.
func (h *Host) ReadLock(ctx context.Context, zone string) (*dnshost.Lock, error) {
	zone = failover.FQDN(zone)
	var held holding
	err := h.patiently(ctx, func() error {
		id, err := h.zoneID(ctx, zone)
		if err == nil {
			held, err = h.held(ctx, id, zone)
		}
		return err
	})
	return held.lock, err
}

// Lock creates the lock record, which Cloudflare does once only. A lock that is
// replaced is deleted in the same transaction, by its record's identifier: if it is
// not there any more, nothing is done.
func (h *Host) Lock(ctx context.Context, zone string, l dnshost.Lock, replace *dnshost.Lock) error {
	zone = failover.FQDN(zone)
	mine := asHeld(l)
	text := comment(l)
	if replace != nil {
		shortened := asHeld(*replace)
		replace = &shortened
	}
	return h.moveLock(ctx, zone, func(held holding) (batch, error) {
		if err := mine.MayTake(zone, held.lock, replace); err != nil {
			return batch{}, err
		}
		if held.lock != nil && mine.SameRun(*held.lock) {
			if *held.lock == mine {
				return batch{}, nil
			}
			r := held.records[0]
			return batch{Patches: []write{{ID: r.ID, Type: r.Type, Name: r.Name, Comment: &text}}}, nil
		}
		b := batch{Posts: []write{{
			Type: "TXT", Name: strings.TrimSuffix(dnshost.LockName(zone), "."),
			Content: lockContent, TTL: lockTTL, Comment: &text,
		}}}
		for _, r := range held.records {
			b.Deletes = append(b.Deletes, write{ID: r.ID})
		}
		return b, nil
	})
}

// Unlock deletes the lock record, by its identifier, if it is this operation's.
func (h *Host) Unlock(ctx context.Context, zone string, l dnshost.Lock) error {
	mine := asHeld(l)
	return h.moveLock(ctx, failover.FQDN(zone), func(held holding) (batch, error) {
		if held.lock == nil || !mine.SameRun(*held.lock) {
			return batch{}, nil
		}
		return batch{Deletes: []write{{ID: held.records[0].ID}}}, nil
	})
}

// moveLock sends what decide wants in view of the lock held, and asks it again when
// somebody was faster.
func (h *Host) moveLock(ctx context.Context, zone string, decide func(holding) (batch, error)) error {
	return h.patiently(ctx, func() error {
		id, err := h.zoneID(ctx, zone)
		if err != nil {
			return err
		}
		for range attempts {
			held, err := h.held(ctx, id, zone)
			if err != nil {
				return err
			}
			b, err := decide(held)
			if err != nil {
				return err
			}
			created, err := h.send(ctx, id, b)
			if errors.Is(err, errGone) || errors.Is(err, errExists) {
				continue
			}
			if err != nil || len(created) == 0 {
				return err
			}
			return h.alone(ctx, id, zone, created[0])
		}
		return dnshost.Busy(zone)
	})
}

// alone makes sure that the lock just created is the only one, and withdraws it if
// not. Of two locks created at the same time, whoever reads last sees both, so
// that never both stay.
func (h *Host) alone(ctx context.Context, zoneID, zone, created string) error {
	now, err := h.held(ctx, zoneID, zone)
	if err != nil {
		return failover.Fail(failover.ErrUncertain,
			"the lock of {zone} was taken at Cloudflare, but could not be read again; try again", "zone", failover.Display(zone)).Because(err)
	}
	others := slices.ContainsFunc(now.records, func(r record) bool { return r.ID != created })
	if !others {
		return nil
	}
	if _, err := h.send(ctx, zoneID, batch{Deletes: []write{{ID: created}}}); err != nil && !errors.Is(err, errGone) {
		return err
	}
	if now, err = h.held(ctx, zoneID, zone); err != nil {
		return err
	}
	if now.lock == nil {
		return dnshost.Busy(zone)
	}
	return dnshost.Held(zone, *now.lock)
}
