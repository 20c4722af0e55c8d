package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/ncruces/go-sqlite3"

	"lifeboat/mailstore"
)

// failed makes an error for people of one that came from below.
func (s *Store) failed(err error) error {
	if err == nil {
		return nil
	}
	if s.index != "" && strings.Contains(err.Error(), s.index) { // the name of the database holds the key
		code := sqlite3.ExtendedErrorCode(sqlite3.ERROR)
		_ = errors.As(err, &code)
		err = code
	}
	var ours *mailstore.Error
	switch {
	case errors.As(err, &ours), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, sqlite3.INTERRUPT):
		return errors.Join(context.Canceled, err)
	case errors.Is(err, sqlite3.FULL), diskFull(err), errors.Is(err, sqlite3.IOERR) && !damage(err) && s.noRoom():
		return mailstore.Fail(mailstore.ErrDisk,
			"The disk of {folder} is full. What is mirrored is safe; free some space, and the next run goes on from here.", "folder", s.dir).Because(err)
	case damage(err):
		return s.damaged(err)
	case errors.Is(err, sqlite3.BUSY), errors.Is(err, sqlite3.LOCKED):
		return mailstore.Fail(mailstore.ErrBusy,
			"Another program holds the index of the mirrored mail in {folder}. Close it, and try again.", "folder", s.dir).Because(err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, sqlite3.READONLY), errors.Is(err, sqlite3.PERM):
		return mailstore.Fail(mailstore.ErrDisk, "Lifeboat may not write to {folder}. Give its user the right to, and try again.", "folder", s.dir).Because(err)
	}
	return mailstore.Fail(mailstore.ErrDisk, "The mirrored mail in {folder} cannot be read or written. See that the disk is well, and try again.",
		"folder", s.dir).Because(err)
}

// noRoom tries whether the disk takes anything: SQLite does not tell why a write
// failed.
func (s *Store) noRoom() bool {
	f, err := os.CreateTemp(s.dir, "room-*")
	if err != nil {
		return diskFull(err)
	}
	_, err = f.Write(make([]byte, 256<<10))
	full := diskFull(errors.Join(err, f.Close()))
	return os.Remove(f.Name()) == nil && full
}

func (s *Store) damaged(err error) error {
	return mailstore.Fail(mailstore.ErrDamaged,
		"The index of the mirrored mail in {folder} is damaged. Run: lifeboat mail verify --rebuild. It puts the index aside and makes a new one of what can be read; the next mirror run brings the rest.",
		"folder", s.dir).Because(err)
}

// damage reports whether the index is not what was written. Its pages bear
// checksums under a cipher that spoils the whole page with any bit of it.
func damage(err error) bool {
	return errors.Is(err, sqlite3.CORRUPT) || errors.Is(err, sqlite3.NOTADB) || errors.Is(err, sqlite3.IOERR_DATA) ||
		errors.Is(err, sqlite3.IOERR_SHORT_READ) || errors.Is(err, sqlite3.IOERR_CORRUPTFS)
}

func (s *Store) nothingYet() error {
	return mailstore.Fail(mailstore.ErrNotFound, "There is no mirrored mail in {folder} yet. Run: lifeboat mirror.", "folder", s.dir)
}

func (s *Store) noMessage(id mailstore.MessageID) error {
	return mailstore.Fail(mailstore.ErrNotFound, "There is no message {message} in the mirrored mail.", "message", id.Text())
}

func (s *Store) noFolder(id mailstore.FolderID) error {
	return mailstore.Fail(mailstore.ErrNotFound, "There is no folder {folder} in the mirrored mail.", "folder", int64(id))
}

func (s *Store) noAccount(id mailstore.AccountID) error {
	return mailstore.Fail(mailstore.ErrNotFound, "There is no account {account} in the mirrored mail.", "account", int64(id))
}

// owned refuses to change what was opened for reading.
func (s *Store) owned() error {
	if s.readOnly {
		return mailstore.Fail(mailstore.ErrInvalid, "The mirrored mail in {folder} was opened for reading only.", "folder", s.dir)
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }
