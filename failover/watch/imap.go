package watch

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/probe"
)

// dialogue is one IMAP connection (RFC 9051), as far as signing in and taking leave.
// It is kept small on purpose: what the server says word for word is the evidence.
type dialogue struct {
	conn     net.Conn
	in       *bufio.Reader
	where    string
	patience time.Duration
	tag      int
	heard    bool // the server has said something
	offers   []string
	secrets  []string // what no answer may give back
	release  func() bool
}

// imap connects to an IMAP server with checked TLS, signs in, and takes leave.
// Without a user it goes as far as the capabilities.
func (w *Watcher) imap(ctx context.Context, end failover.Endpoint, a Access) probe.Word {
	addrs, err := w.addresses(ctx, end.Host)
	switch {
	case err != nil:
		ending := probe.EndingOf(err)
		if ending != probe.Nothing {
			ending = probe.Later // a resolver says that it failed
		}
		return probe.Word{Stage: probe.AtResolve, Ending: ending, Answer: clean(err.Error())}
	case len(addrs) == 0:
		return probe.Word{Stage: probe.AtResolve, Ending: probe.Unnamed, Answer: "no address"}
	}
	var d *dialogue
	var word probe.Word
	for i, addr := range addrs[:min(len(addrs), maxAddresses)] {
		var why probe.Word
		if d, why = w.connectIMAP(ctx, end, netip.AddrPortFrom(addr, end.Port)); i == 0 {
			word = why
		}
		if d != nil || ctx.Err() != nil {
			break
		}
	}
	if d == nil {
		return word
	}
	defer d.close()
	return d.run(ctx, w, end, a)
}

// maxAddresses is how many addresses of one host are tried.
const maxAddresses = 4

func (w *Watcher) connectIMAP(ctx context.Context, end failover.Endpoint, at netip.AddrPort) (*dialogue, probe.Word) {
	where := fmt.Sprintf("%s (%s)", failover.Display(end.Host), at)
	dialing, cancel := context.WithTimeout(ctx, w.replyPatience())
	defer cancel()
	conn, err := w.opt.Dialer.DialContext(dialing, "tcp", at.String())
	if err != nil {
		word := probe.Word{Stage: probe.AtConnect, Ending: probe.EndingOf(err), Answer: clean(err.Error()), Where: where}
		if at.Addr().Is6() && probe.NoRoute(err) {
			word.Ending = probe.Ours
		}
		return nil, word
	}
	d := &dialogue{conn: conn, in: bufio.NewReaderSize(conn, maxLine), where: where, patience: w.replyPatience()}
	d.release = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return d, probe.Word{}
}

func (d *dialogue) close() {
	d.release()
	_ = d.conn.Close()
}

// run has the whole dialogue.
func (d *dialogue) run(ctx context.Context, w *Watcher, end failover.Endpoint, a Access) probe.Word {
	if end.Security != failover.StartTLS {
		if err := d.secure(ctx, w, end, a.TLS); err != nil {
			return d.fault(ctx, probe.HandshakeStage(err, true), err)
		}
	}
	hello, err := d.read()
	switch {
	case err != nil:
		return d.fault(ctx, probe.AtBanner, err)
	case hello.status != "OK" && hello.status != "PREAUTH":
		return d.said(probe.AtBanner, hello)
	}
	if end.Security == failover.StartTLS {
		r, err := d.command("STARTTLS")
		if err == nil && r.status == "OK" && d.in.Buffered() > 0 {
			err = errors.New("the server sends plain text after it agreed to TLS")
		}
		if err == nil && r.status == "OK" {
			err = d.secure(ctx, w, end, a.TLS)
		}
		if err != nil {
			return d.fault(ctx, probe.AtTLS, err)
		}
		if r.status != "OK" {
			return d.said(probe.AtTLS, r)
		}
	}
	if r, err := d.command("CAPABILITY"); err != nil {
		return d.fault(ctx, probe.AtEHLO, err)
	} else if r.status != "OK" {
		return d.said(probe.AtEHLO, r)
	}
	if a.User == "" {
		d.leave()
		return probe.Word{Stage: probe.AtEHLO, Ending: probe.Well, Where: d.where}
	}
	return d.signIn(ctx, a)
}

// secure takes up TLS and checks whose certificate it is.
func (d *dialogue) secure(ctx context.Context, w *Watcher, end failover.Endpoint, conf *tls.Config) error {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if conf != nil {
		c = conf.Clone()
	}
	c.ServerName, c.Time = strings.TrimSuffix(failover.FQDN(end.Host), "."), w.opt.Now
	conn := tls.Client(d.conn, c)
	handshake, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	if err := conn.HandshakeContext(handshake); err != nil {
		return err
	}
	d.conn, d.in = conn, bufio.NewReaderSize(conn, maxLine)
	return nil
}

