package imaplink_test

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/corpus"
	"lifeboat/mailstore/mailstoretest/line"
)

// far puts a line of that round trip before the server.
func (w *world) far(t testing.TB, roundTrip time.Duration) string {
	if roundTrip == 0 {
		return w.IMAPS
	}
	return line.Start(t, w.IMAPS, line.Options{RoundTrip: roundTrip}).Addr()
}

// BenchmarkBodies fetches 3,000 messages from a Dovecot over TLS, and hashes them;
// "floor" is the same octets read by a client that does nothing else than send all
// its FETCHes at once and read to the last answer.
func BenchmarkBodies(b *testing.B) {
	w := startWith(b, func(yield func(corpus.Message) bool) {
		for m := range corpus.Messages(corpus.Options{Count: 3000, Seed: 1, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}) {
			m.Folder = "INBOX"
			if !yield(m) {
				return
			}
		}
	}, "")
	folders := map[string][]imaplink.Want{}
	var octets int64
	c := w.dial(b, nil)
	list, err := c.List(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range list {
		if f.NoSelect || f.Status.Messages == 0 {
			continue
		}
		if _, err := c.Select(b.Context(), f.Name, nil); err != nil {
			b.Fatal(err)
		}
		err := c.Overviews(b.Context(), imaplink.SetFrom(1), func(o imaplink.Overview) error {
			folders[f.Name] = append(folders[f.Name], imaplink.Want{UID: o.UID, Size: o.Size})
			octets += o.Size
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, trip := range []time.Duration{0, 40 * time.Millisecond} {
		address := w.far(b, trip)
		b.Run(fmt.Sprintf("floor/%v", trip), func(b *testing.B) {
			b.SetBytes(octets)
			for b.Loop() {
				w.raw(b, address, folders)
			}
		})
		b.Run(fmt.Sprintf("bodies/%v", trip), func(b *testing.B) {
			b.SetBytes(octets)
			for b.Loop() {
				w.fetchAll(b, address, folders, octets)
			}
		})
	}
}

func (w *world) fetchAll(b *testing.B, address string, folders map[string][]imaplink.Want, octets int64) {
	b.Helper()
	c := w.dial(b, func(o *imaplink.Options) { o.Dialer = straight(address) })
	var got atomic.Int64
	for name, wants := range folders {
		if _, err := c.Select(b.Context(), name, nil); err != nil {
			b.Fatal(err)
		}
		err := c.Bodies(b.Context(), wants, func(_ imaplink.Overview, r io.Reader) error {
			n, err := io.Copy(sha256.New(), r)
			got.Add(n)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if got.Load() != octets {
		b.Fatalf("%d octets came, not %d", got.Load(), octets)
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
}

// raw sends everything at once and reads to the last answer.
func (w *world) raw(b *testing.B, address string, folders map[string][]imaplink.Want) {
	b.Helper()
	tcp, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	conn := tls.Client(tcp, &tls.Config{RootCAs: w.authority.Pool(), ServerName: "imap.example.test"})
	defer conn.Close()
	var commands strings.Builder
	fmt.Fprintf(&commands, "a LOGIN %s %s\r\n", anna, w.Password)
	for name := range folders {
		fmt.Fprintf(&commands, "b EXAMINE %q\r\nc UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE MODSEQ BODY.PEEK[])\r\n", imaplink.EncodeName(name))
	}
	commands.WriteString("z LOGOUT\r\n")
	go func() { _, _ = io.WriteString(conn, commands.String()) }()
	in := bufio.NewReaderSize(conn, 1<<20)
	if _, err := in.WriteTo(io.Discard); err != nil {
		b.Fatal(err)
	}
}
