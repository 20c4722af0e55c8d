package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"path/filepath"
	"sync"

	"lifeboat/configs"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/keys"
	"lifeboat/mailstore/signin"
)

// MailParts are what the mirror and the mail that it keeps need of the world around
// them.
type MailParts struct {
	Dialer imaplink.Dialer
	// TLS has the authorities to trust for a provider's servers.
	TLS func(configs.Provider) (*tls.Config, error)
	// SignIn returns who signs in to a mailbox. Accounts of one provider share what
	// can be shared.
	SignIn func(context.Context, configs.MirrorAccount) (signin.Source, error)
	Keys   KeyMeans
	// Cache is where compiled code of the database is kept between runs; empty: the
	// user's own folder for such things.
	Cache string
	// Practice: the mail is made up, and nobody's is locked.
	Practice bool
}

// KeyMeans are the means that this machine and this person have for opening the data
// key.
type KeyMeans struct {
	Keychain keys.Keychain // nil: none
	Machine  keys.MachineOpener
	// Passphrase and Recovery are what the environment gives where nobody can be
	// asked; empty: nothing.
	Passphrase, Recovery string
	// Ask asks a person for a passphrase, for a new one twice; nil: nobody is there.
	Ask func(ctx context.Context, fresh bool) (string, error)
}

// mailDir is the folder of the mirrored mail and of its key, in the data folder.
const mailDir = "mail"

func (e *Engine) keysFile() string { return filepath.Join(e.path(mailDir), "keys.json") }

// keyring holds the data key once it was opened.
type keyring struct {
	mu  sync.Mutex
	key keys.Key
	own *[32]byte // of this process alone, see passing
}

// opened is the data key, or a zero one that is not open yet.
func (r *keyring) opened() keys.Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.key
}

// unlocked opens the data key with the means at hand. With ask, a person may be asked
// for a passphrase. ErrNotFound: there is no key yet.
func (e *Engine) unlocked(ctx context.Context, ask bool) (keys.Key, error) {
	e.ring.mu.Lock()
	defer e.ring.mu.Unlock()
	return e.openKey(ctx, ask)
}

// openKey is unlocked for who holds the ring.
func (e *Engine) openKey(ctx context.Context, ask bool) (keys.Key, error) {
	if !e.ring.key.IsZero() {
		return e.ring.key, nil
	}
	slots, err := keys.Open(e.keysFile())
	if err != nil {
		return keys.Key{}, err
	}
	key, _, err := slots.Unlock(ctx, e.opt.Mail.Keys.openers(ask)...)
	if err == nil {
		e.ring.key = key
	}
	return key, err
}

// openers are the means for opening a slot, the quick ones first.
func (m KeyMeans) openers(ask bool) []keys.Opener {
	var out []keys.Opener
	if m.Keychain != nil {
		out = append(out, keys.KeychainOpener{Keychain: m.Keychain})
	}
	out = append(out, m.Machine)
	if m.Recovery != "" {
		out = append(out, keys.RecoveryOpener{Code: m.Recovery})
	}
	switch {
	case m.Passphrase != "":
		out = append(out, keys.PassphraseOpener{Ask: func(context.Context) (string, error) { return m.Passphrase, nil }})
	case ask && m.Ask != nil:
		out = append(out, keys.PassphraseOpener{Ask: func(ctx context.Context) (string, error) { return m.Ask(ctx, false) }})
	}
	return out
}

// made opens the data key, or makes it: with a slot in the keychain where there is
// one, else with one that this machine opens, else with a passphrase. code is the
// recovery code of a new key, to be shown once.
func (e *Engine) made(ctx context.Context, ask bool) (key keys.Key, code string, err error) {
	e.ring.mu.Lock()
	defer e.ring.mu.Unlock()
	key, err = e.openKey(ctx, ask)
	if !errors.Is(err, mailstore.ErrNotFound) {
		return key, "", err
	}
	var failed []error
	for _, o := range e.opt.Mail.Keys.makers(ask) {
		if key, code, err = keys.Create(ctx, e.keysFile(), keys.Options{Now: e.opt.Now}, o); err == nil {
			e.ring.key = key
			return key, code, nil
		}
		if ctx.Err() != nil {
			return keys.Key{}, "", err
		}
		if key, err := e.openKey(ctx, ask); err == nil {
			return key, "", nil // another process was quicker
		}
		e.opt.Logger.Debug("no slot", "kind", o.Kind(), "error", err)
		failed = append(failed, err)
	}
	return keys.Key{}, "", failed[len(failed)-1]
}

// makers are the means for a new key's slot, the best first.
func (m KeyMeans) makers(ask bool) []keys.Opener {
	var out []keys.Opener
	if m.Keychain != nil {
		out = append(out, keys.KeychainOpener{Keychain: m.Keychain})
	}
	out = append(out, m.Machine)
	switch {
	case m.Passphrase != "":
		out = append(out, keys.PassphraseOpener{Ask: func(context.Context) (string, error) { return m.Passphrase, nil }})
	case ask && m.Ask != nil:
		out = append(out, keys.PassphraseOpener{Ask: func(ctx context.Context) (string, error) { return m.Ask(ctx, true) }})
	}
	return out
}

