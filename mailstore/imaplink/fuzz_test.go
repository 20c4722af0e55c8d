package imaplink

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/mailstore"
)

// answers is a server's end of a line: each piece of what it says is released by
// something that the client sends, and after the last it hangs up.
type answers struct {
	mu     sync.Mutex
	pieces [][]byte
	open   bytes.Buffer
	said   *sync.Cond
	closed bool
	until  time.Time
}

func newAnswers(pieces [][]byte) *answers {
	a := &answers{pieces: pieces}
	a.said = sync.NewCond(&a.mu)
	return a
}

func (a *answers) Read(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for a.open.Len() == 0 && !a.closed {
		if !a.until.IsZero() && !time.Now().Before(a.until) {
			return 0, os.ErrDeadlineExceeded
		}
		a.said.Wait()
	}
	if a.open.Len() > 0 {
		return a.open.Read(p)
	}
	return 0, io.EOF
}

func (a *answers) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.pieces) == 0 {
		a.closed = true
	} else {
		a.open.Write(a.pieces[0])
		a.pieces = a.pieces[1:]
	}
	a.said.Broadcast()
	return len(p), nil
}

func (a *answers) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.open.Reset()
	a.said.Broadcast()
	return nil
}

func (a *answers) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (a *answers) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (a *answers) SetDeadline(time.Time) error      { return nil }
func (a *answers) SetWriteDeadline(time.Time) error { return nil }

func (a *answers) SetReadDeadline(until time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.until = until
	if !until.IsZero() {
		time.AfterFunc(time.Until(until), a.said.Broadcast)
	}
	return nil
}

// talkingTo is a connection that is signed in to whatever says these pieces.
func talkingTo(t testing.TB, patience time.Duration, caps string, pieces ...[]byte) *Conn {
	t.Helper()
	o := Options{Server: Endpoint{Host: "imap.example.test"}, CompressBelow: 1, Patience: Patience{Connect: patience}}.defaults()
	p := &pace{Conn: newAnswers(pieces), answer: patience, stall: patience}
	c := &Conn{host: o.Server.Host, options: o, now: time.Now, log: slog.New(slog.DiscardHandler), link: newLink(p, p), names: map[string]string{}}
	g := &greeter{conn: c, link: c.link, caps: capabilities(caps)}
	if err := g.handOver(); err != nil {
		t.Fatal(err)
	}
	c.caps = makeCaps(g.caps, o)
	c.library = imapclient.New(c.link, nil)
	if err := c.library.WaitGreeting(); err != nil {
		t.Fatal(err)
	}
	return c
}

const everything = "IMAP4REV1 ENABLE ID CONDSTORE QRESYNC ESEARCH LIST-STATUS SPECIAL-USE OBJECTID NAMESPACE IDLE LITERAL+ UTF8=ACCEPT"

// conversation is what a sane server says to what FuzzConversation asks, a piece for
// each thing that is sent.
var conversation = []string{
	"* ENABLED QRESYNC\r\nL1 OK enabled\r\n* ID (\"name\" \"Dovecot\")\r\nL2 OK\r\n* NAMESPACE ((\"\" \".\")) NIL ((\"Shared.\" \".\"))\r\nT1 OK\r\n" +
		"* LIST (\\Sent) \".\" \"&kAFP4W4IMH8-\"\r\n* STATUS \"&kAFP4W4IMH8-\" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7 HIGHESTMODSEQ 5 MAILBOXID (F1))\r\n" +
		"* LIST () NIL {3}\r\nR&D (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\nL3 OK done\r\n",
	"* LIST (\\NoSelect) \".\" Shared.x\r\nL4 OK\r\n",
	"* 3 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 9] x\r\n* OK [HIGHESTMODSEQ 5] x\r\n* VANISHED (EARLIER) 1:2,5\r\n" +
		"* 1 FETCH (UID 3 FLAGS (\\Seen \"odd flag\") MODSEQ (4))\r\nT2 OK [READ-ONLY] done\r\n",
	"* ESEARCH (TAG \"T3\") UID ALL 3,7:8\r\nT3 OK\r\n",
	"* 1 FETCH (UID 3 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 5 MODSEQ (4) EMAILID (E1) X-NEW (a (b {1}\r\nx) \"c\"))\r\nL5 OK\r\n",
	"* 1 FETCH (FLAGS () BODY[] {5}\r\nHello INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 5 UID 3)\r\n* 2 FETCH (UID 7 BODY[] NIL FLAGS ())\r\nL6 OK\r\n",
	"* 1 FETCH (UID 7 FLAGS ())\r\nL7 OK\r\n",
	"* 1 FETCH (UID 7 FLAGS () INTERNALDATE \" 9-Nov-2026 03:00:00 +0900\" RFC822.SIZE 9 BODY[] \"short\")\r\nL8 OK\r\n",
	"* 1 FETCH (UID 7 BODY[]<5> \"\")\r\nL9 OK\r\n",
	"* 1 FETCH (UID 8 FLAGS () INTERNALDATE \"09-Nov-2026 03:00:00 +0900\" RFC822.SIZE 9000000 BODY[]<0> {4}\r\nover)\r\nL10 OK\r\n",
	"* 1 FETCH (UID 8 BODY[]<4194304> \"\")\r\nL11 OK\r\n", "L12 OK\r\n", "* 1 FETCH (UID 8 FLAGS ())\r\nL13 OK\r\n",
	"* VANISHED 3\r\n* 1 FETCH (UID 8 MODSEQ (9) FLAGS (\\Recent))\r\nL14 OK\r\n",
	"* ESEARCH (TAG \"L15\") UID COUNT 2 ALL 3,8 MODSEQ 9\r\n* SEARCH 3 7 8 (MODSEQ 9)\r\nL15 OK\r\n",
	"* 1 FETCH (UID 8 FLAGS () INTERNALDATE \"09-Nov-2026 03:00:00 +0900\" RFC822.SIZE 9 BODY[HEADER.FIELDS (FROM TO)] {9}\r\nFrom: a\r\n)\r\n" +
		"* 2 FETCH (BODY[HEADER.FIELDS (FROM)] \"Subject: x\" RFC822.SIZE 9 INTERNALDATE \"09-Nov-2026 03:00:00 +0900\" FLAGS () UID 3)\r\nL16 OK\r\n",
	"+ idling\r\n* 4 EXISTS\r\n* BYE [UNAVAILABLE] Suggested Backoff Time: 300 milliseconds\r\nT4 OK\r\n",
}

