package failover

import (
	"errors"
	"maps"
	"slices"
)

// The kinds of failure that callers tell apart with errors.Is. Each is carried
// by an [Error], which adds the sentence for the person and the cause.
var (
	// ErrInvalid: the settings or the request make no sense.
	ErrInvalid = errors.New("invalid")
	// ErrZone: the DNS host does not know the zone, or it is not ours.
	ErrZone = errors.New("zone not found")
	// ErrCredential: the DNS host or server rejects the credential.
	ErrCredential = errors.New("credential rejected")
	// ErrReadOnly: the credential may read but not change.
	ErrReadOnly = errors.New("read only")
	// ErrClock: this machine's clock and the server's are too far apart.
	ErrClock = errors.New("clock wrong")
	// ErrStale: the records are not what the change expected them to be.
	ErrStale = errors.New("records have changed")
	// ErrLocked: another run holds the zone's lock record.
	ErrLocked = errors.New("locked")
	// ErrThrottled: the host asks for patience.
	ErrThrottled = errors.New("throttled")
	// ErrUnreachable: nobody answered; nothing was changed.
	ErrUnreachable = errors.New("unreachable")
	// ErrUncertain: the request was sent and its answer lost; it may or may not
	// have been carried out. Read again before anything else.
	ErrUncertain = errors.New("outcome unknown")
	// ErrUnsupported: the host cannot do what was asked.
	ErrUnsupported = errors.New("unsupported")
	// ErrWaiting: a person has yet to do something; the work is kept and goes on
	// when the same command is given again.
	ErrWaiting = errors.New("waiting for a person")
	// ErrBlocked: the preflight or a gate refuses the plan.
	ErrBlocked = errors.New("refused")
	// ErrSurprise: the live records are neither what was there before nor what
	// the plan wants; see [Difference].
	ErrSurprise = errors.New("someone else changed the records")
	// ErrDamaged: a file of ours cannot be believed.
	ErrDamaged = errors.New("file damaged")
	// ErrDisk: a file of ours could not be written.
	ErrDisk = errors.New("could not write")
)

// Error is a failure with its kind for programs, its sentence for people, and
// its technical cause for the log.
type Error struct {
	Kind  error
	Say   Sentence
	Cause error
}

// Fail makes an error of one of the kinds above with the sentence for the
// person; see [Say] for template and parts.
func Fail(kind error, template string, parts ...any) *Error {
	return &Error{Kind: kind, Say: Say(template, parts...)}
}

// Because returns the error with its technical cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Error tells the sentence in English, followed by the cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Say.String() + " (" + e.Cause.Error() + ")"
	}
	return e.Say.String()
}

// Sentence returns what a person should read, without the cause.
func (e *Error) Sentence() (template string, args []string) { return e.Say.Sentence() }

// SentenceOf returns what a person should read of any error; of one that is none of
// ours, its own text.
func SentenceOf(err error) Sentence {
	var e *Error
	if errors.As(err, &e) {
		return e.Say
	}
	return Say("{error}", "error", err.Error())
}

// Unwrap gives kind and cause to errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// Temporary reports whether the same request may succeed later without anybody
// changing anything.
func (e *Error) Temporary() bool {
	return errors.Is(e.Kind, ErrThrottled) || errors.Is(e.Kind, ErrUnreachable) || errors.Is(e.Kind, ErrUncertain)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
