package probe

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"lifeboat/failover"
)

// On Windows a file cannot be replaced while another program has it open, be it
// only to read it: another Lifeboat for a moment, a virus scanner or a backup for
// longer. So it is tried again for about a second.
const (
	inUseTries = 20
	inUsePause = 50 * time.Millisecond
)

var errInUse = errors.New("another program has the file open")

// ReplaceFile writes a file in one step: after a power cut there is either the old
// one or the new one. Only its owner may read it.
func ReplaceFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		again := time.NewTicker(inUsePause)
		defer again.Stop()
		err = patiently(func() error { return os.Rename(f.Name(), path) }, inUse, again.C)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there, nor need it be
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// patiently tries up to inUseTries times, at each tick once more, while the error is
// that the file is in use; the error is errInUse in the end.
func patiently(try func() error, inUse func(error) bool, again <-chan time.Time) error {
	err := try()
	for n := 1; err != nil && inUse(err); n++ {
		if n == inUseTries {
			return fmt.Errorf("%w: %w", errInUse, err)
		}
		<-again
		err = try()
	}
	return err
}

// notSaved is the sentence about evidence that could not be written.
func notSaved(path string, err error) error {
	if errors.Is(err, errInUse) {
		return failover.Fail(failover.ErrDisk, "The evidence could not be written to {file}, because another program keeps that file open; close it there and try again.", "file", path).Because(err)
	}
	return failover.Fail(failover.ErrDisk, "The evidence could not be written to {file}; see whether the disk is full and the folder may be written to.", "file", path).Because(err)
}
