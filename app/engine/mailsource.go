package engine

import (
	"context"
	"io"
)

// MailSource is mail to be read: the mirror's ([Mail]), or what lies on any IMAP
// server ([Engine.Browse]), of which nothing is stored here.
type MailSource interface {
	// Folders lists the folders of an account, or of all.
	Folders(account string, gone bool) ([]MailFolder, error)
	// Index returns the IDs of all messages that are selected, newest first: enough
	// to show a list of any length, of which only what is seen is read. Query is in the
	// words of package fulltext, and may be empty.
	Index(ctx context.Context, query string, sel MailSelection) (MailIndex, error)
	// Lines reads the messages for a list, in the order of the IDs. One that is gone
	// meanwhile comes with its ID alone.
	Lines(ctx context.Context, ids []string) ([]MailLine, error)
	// Show reads a message for a person.
	Show(ctx context.Context, id string) (ShownMail, error)
	// Raw writes a message's bytes as the server gave them.
	Raw(ctx context.Context, id string, w io.Writer) error
	// Part writes an attachment, decoded.
	Part(ctx context.Context, id, part string, into func(AttachedFile) (io.Writer, error)) error
	Close() error
}

// MailIndex is a list of messages by their IDs, newest first.
type MailIndex struct {
	IDs []string
}
