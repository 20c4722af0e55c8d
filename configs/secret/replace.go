package secret

import (
	"context"
	"errors"
	"maps"
	"slices"

	"lifeboat/configs"
)

// Replace puts secrets into the place of others: by gives for each name the one under
// which its new secret was stored so far. All are replaced in one step: whoever is
// killed here leaves either all of them as they were, or all of them new. Afterwards
// nothing is under the names that they had before.
//
// A name that is not there yet is made; one whose new secret is not there is an error
// for which errors.Is(err, ErrMissing) holds, and nothing is replaced then.
func (s *Store) Replace(ctx context.Context, by map[string]string) error {
	for name := range by {
		if err := s.changeable(name); err != nil {
			return err
		}
	}
	x, unlock, err := s.change(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for _, name := range slices.Sorted(maps.Keys(by)) {
		if x.places[by[name]] == "" {
			return missing(by[name], ErrMissing)
		}
	}
	if len(by) == 0 {
		return nil
	}
	maps.Copy(x.heldAs, by)
	for name, as := range by {
		if x.places[name] == "" {
			x.places[name] = x.places[as] // so that it is in the list
		}
	}
	if err := s.writeIndex(x); err != nil { // the one step
		return err
	}
	// They count now, whether or not the rest is done: that is tidying up.
	_ = s.settle(context.WithoutCancel(ctx), x)
	return nil
}

// change locks the store for a change. What was replaced and is kept under another name
// still is put under its own first, so that no change of that other name is one of both.
func (s *Store) change(ctx context.Context) (index, func(), error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return index{}, nil, err
	}
	x, err := s.readIndex()
	if err == nil {
		err = s.settle(ctx, x)
	}
	if err != nil {
		unlock()
		return index{}, nil, err
	}
	return x, unlock, nil
}

// settle ends what [Store.Replace] began. Each secret is under both names before the
// index says so.
func (s *Store) settle(ctx context.Context, x index) error {
	if len(x.heldAs) == 0 {
		return nil
	}
	values := map[string]Value{}
	for name, as := range x.heldAs {
		v, err := s.stored(ctx, x, as)
		if err != nil {
			return err
		}
		values[name] = v
	}
	held := maps.Clone(x.heldAs)
	where, err := s.put(ctx, x, values)
	if err != nil {
		return err
	}
	gone := map[string]Place{}
	for _, as := range held {
		gone[as] = x.places[as]
		delete(x.places, as)
	}
	clear(x.heldAs)
	if err := s.recordAll(x, where); err != nil {
		return err
	}
	var inVault []string
	for as, place := range gone {
		if place == InVault {
			inVault = append(inVault, as)
		} else if s.keychain != nil {
			_ = s.keychain.Remove(ctx, as) // nothing reads it any more
		}
	}
	if len(inVault) == 0 {
		return nil
	}
	return s.vault.change(ctx, func(secrets map[string][]byte) {
		for _, as := range inVault {
			delete(secrets, as)
		}
	})
}

// stored reads a secret that the index knows, from where that says.
func (s *Store) stored(ctx context.Context, x index, name string) (Value, error) {
	if x.places[name] == InVault {
		return s.fromVault(ctx, name)
	}
	v, err := s.fromKeychain(ctx, name)
	if err == nil || ctx.Err() != nil {
		return v, err
	}
	if errors.Is(err, ErrMissing) {
		return v, missing(name, err)
	}
	return v, locked(name, err)
}

// put stores secrets in the keychain where they fit and there is one, else in the vault,
// which is written once. What is in the vault stays there: taking it out would need the
// passphrase as well. The index does not know of it yet.
func (s *Store) put(ctx context.Context, x index, values map[string]Value) (map[string]Place, error) {
	where, left := map[string]Place{}, map[string]Value{}
	keychain := true
	for _, name := range slices.Sorted(maps.Keys(values)) {
		where[name] = InVault
		if keychain && x.places[name] != InVault && len(values[name].Reveal()) <= KeychainLimit {
			// One that has failed once is not waited for three hundred times.
			if keychain = s.toKeychain(ctx, name, values[name]); keychain {
				where[name] = InKeychain
				continue
			}
		}
		left[name] = values[name]
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(left) == 0 {
		return where, nil
	}
	return where, s.vault.change(ctx, func(secrets map[string][]byte) {
		for name, v := range left {
			secrets[name] = []byte(v.Reveal())
		}
	})
}

func locked(name string, cause error) error {
	return configs.Say("The keychain does not give the secret {name}. Unlock it, or set {variable} in the environment.",
		"name", name, "variable", Variable(name)).Because(kind(ErrKeychain, cause))
}
