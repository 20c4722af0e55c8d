package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"lifeboat/failover/drill"
)

var update = flag.Bool("update", false, "write what is said now into testdata")

// samples are the drills whose reports are kept in testdata, in both languages and
// both ways of writing.
func samples() map[string]drill.Result {
	return map[string]drill.Result{"practised": practised(), "hurried": hurried(), "talked": talked()}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	file = filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("not as in %s; look at it, and write it with go test -update:\n%s", file, got)
	}
}

func TestReportsAsKept(t *testing.T) {
	for language, tell := range tellers(t) {
		for name, r := range samples() {
			d := build(r, tell, before())
			var md, page bytes.Buffer
			if err := writeMarkdown(&md, d); err != nil {
				t.Fatal(err)
			}
			if err := writeHTML(&page, d); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"."+language+".md", md.Bytes())
			golden(t, name+"."+language+".html", page.Bytes())
		}
	}
}
