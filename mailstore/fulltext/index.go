package fulltext

import (
	"context"
	"database/sql"
	"iter"

	"lifeboat/mailstore"
)

// Schema makes the index's tables. It is one migration of the store's database.
const Schema = `
CREATE TABLE text_segment (
	id        INTEGER PRIMARY KEY,
	stamp     INTEGER NOT NULL,
	docs      INTEGER NOT NULL,
	oldest    INTEGER NOT NULL,
	newest    INTEGER NOT NULL,
	ids       BLOB NOT NULL,
	directory BLOB NOT NULL
) STRICT;
CREATE TABLE text_gone (
	segment INTEGER PRIMARY KEY,
	docs    BLOB NOT NULL
) STRICT;
CREATE TABLE text_group (
	id        INTEGER PRIMARY KEY,
	postings  BLOB NOT NULL
) STRICT;
CREATE TABLE text_positions (
	id        INTEGER PRIMARY KEY,
	positions BLOB NOT NULL
) STRICT;
CREATE TABLE text_merge (
	target    INTEGER PRIMARY KEY,
	sources   BLOB NOT NULL,
	gone      BLOB NOT NULL,
	next      BLOB NOT NULL,
	directory BLOB NOT NULL
) STRICT;
`

// Index finds messages by their words. It keeps what it has read of the database, which
// never changes, so a store has one of them for all its connections.
type Index struct{}

// New makes an index. It reads nothing yet.
func New() *Index { return &Index{} }

// Doc is a message as it goes into the index.
type Doc struct {
	ID      mailstore.MessageID
	Account mailstore.AccountID
	Letter  mailstore.Letter
}

// Batch is messages made ready for the index.
type Batch struct{}

// Prepare makes messages ready for the index. It needs no database: call it before
// the transaction begins, on as many goroutines as there are. Several hundred to a few thousand messages
// at once make the index quickest.
func Prepare(docs []Doc) *Batch { return &Batch{} }

// Put brings messages into the index, in place of what it had of them before.
func (x *Index) Put(ctx context.Context, tx *sql.Tx, b *Batch) error { return nil }

// Remove takes messages out of the index. One that is not in it is no error.
func (x *Index) Remove(ctx context.Context, tx *sql.Tx, ids []mailstore.MessageID) error { return nil }

// Tidy does a bounded piece of the index's housekeeping, some hundred milliseconds at most, and
// reports whether there is more to do. It is for when nothing else is.
func (x *Index) Tidy(ctx context.Context, tx *sql.Tx) (more bool, err error) { return false, nil }

// Limits narrow a search beside the query.
type Limits struct {
	Accounts []mailstore.AccountID // nil: all
	Before   mailstore.MessageID   // only older ones; 0: all
}

// Find yields what a query finds, the newest first, for as long as the caller wants
// more. All of it happens in the transaction, which may be read-only.
func (x *Index) Find(ctx context.Context, tx *sql.Tx, q Query, l Limits) iter.Seq2[mailstore.MessageID, error] {
	return func(func(mailstore.MessageID, error) bool) {}
}
