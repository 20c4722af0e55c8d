package signin_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
	"lifeboat/mailstore/signin"
)

// dialogue is a connection on which exchanges are done by the book (RFC 9051 section
// 6.2.2), without initial responses.
type dialogue struct {
	conn io.Writer
	in   *bufio.Reader
}

func (d dialogue) authenticate(_ context.Context, client sasl.Client) error {
	mech, ir, err := client.Start()
	if err != nil {
		return err
	}
	said := "a AUTHENTICATE " + mech
	var failed error
	for {
		if _, err := io.WriteString(d.conn, said+"\r\n"); err != nil {
			return err
		}
		answer := "* "
		for strings.HasPrefix(answer, "* ") { // capabilities
			if answer, err = d.in.ReadString('\n'); err != nil {
				return err
			}
		}
		answer = strings.TrimRight(answer, "\r\n")
		challenge, goesOn := strings.CutPrefix(answer, "+ ")
		switch {
		case strings.HasPrefix(answer, "a OK"):
			return nil
		case !goesOn && failed != nil:
			return failed
		case !goesOn:
			status, text, _ := strings.Cut(strings.TrimPrefix(answer, "a "), " ")
			code := ""
			if strings.HasPrefix(text, "[") {
				code, text, _ = strings.Cut(text[1:], "] ")
			}
			return &signin.Refusal{Status: status, Code: code, Text: text}
		}
		octets, err := base64.StdEncoding.DecodeString(challenge)
		if err != nil {
			return err
		}
		response := ir
		if ir = nil; response == nil {
			response, failed = client.Next(octets)
		}
		if said = base64.StdEncoding.EncodeToString(response); failed != nil {
			said = "*"
		}
	}
}

// A real server takes each mechanism, and refuses the wrong password in each.
func TestDovecot(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	authority := servers.NewAuthority(t)
	dovecot := servers.StartDovecot(t, servers.DovecotConfig{
		Certificate: authority.Issue(t, "imap.example.test"), Password: canary,
		Settings: "auth_mechanisms = plain login scram-sha-1 scram-sha-256\nservice anvil {\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}",
	})
	config := &tls.Config{RootCAs: authority.Pool(), ServerName: "imap.example.test", MinVersion: tls.VersionTLS12}
	try := func(password string, mechs ...string) error {
		conn, err := tls.Dial("tcp", dovecot.IMAPS, config)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		d := dialogue{conn, bufio.NewReader(conn)}
		if _, err := d.in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		return signin.Do(t.Context(), signin.Password(user, secret(password)), offer(mechs...), d.authenticate)
	}
	for _, mech := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"} {
		if err := try(canary, mech); err != nil {
			t.Errorf("%s: %v", mech, err)
		}
		err := try("wrong", mech)
		if !errors.Is(err, mailstore.ErrSignIn) || !strings.Contains(sentence(t, err), "refuses the password") {
			t.Errorf("%s with a wrong password: %v", mech, err)
		}
		silentError(t, err)
	}
	// A server that lacks a mechanism: the next one is taken on the same connection.
	dovecot = servers.StartDovecot(t, servers.DovecotConfig{Name: "bare", Certificate: authority.Issue(t, "imap.example.test"), Password: canary})
	if err := try(canary, "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"); err != nil {
		t.Error(err)
	}
}
