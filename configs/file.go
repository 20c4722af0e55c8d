package configs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile replaces a file so that at any moment, a power cut included, either
// the old or the new content is there: it writes beside the file, syncs, and
// renames. A symbolic link stays one. The error is a [Problem]; nothing has
// changed then.
func WriteFile(file string, data []byte, mode fs.FileMode) error {
	target := file
	if resolved, err := filepath.EvalSymlinks(file); err == nil {
		target = resolved
	}
	temp, err := writeTemp(target, data, mode)
	if err != nil {
		return notWritten(file, err)
	}
	if err := os.Rename(temp, target); err != nil {
		_ = os.Remove(temp) // the first error is the one to tell
		return notWritten(file, err)
	}
	syncDir(filepath.Dir(target))
	return nil
}

// writeTemp writes a synced temporary file beside the target.
func writeTemp(target string, data []byte, mode fs.FileMode) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+"-*.tmp")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Chmod(mode)
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		_ = os.Remove(f.Name()) // the first error is the one to tell
		return "", err
	}
	return f.Name(), nil
}

// createNew writes a file that must not exist yet.
func createNew(file string, data []byte, mode fs.FileMode) error {
	temp, err := writeTemp(file, data, mode)
	if err != nil {
		return notWritten(file, err)
	}
	defer func() { _ = os.Remove(temp) }() // another name of the file by then, or given up
	err = os.Link(temp, file)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// The file system knows no links: claim the name, then replace it.
		var claim *os.File
		if claim, err = os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode); err == nil {
			err = errors.Join(claim.Close(), os.Rename(temp, file))
		}
	}
	if errors.Is(err, fs.ErrExist) {
		return Say("{at} exists already and was left as it is. Give another name with --config, or remove the file first.").
			Because(fs.ErrExist).at(place{file: file}, "")
	}
	if err != nil {
		return notWritten(file, err)
	}
	syncDir(filepath.Dir(file))
	return nil
}

// syncDir makes a rename durable where the system can.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync() // Windows cannot, and needs not
		_ = d.Close()
	}
}

func notWritten(file string, err error) error {
	at := place{file: file}
	if isDiskFull(err) {
		return Say("{at} was not written, since the disk is full. Make room and try again; nothing was changed.").Because(err).at(at, "")
	}
	return Say("{at} was not written. Check that its folder exists and that you may write there; nothing was changed.").Because(err).at(at, "")
}
