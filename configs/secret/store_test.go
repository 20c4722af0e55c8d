package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"lifeboat/configs"
)

// fakeKeychain keeps secrets in memory; err makes every call fail.
type fakeKeychain struct {
	mu      sync.Mutex
	secrets map[string]string
	err     error
}

func (k *fakeKeychain) Get(_ context.Context, name string) (Value, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	text, ok := k.secrets[name]
	if k.err == nil && !ok {
		return Value{}, ErrMissing
	}
	return New(text), k.err
}

func (k *fakeKeychain) Set(_ context.Context, name string, v Value) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil {
		k.secrets[name] = v.Reveal()
	}
	return k.err
}

func (k *fakeKeychain) Remove(_ context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.secrets[name]; k.err == nil && !ok {
		return ErrMissing
	}
	if k.err == nil {
		delete(k.secrets, name)
	}
	return k.err
}

func newKeychain() *fakeKeychain { return &fakeKeychain{secrets: map[string]string{}} }

// options are those of a store with cheap encryption and a passphrase.
func options(dir string) Options {
	return Options{Dir: dir, Env: []string{PassphraseVariable + "=open sesame"}, WorkFactor: 2}
}

func mustSet(t *testing.T, s *Store, name, text string, want Place) {
	t.Helper()
	place, err := s.Set(t.Context(), name, New(text))
	if err != nil {
		t.Fatal(err)
	}
	if place != want {
		t.Fatalf("%s is in the %s, want %s", name, place, want)
	}
}

func mustGet(t *testing.T, s *Store, name, want string) {
	t.Helper()
	v, err := s.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if v.Reveal() != want {
		t.Fatalf("%s is not what was stored", name)
	}
}

// fails sees that an error is of a kind, and a sentence without the secret that
// says the words.
func fails(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	problems := configs.ProblemsIn(err)
	if len(problems) != 1 {
		t.Fatalf("not a sentence: %v", err)
	}
	text := problems[0].Text()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q does not say %q", text, word)
		}
	}
	if strings.Contains(err.Error(), hunter) || strings.Contains(text, "{") {
		t.Errorf("bad sentence: %s", text)
	}
}

func TestOrderOfPlaces(t *testing.T) {
	o := options(t.TempDir())
	o.Keychain = newKeychain()
	s := Open(o)
	mustSet(t, s, "short", hunter, InKeychain)
	long := strings.Repeat("x", KeychainLimit+1)
	mustSet(t, s, "long", long, InVault)
	mustGet(t, s, "short", hunter)
	mustGet(t, s, "long", long)

	o.Env = append(o.Env, "LIFEBOAT_SECRET_SHORT=from outside", "LIFEBOAT_SECRET_TWO_WORDS=2", "LIFEBOAT_SECRET_EMPTY=")
	s = Open(o)
	mustGet(t, s, "short", "from outside")
	mustGet(t, s, "two-words", "2")
	mustGet(t, s, "long", long)
	entries, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	want := []Entry{{"long", InVault}, {"short", Environment}, {"two-words", Environment}}
	if !slices.Equal(entries, want) {
		t.Errorf("listed %v, want %v", entries, want)
	}
	_, err = s.Set(t.Context(), "short", New("other"))
	fails(t, err, ErrReadOnly, "short", "LIFEBOAT_SECRET_SHORT")
	fails(t, s.Remove(t.Context(), "short"), ErrReadOnly, "LIFEBOAT_SECRET_SHORT")
	_, err = s.Get(t.Context(), "empty")
	fails(t, err, ErrMissing, "empty", "lifeboat secret set empty", "LIFEBOAT_SECRET_EMPTY")
}

func TestWithoutKeychain(t *testing.T) {
	broken := newKeychain()
	broken.err = errors.New("no session bus")
	for name, k := range map[string]Keychain{"none": nil, "broken": broken} {
		t.Run(name, func(t *testing.T) {
			o := options(t.TempDir())
			o.Keychain = k
			mustSet(t, Open(o), "token", hunter, InVault)
			mustGet(t, Open(o), "token", hunter)
		})
	}
}

func TestSecretOutgrowsTheKeychain(t *testing.T) {
	k := newKeychain()
	o := options(t.TempDir())
	o.Keychain = k
	s := Open(o)
	mustSet(t, s, "token", "short", InKeychain)
	long := strings.Repeat("y", KeychainLimit+1)
	mustSet(t, s, "token", long, InVault)
	mustGet(t, s, "token", long)
	if len(k.secrets) != 0 {
		t.Error("the old value is still in the keychain")
	}
	mustSet(t, s, "token", "short again", InVault)
	mustGet(t, Open(o), "token", "short again")
}

