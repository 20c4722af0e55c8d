package fulltext

import (
	"context"
	"database/sql"
	"encoding/binary"
	"math/bits"
	"slices"

	"lifeboat/mailstore"
)

// Segments of about one size are merged when there are so many of them; when there is
// nothing else to do, sooner.
const (
	mergeMany = 8
	mergeFew  = 4
	// leastShare is how many octets of housekeeping the smallest Put does.
	leastShare = 256 << 10
	// idleShare is how many a Tidy does: some hundred milliseconds.
	idleShare = 8 << 20
)

// Tidy does a bounded piece of the index's housekeeping, some hundred milliseconds at
// most, and reports whether there is more to do. It is for when nothing else is: Put does
// enough for searches to stay quick.
func (x *Index) Tidy(ctx context.Context, tx *sql.Tx) (more bool, err error) {
	more, err = x.tidy(ctx, tx, idleShare, mergeFew)
	return more, damaged(err)
}

// tidy deletes what is left of former segments, and merges, until it has handled so many
// octets.
func (x *Index) tidy(ctx context.Context, tx *sql.Tx, share, many int) (more bool, err error) {
	for share > 0 {
		swept, err := sweep(ctx, tx, share)
		if err != nil {
			return true, err
		}
		share -= swept
		if swept > 0 {
			continue
		}
		job, err := x.job(ctx, tx, many)
		if job == nil || err != nil {
			return false, err
		}
		worked, err := job.work(share)
		if err != nil {
			return true, err
		}
		share -= worked
	}
	return true, nil
}

// sweepRows is how many rows are deleted at once.
const sweepRows = 32

// sweep deletes rows of segments that are no more, until about so many octets are gone,
// and returns how many.
func sweep(ctx context.Context, tx *sql.Tx, share int) (swept int, err error) {
	for swept < share {
		var id int64
		err := tx.QueryRowContext(ctx, `SELECT segment FROM text_sweep ORDER BY segment LIMIT 1`).Scan(&id)
		if err == sql.ErrNoRows { //nolint:errorlint // database/sql returns it as it is
			return swept, nil
		}
		if err != nil {
			return swept, err
		}
		deleted := int64(0)
		for _, table := range []string{"text_group", "text_positions"} {
			done, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE id IN (SELECT id FROM `+table+` WHERE id BETWEEN ? AND ? LIMIT ?)`, //nolint:gosec // a name of ours
				id<<groupBits, (id+1)<<groupBits-1, sweepRows)
			if err != nil {
				return swept, err
			}
			n, err := done.RowsAffected()
			if err != nil {
				return swept, err
			}
			deleted += n
		}
		swept += 1 + int(deleted)*groupSize/4 // deleting costs less than merging
		if deleted == 0 {
			if _, err := tx.ExecContext(ctx, `DELETE FROM text_sweep WHERE segment = ?`, id); err != nil {
				return swept, err
			}
		}
	}
	return swept, nil
}

// job returns the merge under way, or begins one that is due; nil if there is none.
func (x *Index) job(ctx context.Context, tx *sql.Tx, many int) (*merge, error) {
	all, err := segments(ctx, tx)
	if err != nil {
		return nil, err
	}
	m := &merge{x: x, ctx: ctx, tx: tx}
	var sources, gone []byte
	err = tx.QueryRowContext(ctx, `SELECT target, sources, gone, done, directory FROM text_merge`).
		Scan(&m.target, &sources, &gone, &m.done, &m.directory)
	if err == nil {
		return m, m.resume(all, sources, gone)
	}
	if err != sql.ErrNoRows { //nolint:errorlint // as above
		return nil, err
	}
	x.forget(all)
	due, err := choose(all, many)
	if len(due) == 0 || err != nil {
		return nil, err
	}
	if m.target, err = newSegment(ctx, tx); err != nil {
		return nil, err
	}
	for _, s := range due {
		removed, err := s.removed()
		if err != nil {
			return nil, err
		}
		sources = binary.AppendUvarint(sources, uint64(s.id)) //nolint:gosec // from 1
		gone = append(gone, removed.marshal()...)
	}
	m.done = []byte{}
	if _, err := tx.ExecContext(ctx, `INSERT INTO text_merge (target, sources, gone, done, directory) VALUES (?, ?, ?, ?, ?)`,
		m.target, sources, gone, m.done, []byte{}); err != nil {
		return nil, err
	}
	return m, m.resume(all, sources, gone)
}

// choose picks the segments to merge next: many of about one size, the smallest first; or
// one of which most was removed.
func choose(all []segment, many int) ([]segment, error) {
	live := map[int64]int{}
	for i := range all {
		removed, err := all[i].removed()
		if err != nil {
			return nil, err
		}
		live[all[i].id] = all[i].docs - removed.count()
	}
	slices.SortStableFunc(all, func(a, b segment) int { return live[a.id] - live[b.id] })
	for first := 0; first < len(all); {
		end, docs := first, 0
		for end < len(all) && size(live[all[end].id]) == size(live[all[first].id]) && docs+live[all[end].id] <= most {
			docs += live[all[end].id]
			end++
		}
		if n := end - first; n >= many || docs > most*3/4 && n > 1 {
			return all[first:end], nil
		}
		for end < len(all) && size(live[all[end].id]) == size(live[all[first].id]) {
			end++
		}
		first = end
	}
	for i := range all {
		if 2*live[all[i].id] < all[i].docs {
			return all[i : i+1], nil
		}
	}
	return nil, nil
}

// size is the class of a number of documents; each is eight times as wide as the one
// before. What is of the last one is not merged any more.
func size(docs int) int {
	if docs > most/2 {
		return docs // of its own class
	}
	return -(bits.Len(uint(max(docs, 0))>>6) + 2) / 3 //nolint:gosec // not negative
}

// liveDocs are the messages that a merge keeps, upwards, and what becomes of each document
// of each source: its new number, or -1.
func liveDocs(sources []*source) (ids []mailstore.MessageID) {
	at := make([]int, len(sources))
	for {
		best := -1
		for i, s := range sources {
			for at[i] < len(s.ids) && s.gone.has(at[i]) {
				s.renumber[at[i]] = -1
				at[i]++
			}
			if at[i] < len(s.ids) && (best < 0 || s.ids[at[i]] < sources[best].ids[at[best]]) {
				best = i
			}
		}
		if best < 0 {
			return ids
		}
		s := sources[best]
		s.renumber[at[best]] = int32(len(ids)) //nolint:gosec // at most most
		ids = append(ids, s.ids[at[best]])
		at[best]++
	}
}
