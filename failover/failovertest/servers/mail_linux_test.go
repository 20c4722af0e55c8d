package servers

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// The way of a message in the world: from an outside server, by referrals from the root to the domain's MX, into a
// mailbox. It waits outside while the MX is away, follows the domain when the MX changes, and bounces for an unknown
// recipient.
func TestDelivery(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{ResolvConf: "nameserver 127.0.0.53\noptions timeout:1\n"}) {
		return
	}
	authority := startExampleTest(t)
	ca := NewAuthority(t)
	primary, mailboxes := startProvider(t, ca, "mx.primary.test", "127.0.25.1:25")
	outside := StartPostfix(t, PostfixConfig{Hostname: "outside.test", Listen: "127.0.25.9:25"})

	send := func(id, to string) {
		t.Helper()
		letter := Letter{From: "eve@outside.test", To: []string{to}, ID: "<" + id + "@outside.test>", Subject: id, Body: "Hello."}
		if err := Send(t.Context(), outside.Addr, letter); err != nil {
			t.Fatal(err)
		}
	}
	send("one", "anna@example.test")
	awaitStored(t, mailboxes, "one")
	send("two", "nobody@example.test")
	awaitFate(t, outside, "two", "bounced", "5.1.1")

	primary.Stop(t)
	send("three", "Ben@example.test")
	awaitFate(t, outside, "three", "deferred", "refused")
	queue := outside.Queue(t)
	if !slices.ContainsFunc(queue, func(q Queued) bool {
		return q.Sender == "eve@outside.test" && len(q.Recipients) == 1 && q.Recipients[0].Address == "Ben@example.test"
	}) {
		t.Errorf("the queue outside is %+v", queue)
	}
	_, others := startProvider(t, ca, "mx.secondary.test", "127.0.25.2:25")
	if got := authority.Update(t, swap(t, primaryMX[:1], secondaryMX)); got != dns.RcodeSuccess {
		t.Fatalf("the switch is answered %s", dns.RcodeToString[got])
	}
	Await(t, "the switch at the secondary server", func(ctx context.Context) error {
		got, err := Answers(ctx, "127.0.53.2:53", "example.test", dns.TypeMX)
		if err == nil && !slices.Equal(got, secondaryMX) {
			err = fmt.Errorf("it gives %q", got)
		}
		return err
	})
	outside.Flush(t)
	awaitStored(t, others, "three")
	primary.Start(t)
	if got := mailboxes.Messages(t); len(got) != 1 || got[0].User != "anna@example.test" || got[0].Folder != "INBOX" {
		t.Errorf("the primary holds %+v", got)
	}
}

// startExampleTest serves example.test from a primary and a secondary, with an MX at the primary provider and a TTL of
// one second, delegated from a root.
func startExampleTest(t *testing.T) *DNS {
	t.Helper()
	authority := StartBIND(t, DNSConfig{
		Name: "ns1", Listen: []string{"127.0.53.1:53"},
		Zones: []Zone{{Name: "example.test.", Notify: []string{"127.0.53.2:53"}, Text: "$ORIGIN example.test.\n$TTL 1\n" +
			"@ SOA ns1 hostmaster 1 3600 600 86400 1\n@ NS ns1\n@ NS ns2\nns1 A 127.0.53.1\nns2 A 127.0.53.2\n@ MX 10 mx.primary.test.\n"}},
	})
	StartBIND(t, DNSConfig{
		Name: "ns2", Listen: []string{"127.0.53.2:53"}, Reader: authority.Reader,
		Zones: []Zone{{Name: "example.test.", Primaries: []string{authority.Addr}}},
	})
	StartRoot(t, RootConfig{
		Listen: "127.0.53.10:53",
		Delegations: []Delegation{{Zone: "example.test.", Servers: map[string][]string{
			"ns1.example.test.": {"127.0.53.1"}, "ns2.example.test.": {"127.0.53.2"},
		}}},
		Zones: []Zone{
			{Name: "primary.test.", Text: providerZone("primary.test.", "127.0.25.1")},
			{Name: "secondary.test.", Text: providerZone("secondary.test.", "127.0.25.2")},
		},
	})
	resolver := StartResolver(t, ResolverConfig{Listen: "127.0.0.53:53", Root: "127.0.53.10"})
	answer := Ask(t, resolver.Addr, "example.test", dns.TypeMX)
	if len(answer.Answer) != 1 || answer.Authoritative || !strings.HasSuffix(answer.Answer[0].String(), "\t10 mx.primary.test.") {
		t.Fatalf("the resolver answers %v", answer)
	}
	if a, err := Answers(t.Context(), resolver.Addr, "mx.secondary.test", dns.TypeA); err != nil || !slices.Equal(a, []string{"127.0.25.2"}) {
		t.Fatalf("the secondary's MX has the addresses %q, %v", a, err)
	}
	if r := Ask(t, resolver.Addr, "nothing.test", dns.TypeA); r.Rcode != dns.RcodeNameError {
		t.Errorf("a name that does not exist is answered %s", dns.RcodeToString[r.Rcode])
	}
	return authority
}

