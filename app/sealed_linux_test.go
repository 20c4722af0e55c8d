package main_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore/mailstoretest/corpus"
)

// TestNothingIsReadable: whoever has the data folder and no key finds no address, no
// subject, no name of a folder and no word of a message in it, after everything that
// Lifeboat does there was done; and what is changed in it is noticed.
func TestNothingIsReadable(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	w := newWorld(t, worldPlan{})
	p := w.post()
	p.fill(anna, 30,
		letter("INBOX", "Quarterly pelican report", "The pelican budget is attached nowhere."),
		letter("取引先/株式会社みらい", "会議の件", "来週の会議は第二会議室です。"))
	table := p.put("passwords.csv", "address,password\n"+anna+","+password+"\nben@example.test,"+password+"\n")
	for _, args := range [][]string{
		{"secret", "set", "--csv", table},
		{"check"},
		{"failover", "--yes"},
		{"mirror"},
		{"mail", "search", "pelican"},
		{"mail", "export", filepath.Join(p.dir, "elsewhere")},
		{"mail", "import", "--account", "ben@example.test", filepath.Join(p.dir, "elsewhere")},
		{"mirror", "--account", anna},
		{"status"},
		{"verify"},
	} {
		if s := p.lifeboat("", args...); s.status != 0 {
			t.Fatalf("lifeboat %v failed", args)
		}
	}
	p.watchesBriefly()
	p.unreadable()

	evidence := filepath.Join(p.data(), "evidence.json")
	before, err := os.ReadFile(evidence)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(before)
	changed[len(changed)/2] ^= 1
	if err := os.WriteFile(evidence, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	if s := p.lifeboat("", "status"); contains(s.out, "Ready") {
		t.Error("evidence that was changed is believed")
	}
	if s := p.lifeboat("", "check"); s.status != 0 {
		t.Error("evidence that was changed is not taken anew")
	}
	p.repairs()
}

// post puts the primary's mailboxes, over TLS, into the world's settings.
func (w *world) post() *post {
	w.t.Helper()
	p := &post{t: w.t, dir: w.dir, program: w.program, ca: w.ca, settings: w.settings}
	p.dovecot = servers.StartDovecot(w.t, servers.DovecotConfig{
		Name: "dovecot of the mailboxes", Password: password, Certificate: w.ca.Issue(w.t, "127.0.25.1"),
		Listen: "127.0.25.1:143", ListenTLS: "127.0.25.1:993",
	})
	host, port, err := net.SplitHostPort(p.dovecot.IMAPS)
	if err != nil {
		w.t.Fatal(err)
	}
	w.edit("    mx: [10 mx.primary.test]\n", fmt.Sprintf("    mx: [10 mx.primary.test]\n    imap: {host: %s, port: %s}\n    sign_in: password\n", host, port))
	p.env = append(w.ca.Env(), "LIFEBOAT_VAULT_PASSPHRASE=a passphrase of a test", secretEnv+"="+w.key.Secret, "LIFEBOAT_SECRET_ANNA="+password)
	return p
}

// watchesBriefly lets the providers be watched until something was kept.
func (p *post) watchesBriefly() {
	p.t.Helper()
	c := p.command("status", "--watch", "--every", "10s")
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	w := &world{t: p.t}
	w.await("what was seen to be kept", func() bool {
		info, err := os.Stat(filepath.Join(p.data(), "watch", "example.test.json"))
		return err == nil && info.Size() > 0
	})
	_ = c.Process.Signal(os.Interrupt) // the wait tells
	_ = c.Wait()                       // it was stopped
}

// unreadable looks through every file of the data folder.
func (p *post) unreadable() {
	t := p.t
	t.Helper()
	words := []string{
		anna, "ben@example.test", "info@example.test", "team@example.test", "anna", "eve@outside", "Eve Smith",
		"pelican", "Pelican", "会議", "第二会議室", "株式会社みらい", "取引先", "INBOX", "Imported", "Archive",
	}
	for m := range corpus.Messages(corpus.Options{Count: 30, Seed: 7, Small: true}) {
		words = append(words, m.Folder)
	}
	unreadable(t, p.data(), words)
}

// unreadable holds that no file below a folder says one of the words, nor its name.
func unreadable(t *testing.T, folder string, words []string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(folder, name)
		if err != nil {
			return err
		}
		for _, word := range words {
			if word != "" && strings.Contains(relative, strings.TrimSpace(word)) {
				t.Errorf("the name of %s says %q", relative, word)
			}
		}
		if d.IsDir() {
			return nil
		}
		files++
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, word := range words {
			for how, form := range map[string][]byte{
				"": []byte(word), " in base64": []byte(base64.StdEncoding.EncodeToString([]byte(word))[:len(word)/3*4]), " in UTF-16": utf16le(word),
			} {
				if len(form) > 3 && bytes.Contains(b, form) {
					t.Errorf("%s says %q%s", relative, word, how)
				}
			}
		}
		return nil
	})
	if err != nil || files < 6 {
		t.Errorf("%d files looked through: %v", files, err)
	}
}

func utf16le(text string) []byte {
	var out []byte
	for _, r := range text {
		out = append(out, byte(r), byte(r>>8))
	}
	return out
}
