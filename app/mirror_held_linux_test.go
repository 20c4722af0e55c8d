package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore/mailstoretest/corpus"
)

// TestMirrorHolds: when much of a folder vanishes at the primary at once, it stays here,
// and a person is asked; either answer is carried out.
func TestMirrorHolds(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	p := newPost(t, `{accounts: [anna@example.test]}`)
	p.lifeboat(password+"\n", "secret", "set", anna)
	const letters = 40
	for _, answer := range []string{"--keep", "--accept"} {
		var own []corpus.Message // others each time: what lies elsewhere too has not vanished
		for i := range letters {
			own = append(own, letter("INBOX", fmt.Sprint("Letter ", i, " to ", answer), "Text."))
		}
		p.fill(anna, 0, own...)
		p.must("mirror")
		p.empty(filepath.Join(p.dovecot.Maildir(anna), "cur"), filepath.Join(p.dovecot.Maildir(anna), "new"))
		if s := p.lifeboat("", "mirror"); s.status != 1 || !contains(s.out, "40 of 40 messages vanished from the folder INBOX", answer+" INBOX") {
			t.Error("a folder that was emptied is not held, or nobody is asked")
		}
		if s := p.lifeboat("", "status"); !contains(s.out, "vanished from the folder INBOX") {
			t.Error("status does not tell of the folder that is held")
		}
		if s := p.lifeboat("", "mirror", "--account", anna, answer, "Nowhere"); s.status != 2 {
			t.Error("a decision about a folder that there is not")
		}
		if s := p.must("mirror", "--account", anna, answer, "INBOX"); contains(s.out, "vanished") {
			t.Error("the folder is still held")
		}
		shown := len(document[mailDocument](p, 0, "mail", "list", "--limit", "500").Messages)
		if shown != letters { // kept in a folder of their own; those accepted later are hidden
			t.Errorf("after %s, %d messages are listed", answer, shown)
		}
	}
	if all := document[mailDocument](p, 0, "mail", "list", "--gone", "--limit", "500"); len(all.Messages) < letters {
		t.Errorf("%d messages with the hidden ones", len(all.Messages))
	}
	p.must("mirror")
}

// empty removes the files of folders.
func (p *post) empty(folders ...string) {
	p.t.Helper()
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil {
			p.t.Fatal(err)
		}
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				p.t.Fatal(err)
			}
		}
	}
}
