package presenter

import (
	"context"
	"io"
	"os"

	"lifeboat/configs/secret"
	"lifeboat/failover"
)

// What a file is asked for.
const (
	FileKit       = "kit"
	FilePeople    = "people"
	FilePasswords = "passwords" // of the step's provider
	FileSecret    = "secret."   // and the secret's name: the file is the secret
)

// mostSecret is how large a file may be that is a secret, in octets: Google's key file
// has some 2,400.
const mostSecret = 64 << 10

// File takes a file that was chosen. Call it away from the UI thread.
func (s *SettingUp) File(ctx context.Context, what, path string, changed func()) {
	defer changed()
	if what == FileKit {
		s.mu.Lock()
		s.kit, s.problem = path, nil
		s.mu.Unlock()
		return
	}
	e, err := s.settle(ctx)
	if err != nil {
		s.fail(err)
		return
	}
	switch what {
	case FilePeople:
		list, unread, err := e.PasteFile(path)
		if err != nil {
			s.fail(err)
			return
		}
		s.taken(e, list, unread)
	case FilePasswords:
		s.mu.Lock()
		side := sideOf(s.step)
		s.mu.Unlock()
		_, unread, err := e.ReadPasswords(ctx, side, path)
		s.look(e)
		s.mu.Lock()
		s.added, s.problem = unread, err
		s.dirty = s.dirty || err == nil
		s.mu.Unlock()
	default:
		s.secretFile(what[len(FileSecret):], path)
		if _, err := s.settle(ctx); err != nil {
			s.fail(err)
		}
	}
}

// secretFile takes a file as a secret.
func (s *SettingUp) secretFile(name, path string) {
	f, err := os.Open(path)
	if err != nil {
		s.fail(failover.Fail(failover.ErrInvalid, "{file} cannot be read: {reason}", "file", path, "reason", err.Error()))
		return
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, mostSecret+1))
	switch {
	case err != nil:
		s.fail(failover.Fail(failover.ErrInvalid, "{file} cannot be read: {reason}", "file", path, "reason", err.Error()))
	case len(b) > mostSecret:
		s.fail(failover.Fail(failover.ErrInvalid, "{file} is too large to be a key: choose the file that the provider gave you.", "file", path))
	default:
		s.mu.Lock()
		s.secrets[name], s.problem = secret.New(string(b)), nil
		s.mu.Unlock()
	}
}
