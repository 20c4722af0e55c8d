package failovertest

import (
	"errors"

	"lifeboat/failover"
)

// Op is a method of a host.
type Op string

// The methods.
const (
	Zone     Op = "zone"
	Read     Op = "read"
	Apply    Op = "apply"
	Lock     Op = "lock"
	ReadLock Op = "read lock"
	Unlock   Op = "unlock"
)

// Fault is what goes wrong with one call. The zero Fault is a call that goes well.
type Fault struct {
	// Err is what the call returns.
	Err error
	// Done: the call takes effect all the same; it is the reply that is lost.
	Done bool
	// Late: the request of an Apply is carried out, if it still can be, only when
	// [Host.Arrive] is called.
	Late bool
	// Hang: the call waits until its context ends, and then fails as if its request
	// had been lost (or, with Done, its reply).
	Hang bool
	// First is done before anything else: what somebody else does at that moment.
	First func()
}

// LostReply is a request that is carried out and whose reply is lost.
func LostReply() Fault { return Fault{Err: uncertain(), Done: true} }

// LostRequest is a request that is sent and lost, which looks the same.
func LostRequest() Fault { return Fault{Err: uncertain()} }

// LateRequest is a request that seems lost and arrives later; see [Host.Arrive].
func LateRequest() Fault { return Fault{Err: uncertain(), Late: true} }

// Throttled is a host that asks for patience.
func Throttled() Fault {
	return Fault{Err: broken(failover.ErrThrottled, "the fake host asks for patience")}
}

// Unreachable is a host to which no connection can be made.
func Unreachable() Fault {
	return Fault{Err: broken(failover.ErrUnreachable, "the fake host cannot be reached")}
}

// ReadOnly is a credential that may not change anything.
func ReadOnly() Fault {
	return Fault{Err: broken(failover.ErrReadOnly, "the fake host's credential may only read")}
}

// Rejected is a credential that the host does not know.
func Rejected() Fault {
	return Fault{Err: broken(failover.ErrCredential, "the fake host does not know the credential")}
}

// Stale is a host that says the records had changed, although they have not.
func Stale() Fault {
	return Fault{Err: broken(failover.ErrStale, "the fake host says that the records have changed")}
}

// After is a call that goes well after somebody else has done something.
func After(first func()) Fault { return Fault{First: first} }

// Hanging is a request that is never answered, nor carried out.
func Hanging() Fault { return Fault{Hang: true} }

func uncertain() error {
	return broken(failover.ErrUncertain, "the fake host's reply is lost").Because(errors.New("connection reset"))
}

// broken makes an error without failover.Fail: its sentence is for tests, and has
// no translation.
func broken(kind error, sentence string) *failover.Error {
	return &failover.Error{Kind: kind, Say: failover.Sentence{Template: sentence}}
}
