package dnshost

import (
	"strings"

	"lifeboat/failover"
)

// What every host has to decide in the same way. A host asks these before it
// writes; one with CompareAndSwap then makes the same conditions part of its
// request.

// Check reports a change that makes no sense, whatever the zone holds:
// failover.ErrInvalid when Before and After are of different sets, and
// failover.ErrZone when the set is not in the zone.
func (c Change) Check() error {
	if c.Before.Key != c.After.Key {
		return failover.Fail(failover.ErrInvalid,
			"this change replaces {before} by {after}; a change replaces one record set by another of the same name and type",
			"before", c.Before.Key, "after", c.After.Key)
	}
	return CheckKeys(c.Zone, []failover.Key{c.After.Key})
}

// CheckKeys is failover.ErrZone when a set is not in the zone.
func CheckKeys(zone string, keys []failover.Key) error {
	for _, k := range keys {
		if !failover.Within(k.Name, failover.FQDN(zone)) {
			return failover.Fail(failover.ErrZone, "{record} is not in the zone {zone}", "record", k, "zone", failover.Display(zone))
		}
	}
	return nil
}

// CheckLock says whether a change may be made while the zone's lock is held (nil:
// there is none). It may when the lock is the change's own, or when neither has
// one; otherwise the error is failover.ErrLocked.
func (c Change) CheckLock(held *Lock) error {
	switch {
	case held == nil && c.Lock == Lock{}:
		return nil
	case held == nil:
		return failover.Fail(failover.ErrLocked,
			"the lock on {zone} is gone: somebody removed it while this run was at work; nothing was changed; look at the records and start again",
			"zone", failover.Display(c.Zone))
	case c.Lock.SameRun(*held):
		return nil
	default:
		return Held(c.Zone, *held)
	}
}

// MayTake says whether a new lock may be put in the place of the held one (nil:
// there is none): when there is none, when it is of the same operation, or when it
// is the very one that replace names. Otherwise the error is failover.ErrLocked.
func (l Lock) MayTake(zone string, held, replace *Lock) error {
	if held == nil || l.SameRun(*held) || replace != nil && replace.canonical() == held.canonical() {
		return nil
	}
	return Held(zone, *held)
}

// SameRun reports whether two locks are of one operation. A lock without an
// operation is of none.
func (l Lock) SameRun(other Lock) bool {
	a, b := l.canonical().Operation, other.canonical().Operation
	return a != "" && a == b
}

// canonical is the lock as it reads back from its record.
func (l Lock) canonical() Lock {
	if l.Operation == "" {
		return l
	}
	c, _ := ParseLock(l.Text())
	return c
}

// LockFromTexts reads the lock off the texts of the TXT records at a zone's
// LockName. No texts are no lock (nil); what Lifeboat did not write is the lock of
// somebody unknown.
func LockFromTexts(texts []string) *Lock {
	switch len(texts) {
	case 0:
		return nil
	case 1:
		l, _ := ParseLock(texts[0])
		return &l
	default:
		// Never ours: Lifeboat writes one record only.
		l, _ := ParseLock("several: " + strings.Join(texts, " | "))
		return &l
	}
}

// Busy is the error for a lock that others move faster than it can be taken.
func Busy(zone string) *failover.Error {
	return failover.Fail(failover.ErrLocked,
		"others take and release the lock of {zone} all the time; try again in a moment", "zone", failover.Display(zone))
}

// Stale is the error for a record set that is not what a change expects.
func Stale(before, live failover.RRset) *failover.Error {
	record := before.Key
	switch {
	case !live.Exists():
		return failover.Fail(failover.ErrStale,
			"{record} is gone; this change expects {before}. Nothing was changed: look at the records and make a new plan",
			"record", record, "before", before)
	case !before.Exists():
		return failover.Fail(failover.ErrStale,
			"{record} is there already: {live}. This change expects none. Nothing was changed: look at the records and make a new plan",
			"record", record, "live", live)
	default:
		return failover.Fail(failover.ErrStale,
			"{record} has changed: it is {live}, and this change expects {before}. Nothing was changed: look at the records and make a new plan",
			"record", record, "live", live, "before", before)
	}
}

// Unsettled is the error for a change that a host accepted but does not show:
// failover.ErrUncertain, as reading again is what helps.
func Unsettled(host string, after, live failover.RRset) *failover.Error {
	if !live.Exists() {
		return failover.Fail(failover.ErrUncertain,
			"{host} accepted the change of {record}, but does not show it: it gives none; read again before anything else",
			"host", host, "record", after.Key)
	}
	return failover.Fail(failover.ErrUncertain,
		"{host} accepted the change of {record}, but does not show it: it gives {live}; read again before anything else",
		"host", host, "record", after.Key, "live", live)
}
