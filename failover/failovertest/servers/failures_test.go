package servers

import (
	"crypto/tls"
	"fmt"
	"net"
	"os/exec"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// A victim is a test that is expected to fail; it keeps what it is told.
type victim struct {
	testing.TB
	said    []string
	skipped bool
}

func (v *victim) Helper() {}

func (v *victim) Fatalf(format string, args ...any) {
	v.said = append(v.said, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (v *victim) Fatal(args ...any) { v.Fatalf("%s", fmt.Sprint(args...)) }

func (v *victim) Skipf(format string, args ...any) {
	v.skipped = true
	v.Fatalf(format, args...)
}

// fate runs what must end the test early, and returns what it said.
func fate(t *testing.T, run func(testing.TB)) (said string, skipped bool) {
	t.Helper()
	v := &victim{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(v)
	}()
	<-done
	if len(v.said) != 1 {
		t.Fatalf("it says %q, not one sentence", v.said)
	}
	return v.said[0], v.skipped
}

func TestMissingProgramIsNamed(t *testing.T) {
	t.Parallel()
	said, skipped := fate(t, func(t testing.TB) { binary(t, "no-such-server", "no-such-package") })
	if skipped == (runtime.GOOS == "linux") {
		t.Errorf("skipped: %v", skipped)
	}
	if !strings.Contains(said, "no-such-package") {
		t.Errorf("the package is not named: %s", said)
	}
}

func TestServerThatDoesNotComeUp(t *testing.T) {
	t.Parallel()
	binary(t, "named", "bind9")
	said, _ := fate(t, func(t testing.TB) {
		StartBIND(t, DNSConfig{Name: "ns7", Zones: []Zone{{Name: "example.test.", Text: "this is no zone"}}, UpdateTypes: []string{"NOSUCHTYPE"}})
	})
	if !strings.Contains(said, "ns7 does not come up: it ended by itself") {
		t.Errorf("it says %s", said)
	}
}

// Nothing here may touch the machine's own network.
func TestOutsideANamespace(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(testing.TB){
		"an address": func(t testing.TB) { StartBIND(t, DNSConfig{Listen: []string{"127.0.53.1:5353"}}) },
		"a firewall": func(t testing.TB) { Firewall(t, Block{Port: 25}) },
	} {
		if said, _ := fate(t, run); !strings.Contains(said, "InNamespace") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	ca, stranger := NewAuthority(t), NewAuthority(t)
	for name, c := range map[string]struct {
		certificate *Certificate
		want        string
	}{
		"good":    {ca.Issue(t, "mx.primary.test", "127.0.0.1"), ""},
		"expired": {ca.IssueExpired(t, "mx.primary.test"), "expired"},
		"name":    {ca.Issue(t, "mx.elsewhere.test"), "not mx.primary.test"},
		"unknown": {stranger.Issue(t, "mx.primary.test"), "unknown authority"},
	} {
		loaded, err := tls.LoadX509KeyPair(c.certificate.File, c.certificate.KeyFile)
		if err != nil {
			t.Fatal(err)
		}
		server, client := net.Pipe()
		go func() {
			_ = tls.Server(server, &tls.Config{Certificates: []tls.Certificate{loaded}}).HandshakeContext(t.Context())
		}()
		err = tls.Client(client, &tls.Config{ServerName: "mx.primary.test", RootCAs: ca.Pool()}).HandshakeContext(t.Context())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
		_ = client.Close()
	}
}

// AppArmor confines a server by its path, so a copy must run as well.
func TestCopiedProgramRuns(t *testing.T) {
	t.Parallel()
	copied := copyProgram(t, binary(t, "named", "bind9"), tempDir(t))
	if out, err := exec.CommandContext(t.Context(), copied, "-v").Output(); err != nil || !strings.HasPrefix(string(out), "BIND 9") {
		t.Errorf("the copy says %q, %v", out, err)
	}
}

const mailLog = `Nov 21 18:48:41 outside postfix/cleanup[58]: 96A2798669C: message-id=<one@outside.test>
Nov 21 18:48:41 outside postfix/smtp[59]: 96A2798669C: to=<anna@example.test>, relay=mx.primary.test[127.0.25.1]:25, delay=0.08, delays=0.01/0.05/0.01/0.02, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as A95E29854F4)
Nov 21 18:48:41 outside postfix/smtp[59]: 96A2798669C: to=<b@example.test>, orig_to=<B@example.test>, relay=none, delay=0.01, delays=0.01/0/0/0, dsn=4.4.1, status=deferred (connect to mx.primary.test[127.0.25.1]:25: Connection refused)
Nov 21 18:48:41 outside postfix/qmgr[52]: 96A2798669C: removed
`

func TestFates(t *testing.T) {
	t.Parallel()
	want := []Fate{
		{"96A2798669C", "<one@outside.test>", "anna@example.test", "mx.primary.test[127.0.25.1]:25", "sent", "2.0.0 250 2.0.0 Ok: queued as A95E29854F4"},
		{"96A2798669C", "<one@outside.test>", "b@example.test", "none", "deferred", "4.4.1 connect to mx.primary.test[127.0.25.1]:25: Connection refused"},
	}
	if got := fates(mailLog); !reflect.DeepEqual(got, want) {
		t.Errorf("read as %+v", got)
	}
}

func FuzzFates(f *testing.F) {
	f.Add(mailLog)
	f.Add("postfix/smtp[1]: A: to=<>, relay=x, dsn=5.0.0, status=bounced ()")
	f.Fuzz(func(t *testing.T, log string) {
		if got := fates(log); len(got) > strings.Count(log, "status=") {
			t.Errorf("%d fates in %q", len(got), log)
		}
	})
}
