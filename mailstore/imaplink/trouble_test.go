package imaplink_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/imapscript"
)

// impatient is patience for tests: what comes at once comes in time on any machine,
// and what never comes is given up soon.
func impatient(o *imaplink.Options) {
	o.Patience = imaplink.Patience{Connect: 20 * time.Second, Answer: 700 * time.Millisecond, Stall: 400 * time.Millisecond}
}

const beginning = "* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 100000 BODY[] {100000}\r\n"

// Whatever a server does in the middle of an answer: the call ends with the right
// kind of error and a sentence, nothing is taken for a message, and little memory
// was used.
func TestTroubleInAnAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		answer func(c *imapscript.Conn)
		kind   error
		words  string
	}{
		"silence": {func(c *imapscript.Conn) { c.Stall() }, mailstore.ErrUnreachable, "too slow"},
		"a stall inside a literal": {func(c *imapscript.Conn) {
			c.Raw(beginning + strings.Repeat("x", 50_000))
			c.Stall()
		}, mailstore.ErrUnreachable, "too slow"},
		"a trickle inside a literal": {func(c *imapscript.Conn) {
			c.Raw(beginning)
			c.Trickle(strings.Repeat("x", 100_000), 20*time.Millisecond)
		}, mailstore.ErrUnreachable, "too slow"},
		"a trickle of lines": {func(c *imapscript.Conn) {
			c.Trickle(strings.Repeat("* OK\r\n", 10_000), 10*time.Millisecond)
		}, mailstore.ErrUnreachable, "too slow"},
		"a reset": {func(c *imapscript.Conn) {
			c.Raw(beginning)
			c.Reset()
		}, mailstore.ErrUnreachable, "broke"},
		"an end inside a literal": {func(c *imapscript.Conn) {
			c.Raw(beginning + "x")
			c.Close()
		}, mailstore.ErrUnreachable, "broke"},
		"a literal longer than it is": {func(c *imapscript.Conn) {
			c.Say(strings.Replace(message(1, "text"), "{4}", "{5}", 1), "<tag> OK done")
			c.Stall()
		}, mailstore.ErrServer, "no IMAP"},
		"a literal shorter than it is": {func(c *imapscript.Conn) {
			c.Say(strings.Replace(message(1, "text"), "{4}", "{2}", 1), "<tag> OK done")
			c.ExpectClose()
		}, mailstore.ErrServer, "no IMAP"},
		"a literal of 9 EB": {func(c *imapscript.Conn) {
			c.Raw(strings.Replace(beginning, "{100000}", "{9000000000000000000}", 1))
			c.ExpectClose()
		}, mailstore.ErrServer, "no IMAP"},
		"a literal of 4 GB that never comes": {func(c *imapscript.Conn) {
			c.Raw(strings.Replace(beginning, "{100000}", "{4000000000}", 1))
			c.Stall()
		}, mailstore.ErrUnreachable, "too slow"},
		"a literal of no size": {func(c *imapscript.Conn) {
			c.Raw(strings.Replace(beginning, "{100000}", "{-5}", 1))
			c.ExpectClose()
		}, mailstore.ErrServer, "no IMAP"},
		"a long literal where a word belongs": {func(c *imapscript.Conn) {
			c.Raw("* 1 FETCH (UID 1 FLAGS ({900000}\r\n")
			c.ExpectClose()
		}, mailstore.ErrServer, "no IMAP"},
		"a line without end":             {flood("* 1 FETCH (UID 1 FLAGS (", "x"), mailstore.ErrServer, "no IMAP"},
		"lists without end":              {flood("* 1 FETCH (UID 1 X-NEW ", "("), mailstore.ErrServer, "no IMAP"},
		"news without end":               {flood("", "* 1 FETCH (FLAGS (\\Seen))\r\n"), mailstore.ErrServer, "no IMAP"},
		"EXISTS without end":             {flood("", "* 1 EXISTS\r\n"), mailstore.ErrServer, "no IMAP"},
		"SEARCH without end":             {flood("", "* SEARCH "+strings.Repeat("4000000000 ", 500)+"\r\n"), mailstore.ErrServer, "no IMAP"},
		"words without end":              {flood("", "* OK good morning\r\n"), mailstore.ErrServer, "no IMAP"},
		"the same message without end":   {flood("", message(1, strings.Repeat("x", 1000))+"\r\n"), mailstore.ErrServer, "no IMAP"},
		"literals that nobody asked for": {flood("", "* THREAD {1000}\r\n"+strings.Repeat("x", 1000)+"\r\n"), mailstore.ErrServer, "no IMAP"},
		"an answer to another command":   {func(c *imapscript.Conn) { c.Say("X9 OK done"); c.ExpectClose() }, mailstore.ErrServer, "no IMAP"},
		"an answer that is none":         {func(c *imapscript.Conn) { c.Say("<tag> MAYBE"); c.ExpectClose() }, mailstore.ErrServer, "no IMAP"},
		"an invitation":                  {func(c *imapscript.Conn) { c.Say("+ go on"); c.ExpectClose() }, mailstore.ErrServer, "no IMAP"},
		"octets that are no text":        {func(c *imapscript.Conn) { c.Raw("\x00\xff\x00\r\n\r\n"); c.ExpectClose() }, mailstore.ErrServer, "no IMAP"},
		"a UID that is none":             {func(c *imapscript.Conn) { c.Say("* 1 FETCH (UID 0 FLAGS ())"); c.ExpectClose() }, mailstore.ErrServer, "no IMAP"},
		"BAD":                            {func(c *imapscript.Conn) { c.Say("<tag> BAD what?"); c.ExpectClose() }, mailstore.ErrServer, "what?"},
	} {
		t.Run(name, func(t *testing.T) {
			d := scripted(t, "", func(c *imapscript.Conn) {
				open(c, 1)
				c.Expect("<tag> UID FETCH 1 <any>BODY.PEEK[])")
				tc.answer(c)
			})
			if tc.words == "too slow" { // what is answered is waited for, however slow the machine is
				impatient(&d.options)
			}
			before := allocated()
			_, b, err := d.fetch(t, imaplink.Want{UID: 1, Size: 100_000})
			says(t, err, tc.kind, "imap.example.test", tc.words)
			for uid, text := range b.got {
				if text != strings.Repeat("x", 1000) {
					t.Errorf("%d became %d octets", uid, len(text))
				}
			}
			if grown := int64(allocated()) - int64(before); grown > 128<<20 {
				t.Errorf("%d MB are in use", grown>>20)
			}
		})
	}
}

