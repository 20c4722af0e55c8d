package mailstore

import (
	"io"
	"time"
)

// BodyWriter takes the bytes of one message into the store. Exactly one of Close
// and Abort ends it.
type BodyWriter interface {
	io.Writer
	// Close ends the bytes. They are on the disk when a batch that names the body has
	// been applied; a body that no batch ever names is thrown away in time.
	Close() (Body, error)
	// Abort forgets what was written. After Close it does nothing.
	Abort()
}

// Reader is a message's bytes, to be read in any order.
type Reader interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
}

// List says which messages are wanted, newest first.
type List struct {
	Account AccountID // 0: of all
	// Accounts are those that count where Account and Folder are 0; nil: all do.
	Accounts []AccountID
	Folder   FolderID  // 0: of all of the account
	Before   MessageID // only older ones than this; 0: from the newest
	Limit    int       // at most so many; 0: 100
	Gone     bool      // also what the primary no longer has, and is hidden here
}

// Retention says what a tidying may remove, beside what is older than each account's
// days.
type Retention struct {
	// Grace is how long what is gone at the primary stays hidden here before it is
	// removed; 0: 14 days.
	Grace time.Duration
}

// Retained is what a tidying did.
type Retained struct {
	Messages int   // removed for good
	Places   int   // removed, of those and of messages that lie elsewhere too
	Bytes    int64 // of disk given back
	More     bool  // there is more to do: call again
}

// Verified is what a reading of everything found.
type Verified struct {
	Messages int
	Bytes    int64
	// Damaged are the messages whose bytes are not what they were. The next run of the
	// mirror fetches them again.
	Damaged []Message
	// Lost says what else of the store cannot be believed; empty: nothing.
	Lost []Sentence
}

// VerifyProgress is how far a reading of everything is.
type VerifyProgress struct {
	Messages, Of   int
	Bytes, OfBytes int64
}
