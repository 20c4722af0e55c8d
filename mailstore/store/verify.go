package store

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"lifeboat/mailstore"
	"lifeboat/mailstore/segment"
)

// bodiesAtOnce is how many bodies are read between two looks into the index.
const bodiesAtOnce = 1000

// Verify reads everything: the index with its checksums, and every message, whose hash
// is computed anew. The owner marks what is damaged, so that the next run of the
// mirror fetches it again, and takes the mark from what is well; a reader only
// tells. tell may be nil. An index that cannot be read is ErrDamaged; see [Rebuild].
func (s *Store) Verify(ctx context.Context, tell func(mailstore.VerifyProgress)) (mailstore.Verified, error) {
	v := verification{s: s, tell: tell}
	if err := s.checkIndex(ctx, &v.found); err != nil {
		return v.found, err
	}
	err := s.read.QueryRowContext(ctx, `SELECT count(*), ifnull(sum(size), 0) FROM messages`).Scan(&v.progress.Of, &v.progress.OfBytes)
	if err != nil {
		return v.found, s.failed(err)
	}
	for after := int64(0); ; {
		bodies, err := list(ctx, s, scanVerified, `SELECT b.id, b.hash, b.size, b.place, b.damaged, count(m.id) FROM
			(SELECT * FROM bodies WHERE id > ? ORDER BY id LIMIT ?) b LEFT JOIN messages m ON m.body = b.id GROUP BY b.id ORDER BY b.id`, after, bodiesAtOnce)
		if err != nil {
			return v.found, err
		}
		if len(bodies) == 0 {
			break
		}
		after = bodies[len(bodies)-1].id
		if err := v.bodies(ctx, bodies); err != nil {
			return v.found, err
		}
	}
	return v.found, v.name(ctx)
}

type verification struct {
	s    *Store
	tell func(mailstore.VerifyProgress)

	mu       sync.Mutex
	progress mailstore.VerifyProgress
	found    mailstore.Verified
	damaged  []int64 // bodies
}

type verifiedBody struct {
	id       int64
	hash     mailstore.Hash
	size     int64
	place    []byte
	marked   bool
	messages int
	damaged  bool
}

func scanVerified(r *sql.Rows) (b verifiedBody, err error) {
	var hash []byte
	err = r.Scan(&b.id, &hash, &b.size, &b.place, &b.marked, &b.messages)
	copy(b.hash[:], hash)
	return b, err
}

