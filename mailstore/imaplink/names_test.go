package imaplink

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Every name comes back as it was, in ASCII meanwhile; whatever a server calls a
// folder, there is something to show.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"INBOX", "Sent Items", "R&D", "&", "&-", "送信済み", "台北/日本語", "☺!", "&Jjo", "&AAA-", "&2D0-", "\xff", "a\x00b", "&", ""} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if shown := decodeName(name); !utf8.ValidString(shown) {
			t.Errorf("%q is shown as %q", name, shown)
		}
		if !utf8.ValidString(name) || strings.ContainsRune(name, utf8.RuneError) {
			return
		}
		wire := encodeName(name)
		if !quotable(wire) {
			t.Errorf("%q is written as %q", name, wire)
		}
		if back := decodeName(wire); back != name && !strings.EqualFold(name, "INBOX") {
			t.Errorf("%q became %q by way of %q", name, back, wire)
		}
	})
}
