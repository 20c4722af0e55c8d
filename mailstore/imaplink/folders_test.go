package imaplink_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/imapscript"
)

// Names of every kind that servers hold, right and wrong, come out readable and go
// back as the server wrote them; roles come from attributes, and from names where
// there are none.
func TestNames(t *testing.T) {
	wire := []string{
		`* LIST (\HasNoChildren) "/" inbox`,
		`* LIST (\Sent) "/" "&kAFP4W4IMH8-"`,
		`* LIST () "/" "R&D"`,
		`* LIST () "/" "R&-D"`,
		`* LIST () "/" "caf` + "\xc3\xa9" + `"`,
		"* LIST () \"/\" {6}\r\na \"b\\c",
		`* LIST (\NoSelect \HasChildren) "/" "quo\"ted"`,
		`* LIST (\NonExistent) "/" gone`,
		`* LIST () "/" "Junk Email"`,
		`* LIST () "/" "INBOX/Trash" ("CHILDINFO" ("SUBSCRIBED" (1 2)))`,
		`* LIST () "/" "Work/Trash"`,
		`* LIST () NIL flat`,
		`* LIST () "/" "&Jjo-!"`,
		`* LIST () "/" "flat"`,
		`* LIST () "/" "bad&"`,
		`* LIST () "/" a[b`,
	}
	want := []string{"INBOX", "送信済み", "R&D", "R&-D", "café", `a "b\c`, `quo"ted`, "Junk Email", "INBOX/Trash", "Work/Trash", "flat", "☺!", "bad&", "a[b"}
	sent := []string{`"inbox"`, `"&kAFP4W4IMH8-"`, `"R&D"`, `"R&-D"`, `"café"`, `"a \"b\\c"`, "", `"Junk Email"`, `"INBOX/Trash"`, `"Work/Trash"`, `"flat"`, `"&Jjo-!"`, `"bad&"`, `"a[b"`}
	// It announces IMAP4rev2, and still writes names as before.
	d := scripted(t, "IMAP4rev2", func(c *imapscript.Conn) {
		c.Expect(`<tag> LIST "" "*"`)
		c.Say(append(wire, "<tag> OK done")...)
		for _, name := range sent {
			if name == "" {
				continue
			}
			c.Expect("<tag> EXAMINE " + name)
			c.Say("* 0 EXISTS", "* OK [UIDVALIDITY 1] x", "<tag> OK done")
		}
		c.Expect(`<tag> EXAMINE "&U,BTFw-"`) // never listed
		c.Say("<tag> NO [NONEXISTENT] no such folder")
		goodbye(c)
	})
	c := d.dial(t)
	folders, err := c.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	roles := map[string]mailstore.Role{}
	for _, f := range folders {
		names = append(names, f.Name)
		roles[f.Name] = f.Role
		if f.NoSelect != (f.Name == `quo"ted`) {
			t.Errorf("%+v", f)
		}
		if f.NoSelect {
			continue
		}
		if _, err := c.Select(t.Context(), f.Name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("the folders are\n%q, not\n%q", names, want)
	}
	for name, role := range map[string]mailstore.Role{"INBOX": mailstore.Inbox, "送信済み": mailstore.Sent, "Junk Email": mailstore.Junk, "INBOX/Trash": mailstore.Trash, "Work/Trash": mailstore.NoRole} {
		if roles[name] != role {
			t.Errorf("%s is for %q, not %q", name, roles[name], role)
		}
	}
	_, err = c.Select(t.Context(), "台北", nil)
	says(t, err, mailstore.ErrNotFound, "no such folder")
}

// A server with UTF8=ACCEPT is spoken to in UTF-8 (RFC 6855).
func TestUTF8(t *testing.T) {
	d := scripted(t, "ENABLE UTF8=ACCEPT", func(c *imapscript.Conn) {
		c.Expect("<tag> ENABLE UTF8=ACCEPT")
		c.Say("* ENABLED UTF8=ACCEPT", "<tag> OK done")
		c.Expect(`<tag> EXAMINE "R&D 研究"`)
		c.Say("* 0 EXISTS", "<tag> OK done")
		c.Expect(`<tag> LIST "" "*"`)
		c.Say(`* LIST () "/" "R&D 研究"`, "<tag> OK done")
		goodbye(c)
	})
	c := d.dial(t)
	if _, err := c.Select(t.Context(), "R&D 研究", nil); err != nil {
		t.Fatal(err)
	}
	folders, err := c.List(t.Context())
	if err != nil || len(folders) != 1 || folders[0].Name != "R&D 研究" {
		t.Errorf("%+v, %v", folders, err)
	}
}

// Folders of other people and shared ones are found where "*" leaves them out (RFC
// 2342), and are told apart.
func TestNamespaces(t *testing.T) {
	d := scripted(t, "NAMESPACE OBJECTID LIST-STATUS", func(c *imapscript.Conn) {
		c.Expect("<tag> NAMESPACE")
		c.Say(`* NAMESPACE (("" "/")) (("Other Users/" "/")) (("Public/" "/"))`, "<tag> OK done")
		c.Expect(`<tag> LIST "" "*" RETURN (STATUS (MESSAGES UIDNEXT UIDVALIDITY MAILBOXID))`)
		// The status of the second comes before its name was told, and one is of nobody.
		c.Say(`* LIST () "/" INBOX`, `* STATUS "Public/info" (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 4 MAILBOXID (F2))`, `* LIST () "/" Public/info`,
			`* STATUS Inbox (UNSEEN 1 X-SIZE (1 2) MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3 MAILBOXID (F1))`, `* STATUS nobody (MESSAGES 1)`, "<tag> OK done")
		c.Expect(`<tag> LIST "" "Other Users/*" <any>`)
		c.Say(`* LIST () "/" "Other Users/bob"`, "<tag> OK done")
		goodbye(c)
	})
	folders, err := d.dial(t).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range folders {
		got += fmt.Sprintf("%s %s %s %v;", f.Name, f.Namespace, f.RemoteID, f.Status)
	}
	if want := "INBOX  F1 &{3 2 1 0 1};Public/info shared F2 &{4 3 2 0 0};Other Users/bob other  <nil>;"; got != want {
		t.Errorf("the folders are %s, not %s", got, want)
	}
}

// QRESYNC with the SELECT (RFC 7162 section 3.2.5), by a server that has it, by one
// that only says so, and one whose UIDs are others now.
func TestResync(t *testing.T) {
	known := &imaplink.Known{UIDValidity: 7, ModSeq: 40, UIDs: imaplink.SetOf(1, 2, 3, 9)}
	for name, tc := range map[string]struct {
		script   imapscript.Script
		resynced bool
		vanished string
		changed  int
	}{
		"good": {func(c *imapscript.Conn) {
			c.Expect("<tag> ENABLE QRESYNC")
			c.Say("* ENABLED QRESYNC", "<tag> OK done")
			c.Expect(`<tag> EXAMINE "INBOX" (QRESYNC (7 40 1:3,9))`)
			c.Say("* OK [CLOSED] x", "* 3 EXISTS", "* 0 RECENT", "* FLAGS (\\Seen {1}\r\nx)", "* OK [PERMANENTFLAGS ()] none", "* OK [UIDVALIDITY 7] x", "* OK [UIDNEXT 12] x", "* OK [HIGHESTMODSEQ 50] x",
				"* VANISHED (EARLIER) 2", "* VANISHED (EARLIER) 3,20:4294967295", "* 1 FETCH (UID 9 FLAGS (\\Seen) MODSEQ (44))", "<tag> OK [READ-ONLY] done")
		}, true, "2:3,20:*", 1},
		"other UIDs": {func(c *imapscript.Conn) {
			c.Expect("<tag> ENABLE QRESYNC")
			c.Say("* ENABLED QRESYNC", "<tag> OK done")
			c.Expect(`<tag> EXAMINE "INBOX" (QRESYNC (7 40 1:3,9))`)
			c.Say("* 3 EXISTS", "* OK [UIDVALIDITY 8] x", "* OK [UIDNEXT 12] x", "* OK [HIGHESTMODSEQ 50] x", "<tag> OK done")
		}, false, "", 0},
		"no MODSEQ": {func(c *imapscript.Conn) {
			c.Expect("<tag> ENABLE QRESYNC")
			c.Say("* ENABLED QRESYNC", "<tag> OK done")
			c.Expect(`<tag> EXAMINE "INBOX" (QRESYNC (7 40 1:3,9))`)
			c.Say("* 3 EXISTS", "* OK [UIDVALIDITY 7] x", "* OK [NOMODSEQ] x", "* OK [MAILBOXID (F9)] x", "<tag> OK done")
		}, false, "", 0},
		"only announced": {func(c *imapscript.Conn) {
			c.Expect("<tag> ENABLE QRESYNC")
			enable := c.Expect // the refusal comes before the next command is read
			c.Say("<tag> BAD what?")
			enable(`<tag> EXAMINE "INBOX" (QRESYNC (7 40 1:3,9))`)
			c.Say("<tag> BAD not enabled")
			c.Expect(`<tag> EXAMINE "INBOX" (CONDSTORE)`)
			c.Say("* 3 EXISTS", "* OK [UIDVALIDITY 7] x", "* OK [HIGHESTMODSEQ 50] x", "<tag> OK done")
		}, false, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := scripted(t, "ENABLE QRESYNC CONDSTORE", func(c *imapscript.Conn) {
				tc.script(c)
				goodbye(c)
			})
			got, err := d.dial(t).Select(t.Context(), "INBOX", known)
			if err != nil {
				t.Fatal(err)
			}
			if got.Resynced != tc.resynced || got.Vanished.String() != tc.vanished || len(got.Changed) != tc.changed || got.Messages != 3 || (got.RemoteID == "F9") != (name == "no MODSEQ") {
				t.Errorf("%+v", got)
			}
		})
	}
}

