package main_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// programDir names, to the runs of this test program in namespaces, the folder that holds
// the program under test.
const programDir = "LIFEBOAT_TEST_PROGRAM_DIR"

func TestMain(m *testing.M) { os.Exit(withProgramDir(m)) }

func withProgramDir(m *testing.M) int {
	if os.Getenv(programDir) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "lifeboat-program-")
	if err == nil {
		err = os.Setenv(programDir, dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	return m.Run()
}

// program compiles the command line as it is shipped, once for all tests: each runs in a
// process of its own, so the first holds a lock on the folder while the others wait.
func program(t *testing.T) string {
	t.Helper()
	dir, err := os.Open(os.Getenv(programDir))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir.Name(), "lifeboat")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return file
	}
	c := exec.CommandContext(t.Context(), "go", "build", "-o", file+".new", ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
	return file
}
