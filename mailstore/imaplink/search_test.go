package imaplink_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/imapscript"
)

// Words that are no ASCII go to each server in the way that it understands.
func TestSearchInAnyWriting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caps  string
		heard func(*imapscript.Conn)
	}{
		"a server that asks for each text": {"", func(c *imapscript.Conn) {
			c.Expect("<tag> UID SEARCH CHARSET UTF-8 OR (SUBJECT {6}")
			c.Say("+ go on")
			c.Expect("会議) (FROM \"anna \\\"a\\\"\" TEXT {6}")
			c.Say("+ go on")
			c.Expect("資料)")
			c.Say("* SEARCH 9 2 3 (MODSEQ 12)", "<tag> OK done")
		}},
		"one that takes them at once": {"LITERAL+ ESEARCH", func(c *imapscript.Conn) {
			c.Expect("<tag> UID SEARCH RETURN (ALL) CHARSET UTF-8 OR (SUBJECT {6+}")
			c.Expect("会議) (FROM \"anna \\\"a\\\"\" TEXT {6+}")
			c.Expect("資料)")
			c.Say("* ESEARCH (TAG \"x\") UID COUNT 3 ALL 2:3,9 MODSEQ 5", "<tag> OK done")
		}},
		"one that reads UTF-8": {"ENABLE UTF8=ACCEPT", func(c *imapscript.Conn) {
			c.Expect("<tag> UID SEARCH OR (SUBJECT \"会議\") (FROM \"anna \\\"a\\\"\" TEXT \"資料\")")
			c.Say("* SEARCH 3", "* SEARCH 2 9", "<tag> OK done")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := scripted(t, c.caps, func(s *imapscript.Conn) {
				if strings.Contains(c.caps, "ENABLE") {
					s.Expect("<tag> ENABLE UTF8=ACCEPT")
					s.Say("* ENABLED UTF8=ACCEPT", "<tag> OK done")
				}
				open(s, 10)
				c.heard(s)
				goodbye(s)
			})
			conn := d.dial(t)
			if _, err := conn.Select(t.Context(), "INBOX", nil); err != nil {
				t.Fatal(err)
			}
			got, err := conn.Search(t.Context(), "OR (SUBJECT ?) (FROM ? TEXT ?)", "会議", `anna "a"`, "資料")
			if err != nil || !slices.Equal(got, []mailstore.UID{2, 3, 9}) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// A server that does not know the charset, or stops before a text, says so, and the
// connection is of use afterwards.
func TestSearchRefused(t *testing.T) {
	t.Parallel()
	d := scripted(t, "", func(c *imapscript.Conn) {
		open(c, 10)
		c.Expect("<tag> UID SEARCH CHARSET UTF-8 TEXT {6}")
		c.Say("<tag> NO [BADCHARSET (US-ASCII)] what is that")
		c.Expect("<tag> UID SEARCH CHARSET UTF-8 TEXT {6}")
		c.Say("+ go on")
		c.Expect("会議")
		c.Say("<tag> BAD what is that")
		c.Expect("<tag> UID SEARCH SUBJECT \"plan\"")
		c.Say("* SEARCH", "<tag> OK done")
		goodbye(c)
	})
	conn := d.dial(t)
	if _, err := conn.Select(t.Context(), "INBOX", nil); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := conn.Search(t.Context(), "TEXT ?", "会議"); !errors.Is(err, mailstore.ErrUnsupported) {
			t.Error(err)
		}
	}
	if got, err := conn.Search(t.Context(), "SUBJECT ?", "plan"); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

// A server that finds more messages than there are is not believed.
func TestSearchThatFindsTooMuch(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"* ESEARCH (TAG \"x\") UID ALL 1:4294967295", "* SEARCH 0", "* SEARCH x", "* ESEARCH UID ALL 3:0"} {
		d := scripted(t, "ESEARCH", func(c *imapscript.Conn) {
			open(c, 10)
			c.Expect("<tag> UID SEARCH RETURN (ALL) ALL")
			c.Say(said, "<tag> OK done")
		})
		conn := d.dial(t)
		if _, err := conn.Select(t.Context(), "INBOX", nil); err != nil {
			t.Fatal(err)
		}
		if got, err := conn.Search(t.Context(), "ALL"); !errors.Is(err, mailstore.ErrServer) {
			t.Errorf("%s: %d found, %v", said, len(got), err)
		}
	}
}

// What a list shows comes in any order, and a header without end is cut.
func TestHeads(t *testing.T) {
	t.Parallel()
	long := "To: " + strings.Repeat("x", 70<<10)
	d := scripted(t, "", func(c *imapscript.Conn) {
		open(c, 10)
		c.Expect("<tag> UID FETCH 2,5 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID CONTENT-TYPE)])")
		c.Say("* 2 FETCH (BODY[HEADER.FIELDS (FROM TO CC SUBJECT DATE MESSAGE-ID CONTENT-TYPE)] {12}", "From: a@b", "x UID 5 RFC822.SIZE 7 INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" FLAGS (\\Seen))")
		c.Say("* 2 FETCH (UID 3 FLAGS ())")
		c.Raw("* 1 FETCH (UID 2 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 99 BODY[HEADER.FIELDS (TO)] {71684}\r\n" + long + ")\r\n")
		c.Say("<tag> OK done")
		goodbye(c)
	})
	conn := d.dial(t)
	if _, err := conn.Select(t.Context(), "INBOX", nil); err != nil {
		t.Fatal(err)
	}
	var got []imaplink.Head
	if err := conn.Heads(t.Context(), imaplink.SetOf(2, 5), func(h imaplink.Head) error {
		got = append(got, h)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].UID != 5 || string(got[0].Header) != "From: a@b\r\nx" || got[1].UID != 2 || len(got[1].Header) != 64<<10 || got[1].Size != 99 {
		t.Errorf("%d heads: %.200v", len(got), got)
	}
}
