package compose

import (
	"io"
	"time"

	"lifeboat/mailstore"
)

// Draft is a message as a person writes it.
type Draft struct {
	From        mailstore.Address
	To, Cc, Bcc []mailstore.Address // Bcc is in no header: only in Recipients
	ReplyTo     []mailstore.Address
	Subject     string
	Text        string // lines ended by "\n"
	Attachments []Attachment
	InReplyTo   string // a message-id without angle brackets, as in References
	References  []string
	Date        time.Time // zero: now
	MessageID   string    // without angle brackets; empty: a new one of the sender's domain
}

// Attachment is a file that goes with a message.
type Attachment struct {
	Name    string // a file name, never a path
	Type    string // media type; empty: by name and content
	Content []byte
}

// Options are what a message needs from outside.
type Options struct {
	Now    func() time.Time // with the sender's zone
	Random io.Reader        // for message-ids and boundaries
}

// Message is a message that is ready to be sent.
type Message struct {
	From       string   // the envelope's, its domain in A-labels
	Recipients []string // the same, each once
	MessageID  string   // without angle brackets
	Bytes      []byte   // CRLF line ends
	EightBit   bool     // it needs 8BITMIME (RFC 6152)
	UTF8       bool     // it needs SMTPUTF8 (RFC 6531): an address's local part is not US-ASCII
}
