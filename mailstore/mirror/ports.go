package mirror

import (
	"context"
	"io"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
)

// Store is what the mirror needs of the store; *store.Store is one. Its methods may
// be called from several goroutines.
type Store interface {
	Accounts(ctx context.Context) ([]mailstore.Account, error)
	Folders(ctx context.Context, account mailstore.AccountID) ([]mailstore.Folder, error)
	// SaveFolder makes a folder (ID 0) or changes its name, role, remote ID, Gone and
	// Held; only Apply moves a cursor.
	SaveFolder(ctx context.Context, folder mailstore.Folder) (mailstore.Folder, error)
	// KnownUnder tells the places of a folder that are not hidden and whose UIDs belong
	// to the UIDVALIDITY, in ascending order.
	KnownUnder(ctx context.Context, folder mailstore.FolderID, uidValidity uint32) ([]mailstore.Known, error)
	// Damaged tells the folders in which damaged messages lie.
	Damaged(ctx context.Context, account mailstore.AccountID) ([]mailstore.FolderID, error)
	// Remote tells which messages the account has, by the primary's names for them.
	Remote(ctx context.Context, account mailstore.AccountID, remoteIDs []string) (map[string]mailstore.MessageID, error)
	Message(ctx context.Context, id mailstore.MessageID) (mailstore.Message, error)
	NewBody() mailstore.BodyWriter
	// Apply takes a batch in, and returns when it is durable.
	Apply(ctx context.Context, batch mailstore.Batch) (mailstore.Applied, error)
	Checked(ctx context.Context, account mailstore.AccountID, check mailstore.Check) error
	// Retain removes what is older than each account's days, and what is hidden for
	// longer than the grace.
	Retain(ctx context.Context, retention mailstore.Retention) (mailstore.Retained, error)

	Undescribed(ctx context.Context, limit int) ([]mailstore.Message, error)
	Describe(ctx context.Context, descriptions []mailstore.Description) error
	Open(ctx context.Context, id mailstore.MessageID) (mailstore.Reader, error)
}

// Link is a connection to an account's server; *imaplink.Conn is one, and says what
// the methods promise.
type Link interface {
	Caps() imaplink.Caps
	Info() imaplink.Info
	Traffic() imaplink.Traffic
	List(ctx context.Context) ([]imaplink.Folder, error)
	Status(ctx context.Context, names []string) ([]*imaplink.Status, error)
	Select(ctx context.Context, name string, known *imaplink.Known) (imaplink.Selected, error)
	UIDs(ctx context.Context, since time.Time) ([]mailstore.UID, error)
	Overviews(ctx context.Context, set imaplink.UIDSet, yield func(imaplink.Overview) error) error
	Flags(ctx context.Context, set imaplink.UIDSet) ([]imaplink.Flagged, error)
	ChangedSince(ctx context.Context, modSeq uint64, vanished bool) ([]imaplink.Flagged, imaplink.UIDSet, error)
	Bodies(ctx context.Context, wants []imaplink.Want, take func(imaplink.Overview, io.Reader) error) error
	Idle(ctx context.Context, changed func()) error
	Close() error
}
