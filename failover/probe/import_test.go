package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"lifeboat/failover"
)

// What each tool prints, as it was copied from terminals, with the names changed.
func TestImportTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range []struct {
				name string
				text []byte
			}{{"as it is", text}, {"with CRLF", bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))}, {"as UTF-16", sixteen(string(text))}} {
				findings, err := Import(bytes.NewReader(form.text), ImportOptions{At: noon, Now: noon.Add(time.Hour)})
				if err != nil {
					t.Fatalf("%s: %v", form.name, err)
				}
				known, missing := find(t, findings, "rcpt", "info@example.test"), find(t, findings, "rcpt", "nobody-8f3a@example.test")
				expect(t, known, failover.Pass, "mx1.second.test")
				expect(t, missing, failover.Red, "550 5.1.1")
				if len(findings) != 2 || known.Source != failover.FromImported || !known.At.Equal(noon) || known.Domain != "example.test." {
					t.Errorf("%s: %+v", form.name, findings)
				}
				ev, target := &Evidence{}, targetOf(failover.Secondary, "info@example.test")
				if n := ev.Merge(target, findings); n != 2 {
					t.Errorf("%s: %d findings concern the secondary", form.name, n)
				}
				if n := ev.Merge(targetOf(failover.Primary, "info@example.test"), findings); n != 0 {
					t.Errorf("%s: a result from the secondary is taken for one from the primary", form.name)
				}
			}
		})
	}
}

func sixteen(s string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func TestImportTranscriptOdds(t *testing.T) {
	head := "$ telnet mx1.second.test 25\nTrying 192.0.2.11...\nConnected to mx1.second.test.\n220 mx1.second.test ESMTP\nEHLO x\n250 mx1.second.test\nMAIL FROM:<>\n250 Ok\n"
	at := func(text string) ([]failover.Finding, error) {
		return Import(strings.NewReader(text), ImportOptions{At: noon, Now: noon})
	}
	t.Run("only those who are known", func(t *testing.T) {
		findings, err := at(head + "RCPT TO:<info@example.test>\n250 Ok\n")
		if err != nil {
			t.Fatal(err)
		}
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Unknown, "does not show whether it accepts every address")
	})
	t.Run("a line that is refused", func(t *testing.T) {
		findings, err := at(head + "RCPT TO:<info@example.test>\n554 5.7.1 Client host blocked using zen.spamhaus.org\n")
		if err != nil {
			t.Fatal(err)
		}
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Unknown, "spamhaus")
	})
	t.Run("greylisted", func(t *testing.T) {
		findings, err := at(head + "RCPT TO:<info@example.test>\n450 4.2.0 Greylisted\n")
		if err != nil {
			t.Fatal(err)
		}
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Unknown, "450 4.2.0")
	})
	t.Run("pipelined", func(t *testing.T) {
		findings, err := at(head + "RCPT TO:<info@example.test>\nRCPT TO:<nobody@example.test>\nQUIT\n250 Ok\n550-5.1.1 No such\n550 5.1.1 user\n221 Bye\n")
		if err != nil {
			t.Fatal(err)
		}
		expect(t, find(t, findings, "rcpt", "info@example.test"), failover.Pass)
		expect(t, find(t, findings, "rcpt", "nobody@example.test"), failover.Red, "550 5.1.1 No such 5.1.1 user")
	})
	t.Run("only the banner names the server", func(t *testing.T) {
		findings, err := at("220 out7.second.test ESMTP\nRCPT TO:<info@example.test>\n250 Ok\nRCPT TO:<no@example.test>\n550 no\n")
		if err != nil {
			t.Fatal(err)
		}
		target := targetOf(failover.Secondary, "info@example.test")
		if n := (&Evidence{}).Merge(target, findings); n != 2 {
			t.Errorf("%d findings, although the banner is of the provider's own domain", n)
		}
		both := target // both providers' hosts in one domain: the banner does not tell which
		both.Domain.Primary.MX = []failover.MX{{Preference: 10, Host: "mx9.second.test."}}
		if n := (&Evidence{}).Merge(both, findings); n != 0 {
			t.Errorf("%d findings, although they may be the other provider's", n)
		}
	})
	for _, c := range []struct{ name, text, words string }{
		{"nothing", "", "no result"},
		{"prose", "Dear admin,\nit works fine here.\n", "no result"},
		{"no server", "RCPT TO:<info@example.test>\n250 Ok\n", "which server"},
		{"half a document", `{"findings": [{"check": "rcpt"`, "damaged"},
		{"another document", `{"steps": []}`, "no result"},
		{"only what is about the other machine", `{"findings": [{"check":"clock","domain":"example.test.","verdict":"pass","at":"2025-03-01T12:00:00Z"}]}`, "has to see itself"},
		{"too much", strings.Repeat("x", maxImport+1), "megabytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := at(c.text); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v", err)
			}
		})
	}
	good := head + "RCPT TO:<info@example.test>\n250 Ok\n"
	for _, c := range []struct {
		name  string
		at    time.Time
		words string
	}{{"no time", time.Time{}, "does not say when"}, {"old", noon.Add(-25 * time.Hour), "24 hours"}, {"future", noon.Add(time.Hour), "future"}} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Import(strings.NewReader(good), ImportOptions{At: c.at, Now: noon}); !errors.Is(err, failover.ErrInvalid) || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v", err)
			}
		})
	}
}

// What a check on another machine found, as "check --json" prints it, counts here
// in its place.
func TestImportOfACheck(t *testing.T) {
	w := newWorld(t)
	there := w.prober().Preflight(t.Context(), w.target)
	doc, err := json.Marshal(map[string]any{"ready": true, "findings": there})
	if err != nil {
		t.Fatal(err)
	}
	now := w.clock.now().Add(time.Hour)
	findings, err := Import(bytes.NewReader(doc), ImportOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	ev := &Evidence{}
	ev.Merge(w.target, findings)
	left := map[string]bool{}
	for _, n := range ev.Stale(w.target, now, 0) {
		left[n.Check] = true
	}
	for _, id := range []string{"rcpt", "mx-answers", "starttls", "dane"} {
		if left[id] {
			t.Errorf("%s has to be looked at again", id)
		}
	}
	for _, id := range []string{"clock", "line", "spf", "mta-sts"} {
		if !left[id] {
			t.Errorf("%s was taken over from another machine", id)
		}
	}
	if n := (&Evidence{}).Merge(targetOf(failover.Primary, "info@example.test"), findings); n != 0 {
		t.Errorf("%d findings on the secondary concern the primary", n)
	}
}

func TestImportTrustsNothing(t *testing.T) {
	doc := `{"findings":[{"check":"rcpt","domain":"EXAMPLE.test","subject":"info@example.test","verdict":"pass","own_line":true,"source":"here",
		"say":{"text":"evil \u001b[2J \u202e","args":{"mx":"mx1.second.test"}},"evidence":["\u0007bell"],"at":"2025-03-01T12:00:00Z"},
		{"check":"rcpt","domain":"example.test.","subject":"x@example.test","verdict":"superb","say":{"text":"x"},"at":"2025-03-01T12:00:00Z"}]}`
	findings, err := Import(strings.NewReader(doc), ImportOptions{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	f := findings[0]
	if f.Source != failover.FromImported || f.OwnLine || f.Domain != "example.test." || strings.ContainsAny(f.Say.String()+f.Evidence[0], "\x1b\x07\u202e") {
		t.Errorf("taken over: %+v", f)
	}
	if findings[1].Verdict != failover.Unknown {
		t.Errorf("a verdict of its own making: %s", findings[1].Verdict)
	}
}
