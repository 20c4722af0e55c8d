package servers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// adminDirs are where servers are installed; an ordinary user's PATH lacks them.
var adminDirs = []string{"/usr/sbin", "/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/homebrew/bin"}

// binary finds an installed program. Without it the test fails on Linux, where `make test` installs it, and is skipped
// elsewhere.
func binary(t testing.TB, name, debianPackage string) string {
	t.Helper()
	path, err := lookUp(name)
	if err == nil {
		return path
	}
	if runtime.GOOS == "linux" {
		t.Fatalf("%s is missing: install the Debian package %s (make test does that).", name, debianPackage)
	}
	t.Skipf("%s is not installed here; on Linux this test runs with the Debian package %s", name, debianPackage)
	return ""
}

func lookUp(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil || filepath.Base(name) != name {
		return path, err
	}
	for _, dir := range adminDirs {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", err
}

// command runs a tool to its end and returns its standard output; its failure is the test's.
func command(t testing.TB, debianPackage, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary(t, name, debianPackage), args...)
	out, err := cmd.Output()
	if err != nil {
		var said string
		if exit := new(exec.ExitError); errors.As(err, &exit) {
			said = strings.TrimSpace(string(exit.Stderr))
		}
		t.Fatalf("%s fails: %v: %s", name, err, said)
	}
	return string(out)
}

// reserver is where the ports given out by FreeAddress are kept from other test programs: whoever holds a port here may
// use it on 127.0.0.1. The kernel forgets a holder that dies.
const reserver = "127.255.255.254"

// FreeAddress returns "127.0.0.1:p" with a port p on which nothing listens by TCP or UDP, and which no other test that
// asks here gets until this one has ended. It lies below the ports that Linux gives to outgoing connections.
func FreeAddress(t testing.TB) string {
	t.Helper()
	var addr string
	err := poll(t.Context(), func(ctx context.Context) error {
		port := strconv.Itoa(10_000 + rand.IntN(20_000))
		addr = net.JoinHostPort("127.0.0.1", port)
		var lc net.ListenConfig
		tcp, err := lc.Listen(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		defer func() { _ = tcp.Close() }()
		udp, err := lc.ListenPacket(ctx, "udp", addr)
		if err != nil {
			return err
		}
		defer func() { _ = udp.Close() }()
		if runtime.GOOS != "linux" {
			return nil // there is no second loopback address to keep it at
		}
		held, err := lc.Listen(ctx, "tcp", net.JoinHostPort(reserver, port))
		if err == nil {
			t.Cleanup(func() { _ = held.Close() })
		}
		return err
	})
	if err != nil {
		t.Fatalf("no free port on 127.0.0.1: %v", err)
	}
	return addr
}

// rootIsOpen tells whether users other than its owner may pass through the root directory.
func rootIsOpen() (bool, error) {
	info, err := os.Stat("/")
	if err != nil {
		return false, err
	}
	return info.Mode().Perm()&0o001 != 0, nil
}

// hostPort splits an address that the test gave.
func hostPort(t testing.TB, address string) (host string, port int) {
	t.Helper()
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil {
		t.Fatalf("%q is no address of the form 127.0.0.1:53: %v", address, err)
	}
	return host, port
}

// tempDir makes a directory that any user may enter, as servers give up root, and whose name is short enough for Unix
// sockets within. (t.TempDir is named after the test, and TMPDIR can be closed to others.)
func tempDir(t testing.TB) string {
	t.Helper()
	parent := os.TempDir()
	if runtime.GOOS == "linux" {
		parent = "/tmp"
	}
	if dir := os.Getenv(namespaceDir); dir != "" {
		parent = dir
	}
	dir, err := os.MkdirTemp(parent, "lifeboat-") //nolint:usetesting // for the reasons above
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatalf("no directory for a server's files: %v", err)
	}
	t.Cleanup(func() {
		// Killed children write for a moment longer than their parent lives.
		err := poll(context.WithoutCancel(t.Context()), func(context.Context) error {
			err := os.RemoveAll(dir)
			if errors.Is(err, fs.ErrPermission) {
				return final{err}
			}
			return err
		})
		if err != nil {
			t.Logf("a server's files stay behind: %v", err)
		}
	})
	return dir
}

// write makes a file that only its owner may read and returns its path.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatalf("cannot write a server's file: %v", err)
	}
	return path
}

// writePublic makes a file that servers read after they gave up root.
func writePublic(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := write(t, dir, name, text)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatalf("cannot open a server's file to its user: %v", err)
	}
	return path
}

// needUsers fails the test when the server cannot work as a user of its own: it is not started by root, only one user
// exists (in a user namespace made without newuidmap), or others may not enter "/".
func needUsers(t testing.TB, who string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatalf("%s needs to change users: run this test as root.", who)
	}
	if open, err := rootIsOpen(); !open {
		t.Fatalf("%s gives up root, and other users may not enter / here (%v): call InNamespace first, which opens it.", who, err)
	}
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return // no user namespaces here
	}
	var within, outside, count int64
	if n, _ := fmt.Sscan(string(text), &within, &outside, &count); n == 3 && count == 1 && strings.Count(string(text), "\n") == 1 {
		t.Fatalf("%s needs to change users: run this test as root, or install the Debian package uidmap and give yourself a range in /etc/subuid.", who)
	}
}
