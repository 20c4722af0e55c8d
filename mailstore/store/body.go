package store

import (
	"context"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/segment"
)

// pinned is how long bytes that no batch has named are kept from a tidying; nobody
// takes that long between a message's last byte and its batch.
const pinned = 24 * time.Hour

// pin keeps a segment that holds a body no batch has named yet.
type pin struct {
	segment uint64
	at      time.Time
}

// bodyWriter takes a body in; what is special about it beside segment.Writer is that
// its segment is not tidied away before a batch has come.
type bodyWriter struct {
	*segment.Writer
	s *Store
}

// NewBody begins to take in the bytes of a message. Any number may be under way. The
// errors of writing are ErrDisk.
func (s *Store) NewBody() mailstore.BodyWriter {
	if err := s.owned(); err != nil {
		return refusing{err}
	}
	return bodyWriter{s.files.NewWriter(), s}
}

// Close ends the bytes.
func (w bodyWriter) Close() (mailstore.Body, error) {
	w.s.closing.RLock()
	defer w.s.closing.RUnlock()
	ref, err := w.Writer.Close()
	if err != nil {
		return mailstore.Body{}, err
	}
	body := mailstore.Body{Hash: w.Hash(), Size: w.Size(), Place: ref.Marshal()}
	w.s.pinMu.Lock()
	defer w.s.pinMu.Unlock()
	w.s.pins[string(body.Place)] = pin{ref.Segment(), w.s.now()}
	return body, nil
}

// refusing is the body writer of a store that takes nothing in.
type refusing struct{ err error }

// Write refuses.
func (r refusing) Write([]byte) (int, error) { return 0, r.err }

// Close refuses.
func (r refusing) Close() (mailstore.Body, error) { return mailstore.Body{}, r.err }

// Abort has nothing to forget.
func (refusing) Abort() {}

// unpin lets go of bodies that a batch has named.
func (s *Store) unpin(arrived []mailstore.Arrival) {
	s.pinMu.Lock()
	defer s.pinMu.Unlock()
	for i := range arrived {
		delete(s.pins, string(arrived[i].Body.Place))
	}
}

// pinnedSegments are those that may hold bodies on their way in.
func (s *Store) pinnedSegments() map[uint64]bool {
	s.pinMu.Lock()
	defer s.pinMu.Unlock()
	now, held := s.now(), map[uint64]bool{}
	for place, p := range s.pins {
		if now.Sub(p.at) > pinned {
			delete(s.pins, place)
			continue
		}
		held[p.segment] = true
	}
	return held
}

// held reports whether the bytes at a place are kept for a batch that names them:
// not when they were tidied away meanwhile, or are another store's.
func (s *Store) held(place []byte) bool {
	s.pinMu.Lock()
	defer s.pinMu.Unlock()
	_, ok := s.pins[string(place)]
	return ok
}

// body is a row of bodies.
type body struct {
	id      int64
	size    int64
	segment uint64
	damaged bool
}

func prefix(h mailstore.Hash) int64 {
	var p int64
	for _, b := range h[:8] {
		p = p<<8 | int64(b)
	}
	return p
}

// keep sees to it that a body is in the index, and returns its row. Bytes that the
// store has already are not referred to: a tidying finds them, as it finds those that a
// killed process left. Bytes that were damaged are replaced.
func (t *tx) keep(b mailstore.Body) (row body, err error) {
	var place []byte
	found, err := t.row(`SELECT id, size, segment, damaged, place FROM bodies WHERE prefix = ? AND hash = ?`, []any{prefix(b.Hash), b.Hash[:]},
		&row.id, &row.size, &row.segment, &row.damaged, &place)
	if err != nil || found && !row.damaged {
		return row, err
	}
	if !t.s.held(b.Place) {
		return row, mailstore.Fail(mailstore.ErrInvalid, "The bytes of a message are no longer where they were put. Take the message in again.")
	}
	var ref segment.Ref
	if err := ref.Unmarshal(b.Place); err != nil {
		return row, err
	}
	t.segments[ref.Segment()] += ref.Stored()
	if found {
		return row, t.mend(row, place, ref, b.Place)
	}
	row = body{size: b.Size, segment: ref.Segment()}
	row.id, err = t.insert(`INSERT INTO bodies (prefix, hash, size, segment, place) VALUES (?, ?, ?, ?, ?)`,
		prefix(b.Hash), b.Hash[:], b.Size, int64(ref.Segment()), b.Place) //nolint:gosec // segments are counted from 1
	return row, err
}

// mend puts good bytes in the place of damaged ones, for all accounts.
func (t *tx) mend(row body, old []byte, ref segment.Ref, place []byte) error {
	if err := t.dead(old); err != nil {
		return err
	}
	if err := t.exec(`UPDATE bodies SET segment = ?, place = ?, damaged = 0 WHERE id = ?`, int64(ref.Segment()), place, row.id); err != nil { //nolint:gosec // counted from 1
		return err
	}
	return t.exec(`UPDATE messages SET damaged = 0 WHERE body = ?`, row.id)
}

// dead counts bytes that nobody wants any more.
func (t *tx) dead(place []byte) error {
	var ref segment.Ref
	if err := ref.Unmarshal(place); err != nil {
		return nil //nolint:nilerr // of a note that cannot be read nothing can be counted; a tidying counts anew
	}
	t.segments[ref.Segment()] -= ref.Stored()
	return nil
}

// durable waits until the bytes of a batch are on the disk.
func (s *Store) durable(ctx context.Context, arrived []mailstore.Arrival) error {
	for i := range arrived {
		if arrived[i].Body.Hash != (mailstore.Hash{}) {
			return s.files.Sync(ctx)
		}
	}
	return nil
}
