// Package dnshost is the port to whoever holds a domain's zone: a server that
// takes dynamic updates, a hosting company's API, or a person at a web console.
//
// Hosts differ in what they can promise, so a [Host] declares its
// [Capabilities] and nobody assumes more. What every host must keep, whatever
// it can do, is tested by one contract suite (package hosttest):
//
//   - Unrelated records are never touched.
//   - A set is never empty on the way from one value to the next.
//   - A change whose Before is not what is there is refused with
//     [failover.ErrStale] and changes nothing, as far as the host can tell.
//   - When the reply to a change is lost the error is [failover.ErrUncertain];
//     the caller reads again and never resends blindly.
//   - A change whose After is there already succeeds without a request that
//     changes anything.
package dnshost

import (
	"context"
	"time"

	"lifeboat/failover"
)

// Capabilities says what a host can promise.
type Capabilities struct {
	// CompareAndSwap: the host itself refuses a change whose Before is not
	// what is there, in one indivisible step. Without it Apply reads just before
	// it writes, and a small window stays.
	CompareAndSwap bool
	// LockRecord: the host can hold the lock record, and of several that take
	// it at once exactly one gets it.
	LockRecord bool
	// Interactive: a person makes the change; Apply guides and waits, and the
	// records may pass through states that are neither Before nor After.
	Interactive bool
	// MinTTL and MaxTTL bound what TTLs (seconds) the host takes; 0 is no bound.
	MinTTL, MaxTTL uint32
	// OwnTTL: the host gives every record a TTL of its own choice; what a change
	// says about TTLs counts for nothing there, and sets are done when their
	// records are right.
	OwnTTL bool
}

// Host is a DNS host, with its credential, as one domain uses it. Its methods
// may be called from several goroutines. Errors are *failover.Error of the kinds
// named in package failover.
type Host interface {
	Capabilities() Capabilities

	// Zone returns the zone that holds name (the longest one the host has), as
	// failover.FQDN makes it, or failover.ErrZone.
	Zone(ctx context.Context, name string) (string, error)

	// Read returns the sets as the host holds them now, in the order of the
	// keys; a set that is not there comes back without values.
	Read(ctx context.Context, zone string, keys []failover.Key) ([]failover.RRset, error)

	// Apply makes one change. A nil error means that the host holds After.
	Apply(ctx context.Context, c Change) error

	// Lock puts the lock record into the zone, or fails with failover.ErrLocked and
	// a sentence naming owner and expiry of the one that is there. A lock with
	// the same Operation counts as ours. With replace, that very lock (as
	// ReadLock gave it) is replaced by the new one. A host without LockRecord
	// returns nil.
	Lock(ctx context.Context, zone string, l Lock, replace *Lock) error

	// ReadLock returns the zone's lock, nil when there is none.
	ReadLock(ctx context.Context, zone string) (*Lock, error)

	// Unlock removes the lock record if it is this operation's; otherwise it
	// does nothing.
	Unlock(ctx context.Context, zone string, l Lock) error
}

// Change is the replacement of one record set by another.
type Change struct {
	Zone          string
	Before, After failover.RRset // same key
	// Resumed: this change was begun earlier and interrupted. An Interactive host
	// then takes any records for half-way, however little they look like it.
	Resumed bool
	// Lock is the lock held in the zone. A host with CompareAndSwap makes it a
	// condition of the change. The zero Lock is none.
	Lock Lock
	// Tell, when set, is called with what is going on, in the order it happens,
	// from the goroutine that called Apply.
	Tell func(Progress)
}

// Progress is a host's word during a change.
type Progress struct {
	Say failover.Sentence
	// Guide is what a person has to do, for Interactive hosts.
	Guide *Guide
}

// Guide is what a person has to do at a web console.
type Guide struct {
	Console string              // the console's name, as its owner writes it
	Steps   []failover.Sentence // in order
	Remove  []Entry             // records to delete
	Add     []Entry             // records to enter
}

// Entry is a record as a console's form wants it: its fields by the labels that
// the console shows, in the form's order.
type Entry struct {
	Fields []Field
}

// Field is one box of a form: its label at the console and what to type.
type Field struct {
	Label failover.Sentence
	Value string
}

// LockName returns the owner name of a zone's lock record.
func LockName(zone string) string { return "_lifeboat-lock." + failover.FQDN(zone) }

// Lock is the content of the lock record: a TXT record at LockName, kept while a
// run changes the zone, so that two admins do not switch against each other. An
// expired lock still stands until somebody takes it over deliberately.
type Lock struct {
	Operation string    // the run that holds it
	Owner     string    // who: user@machine, printable ASCII
	Expires   time.Time // to the second, UTC
}
