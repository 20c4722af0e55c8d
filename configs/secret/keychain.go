package secret

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/zalando/go-keyring"
)

// KeychainLimit is the length in bytes that every system's keychain takes;
// Windows sets it.
const KeychainLimit = 2560

// Keychain is an operating system's store of secrets.
type Keychain interface {
	// Get returns an error for which errors.Is(err, ErrMissing) holds when there is
	// no such secret.
	Get(ctx context.Context, name string) (Value, error)
	Set(ctx context.Context, name string, v Value) error
	// Remove fails like Get when there is nothing to remove.
	Remove(ctx context.Context, name string) error
}

// SystemKeychain returns the keychain of the person who runs Lifeboat. Data
// folders do not see each other's secrets in it.
func SystemKeychain(dataDir string) Keychain {
	dir, err := filepath.Abs(dataDir)
	if err != nil {
		dir = dataDir
	}
	return systemKeychain{service: "lifeboat " + dir}
}

type systemKeychain struct{ service string }

// A keychain may ask the person to unlock it, hence the minutes; one that is not
// there is noticed within seconds.
const (
	keychainPatience  = 2 * time.Minute
	reachablePatience = 3 * time.Second
)

// Get implements [Keychain].
func (k systemKeychain) Get(ctx context.Context, name string) (Value, error) {
	return within(ctx, func() (Value, error) {
		text, err := keyring.Get(k.service, name)
		return New(text), err
	})
}

// Set implements [Keychain].
func (k systemKeychain) Set(ctx context.Context, name string, v Value) error {
	_, err := within(ctx, func() (Value, error) { return Value{}, keyring.Set(k.service, name, v.Reveal()) })
	return err
}

// Remove implements [Keychain].
func (k systemKeychain) Remove(ctx context.Context, name string) error {
	_, err := within(ctx, func() (Value, error) { return Value{}, keyring.Delete(k.service, name) })
	return err
}

// within calls the keychain, which takes no context, and gives up waiting when
// the context ends or patience does.
func within(ctx context.Context, call func() (Value, error)) (Value, error) {
	if err := reachable(ctx); err != nil {
		return Value{}, fmt.Errorf("no keychain: %w", err)
	}
	type answer struct {
		v   Value
		err error
	}
	answers := make(chan answer, 1) // so that a late answer finds a place
	go func() {
		v, err := call()
		answers <- answer{v, err}
	}()
	ctx, cancel := context.WithTimeout(ctx, keychainPatience)
	defer cancel()
	select {
	case a := <-answers:
		if errors.Is(a.err, keyring.ErrNotFound) {
			return Value{}, ErrMissing
		}
		return a.v, a.err
	case <-ctx.Done():
		return Value{}, ctx.Err()
	}
}