func TestRemove(t *testing.T) {
	k := newKeychain()
	o := options(t.TempDir())
	o.Keychain = k
	s := Open(o)
	mustSet(t, s, "short", hunter, InKeychain)
	mustSet(t, s, "long", strings.Repeat("x", KeychainLimit+1), InVault)
	for _, name := range []string{"short", "long"} {
		if err := s.Remove(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		_, err := Open(o).Get(t.Context(), name)
		fails(t, err, ErrMissing, name)
		fails(t, s.Remove(t.Context(), name), ErrMissing, name)
	}
	if entries, err := s.List(); err != nil || len(entries) != 0 || len(k.secrets) != 0 {
		t.Errorf("left over: %v %v", entries, err)
	}
}

func TestLockedKeychain(t *testing.T) {
	k := newKeychain()
	o := options(t.TempDir())
	o.Keychain = k
	s := Open(o)
	mustSet(t, s, "token", hunter, InKeychain)
	k.err = errors.New("locked")
	_, err := s.Get(t.Context(), "token")
	fails(t, err, ErrKeychain, "token", "Unlock", "LIFEBOAT_SECRET_TOKEN")
	fails(t, s.Remove(t.Context(), "token"), ErrKeychain, "token")
	k.err = nil
	mustGet(t, s, "token", hunter)
}

func TestIndexLost(t *testing.T) {
	o := options(t.TempDir())
	o.Keychain = newKeychain()
	s := Open(o)
	mustSet(t, s, "short", hunter, InKeychain)
	long := strings.Repeat("x", KeychainLimit+1)
	mustSet(t, s, "long", long, InVault)
	if err := os.Remove(s.indexPath()); err != nil {
		t.Fatal(err)
	}
	mustGet(t, s, "short", hunter)
	mustGet(t, s, "long", long)
}

func TestIndexDamaged(t *testing.T) {
	for _, text := range []string{"", "{", `{"version":2}`, `{"version":1,"secrets":{"a b":"vault"}}`, `{"version":1,"secrets":{"a":"shoe box"}}`} {
		o := options(t.TempDir())
		s := Open(o)
		if err := os.WriteFile(s.indexPath(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.List()
		fails(t, err, ErrDamaged, s.indexPath())
		_, err = s.Get(t.Context(), "token")
		fails(t, err, ErrDamaged, s.indexPath())
		_, err = s.Set(t.Context(), "token", New(hunter))
		fails(t, err, ErrDamaged, s.indexPath())
		if left, _ := os.ReadFile(s.indexPath()); string(left) != text {
			t.Error("the damaged file was changed")
		}
	}
}

func TestNames(t *testing.T) {
	s := Open(options(t.TempDir()))
	for _, name := range []string{"", "A", "a_b", "a b", "-a", "a-", "a--b", "../a", "a/b", "あ", "a.b", strings.Repeat("a", 64)} {
		_, err := s.Get(t.Context(), name)
		fails(t, err, ErrName)
		_, err = s.Set(t.Context(), name, New("x"))
		fails(t, err, ErrName)
		fails(t, s.Remove(t.Context(), name), ErrName)
	}
	for _, name := range []string{"a", "0", "cloudflare-token-2", strings.Repeat("a", 63)} {
		mustSet(t, s, name, "x", InVault)
		if back, ok := nameOf(Variable(name)); !ok || back != name {
			t.Errorf("%s becomes %s, which becomes %s", name, Variable(name), back)
		}
	}
	_, err := s.Set(t.Context(), "empty", New(""))
	fails(t, err, ErrName, "empty")
}

// Names and values of all bytes come back as they went in, and none of the files
// shows a value or is open to others.
func TestFilesAtRest(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	s := Open(options(dir))
	odd := hunter + "\x00\xff\xfe\n\r\u2028"
	mustSet(t, s, "odd", odd, InVault)
	mustGet(t, Open(options(dir)), "odd", odd)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(hunter)) {
			t.Errorf("%s shows the secret", path)
		}
		info, _ := d.Info()
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Several stores, as several processes would, store different secrets at once:
// none is lost.
func TestManyWriters(t *testing.T) {
	const stores, each = 4, 5
	dir := t.TempDir()
	keychain := newKeychain()
	var wg sync.WaitGroup
	for i := range stores {
		o := options(dir)
		if i%2 == 0 {
			o.Keychain = keychain
		}
		s := Open(o)
		wg.Go(func() {
			for j := range each {
				name := fmt.Sprintf("s%d-%d", i, j)
				if _, err := s.Set(t.Context(), name, New(name)); err != nil {
					t.Error(err)
				}
				if v, err := s.Get(t.Context(), name); err != nil || v.Reveal() != name {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	wg.Wait()
	o := options(dir)
	o.Keychain = keychain
	entries, err := Open(o).List()
	if err != nil || len(entries) != stores*each {
		t.Fatalf("%d secrets of %d, %v", len(entries), stores*each, err)
	}
	for _, e := range entries {
		mustGet(t, Open(o), e.Name, e.Name)
	}
}

func TestCanceled(t *testing.T) {
	o := options(t.TempDir())
	s := Open(o)
	unlock, err := s.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(o).Set(ctx, "token", New(hunter)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}

// Many secrets are stored at once, in the keychain or, without one, in the vault,
// which is written once for all of them.
func TestSetAll(t *testing.T) {
	values := map[string]Value{"a": New("1"), "b": New("2"), "c": New(strings.Repeat("x", KeychainLimit+1))}
	for name, keychain := range map[string]Keychain{"keychain": &fakeKeychain{secrets: map[string]string{}}, "vault": nil} {
		t.Run(name, func(t *testing.T) {
			o := options(t.TempDir())
			o.Keychain = keychain
			where, err := Open(o).SetAll(t.Context(), values)
			if err != nil {
				t.Fatal(err)
			}
			want := InVault
			if keychain != nil {
				want = InKeychain
			}
			if where["a"] != want || where["c"] != InVault {
				t.Errorf("they are at %v", where)
			}
			s := Open(o)
			for n, v := range values {
				mustGet(t, s, n, v.Reveal())
			}
		})
	}
	s := Open(options(t.TempDir()))
	_, err := s.SetAll(t.Context(), map[string]Value{"a": New("1"), "b": New("")})
	fails(t, err, ErrName, "b")
	if entries, err := s.List(); err != nil || len(entries) != 0 {
		t.Errorf("something was stored: %v %v", entries, err)
	}
}
