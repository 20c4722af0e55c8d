package imaplink_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/imaplink"
	"lifeboat/mailstore/mailstoretest/corpus"
	"lifeboat/mailstore/mailstoretest/line"
	"lifeboat/mailstore/signin"
)

const anna = "anna@example.test"

// world is a Dovecot with mail, behind TLS.
type world struct {
	*servers.Dovecot
	authority *servers.Authority
	messages  map[string][]corpus.Message
}

func start(t testing.TB, options corpus.Options, settings string) *world {
	t.Helper()
	return startWith(t, corpus.Messages(options), settings)
}

func startWith(t testing.TB, messages iter.Seq[corpus.Message], settings string) *world {
	t.Helper()
	authority := servers.NewAuthority(t)
	w := &world{authority: authority, messages: map[string][]corpus.Message{}}
	w.Dovecot = servers.StartDovecot(t, servers.DovecotConfig{Certificate: authority.Issue(t, "imap.example.test"), Settings: settings})
	uid, gid := w.Owner()
	keep := func(yield func(corpus.Message) bool) {
		for m := range messages {
			w.messages[m.Folder] = append(w.messages[m.Folder], m)
			if !yield(m) {
				return
			}
		}
	}
	if err := corpus.WriteMaildir(w.Maildir(anna), uid, gid, keep); err != nil {
		t.Fatal(err)
	}
	return w
}

func small(count int) corpus.Options {
	return corpus.Options{Count: count, Seed: 1, Now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Small: true}
}

// straight dials one address, whatever it is asked for.
type straight string

func (s straight) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, string(s))
}

func password(user, secret string) signin.Source {
	return signin.Password(user, func(context.Context) (string, error) { return secret, nil })
}

func (w *world) options() imaplink.Options {
	return imaplink.Options{
		Server: imaplink.Endpoint{Host: "imap.example.test"}, Dialer: straight(w.IMAPS),
		TLS: &tls.Config{RootCAs: w.authority.Pool(), MinVersion: tls.VersionTLS12}, SignIn: password(anna, w.Password), Log: slog.New(slog.DiscardHandler),
	}
}

func (w *world) dial(t testing.TB, change func(*imaplink.Options)) *imaplink.Conn {
	t.Helper()
	o := w.options()
	if change != nil {
		change(&o)
	}
	c, err := imaplink.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// The whole way of a mirror, against every kind of server that a Dovecot can be made
// to be: what comes is what Dovecot serves, byte for byte, with flags and dates.
func TestEverythingComesAsItIs(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	w := start(t, small(1200), "")
	for name, change := range map[string]func(*imaplink.Options){
		"all": nil,
		"compressed": func(o *imaplink.Options) {
			o.CompressBelow = math.MaxInt64
		},
		"uncompressed, without QRESYNC": func(o *imaplink.Options) { o.NoCompress, o.NoQResync = true, true },
		"STARTTLS":                      func(o *imaplink.Options) { o.Server.TLS, o.Dialer = imaplink.StartTLS, straight(w.IMAP) },
		"as Microsoft 365":              w.behind(t, line.Microsoft365),
		"without LIST-STATUS":           w.behind(t, line.Without("LIST-STATUS", "ESEARCH", "SASL-IR")),
	} {
		t.Run(name, func(t *testing.T) {
			c := w.dial(t, change)
			w.compare(t, c)
			t.Logf("%+v %+v", c.Traffic(), c.Info())
		})
	}
}

// behind puts a filter between.
func (w *world) behind(t *testing.T, filter func() line.Filter) func(*imaplink.Options) {
	certificate := w.authority.Issue(t, "imap.example.test")
	pair, err := tls.LoadX509KeyPair(certificate.File, certificate.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *imaplink.Options) {
		o.NoCompress = true // the filter cannot read what is compressed
		o.Dialer = line.Start(t, w.IMAPS, line.Options{
			Filter: filter,
			Serve:  &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
			Dial:   &tls.Config{RootCAs: w.authority.Pool(), ServerName: "imap.example.test", MinVersion: tls.VersionTLS12},
		})
	}
}

// key is everything that must be the same of a message.
func key(bytes []byte, received time.Time, flags mailstore.Flags) string {
	return fmt.Sprintf("%x %d %v", sha256.Sum256(bytes), received.Unix(), flags)
}

// hash is the SHA-256 of what r gives.
func hash(r io.Reader) ([]byte, error) {
	h := sha256.New()
	_, err := io.Copy(h, r)
	return h.Sum(nil), err
}

func (w *world) compare(t *testing.T, c *imaplink.Conn) {
	t.Helper()
	ctx := t.Context()
	folders, err := c.List(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(folders); got < len(w.messages) {
		t.Fatalf("%d folders, not %d: %v", got, len(w.messages), folders)
	}
	var names []string
	for _, f := range folders {
		names = append(names, f.Name)
	}
	statuses, err := c.Status(ctx, names)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for i, f := range folders {
		want := w.messages[strings.ReplaceAll(f.Name, ".", "/")]
		seen += len(want)
		if f.NoSelect {
			continue
		}
		if statuses[i] == nil || int(statuses[i].Messages) != len(want) {
			t.Fatalf("%s has %+v, not %d messages", f.Name, statuses[i], len(want))
		}
		if f.Status != nil && *f.Status != *statuses[i] {
			t.Errorf("%s has %+v and %+v", f.Name, f.Status, statuses[i])
		}
		w.compareFolder(t, c, f.Name, *statuses[i], want)
	}
	if all := len(slices.Concat(slices.Collect(valuesOf(w.messages))...)); seen != all {
		t.Errorf("saw %d of %d", seen, all)
	}
}

func valuesOf(m map[string][]corpus.Message) func(func([]corpus.Message) bool) {
	return func(yield func([]corpus.Message) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func (w *world) compareFolder(t *testing.T, c *imaplink.Conn, name string, status imaplink.Status, want []corpus.Message) {
	t.Helper()
	ctx := t.Context()
	selected, err := c.Select(ctx, name, nil)
	if err != nil {
		t.Fatal(err)
	}
	if selected.Status != status && selected.ModSeq > 0 && status.ModSeq > 0 {
		t.Errorf("%s: selected %+v, status %+v", name, selected.Status, status)
	}
	uids, err := c.UIDs(ctx, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var wants []imaplink.Want
	err = c.Overviews(ctx, imaplink.SetOf(uids...), func(o imaplink.Overview) error {
		wants = append(wants, imaplink.Want{UID: o.UID, Size: o.Size})
		return nil
	})
	if err != nil || len(wants) != len(want) {
		t.Fatalf("%s: %d of %d, %v", name, len(wants), len(want), err)
	}
	var mu sync.Mutex
	var got []string
	err = c.Bodies(ctx, wants, func(o imaplink.Overview, r io.Reader) error {
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if int64(len(b)) != o.Size {
			t.Errorf("%s %d: %d octets of %d", name, o.UID, len(b), o.Size)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, key(b, o.Received, o.Flags))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var expected []string
	for _, m := range want {
		expected = append(expected, key(m.Served(), m.Received, m.Flags))
	}
	slices.Sort(got)
	slices.Sort(expected)
	if !slices.Equal(got, expected) {
		t.Errorf("%s: %d messages differ from the %d that are there", name, len(got), len(expected))
	}
}