// allocated is what is in use now, garbage left out.
func allocated() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// flood says something again and again until the client has had enough.
func flood(first, again string) func(c *imapscript.Conn) {
	return func(c *imapscript.Conn) {
		piece := strings.Repeat(again, max(1, 64_000/len(again)))
		c.Raw(first)
		for sent := 0; sent < 200<<20; sent += len(piece) {
			c.Raw(piece)
		}
	}
}

// The same again and again is no answer either, to whatever was asked.
func TestFloodsOfAnswers(t *testing.T) {
	const overview = "* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\" RFC822.SIZE 9)\r\n"
	for name, tc := range map[string]struct {
		again string
		ask   func(c *imaplink.Conn) error
	}{
		"of folders": {"* LIST () \"/\" {60000}\r\n" + strings.Repeat("x", 60_000) + "\r\n", func(c *imaplink.Conn) error {
			_, err := c.List(t.Context())
			return err
		}},
		"of names": {"* ID (\"name\" \"x\")\r\n* ENABLED X\r\n" + strings.Repeat("* ENABLED "+strings.Repeat("Y ", 500)+"\r\n", 50), func(c *imaplink.Conn) error { return c.Noop(t.Context()) }},
		"of messages": {overview, func(c *imaplink.Conn) error {
			return c.Overviews(t.Context(), imaplink.SetFrom(1), func(imaplink.Overview) error { return nil })
		}},
		"of flags": {overview, func(c *imaplink.Conn) error {
			_, err := c.Flags(t.Context(), imaplink.SetOf(1))
			return err
		}},
		"of changes": {"* VANISHED (EARLIER) " + strings.Repeat("9,7,5,", 10_000) + "3\r\n", func(c *imaplink.Conn) error {
			_, _, err := c.ChangedSince(t.Context(), 1, false)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := scripted(t, "CONDSTORE", func(c *imapscript.Conn) {
				c.Line()
				flood("", tc.again)(c)
			})
			c := d.dial(t)
			before := allocated()
			says(t, tc.ask(c), mailstore.ErrServer, "no IMAP")
			if grown := int64(allocated()) - int64(before); grown > 128<<20 {
				t.Errorf("%d MB are in use", grown>>20)
			}
		})
	}
}

