package secret

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"lifeboat/configs"
)

// The kinds of failure, for errors.Is. Every error of this package but a
// canceled context is a [configs.Problem] with a sentence, and one of these.
var (
	// ErrName: no secret can have the name.
	ErrName = errors.New("bad name")
	// ErrMissing: there is no such secret.
	ErrMissing = errors.New("no such secret")
	// ErrReadOnly: the secret is set in the environment.
	ErrReadOnly = errors.New("set in the environment")
	// ErrKeychain: the keychain has the secret but does not give it.
	ErrKeychain = errors.New("keychain failed")
	// ErrPassphrase: the vault's passphrase is missing or wrong.
	ErrPassphrase = errors.New("passphrase missing or wrong")
	// ErrDamaged: a file of the store cannot be read as what it is.
	ErrDamaged = errors.New("damaged")
	// ErrDisk: a file of the store cannot be opened or written.
	ErrDisk = errors.New("disk failed")
)

// Place is where a secret is kept.
type Place string

// The places, in the order in which they are looked at.
const (
	Environment Place = "environment"
	InKeychain  Place = "keychain"
	InVault     Place = "vault"
)

// Entry is a secret's name and place, as List gives them.
type Entry struct {
	Name  string `json:"name"`
	Place Place  `json:"place"`
}

// Question is what Options.Ask is to ask.
type Question struct {
	// Vault is the file that the passphrase opens.
	Vault string
	// New says that the vault is about to be made, so that the passphrase is
	// chosen now and should be asked for twice.
	New bool
}

// Options are what a Store works with.
type Options struct {
	// Dir is the data folder; it is made when the first secret is stored.
	Dir string
	// Env is the environment as os.Environ returns it.
	Env []string
	// Keychain is the system's ([SystemKeychain]); nil goes without one.
	Keychain Keychain
	// Ask asks a person for the vault's passphrase; nil where nobody can be asked.
	Ask func(context.Context, Question) (Value, error)
	// WorkFactor is the binary logarithm of scrypt's cost for a vault that is
	// written; 0 is 18, about a second. Tests take less.
	WorkFactor int
}

// Store keeps secrets by name. Its methods may be called from several goroutines
// and, on the same folder, from several processes at once.
type Store struct {
	dir      string
	env      map[string]Value // by name of the secret
	keychain Keychain
	vault    *vault

	mu sync.Mutex
}

// Open returns the store of a data folder. It reads nothing yet.
func Open(o Options) *Store {
	s := &Store{dir: o.Dir, env: map[string]Value{}, keychain: o.Keychain}
	s.vault = &vault{file: filepath.Join(o.Dir, "vault.age"), ask: o.Ask, workFactor: usualWorkFactor}
	if o.WorkFactor > 0 {
		s.vault.workFactor = o.WorkFactor
	}
	for _, variable := range o.Env {
		name, text, ok := strings.Cut(variable, "=")
		if !ok || text == "" {
			continue
		}
		if name == PassphraseVariable {
			s.vault.fromEnv = New(text)
		}
		if name, ok = nameOf(name); ok {
			s.env[name] = New(text)
		}
	}
	return s
}

// PassphraseVariable is the environment variable with the vault's passphrase.
const PassphraseVariable = "LIFEBOAT_VAULT_PASSPHRASE"

const variablePrefix = "LIFEBOAT_SECRET_"

