package smtpout

import (
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
)

// canned is a dialer to a server that says what it has to say whatever it hears.
type canned string

func (c canned) DialContext(context.Context, string, string) (net.Conn, error) {
	return cannedConn{strings.NewReader(string(c))}, nil
}

type cannedConn struct{ io.Reader }

func (cannedConn) Write(p []byte) (int, error)      { return len(p), nil }
func (cannedConn) Close() error                     { return nil }
func (cannedConn) LocalAddr() net.Addr              { return nil }
func (cannedConn) RemoteAddr() net.Addr             { return nil }
func (cannedConn) SetDeadline(time.Time) error      { return nil }
func (cannedConn) SetReadDeadline(time.Time) error  { return nil }
func (cannedConn) SetWriteDeadline(time.Time) error { return nil }

const message = "Subject: x\r\n\r\n.hello\r\n"

func converse(t testing.TB, says string, security failover.Security, to ...string) (Outcome, Reply, error) {
	second := time.Second
	c, err := Connect(t.Context(), Config{
		Dialer: canned(says), Endpoint: failover.Endpoint{Host: "smtp.test", Port: 587, Security: security}, Hostname: "here.test",
		Timeouts: Timeouts{Connect: second, Greeting: second, Command: second, Data: second, Block: second, End: second},
	})
	if err != nil {
		return Outcome{}, Reply{}, err
	}
	defer c.Close()
	o, err := c.Send(t.Context(), Mail{From: "a@example.test", To: to, Size: int64(len(message)), Body: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(message)), nil
	}})
	if err != nil || !o.Open {
		return o, Reply{}, err
	}
	r, err := c.Finish(t.Context())
	return o, r, err
}

// Whatever a server says, the conversation ends, and a message counts as taken only after
// a 2xx to MAIL, to a recipient and to the end of the data each, and 354 between.
func FuzzConversation(f *testing.F) {
	well := "220 hi\r\n250-hi\r\n250-PIPELINING\r\n250 SIZE 1000\r\n250 ok\r\n250 ok\r\n550 no\r\n354 go\r\n250 taken\r\n"
	f.Add(well)
	f.Add(strings.Replace(well, "250 ok", "451 later", 1))
	f.Add(strings.Replace(well, "354 go", "250 go", 1))
	f.Add(strings.Replace(well, "250 taken", "", 1))
	f.Add("220 hi\r\n250-hi\r\n250 CHUNKING\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n")
	f.Add("220 hi\r\n502 what\r\n250 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n421 bye\r\n")
	f.Add("220 hi\r\n250-hi\r\n250 SIZE -99999999999999999999\r\n")
	f.Fuzz(func(t *testing.T, says string) {
		o, r, err := converse(t, says, "", "b@example.test", "c@example.test")
		if err != nil || !r.Positive() {
			return
		}
		if !o.Mail.Positive() || !o.Rcpt[0].Positive() && !o.Rcpt[1].Positive() {
			t.Fatalf("taken after %+v", o)
		}
		if !bytes.Contains([]byte(says), []byte("354")) {
			t.Fatal("taken without being asked for the data")
		}
	})
}

func TestConversation(t *testing.T) {
	t.Parallel()
	for _, pipelining := range []string{"", "250-PIPELINING\r\n"} {
		o, r, err := converse(t, "220 hi\r\n250-hi\r\n"+pipelining+"250 SIZE 1000\r\n250 ok\r\n250 ok\r\n550 5.1.1 no\r\n354 go\r\n250 taken\r\n", "", "b@example.test", "c@example.test")
		if err != nil || r.String() != "250 taken" || !o.Rcpt[0].Positive() || o.Rcpt[1].Enhanced() != "5.1.1" {
			t.Errorf("%+v, %v, %v", o, r, err)
		}
	}
}

// What follows STARTTLS before the handshake is somebody else's (CVE-2011-0411).
func TestInjectedBeforeTLS(t *testing.T) {
	t.Parallel()
	_, _, err := converse(t, "220 hi\r\n250-hi\r\n250 STARTTLS\r\n220 go\r\n250 injected\r\n", failover.StartTLS, "b@example.test")
	if f, ok := err.(*Fault); !ok || f.Err != ErrInjected { //nolint:errorlint // exactly these
		t.Errorf("%v", err)
	}
}

// A password does not leave over a line that is not protected, but to this machine.
func TestPasswordsStayHere(t *testing.T) {
	t.Parallel()
	second := time.Second
	_, err := Connect(t.Context(), Config{
		Dialer: canned("220 hi\r\n250-hi\r\n250 AUTH PLAIN\r\n235 welcome\r\n"), Endpoint: failover.Endpoint{Host: "smtp.test", Port: 587}, Hostname: "here.test",
		Timeouts: Timeouts{Connect: second, Greeting: second, Command: second, Data: second, Block: second, End: second},
		SignIn: func(context.Context, []string) (sasl.Client, error) {
			t.Error("the credential was asked for")
			return sasl.NewPlainClient("", "a", "b"), nil
		},
	})
	if f, ok := err.(*Fault); !ok || f.Err != ErrUnprotected || !f.Ours { //nolint:errorlint // exactly these
		t.Errorf("%v", err)
	}
}
