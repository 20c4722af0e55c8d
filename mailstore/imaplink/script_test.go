package imaplink_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/imapscript"
)

// pass is a word that must be in no error.
const pass = "open sesame"

// desk is a scripted server and what a client needs for it.
type desk struct {
	options imaplink.Options
	server  *imapscript.Server
}

// scripted starts a server that signs anna in, announces caps, and then does what the
// script says.
func scripted(t *testing.T, caps string, script imapscript.Script) *desk {
	t.Helper()
	return listening(t, imaplink.Implicit, func(c *imapscript.Conn) {
		signIn(c, caps)
		script(c)
	})
}

func signIn(c *imapscript.Conn, caps string) {
	c.Say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready")
	c.Expect("<tag> AUTHENTICATE PLAIN <word>")
	c.Say("<tag> OK [CAPABILITY IMAP4rev1 " + caps + "] signed in")
}

// listening starts a server that does what the script says from its greeting on.
func listening(t *testing.T, security imaplink.Security, script imapscript.Script) *desk {
	t.Helper()
	authority := servers.NewAuthority(t)
	issued := authority.Issue(t, "imap.example.test")
	pair, err := tls.LoadX509KeyPair(issued.File, issued.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	server := imapscript.Start(t, imapscript.Options{
		TLS: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, Implicit: security == imaplink.Implicit,
	}, script)
	return &desk{server: server, options: imaplink.Options{
		Server: imaplink.Endpoint{Host: "imap.example.test", TLS: security}, Dialer: server,
		TLS: &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12}, SignIn: password(anna, pass),
	}}
}

func (d *desk) dial(t *testing.T) *imaplink.Conn {
	t.Helper()
	c, err := imaplink.Dial(t.Context(), d.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// goodbye answers LOGOUT.
func goodbye(c *imapscript.Conn) {
	c.Expect("<tag> LOGOUT")
	c.Say("* BYE see you", "<tag> OK done")
}

// open answers EXAMINE of a folder with so many messages.
func open(c *imapscript.Conn, messages int) {
	c.Expect("<tag> EXAMINE <any>")
	c.Say(fmt.Sprintf("* %d EXISTS", messages), "* OK [UIDVALIDITY 7] x", "* OK [UIDNEXT 100] x", "<tag> OK [READ-ONLY] done")
}

// message is a FETCH response with the text as the body of the UID.
func message(uid int, text string) string {
	return fmt.Sprintf("* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE %d BODY[] {%d}\r\n%s)", uid, uid, len(text), len(text), text)
}

// inbox collects what Bodies gives.
type inbox struct {
	mu  sync.Mutex
	got map[mailstore.UID]string
	of  map[mailstore.UID]imaplink.Overview
}

func (b *inbox) take(o imaplink.Overview, r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.got == nil {
		b.got, b.of = map[mailstore.UID]string{}, map[mailstore.UID]imaplink.Overview{}
	}
	if _, twice := b.got[o.UID]; twice {
		return errors.New("a message came twice")
	}
	b.got[o.UID], b.of[o.UID] = string(text), o
	return nil
}

func wants(uids ...mailstore.UID) (out []imaplink.Want) {
	for _, uid := range uids {
		out = append(out, imaplink.Want{UID: uid})
	}
	return out
}

// fetch selects the inbox and fetches the messages.
func (d *desk) fetch(t *testing.T, list ...imaplink.Want) (*imaplink.Conn, *inbox, error) {
	t.Helper()
	c := d.dial(t)
	if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
		t.Fatal(err)
	}
	b := &inbox{}
	return c, b, c.Bodies(t.Context(), list, b.take)
}

func (b *inbox) mustBe(t *testing.T, want map[mailstore.UID]string) {
	t.Helper()
	if !maps.Equal(b.got, want) {
		t.Errorf("the messages are %v, not %v", b.got, want)
	}
}

// says holds an error against its kind and the words of its sentence.
func says(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("the error is %v, not of kind %v", err, kind)
	}
	sentence := mailstore.SentenceOf(err).String()
	for _, w := range words {
		if !strings.Contains(sentence, w) {
			t.Errorf("the sentence %q lacks %q", sentence, w)
		}
	}
	if strings.Contains(err.Error(), pass) {
		t.Errorf("the error shows the password: %v", err)
	}
}