// Variable returns the environment variable of a secret.
func Variable(name string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// nameOf is the way back from Variable.
func nameOf(variable string) (name string, ok bool) {
	name, ok = strings.CutPrefix(variable, variablePrefix)
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	return name, ok && configs.ValidSecretName(name)
}

// Get returns a secret.
func (s *Store) Get(ctx context.Context, name string) (Value, error) {
	if err := checkName(name); err != nil {
		return Value{}, err
	}
	if v, ok := s.env[name]; ok {
		return v, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.readIndex()
	if err != nil {
		return Value{}, err
	}
	name = x.at(name)
	if x.places[name] == InVault {
		return s.fromVault(ctx, name)
	}
	// Also what the index does not know is looked for: it may have been lost.
	v, err := s.fromKeychain(ctx, name)
	switch {
	case err == nil || ctx.Err() != nil:
		return v, err
	case errors.Is(err, ErrMissing) || x.places[name] == "":
		if x.places[name] == "" && s.vault.exists() {
			return s.fromVault(ctx, name)
		}
		return Value{}, missing(name, err)
	default:
		return Value{}, locked(name, err)
	}
}

func (s *Store) fromKeychain(ctx context.Context, name string) (Value, error) {
	if s.keychain == nil {
		return Value{}, ErrMissing
	}
	return s.keychain.Get(ctx, name)
}

func (s *Store) fromVault(ctx context.Context, name string) (Value, error) {
	secrets, err := s.vault.open(ctx)
	if err != nil {
		return Value{}, err
	}
	text, ok := secrets[name]
	if !ok {
		return Value{}, missing(name, ErrMissing)
	}
	return New(string(text)), nil
}

// Set stores a secret and returns where: in the keychain if it fits and there is
// one, else in the vault.
func (s *Store) Set(ctx context.Context, name string, v Value) (Place, error) {
	if err := s.changeable(name); err != nil {
		return "", err
	}
	if v.IsEmpty() {
		return "", configs.Say("The secret {name} is empty, so it was not stored.", "name", name).Because(ErrName)
	}
	x, unlock, err := s.change(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	before := x.places[name]
	// What is in the vault stays there: taking it out would need the passphrase
	// as well.
	if before != InVault && s.toKeychain(ctx, name, v) {
		return InKeychain, s.record(x, name, InKeychain)
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := s.vault.change(ctx, func(secrets map[string][]byte) { secrets[name] = []byte(v.Reveal()) }); err != nil {
		return "", err
	}
	if err := s.record(x, name, InVault); err != nil {
		return "", err
	}
	if before == InKeychain {
		_ = s.keychain.Remove(ctx, name) // an old value that nothing reads any more
	}
	return InVault, nil
}

// SetAll stores many secrets at once, so that the vault, which takes a second, is
// written once. Each goes where [Store.Set] would put it.
func (s *Store) SetAll(ctx context.Context, values map[string]Value) (map[string]Place, error) {
	for name, v := range values {
		if err := s.changeable(name); err != nil {
			return nil, err
		}
		if v.IsEmpty() {
			return nil, configs.Say("The secret {name} is empty, so it was not stored.", "name", name).Because(ErrName)
		}
	}
	x, unlock, err := s.change(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	where, err := s.put(ctx, x, values)
	if err != nil {
		return nil, err
	}
	return where, s.recordAll(x, where)
}

func (s *Store) toKeychain(ctx context.Context, name string, v Value) bool {
	return s.keychain != nil && len(v.Reveal()) <= KeychainLimit && s.keychain.Set(ctx, name, v) == nil
}

// Remove forgets a secret. Removing one that is not there is an error for which
// errors.Is(err, ErrMissing) holds.
func (s *Store) Remove(ctx context.Context, name string) error {
	if err := s.changeable(name); err != nil {
		return err
	}
	x, unlock, err := s.change(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	switch x.places[name] {
	case InVault:
		if err := s.vault.change(ctx, func(secrets map[string][]byte) { delete(secrets, name) }); err != nil {
			return err
		}
	case InKeychain:
		if err := s.offKeychain(ctx, name); err != nil {
			return err
		}
	case Environment:
	default:
		return missing(name, ErrMissing)
	}
	return s.record(x, name, "")
}

func (s *Store) offKeychain(ctx context.Context, name string) error {
	if s.keychain == nil {
		return nil // nothing to take it from
	}
	err := s.keychain.Remove(ctx, name)
	if err == nil || errors.Is(err, ErrMissing) || ctx.Err() != nil {
		return ctx.Err()
	}
	return configs.Say("The keychain does not let go of the secret {name}. Unlock it and try again.",
		"name", name).Because(kind(ErrKeychain, err))
}

// List returns all names with their places, sorted by name. It asks for no
// passphrase and unlocks nothing.
func (s *Store) List() ([]Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.readIndex()
	if err != nil {
		return nil, err
	}
	for _, as := range x.heldAs {
		delete(x.places, as)
	}
	for name := range s.env {
		x.places[name] = Environment
	}
	entries := make([]Entry, 0, len(x.places))
	for _, name := range slices.Sorted(maps.Keys(x.places)) {
		entries = append(entries, Entry{name, x.places[name]})
	}
	return entries, nil
}

// lock keeps other goroutines and processes from changing the store.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	s.mu.Lock()
	file := filepath.Join(s.dir, "secrets.lock")
	err = os.MkdirAll(s.dir, 0o700)
	if err == nil {
		l := flock.New(file, flock.SetPermissions(0o600))
		const again = 20 * time.Millisecond
		if _, err = l.TryLockContext(ctx, again); err == nil {
			return func() {
				_ = l.Unlock() // closing it, at the latest by the end of the process, unlocks it too
				s.mu.Unlock()
			}, nil
		}
	}
	s.mu.Unlock()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, configs.Say("{file} cannot be opened. Check that you may write in its folder.",
		"file", file).Because(kind(ErrDisk, err))
}

func checkName(name string) error {
	if configs.ValidSecretName(name) {
		return nil
	}
	return configs.Say("A secret cannot have this name. Use lower-case letters, digits and hyphens, as in cloudflare-token.").Because(ErrName)
}

func (s *Store) changeable(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if _, ok := s.env[name]; !ok {
		return nil
	}
	return configs.Say("The secret {name} comes from the environment here. Change {variable} where it is set.",
		"name", name, "variable", Variable(name)).Because(ErrReadOnly)
}

func missing(name string, cause error) error {
	return configs.Say("There is no secret {name}. Store it with \"lifeboat secret set {name}\", or set {variable} in the environment.",
		"name", name, "variable", Variable(name)).Because(kind(ErrMissing, cause))
}

// kind makes an error that is both.
func kind(k, cause error) error {
	if cause == nil || errors.Is(cause, k) {
		return k
	}
	return fmt.Errorf("%w: %w", k, cause)
}
