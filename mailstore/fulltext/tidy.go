package fulltext

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"slices"

	"lifeboat/mailstore"
)

// Segments of about one size are merged when there are so many of them; when there is
// nothing else to do, sooner.
const (
	mergeMany = 12
	mergeFew  = 4
	// share is how much housekeeping a Put does, as a multiple of the octets it wrote:
	// more than the times that each of them is merged. leastShare comes on top.
	share      = 8
	leastShare = 128 << 10
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
func (x *Index) tidy(ctx context.Context, tx *sql.Tx, octets, many int) (more bool, err error) {
	for octets > 0 {
		swept, err := sweep(ctx, tx, octets)
		if err != nil {
			return true, err
		}
		octets -= swept
		if swept > 0 {
			continue
		}
		next, err := x.job(ctx, tx, many)
		if next == nil || err != nil {
			return false, err
		}
		worked, err := next.work(octets)
		if err != nil {
			return true, err
		}
		octets -= worked
	}
	return true, nil
}

// sweepRows is how many rows are deleted at once.
const sweepRows = 32

// sweep deletes rows of segments that are no more, until about so many octets are gone,
// and returns how many.
func sweep(ctx context.Context, tx *sql.Tx, octets int) (swept int, err error) {
	for swept < octets {
		var id int64
		err := tx.QueryRowContext(ctx, `SELECT segment FROM text_sweep ORDER BY segment LIMIT 1`).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
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

// job returns the smallest merge that is under way, after having begun one that is due;
// nil if there is none. Small ones go first, so that a large one, which takes long, does not
// have small segments pile up.
func (x *Index) job(ctx context.Context, tx *sql.Tx, many int) (*merge, error) {
	all, err := segments(ctx, tx)
	if err != nil {
		return nil, err
	}
	under, err := jobs(ctx, tx)
	if err != nil {
		return nil, err
	}
	free := slices.DeleteFunc(slices.Clone(all), func(s segment) bool {
		return slices.ContainsFunc(under, func(j job) bool { return slices.Contains(j.sources, s.id) })
	})
	due, err := choose(free, many)
	if err != nil {
		return nil, err
	}
	if len(due) > 0 {
		begun, err := begin(ctx, tx, due)
		if err != nil {
			return nil, err
		}
		under = append(under, begun)
	}
	x.forget(all)
	if len(under) == 0 {
		return nil, nil //nolint:nilnil // nothing to do
	}
	docs := func(j job) (n int) {
		for _, s := range all {
			if slices.Contains(j.sources, s.id) {
				n += s.docs
			}
		}
		return n
	}
	smallest := slices.MinFunc(under, func(a, b job) int { return docs(a) - docs(b) })
	m := &merge{x: x, ctx: ctx, tx: tx, target: smallest.target}
	return m, m.resume(all, smallest.sources)
}

// job is a row of text_merge, without its long columns.
type job struct {
	target  int64
	sources []int64
}

func jobs(ctx context.Context, tx *sql.Tx) (all []job, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT target, sources FROM text_merge`)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		var j job
		var sources []byte
		if err := rows.Scan(&j.target, &sources); err != nil {
			return nil, err
		}
		for len(sources) > 0 {
			id, n := binary.Varint(sources)
			if n <= 0 {
				return nil, errDamaged
			}
			j.sources = append(j.sources, id)
			sources = sources[n:]
		}
		all = append(all, j)
	}
	return all, rows.Err()
}

// begin notes that segments are to be merged.
func begin(ctx context.Context, tx *sql.Tx, due []segment) (j job, err error) {
	if j.target, err = newSegment(ctx, tx); err != nil {
		return j, err
	}
	sources, gone := []byte{}, []byte{}
	for _, s := range due {
		removed, err := s.removed()
		if err != nil {
			return j, err
		}
		j.sources = append(j.sources, s.id)
		sources = binary.AppendVarint(sources, s.id)
		gone = append(gone, removed.marshal()...)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO text_merge (target, sources, gone, done, directory) VALUES (?, ?, ?, ?, ?)`,
		j.target, sources, gone, []byte{}, []byte{})
	return j, err
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

// size is the class of a number of documents; each is mergeMany times as wide as the one
// before. What has more than half of the most is not merged any more: it is a class of its own.
func size(docs int) int {
	if docs > most/2 {
		return -docs
	}
	class := 0
	for ; docs >= mergeMany; docs /= mergeMany {
		class++
	}
	return class
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
