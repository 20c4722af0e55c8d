package store

import (
	"bytes"
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
	noted, readErr := os.ReadFile(s.path(proofFile))
	if readErr != nil || len(noted) != len(s.proof) || bytes.Equal(noted, s.proof) {
		return err
	}
	return mailstore.Fail(mailstore.ErrKey,
		"The mirrored mail in {folder} was written with another key than the one at hand. Bring back the keys.json that belongs to it; nothing was changed.",
		"folder", s.dir)
}