func providerZone(name, mx string) string {
	return "$ORIGIN " + name + "\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS a.root-server.\nmx A " + mx + "\n"
}

func startProvider(t *testing.T, ca *Authority, host, listen string) (*Postfix, *Dovecot) {
	t.Helper()
	mailboxes := StartDovecot(t, DovecotConfig{})
	return StartPostfix(t, PostfixConfig{
		Hostname: host, Listen: listen, Certificate: ca.Issue(t, host), Deliver: mailboxes.LMTP,
		Domains: []string{"example.test"}, Recipients: []string{"anna@example.test", "ben@example.test"},
	}), mailboxes
}

func awaitStored(t *testing.T, mailboxes *Dovecot, id string) {
	t.Helper()
	Await(t, "the message "+id+" in a mailbox", func(context.Context) error {
		messages := mailboxes.Messages(t)
		for _, m := range messages {
			if m.ID() == "<"+id+"@outside.test>" {
				return nil
			}
		}
		return fmt.Errorf("there are %d others", len(messages))
	})
}

func awaitFate(t *testing.T, outside *Postfix, id, status, reply string) {
	t.Helper()
	Await(t, "the message "+id+" to be "+status, func(context.Context) error {
		fates := outside.Fates(t)
		for _, f := range fates {
			if f.MessageID == "<"+id+"@outside.test>" && f.Status == status && strings.Contains(f.Reply, reply) {
				return nil
			}
		}
		return fmt.Errorf("its log tells: %+v", fates)
	})
}

// A message that comes due while its file is still held is set aside by Postfix's queue manager. It is tried again although
// no other message comes that would remind the queue manager of it.
func TestMessageSetAsideIsDelivered(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{}) {
		return
	}
	outside := StartPostfix(t, PostfixConfig{Hostname: "outside.test", Listen: "127.0.25.9:25"})
	letter := Letter{From: "eve@outside.test", To: []string{"anna@[127.0.25.1]"}, ID: "<one@outside.test>", Body: "Hello."}
	if err := Send(t.Context(), outside.Addr, letter); err != nil {
		t.Fatal(err)
	}
	awaitFate(t, outside, "one", "deferred", "refused")

	queue := filepath.Join(filepath.Dir(outside.conf), "queue")
	var held *os.File
	Await(t, "the message to lie in the deferred queue", func(context.Context) error {
		found, err := filepath.Glob(filepath.Join(queue, "deferred", "*", "*"))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("found %q, %w", found, err)
		}
		held, err = os.Open(found[0])
		return err
	})
	defer func() { _ = held.Close() }()
	if err := unix.Flock(int(held.Fd()), unix.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	Await(t, "the message to be set aside", func(context.Context) error {
		found, err := filepath.Glob(filepath.Join(queue, "incoming", "*"))
		if err != nil || len(found) != 1 || !strings.Contains(outside.Log(), "skipped, still being delivered") {
			return fmt.Errorf("found %q, %w", found, err)
		}
		past := time.Now().Add(-time.Minute) // its minute is over
		return os.Chtimes(found[0], past, past)
	})
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	sink := StartSink(t, SinkConfig{Listen: "127.0.25.1:25"})
	Await(t, "the message to be delivered", func(context.Context) error {
		if n := len(sink.Messages(t)); n != 1 {
			return fmt.Errorf("%d arrived", n)
		}
		return nil
	})
}

