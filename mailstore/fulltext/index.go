package fulltext

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"

	"lifeboat/mailstore"
)

// Schema makes the index's tables. It is one migration of the store's database.
const Schema = `
-- Messages that were brought in together, and their words: never changed, only merged
-- with others into a new one. ids are the messages upwards, directory the first terms of
-- its groups.
CREATE TABLE text_segment (
	id INTEGER PRIMARY KEY,
	stamp INTEGER NOT NULL, -- random: by it a segment's contents are remembered
	docs INTEGER NOT NULL,
	oldest INTEGER NOT NULL,
	newest INTEGER NOT NULL,
	ids BLOB NOT NULL,
	directory BLOB NOT NULL
) STRICT;

-- The documents of a segment that were removed, as a bitmap.
CREATE TABLE text_gone (segment INTEGER PRIMARY KEY, docs BLOB NOT NULL) STRICT;

-- Groups of terms: id is the segment << 20 | the group's number.
CREATE TABLE text_group (id INTEGER PRIMARY KEY, postings BLOB NOT NULL) STRICT;
CREATE TABLE text_positions (id INTEGER PRIMARY KEY, positions BLOB NOT NULL) STRICT;

-- The merges that are under way: of which segments, what of them was removed when it
-- began, up to which term it has come.
CREATE TABLE text_merge (
	target INTEGER PRIMARY KEY,
	sources BLOB NOT NULL,
	gone BLOB NOT NULL,
	done BLOB NOT NULL,
	directory BLOB NOT NULL
) STRICT;

-- Segments that are no more, and whose groups are to be deleted.
CREATE TABLE text_sweep (segment INTEGER PRIMARY KEY) STRICT;
`

// groupBits is how many bits of a row's number tell the group within its segment.
const groupBits = 20

// Index finds messages by their words. It remembers of the database what never
// changes, so a store has one of them for all its connections; any number of goroutines
// may use it.
type Index struct {
	mu   sync.Mutex
	seen map[int64]*contents // by stamp
}

// New makes an index. It reads nothing yet.
func New() *Index { return &Index{seen: map[int64]*contents{}} }

// segment is a row of text_segment without its long columns.
type segment struct {
	id, stamp      int64
	docs           int
	oldest, newest mailstore.MessageID
	gone           []byte // as it is on the disk; nil: none
}

// contents are a segment's long columns.
type contents struct {
	ids    []mailstore.MessageID
	firsts []string
}

// damaged is the sentence for a row that cannot be believed.
func damaged(err error) error {
	if errors.Is(err, errDamaged) {
		return mailstore.Fail(mailstore.ErrDamaged, "The words to search by are damaged in the index of the mirrored mail. Run: lifeboat mail verify --rebuild. It makes a new index; the mail itself is well.").Because(err)
	}
	return err
}

// segments lists the segments, with what was removed of them.
func segments(ctx context.Context, tx *sql.Tx) (all []segment, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT s.id, s.stamp, s.docs, s.oldest, s.newest, g.docs FROM text_segment s LEFT JOIN text_gone g ON g.segment = s.id ORDER BY s.id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var s segment
		if err := rows.Scan(&s.id, &s.stamp, &s.docs, &s.oldest, &s.newest, &s.gone); err != nil {
			return nil, err
		}
		if s.docs <= 0 || s.docs > most {
			return nil, errDamaged
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// removed is the set of the segment's documents that were removed.
func (s *segment) removed() (bitmap, error) {
	b := newBitmap(s.docs)
	if s.gone != nil && !b.load(s.gone) {
		return nil, errDamaged
	}
	return b, nil
}

// contents reads a segment's long columns, or remembers them.
func (x *Index) contents(ctx context.Context, tx *sql.Tx, s segment) (*contents, error) {
	x.mu.Lock()
	known := x.seen[s.stamp]
	x.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var ids, directory []byte
	if err := tx.QueryRowContext(ctx, `SELECT ids, directory FROM text_segment WHERE id = ?`, s.id).Scan(&ids, &directory); err != nil {
		return nil, err
	}
	c := &contents{}
	var err error
	if c.ids, err = readIDs(ids, s.docs); err != nil {
		return nil, err
	}
	if directory, err = unseal(directory); err != nil {
		return nil, err
	}
	if c.firsts, err = readDirectory(directory); err != nil {
		return nil, err
	}
	x.mu.Lock()
	x.seen[s.stamp] = c
	x.mu.Unlock()
	return c, nil
}

// forget drops what is remembered of segments that are no more.
func (x *Index) forget(live []segment) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.seen) < 2*len(live)+16 {
		return
	}
	kept := make(map[int64]*contents, len(live))
	for _, s := range live {
		if c := x.seen[s.stamp]; c != nil {
			kept[s.stamp] = c
		}
	}
	x.seen = kept
}

// writeIDs writes messages, which go upwards, as distances.
func writeIDs(ids []mailstore.MessageID) []byte {
	out := make([]byte, 0, 5*len(ids))
	last := mailstore.MessageID(0)
	for _, id := range ids {
		out = binary.AppendVarint(out, int64(id-last))
		last = id
	}
	return seal(out)
}

