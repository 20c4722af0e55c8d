package mailstore

import "time"

// Body is bytes that the store has taken and that nothing refers to yet.
type Body struct {
	Hash Hash
	Size int64
	// Place is where they lie; only the store can read it.
	Place []byte
}

// Arrival is a message that came to a folder.
type Arrival struct {
	UID      UID
	Received time.Time // internal date
	Flags    Flags
	// RemoteID is the primary's own name for the message's bytes, the same in every
	// folder (X-GM-MSGID, or EMAILID of RFC 8474); empty where it has none.
	RemoteID string
	// Body is its bytes. A zero Hash says that the account has them already: as
	// message Message.
	Body    Body
	Message MessageID
}

// Change is a message whose flags are others now.
type Change struct {
	UID   UID
	Flags Flags
}

// Batch is what is brought into a folder in one stroke: all of it or nothing, and
// when it is in, it is on the disk.
type Batch struct {
	Folder FolderID
	// UIDValidity is what the UIDs belong to. With another one than the folder's,
	// what was there stays until a Cursor comes with the new one: then whatever did not
	// arrive anew is hidden.
	UIDValidity uint32
	Arrived     []Arrival
	Changed     []Change
	Gone        []UID   // no longer at the primary: hidden here
	Cursor      *Cursor // nil: it stays where it is
	At          time.Time
}

// Applied counts what a batch really changed, so that bringing in the same twice
// counts nothing the second time.
type Applied struct {
	Arrived int   // messages new to the account
	Bytes   int64 // of those
	Moved   int   // messages known already that came to this folder: moved, copied, labelled
	Changed int   // places with other flags
	Gone    int   // places hidden
}

// Plus adds the counts.
func (a Applied) Plus(b Applied) Applied {
	return Applied{a.Arrived + b.Arrived, a.Bytes + b.Bytes, a.Moved + b.Moved, a.Changed + b.Changed, a.Gone + b.Gone}
}

// Known is a place as the store has it, for comparing with the primary.
type Known struct {
	UID      UID
	Received time.Time
	Flags    Flags
	Message  MessageID
	Size     int64
	Damaged  bool // its bytes are to be fetched again
}

// Description is a message read for people, for lists and searches.
type Description struct {
	Message MessageID
	Letter  Letter
}
