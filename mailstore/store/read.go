package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"
	"maps"

	"lifeboat/mailstore"
	"lifeboat/mailstore/segment"
)

func mapsKeys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }

// list reads all rows of a query.
func list[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.failed(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, s.failed(err)
		}
		all = append(all, one)
	}
	return all, s.failed(rows.Err())
}

// flagsOf is a set of flags, for readers. The dictionary only grows.
func (s *Store) flagsOf(ctx context.Context, id int64) (mailstore.Flags, error) {
	s.setsMu.Lock()
	set, ok := s.sets.sets[id]
	s.setsMu.Unlock()
	if ok {
		return set, nil
	}
	var joined string
	if err := s.read.QueryRowContext(ctx, `SELECT flags FROM flagsets WHERE id = ?`, id).Scan(&joined); err != nil {
		return nil, s.failed(err)
	}
	s.setsMu.Lock()
	defer s.setsMu.Unlock()
	s.sets.put(id, joined)
	return s.sets.sets[id], nil
}

// Known returns what of a folder is here and not hidden, by UID, under the folder's
// UIDVALIDITY, for comparing with the primary.
func (s *Store) Known(ctx context.Context, folder mailstore.FolderID) ([]mailstore.Known, error) {
	return s.known(ctx, `(SELECT uidvalidity FROM folders WHERE id = ?1)`, int64(folder))
}

// KnownUnder is Known under another UIDVALIDITY: what of a folder whose numbers changed
// has come already.
func (s *Store) KnownUnder(ctx context.Context, folder mailstore.FolderID, uidValidity uint32) ([]mailstore.Known, error) {
	return s.known(ctx, `?2`, int64(folder), int64(uidValidity))
}

func (s *Store) known(ctx context.Context, validity string, args ...any) ([]mailstore.Known, error) {
	type row struct {
		mailstore.Known
		flags int64
	}
	rows, err := list(ctx, s, func(r *sql.Rows) (k row, err error) {
		var received int64
		err = r.Scan(&k.UID, &received, &k.flags, &k.Message, &k.Size, &k.Damaged)
		k.Received = when(received)
		return k, err
	}, `SELECT p.uid, p.received, p.flags, p.message, m.size, m.damaged FROM places p JOIN messages m ON m.id = p.message
		WHERE p.folder = ?1 AND p.uidvalidity = `+validity+` AND p.gone = 0 ORDER BY p.uid`, args...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	all := make([]mailstore.Known, len(rows))
	for i, r := range rows {
		if r.Flags, err = s.flagsOf(ctx, r.flags); err != nil {
			return nil, err
		}
		all[i] = r.Known
	}
	return all, nil
}

// remoteAtOnce is how many names are looked up by one statement.
const remoteAtOnce = 500

// Remote returns which messages of an account have the primary's own names given. A
// damaged one is not among them, as its bytes are wanted again.
func (s *Store) Remote(ctx context.Context, account mailstore.AccountID, remoteIDs []string) (map[string]mailstore.MessageID, error) {
	found := map[string]mailstore.MessageID{}
	for len(remoteIDs) > 0 {
		n := min(len(remoteIDs), remoteAtOnce)
		names, err := json.Marshal(remoteIDs[:n])
		if err != nil {
			return nil, err
		}
		remoteIDs = remoteIDs[n:]
		type pair struct {
			name string
			id   mailstore.MessageID
		}
		pairs, err := list(ctx, s, func(r *sql.Rows) (p pair, err error) { return p, r.Scan(&p.name, &p.id) },
			`SELECT m.remote, m.id FROM json_each(?2) j CROSS JOIN messages m ON m.account = ?1 AND m.remote = j.value WHERE m.damaged = 0`, int64(account), string(names))
		if err != nil {
			return nil, err
		}
		for _, p := range pairs {
			found[p.name] = p.id
		}
	}
	return found, nil
}

const messageColumns = `m.id, m.account, b.hash, m.size, m.received, m.described, m.damaged, ifnull(u.summary, '')`

const messageTables = ` LEFT JOIN bodies b ON b.id = m.body LEFT JOIN summaries u ON u.id = m.id `

func scanFull(r *sql.Rows) (m mailstore.Message, err error) {
	var hash []byte
	var received int64
	var summary string
	if err := r.Scan(&m.ID, &m.Account, &hash, &m.Size, &received, &m.Described, &m.Damaged, &summary); err != nil {
		return m, err
	}
	copy(m.Hash[:], hash)
	m.Received = when(received)
	m.Summary, err = readSummary(summary)
	return m, err
}

// Message returns a message with all its places. The error is ErrNotFound when there
// is none.
func (s *Store) Message(ctx context.Context, id mailstore.MessageID) (mailstore.Message, error) {
	all, err := s.messages(ctx, []mailstore.MessageID{id})
	if err == nil && len(all) == 0 {
		err = s.noMessage(id)
	}
	if err != nil {
		return mailstore.Message{}, err
	}
	return all[0], nil
}

// Place returns the message that lies under a UID of a folder, under the folder's
// UIDVALIDITY; hidden ones too. The error is ErrNotFound when there is none.
func (s *Store) Place(ctx context.Context, folder mailstore.FolderID, uid mailstore.UID) (mailstore.Message, error) {
	var id mailstore.MessageID
	err := s.read.QueryRowContext(ctx, `SELECT message FROM places
		WHERE folder = ?1 AND uidvalidity = (SELECT uidvalidity FROM folders WHERE id = ?1) AND uid = ?2`, int64(folder), int64(uid)).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return mailstore.Message{}, mailstore.Fail(mailstore.ErrNotFound, "There is no message {uid} in this folder.", "uid", uid)
	}
	if err != nil {
		return mailstore.Message{}, s.failed(err)
	}
	return s.Message(ctx, id)
}

