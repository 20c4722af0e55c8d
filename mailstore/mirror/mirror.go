package mirror

import (
	"context"
	"time"

	"lifeboat/mailstore"
)

// Mirror keeps a store like the primary. Its methods may be called from several
// goroutines; an account is checked by one at a time.
type Mirror struct {
	o Options
}

// New makes a mirror.
func New(o Options) (*Mirror, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Mirror{o: o}, nil
}

// Once brings the accounts (all, when none is named) up to date and returns. What
// went wrong with an account is in its report and stops no other; the error is about
// the whole: the store, or ctx.
func (m *Mirror) Once(ctx context.Context, ids ...mailstore.AccountID) (Report, error) {
	return Report{}, nil
}

// Watch keeps the accounts up to date until ctx ends.
func (m *Mirror) Watch(ctx context.Context) error { return nil }

// Accept hides what vanished from a held folder, as the primary has it, and lets the
// folder go on. It asks the primary once more: more than what was held is held again.
func (m *Mirror) Accept(ctx context.Context, account mailstore.AccountID, folder mailstore.FolderID) error {
	return nil
}

// Keep puts what vanished from a held folder into a folder of its own that exists
// here alone, and lets the folder go on.
func (m *Mirror) Keep(ctx context.Context, account mailstore.AccountID, folder mailstore.FolderID) error {
	return nil
}

// Describe reads the text of messages that no search finds yet, and returns when
// there are none.
func (m *Mirror) Describe(ctx context.Context) error { return nil }

// Severity is how urgent an alarm is.
type Severity string

// The severities.
const (
	Notice  Severity = "notice"  // soon
	Warning Severity = "warning" // the mirror falls behind, or will
	Urgent  Severity = "urgent"  // in an outage now, mail would be missing
)

// Alarm is something that a person should know, with what to do.
type Alarm struct {
	Severity Severity
	Account  mailstore.Account
	Say      mailstore.Sentence
	Do       mailstore.Sentence
}

// Limits say when there is an alarm.
type Limits struct {
	// Behind is the age of an account's freshness; 15 minutes by default. Four times
	// as old is urgent.
	Behind time.Duration
	// Expiry is how long before its end a credential is told of; 30 days by default.
	// A week before it is a warning.
	Expiry time.Duration
}

// Alarms tells what is wrong with the mirror, the most urgent first.
func Alarms(accounts []mailstore.Freshness, limits Limits, now time.Time) []Alarm { return nil }
