package engine

import (
	"bytes"
	"encoding/json"
	"testing"
)

// quickly stretches a passphrase in no time.
const quickly = 8

// QuickKit is what HandOver writes, under a passphrase that is hardly stretched.
func (e *Engine) QuickKit(t testing.TB, passphrase string) []byte {
	t.Helper()
	k, err := e.kit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	return SealKit(t, string(content), passphrase)
}

// SealKit makes a kit of any content.
func SealKit(t testing.TB, content, passphrase string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := sealKit(&out, []byte(content), passphrase, quickly); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// ParseKit reads the content of a kit, and returns what it would put in place.
func ParseKit(content []byte) (paths, secrets []string, err error) {
	k, err := parseKit(content)
	for _, f := range k.Files {
		paths = append(paths, f.Path)
	}
	for name := range k.Secrets {
		secrets = append(secrets, name)
	}
	return paths, secrets, err
}