// messages reads messages with their places, in the order of the ids; those that do
// not exist are left out.
func (s *Store) messages(ctx context.Context, ids []mailstore.MessageID) ([]mailstore.Message, error) {
	wanted, err := json.Marshal(ids)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	all, err := list(ctx, s, scanFull, `SELECT `+messageColumns+` FROM json_each(?1) j CROSS JOIN messages m ON m.id = j.value`+messageTables+`ORDER BY j.key`, string(wanted))
	if err != nil {
		return nil, err
	}
	return all, s.addPlaces(ctx, all, string(wanted))
}

type placed struct {
	mailstore.Place
	message mailstore.MessageID
	flags   int64
}

// addPlaces fills in where messages lie.
func (s *Store) addPlaces(ctx context.Context, all []mailstore.Message, ids string) error {
	places, err := list(ctx, s, func(r *sql.Rows) (p placed, err error) {
		var received, gone, validity int64
		var uid int64
		if err := r.Scan(&p.message, &p.Folder, &validity, &uid, &p.flags, &received, &gone); err != nil {
			return p, err
		}
		p.Received, p.Gone = when(received), when(gone)
		if validity != displaced {
			p.UID = mailstore.UID(uid) //nolint:gosec // 32 bits by the protocol
		}
		return p, nil
	}, `SELECT p.message, p.folder, p.uidvalidity, p.uid, p.flags, p.received, p.gone
		FROM json_each(?1) j CROSS JOIN places p ON p.message = j.value ORDER BY p.message, p.folder, p.uid`, ids)
	if err != nil {
		return err
	}
	of := map[mailstore.MessageID][]mailstore.Place{}
	for _, p := range places {
		if p.Flags, err = s.flagsOf(ctx, p.flags); err != nil {
			return err
		}
		of[p.message] = append(of[p.message], p.Place)
	}
	for i := range all {
		all[i].Places = of[all[i].ID]
	}
	return nil
}

// Messages returns a page of a list, the newest first, each with its places; the next
// page begins Before the last one's ID. Messages that come or go meanwhile move no page.
func (s *Store) Messages(ctx context.Context, l mailstore.List) ([]mailstore.Message, error) {
	if l.Limit <= 0 {
		l.Limit = 100
	}
	ids, err := s.IDs(ctx, l)
	if err != nil {
		return nil, err
	}
	return s.messages(ctx, ids)
}

// Reader is a message's bytes, to be read in any order.
type Reader = mailstore.Reader

// Open opens the bytes of a message. The error is ErrNotFound when there is no such
// message; ErrDamaged, here or when reading, when its bytes are not what they were.
func (s *Store) Open(ctx context.Context, id mailstore.MessageID) (Reader, error) {
	var before string
	for {
		var place []byte
		err := s.read.QueryRowContext(ctx, `SELECT b.place FROM messages m JOIN bodies b ON b.id = m.body WHERE m.id = ?`, int64(id)).Scan(&place)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, s.noMessage(id)
		}
		if err != nil {
			return nil, s.failed(err)
		}
		var ref segment.Ref
		if err := ref.Unmarshal(place); err != nil {
			return nil, err
		}
		body, err := s.files.Open(ref)
		if err == nil {
			return body, nil
		}
		if before == string(place) {
			return nil, err
		}
		before = string(place) // a tidying may just have moved it: look again
	}
}