func readIDs(row []byte, docs int) ([]mailstore.MessageID, error) {
	row, err := unseal(row)
	if err != nil {
		return nil, err
	}
	ids := make([]mailstore.MessageID, 0, docs)
	last := int64(0)
	for len(row) > 0 {
		step, n := binary.Varint(row)
		if n <= 0 {
			return nil, errDamaged
		}
		last += step
		ids = append(ids, mailstore.MessageID(last))
		row = row[n:]
	}
	if len(ids) != docs || !slices.IsSorted(ids) {
		return nil, errDamaged
	}
	return ids, nil
}

// Put brings messages into the index, in place of what it had of them before, and
// does its share of the housekeeping.
func (x *Index) Put(ctx context.Context, tx *sql.Tx, b *Batch) error {
	all, err := segments(ctx, tx)
	if err != nil {
		return damaged(err)
	}
	written := 0
	for _, p := range b.parts {
		if err := x.remove(ctx, tx, all, p.ids); err != nil {
			return damaged(err)
		}
		size, err := putPart(ctx, tx, p)
		if err != nil {
			return damaged(err)
		}
		written += size
	}
	_, err = x.tidy(ctx, tx, leastShare+share*written, mergeMany)
	return damaged(err)
}

// newSegment is a number that no segment has, or had so lately that something of it is
// left.
func newSegment(ctx context.Context, tx *sql.Tx) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT max(
		(SELECT ifnull(max(id), 0) FROM text_segment), (SELECT ifnull(max(target), 0) FROM text_merge),
		(SELECT ifnull(max(segment), 0) FROM text_sweep)) + 1`).Scan(&id)
	return id, err
}

// putPart writes a new segment and returns its size in octets.
func putPart(ctx context.Context, tx *sql.Tx, p *part) (size int, err error) {
	id, err := newSegment(ctx, tx)
	if err != nil {
		return 0, err
	}
	w, err := newRowWriter(ctx, tx, id, 0)
	if err != nil {
		return 0, err
	}
	defer w.close()
	for _, g := range p.groups {
		if err := w.write(g[0], g[1]); err != nil {
			return 0, err
		}
	}
	return w.size, putSegment(ctx, tx, id, p.ids, p.directory)
}

func putSegment(ctx context.Context, tx *sql.Tx, id int64, ids []mailstore.MessageID, directory []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO text_segment (id, stamp, docs, oldest, newest, ids, directory) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		id, rand.Int64(), len(ids), int64(ids[0]), int64(ids[len(ids)-1]), writeIDs(ids), seal(directory)) //nolint:gosec // no secret: it only must not repeat
	return err
}

// rowWriter writes a segment's groups as rows.
type rowWriter struct {
	ctx                 context.Context //nolint:containedctx // it lives as long as one call
	postings, positions *sql.Stmt
	row                 int64
	size                int
}

func newRowWriter(ctx context.Context, tx *sql.Tx, segment int64, groups int) (*rowWriter, error) {
	w := &rowWriter{ctx: ctx, row: segment<<groupBits | int64(groups)}
	var err error
	if w.postings, err = tx.PrepareContext(ctx, `INSERT INTO text_group (id, postings) VALUES (?, ?)`); err != nil {
		return nil, err
	}
	if w.positions, err = tx.PrepareContext(ctx, `INSERT INTO text_positions (id, positions) VALUES (?, ?)`); err != nil {
		return nil, errors.Join(err, w.postings.Close())
	}
	return w, nil
}

func (w *rowWriter) write(postings, positions []byte) error {
	if _, err := w.postings.ExecContext(w.ctx, w.row, postings); err != nil {
		return err
	}
	if positions != nil {
		if _, err := w.positions.ExecContext(w.ctx, w.row, positions); err != nil {
			return err
		}
	}
	w.row++
	w.size += len(postings) + len(positions)
	return nil
}

func (w *rowWriter) close() {
	_ = w.postings.Close() // what it wrote is the transaction's
	_ = w.positions.Close()
}

// Remove takes messages out of the index. One that is not in it is no error.
func (x *Index) Remove(ctx context.Context, tx *sql.Tx, ids []mailstore.MessageID) error {
	all, err := segments(ctx, tx)
	if err != nil {
		return damaged(err)
	}
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return damaged(x.remove(ctx, tx, all, ids))
}

// remove notes which documents of the segments the messages, which go upwards, are.
func (x *Index) remove(ctx context.Context, tx *sql.Tx, all []segment, ids []mailstore.MessageID) error {
	for i := range all {
		s := &all[i]
		first, _ := slices.BinarySearch(ids, s.oldest)
		end, _ := slices.BinarySearch(ids, s.newest+1)
		if first >= end {
			continue
		}
		c, err := x.contents(ctx, tx, *s)
		if err != nil {
			return err
		}
		var gone bitmap
		for _, id := range ids[first:end] {
			doc, found := slices.BinarySearch(c.ids, id)
			if !found {
				continue
			}
			if gone == nil {
				if gone, err = s.removed(); err != nil {
					return err
				}
			}
			gone.set(doc)
		}
		if gone == nil {
			continue
		}
		s.gone = gone.marshal()
		if _, err := tx.ExecContext(ctx, `INSERT INTO text_gone (segment, docs) VALUES (?1, ?2) ON CONFLICT (segment) DO UPDATE SET docs = ?2`, s.id, s.gone); err != nil {
			return err
		}
	}
	return nil
}
