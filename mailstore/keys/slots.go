package keys

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/mailstore"
)

const idLen = 4 // bytes; twice as many letters

// Slot is one way to open the store.
type Slot struct {
	ID    string    `json:"id"`
	Kind  Kind      `json:"kind"`
	Label string    `json:"label"`
	Made  time.Time `json:"made"`
}

// Slots is a file of slots. It is safe for use by several goroutines; that another
// process changed the file meanwhile is noticed.
type Slots struct {
	path string

	mu      sync.Mutex
	content content
	data    []byte // the file as it was read
}

// Open reads the file. The error is ErrNotFound if there is none yet, ErrDamaged,
// ErrDisk, or ErrUnsupported for a newer version's.
func Open(path string) (*Slots, error) {
	c, data, err := read(path)
	if err != nil {
		return nil, err
	}
	return &Slots{path: path, content: c, data: data}, nil
}

// Options are what making a slot needs beside its opener.
type Options struct {
	Now func() time.Time // nil: [time.Now]
}

// Create makes a new data key with a slot for each opener, and one for a recovery
// code, which is returned to be shown once. It makes the folder if need be, and
// never replaces a file (ErrInvalid). An opener that fails leaves nothing behind.
func Create(ctx context.Context, path string, o Options, openers ...Opener) (key Key, recoveryCode string, err error) {
	if _, err := os.Lstat(path); err == nil {
		return Key{}, "", exists(path, fs.ErrExist)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, "", notWritten(filepath.Dir(path), err)
	}
	secret := make([]byte, Size)
	if err := random(secret); err != nil {
		return Key{}, "", err
	}
	key = newKey(secret)
	c := content{Version: fileVersion}
	var made []func()
	defer func() {
		if err != nil {
			for _, undo := range made {
				undo()
			}
		}
	}()
	for _, opener := range append(slices.Clip(openers), RecoveryOpener{}) {
		s, code, err := forge(ctx, key, o, opener, "", c.Slots)
		if err != nil {
			return Key{}, "", err
		}
		made = append(made, func() { _ = opener.forget(ctx, s) }) // nothing refers to it
		c.Slots = append(c.Slots, s)
		recoveryCode = cmp.Or(code, recoveryCode)
	}
	data, err := c.encode(key)
	if err != nil {
		return Key{}, "", notWritten(path, err)
	}
	if err = createNew(path, data); errors.Is(err, fs.ErrExist) {
		return Key{}, "", exists(path, err)
	} else if err != nil {
		return Key{}, "", notWritten(path, err)
	}
	return key, recoveryCode, nil
}

func exists(path string, cause error) error {
	return mailstore.Fail(mailstore.ErrInvalid, "There is a key already, in {file}. It was left as it is, since mail that it encrypts could not be read without it.", "file", path).Because(cause)
}

// forge makes a slot for the key.
func forge(ctx context.Context, key Key, o Options, opener Opener, label string, others []record) (s record, code string, err error) {
	if !validLabel(label) {
		return s, "", mailstore.Fail(mailstore.ErrInvalid, "A label has at most {count} bytes, and no control characters.", "count", maxLabel)
	}
	s = record{Slot: Slot{Kind: opener.Kind(), Label: label, Made: now(o.Now)}, Salt: make([]byte, saltLen)}
	id := make([]byte, idLen)
	for s.ID == "" || slices.ContainsFunc(others, func(other record) bool { return other.ID == s.ID }) {
		if err := random(id); err != nil {
			return s, "", err
		}
		s.ID = hex.EncodeToString(id)
	}
	if err := random(s.Salt); err != nil {
		return s, "", err
	}
	secret, code, err := opener.forge(ctx, &s)
	if err != nil {
		return s, "", err
	}
	if err := s.seal(secret, key); err != nil {
		_ = opener.forget(ctx, s) // nothing refers to it
		return s, "", err
	}
	return s, code, nil
}

// List returns the slots in the order they were made.
func (s *Slots) List() []Slot {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Slot
	for _, r := range s.content.Slots {
		all = append(all, r.Slot)
	}
	return all
}

// effort sorts openers: what asks nobody comes first, what was typed already next.
func effort(o Opener) int {
	return slices.Index([]Kind{Machine, InKeychain, Recovery, Passphrase}, o.Kind())
}

// Unlock tries the openers, quick ones first, and returns the key and the slot that
// gave it. The error is ErrKey if none did, and tells what would; ErrInvalid for a
// recovery code with a mistake in it; ErrDamaged if somebody without the key edited
// the file; or the context's.
func (s *Slots) Unlock(ctx context.Context, openers ...Opener) (Key, Slot, error) {
	s.mu.Lock()
	c := s.content
	s.mu.Unlock()
	var key Key
	var slot Slot
	var errs []error
	for _, o := range slices.SortedStableFunc(slices.Values(openers), func(a, b Opener) int { return effort(a) - effort(b) }) {
		fitting := slices.DeleteFunc(slices.Clone(c.Slots), func(r record) bool { return r.Kind != o.Kind() })
		if len(fitting) == 0 {
			continue
		}
		err := o.open(ctx, fitting, func(r record, secret [Size]byte) bool {
			k, ok := r.unseal(secret)
			if ok {
				key, slot = k, r.Slot
			}
			return ok
		})
		if !key.IsZero() {
			return s.genuine(c, key, slot)
		}
		if isCancelled(err) {
			return Key{}, Slot{}, err
		}
		errs = append(errs, err)
	}
	return Key{}, Slot{}, s.locked(c, errs)
}

