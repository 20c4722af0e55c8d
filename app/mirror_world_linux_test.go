package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/mailstoretest/corpus"
)

// A post is a primary whose mailboxes Lifeboat's own program mirrors: a Dovecot on
// loopback, and settings that lead there.
type post struct {
	t        *testing.T
	dir      string
	program  string
	ca       *servers.Authority
	dovecot  *servers.Dovecot
	settings string
	env      []string
}

const (
	anna = "anna@example.test"
)

func newPost(t *testing.T, recipients string) *post {
	t.Helper()
	p := &post{t: t, dir: t.TempDir(), ca: servers.NewAuthority(t)}
	p.program = program(t)
	p.dovecot = servers.StartDovecot(t, servers.DovecotConfig{Password: password, Certificate: p.ca.Issue(t, "127.0.0.1")})
	p.settings = filepath.Join(p.dir, "lifeboat.yaml")
	_, port, err := net.SplitHostPort(p.dovecot.IMAPS)
	if err != nil {
		t.Fatal(err)
	}
	p.put("lifeboat.yaml", fmt.Sprintf(`organization: Example
language: en
resolver: {servers: ["127.0.0.1:9"], doh: [], controls: ["127.0.0.1:9"]}
domains: [{name: example.test, dns: {host: manual}}]
providers:
  primary:
    preset: generic
    name: Primary
    mx: [10 mx.primary.test]
    imap: {host: 127.0.0.1, port: %s}
    sign_in: password
recipients: %s
mirror: {folders: {junk: true, trash: true}}
`, port, recipients))
	p.env = append(p.ca.Env(), "LIFEBOAT_VAULT_PASSPHRASE=a passphrase of a test")
	return p
}

// put writes a file beside the settings.
func (p *post) put(name, text string) string {
	p.t.Helper()
	file := filepath.Join(p.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return file
}

func (p *post) data() string { return filepath.Join(p.dir, "data") }

// command prepares the program for somebody who has no keychain and no terminal.
func (p *post) command(args ...string) *exec.Cmd {
	c := exec.CommandContext(p.t.Context(), p.program, args...)
	c.Dir = p.dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "XDG_") && !strings.HasPrefix(v, "DBUS_") && !strings.HasPrefix(v, "LIFEBOAT_") {
			c.Env = append(c.Env, v)
		}
	}
	c.Env = append(c.Env, "LIFEBOAT_CONFIG="+p.settings, "LIFEBOAT_DATA="+p.data(), "LIFEBOAT_LANGUAGE=en", "LANG=C.UTF-8", "HOME="+filepath.Join(p.dir, "home"),
		"XDG_CACHE_HOME="+cacheOfTests())
	c.Env = append(c.Env, p.env...)
	return c
}

// cacheOfTests is shared by all tests, so that the database's code is compiled once.
func cacheOfTests() string { return filepath.Join(os.TempDir(), "lifeboat-test-cache") }

// lifeboat runs the program to its end, with something on its standard input.
func (p *post) lifeboat(stdin string, args ...string) said {
	p.t.Helper()
	var out, errs bytes.Buffer
	if len(args) > 1 && args[0] == "mail" && slices.Contains([]string{"list", "search", "show", "export"}, args[1]) {
		args = append(slices.Clone(args), "--reason", "pelican audit") // whoever tests is nobody's owner
	}
	c := p.command(args...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	s := said{out.String(), errs.String(), c.ProcessState.ExitCode()}
	shown := s
	if len(shown.out) > 4000 {
		shown.out = shown.out[:4000] + "…\n"
	}
	p.t.Logf("$ lifeboat %s\n%v", strings.Join(args, " "), shown)
	for _, secret := range []string{"a passphrase of a test", "hunter2"} {
		if strings.Contains(s.String(), secret) {
			p.t.Error("a secret was printed")
		}
	}
	return s
}

// must runs the program and demands success.
func (p *post) must(args ...string) said {
	p.t.Helper()
	s := p.lifeboat("", args...)
	if s.status != 0 {
		p.t.Fatalf("lifeboat %v: %v", args, s)
	}
	return s
}

// document runs the program with --json and reads its answer.
func document[T any](p *post, status int, args ...string) (v T) {
	p.t.Helper()
	s := p.lifeboat("", append(args, "--json")...)
	if s.status != status {
		p.t.Fatalf("exit status %d, not %d", s.status, status)
	}
	if err := json.Unmarshal([]byte(s.out), &v); err != nil {
		p.t.Fatalf("%v: %s", err, s.out)
	}
	return v
}

// mirrorDocument is what the tests read of "mirror --json".
type mirrorDocument struct {
	Failed   int
	Accounts []struct {
		Account  string
		Complete bool
		Arrived  int
		Fetched  int
		Changed  int
		Failed   struct{ Text string }
	}
}

// arrived adds up.
func (m mirrorDocument) arrived() (arrived, fetched int) {
	for _, a := range m.Accounts {
		arrived, fetched = arrived+a.Arrived, fetched+a.Fetched
	}
	return arrived, fetched
}

type mailDocument struct {
	Messages []struct {
		ID, Account, Subject string
		Folders              []string
	}
	Next string
}

// fill puts messages of every odd kind into a mailbox, and some that the tests know.
func (p *post) fill(user string, count int, own ...corpus.Message) []corpus.Message {
	p.t.Helper()
	uid, gid := p.dovecot.Owner()
	all := slices.Collect(corpus.Messages(corpus.Options{Count: count, Seed: 7, Now: time.Now().Add(-time.Hour), Small: true}))
	for i, m := range own {
		m.Number, m.Received = len(all)+i, time.Now().Add(-time.Duration(len(own)-i)*time.Minute).Truncate(time.Second)
		all = append(all, m)
	}
	if err := corpus.WriteMaildir(p.dovecot.Maildir(user), uid, gid, slices.Values(all)); err != nil {
		p.t.Fatal(err)
	}
	// The folders above are made on the way and belong to who made them.
	for dir := p.dovecot.Maildir(user); uid >= 0 && os.Geteuid() == 0 && filepath.Base(dir) != "mail"; dir = filepath.Dir(dir) {
		if err := os.Chown(dir, uid, gid); err != nil {
			p.t.Fatal(err)
		}
	}
	return all
}

// letter is a message that a test knows.
func letter(folder, subject, text string, flags ...string) corpus.Message {
	return corpus.Message{Folder: folder, Flags: mailstore.MakeFlags(flags...), Bytes: []byte(
		"From: Eve Smith <eve@outside.test>\r\nTo: " + anna + "\r\nSubject: " + subject +
			"\r\nDate: Thu, 19 Nov 2026 09:00:00 +0900\r\nMessage-ID: <" + strings.ReplaceAll(subject, " ", ".") + "@outside.test>\r\n" +
			"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n")}
}

var codeForm = regexp.MustCompile(`(?m)^    ([0-9A-Z]+(?:-[0-9A-Z]+){3,})$`)

// code is the recovery code that a command showed.
func (s said) code() string {
	found := codeForm.FindStringSubmatch(s.err)
	if found == nil {
		return ""
	}
	return found[1]
}