// A retired server has passed on all that it took, and gets nothing more.
func TestRetire(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{}) {
		return
	}
	mx, mailboxes := startProvider(t, NewAuthority(t), "mx.primary.test", "127.0.25.1:25")
	last, err := smtp.Dial(mx.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = last.Close() }()
	var ending atomic.Bool
	client := make(chan error, 1)
	go func() {
		for err := error(nil); err == nil; { // until new connections are refused
			var conn net.Conn
			if conn, err = new(net.Dialer).DialContext(t.Context(), "tcp", mx.Addr); err == nil {
				_ = conn.Close()
			}
		}
		err := deliver(last, "<last@outside.test>")
		ending.Store(true)
		client <- errors.Join(err, last.Quit())
	}()
	undo := mx.Retire(t)
	if !ending.Load() {
		t.Error("it has retired before its last client")
	}
	if err := <-client; err != nil {
		t.Errorf("its last client is told: %v", err)
	}
	if got := mailboxes.Messages(t); len(got) != 1 || got[0].ID() != "<last@outside.test>" {
		t.Errorf("the mailboxes hold %+v", got)
	}
	undo()
	letter := Letter{From: "eve@outside.test", To: []string{"anna@example.test"}, ID: "<next@outside.test>", Body: "Hello."}
	if err := Send(t.Context(), mx.Addr, letter); err != nil {
		t.Errorf("after undo it takes nothing: %v", err)
	}
}

// deliver gives a server one message in a session that is open.
func deliver(c *smtp.Client, id string) error {
	if err := errors.Join(c.Mail("eve@outside.test"), c.Rcpt("anna@example.test")); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "Message-ID: %s\r\n\r\nHello.\r\n", id)
	return errors.Join(err, w.Close())
}

func TestProviderMX(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{}) {
		return
	}
	ca := NewAuthority(t)
	mx, _ := startProvider(t, ca, "mx.primary.test", "127.0.25.1:25")
	c, err := smtp.Dial(mx.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.StartTLS(&tls.Config{ServerName: "mx.primary.test", RootCAs: ca.Pool()}); err != nil {
		t.Errorf("STARTTLS: %v", err)
	}
	if err := c.Mail("eve@outside.test"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rcpt("anna@example.test"); err != nil {
		t.Errorf("a recipient who exists is refused: %v", err)
	}
	for address, want := range map[string]int{"nobody@example.test": 550, "anna@elsewhere.test": 554} {
		if got := (*textproto.Error)(nil); !errors.As(c.Rcpt(address), &got) || got.Code != want {
			t.Errorf("RCPT TO:<%s> is answered %v, not %d", address, got, want)
		}
	}
}

func TestSubmission(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{}) {
		return
	}
	ca := NewAuthority(t)
	mailboxes := StartDovecot(t, DovecotConfig{})
	provider := StartPostfix(t, PostfixConfig{
		Hostname: "smtp.primary.test", Listen: "127.0.25.1:25", Submission: "127.0.25.1:587", SignIn: mailboxes.SignIn,
		Certificate: ca.Issue(t, "smtp.primary.test"), Deliver: mailboxes.LMTP,
		Domains: []string{"example.test"}, Recipients: []string{"anna@example.test"},
	})
	try := func(password string) error {
		conn, err := net.Dial("tcp", "127.0.25.1:587")
		if err != nil {
			return err
		}
		c, err := smtp.NewClient(conn, "smtp.primary.test")
		if err != nil {
			return err
		}
		defer func() { _ = c.Close() }()
		if err := c.StartTLS(&tls.Config{ServerName: "smtp.primary.test", RootCAs: ca.Pool()}); err != nil {
			return err
		}
		if err := c.Auth(smtp.PlainAuth("", "anna@example.test", password, "smtp.primary.test")); err != nil {
			return err
		}
		if err := c.Mail("anna@example.test"); err != nil {
			return err
		}
		return c.Rcpt("somebody@elsewhere.test")
	}
	if err := try(mailboxes.Password); err != nil {
		t.Errorf("a signed-in user may not send: %v", err)
	}
	if err := try("wrong"); err == nil {
		t.Error("a wrong password is taken")
	}
	if strings.Contains(provider.Log()+mailboxes.Log(), mailboxes.Password) {
		t.Error("a log shows the password")
	}
}