// Items that no library knows, in an order that none expects: every message comes,
// none is dropped, and what was between them changes nothing.
func TestFetchItemsInAnyOrder(t *testing.T) {
	d := scripted(t, "X-NEW", func(c *imapscript.Conn) {
		open(c, 4)
		c.Expect("<tag> UID FETCH 1:4 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
		c.Say(
			"* 1 FETCH (BODY[] {3}\r\none RFC822.SIZE 3 X-NEW (a (b \"c)\" {2}\r\n)) d)) INTERNALDATE \" 9-Nov-2026 03:00:00 +0900\" FLAGS (\\seen $label) UID 1)",
			"* VANISHED (EARLIER) 50:60",
			"* 9 FETCH (FLAGS (\\Deleted))",
			"* NEWTHING {4}\r\n* 1 something",
			"* OK [SOMETHING new] of no importance {5}",
			"* 2 FETCH (UID 2 FLAGS (\\Recent) INTERNALDATE \"09-Nov-2026 03:00:00 +0900\" RFC822.SIZE 3 BODY[] \"two\" UNKNOWN NIL)",
			"* 2 FETCH (FLAGS (\\Seen) UID 2)",
			"* 3 FETCH (FLAGS (\"odd flag\") BODY[] ~{5}\r\nthree UID 3 RFC822.SIZE 5 INTERNALDATE \"09-Nov-2026 03:00:00 +0900\")",
			"* 5 EXPUNGE",
			"* 4 fetch (uid 4 flags () internaldate \"09-Nov-2026 03:00:00 +0900\" rfc822.size 4 body[] {4+}\r\nfour)",
			message(4, "four"),
			"<tag> OK done",
		)
		goodbye(c)
	})
	c, b, err := d.fetch(t, wants(1, 2, 3, 4)...)
	if err != nil {
		t.Fatal(err)
	}
	b.mustBe(t, map[mailstore.UID]string{1: "one", 2: "two", 3: "three", 4: "four"})
	if want := mailstore.MakeFlags(mailstore.Seen, "$label"); !b.of[1].Flags.Equal(want) || !b.of[3].Flags.Equal(mailstore.Flags{"odd flag"}) || len(b.of[2].Flags) != 0 {
		t.Errorf("the flags are %q, %q, %q", b.of[1].Flags, b.of[2].Flags, b.of[3].Flags)
	}
	if want := time.Date(2026, 11, 8, 18, 0, 0, 0, time.UTC); !b.of[1].Received.Equal(want) {
		t.Errorf("received %v, not %v", b.of[1].Received, want)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// Microsoft 365 can say OK and give no body: it is asked once more, each message by
// itself, and what does not come then is named. Nothing is taken for it.
func TestAnOKWithoutBody(t *testing.T) {
	d := scripted(t, "", func(c *imapscript.Conn) {
		open(c, 4)
		c.Expect("<tag> UID FETCH 1:5 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
		c.Say(message(1, "one"), "* 2 FETCH (UID 2 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 3)",
			"* 3 FETCH (UID 3 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 3 BODY[] NIL)",
			"* 4 FETCH (UID 4 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 4 BODY[] {0}\r\n)", "<tag> OK done")
		c.Expect("<tag> UID FETCH 2:5 (UID FLAGS)")
		c.Say("* 2 FETCH (UID 2 FLAGS ())", "* 3 FETCH (UID 3 FLAGS ())", "* 4 FETCH (UID 4 FLAGS ())", "<tag> OK done") // 5 is gone
		c.Expect("<tag> UID FETCH 2 <any>")
		c.Say(message(2, "two"), "<tag> OK done")
		c.Expect("<tag> UID FETCH 3 <any>")
		c.Say("<tag> OK done")
		c.Expect("<tag> UID FETCH 4 <any>")
		c.Say("<tag> NO [SERVERBUG] it cannot be read")
		c.Expect("<tag> UID FETCH 3:4 (UID FLAGS)")
		c.Say("* 3 FETCH (UID 3 FLAGS ())", "* 4 FETCH (UID 4 FLAGS ())", "<tag> OK done")
		goodbye(c)
	})
	_, b, err := d.fetch(t, wants(1, 2, 3, 4, 5)...)
	says(t, err, mailstore.ErrServer, "imap.example.test", "3:4", "it cannot be read")
	var withheld *imaplink.Withheld
	if !errors.As(err, &withheld) || !slices.Equal(withheld.UIDs, []mailstore.UID{3, 4}) {
		t.Errorf("withheld are %+v", withheld)
	}
	b.mustBe(t, map[mailstore.UID]string{1: "one", 2: "two"})
}

// exchangeStub is what Exchange gives in place of a message that it cannot convert,
// as users quote it.
const exchangeStub = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=\"us-ascii\"\r\nFrom: Microsoft Exchange Server 2010\r\n" +
	"To: Anna <anna@example.test>\r\nSubject: Retrieval using the IMAP4 protocol failed for the following\r\n message: 20004\r\n" +
	"Content-Transfer-Encoding: quoted-printable\r\n\r\nThe server couldn't retrieve the following message:\r\n"

// A stub is never a message; a message that quotes one is.
func TestStubs(t *testing.T) {
	quoting := "Received: from mx.example.test\r\nSubject: Re: Retrieval using the IMAP4 protocol failed\r\n\r\nWhat does this mean?\r\n"
	asked := "Subject: Retrieval using the IMAP4 protocol failed for the following message: 3\r\nMessage-ID: <a@b>\r\n\r\nHelp.\r\n"
	for name, tc := range map[string]struct {
		text string
		size int
		stub bool
	}{
		"of the size of the message":          {exchangeStub, 80_000, true},
		"of its own size":                     {exchangeStub, len(exchangeStub), true},
		"a few octets off":                    {exchangeStub, len(exchangeStub) + 3, true},
		"with what a mail server adds, short": {"Received: x\r\n" + exchangeStub, 80_000, true},
		"an answer to one":                    {quoting, len(quoting), false},
		"a question about one":                {asked, len(asked), false},
	} {
		t.Run(name, func(t *testing.T) {
			d := scripted(t, "", func(c *imapscript.Conn) {
				open(c, 1)
				say := func() {
					c.Expect("<tag> UID FETCH 9 <any>BODY.PEEK[])")
					c.Say(strings.Replace(message(9, tc.text), fmt.Sprintf("SIZE %d", len(tc.text)), fmt.Sprintf("SIZE %d", tc.size), 1), "<tag> OK done")
				}
				say()
				if tc.stub {
					c.Expect("<tag> UID FETCH 9 (UID FLAGS)")
					c.Say("* 1 FETCH (UID 9 FLAGS ())", "<tag> OK done")
					say()
					c.Expect("<tag> UID FETCH 9 (UID FLAGS)")
					c.Say("* 1 FETCH (UID 9 FLAGS ())", "<tag> OK done")
				}
				goodbye(c)
			})
			_, b, err := d.fetch(t, imaplink.Want{UID: 9, Size: int64(tc.size)})
			if tc.stub {
				says(t, err, mailstore.ErrServer, "UID 9")
				b.mustBe(t, nil)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			b.mustBe(t, map[mailstore.UID]string{9: tc.text})
		})
	}
}

// A server that only guesses sizes is believed once nothing lies behind the end; one
// that loses the end is not.
func TestShorterThanTold(t *testing.T) {
	for name, behind := range map[string]string{"guessed": "BODY[]<3> {0}\r\n", "guessed, NIL": "BODY[]<3> NIL", "lost": "BODY[]<3> {4}\r\n-two"} {
		t.Run(name, func(t *testing.T) {
			d := scripted(t, "", func(c *imapscript.Conn) {
				open(c, 1)
				for {
					c.Expect("<tag> UID FETCH 1 <any>BODY.PEEK[])")
					c.Say("* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 7 BODY[] {3}\r\none)", "<tag> OK done")
					c.Expect("<tag> UID FETCH 1 (UID BODY.PEEK[]<3.512>)")
					c.Say("* 1 FETCH (UID 1 "+behind+")", "<tag> OK done")
					if name != "lost" {
						break
					}
					c.Expect("<tag> UID FETCH 1 (UID FLAGS)")
					c.Say("* 1 FETCH (UID 1 FLAGS ())", "<tag> OK done")
					if again := c.Expect("<tag> UID FETCH 1 <any>"); strings.Contains(again[0], "BODY") {
						c.Say("* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 7 BODY[] {3}\r\none)", "<tag> OK done")
						c.Expect("<tag> UID FETCH 1 (UID BODY.PEEK[]<3.512>)")
						c.Say("* 1 FETCH (UID 1 "+behind+")", "<tag> OK done")
						c.Expect("<tag> UID FETCH 1 (UID FLAGS)")
						c.Say("* 1 FETCH (UID 1 FLAGS ())", "<tag> OK done")
						break
					}
				}
				goodbye(c)
			})
			_, b, err := d.fetch(t, imaplink.Want{UID: 1, Size: 7})
			if name == "lost" {
				says(t, err, mailstore.ErrServer, "UID 1")
				b.mustBe(t, nil)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			b.mustBe(t, map[mailstore.UID]string{1: "one"})
		})
	}
}

// EXISTS runs ahead of FETCH: what is not there yet is passed over, and nothing fails.
func TestExistsAheadOfFetch(t *testing.T) {
	d := scripted(t, "", func(c *imapscript.Conn) {
		open(c, 1)
		c.Expect("<tag> UID SEARCH SINCE \"18-Nov-2026\"")
		c.Say("* 3 EXISTS", "* SEARCH 7 ", "<tag> OK done")
		c.Expect("<tag> UID FETCH 8:* (UID FLAGS INTERNALDATE RFC822.SIZE)")
		// "*" is the last message, whatever the number before: RFC 9051, seq-range.
		c.Say("* 1 FETCH (UID 7 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 3)", "<tag> OK done")
		goodbye(c)
	})
	c := d.dial(t)
	if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
		t.Fatal(err)
	}
	uids, err := c.UIDs(t.Context(), time.Date(2026, 11, 19, 12, 0, 0, 0, time.UTC))
	if err != nil || !slices.Equal(uids, []mailstore.UID{7}) {
		t.Fatalf("%v, %v", uids, err)
	}
	err = c.Overviews(t.Context(), imaplink.SetFrom(8), func(o imaplink.Overview) error {
		t.Errorf("%+v was not asked for", o)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
