package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore/mailstoretest/corpus"
)

// TestMirror is the mirror's whole story with a real server and the program as it is
// shipped: mailboxes are mirrored, found, read, exported and verified; damage is
// noticed and repaired; then the primary dies, and everything is still here.
func TestMirror(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	p := newPost(t, `{accounts: [anna@example.test], shared_mailboxes: [info@example.test]}`)
	own := []corpus.Message{
		letter("INBOX", "Quarterly pelican report", "The pelican budget is attached nowhere.", `\Seen`),
		letter("INBOX", "会議の件", "来週の会議は第二会議室です。"),
	}
	all := p.fill(anna, 60, own...)
	p.fill("info@example.test", 5)
	for _, a := range []string{anna, "info@example.test"} {
		if s := p.lifeboat(password+"\n", "secret", "set", a); s.status != 0 {
			t.Fatal("the password is not stored")
		}
	}
	if s := p.lifeboat("", "mail", "list"); s.status != 1 || !contains(s.err, "Nothing was mirrored yet") {
		t.Error("a list before there is a mirror")
	}
	first := p.lifeboat("", "mirror", "--json")
	if first.status != 0 || first.code() == "" {
		t.Fatal("the first mirror failed, or shows no recovery code")
	}
	if contains(first.out, first.code()) {
		t.Error("the recovery code is in the document")
	}
	if n, _ := document[mirrorDocument](p, 0, "mirror").arrived(); n != 0 {
		t.Errorf("the second run found %d new messages", n)
	}
	again := document[mirrorDocument](p, 0, "mirror")
	if _, fetched := again.arrived(); fetched != 0 {
		t.Errorf("a run without news fetched %d messages", fetched)
	}
	p.readsBack(all)
	p.exports(len(all))
	p.repairs()

	p.dovecot.Stop(t)
	if s := p.lifeboat("", "mirror"); s.status != 1 || !contains(s.out, "not complete") {
		t.Error("a mirror of a dead primary is a success")
	}
	if s := p.lifeboat("", "status"); !contains(s.out, "Mirror: ") || !contains(s.out, anna+": last seen to its end at ") {
		t.Error("status does not say how old the mirror is")
	}
	if found := document[mailDocument](p, 0, "mail", "search", "pelican"); len(found.Messages) != 1 {
		t.Errorf("while the primary is dead, %d messages are found", len(found.Messages))
	}
}

// readsBack finds what was mirrored, and holds every message against what Dovecot
// serves.
func (p *post) readsBack(all []corpus.Message) {
	t := p.t
	t.Helper()
	for query, want := range map[string]int{"pelican": 1, "subject:pelican": 1, "会議": 1, "第二会議室": 1, "pelican from:eve": 1, "pelican -budget": 0} {
		found := document[mailDocument](p, 0, "mail", "search", query, "--account", anna)
		n := 0
		for _, m := range found.Messages {
			if strings.Contains(m.Subject, "pelican") || strings.Contains(m.Subject, "会議の件") {
				n++
			}
		}
		if n != want {
			t.Errorf("%q finds %d of the test's own messages, not %d", query, n, want)
		}
	}
	if s := p.lifeboat("", "mail", "search", "since:yesteryear"); s.status != 2 {
		t.Error("a search that means nothing is no mistake of the one who typed it")
	}
	served := map[string]bool{}
	for _, m := range all {
		served[string(m.Served())] = true
	}
	page, before := mailDocument{}, []string{}
	seen := 0
	for first := true; first || page.Next != ""; first = false {
		page = document[mailDocument](p, 0, append([]string{"mail", "list", "--account", anna, "--limit", "25"}, before...)...)
		before = []string{"--before", page.Next}
		for _, m := range page.Messages {
			seen++
			if raw := p.must("mail", "show", m.ID, "--raw"); !served[raw.out] {
				t.Errorf("message %s in %v is not as it was served", m.ID, m.Folders)
			}
		}
	}
	if seen < len(served) {
		t.Errorf("%d of %d messages are listed", seen, len(served))
	}
	id := document[mailDocument](p, 0, "mail", "search", "pelican").Messages[0].ID
	if s := p.must("mail", "show", id); !contains(s.out, "Eve Smith <eve@outside.test>") || !contains(s.out, "The pelican budget") {
		t.Error("the message does not show as it reads")
	}
	if s := p.lifeboat("", "mail", "show", "zzz"); s.status != 1 {
		t.Error("a message that is not there is shown")
	}
}

