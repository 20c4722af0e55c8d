package secret

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// killer is a keychain at which the process is killed, after some calls that change it.
type killer struct {
	*fakeKeychain
	after int
}

func (k *killer) dies() {
	if k.after--; k.after < 0 {
		runtime.Goexit() // nothing that comes after it in the process is run
	}
}

func (k *killer) Set(ctx context.Context, name string, v Value) error {
	k.dies()
	return k.fakeKeychain.Set(ctx, name, v)
}

func (k *killer) Remove(ctx context.Context, name string) error {
	k.dies()
	return k.fakeKeychain.Remove(ctx, name)
}

// Secrets that are put into the place of others are all of them there, or none, whenever
// the process is killed; and what comes next in the same names changes neither.
func TestReplacedAllAtOnce(t *testing.T) {
	long := strings.Repeat("x", KeychainLimit)
	for after := range 6 {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			o := options(t.TempDir())
			chain := newKeychain()
			o.Keychain = chain
			s := Open(o)
			mustSet(t, s, "one", "old one", InKeychain)
			mustSet(t, s, "two", long+"old two", InVault)
			mustSet(t, s, "draft-one", "new one", InKeychain)
			mustSet(t, s, "draft-two", long+"new two", InVault)
			mustSet(t, s, "draft-three", "new three", InKeychain)

			o.Keychain = &killer{chain, after}
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = Open(o).Replace(t.Context(), map[string]string{"one": "draft-one", "two": "draft-two", "three": "draft-three"}) // it may be killed
			}()
			<-done

			o.Keychain = chain
			s = Open(o)
			mustGet(t, s, "one", "new one")
			mustGet(t, s, "two", long+"new two")
			mustGet(t, s, "three", "new three")
			if entries, err := s.List(); err != nil || len(entries) != 3 {
				t.Errorf("the list has %v: %v", entries, err)
			}
			mustSet(t, s, "draft-one", "newer", InKeychain)
			mustGet(t, s, "one", "new one")
			if err := s.Remove(t.Context(), "two"); err != nil {
				t.Error(err)
			}
			if _, err := s.Get(t.Context(), "two"); !errors.Is(err, ErrMissing) {
				t.Errorf("what was removed is there: %v", err)
			}
		})
	}
}

// What cannot be replaced leaves everything as it was.
func TestReplacedNothing(t *testing.T) {
	o := options(t.TempDir())
	o.Keychain = newKeychain()
	o.Env = append(o.Env, Variable("outside")+"=1")
	s := Open(o)
	mustSet(t, s, "one", "old one", InKeychain)
	mustSet(t, s, "draft-one", "new one", InKeychain)
	fails(t, s.Replace(t.Context(), map[string]string{"one": "draft-one", "two": "draft-two"}), ErrMissing, "draft-two")
	fails(t, s.Replace(t.Context(), map[string]string{"outside": "draft-one"}), ErrReadOnly, "outside")
	mustGet(t, s, "one", "old one")
	mustGet(t, s, "draft-one", "new one")
	if err := s.Replace(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
