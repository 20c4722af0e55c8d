package fulltext

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"slices"
	"sort"

	"lifeboat/mailstore"
)

// A merge writes several segments as one. It goes on over many transactions, each
// of which takes it some terms further; nothing is kept of it but what is in the
// database, so that one that is rolled back or killed is simply gone on with.
type merge struct {
	x         *Index
	ctx       context.Context //nolint:containedctx // it lives as long as one call
	tx        *sql.Tx
	target    int64
	sources   []*source
	ids       []mailstore.MessageID
	done      []byte // the last term that was written; empty: none yet
	directory []byte
	groups    int

	// For each document of the term at hand: its positions.
	where [][]byte
	set   bitmap
	docs  []uint16
	old   []uint16
	parts [][]byte
}

// source is a segment that is merged.
type source struct {
	segment
	*contents
	gone     bitmap  // when the merge began
	renumber []int32 // document to new document, -1 for none

	group     int // the next to read
	reader    groupReader
	positions []byte
	current   posting
	ended     bool
}

// resume reads what the merge is about, and how far it has come.
func (m *merge) resume(all []segment, sources []int64) error {
	var gone []byte
	if err := m.tx.QueryRowContext(m.ctx, `SELECT gone, done, directory FROM text_merge WHERE target = ?`, m.target).
		Scan(&gone, &m.done, &m.directory); err != nil {
		return err
	}
	for _, id := range sources {
		i := slices.IndexFunc(all, func(s segment) bool { return s.id == id })
		if i < 0 {
			return errDamaged
		}
		s := &source{segment: all[i], gone: newBitmap(all[i].docs), renumber: make([]int32, all[i].docs)}
		size := 8 * len(s.gone)
		if len(gone) < size || !s.gone.load(gone[:size]) {
			return errDamaged
		}
		gone = gone[size:]
		var err error
		if s.contents, err = m.x.contents(m.ctx, m.tx, s.segment); err != nil {
			return err
		}
		m.sources = append(m.sources, s)
	}
	m.ids = liveDocs(m.sources)
	firsts, err := readDirectory(m.directory)
	m.groups = len(firsts)
	m.where = make([][]byte, len(m.ids))
	m.set = newBitmap(len(m.ids))
	return err
}

// work merges until about so many octets were read, and returns how many. At the end of
// the last term the new segment takes the place of the old ones.
func (m *merge) work(octets int) (int, error) {
	if len(m.ids) == 0 {
		return 1, m.publish()
	}
	read, err := newGroupQuery(m.ctx, m.tx)
	if err != nil {
		return 0, err
	}
	defer read.close()
	rows, err := newRowWriter(m.ctx, m.tx, m.target, m.groups)
	if err != nil {
		return 0, err
	}
	defer rows.close()
	w := &groupWriter{docs: len(m.ids), write: rows.write, directory: m.directory}
	for _, s := range m.sources {
		if err := s.seek(read, m.done); err != nil {
			return 0, err
		}
	}
	over, err := m.terms(read, w, octets)
	if err != nil {
		return 0, err
	}
	if err := w.flush(); err != nil {
		return 0, err
	}
	m.directory = w.directory
	if over {
		return read.size + 1, m.publish()
	}
	_, err = m.tx.ExecContext(m.ctx, `UPDATE text_merge SET done = ?, directory = ? WHERE target = ?`, m.done, m.directory, m.target)
	return read.size + 1, err
}

// terms merges term by term; over is true after the last.
func (m *merge) terms(read *groupQuery, w *groupWriter, octets int) (over bool, err error) {
	term := bytes.Clone(m.done)
	for read.size < octets {
		var least *source
		for _, s := range m.sources {
			if !s.ended && (least == nil || bytes.Compare(s.current.term, least.current.term) < 0) {
				least = s
			}
		}
		if least == nil {
			return true, nil
		}
		term = append(term[:0], least.current.term...)
		if err := m.gather(read, term); err != nil {
			return false, err
		}
		if len(m.docs) > 0 {
			var length func(int) int
			if len(m.parts) > 0 {
				length = func(i int) int { return len(m.parts[i]) }
			}
			if err := w.add(term, m.docs, m.parts, length); err != nil {
				return false, err
			}
		}
		m.done = term
	}
	return false, nil
}

// gather collects the documents of a term from all sources that have it, in their new
// order, and takes those sources on to their next term.
func (m *merge) gather(read *groupQuery, term []byte) error {
	m.docs, m.parts = m.docs[:0], m.parts[:0]
	plain := hasPositions(term[0])
	sorted := true
	for _, s := range m.sources {
		if s.ended || !bytes.Equal(s.current.term, term) {
			continue
		}
		only := len(m.docs) == 0
		if err := m.take(s, plain); err != nil {
			return err
		}
		sorted = sorted && only
		if err := s.next(read); err != nil {
			return err
		}
	}
	if !sorted {
		m.sort()
	}
	if plain {
		for _, doc := range m.docs {
			m.parts = append(m.parts, m.where[doc])
		}
	}
	return nil
}

