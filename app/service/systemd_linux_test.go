package service

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/failover"
)

// systemd itself reads the units.
func TestUnitAsSystemdReadsIt(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("systemd-analyze is not here, so systemd has not read the units")
		return
	}
	program := filepath.Join(t.TempDir(), `life boat $1 100%`)
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, s := range []Spec{
		{Program: program, Arguments: odd().Arguments, Account: "root", Environment: odd().Environment, Variables: odd().Variables, Description: odd().Description},
		{Program: program, Arguments: []string{"serve"}, Description: "Lifeboat"},
	} {
		p, err := s.Plan(Systemd)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "lifeboat.service")
		if err := os.WriteFile(file, []byte(p.Text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput()
		if err != nil || strings.Contains(string(out), "lifeboat.service:") {
			t.Errorf("%v\n%s\n%s", err, out, p.Text)
		}
	}
}

// A service of the user's own is written below a home of the test, and systemctl is a
// script that only notes what it was asked.
func TestInstallForAUser(t *testing.T) {
	home, bin := t.TempDir(), t.TempDir()
	asked := filepath.Join(bin, "asked")
	script := "#!/bin/sh\necho \"$@\" >> '" + asked + "'\n"
	if err := os.WriteFile(filepath.Join(bin, "systemctl"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	host := Host{kind: Systemd}
	if _, err := host.Uninstall(true); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("taken away before it was there: %v", err)
	}
	s := odd()
	s.ForUser = true
	for range 2 { // the second replaces the first
		got, err := host.Install(s)
		if err != nil || !got.Started {
			t.Fatal(got, err)
		}
		text, err := os.ReadFile(filepath.Join(home, ".config/systemd/user/lifeboat.service"))
		if err != nil || string(text) != got.Text {
			t.Errorf("%v, written:\n%s\nsaid:\n%s", err, text, got.Text)
		}
		s.Arguments = append(s.Arguments, "--no-mirror")
	}
	gone, err := host.Uninstall(true)
	if _, there := os.Stat(gone.File); err != nil || there == nil {
		t.Errorf("%v, %s is still there", err, gone.File)
	}
	log, err := os.ReadFile(asked)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"enable --user lifeboat.service", "start --user lifeboat.service", "stop --user lifeboat.service", "disable --user lifeboat.service"} {
		if !strings.Contains(string(log), want) {
			t.Errorf("systemctl was not asked to %s:\n%s", want, log)
		}
	}
	// What systemctl refuses is told.
	if err := os.WriteFile(filepath.Join(bin, "systemctl"), []byte("#!/bin/sh\necho Access denied >&2\nexit 4\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Install(s); !errors.Is(err, failover.ErrCredential) || !strings.Contains(err.Error(), "--user") {
		t.Errorf("refused: %v", err)
	}
}
