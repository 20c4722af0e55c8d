package imaplink

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"lifeboat/mailstore"
)

func (o Options) defaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Server.TLS == "" {
		o.Server.TLS = Implicit
	}
	if o.Server.Port == 0 {
		o.Server.Port = map[Security]int{Implicit: 993, StartTLS: 143}[o.Server.TLS]
	}
	if o.CompressBelow == 0 {
		o.CompressBelow = 1 << 20
	}
	p := &o.Patience
	for _, d := range []struct {
		value      *time.Duration
		by, atMost time.Duration
	}{
		{&p.Connect, 30 * time.Second, time.Hour}, {&p.Answer, 3 * time.Minute, time.Hour},
		{&p.Stall, 45 * time.Second, time.Hour}, {&p.Idle, 25 * time.Minute, 29 * time.Minute},
	} {
		if *d.value <= 0 {
			*d.value = d.by
		}
		*d.value = min(*d.value, d.atMost)
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	o.TLS = o.TLS.Clone()
	if o.TLS.ServerName == "" {
		o.TLS.ServerName = o.Server.Host
	}
	o.TLS.MinVersion = max(o.TLS.MinVersion, tls.VersionTLS12)
	return o
}

// Dial connects, checks the server's certificate and signs in. Errors are
// *mailstore.Error: ErrUnreachable, ErrCertificate, ErrSignIn, ErrThrottled,
// ErrServer, ErrUnsupported, ErrInvalid.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	o = o.defaults()
	if o.Server.Host == "" || o.Dialer == nil || o.SignIn == nil || (o.Server.TLS != Implicit && o.Server.TLS != StartTLS) {
		return nil, mailstore.Fail(mailstore.ErrInvalid, "The settings of the mail server are incomplete: {server}", "server", o.Server.Host)
	}
	release, err := o.Budget.enter(ctx)
	if err != nil {
		return nil, err
	}
	c := &Conn{host: o.Server.Host, options: o, now: o.Now, log: o.Log, release: release, names: map[string]string{}}
	if err := c.dial(ctx); err != nil {
		c.drop()
		return nil, err
	}
	return c, nil
}

func (c *Conn) dial(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.Patience.Connect)
	defer cancel()
	address := net.JoinHostPort(c.host, strconv.Itoa(c.options.Server.Port))
	conn, err := c.options.Dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return mailstore.Fail(mailstore.ErrUnreachable, "{server} cannot be reached at {address}. It is tried again by itself; check the name, the port and this line.", "server", c.host, "address", address).Because(err)
	}
	p := &pace{Conn: conn, answer: c.options.Patience.Answer, stall: c.options.Patience.Stall}
	p.trips.Add(1) // TCP's own
	g := &greeter{conn: c, link: newLink(p, p)}
	c.link = g.link
	defer c.link.watch(ctx)()
	p.begin() // until the library has taken over
	if err := g.signIn(ctx); err != nil {
		return c.broken(err)
	}
	p.end()
	c.caps = makeCaps(g.caps, c.options)
	c.library = imapclient.New(c.link, nil)
	if err := c.library.WaitGreeting(); err != nil {
		return c.broken(err)
	}
	return nil
}

// masked are capabilities that the library is not told of: IMAP4rev2, with which it
// sends names in UTF-8 to servers that want modified UTF-7 until told otherwise (RFC
// 9051 appendix A), and that some tenants of Microsoft 365 announce and lack.
var masked = []string{"IMAP4REV2"}

// greeter is what goes on before the library takes over: greeting, STARTTLS and
// sign-in, in the goroutine of whoever dials.
type greeter struct {
	conn *Conn
	link *link
	caps []string
	tags int
}

func (g *greeter) signIn(ctx context.Context) error {
	options := g.conn.options
	if options.Server.TLS == Implicit {
		if err := g.encrypt(ctx); err != nil {
			return err
		}
	}
	r, err := g.link.wire.read()
	if err != nil {
		return err
	}
	if r.tag != "*" {
		return protocol("a greeting that is none")
	}
	preauth := r.kind == "PREAUTH"
	greeting := r.greeting()
	switch r.kind {
	case "OK", "PREAUTH":
		g.caps = greeting
	case "BYE":
		a := r.answer()
		g.link.bye = a.line()
		return protocol("BYE as a greeting")
	default:
		return protocol("a greeting that is none")
	}
	if options.Server.TLS == StartTLS {
		if preauth {
			// RFC 9051 section 11.3: then STARTTLS is no longer possible.
			return mailstore.Fail(mailstore.ErrServer, "{server} lets everybody in before the connection is encrypted, so it was not used. Try TLS from the start (port 993).", "server", g.conn.host)
		}
		if err := g.startTLS(ctx); err != nil {
			return err
		}
	}
	if g.caps == nil {
		if err := g.capability(); err != nil {
			return err
		}
	}
	if !preauth {
		before := slices.Clone(g.caps)
		g.caps = nil
		if err := g.authenticate(ctx, before); err != nil {
			return err
		}
		if g.caps == nil {
			if err := g.capability(); err != nil {
				return err
			}
		}
	}
	return g.handOver()
}

// handOver prepares what the library reads first: a greeting that says it is signed
// in, whatever was said to us.
func (g *greeter) handOver() error {
	told := slices.DeleteFunc(slices.Clone(g.caps), func(c string) bool { return slices.Contains(masked, c) })
	g.link.lib = fmt.Appendf(nil, "* PREAUTH [CAPABILITY %s] signed in\r\n", strings.Join(told, " "))
	return nil
}

