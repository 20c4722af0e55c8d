package mailstore

import "time"

// AccountID names an account within the store, from 1.
type AccountID int64

// AccountKind is whose an account is.
type AccountKind string

// The kinds of accounts.
const (
	Personal AccountKind = "personal"
	Shared   AccountKind = "shared" // read by several people, with permissions of their own
)

// Account is a mailbox at the primary that is mirrored.
type Account struct {
	ID      AccountID
	Address string // in lower case
	Kind    AccountKind
	Days    int // how many days of mail are kept; at least 1
	// Removed is when the settings no longer had it; zero: they have. Its mail is kept
	// until it has grown old.
	Removed time.Time
}

// Check is one look at an account at the primary.
type Check struct {
	Began, Ended time.Time
	// Failed says why it was not complete; zero: every folder was seen to the end.
	Failed Sentence
	// Retry is when the next try is due, where the server asked for patience.
	Retry   time.Time
	Changes Applied
	// Missing counts messages that the primary lists and would not give, after all
	// tries. The check is complete without them; each is tried again by the next one.
	Missing int
	// Expiries are credentials and certificates that were seen, with their end.
	Expiries []Expiry
}

// Expiry is something without which the mirror stops, and until when it holds.
type Expiry struct {
	What Sentence // "The certificate of {host}"
	At   time.Time
}

// Freshness is how far behind an account's mirror may be.
type Freshness struct {
	Account Account
	// Complete is when the last complete check began: everything that had arrived
	// before is here. Zero: there was none yet.
	Complete time.Time
	Tried    time.Time // when the last check began, complete or not
	Failed   Sentence  // of the last check; zero: it was complete
	// Since is when the first of the failed checks in a row began.
	Since time.Time
	Retry time.Time
	// Messages and Bytes are what is mirrored, without what is hidden.
	Messages int
	Bytes    int64
	// Undescribed counts messages that are safe here and not yet found by a search.
	Undescribed int
	Missing     int      // of the last check, see Check
	Damaged     int      // messages whose bytes are to be fetched again
	Held        []Folder // folders that wait for a decision
	Expiries    []Expiry
}
