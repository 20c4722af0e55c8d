package keys

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"

	"lifeboat/mailstore"
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

	// forge makes a secret for a new slot, of which ID, Salt and the like are set,
	// and notes in the slot how it was made. The code is for the person to keep.
	forge(ctx context.Context, s *record) (secret [Size]byte, code string, err error)
	// open offers the secret of each slot, all of its kind, until one fits. The error
	// says why none did.
	open(ctx context.Context, slots []record, fits func(record, [Size]byte) bool) error
	// forget removes what a slot has outside the file.
	forget(ctx context.Context, s record) error
}

// errNoFit: there is a secret for the slot, and it does not open it.
var errNoFit = errors.New("the secret does not fit the slot")

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

// keychainName is what the secret of a slot is filed under.
func keychainName(s record) string { return "mail-key-" + s.ID }

func (o KeychainOpener) forge(ctx context.Context, s *record) (secret [Size]byte, code string, err error) {
	if err := random(secret[:]); err != nil {
		return secret, "", err
	}
	if err := o.Keychain.Set(ctx, keychainName(*s), base64.RawStdEncoding.EncodeToString(secret[:])); err != nil {
		return secret, "", mailstore.Fail(mailstore.ErrKey,
			"The keychain takes no key. Unlock it and try again, or use a passphrase or this machine instead.").Because(err)
	}
	return secret, "", nil
}

func (o KeychainOpener) open(ctx context.Context, slots []record, fits func(record, [Size]byte) bool) error {
	var errs []error
	for _, s := range slots {
		text, err := o.Keychain.Get(ctx, keychainName(s))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		b, err := base64.RawStdEncoding.DecodeString(text)
		if err == nil && len(b) == Size && fits(s, [Size]byte(b)) {
			return nil
		}
		errs = append(errs, errNoFit) // the decoder's own error could quote it
	}
	return errors.Join(errs...)
}

func (o KeychainOpener) forget(ctx context.Context, s record) error {
	return o.Keychain.Remove(ctx, keychainName(s))
}

// RecoveryOpener opens with the code that was printed. For a new slot Code is left
// empty: a new code is made.
type RecoveryOpener struct{ Code string }

// Kind returns [Recovery].
func (RecoveryOpener) Kind() Kind { return Recovery }

func (RecoveryOpener) forge(_ context.Context, s *record) (secret [Size]byte, code string, err error) {
	c, err := newCode()
	if err != nil {
		return secret, "", err
	}
	return c.secret(s.Salt), c.String(), nil
}

func (o RecoveryOpener) open(_ context.Context, slots []record, fits func(record, [Size]byte) bool) error {
	c, err := parseCode(o.Code)
	if err != nil {
		return err
	}
	for _, s := range slots {
		if fits(s, c.secret(s.Salt)) {
			return nil
		}
	}
	return mailstore.Fail(mailstore.ErrKey,
		"This recovery code is typed without mistake, but it opens another store or was revoked. Look for a newer one; nothing was changed.").Because(errNoFit)
}

func (RecoveryOpener) forget(context.Context, record) error { return nil }

// random fills b with random bytes.
func random(b []byte) error {
	if _, err := rand.Read(b); err != nil {
		return mailstore.Fail(mailstore.ErrUnsupported, "The system gives no random numbers, so that no key can be made.").Because(err)
	}
	return nil
}
