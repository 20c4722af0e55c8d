//go:build !windows

package local_test

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOnlyTheOwnerGetsNear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// A folder that was made more openly before is closed.
	if err := os.Mkdir(filepath.Join(dir, "serve"), 0o755); err != nil {
		t.Fatal(err)
	}
	serving(t, dir, &desk{})
	for path, want := range map[string]os.FileMode{"serve": 0o700, "serve/socket": 0o600, "serve.json": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: %o, not %o", path, got, want)
		}
	}
}