// signIn authenticates with PLAIN (RFC 4616), or with LOGIN where that is not
// offered.
func (d *dialogue) signIn(ctx context.Context, a Access) probe.Word {
	password, err := a.Password(ctx)
	if err != nil {
		d.leave()
		return probe.Word{Stage: probe.AtSignIn, Ending: probe.Ours, Where: d.where, Answer: clean(err.Error())}
	}
	plain := base64.StdEncoding.EncodeToString([]byte("\x00" + a.User + "\x00" + password))
	d.secrets = []string{password, plain, base64.StdEncoding.EncodeToString([]byte(password))}
	offers := func(what string) bool { return slices.Contains(d.offers, what) }
	var r response
	switch {
	case offers("AUTH=PLAIN") && offers("SASL-IR"): // RFC 4959
		r, err = d.command("AUTHENTICATE PLAIN " + plain)
	case offers("AUTH=PLAIN"):
		if r, err = d.command("AUTHENTICATE PLAIN"); err == nil && r.tag == "+" {
			r, err = d.answer(plain)
		}
	case !offers("LOGINDISABLED") && quotable(a.User) && quotable(password):
		r, err = d.command("LOGIN " + quoted(a.User) + " " + quoted(password))
	default:
		d.leave()
		return probe.Word{Stage: probe.AtSignIn, Ending: probe.Never, Where: d.where, Answer: clean("offers no sign-in with a password: " + strings.Join(d.offers, " "))}
	}
	if err != nil {
		return d.fault(ctx, probe.AtSignIn, err)
	}
	if r.status != "OK" {
		return d.said(probe.AtSignIn, r)
	}
	d.leave()
	return probe.Word{Stage: probe.AtSignIn, Ending: probe.Well, Where: d.where}
}

// quotable reports whether a text may stand in a quoted string (RFC 9051 section 4.3).
func quotable(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// command sends a command and reads on to its tagged response, or to a request to go
// on, or to a farewell.
func (d *dialogue) command(text string) (response, error) {
	d.tag++
	return d.exchange("a" + strconv.Itoa(d.tag) + " " + text)
}

// answer answers a request to go on.
func (d *dialogue) answer(text string) (response, error) { return d.exchange(text) }

func (d *dialogue) exchange(line string) (response, error) {
	_ = d.conn.SetDeadline(time.Now().Add(d.patience))
	if _, err := d.conn.Write([]byte(line + "\r\n")); err != nil {
		return response{}, err
	}
	var farewell response
	for range maxLines {
		r, err := d.read()
		switch {
		case err != nil && farewell.status != "":
			return farewell, nil
		case err != nil:
			return r, err
		case r.tag == "*" && r.status == "BYE":
			farewell = r
		case r.tag == "*" && len(r.words) > 0 && r.words[0] == "CAPABILITY":
			d.offers = r.words[1:]
		case r.tag == "+" || r.tag == "a"+strconv.Itoa(d.tag):
			return r, nil
		}
	}
	return response{}, errEndless
}

// read reads one line; it has to come within the patience.
func (d *dialogue) read() (response, error) {
	_ = d.conn.SetDeadline(time.Now().Add(d.patience))
	r, err := readResponse(d.in)
	d.heard = d.heard || err == nil
	return r, err
}

// leave takes leave without waiting for the answer.
func (d *dialogue) leave() {
	d.tag++
	_ = d.conn.SetDeadline(time.Now().Add(min(d.patience, 2*time.Second)))
	_, _ = d.conn.Write([]byte("a" + strconv.Itoa(d.tag) + " LOGOUT\r\n")) // whatever comes, we are going
}

// said makes the word that a response other than OK is.
func (d *dialogue) said(at probe.Stage, r response) probe.Word {
	word := probe.Word{Stage: at, Ending: probe.Never, Where: d.where, Answer: d.redact(r.text)}
	switch {
	case r.code == "LIMIT", strings.Contains(strings.ToLower(r.text), "too many"):
		word.Ending = probe.Ours
	case r.status == "BYE", r.code == "UNAVAILABLE", r.code == "INUSE", r.code == "SERVERBUG":
		word.Ending = probe.Later
	}
	return word
}

// fault makes the word that an error is.
func (d *dialogue) fault(ctx context.Context, at probe.Stage, err error) probe.Word {
	word := probe.Word{Stage: at, Ending: probe.EndingOf(err), Where: d.where, Answer: d.redact(clean(err.Error()))}
	switch {
	case errors.Is(err, errNoIMAP):
		word.Ending = probe.Never
	case errors.Is(err, errEndless):
		word.Ending = probe.Nothing
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && d.heard:
		word.Ending = probe.Late
	case ctx.Err() != nil:
		word.Ending = probe.EndingOf(ctx.Err())
	}
	return word
}

func (d *dialogue) redact(text string) string {
	for _, secret := range d.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}
