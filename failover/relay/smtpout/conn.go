package smtpout

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Config says where to connect and how.
type Config struct {
	Dialer   failover.Dialer
	Endpoint failover.Endpoint
	TLS      *tls.Config // nil: the system's roots; the name checked is the endpoint's host if none is set
	Hostname string      // for EHLO
	// SignIn gives the SASL client for the mechanisms offered; nil: without signing in.
	SignIn   func(ctx context.Context, offered []string) (sasl.Client, error)
	Timeouts Timeouts
}

// Timeouts bound each phase as a whole. All must be set.
type Timeouts struct {
	Connect, Greeting, Command, Data, Block, End time.Duration
}

// Phase is where in a conversation something went wrong.
type Phase string

// The phases, in order.
const (
	Dialing   Phase = "connect"
	Greeting  Phase = "greeting"
	Hello     Phase = "hello"
	Securing  Phase = "tls"
	SigningIn Phase = "sign-in"
	Sending   Phase = "envelope" // MAIL, RCPT, DATA
	Data      Phase = "data"
	End       Phase = "end" // the data has been ended
)

// Fault is why a connection cannot be used, or not any more.
type Fault struct {
	Phase Phase
	// Reply is the server's, where it was its answer that ends it.
	Reply Reply
	// Err is the cause otherwise: of the network, of TLS, [ErrGarbage] and so on.
	Err error
	// Ours: the sign-in came to nothing on our side, before the server refused it.
	Ours bool
	// Stale: the connection was kept, and was found closed, or closed with 421, before
	// anything was said about this message: it was kept too long, and that is all.
	Stale bool
}

// Errors that a Fault carries.
var (
	ErrNoTLS       = errors.New("STARTTLS is not offered")
	ErrNoAuth      = errors.New("AUTH is not offered")
	ErrUnprotected = errors.New("the connection is not protected")
	ErrInjected    = errors.New("octets before the TLS handshake")
)

// Error tells phase and cause, for the log.
func (f *Fault) Error() string {
	if f.Reply.Code != 0 {
		return "smtp " + string(f.Phase) + ": " + f.Reply.String()
	}
	return "smtp " + string(f.Phase) + ": " + f.Err.Error()
}

// Unwrap gives the cause to errors.Is and errors.As.
func (f *Fault) Unwrap() error { return f.Err }

// TimedOut reports that the server let the phase's time pass.
func (f *Fault) TimedOut() bool { return errors.Is(f.Err, os.ErrDeadlineExceeded) }

// Conn is a connection to a provider, ready for messages. One goroutine uses it.
type Conn struct {
	raw net.Conn
	c   net.Conn // raw, or TLS over it
	in  *bufio.Reader
	out *bufio.Writer

	t        Timeouts
	host     string
	hostname string
	ext      map[string]string
	facts    *relay.TLS
	dirty    bool // a transaction was left open
	work     *pending
	phase    Phase
	kept     bool // a message has gone over it before
	heard    bool // the server has said something about the present one
}

