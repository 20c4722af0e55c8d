package mime_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"lifeboat/mailstore/mailstoretest/corpus"
)

// FuzzRead holds what is promised of every message against messages that nobody has
// thought of: the cases and the corpus are where it starts from.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	seen := map[string]bool{}
	for m := range corpus.Messages(corpus.Options{Count: 120, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Small: true}) {
		if !seen[m.Kind] && len(m.Bytes) < 8<<10 {
			seen[m.Kind] = true
			f.Add(m.Bytes)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 64<<10 {
			return // length is TestMonsters' concern
		}
		check(t, raw)
	})
}
