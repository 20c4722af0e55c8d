package engine

import (
	"context"
	"io"
	"time"

	"lifeboat/failover"
	"lifeboat/mailstore"
)

// MailSource is mail to be read: the mirror's ([Mail]), or what lies on any IMAP
// server ([Engine.Browse]), of which nothing is stored here. Its methods may be called
// from several goroutines. Calls that are given up with their context do no harm.
//
// Other people's mail is locked in calm times (see [MailAccount]): what is asked of a
// locked account fails with [mailstore.ErrLocked], and what is asked of all accounts is
// answered for those that are open.
type MailSource interface {
	// Accounts lists whose mail it is, and whether it may be read now.
	Accounts(ctx context.Context) ([]MailAccount, error)
	// Unlock opens other people's mail for a reason that somebody typed: that of an
	// account, or of all where account is empty. It goes into the log of accesses.
	Unlock(ctx context.Context, account, reason string) error
	// Folders lists the folders of an account, or of all that are open.
	Folders(ctx context.Context, account string, gone bool) ([]MailFolder, error)
	// Index returns the IDs of all messages that are selected, newest first: enough
	// to show a list of any length, of which only what is seen is read. Query is in the
	// words of package fulltext, and may be empty. With a Limit it is the newest of them,
	// quickly. At an IMAP server a folder is needed.
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
	// Export writes messages as files that any program reads.
	Export(ctx context.Context, req ExportRequest) (ExportedMail, error)
	// Revision tells, by being another than before, that mail came, went or was changed
	// since: then lists are to be asked for anew. It is cheap, so that it may be asked every
	// second.
	Revision(ctx context.Context) (string, error)
	// Complete returns people whose name or address begins with what was typed, those
	// first that are written to and heard of most; none while that is not known yet. It is
	// quick enough to be called with each letter.
	Complete(ctx context.Context, typed string, most int) []mailstore.Address
	Close() error
}

// MailIndex is a list of messages by their IDs, newest first.
type MailIndex struct {
	IDs []string
	// Revision is that of the source as the list was made, see [MailSource].
	Revision string
	// Locked are the accounts that were asked for with all others and left out, as
	// nothing has opened them.
	Locked []string
}

// MailAccount is a mailbox of a source, and whether its mail may be read now. One's own
// may at all times. Other people's may in an incident (a failover in force, or the
// primary down by detection), during a drill, in practice, and for a reason that
// somebody types; each reading of it is logged.
type MailAccount struct {
	Address string `json:"address"`
	Shared  bool   `json:"shared,omitempty"`
	Own     bool   `json:"own,omitempty"`
	Locked  bool   `json:"locked,omitempty"`
	// Ground is why it may be read; empty when it may not. Why says so in words.
	Ground AccessGround      `json:"ground,omitempty"`
	Why    failover.Sentence `json:"why,omitzero"`
	// Complete is when everything was here that had arrived by then; zero: never, or
	// it is read at the server. Failed says why the last look at the primary was not complete.
	Complete time.Time          `json:"complete,omitzero"`
	Failed   mailstore.Sentence `json:"failed,omitzero"`
	Messages int                `json:"messages"`
}

// AccessGround is why mail may be read.
type AccessGround string

// The grounds. Readings on any but the first are logged.
const (
	GroundOwn      AccessGround = "own"
	GroundIncident AccessGround = "incident"
	GroundDrill    AccessGround = "drill"
	GroundPractice AccessGround = "practice"
	GroundReason   AccessGround = "reason" // that somebody typed
)
