package servers

import (
	"bytes"
	"errors"
	"io/fs"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A Stored is a message in a mailbox.
type Stored struct {
	// User is the mailbox's, Folder "INBOX" or a name with "." between its levels.
	User, Folder string
	// Raw is the message as it is on disk, its lines ended by LF.
	Raw []byte
	// Header is the parsed header; nil when it is malformed.
	Header mail.Header
}

// ID is the Message-ID with its angle brackets.
func (s Stored) ID() string { return s.Header.Get("Message-Id") }

// Messages lists every message of every user, so that a test can account for each. It reads the files, so Dovecot may
// be stopped.
func (d *Dovecot) Messages(t testing.TB) []Stored {
	t.Helper()
	all, err := maildirs(d.mail)
	if err != nil {
		t.Fatalf("the mailboxes cannot be read: %v", err)
	}
	return all
}

// maildirs reads root/USER/Maildir and root/USER/Maildir/.FOLDER. A message may be on its way from new to cur: it is
// looked for in this order, so that it is not missed, and counted once, by the part of its name that stays.
func maildirs(root string) ([]Stored, error) {
	folders, err := filepath.Glob(filepath.Join(root, "*", "Maildir"))
	if err != nil {
		return nil, err
	}
	below, err := filepath.Glob(filepath.Join(root, "*", "Maildir", ".*"))
	if err != nil {
		return nil, err
	}
	var all []Stored
	for _, folder := range append(folders, below...) {
		relative, err := filepath.Rel(root, folder)
		if err != nil {
			return nil, err
		}
		parts := strings.Split(relative, string(filepath.Separator))
		place := Stored{User: parts[0], Folder: "INBOX"}
		if len(parts) == 3 {
			place.Folder = strings.TrimPrefix(parts[2], ".")
		}
		seen := make(map[string]bool)
		for _, state := range []string{"new", "cur"} {
			if all, err = appendStored(all, place, filepath.Join(folder, state), seen); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func appendStored(all []Stored, place Stored, dir string, seen map[string]bool) ([]Stored, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil // no folder, or one that is being made
	}
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		unique, _, _ := strings.Cut(entry.Name(), ":") // then come the flags
		if seen[unique] {
			continue
		}
		message := place
		message.Raw, err = os.ReadFile(filepath.Join(dir, entry.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // moved on
		}
		if err != nil {
			return nil, err
		}
		seen[unique] = true
		if parsed, err := mail.ReadMessage(bytes.NewReader(message.Raw)); err == nil {
			message.Header = parsed.Header
		}
		all = append(all, message)
	}
	return all, nil
}
