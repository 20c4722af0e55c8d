package keys

import (
	"context"
)

// Kind is what a slot is opened with.
type Kind string

// The kinds of slots.
const (
	InKeychain Kind = "keychain"
	Passphrase Kind = "passphrase"
	Machine    Kind = "machine"
	Recovery   Kind = "recovery"
)

// Opener is a means to open slots of one kind, and to make new ones:
// [KeychainOpener], [PassphraseOpener], [MachineOpener] or [RecoveryOpener].
type Opener interface {
	Kind() Kind
}

// Keychain is the operating system's store of secrets.
type Keychain interface {
	Get(ctx context.Context, name string) (string, error)
	Set(ctx context.Context, name, value string) error
	Remove(ctx context.Context, name string) error
}

// KeychainOpener keeps a slot's secret in the keychain of the person who is signed
// in.
type KeychainOpener struct{ Keychain Keychain }

// Kind returns [InKeychain].
func (KeychainOpener) Kind() Kind { return InKeychain }

// PassphraseOpener asks a person. For a new slot, Ask should have it typed twice.
type PassphraseOpener struct {
	Ask func(ctx context.Context) (string, error)
}

// Kind returns [Passphrase].
func (PassphraseOpener) Kind() Kind { return Passphrase }

// MachineOpener opens on this machine alone, without anybody there.
type MachineOpener struct {
	// Dir is a folder outside the data folder, for a file of secrets.
	Dir string
	// ID tells which machine this is; nil: [MachineID].
	ID func(ctx context.Context) (string, error)
}

// Kind returns [Machine].
func (MachineOpener) Kind() Kind { return Machine }

// RecoveryOpener opens with the code that was printed. For a new slot Code is left
// empty: a new code is made.
type RecoveryOpener struct{ Code string }

// Kind returns [Recovery].
func (RecoveryOpener) Kind() Kind { return Recovery }