// quietly opens the data key, or makes it where there is none yet, without anybody
// being told: what is sealed with it before there is a mirror can be found out anew.
// So there is no recovery code; the first mirror makes one and shows it.
func (e *Engine) quietly(ctx context.Context) (keys.Key, error) {
	key, err := e.unlocked(ctx, false)
	if !errors.Is(err, mailstore.ErrNotFound) {
		return key, err
	}
	key, code, err := e.made(ctx, false)
	if err != nil || code == "" { // another process made it
		return key, err
	}
	slots, err := keys.Open(e.keysFile())
	if err != nil {
		return key, err
	}
	for _, s := range slots.List() {
		if s.Kind == keys.Recovery {
			err = errors.Join(err, slots.Revoke(ctx, key, s.ID, keys.Revocation{LastRecovery: true}))
		}
	}
	return key, err
}

// withRecovery opens or makes the data key, with a recovery code that somebody was
// shown: code is not empty when it is new.
func (e *Engine) withRecovery(ctx context.Context) (key keys.Key, code string, err error) {
	if key, code, err = e.made(ctx, true); err != nil || code != "" {
		return key, code, err
	}
	if e.hasMail() {
		return key, "", nil // whoever revoked it since knows why
	}
	slots, err := keys.Open(e.keysFile())
	if err != nil {
		return key, "", err
	}
	for _, s := range slots.List() {
		if s.Kind == keys.Recovery {
			return key, "", nil
		}
	}
	_, code, err = slots.Add(ctx, key, keys.Options{Now: e.opt.Now}, keys.RecoveryOpener{}, "")
	return key, code, err
}

// KeySlots lists the ways to open the data key; none when there is no key yet.
func (e *Engine) KeySlots() ([]keys.Slot, error) {
	slots, err := keys.Open(e.keysFile())
	switch {
	case errors.Is(err, mailstore.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return slots.List(), nil
}

// AddKey adds a way to open the data key. The code is that of a new recovery slot,
// to be shown once.
func (e *Engine) AddKey(ctx context.Context, kind keys.Kind, label string) (slot keys.Slot, code string, err error) {
	if e.opt.Mail == nil {
		return slot, "", noMail()
	}
	var opener keys.Opener
	switch m := e.opt.Mail.Keys; kind {
	case keys.InKeychain:
		if m.Keychain == nil {
			return slot, "", mailstore.Fail(mailstore.ErrUnsupported, "This computer has no keychain: add a passphrase, a recovery code, or this machine.")
		}
		opener = keys.KeychainOpener{Keychain: m.Keychain}
	case keys.Machine:
		opener = m.Machine
	case keys.Recovery:
		opener = keys.RecoveryOpener{}
	case keys.Passphrase:
		if m.Ask == nil && m.Passphrase == "" {
			return slot, "", mailstore.Fail(mailstore.ErrInvalid, "A passphrase is chosen at a terminal, or given as {variable} in the environment.", "variable", PassphraseVariable)
		}
		opener = keys.PassphraseOpener{Ask: func(ctx context.Context) (string, error) {
			if m.Passphrase != "" {
				return m.Passphrase, nil
			}
			return m.Ask(ctx, true)
		}}
	default:
		return slot, "", mailstore.Fail(mailstore.ErrInvalid, "There is no kind of slot {value}: give keychain, passphrase, machine or recovery.", "value", kind)
	}
	slots, key, err := e.opened(ctx)
	if err != nil {
		return slot, "", err
	}
	return slots.Add(ctx, key, keys.Options{Now: e.opt.Now}, opener, label)
}

// The variables of the environment that open the data key where nobody can be asked.
const (
	PassphraseVariable = "LIFEBOAT_KEY_PASSPHRASE" //nolint:gosec // the name of one
	RecoveryVariable   = "LIFEBOAT_KEY_RECOVERY"
)

// opened opens the file of slots and the data key.
func (e *Engine) opened(ctx context.Context) (*keys.Slots, keys.Key, error) {
	key, err := e.unlocked(ctx, true)
	if err != nil {
		return nil, key, err
	}
	slots, err := keys.Open(e.keysFile())
	return slots, key, err
}

// RevokeKey takes a way to open the data key away. With lastRecovery it may be the
// last recovery code; the last way of all stays.
func (e *Engine) RevokeKey(ctx context.Context, id string, lastRecovery bool) error {
	if e.opt.Mail == nil {
		return noMail()
	}
	slots, key, err := e.opened(ctx)
	if err != nil {
		return err
	}
	r := keys.Revocation{LastRecovery: lastRecovery, Openers: []keys.Opener{e.opt.Mail.Keys.Machine}}
	if k := e.opt.Mail.Keys.Keychain; k != nil {
		r.Openers = append(r.Openers, keys.KeychainOpener{Keychain: k})
	}
	return slots.Revoke(ctx, key, id, r)
}

// RecoverKey opens the data key with a recovery code, and adds a slot that opens it
// on this computer from now on.
func (e *Engine) RecoverKey(ctx context.Context, code string) (keys.Slot, error) {
	if e.opt.Mail == nil {
		return keys.Slot{}, noMail()
	}
	slots, err := keys.Open(e.keysFile())
	if err != nil {
		return keys.Slot{}, err
	}
	key, _, err := slots.Unlock(ctx, keys.RecoveryOpener{Code: code})
	if err != nil {
		return keys.Slot{}, err
	}
	for _, o := range e.opt.Mail.Keys.makers(true) {
		var slot keys.Slot
		if slot, _, err = slots.Add(ctx, key, keys.Options{Now: e.opt.Now}, o, ""); err == nil || ctx.Err() != nil {
			return slot, err
		}
	}
	return keys.Slot{}, err
}

// noMail is the refusal in a world of practice.
func noMail() error {
	return mailstore.Fail(mailstore.ErrUnsupported, "There is no mirror in a world of practice.")
}
