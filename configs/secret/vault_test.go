package secret

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
)

func TestVaultPassphrase(t *testing.T) {
	dir := t.TempDir()
	mustSet(t, Open(options(dir)), "token", hunter, InVault)
	file := Open(options(dir)).vault.file
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env   string
		ask   func(context.Context, Question) (Value, error)
		words []string
	}{
		"wrong in the environment": {env: "wrong", words: []string{file, "does not open"}},
		"wrong by hand": {
			ask:   func(context.Context, Question) (Value, error) { return New("wrong"), nil },
			words: []string{file, "does not open"},
		},
		"nobody to ask": {words: []string{file, PassphraseVariable}},
		"nothing given": {
			ask:   func(context.Context, Question) (Value, error) { return Value{}, nil },
			words: []string{file, "no passphrase"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := Open(Options{Dir: dir, Env: []string{PassphraseVariable + "=" + c.env}, Ask: c.ask, WorkFactor: 2})
			_, err := s.Get(t.Context(), "token")
			fails(t, err, ErrPassphrase, c.words...)
			_, err = s.Set(t.Context(), "other", New("x"))
			fails(t, err, ErrPassphrase, c.words...)
		})
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Error("the vault was changed")
	}
}

func TestVaultAsksOnce(t *testing.T) {
	var asked []Question
	o := Options{Dir: t.TempDir(), WorkFactor: 2, Ask: func(_ context.Context, q Question) (Value, error) {
		asked = append(asked, q)
		return New("open sesame"), nil
	}}
	s := Open(o)
	mustSet(t, s, "one", "1", InVault)
	mustSet(t, s, "two", "2", InVault)
	mustGet(t, s, "one", "1")
	if len(asked) != 1 || !asked[0].New || asked[0].Vault != s.vault.file {
		t.Errorf("asked %+v, want once, for a new vault", asked)
	}
	s = Open(o)
	mustGet(t, s, "two", "2")
	mustGet(t, s, "one", "1")
	if len(asked) != 2 || asked[1].New {
		t.Errorf("asked %+v, want once more, for the vault there is", asked)
	}
	// Another process changes the vault: no need to ask again.
	mustSet(t, Open(options(o.Dir)), "three", "3", InVault)
	mustGet(t, s, "three", "3")
	if len(asked) != 2 {
		t.Errorf("asked %d times, want 2", len(asked))
	}
}

func TestVaultAskFails(t *testing.T) {
	gone := errors.New("the terminal is gone")
	s := Open(Options{Dir: t.TempDir(), Ask: func(context.Context, Question) (Value, error) { return Value{}, gone }})
	if _, err := s.Set(t.Context(), "token", New(hunter)); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}

// Whichever byte of the vault is wrong, and wherever it is cut off: one sentence,
// and the file stays as it is.
func TestVaultDamaged(t *testing.T) {
	dir := t.TempDir()
	mustSet(t, Open(options(dir)), "token", hunter, InVault)
	file := Open(options(dir)).vault.file
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	try := func(data []byte) {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		s := Open(options(dir))
		_, err := s.Get(t.Context(), "token")
		if errors.Is(err, ErrPassphrase) {
			fails(t, err, ErrPassphrase, file)
		} else {
			fails(t, err, ErrDamaged, file)
		}
		if _, err := s.Set(t.Context(), "other", New("x")); err == nil {
			t.Fatal("a damaged vault was written over")
		}
		if left, _ := os.ReadFile(file); !bytes.Equal(left, data) {
			t.Fatal("a damaged vault was changed")
		}
	}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 0x40
		try(flipped)
	}
	for n := range whole {
		try(whole[:n])
	}
	try([]byte("not a vault"))
}

// A forged header must not keep the machine busy.
func TestVaultRefusesAbsurdCost(t *testing.T) {
	s := Open(options(t.TempDir()))
	forged := "age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n" +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
	if err := os.WriteFile(s.vault.file, []byte(forged), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.Get(t.Context(), "token")
	fails(t, err, ErrDamaged, s.vault.file)
}

func FuzzVault(f *testing.F) {
	v := &vault{file: "vault.age", workFactor: 1}
	whole, err := v.encrypt(map[string][]byte{"token": []byte(hunter)}, New("open sesame"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte("age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 1\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte(" 1")) && !bytes.Contains(data, []byte(" 1\n")) {
			return // a high work factor, which only costs time
		}
		v := &vault{file: "vault.age", workFactor: 1}
		_, err := v.decrypt(data, New("open sesame"))
		if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrPassphrase) {
			t.Errorf("an error without a kind: %v", err)
		}
	})
}