// genuine lets a key out if the file is what a holder of the key wrote.
func (s *Slots) genuine(c content, key Key, slot Slot) (Key, Slot, error) {
	if mac, err := c.mac(key); err != nil || mac != c.MAC {
		return Key{}, Slot{}, mailstore.Fail(mailstore.ErrDamaged, "{file} was edited by somebody without the key. Put back a copy of it from a backup; the mail itself is not harmed.",
			"file", s.path)
	}
	return key, slot, nil
}

// locked says why nothing opened. What a person typed counts more than what is
// missing.
func (s *Slots) locked(c content, errs []error) error {
	for _, err := range slices.Backward(errs) {
		var said *mailstore.Error
		if errors.As(err, &said) && (errors.Is(err, mailstore.ErrKey) || errors.Is(err, mailstore.ErrInvalid)) {
			return said
		}
	}
	var names []string
	for _, r := range c.Slots {
		name := string(r.Kind)
		if r.Label != "" {
			name += " (" + r.Label + ")"
		}
		names = append(names, name)
	}
	return mailstore.Fail(mailstore.ErrKey, "The mail is locked, and nothing at hand opens it. What would: {slots}. With the recovery code, run: lifeboat key recover.",
		"slots", strings.Join(names, ", ")).Because(errors.Join(errs...))
}

// Add makes another slot for the key; label is what people call it, at most 200 bytes
// of UTF-8, or empty. The code is that of a new recovery slot, to be
// shown once, and else empty. The error is ErrInvalid for another store's key,
// ErrBusy if the file was changed meanwhile, ErrDisk, or the opener's own.
func (s *Slots) Add(ctx context.Context, key Key, o Options, opener Opener, label string) (slot Slot, recoveryCode string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fresh(key); err != nil {
		return Slot{}, "", err
	}
	if len(s.content.Slots) == maxSlots {
		return Slot{}, "", mailstore.Fail(mailstore.ErrInvalid, "There are {count} ways to open the mail already. Revoke one first.", "count", maxSlots)
	}
	r, code, err := forge(ctx, key, o, opener, label, s.content.Slots)
	if err != nil {
		return Slot{}, "", err
	}
	if err := s.write(key, append(slices.Clone(s.content.Slots), r)); err != nil {
		_ = opener.forget(ctx, r) // nothing refers to it
		return Slot{}, "", err
	}
	return r.Slot, code, nil
}

// Revocation is what goes along with revoking a slot.
type Revocation struct {
	// LastRecovery: also where no recovery code would be left.
	LastRecovery bool
	// Openers remove what a slot has outside the file: its secret in the keychain, or
	// on this machine.
	Openers []Opener
}

// Revoke removes a slot, but never the last one. The error is ErrNotFound, ErrHeld
// if it is the last one or the last recovery code, ErrInvalid, ErrBusy or ErrDisk as
// for [Slots.Add].
func (s *Slots) Revoke(ctx context.Context, key Key, id string, r Revocation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fresh(key); err != nil {
		return err
	}
	at := slices.IndexFunc(s.content.Slots, func(r record) bool { return r.ID == id })
	if at < 0 {
		return mailstore.Fail(mailstore.ErrNotFound, "There is no slot {id}. Run: lifeboat key list.", "id", id)
	}
	gone := s.content.Slots[at]
	left := slices.Delete(slices.Clone(s.content.Slots), at, at+1)
	if len(left) == 0 {
		return mailstore.Fail(mailstore.ErrHeld, "Slot {id} is the only one that opens the mail, so it stays. Add another first.", "id", id)
	}
	recovery := func(r record) bool { return r.Kind == Recovery }
	if recovery(gone) && !slices.ContainsFunc(left, recovery) && !r.LastRecovery {
		return mailstore.Fail(mailstore.ErrHeld, "Without slot {id} no recovery code would open the mail, so it stays. Add a new recovery code first.", "id", id)
	}
	if err := s.write(key, left); err != nil {
		return err
	}
	for _, o := range r.Openers {
		if o.Kind() == gone.Kind {
			_ = o.forget(ctx, gone) // it opens nothing any more
		}
	}
	return nil
}

// fresh sees that the key is this store's and that the file is as it was read.
func (s *Slots) fresh(key Key) error {
	if key.IsZero() {
		return mailstore.Fail(mailstore.ErrInvalid, "The mail has to be opened before its keys can be changed.")
	}
	c, data, err := read(s.path)
	if err != nil {
		return err
	}
	if !bytes.Equal(data, s.data) {
		s.content, s.data = c, data
		return mailstore.Fail(mailstore.ErrBusy, "{file} was changed by another program meanwhile. Look at the list again, then repeat.", "file", s.path)
	}
	if mac, err := c.mac(key); err != nil || mac != c.MAC {
		return mailstore.Fail(mailstore.ErrInvalid, "This key belongs to another store than {file}.", "file", s.path)
	}
	return nil
}

func (s *Slots) write(key Key, slots []record) error {
	c := content{Version: fileVersion, Slots: slots}
	data, err := c.encode(key)
	if err == nil {
		err = replace(s.path, data)
	}
	if err != nil {
		return notWritten(s.path, err)
	}
	if c, err = decode(data); err != nil {
		return notWritten(s.path, err)
	}
	s.content, s.data = c, data
	return nil
}
