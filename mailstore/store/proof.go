package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"

	"lifeboat/mailstore"
)

// prove leaves a note that tells this store's key from others, so that another key is
// not taken for damage. It is derived from the key in one direction.
func (s *Store) prove() error {
	old, err := os.ReadFile(s.path(proofFile))
	if err == nil && bytes.Equal(old, s.proof) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(s.path(proofFile), s.proof, 0o600)
}

// otherKey turns the error of an index that cannot be read into one of the key, where
// the note shows that it is.
func (s *Store) otherKey(err error) error {
	if !errors.Is(err, mailstore.ErrDamaged) {
		return err
	}
	if !s.provenOther() {
		return err
	}
	return s.wrongKey()
}

// provenOther reports whether the note is another key's.
func (s *Store) provenOther() bool {
	noted, err := os.ReadFile(s.path(proofFile))
	return err == nil && len(noted) == len(s.proof) && !bytes.Equal(noted, s.proof)
}

// refuseOther keeps another key from the database. SQLite takes a log that it cannot
// decipher for an empty one and removes it, with what a killed process committed last.
// The index itself has the last word, as the note may be what is damaged.
func (s *Store) refuseOther(ctx context.Context) error {
	if !s.provenOther() {
		return nil
	}
	if info, err := os.Stat(s.path(indexFile)); err != nil || info.Size() == 0 {
		return s.wrongKey()
	}
	sealed := s.sealed
	s.sealed = true // neither looks at the log nor touches it
	err := s.sound(ctx)
	s.sealed = sealed
	return s.otherKey(err)
}

func (s *Store) wrongKey() error {
	return mailstore.Fail(mailstore.ErrKey,
		"The mirrored mail in {folder} was written with another key than the one at hand. Bring back the keys.json that belongs to it; nothing was changed.",
		"folder", s.dir)
}
