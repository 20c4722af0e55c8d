package configs

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const fullDiskVariable = "CONFIGS_TEST_FULL_DISK"

// On a disk that is really full (a small file system of the test's own, in a
// namespace of its own) each way of writing says so in a sentence and leaves what
// was there.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(fullDiskVariable); dir != "" {
		onFullDisk(t, dir)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), fullDiskVariable+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, os.ErrPermission) {
		t.Skip("this system lets nobody mount a file system of their own:", err)
	}
	if err != nil || !strings.Contains(string(out), "PASS: TestFullDisk") {
		t.Errorf("%v\n%s", err, out)
	}
}

func onFullDisk(t *testing.T, dir string) {
	// In a chroot "/" is no mount of its own, and cannot be made private.
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil && !errors.Is(err, syscall.EINVAL) {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "lifeboat.yaml")
	old := "organization: Example\ndomains: [{name: example.jp, dns: {host: manual}}]\nproviders: {primary: google}\n"
	if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	filler, err := os.Create(filepath.Join(dir, "filler"))
	for err == nil {
		_, err = filler.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal("the disk does not fill:", err)
	}
	draft := Draft{Domains: []DraftDomain{{Domain: Domain{Name: "example.jp", DNS: DNS{Host: HostManual}}}}, Primary: Provider{Preset: "google"}}
	for what, err := range map[string]error{
		"WriteFile": WriteFile(file, []byte(strings.Repeat("new\n", 4096)), 0o600),
		"Save":      Edit(file).Set("organization", strings.Repeat("long ", 2000)).Save(),
		"WriteNew":  WriteNew(filepath.Join(dir, "new.yaml"), draft),
	} {
		problems := ProblemsIn(err)
		if !errors.Is(err, syscall.ENOSPC) || len(problems) != 1 || !strings.Contains(problems[0].Text(), "the disk is full") {
			t.Errorf("%s: %v", what, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != old {
		t.Errorf("the old file is not whole: %q %v", now, err)
	}
}
