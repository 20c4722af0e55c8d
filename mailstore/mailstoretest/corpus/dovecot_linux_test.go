package corpus_test

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/mailstoretest/corpus"
)

// What a real Dovecot serves of the maildir is, byte for byte, what Served says,
// with the flags and dates that were written.
func TestDovecotServesWhatWasWritten(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	serve(t, corpus.Options{Count: 600, Seed: 1, Now: now(), Small: true})
}

// All ten thousand at their full size, and the one of 50 MB.
func TestDovecotServesWhatWasWrittenLong(t *testing.T) {
	if os.Getenv("LIFEBOAT_LONG") == "" {
		t.Skip("a long campaign; set LIFEBOAT_LONG=1, or run make test-long")
	}
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	serve(t, corpus.Options{Count: 10000, Seed: 1, Now: now(), Huge: true})
}

func serve(t *testing.T, options corpus.Options) {
	t.Helper()
	dovecot := servers.StartDovecot(t, servers.DovecotConfig{})
	uid, gid := dovecot.Owner()
	if err := corpus.WriteMaildir(dovecot.Maildir("anna@example.test"), uid, gid, corpus.Messages(options)); err != nil {
		t.Fatal(err)
	}
	client, err := imapclient.DialInsecure(dovecot.IMAP, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Login("anna@example.test", dovecot.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	lists, err := client.List("", "*", nil).Collect()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range lists {
		if !slices.Contains(l.Attrs, imap.MailboxAttrNoSelect) && !slices.Contains(l.Attrs, imap.MailboxAttrNonExistent) {
			names = append(names, strings.ReplaceAll(l.Mailbox, ".", "/"))
		}
	}
	slices.Sort(names)
	if want := slices.Sorted(slices.Values(corpus.Folders())); !slices.Equal(names, want) {
		t.Errorf("the folders are %q, not %q", names, want)
	}
	want := map[string][]corpus.Message{}
	for m := range corpus.Messages(options) {
		want[m.Folder] = append(want[m.Folder], m)
	}
	for _, folder := range corpus.Folders() {
		compare(t, client, folder, want[folder])
	}
}

func compare(t *testing.T, client *imapclient.Client, folder string, want []corpus.Message) {
	t.Helper()
	selected, err := client.Select(strings.ReplaceAll(folder, "/", "."), &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	if int(selected.NumMessages) != len(want) {
		t.Fatalf("%s has %d messages, not %d", folder, selected.NumMessages, len(want))
	}
	if len(want) == 0 {
		return
	}
	fetch := client.Fetch(imap.SeqSet{imap.SeqRange{Start: 1, Stop: 0}}, &imap.FetchOptions{
		UID: true, Flags: true, InternalDate: true, RFC822Size: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}},
	})
	defer func() {
		if err := fetch.Close(); err != nil {
			t.Errorf("%s: %v", folder, err)
		}
	}()
	for i := 0; ; i++ {
		message := fetch.Next()
		if message == nil {
			if i != len(want) {
				t.Errorf("%s served %d messages, not %d", folder, i, len(want))
			}
			return
		}
		served(t, message, want[i])
	}
}

func served(t *testing.T, message *imapclient.FetchMessageData, want corpus.Message) {
	t.Helper()
	for item := message.Next(); item != nil; item = message.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataBodySection:
			got, err := io.ReadAll(item.Literal)
			if err != nil {
				t.Fatal(err)
			}
			if w := want.Served(); !bytes.Equal(got, w) {
				t.Errorf("%q in %s: %d octets came, not %d, from\n%.300q\nnot\n%.300q", want.Kind, want.Folder, len(got), len(w), got, w)
			}
		case imapclient.FetchItemDataRFC822Size:
			if int(item.Size) != len(want.Served()) {
				t.Errorf("%q has the size %d, not %d", want.Kind, item.Size, len(want.Served()))
			}
		case imapclient.FetchItemDataInternalDate:
			if !item.Time.Equal(want.Received) {
				t.Errorf("%q was received %v, not %v", want.Kind, item.Time, want.Received)
			}
		case imapclient.FetchItemDataFlags:
			var flags []string
			for _, f := range item.Flags {
				flags = append(flags, string(f))
			}
			if got := mailstore.MakeFlags(flags...); !got.Equal(want.Flags) {
				t.Errorf("%q has the flags %q, not %q", want.Kind, got, want.Flags)
			}
		}
	}
}
