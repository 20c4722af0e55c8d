package desktop

import (
	"os"
	"path/filepath"
)

// opener opens what the shell's association says, without a shell that would read it.
func opener(target string) (string, []string) {
	return filepath.Join(os.Getenv("SystemRoot"), "System32", "rundll32.exe"), []string{"url.dll,FileProtocolHandler", target}
}

// zone is the stream beside a file that says where it came from; 3 is the internet.
const zone = ":Zone.Identifier"

// MarkFromInternet marks a file as having come from the internet. from is the address
// that it came from, or empty.
func MarkFromInternet(file, from string) error {
	if _, err := os.Stat(file); err != nil {
		return markRefused(file, err) // or a new file would be made of the stream
	}
	text := "[ZoneTransfer]\r\nZoneId=3\r\n"
	if from = origin(from); from != "" {
		text += "ReferrerUrl=" + from + "\r\n"
	}
	return markRefused(file, os.WriteFile(file+zone, []byte(text), 0o600))
}