// bodies reads bodies side by side.
func (v *verification) bodies(ctx context.Context, all []verifiedBody) error {
	work, within := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i := range all {
		work.Go(func() error {
			if err := within.Err(); err != nil {
				return err
			}
			return v.body(within, &all[i])
		})
	}
	if err := work.Wait(); err != nil {
		return err
	}
	var wrong []verifiedBody
	for _, b := range all {
		if b.damaged {
			v.damaged = append(v.damaged, b.id)
		}
		if b.damaged != b.marked {
			wrong = append(wrong, b)
		}
	}
	if len(wrong) == 0 || v.s.readOnly {
		return nil
	}
	return v.s.change(ctx, func(t *tx) error {
		for _, b := range wrong {
			if err := t.mark(b); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *verification) body(ctx context.Context, b *verifiedBody) error {
	var err error
	b.damaged, err = v.s.isDamaged(ctx, b.id, b.place, b.hash, b.size)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.progress.Messages += b.messages
	v.progress.Bytes += b.size * int64(b.messages)
	v.found.Messages, v.found.Bytes = v.progress.Messages, v.progress.Bytes
	if v.tell != nil {
		v.tell(v.progress)
	}
	return nil
}

// isDamaged reads a body to its end. Where it lies may be old news.
func (s *Store) isDamaged(ctx context.Context, id int64, place []byte, hash mailstore.Hash, size int64) (bool, error) {
	for {
		err := s.matches(place, hash, size)
		if err == nil {
			return false, nil
		}
		if !gone(err) {
			return false, err
		}
		var now []byte
		asked := s.read.QueryRowContext(ctx, `SELECT place FROM bodies WHERE id = ? AND hash = ?`, id, hash[:]).Scan(&now)
		switch {
		case errors.Is(asked, sql.ErrNoRows):
			return false, nil // removed meanwhile
		case asked != nil:
			return false, s.failed(asked)
		case string(now) == string(place):
			return true, nil
		}
		place = now
	}
}

// errOtherBytes: the seal holds and the hash does not.
var errOtherBytes = mailstore.Fail(mailstore.ErrDamaged, "The bytes of a message are not those that the index names.")

func (s *Store) matches(place []byte, hash mailstore.Hash, size int64) error {
	var ref segment.Ref
	if err := ref.Unmarshal(place); err != nil {
		return err
	}
	r, err := s.files.Open(ref)
	if err != nil {
		return err
	}
	got, n, err := hashOf(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	if got != hash || n != size {
		return errOtherBytes
	}
	return nil
}

// mark notes what a reading found, unless the body was moved or mended meanwhile.
func (t *tx) mark(b verifiedBody) error {
	var place []byte
	found, err := t.row(`SELECT place FROM bodies WHERE id = ? AND hash = ?`, []any{b.id, b.hash[:]}, &place)
	if err != nil || !found || string(place) != string(b.place) {
		return err
	}
	if b.damaged {
		return t.spoilt(b.id)
	}
	if err := t.exec(`UPDATE bodies SET damaged = 0 WHERE id = ?`, b.id); err != nil {
		return err
	}
	return t.exec(`UPDATE messages SET damaged = 0 WHERE body = ?`, b.id)
}

// name fills in which messages the damaged bodies are.
func (v *verification) name(ctx context.Context) error {
	for _, body := range v.damaged {
		ids, err := list(ctx, v.s, func(r *sql.Rows) (id mailstore.MessageID, err error) { return id, r.Scan(&id) }, `SELECT id FROM messages WHERE body = ?`, body)
		if err != nil {
			return err
		}
		messages, err := v.s.messages(ctx, ids)
		if err != nil {
			return err
		}
		v.found.Damaged = append(v.found.Damaged, messages...)
	}
	return nil
}

// checkIndex reads every page of the index that is in use, and holds what tables say
// of each other against one another.
func (s *Store) checkIndex(ctx context.Context, found *mailstore.Verified) error {
	var said string
	switch err := s.read.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said); {
	case err != nil:
		return s.failed(err)
	case said != "ok":
		return s.damaged(errors.New(said)) //nolint:err113 // SQLite's own words
	}
	for _, c := range consistency {
		var n int
		if err := s.read.QueryRowContext(ctx, c.query).Scan(&n); err != nil {
			return s.failed(err)
		}
		if n > 0 {
			found.Lost = append(found.Lost, mailstore.Say("The index of the mirrored mail contradicts itself (check {check}, {count} times). Run: lifeboat mail verify --rebuild.", "check", c.name, "count", n))
		}
	}
	return nil
}

// consistency is what must hold between the tables: each query counts exceptions.
var consistency = []struct{ name, query string }{ //nolint:gochecknoglobals // a constant
	{"places-have-messages", `SELECT count(*) FROM places WHERE message NOT IN (SELECT id FROM messages)`},
	{"messages-have-bytes", `SELECT count(*) FROM messages WHERE body NOT IN (SELECT id FROM bodies)`},
	{"messages-have-places", `SELECT count(*) FROM messages WHERE id NOT IN (SELECT message FROM places)`},
	{"bytes-have-messages", `SELECT count(*) FROM bodies WHERE id NOT IN (SELECT body FROM messages)`},
	{"places-are-counted", `SELECT count(*) FROM messages m WHERE live <> (SELECT count(*) FROM places p WHERE p.message = m.id AND p.gone = 0)`},
	{"folders-are-counted", `SELECT count(*) FROM folders f WHERE messages <> (SELECT count(*) FROM places p WHERE p.folder = f.id AND p.gone = 0)
		OR unseen <> (SELECT count(*) FROM places p JOIN flagsets s ON s.id = p.flags
			WHERE p.folder = f.id AND p.gone = 0 AND ' ' || s.flags || ' ' NOT LIKE '% \Seen %')`},
	{"accounts-are-counted", `SELECT count(*) FROM accounts a WHERE (messages, bytes) <>
		(SELECT count(*), ifnull(sum(size), 0) FROM messages m WHERE m.account = a.id AND live > 0)
		OR undescribed <> (SELECT count(*) FROM messages m WHERE m.account = a.id AND described = 0)`},
}
