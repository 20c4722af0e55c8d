package store

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"lifeboat/mailstore"
)

// Options are what a store is opened with.
type Options struct {
	Dir      string           // the folder that it is in; made when it does not exist
	Key      [32]byte         // derived from the mail's data key, for the store alone
	ReadOnly bool             // read beside the owner, if there is one
	Cache    string           // where compiled code is kept for the next start; empty: the user's cache folder
	Now      func() time.Time // nil: time.Now
	Log      *slog.Logger     // nil: none
}

// Store is an open store. Its methods may be called from any number of goroutines.
type Store struct {
	read  *sql.DB // readers; each sees what was committed when its statement began
	write *sql.DB // the one writer; nil when opened read-only
}

// Reader is a message's bytes.
type Reader = mailstore.Reader

// Warm compiles the database's code, or loads it where it was compiled before, so that a later Open
// need not wait for it: 1 s on a machine's first start, some 20 ms on the next.
func Warm(cache string) {}

// Open opens the store.
func Open(ctx context.Context, o Options) (*Store, error) { return nil, nil }

// Close gives the store back.
func (s *Store) Close() error { return nil }

// Accounts, folders.
func (s *Store) Accounts(ctx context.Context) ([]mailstore.Account, error) { return nil, nil }

// SaveAccounts TODO
func (s *Store) SaveAccounts(ctx context.Context, accounts []mailstore.Account) ([]mailstore.Account, error) {
	return nil, nil
}

// Folders TODO
func (s *Store) Folders(ctx context.Context, a mailstore.AccountID) ([]mailstore.Folder, error) {
	return nil, nil
}

// SaveFolder TODO
func (s *Store) SaveFolder(ctx context.Context, f mailstore.Folder) (mailstore.Folder, error) {
	return f, nil
}

// Known TODO
func (s *Store) Known(ctx context.Context, f mailstore.FolderID) ([]mailstore.Known, error) {
	return nil, nil
}

// KnownUnder TODO
func (s *Store) KnownUnder(ctx context.Context, f mailstore.FolderID, uidValidity uint32) ([]mailstore.Known, error) {
	return nil, nil
}

// Remote TODO
func (s *Store) Remote(ctx context.Context, a mailstore.AccountID, remoteIDs []string) (map[string]mailstore.MessageID, error) {
	return nil, nil
}

// NewBody TODO
func (s *Store) NewBody() mailstore.BodyWriter { return nil }

// Apply TODO
func (s *Store) Apply(ctx context.Context, b mailstore.Batch) (mailstore.Applied, error) {
	return mailstore.Applied{}, nil
}

// Undescribed TODO
func (s *Store) Undescribed(ctx context.Context, limit int) ([]mailstore.Message, error) {
	return nil, nil
}

// Describe TODO
func (s *Store) Describe(ctx context.Context, d []mailstore.Description) error { return nil }

// Checked TODO
func (s *Store) Checked(ctx context.Context, a mailstore.AccountID, c mailstore.Check) error {
	return nil
}

// Freshness TODO
func (s *Store) Freshness(ctx context.Context) ([]mailstore.Freshness, error) { return nil, nil }

// Retain TODO
func (s *Store) Retain(ctx context.Context, r mailstore.Retention) (mailstore.Retained, error) {
	return mailstore.Retained{}, nil
}

// Verify TODO
func (s *Store) Verify(ctx context.Context, tell func(mailstore.VerifyProgress)) (mailstore.Verified, error) {
	return mailstore.Verified{}, nil
}

// Message TODO
func (s *Store) Message(ctx context.Context, id mailstore.MessageID) (mailstore.Message, error) {
	return mailstore.Message{}, nil
}

// Messages TODO
func (s *Store) Messages(ctx context.Context, l mailstore.List) ([]mailstore.Message, error) {
	return nil, nil
}

// Place TODO
func (s *Store) Place(ctx context.Context, f mailstore.FolderID, uid mailstore.UID) (mailstore.Message, error) {
	return mailstore.Message{}, nil
}

// Open opens the bytes of a message.
func (s *Store) Open(ctx context.Context, id mailstore.MessageID) (Reader, error) { return nil, nil }

// messages reads messages of these ids, in this order, without their places; SEARCH's helper.
func (s *Store) messages(ctx context.Context, ids []mailstore.MessageID) ([]mailstore.Message, error) {
	return nil, nil
}

var _ = (*Store).messages