// A set of UIDs that names four thousand million messages is no reason to list them.
func TestSearchesThatLie(t *testing.T) {
	for name, found := range map[string]string{
		"all numbers":   "* ESEARCH (TAG \"<tag>\") UID ALL 1:4294967295",
		"the last":      "* ESEARCH (TAG \"<tag>\") UID ALL 1:*",
		"no number":     "* ESEARCH (TAG \"<tag>\") UID ALL x",
		"strings":       "* ESEARCH (TAG \"<tag>) UID ALL 1",
		"lists":         "* SEARCH " + strings.Repeat("(", 100_000),
		"words":         "* SEARCH one two",
		"another's tag": "* SEARCH 1 99999999999999999999",
	} {
		t.Run(name, func(t *testing.T) {
			d := scripted(t, "ESEARCH", func(c *imapscript.Conn) {
				open(c, 3)
				c.Expect("<tag> UID SEARCH RETURN (ALL) UID 1:*")
				c.Say(found, "<tag> OK done")
				c.ExpectClose()
			})
			c := d.dial(t)
			if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
				t.Fatal(err)
			}
			uids, err := c.UIDs(t.Context(), time.Time{})
			says(t, err, mailstore.ErrServer, "no IMAP")
			if len(uids) > 0 {
				t.Errorf("%d UIDs", len(uids))
			}
		})
	}
}

// A server that asks for patience gets it: the time that it names is told, and until
// then it is not asked again, not even by the same connection.
func TestThrottled(t *testing.T) {
	for name, tc := range map[string]struct {
		answer string
		after  time.Duration
	}{
		"Microsoft, NO":  {"<tag> NO Request is throttled. Suggested Backoff Time: 299961 milliseconds", 299961 * time.Millisecond},
		"Microsoft, BAD": {"<tag> BAD Request is throttled. Suggested Backoff Time: 60000 milliseconds", time.Minute},
		"Gmail":          {"<tag> NO [THROTTLED] come later", 0},
		"bandwidth":      {"<tag> NO [OVERQUOTA] Account exceeded command or bandwidth limits. x1", 0},
		"a limit":        {"<tag> NO [LIMIT] too much", 0},
		"unavailable":    {"<tag> NO [UNAVAILABLE] backend", 0},
		"in use":         {"<tag> NO [INUSE] locked", 0},
		"an absurd time": {"<tag> NO Suggested Backoff Time: 999999999999 milliseconds", 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			d := scripted(t, "", func(c *imapscript.Conn) {
				open(c, 3)
				c.Expect("<tag> UID FETCH 1 <any>")
				c.Say(tc.answer)
				c.Expect("<tag> LOGOUT") // and nothing before it
				c.Say("* BYE", "<tag> OK done")
			})
			now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
			d.options.Now = func() time.Time { return now }
			c, _, err := d.fetch(t, imaplink.Want{UID: 1, Size: 1})
			says(t, err, mailstore.ErrThrottled, "imap.example.test", "patience")
			var e *mailstore.Error
			if !errors.As(err, &e) || e.After != tc.after {
				t.Errorf("after %v, not %v", e.After, tc.after)
			}
			if tc.after == 0 {
				return
			}
			now = now.Add(tc.after / 4)
			if err := c.Noop(t.Context()); !errors.As(err, &e) || e.After != tc.after-tc.after/4 {
				t.Errorf("asked again it says %v, after %v", err, e.After)
			}
		})
	}
}

// What a server says as it hangs up is told.
func TestBye(t *testing.T) {
	for name, tc := range map[string]struct {
		bye   string
		kind  error
		words string
		after time.Duration
	}{
		"too many connections": {"* BYE Too many simultaneous connections. (Failure)", mailstore.ErrThrottled, "Too many", 0},
		"time":                 {"* BYE Connection closed. Suggested Backoff Time: 5000 milliseconds", mailstore.ErrThrottled, "patience", 5 * time.Second},
		"a code":               {"* BYE [UNAVAILABLE] going down", mailstore.ErrThrottled, "going down", 0},
		"shutdown":             {"* BYE Server shutting down.", mailstore.ErrUnreachable, "hung up: BYE Server shutting down.", 0},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(err error) {
				t.Helper()
				says(t, err, tc.kind, tc.words)
				var e *mailstore.Error
				if errors.As(err, &e) && e.After != tc.after {
					t.Errorf("after %v", e.After)
				}
			}
			d := scripted(t, "", func(c *imapscript.Conn) {
				c.Expect("<tag> NOOP")
				c.Say(tc.bye)
				c.Close()
			})
			check(d.dial(t).Noop(t.Context()))
			d = listening(t, imaplink.Implicit, func(c *imapscript.Conn) {
				c.Say(tc.bye)
				c.Close()
			})
			_, err := imaplink.Dial(t.Context(), d.options)
			check(err)
		})
	}
}

