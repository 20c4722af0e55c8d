package submit

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"slices"
)

// look decides what becomes of a command line: c.give is set when go-smtp is to have
// it. The error says that the connection ends.
func (c *conn) look(line []byte) error {
	if c.exchange {
		c.exchange = false
		c.give = line
		return nil
	}
	text := bytes.TrimRight(line, "\r\n")
	if i := slices.IndexFunc(text, func(b byte) bool { return b < ' ' && b != '\t' || b == 0x7f }); i >= 0 {
		return c.mistake("500 5.5.2 There is a control character in the command line")
	}
	verb, arg, _ := bytes.Cut(text, []byte(" "))
	switch name := string(bytes.ToUpper(verb)); {
	case name == "STARTTLS":
		return c.startTLS(len(bytes.TrimSpace(arg)) > 0)
	case name == "EHLO" || name == "HELO":
		if len(arg) > 255 {
			return c.mistake("501 5.5.4 Nobody's name is that long")
		}
		c.hello = name == "EHLO"
		c.extended = c.hello
		c.again = false
	case name == "BDAT":
		return c.chunk(string(arg))
	case c.again && name != "QUIT" && name != "NOOP" && name != "RSET":
		return c.mistake("503 5.5.1 Say EHLO again after STARTTLS (RFC 3207 section 4.2)")
	case c.session != nil && c.session.chunks != nil && name == "DATA":
		return c.mistake("503 5.5.1 This message comes with BDAT; end it with BDAT 0 LAST, or give it up with RSET")
	}
	c.give = line
	return nil
}

// appendExtensions adds the reply to EHLO, with what is offered at this moment. DSN
// (RFC 3461) is not: a sender is told of every failure and every long delay anyway, and
// a promise to report success could not be kept for a recipient beyond the provider.
// BINARYMIME is not, since hardly a provider takes it.
func (c *conn) appendExtensions(b []byte) []byte {
	b = fmt.Appendf(b, "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250-SMTPUTF8\r\n", c.server.opt.Hostname)
	if !c.secure && c.server.opt.Certificate != nil {
		b = append(b, "250-STARTTLS\r\n"...)
	}
	if c.secure {
		b = append(b, "250-AUTH PLAIN LOGIN\r\n"...)
	}
	return fmt.Appendf(b, "250-LIMITS RCPTMAX=%d\r\n250 SIZE %d\r\n", c.server.opt.MaxRecipients, c.server.opt.MaxSize)
}

// startTLS upgrades the connection. What the client sent after the command in the clear,
// or somebody in between put there, is thrown away, and the session begins anew
// (RFC 3207 section 4.2; CVE-2011-0411).
func (c *conn) startTLS(withArgument bool) error {
	switch {
	case withArgument:
		return c.mistake("501 5.5.4 STARTTLS has no parameter")
	case c.secure:
		return c.mistake("503 5.5.1 This is TLS already")
	case c.server.opt.Certificate == nil:
		return c.mistake("502 5.5.1 There is no TLS here")
	}
	if extra := c.w - c.r; extra > 0 {
		c.server.opt.Log.Warn("relay: commands after STARTTLS are thrown away", "client", c.client, "bytes", extra)
	}
	c.r, c.w = 0, 0
	c.reply("220 2.0.0 Ready to start TLS")
	if err := c.flush(); err != nil {
		return err
	}
	if c.session != nil {
		c.session.Reset()
	}
	c.again = true
	return c.handshake()
}

// handshake puts TLS over the connection.
func (c *conn) handshake() error {
	t := tls.Server(c.Conn, &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.server.cert.get() },
	})
	life := c.server.life
	if life == nil { // turned away before anything runs
		return errEnded
	}
	ctx, done := context.WithTimeout(life, c.server.times.handshake)
	defer done()
	if err := t.HandshakeContext(ctx); err != nil {
		c.server.opt.Log.Debug("relay: TLS", "client", c.client, "error", err)
		c.out = c.out[:0] // none of it can be read any more
		return err
	}
	c.wire, c.secure = t, true
	return nil
}
