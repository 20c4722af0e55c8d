package local

import (
	"context"
	"errors"
	"slices"

	"lifeboat/failover"
	"lifeboat/mailstore"
)

// wireError is a failure on its way to the face: kind and sentence stay what they are,
// so that a face treats it as if it had happened in its own process. The technical
// cause goes along as text, for the log.
type wireError struct {
	Room  string            `json:"room"` // failover, mailstore, or empty for one that is neither's
	Kind  string            `json:"kind"`
	Say   failover.Sentence `json:"say"`
	Cause string            `json:"cause,omitempty"`
}

const (
	roomFailover  = "failover"
	roomMailstore = "mailstore"
	kindCanceled  = "canceled"
)

// kind is a kind of failure and its name on the wire.
type kind struct {
	name string
	err  error
}

func failoverKinds() []kind {
	return []kind{
		{"invalid", failover.ErrInvalid}, {"zone", failover.ErrZone}, {"credential", failover.ErrCredential},
		{"read_only", failover.ErrReadOnly}, {"clock", failover.ErrClock}, {"stale", failover.ErrStale},
		{"locked", failover.ErrLocked}, {"throttled", failover.ErrThrottled}, {"unreachable", failover.ErrUnreachable},
		{"uncertain", failover.ErrUncertain}, {"unsupported", failover.ErrUnsupported}, {"waiting", failover.ErrWaiting},
		{"blocked", failover.ErrBlocked}, {"surprise", failover.ErrSurprise}, {"damaged", failover.ErrDamaged}, {"disk", failover.ErrDisk},
	}
}

func mailstoreKinds() []kind {
	return []kind{
		{"invalid", mailstore.ErrInvalid}, {"not_found", mailstore.ErrNotFound}, {"key", mailstore.ErrKey},
		{"busy", mailstore.ErrBusy}, {"disk", mailstore.ErrDisk}, {"damaged", mailstore.ErrDamaged},
		{"unreachable", mailstore.ErrUnreachable}, {"certificate", mailstore.ErrCertificate}, {"sign_in", mailstore.ErrSignIn},
		{"throttled", mailstore.ErrThrottled}, {"server", mailstore.ErrServer}, {"unsupported", mailstore.ErrUnsupported},
		{"held", mailstore.ErrHeld},
	}
}

func nameOf(kinds []kind, err error) string {
	if i := slices.IndexFunc(kinds, func(k kind) bool { return errors.Is(err, k.err) }); i >= 0 {
		return kinds[i].name
	}
	return ""
}

func kindNamed(kinds []kind, name string) error {
	if i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name }); i >= 0 {
		return kinds[i].err
	}
	return errOther
}

// errOther is the kind of what has none of ours.
var errOther = errors.New("failed")

// toWire puts an error into the words of the wire.
func toWire(err error) wireError {
	var ours *failover.Error
	var mail *mailstore.Error
	var says interface {
		Sentence() (template string, args []string)
	}
	switch {
	case errors.As(err, &ours):
		return wireError{Room: roomFailover, Kind: nameOf(failoverKinds(), ours.Kind), Say: ours.Say, Cause: textOf(ours.Cause)}
	case errors.As(err, &mail):
		template, args := mail.Sentence()
		return wireError{
			Room: roomMailstore, Kind: nameOf(mailstoreKinds(), mail.Kind),
			Say: failover.Sentence{Template: template, Args: args}, Cause: textOf(mail.Cause),
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return wireError{Kind: kindCanceled, Say: failover.SentenceOf(err)}
	case errors.As(err, &says):
		template, args := says.Sentence()
		return wireError{Room: roomFailover, Say: failover.Sentence{Template: template, Args: args}}
	}
	return wireError{Say: failover.SentenceOf(err)}
}

func textOf(cause error) string {
	if cause == nil {
		return ""
	}
	return cause.Error()
}

// fromWire is the error as it was, as far as anybody here can tell.
func fromWire(w wireError) error {
	var cause error
	if w.Cause != "" {
		cause = errors.New(w.Cause)
	}
	switch {
	case w.Room == roomMailstore:
		say := mailstore.Sentence{Template: w.Say.Template, Parts: map[string]string{}}
		for i := 0; i+1 < len(w.Say.Args); i += 2 {
			say.Parts[w.Say.Args[i]] = w.Say.Args[i+1]
		}
		return &mailstore.Error{Kind: kindNamed(mailstoreKinds(), w.Kind), Say: say, Cause: cause}
	case w.Kind == kindCanceled:
		return context.Canceled
	}
	return &failover.Error{Kind: kindNamed(failoverKinds(), w.Kind), Say: w.Say, Cause: cause}
}