// IDLE is renewed in time, tells what is new, and ends with DONE and a connection
// that is of use.
func TestIdle(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := scripted(t, "IDLE", func(c *imapscript.Conn) {
		open(c, 3)
		for _, last := range []bool{false, true} {
			c.Expect("<tag> IDLE")
			c.Say("+ idling", "* OK Still here")
			if last {
				c.Say("* 4 EXISTS", "* 2 EXPUNGE", "* 1 FETCH (FLAGS (\\Seen))", "* VANISHED 9")
			}
			c.Expect("DONE")
			c.Say("<tag> OK done")
		}
		c.Expect("<tag> NOOP")
		c.Say("<tag> OK done")
		goodbye(c)
	})
	d.options.Patience.Idle = 50 * time.Millisecond
	c := d.dial(t)
	if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
		t.Fatal(err)
	}
	news := 0
	err := c.Idle(ctx, func() {
		if news++; news == 4 {
			cancel()
		}
	})
	if err != nil || news != 4 {
		t.Fatalf("%d news, %v", news, err)
	}
	if err := c.Noop(t.Context()); err != nil {
		t.Error(err)
	}
}

// An IDLE that the server refuses, forgets, or ends by hanging up is an error.
func TestIdleFails(t *testing.T) {
	for name, tc := range map[string]struct {
		script imapscript.Script
		kind   error
	}{
		"refused": {func(c *imapscript.Conn) { c.Say("<tag> NO not here"); goodbye(c) }, mailstore.ErrServer},
		"silence": {func(c *imapscript.Conn) { c.Stall() }, mailstore.ErrUnreachable},
		"hung up": {func(c *imapscript.Conn) { c.Say("+ idling", "* BYE idle for too long"); c.Close() }, mailstore.ErrUnreachable},
		"no end": {func(c *imapscript.Conn) {
			c.Say("+ idling")
			c.Expect("DONE")
			c.Stall()
		}, mailstore.ErrUnreachable},
		"flood": {func(c *imapscript.Conn) {
			c.Say("+ idling")
			for range 20_000 {
				c.Raw(strings.Repeat("* 1 EXISTS\r\n", 1000))
			}
		}, mailstore.ErrServer},
	} {
		t.Run(name, func(t *testing.T) {
			d := scripted(t, "IDLE", func(c *imapscript.Conn) {
				c.Expect("<tag> IDLE")
				tc.script(c)
			})
			if name == "silence" || name == "no end" {
				impatient(&d.options)
				d.options.Patience.Idle = 300 * time.Millisecond
			}
			says(t, d.dial(t).Idle(t.Context(), func() {}), tc.kind, "imap.example.test")
		})
	}
	d := scripted(t, "", goodbye)
	says(t, d.dial(t).Idle(t.Context(), func() {}), mailstore.ErrUnsupported)
}