// Whatever a server says: no panic, no hanging, an error of a kind that is known, and
// no message that it did not send.
func FuzzConversation(f *testing.F) {
	f.Add([]byte(strings.Join(conversation, "\x00")))
	for i := range conversation {
		broken := append([]string{}, conversation...)
		broken[i] = strings.ReplaceAll(broken[i], "{", "{9999")
		f.Add([]byte(strings.Join(broken, "\x00")))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		c := talkingTo(t, 5*time.Millisecond, everything, bytes.Split(said, []byte{0})...)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		check := func(err error) {
			var ours *mailstore.Error
			if err != nil && !errors.As(err, &ours) {
				t.Errorf("%v is no error with a sentence", err)
			}
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Error("it hung")
			}
		}
		_, err := c.List(ctx)
		check(err)
		_, err = c.Select(ctx, "INBOX", &Known{UIDValidity: 7, ModSeq: 3})
		check(err)
		_, err = c.UIDs(ctx, time.Unix(1e9, 0))
		check(err)
		check(c.Overviews(ctx, SetOf(3, 7, 8), func(Overview) error { return nil }))
		check(c.Bodies(ctx, []Want{{3, 5}, {7, 9}, {8, 9_000_000}}, func(o Overview, r io.Reader) error {
			b, err := io.ReadAll(r)
			if err == nil && len(b) > 0 && !bytes.Contains(said, b[:min(len(b), 20)]) {
				t.Errorf("message %d was never said: %q", o.UID, b)
			}
			return err
		}))
		_, _, err = c.ChangedSince(ctx, 3, c.Caps().QResync)
		check(err)
		_, err = c.Search(ctx, "OR FROM ? TEXT ?", "anna", "会議")
		check(err)
		check(c.Heads(ctx, SetOf(3, 8), func(h Head) error {
			if len(h.Header) > 0 && !bytes.Contains(said, h.Header[:min(len(h.Header), 20)]) {
				t.Errorf("the header of %d was never said: %q", h.UID, h.Header)
			}
			return nil
		}))
		waiting, stop := context.WithTimeout(ctx, 20*time.Millisecond)
		defer stop()
		check(c.Idle(waiting, stop))
		_ = c.Close()
	})
}

// The reader of responses by itself: it ends, keeps what is bounded, and reads what
// it wrote.
func FuzzResponses(f *testing.F) {
	for _, piece := range conversation {
		f.Add([]byte(piece))
	}
	for _, piece := range []string{
		"* SEARCH 1 2 3 7 (MODSEQ 12)\r\n", "* ESEARCH (TAG \"A1\") UID ALL 4:1,9 COUNT 3\r\n", "* SEARCH 0 99999999999\r\n",
		"* 3 FETCH (UID 7 FLAGS (\\Seen) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 12 BODY[HEADER.FIELDS (FROM TO)] {5}\r\nx: y\n)\r\n",
	} {
		f.Add([]byte(piece))
		f.Add([]byte(piece + " "))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		c := talkingTo(t, time.Hour, everything)
		defer c.drop()
		w := &wire{pace: &pace{}}
		w.br = bufio.NewReader(bytes.NewReader(said))
		g, changed := c.lister(), &changes{conn: c}
		found := func(r *response) (bool, error) {
			if r.kind != "SEARCH" && r.kind != "ESEARCH" {
				return false, nil
			}
			set, err := r.found()
			if err == nil && set.Len() < 0 {
				t.Errorf("%v", set)
			}
			return true, err
		}
		head := func(r *response) (bool, error) {
			if r.kind != "FETCH" {
				return false, nil
			}
			_, _, err := c.head(r)
			return true, err
		}
		for range len(said) + 1 {
			r, err := w.read()
			if err != nil {
				return
			}
			takers := []sink{g.take, changed.take, c.fact, found}
			if len(said)%2 == 1 { // a list is being read
				takers = []sink{g.take, head, c.fact, found}
			}
			for _, take := range takers {
				taken, err := take(r)
				if err != nil {
					return
				}
				if taken {
					break
				}
			}
			if err := r.finish(); err != nil {
				return
			}
		}
		t.Error("more responses than octets")
	})
}
