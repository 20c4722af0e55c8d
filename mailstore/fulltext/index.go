package fulltext

import (
	"context"
	"database/sql"

	"lifeboat/mailstore"
)

// Schema makes the index's tables. It is one migration of the store's database.
const Schema = `
CREATE VIRTUAL TABLE fulltext USING fts5(words, content='', contentless_delete=1, detail=full, tokenize="ascii tokenchars ':'");
`

// Doc is a message as it goes into the index.
type Doc struct {
	ID      mailstore.MessageID
	Account mailstore.AccountID
	Letter  mailstore.Letter
}

// Entry is a message made ready for the index.
type Entry struct {
	ID    mailstore.MessageID
	words string
}

// Prepare makes a message ready for the index. It needs no database: call it before
// the transaction begins, on as many goroutines as there are.
func Prepare(d Doc) Entry { return Entry{ID: d.ID} }

// Put brings messages into the index, in place of what it had of them before. The order of entries
// is changed: the index is quickest when they come by ID.
func Put(ctx context.Context, tx *sql.Tx, entries []Entry) error { return nil }

// Remove takes messages out of the index. One that is not in it is no error.
func Remove(ctx context.Context, tx *sql.Tx, ids []mailstore.MessageID) error { return nil }

// Tidy does a bounded piece of the index's housekeeping, some hundred milliseconds at most, and
// reports whether there is more to do. It is for when nothing else is.
func Tidy(ctx context.Context, tx *sql.Tx) (more bool, err error) { return false, nil }
