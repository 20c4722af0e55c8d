package mailstore

import (
	"encoding/hex"
	"strconv"
	"time"
)

// MessageID names a message within the store. Of two messages of any accounts, the
// one that was received later has the greater one, so that a list by ID downwards is
// a list by date with the newest first.
type MessageID int64

// IDBase is the base in which people see the numbers of messages: ten characters rather
// than sixteen.
const IDBase = 36

// Text is the number as people see it and type it.
func (id MessageID) Text() string { return strconv.FormatInt(int64(id), IDBase) }

// Hash is the SHA-256 of a message's bytes (FIPS 180-4).
type Hash [32]byte

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Message is a message of an account: its bytes, and where it lies.
type Message struct {
	ID       MessageID
	Account  AccountID
	Hash     Hash
	Size     int64     // octets, as the primary served them
	Received time.Time // the internal date (RFC 9051 section 2.3.3) where it first lay
	Summary  Summary
	// Described is whether Summary was filled from the message; until then it is not
	// found by a search.
	Described bool
	// Damaged: its bytes are not what they were, and are to be fetched again.
	Damaged bool
	Places  []Place
}

// Place is a message in a folder.
type Place struct {
	Folder   FolderID
	UID      UID
	Received time.Time // the internal date there
	Flags    Flags
	// Gone is when the primary no longer had it there, and it was hidden here; zero:
	// it has.
	Gone time.Time
}

// Summary is a line of a mail list.
type Summary struct {
	From, To    []Address
	Cc          []Address // as far as it was noted: not of messages that were read by older versions
	Subject     string
	Date        time.Time // as the sender says, with the sender's zone; zero: they do not
	MessageID   string    // without angle brackets
	Attachments int       // how many a person would call so
	Preview     string    // the first words of the text, one line
}

// Address is somebody in a header.
type Address struct {
	Name    string
	Address string // local-part@domain, as it was written
}

// String is the name with the address after it in angle brackets, for people; it is
// not quoted for headers.
func (a Address) String() string {
	switch {
	case a.Name == "":
		return a.Address
	case a.Address == "":
		return a.Name
	}
	return a.Name + " <" + a.Address + ">"
}

// Letter is what a person can read of a message. There is always something to read,
// whatever the bytes are.
type Letter struct {
	Subject                    string
	From, To, Cc, Bcc, ReplyTo []Address
	Date                       time.Time // zero: none, or none that can be read
	MessageID                  string    // without angle brackets, as InReplyTo and References
	InReplyTo, References      []string
	// Text is the readable text of all parts in Unicode, lines separated by "\n"
	// and paragraphs by an empty line; text cut short ends with Cut true.
	Text string
	Cut  bool
	// Notes say what the text alone does not: that it is a delivery report and what
	// it means, that it is signed or encrypted, that a part could not be read.
	Notes       []Sentence
	Attachments []Attachment
	// Invitations and Deliveries are what calendar parts and delivery reports say; the
	// Notes say the same in short.
	Invitations []Invitation
	Deliveries  []Delivery
}

// Attachment is a part that a person would save as a file.
type Attachment struct {
	Part string // its number (RFC 9051 section 6.4.5.1), "2.1"
	Name string // never a path, never empty
	Type string // the media type in lower case, "application/pdf"
	Size int64  // octets after decoding
	// Inline: it is shown within the text, as pictures of a signature are.
	Inline bool
}
