package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// checkSentence sees that a problem is one readable sentence.
func checkSentence(t *testing.T, p Problem) {
	t.Helper()
	text := p.Text()
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\r\n\x00") || len(text) > 2000 {
		t.Errorf("no sentence: %q", text)
	}
}

// Whatever the file: settings are either refused with sentences that have a place,
// or good enough that every question about them can be answered.
func FuzzSettings(f *testing.F) {
	archives, err := filepath.Glob("testdata/load/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, ".yaml") {
				f.Add(file.Data)
			}
		}
	}
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Fuzz(func(t *testing.T, data []byte) {
		if strings.Contains(string(data), "csv:") || strings.Contains(string(data), "ca_file:") {
			return // files named by the fuzzer are not for reading
		}
		s, warnings, err := load("lifeboat.yaml", data, Options{})
		problems := ProblemsIn(err)
		if err != nil && len(problems) == 0 {
			t.Fatalf("no sentence for %v", err)
		}
		for _, p := range append(problems, warnings...) {
			checkSentence(t, p)
			if p.File == "" {
				t.Errorf("no file: %s", p.Text())
			}
		}
		if err != nil {
			return
		}
		for _, d := range s.Domains {
			pair, ok := s.ProvidersOf(d.Name)
			if !ok || len(pair.Primary.MX) == 0 {
				t.Fatalf("%s: no primary", d.Name)
			}
			for _, mx := range append(pair.Primary.MX, pair.Secondary.MX...) {
				if _, _, ok := mxHost(mx.Host); !ok {
					t.Errorf("%s: MX %v", d.Name, mx)
				}
			}
			if got, ok := s.Domain(d.Name); !ok || got.Name != d.Name {
				t.Errorf("%s is not found by its name", d.Name)
			}
			all := s.RecipientsOf(d.Name)
			for _, r := range append(all[:min(len(all), 20)], Recipient{Address: "nobody@" + d.Name}) {
				for _, role := range []string{rolePrimary, roleSecondary} {
					to, err := s.SubmissionFor(role, r.Address)
					for _, p := range ProblemsIn(err) {
						checkSentence(t, p)
					}
					if err == nil && (to.User == "" || to.Method == "" || to.Provider.Submission.Host == "" || to.Provider.Submission.Port == 0) {
						t.Errorf("%s is sent nowhere: %+v", r.Address, to)
					}
				}
			}
		}
		for _, d := range s.Relay.Devices {
			if len(d.Prefixes()) != len(d.Addresses) || !s.Sends(d.User[strings.LastIndexByte(d.User, '@')+1:]) {
				t.Errorf("devices %+v", d)
			}
		}
	})
}
