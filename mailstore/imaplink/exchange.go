package imaplink

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"lifeboat/mailstore/signin"
)

// authenticate signs in with what the source and the server both know.
func (g *greeter) authenticate(ctx context.Context, caps []string) error {
	offer := signin.Offer{Server: g.conn.host, LoginCommand: !slices.Contains(caps, "LOGINDISABLED"), Encrypted: true}
	for _, c := range caps {
		if mech, ok := strings.CutPrefix(c, "AUTH="); ok {
			offer.Mechanisms = append(offer.Mechanisms, mech)
		}
	}
	return signin.Do(ctx, g.conn.options.SignIn, offer, func(_ context.Context, client sasl.Client) error {
		return g.exchange(client, slices.Contains(caps, "SASL-IR"))
	})
}

// exchange is one AUTHENTICATE (RFC 9051 section 6.2.2) or LOGIN.
func (g *greeter) exchange(client sasl.Client, initial bool) error {
	if login, ok := client.(*signin.Login); ok {
		user, password := login.Credentials()
		return g.verdict(g.login(user, password))
	}
	mech, ir, err := client.Start()
	if err != nil {
		return err
	}
	command := "AUTHENTICATE " + mech
	if initial && ir != nil {
		command, ir = command+" "+encode(ir), nil
	}
	var failed error
	a, err := g.ask(command, func(challenge string) string {
		if ir != nil {
			out := encode(ir)
			if ir = nil; out == "=" {
				return ""
			}
			return out
		}
		octets, err := base64.StdEncoding.DecodeString(strings.TrimSpace(challenge))
		if err == nil {
			octets, err = client.Next(octets)
		}
		if err != nil {
			failed = err
			return "*"
		}
		return base64.StdEncoding.EncodeToString(octets)
	})
	if err == nil && failed != nil {
		return failed
	}
	return g.verdict(a, err)
}

func encode(ir []byte) string {
	if len(ir) == 0 {
		return "="
	}
	return base64.StdEncoding.EncodeToString(ir)
}

func (g *greeter) verdict(a answer, err error) error {
	if err != nil || a.status == "OK" {
		return err
	}
	return &signin.Refusal{Status: a.status, Code: a.code, Text: a.text}
}

// login sends LOGIN with both values as literals where they are more than plain
// ASCII: whatever they hold, they are taken as they are.
func (g *greeter) login(user, password string) (answer, error) {
	command, values := "LOGIN", []string{}
	for _, v := range []string{user, password} {
		if quotable(v) {
			command += " " + quote(v)
			continue
		}
		command += fmt.Sprintf(" {%d}", len(v))
		values = append(values, command)
		command = v
	}
	if len(values) == 0 {
		return g.ask(command, nil)
	}
	values = append(values, command)
	return g.ask(values[0], func(string) string {
		values = values[1:]
		if len(values) == 0 {
			return ""
		}
		return values[0]
	})
}

func quotable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c >= 0x7F })
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