// The caller's context ends a call at once, and says whose doing it was.
func TestGivingUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := scripted(t, "", func(c *imapscript.Conn) {
		open(c, 1)
		c.Expect("<tag> UID FETCH 1 <any>BODY.PEEK[])")
		c.Raw(beginning)
		cancel()
		c.Stall()
	})
	c := d.dial(t)
	if _, err := c.Select(ctx, "INBOX", nil); err != nil {
		t.Fatal(err)
	}
	err := c.Bodies(ctx, wants(1), (&inbox{}).take)
	says(t, err, mailstore.ErrUnreachable, "given up")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not hold the cause", err)
	}
}

// An error of whoever takes a message ends the call with that error; the connection
// goes on.
func TestTakeFails(t *testing.T) {
	full := errors.New("the disk is full")
	d := scripted(t, "", func(c *imapscript.Conn) {
		open(c, 3)
		c.Expect("<tag> UID FETCH 1:3 <any>BODY.PEEK[])")
		c.Say(message(1, "one"), message(2, "two"), message(3, "three"), "<tag> OK done")
		c.Expect("<tag> NOOP")
		c.Say("<tag> OK done")
		goodbye(c)
	})
	c := d.dial(t)
	if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
		t.Fatal(err)
	}
	err := c.Bodies(t.Context(), wants(1, 2, 3), func(imaplink.Overview, io.Reader) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("the error is %v", err)
	}
	if err := c.Noop(t.Context()); err != nil {
		t.Error(err)
	}
}

// A large message comes in parts, and take reads it while the later ones are still on
// their way; one whose end does not come is not whole.
func TestParts(t *testing.T) {
	const part = 4 << 20
	text := strings.Repeat("0123456789abcdef", (2*part+100)/16)
	for name, size := range map[string]int{"as told": len(text), "longer than told": 2*part + 1, "shorter than told": len(text) + 50, "lost": -len(text) - 100} {
		t.Run(name, func(t *testing.T) {
			lost := size < 0
			size := max(size, -size)
			d := scripted(t, "", func(c *imapscript.Conn) {
				open(c, 1)
				for {
					tag, command, ok := c.Line()
					if !ok {
						return
					}
					var from, length int
					switch {
					case strings.HasPrefix(command, "LOGOUT"):
						c.Say("* BYE", "<tag> OK done")
						return
					case !strings.Contains(command, "<"):
						c.Say("* 1 FETCH (UID 1 FLAGS ())", tag+" OK done")
						continue
					}
					if _, err := fmt.Sscanf(command[strings.Index(command, "<"):], "<%d.%d>", &from, &length); err != nil {
						t.Error(err)
					}
					body := text[min(from, len(text)):min(from+length, len(text))]
					if lost && from >= len(text) {
						body = "there is more"
					}
					c.Say(fmt.Sprintf("* 1 FETCH (BODY[]<%d> {%d}\r\n%s RFC822.SIZE %d UID 1 FLAGS () INTERNALDATE \"19-Nov-2026 03:00:00 +0900\")", from, len(body), body, size), tag+" OK done")
				}
			})
			c := d.dial(t)
			if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
				t.Fatal(err)
			}
			b := &inbox{}
			err := c.Bodies(t.Context(), []imaplink.Want{{UID: 1, Size: int64(size)}}, b.take)
			if lost {
				says(t, err, mailstore.ErrServer, "UID 1")
				b.mustBe(t, nil)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if b.got[1] != text {
				t.Errorf("%d octets came, not %d", len(b.got[1]), len(text))
			}
		})
	}
}

// The largest number is no reason for anything.
func TestSetsAreCheap(t *testing.T) {
	s := imaplink.SetFrom(1)
	if s.Len() != math.MaxUint32 || s.String() != "1:*" || !s.Has(math.MaxUint32) || s.Has(0) {
		t.Errorf("%v has %d", s, s.Len())
	}
	got, err := imaplink.ParseSet("9,1:3,2:5,*:7")
	if err != nil || got.String() != "1:5,7:*" {
		t.Errorf("%v, %v", got, err)
	}
	if got := imaplink.SetOf(5, 3, 4, 9, 4).String(); got != "3:5,9" {
		t.Error(got)
	}
	for _, bad := range []string{"", "0", "1:", "x", "1,,2", "4294967296"} {
		if s, err := imaplink.ParseSet(bad); err == nil {
			t.Errorf("%q is %v", bad, s)
		}
	}
}
