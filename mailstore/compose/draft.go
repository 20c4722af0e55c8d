package compose

import (
	"io"
	"time"

	"lifeboat/mailstore"
)

// Draft is a message as a person writes it.
type Draft struct {
	From        mailstore.Address
	To, Cc, Bcc []mailstore.Address // Bcc is in no header: only among the recipients
	ReplyTo     []mailstore.Address
	Subject     string
	Text        string // lines separated by "\n"
	Attachments []Attachment
	InReplyTo   string   // a message-id without angle brackets, as in References
	References  []string // oldest first; what is too much in the middle is left out
	Date        time.Time
	// MessageID is without angle brackets; empty: a new one of the sender's domain.
	MessageID string
}

// Attachment is a file that goes with a message.
type Attachment struct {
	Name string // a file name, never a path
	// Type is the media type; empty: by the name.
	Type    string
	Content []byte
}

// Options are what a message needs from outside.
type Options struct {
	// Now gives the date of drafts without one, in the sender's zone.
	Now func() time.Time
	// Random is read for message-ids and boundaries; crypto/rand.Reader, except where
	// the same message is wanted each time.
	Random io.Reader
}

// Message is a message that is ready to be sent.
type Message struct {
	From       string   // of the envelope: local-part@domain in US-ASCII
	Recipients []string // the same, each once: To, Cc and Bcc
	MessageID  string   // without angle brackets
	Bytes      []byte   // CRLF line ends
	EightBit   bool     // it needs 8BITMIME (RFC 6152)
}
