package mirror

import (
	"context"
	"log/slog"
	"runtime"
	"time"

	"lifeboat/mailstore"
)

// Options say what a mirror works with. Store, Connect, Now and Log are needed.
type Options struct {
	Store Store
	// Connect dials an account's server and signs in. It keeps the provider's budgets.
	Connect func(ctx context.Context, account mailstore.Account) (Link, error)
	// Expiries tells what an account's sign-in depends on and until when; nil: nothing
	// that ends. The server's certificate is told by the mirror itself.
	Expiries func(ctx context.Context, account mailstore.Account) []mailstore.Expiry
	Folders  Rules
	Unusual  Unusual
	// Grace is how long the store keeps what is gone at the primary; 0: its default.
	Grace time.Duration
	// Parallel is how many accounts are checked at a time; 4 by default. An account
	// whose line is slow does not count.
	Parallel int
	// Connections is how many connections an account may use at a time; 2 by default.
	Connections int
	// Poll is how often Watch looks at accounts; 1 minute by default, and varied by a
	// fifth so that accounts do not march in step.
	Poll time.Duration
	// Pause is how long is waited after the first failure; it doubles with each, up to
	// 60 times as long. 30 seconds by default, and varied.
	Pause time.Duration
	// Beside makes the text stage run while mail is fetched, not after it. Nil: where
	// there are more than two processors.
	Beside *bool
	Now    func() time.Time
	Log    *slog.Logger
	// Tell is told how it goes, at most five times a second, by one goroutine at a
	// time. Nil: nobody listens.
	Tell func(Progress)
}

// Rules say which folders are mirrored. Patterns are folder names in Unicode; "*"
// stands for any characters, upper and lower case are one. What lies below a folder
// that is left out is left out too.
type Rules struct {
	Junk, Trash bool     // take them in too
	Include     []string // take in whatever else says no
	Exclude     []string
}

// Unusual is when a folder is held: more than Floor messages and more than Share of
// those in the window vanished from one check to the next, and lie in no other folder
// of the account.
type Unusual struct {
	Share float64 // 0.2 by default
	Floor int     // 20 by default
}

// How often everything is compared, whatever the server says did not change.
const (
	reconcileBlind = time.Hour      // the server has no CONDSTORE: it never says
	reconcile      = 24 * time.Hour // it says, and is checked
)

func (o Options) withDefaults() (Options, error) {
	if o.Store == nil || o.Connect == nil || o.Now == nil || o.Log == nil {
		return o, mailstore.Fail(mailstore.ErrInvalid, "The mirror was given no store, no way to connect, no clock or no log.")
	}
	o.Parallel = max(o.Parallel, 0)
	if o.Parallel == 0 {
		o.Parallel = 4
	}
	if o.Connections <= 0 {
		o.Connections = 2
	}
	if o.Poll <= 0 {
		o.Poll = time.Minute
	}
	if o.Pause <= 0 {
		o.Pause = 30 * time.Second
	}
	if o.Unusual.Share <= 0 {
		o.Unusual.Share = 0.2
	}
	if o.Unusual.Floor <= 0 {
		o.Unusual.Floor = 20
	}
	if o.Beside == nil {
		beside := runtime.NumCPU() > 2
		o.Beside = &beside
	}
	if o.Tell == nil {
		o.Tell = func(Progress) {}
	}
	return o, nil
}
