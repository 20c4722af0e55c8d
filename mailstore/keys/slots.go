// Package keys is being written; its API is as below.
package keys

import (
	"context"
	"time"

	"lifeboat/mailstore"
)

// Slot is one way to open the store.
type Slot struct {
	ID    string    `json:"id"`
	Kind  Kind      `json:"kind"`
	Label string    `json:"label"`
	Made  time.Time `json:"made"`
}

// Slots is a file of slots.
type Slots struct {
	path string
}

// Open reads the file. ErrNotFound: there is none yet.
func Open(path string) (*Slots, error) {
	return nil, mailstore.Fail(mailstore.ErrUnsupported, "not yet")
}

// Options are what making a slot needs beside its opener.
type Options struct {
	Now func() time.Time
}

// Create makes a new data key with a slot for each opener, and one for a recovery
// code, which is returned to be shown once. It never replaces a file.
func Create(ctx context.Context, path string, o Options, openers ...Opener) (key Key, recoveryCode string, err error) {
	return Key{}, "", mailstore.Fail(mailstore.ErrUnsupported, "not yet")
}

// List returns the slots in the order they were made.
func (s *Slots) List() []Slot { return nil }

// Unlock tries the openers, quick ones first, and returns the key and the slot
// that gave it.
func (s *Slots) Unlock(ctx context.Context, openers ...Opener) (Key, Slot, error) {
	return Key{}, Slot{}, mailstore.Fail(mailstore.ErrUnsupported, "not yet")
}

// Add makes another slot. The code is that of a new recovery slot, else empty.
func (s *Slots) Add(ctx context.Context, key Key, o Options, opener Opener, label string) (slot Slot, recoveryCode string, err error) {
	return Slot{}, "", mailstore.Fail(mailstore.ErrUnsupported, "not yet")
}

// Revocation is what goes along with revoking a slot.
type Revocation struct {
	// LastRecovery: also where no recovery code would be left.
	LastRecovery bool
	// Openers remove what a slot has outside the file: its secret in the keychain, or
	// on this machine.
	Openers []Opener
}

// Revoke removes a slot, but never the last one.
func (s *Slots) Revoke(ctx context.Context, key Key, id string, r Revocation) error {
	return mailstore.Fail(mailstore.ErrUnsupported, "not yet")
}

// MachineID returns what the operating system calls this machine.
func MachineID(ctx context.Context) (string, error) {
	return "", mailstore.Fail(mailstore.ErrUnsupported, "not yet")
}
