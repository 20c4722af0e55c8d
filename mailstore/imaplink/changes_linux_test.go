package imaplink_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/corpus"
	"lifeboat/mailstore/mailstoretest/line"
)

// somebody is a mail client of anna's that changes things.
func (w *world) somebody(t *testing.T) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialTLS(w.IMAPS, &imapclient.Options{TLSConfig: &tls.Config{RootCAs: w.authority.Pool(), ServerName: "imap.example.test", MinVersion: tls.VersionTLS12}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(anna, w.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func appendMessage(t *testing.T, c *imapclient.Client, folder string, n int) {
	t.Helper()
	text := fmt.Sprintf("Subject: new %d\r\n\r\nText\r\n", n)
	a := c.Append(folder, int64(len(text)), nil)
	if _, err := io.WriteString(a, text); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Wait(); err != nil {
		t.Fatal(err)
	}
}

// What changed since a look is told by QRESYNC with the SELECT, by QRESYNC and
// CONDSTORE afterwards, and found by comparing where there is neither.
func TestChanges(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	w := start(t, small(400), "")
	for name, options := range map[string]func(*imaplink.Options){
		"QRESYNC":          nil,
		"CONDSTORE":        func(o *imaplink.Options) { o.NoQResync = true },
		"hidden CONDSTORE": w.behind(t, line.Without("CONDSTORE", "QRESYNC", "ENABLE")),
	} {
		t.Run(name, func(t *testing.T) {
			c := w.dial(t, options)
			before, err := c.Select(t.Context(), "INBOX", nil)
			if err != nil {
				t.Fatal(err)
			}
			uids, err := c.UIDs(t.Context(), time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			first, second, third := uids[0], uids[1], uids[2]
			other := w.somebody(t)
			if _, err := other.Select("INBOX", nil).Wait(); err != nil {
				t.Fatal(err)
			}
			flag := imap.Flag("$" + strings.ReplaceAll(name, " ", ""))
			for uid, f := range map[mailstore.UID]imap.Flag{third: flag, first: imap.FlagDeleted, second: imap.FlagDeleted} {
				if err := other.Store(imap.UIDSetNum(imap.UID(uid)), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{f}, Silent: true}, nil).Close(); err != nil {
					t.Fatal(err)
				}
			}
			if err := other.UIDExpunge(imap.UIDSetNum(imap.UID(first), imap.UID(second))).Close(); err != nil {
				t.Fatal(err)
			}
			appendMessage(t, other, "INBOX", 1)

			again := w.dial(t, options)
			known := &imaplink.Known{UIDValidity: before.UIDValidity, ModSeq: before.ModSeq}
			now, err := again.Select(t.Context(), "INBOX", known)
			if err != nil {
				t.Fatal(err)
			}
			if now.UIDNext != before.UIDNext+1 || now.Messages != before.Messages-1 || now.UIDValidity != before.UIDValidity {
				t.Errorf("before %+v, now %+v", before.Status, now.Status)
			}
			caps := again.Caps()
			if now.Resynced != caps.QResync || caps.QResync != (name == "QRESYNC") || caps.CondStore == (name == "hidden CONDSTORE") {
				t.Errorf("resynced %v with %+v", now.Resynced, caps)
			}
			if now.Resynced {
				checkChanges(t, now.Changed, third, before.UIDNext, flag)
				if got := now.Vanished.String(); got != imaplink.SetOf(first, second).String() {
					t.Errorf("vanished are %s", got)
				}
			}
			changed, gone, err := again.ChangedSince(t.Context(), before.ModSeq, caps.QResync)
			if !caps.CondStore {
				says(t, err, mailstore.ErrUnsupported)
				compareFlags(t, again, third, before.UIDNext, flag)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkChanges(t, changed, third, before.UIDNext, flag)
			if caps.QResync && gone.String() != imaplink.SetOf(first, second).String() {
				t.Errorf("gone are %v", gone)
			}
			compareFlags(t, again, third, before.UIDNext, flag)
		})
	}
}

func checkChanges(t *testing.T, changed []imaplink.Flagged, flagged, arrived mailstore.UID, flag imap.Flag) {
	t.Helper()
	if len(changed) != 2 || changed[0].UID != flagged || changed[1].UID != arrived || !changed[0].Flags.Has(string(flag)) || changed[0].ModSeq == 0 {
		t.Errorf("changed are %+v", changed)
	}
}

func compareFlags(t *testing.T, c *imaplink.Conn, flagged, arrived mailstore.UID, flag imap.Flag) {
	t.Helper()
	flags, err := c.Flags(t.Context(), imaplink.SetFrom(1))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(flags, func(f imaplink.Flagged) bool { return f.UID == flagged })
	if i != 0 || !flags[i].Flags.Has(string(flag)) || flags[len(flags)-1].UID != arrived {
		t.Errorf("flags are %+v", flags)
	}
}

// Nothing changed: twenty folders take six round trips from the first packet to the
// farewell, and fewer than 8,000 octets, TLS included.
func TestNothingChangedCostsLittle(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	w := start(t, small(400), "")
	between := line.Start(t, w.IMAPS, line.Options{RoundTrip: 2 * time.Millisecond})
	o := w.options()
	o.Dialer = between
	c, err := imaplink.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	folders, err := c.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	with := 0
	for _, f := range folders {
		if f.Status != nil && f.Status.ModSeq > 0 {
			with++
		}
	}
	if with < len(corpus.Folders()) {
		t.Errorf("%d folders tell their status, of %d", with, len(corpus.Folders()))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	own, seen := c.Traffic(), between.Traffic()
	if trips := own.RoundTrips; trips > 6 {
		t.Errorf("%d round trips", trips)
	}
	if octets := seen.Up + seen.Down; octets >= 8000 || own.In != seen.Down || own.Out != seen.Up {
		t.Errorf("%d octets on the wire: %+v, and %+v by our own count", octets, seen, own)
	}
	t.Logf("%+v", own)
}

// New mail wakes whoever waits, and the wait can be ended.
func TestIdleWithDovecot(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	w := start(t, small(20), "")
	c := w.dial(t, nil)
	if _, err := c.Select(t.Context(), "INBOX", nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	other := w.somebody(t)
	ended := make(chan error, 1)
	go func() { ended <- c.Idle(ctx, cancel) }()
	for n := 0; ctx.Err() == nil; n++ {
		appendMessage(t, other, "INBOX", n)
		select {
		case <-ctx.Done():
		case <-time.After(2 * time.Second): // it may not have been waiting yet
		}
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := c.Noop(t.Context()); err != nil {
		t.Error(err)
	}
}

// 50 MB come in parts, equal and in little memory; messages that are gone meanwhile
// are passed over.
func TestHugeMessage(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	options := small(30)
	options.Huge = true
	w := start(t, options, "")
	for name, list := range w.messages {
		i := slices.IndexFunc(list, func(m corpus.Message) bool { return len(m.Bytes) > 40<<20 })
		if i < 0 {
			continue
		}
		c := w.dial(t, nil)
		if _, err := c.Select(t.Context(), strings.ReplaceAll(name, "/", "."), nil); err != nil {
			t.Fatal(err)
		}
		var huge imaplink.Want
		if err := c.Overviews(t.Context(), imaplink.SetFrom(1), func(o imaplink.Overview) error {
			if o.Size > huge.Size {
				huge = imaplink.Want{UID: o.UID, Size: o.Size}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		before := allocated()
		// Also when nobody knows how large it is.
		for _, size := range []int64{huge.Size, 0} {
			var mu sync.Mutex
			got := ""
			err := c.Bodies(t.Context(), []imaplink.Want{{UID: huge.UID, Size: size}, {UID: 4_000_000, Size: 5}}, func(o imaplink.Overview, r io.Reader) error {
				h, err := hash(r)
				mu.Lock()
				defer mu.Unlock()
				got = fmt.Sprintf("%x %d %v", h, o.Received.Unix(), o.Flags)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if want := key(list[i].Served(), list[i].Received, list[i].Flags); got != want {
				t.Errorf("got %s, not %s", got, want)
			}
		}
		if grown := int64(allocated()) - int64(before); grown > 32<<20 {
			t.Errorf("%d MB are kept", grown>>20)
		}
		return
	}
	t.Fatal("there is no huge message")
}

// A line that turns out to be slow is compressed on the way; a fast one is not.
func TestCompressWhenSlow(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	w := startWith(t, func(yield func(corpus.Message) bool) {
		for m := range corpus.Messages(corpus.Options{Count: 150, Seed: 3, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}) {
			m.Folder = "INBOX"
			if !yield(m) {
				return
			}
		}
	}, "")
	for below, compressed := range map[int64]bool{1: false, math.MaxInt64 - 1: true} {
		c := w.dial(t, func(o *imaplink.Options) { o.CompressBelow = below })
		w.compareFolder(t, c, "INBOX", imaplink.Status{}, w.messages["INBOX"])
		if c.Info().Compressed != compressed {
			t.Errorf("below %d octets a second: %+v", below, c.Info())
		}
		w.compareFolder(t, c, "INBOX", imaplink.Status{}, w.messages["INBOX"])
	}
}
