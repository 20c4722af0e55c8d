package desktop

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
)

const agent = "org.lifeboat.desktop"

func startFile() string {
	home, _ := os.UserHomeDir() // without one nobody signs in
	return filepath.Join(home, "Library", "LaunchAgents", agent+".plist")
}

// On says whether the program is started with the computer.
func (s Starter) On() bool {
	b, err := os.ReadFile(startFile())
	return err == nil && string(b) == s.plist()
}

// Set has the program started with the computer, or not.
func (s Starter) Set(on bool) error {
	if !on {
		return dropStart(startFile())
	}
	if err := s.check(); err != nil {
		return err
	}
	return keepStart(startFile(), s.plist())
}

func (s Starter) plist() string {
	var args strings.Builder
	for _, a := range append([]string{s.Program}, s.Args...) {
		args.WriteString("<string>")
		_ = xml.EscapeText(&args, []byte(a)) // a Builder takes everything
		args.WriteString("</string>")
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>Label</key><string>` + agent + `</string><key>ProgramArguments</key><array>` + args.String() + `</array><key>RunAtLoad</key><true/></dict></plist>
`
}
