package keys_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/keys"
)

// chain is a keychain.
type chain struct {
	items map[string]string
	err   error
}

func newChain() *chain { return &chain{items: map[string]string{}} }

var errMissing = errors.New("no such item")

func (c *chain) Get(_ context.Context, name string) (string, error) {
	v, ok := c.items[name]
	if !ok {
		return "", errors.Join(errMissing, c.err)
	}
	return v, c.err
}

func (c *chain) Set(_ context.Context, name, value string) error {
	if c.err == nil {
		c.items[name] = value
	}
	return c.err
}

func (c *chain) Remove(_ context.Context, name string) error {
	delete(c.items, name)
	return c.err
}

func keychain(c *chain) keys.Opener { return keys.KeychainOpener{Keychain: c} }

var cheap = keys.Cost{Passes: 1, MemoryKiB: 64, Threads: 1}

func passphrase(text string) keys.Opener {
	return keys.PassphraseOpener{Ask: func(context.Context) (string, error) { return text, nil }, Cost: cheap}
}

func machine(dir, id string) keys.Opener {
	return keys.MachineOpener{Dir: dir, ID: func(context.Context) (string, error) { return id, nil }}
}

// nobody is a passphrase's opener that must not be asked.
func nobody(t *testing.T) keys.Opener {
	return keys.PassphraseOpener{Ask: func(context.Context) (string, error) {
		t.Error("somebody is asked for a passphrase")
		return "", errors.New("asked")
	}}
}

var clock = keys.Options{Now: func() time.Time { return time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC) }}

func create(t testing.TB, path string, openers ...keys.Opener) (keys.Key, string) {
	t.Helper()
	key, code, err := keys.Create(t.Context(), path, clock, openers...)
	if err != nil {
		t.Fatal(err)
	}
	return key, code
}

func open(t testing.TB, path string) *keys.Slots {
	t.Helper()
	s, err := keys.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// opens sees that the openers give the key, through a slot of that kind.
func opens(t testing.TB, path string, key keys.Key, kind keys.Kind, openers ...keys.Opener) {
	t.Helper()
	got, slot, err := open(t, path).Unlock(t.Context(), openers...)
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(key) || slot.Kind != kind || got.Derive("x") != key.Derive("x") {
		t.Errorf("opened by %+v: the same key: %v", slot, got.Equal(key))
	}
}

func fails(t testing.TB, err, kind error, words ...string) {
	t.Helper()
	var e *mailstore.Error
	if !errors.Is(err, kind) || !errors.As(err, &e) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	for _, w := range words {
		if !strings.Contains(e.Say.String(), w) {
			t.Errorf("%q does not say %q", e.Say, w)
		}
	}
}

func TestEveryKindOfSlot(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "data", "mail", "keys.json")
	c, own := newChain(), filepath.Join(dir, "own")
	key, code := create(t, path, keychain(c), passphrase("correct horse"), machine(own, "m1"))
	opens(t, path, key, keys.InKeychain, keychain(c))
	opens(t, path, key, keys.Passphrase, passphrase("correct horse"))
	opens(t, path, key, keys.Machine, machine(own, " M1\n"))
	opens(t, path, key, keys.Recovery, keys.RecoveryOpener{Code: code})
	// What asks nobody comes first, in whatever order it is given.
	opens(t, path, key, keys.Machine, nobody(t), keychain(c), machine(own, "m1"))
	opens(t, path, key, keys.InKeychain, nobody(t), keychain(c), machine(own, "m2"))
	opens(t, path, key, keys.Passphrase, passphrase("correct horse"), keychain(newChain()), machine(own, "m2"))
	list := open(t, path).List()
	var kinds []keys.Kind
	for _, s := range list {
		kinds = append(kinds, s.Kind)
		if !s.Made.Equal(clock.Now().Truncate(time.Second)) || s.ID == "" {
			t.Errorf("%+v", s)
		}
	}
	if !slices.Equal(kinds, []keys.Kind{keys.InKeychain, keys.Passphrase, keys.Machine, keys.Recovery}) {
		t.Errorf("%v", kinds)
	}
	for _, file := range []string{path, filepath.Join(own, "mail-"+list[2].ID+".key")} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	secret := key.Derive("segments")
	if secret == key.Derive("index") || secret == ([32]byte{}) {
		t.Error("purposes share a key")
	}
}

func TestCreateReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	key, code := create(t, path)
	c := newChain()
	_, _, err := keys.Create(t.Context(), path, clock, keychain(c))
	fails(t, err, mailstore.ErrInvalid, path, "left as it is")
	if len(c.items) != 0 {
		t.Error("the keychain has a key of no use")
	}
	opens(t, path, key, keys.Recovery, keys.RecoveryOpener{Code: code})
}

// An opener that fails leaves nothing behind, nor do those before it.
func TestCreateThatFails(t *testing.T) {
	dir := t.TempDir()
	path, own := filepath.Join(dir, "keys.json"), filepath.Join(dir, "own")
	locked := &chain{err: errors.New("the keychain is locked")}
	good := newChain()
	for want, opener := range map[string]keys.Opener{
		"keychain takes no key":   keychain(locked),
		"too short":               passphrase("seven77"),
		"No passphrase was given": passphrase(""),
		"no id of its own":        machine(own, "\n"),
		"no folder":               machine("", "m1"),
		"at that cost":            keys.PassphraseOpener{Ask: func(context.Context) (string, error) { return "correct horse", nil }, Cost: keys.Cost{Passes: 1 << 30, MemoryKiB: 1 << 30, Threads: 1}},
	} {
		_, _, err := keys.Create(t.Context(), path, clock, keychain(good), machine(own, "m1"), opener)
		var e *mailstore.Error
		if !errors.As(err, &e) || !strings.Contains(e.Say.String(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	left, _ := filepath.Glob(filepath.Join(own, "*"))
	if _, err := keys.Open(path); !errors.Is(err, mailstore.ErrNotFound) || len(good.items) != 0 || len(left) != 0 {
		t.Errorf("%v, %v, %v", err, good.items, left)
	}
}

func TestNoKeyYet(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "keys.json")
	_, err := keys.Open(path)
	fails(t, err, mailstore.ErrNotFound, path)
	_, err = keys.Open(t.TempDir())
	fails(t, err, mailstore.ErrDisk)
}

func TestNothingAtHand(t *testing.T) {
	dir := t.TempDir()
	path, own := filepath.Join(dir, "keys.json"), filepath.Join(dir, "own")
	key, code := create(t, path, keychain(newChain()), passphrase("correct horse"), machine(own, "m1"))
	s := open(t, path)
	if _, _, err := s.Add(t.Context(), key, clock, keychain(newChain()), "laptop of Anna"); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.Unlock(t.Context(), keychain(newChain()), machine(own, "another"), machine(filepath.Join(dir, "elsewhere"), "m1"))
	fails(t, err, mailstore.ErrKey, "keychain, passphrase, machine, recovery, keychain (laptop of Anna)", "lifeboat key recover")
	_, _, err = s.Unlock(t.Context())
	fails(t, err, mailstore.ErrKey, "locked")
	// What was typed wrongly counts more.
	_, _, err = s.Unlock(t.Context(), passphrase("incorrect horse"), keychain(newChain()))
	fails(t, err, mailstore.ErrKey, "passphrase does not open")
	_, _, err = s.Unlock(t.Context(), passphrase(""))
	fails(t, err, mailstore.ErrKey, "No passphrase was given")
	_, other := create(t, filepath.Join(dir, "other.json"))
	_, _, err = s.Unlock(t.Context(), keys.RecoveryOpener{Code: other})
	fails(t, err, mailstore.ErrKey, "another store")
	_, _, err = s.Unlock(t.Context(), keys.RecoveryOpener{Code: code[1:]})
	fails(t, err, mailstore.ErrInvalid, "29")
	// A keychain with rubbish in it is like none.
	c := newChain()
	for _, slot := range s.List() {
		c.items["mail-key-"+slot.ID] = "rubbish"
	}
	_, _, err = s.Unlock(t.Context(), keychain(c))
	fails(t, err, mailstore.ErrKey, "locked")
	gone := keys.PassphraseOpener{Ask: func(context.Context) (string, error) { return "", context.Canceled }}
	if _, _, err = s.Unlock(t.Context(), gone); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// The same words typed on another system's keyboard are the same passphrase.
func TestPassphraseIsComposed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	key, _ := create(t, path, passphrase("がっこう über alles")) // decomposed, as some systems type
	opens(t, path, key, keys.Passphrase, passphrase("がっこう über alles"))
}

func TestUsualCost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	ask := keys.PassphraseOpener{Ask: func(context.Context) (string, error) { return "correct horse", nil }}
	key, _ := create(t, path, ask)
	opens(t, path, key, keys.Passphrase, ask)
	text, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(text, []byte(`"memory_kib": 65536`)) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestAddAndRevoke(t *testing.T) {
	dir := t.TempDir()
	path, own := filepath.Join(dir, "keys.json"), filepath.Join(dir, "own")
	c := newChain()
	key, code := create(t, path, keychain(c))
	s := open(t, path)
	slot, none, err := s.Add(t.Context(), key, clock, machine(own, "m1"), "the server in 予備 room")
	if err != nil || none != "" || slot.Label != "the server in 予備 room" || slot.Kind != keys.Machine {
		t.Fatalf("%+v, %q, %v", slot, none, err)
	}
	opens(t, path, key, keys.Machine, machine(own, "m1"))
	_, newCode, err := s.Add(t.Context(), key, clock, keys.RecoveryOpener{}, "")
	if err != nil || newCode == code || newCode == "" {
		t.Fatalf("%v", err)
	}
	ids := func() (all []string) {
		for _, s := range s.List() {
			all = append(all, s.ID)
		}
		return all
	}
	first := ids() // keychain, recovery, machine, recovery
	if err := s.Revoke(t.Context(), key, first[1], keys.Revocation{}); err != nil {
		t.Fatal(err)
	}
	_, _, err = open(t, path).Unlock(t.Context(), keys.RecoveryOpener{Code: code})
	fails(t, err, mailstore.ErrKey, "revoked")
	opens(t, path, key, keys.Recovery, keys.RecoveryOpener{Code: newCode})
	fails(t, s.Revoke(t.Context(), key, first[1], keys.Revocation{}), mailstore.ErrNotFound, first[1], "lifeboat key list")
	fails(t, s.Revoke(t.Context(), key, first[3], keys.Revocation{}), mailstore.ErrHeld, first[3], "recovery code")
	if err := s.Revoke(t.Context(), key, first[3], keys.Revocation{LastRecovery: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.Revoke(t.Context(), key, first[0], keys.Revocation{Openers: []keys.Opener{machine(own, "m1"), keychain(c)}}); err != nil {
		t.Fatal(err)
	}
	if len(c.items) != 0 {
		t.Errorf("the keychain still has %d", len(c.items))
	}
	fails(t, s.Revoke(t.Context(), key, first[2], keys.Revocation{LastRecovery: true}), mailstore.ErrHeld, "only one")
	opens(t, path, key, keys.Machine, machine(own, "m1"))
}

func TestChangesNeedTheKey(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys.json")
	key, _ := create(t, path)
	other, _ := create(t, filepath.Join(dir, "other.json"))
	s := open(t, path)
	c := newChain()
	for name, k := range map[string]keys.Key{"has to be opened": {}, "another store": other} {
		_, _, err := s.Add(t.Context(), k, clock, keychain(c), "")
		fails(t, err, mailstore.ErrInvalid, name)
		fails(t, s.Revoke(t.Context(), k, s.List()[0].ID, keys.Revocation{}), mailstore.ErrInvalid, name)
	}
	for _, label := range []string{strings.Repeat("x", 201), "two\nlines", "\xff"} {
		_, _, err := s.Add(t.Context(), key, clock, keychain(c), label)
		fails(t, err, mailstore.ErrInvalid, "label")
	}
	if len(c.items) != 0 {
		t.Error("the keychain has a key of no use")
	}
	for range 63 {
		if _, _, err := s.Add(t.Context(), key, clock, keys.RecoveryOpener{}, ""); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := s.Add(t.Context(), key, clock, keys.RecoveryOpener{}, "")
	fails(t, err, mailstore.ErrInvalid, "64")
}

// Two programs that change the file do not undo each other's work.
func TestChangedMeanwhile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	key, code := create(t, path)
	one, two := open(t, path), open(t, path)
	if _, _, err := one.Add(t.Context(), key, clock, passphrase("correct horse"), ""); err != nil {
		t.Fatal(err)
	}
	c := newChain()
	_, _, err := two.Add(t.Context(), key, clock, keychain(c), "")
	fails(t, err, mailstore.ErrBusy, path)
	if _, _, err := two.Add(t.Context(), key, clock, keychain(c), ""); err != nil { // it has looked
		t.Fatal(err)
	}
	opens(t, path, key, keys.Passphrase, passphrase("correct horse"))
	opens(t, path, key, keys.InKeychain, keychain(c))
	opens(t, path, key, keys.Recovery, keys.RecoveryOpener{Code: code})
}

func TestMachineID(t *testing.T) {
	id, err := keys.MachineID(t.Context())
	if err == nil && len(id) < 8 || err != nil && id != "" {
		t.Errorf("%q, %v", id, err)
	}
}