// greeting is the capabilities within a status response, nil where it has none. The
// response can be read again.
func (r *response) greeting() []string {
	text := string(bytes.TrimLeft(r.rest(), " "))
	if len(text) < 12 || !strings.EqualFold(text[:12], "[CAPABILITY ") {
		return nil
	}
	list, _, _ := strings.Cut(text[12:], "]")
	return capabilities(list)
}

// capabilities are those of a list, in upper case, less what is no atom.
func capabilities(list string) (out []string) {
	for _, c := range strings.Fields(strings.ToUpper(list)) {
		if !strings.ContainsFunc(c, func(r rune) bool {
			return r <= ' ' || r >= 0x7F || strings.ContainsRune(`(){}%*"\[]`, r)
		}) && len(out) < 500 {
			out = append(out, c)
		}
	}
	return out
}

func (g *greeter) encrypt(ctx context.Context) error {
	conn := tls.Client(g.link.pace, g.conn.options.TLS)
	began := time.Now()
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	g.conn.trip = time.Since(began)
	state := conn.ConnectionState()
	g.conn.info.TLS = tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		g.conn.info.CertificateEnds = state.PeerCertificates[0].NotAfter
	}
	g.link.conn = conn
	g.link.wire.br.Reset(conn)
	return nil
}

func (g *greeter) startTLS(ctx context.Context) error {
	if g.caps != nil && !slices.Contains(g.caps, "STARTTLS") {
		return mailstore.Fail(mailstore.ErrUnsupported, "{server} does not offer STARTTLS, so the connection was not used. Try TLS from the start (port 993).", "server", g.conn.host)
	}
	a, err := g.ask("STARTTLS", nil)
	if err != nil {
		return err
	}
	if a.status != "OK" {
		return mailstore.Fail(mailstore.ErrUnsupported, "{server} refuses STARTTLS: {answer}", "server", g.conn.host, "answer", a.line())
	}
	// Whoever sits on the line put words there that would pass for the server's once it
	// is encrypted (RFC 9051 section 11.1; CVE-2021-38371 and others): they came along
	// with the answer, or come where TLS begins.
	injected := mailstore.Fail(mailstore.ErrServer, "Somebody put words into the connection to {server} before it was encrypted, so it was not used. Look for something on this line that changes connections.", "server", g.conn.host)
	if g.link.wire.br.Buffered() > 0 {
		return injected
	}
	g.caps = nil // what was said in the clear counts for nothing (section 6.2.1)
	err = g.encrypt(ctx)
	var plain tls.RecordHeaderError
	if errors.As(err, &plain) {
		return injected.Because(err)
	}
	return err
}

func (g *greeter) capability() error {
	a, err := g.ask("CAPABILITY", nil)
	if err != nil {
		return err
	}
	if a.status != "OK" || g.caps == nil {
		return protocol("no answer to CAPABILITY")
	}
	return nil
}

// ask sends a command and reads to its answer. Each "+" of the server is answered
// with the line that next returns.
func (g *greeter) ask(command string, next func(challenge string) string) (answer, error) {
	g.tags++
	tag := "S" + strconv.Itoa(g.tags)
	if err := g.write(tag + " " + command); err != nil {
		return answer{}, err
	}
	for turns := 0; ; {
		r, err := g.link.wire.read()
		if err != nil {
			return answer{}, err
		}
		switch {
		case r.tag == "+":
			if turns++; next == nil || turns > 20 {
				return answer{}, protocol("an invitation to go on with nothing")
			}
			if err := g.write(next(string(r.rest()))); err != nil {
				return answer{}, err
			}
		case r.tag == tag:
			if caps := r.greeting(); caps != nil && r.kind == "OK" {
				g.caps = caps
			}
			a := r.answer()
			if a.status != "OK" && a.status != "NO" && a.status != "BAD" {
				return a, protocol("an answer that is neither yes nor no")
			}
			return a, nil
		case r.tag != "*":
			return answer{}, protocol("an answer to what nobody asked")
		case r.kind == "BYE":
			g.link.bye = r.answer().line()
		case r.kind == "CAPABILITY":
			g.caps = capabilities(string(r.rest()))
		default:
			if err := errors.Join(r.finish(), g.link.count(false)); err != nil {
				return answer{}, err
			}
		}
	}
}

func (g *greeter) write(line string) error {
	_, err := g.link.conn.Write([]byte(line + "\r\n"))
	return err
}

func makeCaps(all []string, o Options) Caps {
	has := func(c string) bool { return slices.Contains(all, c) }
	return Caps{
		CondStore: has("CONDSTORE") || has("QRESYNC"), QResync: has("QRESYNC") && has("ENABLE") && !o.NoQResync,
		Compress: has("COMPRESS=DEFLATE") && !o.NoCompress, Idle: has("IDLE"), ListStatus: has("LIST-STATUS"),
		SpecialUse: has("SPECIAL-USE"), ObjectID: has("OBJECTID"), Gmail: has("X-GM-EXT-1"), ESearch: has("ESEARCH"),
		UIDPlus: has("UIDPLUS"), Move: has("MOVE"), Namespace: has("NAMESPACE"),
		LiteralPlus: has("LITERAL+"), LiteralMinus: has("LITERAL-"), All: all,
	}
}
