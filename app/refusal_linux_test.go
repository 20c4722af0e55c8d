package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
)

func contains(text string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(text, p) })
}

// refused runs a failover that must be refused with a sentence that has the
// parts, and holds the zone against what it was.
func (w *world) refused(status int, parts ...string) {
	w.t.Helper()
	before := w.ns[0].Transfer(w.t, zoneName)
	got := w.lifeboat("failover", "--yes")
	if got.status != status {
		w.t.Errorf("exit status %d, not %d", got.status, status)
	}
	if !contains(got.err, parts...) {
		w.t.Errorf("the refusal does not say %q:\n%s", parts, got.err)
	}
	if after := w.ns[0].Transfer(w.t, zoneName); !slices.Equal(before, after) {
		w.t.Errorf("the zone was changed:\n%v\n%v", before, after)
	}
}

// A recipient whom the secondary does not know would bounce: refused, by name.
func TestRefusesMissingRecipient(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	w := newWorld(t, worldPlan{missing: []string{"info@example.test"}})
	w.refused(1, "info@example.test", "550", "nothing was changed")
	if got := w.lifeboat("failover", "--override", "info is empty anyway"); got.status != 2 || !contains(got.err, "--yes") {
		t.Error("nobody was asked, and yet there was an answer")
	}
	if got := w.lifeboat("failover", "--yes", "--override", "info is empty anyway"); got.status != 0 {
		t.Error("a typed reason does not overrule the preflight")
	}
	journal, err := os.ReadFile(filepath.Join(w.dir, "data", "journal.jsonl"))
	if err != nil || !contains(string(journal), `"override"`, "info is empty anyway") {
		t.Errorf("the reason is not in the journal: %v", err)
	}
}

// Senders that hold an MTA-STS policy in force would not deliver to an MX it does
// not list (RFC 8461): refused.
func TestRefusesWhatMTASTSForbids(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	w := newWorld(t, worldPlan{records: "_mta-sts TXT \"v=STSv1; id=1\"\nmta-sts A 127.0.44.1\n"})
	w.servePolicy("version: STSv1\nmode: enforce\nmx: mx.primary.test\nmax_age: 86400\n")
	w.refused(1, "MTA-STS", "mx.secondary.test")
}

func (w *world) servePolicy(text string) {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.44.1:443")
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/mta-sts.txt", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/plain")
		_, _ = fmt.Fprint(rw, text)
	})
	cert := w.ca.Issue(w.t, "mta-sts.example.test")
	s := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	w.t.Cleanup(func() { _ = s.Close() })
	go func() { _ = s.ServeTLS(l, cert.File, cert.KeyFile) }()
}

// finding is what this test reads of one in a JSON document.
type finding struct {
	Source string `json:"source"`
}

// A line that blocks port 25 shows nothing about the secondary: unknown, with the
// other ways to know, each of which then works.
func TestBlockedLine(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	w := newWorld(t, worldPlan{})
	elsewhere := w.lifeboat("check", "--json") // the line is not blocked yet: this stands for another line
	forget := func() {
		if err := os.RemoveAll(filepath.Join(w.dir, "data")); err != nil {
			t.Fatal(err)
		}
	}
	forget()
	servers.Firewall(t, servers.Block{Port: 25})
	w.refused(1, "unknown", "port 25", "check --seed", "check --import")

	report := filepath.Join(w.dir, "elsewhere.json")
	if err := os.WriteFile(report, []byte(elsewhere.out), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := w.lifeboat("check", "--import", report); got.status != 0 {
		t.Error("a report from another line is not enough")
	}
	forget()
	if got := w.lifeboat("check", "--seed"); got.status != 0 {
		t.Error("a seed message through the submission port is not enough")
	}
	if got := w.lifeboat("failover", "--yes"); got.status != 0 {
		t.Error("the switch is refused although the recipients are proven")
	}
	var doc struct {
		Findings []finding `json:"findings"`
	}
	got := w.lifeboat("check", "--json")
	if err := json.Unmarshal([]byte(got.out), &doc); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(doc.Findings, func(f finding) bool { return f.Source == "seed" }) {
		t.Error("no finding tells that it comes from a seed message")
	}
}