// exports writes everything out in each form.
func (p *post) exports(count int) {
	p.t.Helper()
	for _, format := range []string{"eml", "mbox", "zip"} {
		target := filepath.Join(p.dir, "export-"+format)
		p.must("mail", "export", target, "--format", format, "--account", anna)
		if _, err := os.Stat(target); err != nil {
			p.t.Error(err)
		}
	}
	files := 0
	err := filepath.WalkDir(filepath.Join(p.dir, "export-eml"), func(name string, _ fs.DirEntry, err error) error {
		if filepath.Ext(name) == ".eml" {
			files++
		}
		return err
	})
	if err != nil || files < count {
		p.t.Errorf("%d files for %d messages: %v", files, count, err)
	}
	if s := p.lifeboat("", "mail", "export", filepath.Join(p.dir, "export-eml")); s.status == 0 {
		p.t.Error("an export overwrites another")
	}
}

// repairs damages what lies on the disk, and sees that it is noticed and mended.
func (p *post) repairs() {
	p.t.Helper()
	p.must("mail", "verify")
	p.flip(filepath.Join("mail", "segments"))
	if s := p.lifeboat("", "mail", "verify"); s.status != 1 || !contains(s.out, "damaged") {
		p.t.Error("damage is not noticed")
	}
	p.must("mirror")
	p.must("mail", "verify")
}

