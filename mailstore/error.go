package mailstore

import (
	"errors"
	"time"
)

// Error is a failure with its kind for programs, its sentence for people, and its
// technical cause for the log.
type Error struct {
	Kind  error
	Say   Sentence
	Cause error
	// After is how long the server asks to be left alone, with ErrThrottled; 0 where
	// it named no time.
	After time.Duration
}

// Fail makes an error of one of the kinds of this package; see [Say] for template
// and parts.
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
	return errors.Is(e.Kind, ErrThrottled) || errors.Is(e.Kind, ErrUnreachable) || errors.Is(e.Kind, ErrServer)
}

// SentenceOf returns what a person should read of any error; of one that is none of
// ours, its own text.
func SentenceOf(err error) Sentence {
	var e *Error
	if errors.As(err, &e) {
		return e.Say
	}
	return Say("{error}", "error", err.Error())
}
