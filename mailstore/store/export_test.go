package store

import (
	"context"
	"errors"
	"fmt"

	"lifeboat/mailstore"
	"lifeboat/mailstore/segment"
)

// SetSegmentSize has segments of a test end sooner.
func SetSegmentSize(o *Options, n int64) { o.segmentSize = n }

// DirOf is where a store lies.
func DirOf(s *Store) string { return s.dir }

// WriteVersion makes the index one of an older version, with its rows and, as the
// first body, the one given; or marks it as one of a newer version.
func WriteVersion(ctx context.Context, o Options, n int, rows string, b mailstore.Body) (err error) {
	s := begin(o)
	if err := s.prepareFolder(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.unseal(o); err != nil {
		return err
	}
	if n <= len(migrations) {
		if err := s.removeFiles(indexFile); err != nil {
			return err
		}
	}
	if s.write, err = s.database(indexFile, s.writer, "immediate", 1); err != nil {
		return err
	}
	if n > len(migrations) {
		_, err := s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", n))
		return err
	}
	if err := migrateSteps(ctx, s.write, 0, n); err != nil {
		return err
	}
	if _, err := s.write.ExecContext(ctx, rows); err != nil {
		return err
	}
	var ref segment.Ref
	if err := ref.Unmarshal(b.Place); err != nil {
		return err
	}
	if _, err = s.write.ExecContext(ctx, `INSERT INTO segments VALUES (?, ?)`, int64(ref.Segment()), ref.Stored()); err != nil {
		return err
	}
	_, err = s.write.ExecContext(ctx, `INSERT INTO bodies (id, prefix, hash, size, segment, place) VALUES (1, ?, ?, ?, ?, ?)`,
		prefix(b.Hash), b.Hash[:], b.Size, int64(ref.Segment()), b.Place)
	return err
}
