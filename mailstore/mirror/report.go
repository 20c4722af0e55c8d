package mirror

import (
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// Report is what a run did, an account each, in the order of the store.
type Report struct {
	Accounts []AccountReport
	// Tidied is what had grown old enough to be removed.
	Tidied mailstore.Retained
}

// AccountReport is what a check of an account did.
type AccountReport struct {
	Account mailstore.Account
	Check   mailstore.Check
	// Err is why the check is not complete; nil: it is. Its sentence is Check.Failed.
	Err     error
	Folders int // that are mirrored
	Looked  int // of these, those that were not skipped as unchanged
	// Fetched and Bytes count the messages whose bytes were asked for and came.
	Fetched int
	Bytes   int64
	Missing []Missing
	// Troubles are folders that could not be brought up to date; the others were.
	Troubles []Trouble
	Held     []mailstore.Folder
	Traffic  imaplink.Traffic
}

// Missing is a message that the primary lists and does not give.
type Missing struct {
	Folder string
	UID    mailstore.UID
	Size   int64
	Why    mailstore.Sentence
}

// Trouble is a folder that could not be brought up to date, and why.
type Trouble struct {
	Folder string
	Why    mailstore.Sentence
}

// Sum adds up what all accounts' checks changed.
func (r Report) Sum() mailstore.Applied {
	var sum mailstore.Applied
	for _, a := range r.Accounts {
		sum = sum.Plus(a.Check.Changes)
	}
	return sum
}

// Fetched counts the messages that were fetched for all accounts.
func (r Report) Fetched() int {
	n := 0
	for _, a := range r.Accounts {
		n += a.Fetched
	}
	return n
}

// Failed counts the accounts whose check is not complete.
func (r Report) Failed() int {
	n := 0
	for _, a := range r.Accounts {
		if a.Err != nil {
			n++
		}
	}
	return n
}

// Stage is what is being done for an account.
type Stage string

// The stages that a person is told of.
const (
	Connecting Stage = "connecting"
	Listing    Stage = "listing"
	Fetching   Stage = "fetching"
	Describing Stage = "describing" // reading texts, so that searches find them
	Waiting    Stage = "waiting"    // Watch, until the next look
	Finished   Stage = "finished"
)

// Progress is how a run goes.
type Progress struct {
	Account mailstore.Account
	Stage   Stage
	// Messages of Of are here, Bytes of OfBytes; totals are estimates until every
	// folder was compared.
	Messages, Of   int
	Bytes, OfBytes int64
	Rate           float64       // octets a second, over the last seconds
	Left           time.Duration // until the account is done; 0: not known
	// Failed is why the last check stopped; zero: it did not.
	Failed mailstore.Sentence
	Retry  time.Time // when the next look is due, while waiting
}
