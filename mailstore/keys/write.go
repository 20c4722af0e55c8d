package keys

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// writeTemp writes a synced temporary file beside the target, its owner's alone.
func writeTemp(target string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(target), filepath.Base(leftovers(target)))
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
		return "", err
	}
	return f.Name(), nil
}

// replace puts a file in the place of an older one, durably.
func replace(path string, data []byte) error {
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		_ = os.Remove(temp) // the first error is the one to tell
		return err
	}
	err = syncDir(filepath.Dir(path))
	// What killed programs left holds slots that may have been revoked since.
	old, _ := filepath.Glob(leftovers(path)) // the pattern is ours
	for _, name := range old {
		_ = os.Remove(name) // it is of no use to anybody
	}
	return err
}

// createNew writes a file that must not exist yet, durably.
func createNew(path string, data []byte) error {
	temp, err := writeTemp(path, data)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp) }() // another name of the file by then, or given up
	err = os.Link(temp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// The file system knows no links: claim the name, then replace it.
		var claim *os.File
		if claim, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
			err = errors.Join(claim.Close(), os.Rename(temp, path))
		}
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
