package keys_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/mailstore/keys"
)

// However a key is shown, it is not seen.
func TestKeyIsNotSeen(t *testing.T) {
	key, _ := create(t, filepath.Join(t.TempDir(), "keys.json"))
	type holder struct {
		Key    keys.Key
		hidden keys.Key
	}
	h := holder{key, key}
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T"} {
		fmt.Fprintf(&shown, verb+" "+verb+" "+verb+"\n", key, &key, h)
	}
	b, err := json.Marshal(map[string]any{"a": key, "b": h, "c": &h})
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(b)
	log := slog.New(slog.NewJSONHandler(&shown, nil))
	log.Info("x", "key", key, "holder", h)
	log = slog.New(slog.NewTextHandler(&shown, nil))
	log.Info("x", "key", key, "holder", h)
	y, err := key.MarshalYAML()
	fmt.Fprint(&shown, y, err)
	// The bytes of the key are not known here: no long number is shown but addresses, and no list of numbers.
	for _, word := range strings.FieldsFunc(shown.String(), func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) }) {
		if len(word) > 16 {
			t.Errorf("%q", word)
		}
	}
	if strings.Count(shown.String(), "[key]") < 20 || strings.Contains(shown.String(), "=&") || strings.Contains(shown.String(), `\x`) {
		t.Errorf("%s", shown.String())
	}
	if !(keys.Key{}).IsZero() || key.IsZero() || key.Equal(keys.Key{}) || !(keys.Key{}).Equal(keys.Key{}) || (keys.Key{}).Derive("x") != [32]byte{} {
		t.Error("the zero key is none")
	}
}

// Neither the data folder nor what is outside it has a key in it, and errors do not
// tell what was typed.
func TestNothingLiesOpen(t *testing.T) {
	dir := t.TempDir()
	path, own := filepath.Join(dir, "keys.json"), filepath.Join(dir, "own")
	key, code := create(t, path, passphrase("correct horse"), machine(own, "machine-1234"))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	derived := key.Derive("slots")
	for _, secret := range []string{"correct horse", "machine-1234", code, code[:5], hex.EncodeToString(derived[:])} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%q is in the file", secret)
		}
	}
	for _, o := range []keys.Opener{passphrase("a wrong guess"), keys.RecoveryOpener{Code: strings.Replace(code, code[:1], "?", 1)}, keys.RecoveryOpener{Code: code[2:]}} {
		_, _, err := open(t, path).Unlock(t.Context(), o)
		if err == nil || strings.Contains(err.Error(), "guess") || strings.Contains(err.Error(), code[2:]) {
			t.Errorf("%v", err)
		}
	}
}
