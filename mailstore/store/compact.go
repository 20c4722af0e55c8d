package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"io"

	"lifeboat/mailstore"
	"lifeboat/mailstore/segment"
)

const (
	// A segment of which less than wanted in wantedOf is wanted is written anew.
	wanted, wantedOf = 1, 2
	// bytesAtOnce bounds what one call copies.
	bytesAtOnce = 256 << 20
	// A newest segment that is small is not worth another in its place, nor one that
	// is a little larger worth copying.
	small, middling = 64 << 10, 1 << 20
)

// compact gives the disk back what nobody wants: a segment without a wanted body is
// removed, and one with few is copied first. Killed at any moment it loses nothing: the
// copies are on the disk before the index names them, and the index no longer names a
// segment when that goes.
func (s *Store) compact(ctx context.Context, done *mailstore.Retained) error {
	segments, err := s.files.Segments()
	if err != nil || len(segments) == 0 {
		return err
	}
	live, err := s.live(ctx)
	if err != nil {
		return err
	}
	pinned := s.pinnedSegments()
	newest := segments[len(segments)-1].ID
	room := int64(bytesAtOnce)
	var idle []segment.Info
	var failed error
	for _, info := range segments {
		switch {
		case pinned[info.ID], info.ID == newest && (info.Bytes < small || live[info.ID] > 0 && info.Bytes < middling):
			continue
		case live[info.ID] > 0 && live[info.ID]*wantedOf >= info.Bytes*wanted:
			continue
		case live[info.ID] > 0 && failed != nil:
			continue // no room: what needs none goes first
		case live[info.ID] > 0 && room < live[info.ID]:
			done.More = true
			continue
		case live[info.ID] > 0:
			room -= live[info.ID]
			if failed = s.empty(ctx, info.ID, info.ID == newest); failed != nil {
				continue
			}
		}
		idle = append(idle, info)
	}
	return errors.Join(failed, s.removeSegments(ctx, idle, done))
}

// empty copies what is wanted of a segment; the newest one would take the copies.
func (s *Store) empty(ctx context.Context, id uint64, newest bool) error {
	if newest {
		if err := s.files.Turn(); err != nil {
			return err
		}
	}
	return s.vacate(ctx, id)
}

// live is how many bytes of each segment are wanted.
func (s *Store) live(ctx context.Context) (map[uint64]int64, error) {
	of := map[uint64]int64{}
	_, err := list(ctx, s, func(r *sql.Rows) (id uint64, err error) {
		var live int64
		err = r.Scan(&id, &live)
		of[id] = live
		return id, err
	}, `SELECT id, live FROM segments WHERE live > 0`)
	return of, err
}

// removeSegments removes segments that the index no longer names. While no writer is at
// work, none of them can be named again.
func (s *Store) removeSegments(ctx context.Context, idle []segment.Info, done *mailstore.Retained) error {
	if len(idle) == 0 {
		return nil
	}
	s.renewCopy(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing.Lock()
	defer s.closing.Unlock()
	pinned := s.pinnedSegments()
	for _, info := range idle {
		var one int
		// The count of wanted bytes is not relied on for this.
		named := s.write.QueryRowContext(ctx, `SELECT 1 FROM bodies WHERE segment = ? AND damaged = 0 LIMIT 1`, int64(info.ID)).Scan(&one) //nolint:gosec // counted from 1
		if pinned[info.ID] || named == nil {
			continue
		}
		if !errors.Is(named, sql.ErrNoRows) {
			return s.failed(named)
		}
		err := s.files.Remove(ctx, info.ID)
		if errors.Is(err, mailstore.ErrBusy) || errors.Is(err, mailstore.ErrNotFound) {
			continue // next time
		}
		if err != nil {
			return err
		}
		done.Bytes += info.Bytes
		if _, err := s.write.ExecContext(ctx, `DELETE FROM segments WHERE id = ?`, int64(info.ID)); err != nil { //nolint:gosec // counted from 1
			return s.failed(err)
		}
	}
	return nil
}

// movedBody is a body that lies elsewhere now, or cannot be read.
type movedBody struct {
	id       int64
	hash     mailstore.Hash
	from, to []byte
	damaged  bool
}

// vacate copies the bodies of a segment that are wanted to the end of the newest one.
func (s *Store) vacate(ctx context.Context, id uint64) error {
	bodies, err := list(ctx, s, func(r *sql.Rows) (b movedBody, err error) {
		var hash []byte
		err = r.Scan(&b.id, &hash, &b.from)
		copy(b.hash[:], hash)
		return b, err
	}, `SELECT id, hash, place FROM bodies WHERE segment = ? AND damaged = 0 ORDER BY id`, int64(id)) //nolint:gosec // counted from 1
	if err != nil {
		return err
	}
	for i := range bodies {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.copyBody(&bodies[i]); err != nil {
			return err
		}
	}
	if err := s.files.Sync(ctx); err != nil {
		return err
	}
	return s.change(ctx, func(t *tx) error {
		for _, b := range bodies {
			if err := t.moved(b); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyBody writes a body anew. One that is not what it was is marked: nothing is
// lost by not copying it.
func (s *Store) copyBody(b *movedBody) error {
	var ref segment.Ref
	if err := ref.Unmarshal(b.from); err != nil {
		b.damaged = true
		return nil
	}
	r, err := s.files.Open(ref)
	if gone(err) {
		b.damaged = true
		return nil
	}
	if err != nil {
		return err
	}
	w := s.files.NewWriter()
	defer w.Abort()
	_, err = io.Copy(w, r)
	if err := errors.Join(err, r.Close()); err != nil {
		b.damaged = gone(err)
		if b.damaged {
			return nil
		}
		return err
	}
	to, err := w.Close()
	if err != nil {
		return err
	}
	b.damaged = w.Hash() != b.hash
	b.to = to.Marshal()
	return nil
}

// gone reports whether an error of reading bytes says that they are no longer there,
// rather than that the disk does not answer.
func gone(err error) bool {
	return errors.Is(err, mailstore.ErrDamaged) || errors.Is(err, mailstore.ErrNotFound)
}

// moved notes where a body lies now, unless somebody else has moved or removed it.
func (t *tx) moved(b movedBody) error {
	var place []byte
	found, err := t.row(`SELECT place FROM bodies WHERE id = ? AND hash = ?`, []any{b.id, b.hash[:]}, &place)
	if err != nil || !found || string(place) != string(b.from) {
		return err
	}
	if b.damaged {
		return t.spoilt(b.id)
	}
	var ref segment.Ref
	if err := ref.Unmarshal(b.to); err != nil {
		return err
	}
	if err := t.dead(b.from); err != nil {
		return err
	}
	t.segments[ref.Segment()] += ref.Stored()
	return t.exec(`UPDATE bodies SET segment = ?, place = ? WHERE id = ?`, int64(ref.Segment()), b.to, b.id) //nolint:gosec // counted from 1
}

// spoilt marks a body, and the messages that it is, as damaged.
func (t *tx) spoilt(body int64) error {
	if err := t.exec(`UPDATE bodies SET damaged = 1 WHERE id = ?`, body); err != nil {
		return err
	}
	return t.exec(`UPDATE messages SET damaged = 1 WHERE body = ?`, body)
}

// hashOf reads a body to its end.
func hashOf(r io.Reader) (h mailstore.Hash, size int64, err error) {
	sum := sha256.New()
	size, err = io.Copy(sum, r)
	sum.Sum(h[:0])
	return h, size, err
}
