package engine

import (
	"bytes"
	"os"
	"testing"
	"time"

	"lifeboat/mailstore/imaplink"
)

// A record of what was received that cannot be read any more, as it is damaged or
// sealed under a key that was lost, stops no mirror.
func TestUnreadableLedgerStopsNoMirror(t *testing.T) {
	e := onMachine(t.TempDir(), t.TempDir())
	l := ledger{e, 1}
	if err := l.Save(t.Context(), []imaplink.Spent{{Hour: time.Unix(0, 0), Bytes: 7}}); err != nil {
		t.Fatal(err)
	}
	if spent, err := l.Load(t.Context()); err != nil || len(spent) != 1 {
		t.Fatalf("%v %v", spent, err)
	}
	whole, err := os.ReadFile(l.file())
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(whole)
	changed[len(changed)-1] ^= 1
	for name, content := range map[string][]byte{"a bit flipped": changed, "cut short": whole[:20], "empty": nil} {
		if err := os.WriteFile(l.file(), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if spent, err := l.Load(t.Context()); err != nil || len(spent) != 0 {
			t.Errorf("%s: %v %v", name, spent, err)
		}
	}
}
