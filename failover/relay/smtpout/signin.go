package smtpout

import (
	"context"
	"encoding/base64"
	"net"
	"strings"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
)

// mostSteps bounds an exchange that never ends.
const mostSteps = 12

// mostAuthLine is how long the AUTH command and its answers may be (RFC 4954 section 4).
const mostAuthLine = 12288

// signIn signs in (RFC 4954). A password never leaves over a line that is not protected,
// but to this machine itself.
func (c *Conn) signIn(ctx context.Context, choose func(context.Context, []string) (sasl.Client, error)) error {
	c.phase = SigningIn
	if c.facts == nil && !c.loopback() {
		return c.ours(ErrUnprotected)
	}
	if _, ok := c.ext["AUTH"]; !ok {
		return c.ours(ErrNoAuth)
	}
	client, err := choose(ctx, strings.Fields(strings.ToUpper(c.ext["AUTH"])))
	if err != nil {
		return c.ours(err)
	}
	mechanism, initial, err := client.Start()
	if err != nil {
		return c.ours(failover.Fail(failover.ErrCredential, "The sign-in could not be prepared.").Because(err))
	}
	line := "AUTH " + mechanism
	var secrets []string
	late := false
	if initial != nil {
		text := encode(initial)
		secrets = append(secrets, text)
		if late = len(line)+len(text)+3 > mostAuthLine; !late {
			line += " " + text
		}
	}
	r, err := c.ask(ctx, line)
	for step := 0; err == nil && r.Code == 334 && step < mostSteps; step++ {
		var answer string
		if late {
			answer, late = encode(initial), false
		} else if answer, err = c.respond(ctx, client, r); err != nil {
			return err
		}
		secrets = append(secrets, answer)
		r, err = c.ask(ctx, answer)
	}
	if err != nil {
		return err
	}
	if r.Code != 235 {
		return &Fault{Phase: SigningIn, Reply: r.without(secrets)}
	}
	return nil
}

func (c *Conn) ours(err error) *Fault { return &Fault{Phase: c.phase, Err: err, Ours: true} }

// respond answers a challenge, or gives the exchange up with "*" where the client will
// not go on: the server then says what it has against it.
func (c *Conn) respond(ctx context.Context, client sasl.Client, r Reply) (string, error) {
	challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(strings.Join(r.Lines, "")))
	if err != nil {
		return "", c.fault(ErrGarbage)
	}
	response, err := client.Next(challenge)
	if err == nil {
		return base64.StdEncoding.EncodeToString(response), nil
	}
	if _, lost := c.ask(ctx, "*"); lost != nil {
		return "", lost
	}
	return "", c.ours(failover.Fail(failover.ErrCredential, "The server and the sign-in do not understand each other.").Because(err))
}

// encode writes an initial response, of which an empty one is "=".
func encode(response []byte) string {
	if len(response) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(response)
}

// without hides what we sent as credential, should the server repeat it.
func (r Reply) without(secrets []string) Reply {
	for _, s := range secrets {
		plain, _ := base64.StdEncoding.DecodeString(s)
		words := append([]string{s}, strings.FieldsFunc(string(plain), func(c rune) bool { return c <= ' ' })...)
		for _, w := range words {
			if len(w) < 6 || strings.Contains(w, "@") {
				continue
			}
			for i, line := range r.Lines {
				r.Lines[i] = strings.ReplaceAll(line, w, "…")
			}
		}
	}
	return r
}

func (c *Conn) loopback() bool {
	address, ok := c.raw.RemoteAddr().(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}