// flip changes bits in the middle of the largest file of a folder.
func (p *post) flip(folder string) {
	p.t.Helper()
	var largest string
	var most int64
	err := filepath.WalkDir(filepath.Join(p.data(), folder), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err == nil && info.Size() > most {
			largest, most = name, info.Size()
		}
		return nil
	})
	if err != nil || largest == "" {
		p.t.Fatalf("nothing to damage in %s: %v", folder, err)
	}
	b, err := os.ReadFile(largest)
	if err != nil {
		p.t.Fatal(err)
	}
	b[len(b)/2] ^= 0x10
	b[len(b)/3] ^= 0x01
	if err := os.WriteFile(largest, b, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// TestMirrorRefusals: what keeps a mirror from being made or read is said in a
// sentence, and nothing is lost by it.
func TestMirrorRefusals(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	p := newPost(t, `{accounts: [anna@example.test]}`)
	p.fill(anna, 5)
	if s := p.lifeboat("", "mirror"); s.status != 1 || !contains(s.out, "No password is stored for "+anna) {
		t.Error("no password")
	}
	p.lifeboat("wrong\n", "secret", "set", anna)
	if s := p.lifeboat("", "mirror"); s.status != 1 || !contains(s.out, anna+": not complete.") || !contains(s.out, "password") {
		t.Error("a wrong password")
	}
	p.lifeboat(password+"\n", "secret", "set", anna)
	p.untrusted()
	code := p.codeOfNewKey()
	p.must("mirror")
	p.locked(code)
}

// untrusted runs the mirror without the certificate authority of the test.
func (p *post) untrusted() {
	p.t.Helper()
	trusting := p.env
	p.env = []string{"LIFEBOAT_VAULT_PASSPHRASE=a passphrase of a test", "SSL_CERT_FILE=" + os.DevNull, "SSL_CERT_DIR=" + p.t.TempDir()}
	if s := p.lifeboat("", "mirror"); s.status != 1 || !contains(strings.ToLower(s.out), "certificate") {
		p.t.Error("a certificate that nobody vouches for is taken")
	}
	p.env = trusting
}

// codeOfNewKey adds a recovery code.
func (p *post) codeOfNewKey() string {
	p.t.Helper()
	s := p.must("key", "add", "recovery")
	if s.code() == "" || contains(s.out, s.code()) {
		p.t.Fatal("no code, or on standard output")
	}
	return s.code()
}

// locked takes away what opens the mail on this machine: it says so, and the recovery
// code opens it again.
func (p *post) locked(code string) {
	t := p.t
	t.Helper()
	state := filepath.Join(p.dir, "home", ".local", "state")
	if err := os.Rename(state, state+".gone"); err != nil {
		t.Fatal(err)
	}
	if s := p.lifeboat("", "mail", "list"); s.status != 1 || !contains(s.err, "recovery") {
		t.Error("locked mail is read, or the sentence does not help")
	}
	if s := p.lifeboat("", "status"); s.status != 0 || !contains(s.out, "Mirror: ") {
		t.Error("status fails because the mail is locked")
	}
	if s := p.lifeboat("WRONG-CODE\n", "key", "recover"); s.status == 0 {
		t.Error("a wrong code opens the mail")
	}
	if s := p.lifeboat(strings.ToLower(code)+"\n", "key", "recover"); s.status != 0 {
		t.Error("the recovery code does not open the mail")
	}
	p.must("mail", "list")
	slots := document[[]struct{ ID, Kind string }](p, 0, "key", "list")
	for _, slot := range slots {
		s := p.lifeboat("", "key", "revoke", slot.ID, "--yes", "--last-recovery")
		if last := slot == slots[len(slots)-1]; s.status == 0 == last {
			t.Errorf("revoking %v: %v", slot, s)
		}
	}
}

// TestMirrorOf300: the mailboxes of a table are mirrored, and one bad row is named and
// stops nothing.
func TestMirrorOf300(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	p := newPost(t, `{csv: people.csv}`)
	table, passwords := "address,kind\n", "address,password\n"
	const people = 300
	for i := range people {
		address := fmt.Sprintf("person%03d@example.test", i)
		table += address + ",\n"
		if i == 120 {
			table += "person at example.test,\n"
		}
		passwords += address + "," + password + "\n"
		if i%50 == 0 {
			p.fill(address, 2)
		}
	}
	p.put("people.csv", table)
	file := p.put("passwords.csv", passwords+"nobody,hunter2\n")
	if s := p.lifeboat("", "secret", "set", "--csv", file); s.status != 1 || !contains(s.out, "300 mailboxes") || !contains(s.err, "passwords.csv:302") {
		t.Error("the passwords are not stored, or the bad row is not named")
	}
	s := p.lifeboat("", "mirror")
	if s.status != 0 || !contains(s.err, "people.csv:123") || !contains(s.out, "300 of 300 mailboxes are up to date") {
		t.Error("300 mailboxes")
	}
}

// TestMirrorStopped: the mirror may be killed at any moment, and the next run completes
// it; one that goes on ends in order at Ctrl-C.
func TestMirrorStopped(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	p := newPost(t, `{accounts: [anna@example.test]}`)
	all := p.fill(anna, 400)
	p.lifeboat(password+"\n", "secret", "set", anna)
	c := p.command("mirror")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	servers.Await(t, "some mail to be here", func(context.Context) error {
		found, err := filepath.Glob(filepath.Join(p.data(), "mail", "segments", "*"))
		if err == nil && len(found) == 0 {
			err = errors.New("not yet")
		}
		return err
	})
	_ = c.Process.Kill() // it may be done already
	_ = c.Wait()         // it was killed
	p.watches()
	p.must("mirror")
	p.must("mail", "verify")
	listed := map[string]bool{}
	page, before := mailDocument{}, []string{}
	for first := true; first || page.Next != ""; first = false {
		page = document[mailDocument](p, 0, append([]string{"mail", "list", "--limit", "1000"}, before...)...)
		before = []string{"--before", page.Next}
		for _, m := range page.Messages {
			if listed[m.ID] {
				t.Errorf("message %s is listed twice", m.ID)
			}
			listed[m.ID] = true
		}
	}
	different := map[string]bool{}
	for _, m := range all {
		different[string(m.Served())] = true
	}
	if len(listed) != len(different) {
		t.Errorf("%d messages are here, %d different ones were there", len(listed), len(different))
	}
}

// watches keeps the mirror up to date until Ctrl-C.
func (p *post) watches() {
	p.t.Helper()
	var out bytes.Buffer
	errs := &syncBuffer{}
	c := p.command("mirror", "--watch")
	c.Stdout, c.Stderr = &out, errs
	if err := c.Start(); err != nil {
		p.t.Fatal(err)
	}
	servers.Await(p.t, "the mailbox to be watched", func(context.Context) error {
		if !contains(errs.String(), anna+": watched.") {
			return errors.New("not yet")
		}
		return nil
	})
	if s := p.lifeboat("", "mirror"); s.status != 1 || !contains(s.err, "Another Lifeboat is working") {
		p.t.Error("two mirrors at once")
	}
	p.must("mail", "list")
	if err := c.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	if err := c.Wait(); err != nil || !contains(errs.String(), "What has arrived is kept") {
		p.t.Errorf("Ctrl-C: %v\n%s%s", err, errs.String(), out.String())
	}
}