// What a server tells of a message's identity is asked for and taken where it is
// announced.
func TestIdentities(t *testing.T) {
	for caps, tc := range map[string]struct{ items, says, id, labels string }{
		"X-GM-EXT-1 CONDSTORE": {" MODSEQ X-GM-MSGID X-GM-LABELS", `MODSEQ (12) X-GM-MSGID 1278455344230334865 X-GM-LABELS ("\\Inbox" {4}` + "\r\nWork &kAFP4W4IMH8-)", "1278455344230334865", `["\\Inbox" "Work" "&kAFP4W4IMH8-"]`},
		"OBJECTID":             {" EMAILID", "EMAILID (M6d99ac3275bb4e) THREADID NIL", "M6d99ac3275bb4e", "[]"},
	} {
		t.Run(caps, func(t *testing.T) {
			d := scripted(t, caps, func(c *imapscript.Conn) {
				open(c, 1)
				c.Expect("<tag> UID FETCH 5 (UID FLAGS INTERNALDATE RFC822.SIZE" + tc.items + ")")
				c.Say("* 1 FETCH ("+tc.says+" UID 5 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 3)", "<tag> OK done")
				goodbye(c)
			})
			c := d.dial(t)
			if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
				t.Fatal(err)
			}
			n := 0
			err := c.Overviews(t.Context(), imaplink.SetOf(5), func(o imaplink.Overview) error {
				n++
				if o.RemoteID != tc.id || fmt.Sprintf("%q", o.Labels) != tc.labels {
					t.Errorf("%+v", o)
				}
				return nil
			})
			if err != nil || n != 1 {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
}
