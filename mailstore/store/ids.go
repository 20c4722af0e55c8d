package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/fulltext"
)

// IDs returns the IDs of a list, the newest first; with Limit 0 all of them, however
// many. It is what a list of any length is shown by: see [Store.ByIDs].
func (s *Store) IDs(ctx context.Context, l mailstore.List) ([]mailstore.MessageID, error) {
	ids, err := listIDs(ctx, s.read, l)
	return ids, s.failed(err)
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func listIDs(ctx context.Context, from querier, l mailstore.List) ([]mailstore.MessageID, error) {
	if l.Before <= 0 {
		l.Before = math.MaxInt64
	}
	var query strings.Builder
	args := []any{int64(l.Before), l.Limit}
	if l.Limit <= 0 {
		args[1] = -1 // no limit
	}
	if l.Folder != 0 {
		args = append(args, int64(l.Folder))
		query.WriteString(`SELECT DISTINCT message AS id FROM places WHERE message < ?1 AND folder = ?3`)
		if !l.Gone {
			query.WriteString(` AND gone = 0`)
		}
		query.WriteString(` ORDER BY message DESC LIMIT ?2`)
	} else {
		query.WriteString(`SELECT id FROM messages WHERE id < ?1`)
		switch {
		case l.Account != 0:
			args = append(args, int64(l.Account))
			query.WriteString(` AND account = ?3`)
		case l.Accounts != nil: // the sign keeps them from being gone through one after the other
			query.WriteString(` AND +account IN (` + numbers(l.Accounts) + `)`)
		}
		if !l.Gone {
			query.WriteString(` AND live > 0`)
		}
		query.WriteString(` ORDER BY id DESC LIMIT ?2`)
	}
	// As one text: a row costs more to hand over than to find.
	var joined sql.NullString
	if err := from.QueryRowContext(ctx, `SELECT group_concat(id) FROM (`+query.String()+`)`, args...).Scan(&joined); err != nil {
		return nil, err
	}
	return splitIDs(joined.String)
}

// splitIDs reads IDs with commas between.
func splitIDs(joined string) ([]mailstore.MessageID, error) {
	if joined == "" {
		return nil, nil
	}
	ids := make([]mailstore.MessageID, 0, strings.Count(joined, ",")+1)
	for text := range strings.SplitSeq(joined, ",") {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		ids = append(ids, mailstore.MessageID(id))
	}
	return ids, nil
}

// everything is the limit of a search without one.
const everything = math.MaxInt

// SearchIDs returns the IDs of what a query finds, as [Store.Search] does, the newest
// first; with Limit 0 all of them.
func (s *Store) SearchIDs(ctx context.Context, q fulltext.Query, l mailstore.List) ([]mailstore.MessageID, error) {
	if q.IsZero() {
		return s.IDs(ctx, l)
	}
	if l.Limit <= 0 {
		l.Limit = everything
	}
	ids, err := s.search(ctx, q, l)
	return ids, s.failed(err)
}

// ByIDs returns messages with their places, in the order of the ids; those that do
// not exist are left out.
func (s *Store) ByIDs(ctx context.Context, ids []mailstore.MessageID) ([]mailstore.Message, error) {
	return s.messages(ctx, ids)
}

// People is whom a message is from and to.
type People struct {
	ID           mailstore.MessageID
	Account      mailstore.AccountID
	From, To, Cc []mailstore.Address
}

// Received is when the message was received, to the second.
func (p People) Received() time.Time { return time.Unix(int64(p.ID)>>withinSecond-secondsFrom, 0) }

// EachPeople tells of the people of all messages behind one, the oldest first.
func (s *Store) EachPeople(ctx context.Context, after mailstore.MessageID, do func(People) error) error {
	rows, err := s.read.QueryContext(ctx, `SELECT u.id, m.account, u.summary FROM summaries u CROSS JOIN messages m ON m.id = u.id WHERE u.id > ? ORDER BY u.id`, int64(after))
	if err != nil {
		return s.failed(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var text sql.RawBytes
	for rows.Next() {
		var p People
		var row struct {
			From []addressRow `json:"f"`
			To   []addressRow `json:"t"`
			Cc   []addressRow `json:"c"`
		}
		if err := rows.Scan(&p.ID, &p.Account, &text); err != nil {
			return s.failed(err)
		}
		if err := json.Unmarshal(text, &row); err != nil {
			return s.failed(err)
		}
		p.From, p.To, p.Cc = addresses(row.From), addresses(row.To), addresses(row.Cc)
		if err := do(p); err != nil {
			return err
		}
	}
	return s.failed(rows.Err())
}

// Revision is a number that is another one once anything was written to the index, by
// this process or another. It says nothing beyond this opening of the store.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	s.revising.Lock()
	defer s.revising.Unlock()
	if s.revision == nil {
		conn, err := s.read.Conn(ctx)
		if err != nil {
			return 0, s.failed(err)
		}
		s.revision = conn // the number is of a connection
	}
	var n int64
	err := s.revision.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&n)
	return n, s.failed(err)
}

// endRevision gives the connection back.
func (s *Store) endRevision() error {
	s.revising.Lock()
	defer s.revising.Unlock()
	if s.revision == nil {
		return nil
	}
	err := s.revision.Close()
	s.revision = nil
	return err
}
