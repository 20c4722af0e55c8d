package main_test

import (
	"slices"
	"strings"
	"testing"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore/mailstoretest/corpus"
)

// TestImportWithoutPrimary: with the primary dead from the beginning, files that
// somebody still has are brought in and found; a second import brings in nothing.
func TestImportWithoutPrimary(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	p := newPost(t, `{accounts: [anna@example.test, ben@example.test]}`)
	p.dovecot.Stop(t)
	mbox := ""
	for _, m := range []corpus.Message{letter("", "Old flamingo", "Pink."), letter("", "Old heron", "From the river.\r\n>From here\r\nFrom there.")} {
		mbox += "From eve@outside.test Tue Nov 19 09:00:00 2024\n" +
			strings.ReplaceAll(strings.ReplaceAll(string(m.Bytes), "\r\n", "\n"), "\nFrom there", "\n>From there") + "\n"
	}
	p.put("archive.mbox", mbox)
	if s := p.lifeboat("", "mail", "import", "archive.mbox"); s.status != 2 || !contains(s.err, "--account") || s.code() == "" {
		t.Error("mail is taken in for nobody, or no recovery code is shown")
	}
	if s := p.lifeboat("", "mail", "import", "archive.mbox", "--account", "stranger@example.test"); s.status != 2 {
		t.Error("mail is taken in for somebody who is not in the settings")
	}
	if s := p.must("mail", "import", "archive.mbox", "--account", anna); !contains(s.out, "Imported: 2 messages") {
		t.Error("not two messages")
	}
	found := document[mailDocument](p, 0, "mail", "search", "flamingo")
	if len(found.Messages) != 1 || found.Messages[0].Account != anna || !slices.Equal(found.Messages[0].Folders, []string{"Imported"}) {
		t.Errorf("found %+v", found)
	}
	if s := p.must("mail", "import", "archive.mbox", "--account", anna); !contains(s.out, "2 of them were here already") {
		t.Error("a second import brings the same in again")
	}
	if s := p.lifeboat("", "mirror"); s.status != 1 {
		t.Error("a mirror of a dead primary is a success")
	}
	if all := document[mailDocument](p, 0, "mail", "list"); len(all.Messages) != 2 {
		t.Errorf("%d messages are here", len(all.Messages))
	}
	p.must("mail", "verify")
}
