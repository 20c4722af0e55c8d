//go:build !linux

package export

import (
	"io/fs"
	"os"
	"path/filepath"
)

// syncSoon makes a file durable.
func syncSoon(f *os.File) error { return f.Sync() }

// syncAll makes the names of everything below a folder durable.
func syncAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncDir(path)
	})
}
