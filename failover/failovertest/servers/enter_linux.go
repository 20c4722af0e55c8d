package servers

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// enter furnishes the namespaces that the test program was started in.
func enter(t *testing.T, with Namespace) {
	t.Helper()
	report := os.NewFile(reportFD, "report")
	unix.CloseOnExec(reportFD)
	say := func(word string) {
		if _, err := report.WriteString(word); err != nil {
			t.Errorf("the test's first run does not listen: %v", err)
		}
	}
	say(sayEntered)
	t.Cleanup(func() { // the first registered, so the last to run
		switch {
		case t.Failed():
			say(sayFailed)
		case t.Skipped():
			say(saySkipped)
		default:
			say(sayPassed)
		}
	})
	if err := keepMounts(); err != nil {
		t.Fatalf("the namespace's mounts cannot be kept from the machine's: %v", err)
	}
	// Some containers forbid it; then /proc shows the machine's processes, and all else works.
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		t.Logf("/proc stays the machine's: %v", err)
	}
	command(t, "iproute2", "ip", "link", "set", "lo", "up")
	// Mail servers flush every message to the disk several times, and no test here cuts the power: what the servers keep is
	// kept in memory, and a slow disk slows nothing down. It goes with the namespace.
	if err := unix.Mount("tmpfs", os.Getenv(namespaceDir), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755"); err != nil {
		t.Logf("the servers' files stay on the disk: %v", err)
	}
	dir := tempDir(t)
	cover(t, dir, "resolv.conf", with.ResolvConf)
	cover(t, dir, "hosts", "127.0.0.1 localhost\n::1 localhost\n"+with.Hosts)
	// Without this, names could be asked of a service of the machine's, through a Unix socket.
	cover(t, dir, "nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"+
		"networks: files\nprotocols: files\nservices: files\n")
	open, err := rootIsOpen()
	if err == nil && !open {
		err = newRoot("0755")
	}
	if err != nil {
		t.Fatalf("other users cannot be let into the namespace's root directory: %v", err)
	}
}

// keepMounts makes every mount of this namespace private, so that what is mounted here is not mounted on the machine.
//
// Only a mount can be made private, and within a chroot "/" is no mount but a directory of one that cannot be seen from
// there. Joining one's own mount namespace leads to its real root; the thread that goes there never comes back.
func keepMounts() error {
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		failed <- func() error {
			if err := unix.Unshare(unix.CLONE_FS); err != nil {
				return fmt.Errorf("unshare: %w", err)
			}
			own, err := unix.Open("/proc/thread-self/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				return fmt.Errorf("/proc/thread-self/ns/mnt: %w", err)
			}
			defer func() { _ = unix.Close(own) }()
			if err := unix.Setns(own, unix.CLONE_NEWNS); err != nil {
				return fmt.Errorf("setns: %w", err)
			}
			return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
		}()
	}()
	return <-failed
}

// newRoot gives the namespace a root directory with permissions of its own. Where "/" is closed to other users, as it can
// be in a chroot, servers that give up root could not open a single file. The new root is a small file system in memory
// onto which the old root's directories are mounted. It lies at /mnt, where no clean-up of a test's ever removes anything.
func newRoot(mode string) error {
	const root = "/mnt"
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	entries, err := os.ReadDir("/")
	if err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", root, "tmpfs", 0, "mode="+mode); err != nil {
		return err
	}
	for _, entry := range entries {
		if err := lend(entry, "/"+entry.Name(), root+"/"+entry.Name()); err != nil {
			return err
		}
	}
	if err := unix.Chroot(root); err != nil {
		return err
	}
	return os.Chdir(here)
}

// lend makes a directory of the old root, or a link, appear in the new one.
func lend(entry os.DirEntry, from, to string) error {
	switch {
	case entry.Type() == os.ModeSymlink:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	case !entry.IsDir():
		return nil // no server needs it
	}
	if err := os.Mkdir(to, 0o755); err != nil || from == "/mnt" {
		return err
	}
	return unix.Mount(from, to, "", unix.MS_BIND|unix.MS_REC, "")
}

// cover lays a file of the test's over one in /etc. A file that this system does not have is left out, but for the one
// that the test cannot do without.
func cover(t *testing.T, dir, name, text string) {
	t.Helper()
	err := unix.Mount(writePublic(t, dir, name, text), "/etc/"+name, "", unix.MS_BIND, "")
	if errors.Is(err, unix.ENOENT) && name != "resolv.conf" {
		return
	}
	if err != nil {
		t.Fatalf("/etc/%s cannot be covered by the test's own: %v", name, err)
	}
}
