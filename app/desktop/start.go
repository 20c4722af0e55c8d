package desktop

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lifeboat/failover"
)

// Starter starts a program when its user signs in to the computer: a file in the
// desktop's autostart folder (freedesktop.org's Desktop Application Autostart
// Specification), a launch agent on a Mac, a value of the registry's Run key on
// Windows. No administrator is needed.
type Starter struct {
	// Program is an absolute path, and Args what it is given.
	Program string
	Args    []string
}

// refusedText are characters that a path must not have to be written where the system
// reads it.
const refusedText = "\x00\r\n\"`$"

func (s Starter) check() error {
	if !filepath.IsAbs(s.Program) || strings.ContainsAny(s.Program+strings.Join(s.Args, ""), refusedText) {
		return failover.Fail(failover.ErrInvalid, "the path {path} has characters that the start with the computer cannot have: put Lifeboat into another folder", "path", shown(s.Program))
	}
	return nil
}

// refusedStart puts what the system says into a sentence.
func refusedStart(where string, err error) error {
	if err == nil {
		return nil
	}
	return failover.Fail(failover.ErrDisk, "the start with the computer could not be changed: {where} cannot be written", "where", where).Because(err)
}

// keepStart writes the file that has the program started.
func keepStart(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return refusedStart(file, err)
	}
	return refusedStart(file, os.WriteFile(file, []byte(text), 0o600))
}

// dropStart removes it.
func dropStart(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return refusedStart(file, err)
	}
	return nil
}