func TestDovecotIMAP(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{}) {
		return
	}
	ca := NewAuthority(t)
	d := StartDovecot(t, DovecotConfig{Certificate: ca.Issue(t, "imap.primary.test", "127.0.0.1")})
	plain, err := net.Dial("tcp", d.IMAP)
	if err != nil {
		t.Fatal(err)
	}
	imap(t, plain, d.Password)
	secure, err := tls.Dial("tcp", d.IMAPS, &tls.Config{ServerName: "imap.primary.test", RootCAs: ca.Pool()})
	if err != nil {
		t.Fatal(err)
	}
	imap(t, secure, d.Password)
	messages := d.Messages(t)
	if len(messages) != 2 || messages[0].User != "anna@example.test" || messages[0].ID() != "<x@y>" {
		t.Errorf("the mailboxes hold %+v", messages)
	}
}

// imap signs in and appends a message.
func imap(t *testing.T, conn net.Conn, password string) {
	t.Helper()
	defer func() { _ = conn.Close() }()
	lines := bufio.NewReader(conn)
	const message = "Message-ID: <x@y>\r\n\r\nHello.\r\n"
	for _, exchange := range []struct{ say, want string }{
		{"", "* OK "},
		{"a LOGIN anna@example.test " + password + "\r\n", "a OK "},
		{fmt.Sprintf("b APPEND INBOX {%d}\r\n", len(message)), "+ "},
		{message + "\r\n", "b OK "},
	} {
		if _, err := conn.Write([]byte(exchange.say)); err != nil {
			t.Fatal(err)
		}
		line, err := lines.ReadString('\n')
		for err == nil && strings.HasPrefix(line, "* ") && exchange.say != "" {
			line, err = lines.ReadString('\n')
		}
		if err != nil || !strings.HasPrefix(line, exchange.want) {
			t.Fatalf("%q is answered %q, %v", strings.Fields(exchange.say + "greeting")[0], line, err)
		}
	}
}

func TestSinkAndSource(t *testing.T) {
	t.Parallel()
	if !InNamespace(t, Namespace{}) {
		return
	}
	taker := StartSink(t, SinkConfig{})
	Source(t, SourceConfig{Server: taker.Addr, From: "a@outside.test", To: "b@example.test", Messages: 7, Sessions: 2})
	if got := taker.Messages(t); len(got) != 7 || !strings.Contains(got[0], "b@example.test") {
		t.Errorf("smtp-sink kept %d messages, not 7: %q", len(got), got)
	}
	refuser := StartSink(t, SinkConfig{Options: []string{"-f", "rcpt"}})
	err := Send(t.Context(), refuser.Addr, Letter{From: "a@outside.test", To: []string{"b@example.test"}, ID: "<1@outside.test>"})
	if reply := (*textproto.Error)(nil); !errors.As(err, &reply) || reply.Code/100 != 5 {
		t.Errorf("a refusing sink answers %v", err)
	}
}