// take collects the documents of a source's current term.
func (m *merge) take(s *source, plain bool) (err error) {
	if m.old, err = s.current.list(m.old[:0], s.docs); err != nil {
		return err
	}
	at := 0
	if plain {
		if at, err = s.current.positions(s.positions, s.docs, 0); err != nil {
			return err
		}
	}
	for _, doc := range m.old {
		from := at
		if plain {
			if at, err = skipPositions(s.positions, at); err != nil {
				return err
			}
		}
		if to := s.renumber[doc]; to >= 0 {
			m.docs = append(m.docs, uint16(to)) //nolint:gosec // less than most
			m.where[to] = s.positions[from:at]
		}
	}
	return nil
}

// sort orders the documents of a term. Of long ones, a set does it quicker.
func (m *merge) sort() {
	if len(m.docs) < len(m.set)/4 {
		slices.Sort(m.docs)
		return
	}
	for _, doc := range m.docs {
		m.set.set(int(doc))
	}
	m.docs = m.docs[:0]
	m.set.each(func(doc int) { m.docs = append(m.docs, uint16(doc)) }) //nolint:gosec // less than most
	clear(m.set)
}

// publish puts the new segment in the place of the old ones.
func (m *merge) publish() error {
	if len(m.ids) > 0 {
		if err := putSegment(m.ctx, m.tx, m.target, m.ids, m.directory); err != nil {
			return err
		}
	}
	// What was removed since the merge began is removed from the new one.
	late := newBitmap(len(m.ids))
	for _, s := range m.sources {
		removed, err := s.removed()
		if err != nil {
			return err
		}
		removed.andNot(s.gone)
		removed.each(func(doc int) { late.set(int(s.renumber[doc])) })
	}
	if !late.empty() {
		if _, err := m.tx.ExecContext(m.ctx, `INSERT INTO text_gone (segment, docs) VALUES (?, ?)`, m.target, late.marshal()); err != nil {
			return err
		}
	}
	for _, s := range m.sources {
		for _, query := range []string{
			`DELETE FROM text_segment WHERE id = ?`, `DELETE FROM text_gone WHERE segment = ?`, `INSERT INTO text_sweep (segment) VALUES (?)`,
		} {
			if _, err := m.tx.ExecContext(m.ctx, query, s.id); err != nil {
				return err
			}
		}
	}
	_, err := m.tx.ExecContext(m.ctx, `DELETE FROM text_merge WHERE target = ?`, m.target)
	return err
}

// seek takes the source to the first term after done.
func (s *source) seek(read *groupQuery, done []byte) error {
	s.group = max(0, sort.Search(len(s.firsts), func(i int) bool { return s.firsts[i] > string(done) })-1)
	for {
		if err := s.next(read); err != nil || s.ended || len(done) == 0 || bytes.Compare(s.current.term, done) > 0 {
			return err
		}
	}
}

// next takes the source to its next term.
func (s *source) next(read *groupQuery) error {
	for {
		ok, err := s.reader.next(&s.current)
		if ok || err != nil {
			return err
		}
		if s.group == len(s.firsts) {
			s.ended = true
			return nil
		}
		row, err := read.postings(s.id, s.group)
		if err != nil {
			return err
		}
		s.reader = groupReader{row: row}
		if s.positions, err = read.positions(s.id, s.group); err != nil {
			return err
		}
		s.group++
	}
}

// groupQuery reads rows of groups.
type groupQuery struct {
	ctx                 context.Context //nolint:containedctx // it lives as long as one call
	tx                  *sql.Tx
	forGroup, forPlaces *sql.Stmt
	size                int // octets read so far
}

func newGroupQuery(ctx context.Context, tx *sql.Tx) (*groupQuery, error) {
	q := &groupQuery{ctx: ctx, tx: tx}
	var err error
	if q.forGroup, err = tx.PrepareContext(ctx, `SELECT postings FROM text_group WHERE id = ?`); err != nil {
		return nil, err
	}
	if q.forPlaces, err = tx.PrepareContext(ctx, `SELECT positions FROM text_positions WHERE id = ?`); err != nil {
		return nil, errors.Join(err, q.forGroup.Close())
	}
	return q, nil
}

func (q *groupQuery) close() {
	_ = q.forGroup.Close() // it was only read
	_ = q.forPlaces.Close()
}

func (q *groupQuery) postings(segment int64, group int) ([]byte, error) {
	row, err := q.row(q.forGroup, segment, group)
	if errors.Is(err, sql.ErrNoRows) {
		err = errDamaged
	}
	return row, err
}

// positions reads a group's second row, which may be missing.
func (q *groupQuery) positions(segment int64, group int) ([]byte, error) {
	row, err := q.row(q.forPlaces, segment, group)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return row, err
}

func (q *groupQuery) row(stmt *sql.Stmt, segment int64, group int) (row []byte, err error) {
	if err := stmt.QueryRowContext(q.ctx, segment<<groupBits|int64(group)).Scan(&row); err != nil {
		return nil, err
	}
	q.size += len(row)
	return unseal(row)
}
