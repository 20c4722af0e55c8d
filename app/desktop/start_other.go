//go:build !windows && !darwin

package desktop

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/adrg/xdg"
)

func startFile() string {
	return filepath.Join(xdg.ConfigHome, "autostart", "org.lifeboat.desktop.desktop")
}

// On says whether the program is started with the computer.
func (s Starter) On() bool {
	b, err := os.ReadFile(startFile())
	return err == nil && strings.Contains(string(b), "\nExec="+s.command()+"\n") && !strings.Contains(string(b), "\nHidden=true\n")
}

// Set has the program started with the computer, or not.
func (s Starter) Set(on bool) error {
	if !on {
		return dropStart(startFile())
	}
	if err := s.check(); err != nil {
		return err
	}
	return keepStart(startFile(), "[Desktop Entry]\nType=Application\nName=Lifeboat\nExec="+s.command()+"\nIcon=org.lifeboat.desktop\nTerminal=false\nX-GNOME-Autostart-enabled=true\n")
}

// command is the command line, quoted as the Desktop Entry Specification has it.
func (s Starter) command() string {
	out := `"` + strings.NewReplacer(`\`, `\\\\`, "%", "%%").Replace(s.Program) + `"`
	for _, a := range s.Args {
		out += " " + a
	}
	return out
}