// Connect dials, protects the connection and signs in. The error is a *Fault.
func Connect(ctx context.Context, config Config) (*Conn, error) {
	address := net.JoinHostPort(config.Endpoint.Host, strconv.Itoa(int(config.Endpoint.Port)))
	dialing, cancel := context.WithTimeout(ctx, config.Timeouts.Connect)
	defer cancel()
	raw, err := config.Dialer.DialContext(dialing, "tcp", address)
	if err != nil {
		return nil, &Fault{Phase: Dialing, Err: err}
	}
	c := &Conn{raw: raw, t: config.Timeouts, host: config.Endpoint.Host, hostname: config.Hostname, phase: Greeting}
	c.use(raw)
	stop := context.AfterFunc(ctx, c.interrupt)
	defer stop()
	if err := c.prepare(ctx, config); err != nil {
		_ = raw.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) prepare(ctx context.Context, config Config) error {
	if config.Endpoint.Security == failover.ImplicitTLS {
		c.phase = Securing
		if err := c.secure(ctx, config); err != nil {
			return err
		}
	}
	c.phase = Greeting
	if err := c.expect(ctx, c.t.Greeting, 220); err != nil {
		return err
	}
	if err := c.hello(ctx, config.Endpoint.Security == ""); err != nil {
		return err
	}
	if config.Endpoint.Security == failover.StartTLS {
		if err := c.startTLS(ctx, config); err != nil {
			return err
		}
	}
	if config.SignIn != nil {
		return c.signIn(ctx, config.SignIn)
	}
	return nil
}

func (c *Conn) use(to net.Conn) {
	c.c = to
	c.in = bufio.NewReaderSize(to, mostLine)
	c.out = bufio.NewWriterSize(to, blockSize)
}

// interrupt makes whatever waits on the connection return.
func (c *Conn) interrupt() { _ = c.raw.SetDeadline(time.Unix(1, 0)) }

// allow gives the next exchange its time.
func (c *Conn) allow(ctx context.Context, d time.Duration) {
	_ = c.raw.SetDeadline(time.Now().Add(d))
	if ctx.Err() != nil {
		c.interrupt()
	}
}

func (c *Conn) fault(err error) *Fault {
	f := &Fault{Phase: c.phase, Err: err}
	f.Stale = c.kept && !c.heard && c.phase == Sending && !f.TimedOut()
	return f
}

// flush sends what is buffered.
func (c *Conn) flush(ctx context.Context, d time.Duration) error {
	c.allow(ctx, d)
	if err := c.out.Flush(); err != nil {
		return c.fault(err)
	}
	return nil
}

// read reads a reply within d.
func (c *Conn) read(ctx context.Context, d time.Duration) (Reply, error) {
	c.allow(ctx, d)
	r, err := readReply(c.in)
	if err != nil {
		return r, c.fault(err)
	}
	c.heard = c.heard || r.Code != 421
	return r, nil
}

func (c *Conn) expect(ctx context.Context, d time.Duration, code int) error {
	r, err := c.read(ctx, d)
	if err == nil && r.Code != code {
		err = &Fault{Phase: c.phase, Reply: r}
	}
	return err
}

// ask sends one command and reads its reply.
func (c *Conn) ask(ctx context.Context, line string) (Reply, error) {
	_, _ = c.out.WriteString(line + "\r\n") // the error stays with the writer, and Flush tells it
	if err := c.flush(ctx, c.t.Command); err != nil {
		return Reply{}, err
	}
	return c.read(ctx, c.t.Command)
}

// hello says EHLO, or HELO to a server that is too old where nothing depends on it.
func (c *Conn) hello(ctx context.Context, old bool) error {
	c.phase = Hello
	c.ext = map[string]string{}
	r, err := c.ask(ctx, "EHLO "+c.hostname)
	if err == nil && old && (r.Code == 500 || r.Code == 502) {
		r, err = c.ask(ctx, "HELO "+c.hostname)
		r.Lines = nil
	}
	if err != nil {
		return err
	}
	if r.Code != 250 {
		return &Fault{Phase: Hello, Reply: r}
	}
	for _, line := range r.Lines[min(1, len(r.Lines)):] {
		word, rest, _ := strings.Cut(line, " ")
		if name, value, found := strings.Cut(word, "="); found && strings.EqualFold(name, "AUTH") {
			word, rest = name, value+" "+rest // "AUTH=LOGIN", as very old servers say
		}
		word = strings.ToUpper(word)
		c.ext[word] = strings.TrimSpace(c.ext[word] + " " + rest)
	}
	return nil
}

func (c *Conn) startTLS(ctx context.Context, config Config) error {
	c.phase = Securing
	if _, ok := c.ext["STARTTLS"]; !ok {
		return c.fault(ErrNoTLS)
	}
	r, err := c.ask(ctx, "STARTTLS")
	if err != nil {
		return err
	}
	if r.Code != 220 {
		return &Fault{Phase: Securing, Reply: r}
	}
	if c.in.Buffered() > 0 {
		return c.fault(ErrInjected) // somebody on the way speaks in the server's name
	}
	if err := c.secure(ctx, config); err != nil {
		return err
	}
	return c.hello(ctx, false)
}

// secure does the TLS handshake; the certificate is checked whatever the config says.
func (c *Conn) secure(ctx context.Context, config Config) error {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if config.TLS != nil {
		settings = config.TLS.Clone()
		settings.InsecureSkipVerify = false
		settings.MinVersion = max(settings.MinVersion, tls.VersionTLS12)
	}
	if settings.ServerName == "" {
		settings.ServerName = strings.TrimSuffix(config.Endpoint.Host, ".")
	}
	c.allow(ctx, c.t.Command)
	conn := tls.Client(c.raw, settings)
	if err := conn.HandshakeContext(ctx); err != nil {
		return c.fault(err)
	}
	state := conn.ConnectionState()
	c.facts = &relay.TLS{
		Version: tls.VersionName(state.Version), Cipher: tls.CipherSuiteName(state.CipherSuite), Name: settings.ServerName,
	}
	c.use(conn)
	return nil
}

// TLS returns how the connection is protected; nil: not at all.
func (c *Conn) TLS() *relay.TLS { return c.facts }

// Size returns the largest message that the server takes (RFC 1870), or 0 where it does not say.
func (c *Conn) Size() int64 {
	n, err := strconv.ParseInt(c.ext["SIZE"], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Offers reports whether the server has an extension, such as "CHUNKING".
func (c *Conn) Offers(extension string) bool {
	_, ok := c.ext[extension]
	return ok
}

// Quit takes leave, without waiting long for the answer, and closes.
func (c *Conn) Quit(ctx context.Context) {
	c.t.Command = min(c.t.Command, time.Second)
	_, _ = c.ask(ctx, "QUIT")
	c.Close()
}

// Close closes the connection; what was not ended is not taken by the server.
func (c *Conn) Close() {
	c.drop()
	_ = c.raw.Close()
}
