package dkim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"
	"testing"

	"lifeboat/failover/failovertest/servers"
)

// What is signed verifies after Postfix has taken it and passed it on: this is what
// the notion of odd line ends in this package, and onTheWay in its tests, go by.
func TestTripThroughPostfix(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	sink := servers.StartSink(t, servers.SinkConfig{})
	host, port, err := net.SplitHostPort(sink.Addr)
	if err != nil {
		t.Fatal(err)
	}
	postfix := servers.StartPostfix(t, servers.PostfixConfig{Hostname: "relay.example.test", Parameters: map[string]string{
		"relayhost": "[" + host + "]:" + port, "disable_dns_lookups": "yes", "smtp_dns_support_level": "disabled", "smtp_line_length_limit": "0",
	}})
	sent := 0
	for name, m := range odd {
		if strings.HasPrefix(name, "no empty line") || name == "long line" || name == "long field" {
			continue // Postfix mends the first, and has bounds for the others
		}
		if err := hand(t.Context(), postfix.Addr, "X-Name: "+name+"\r\n"+sign(t, m)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sent++
	}
	servers.Await(t, "all messages to arrive", func(context.Context) error {
		if n := len(postfix.Fates(t)); n < sent {
			return fmt.Errorf("%d of %d were passed on", n, sent)
		}
		return nil
	})
	var names, arrived []string
	for _, m := range sink.Messages(t) {
		at := strings.Index(m, "X-Name: ")
		if at < 0 {
			t.Fatalf("a message without a name: %q", m)
		}
		name, _, _ := strings.Cut(m[at+len("X-Name: "):], "\n")
		names = append(names, strings.TrimRight(name, "\r"))
		arrived = append(arrived, strings.ReplaceAll(strings.ReplaceAll(m, "\r\n", "\n"), "\n", "\r\n"))
	}
	if len(names) != sent {
		t.Fatalf("%d of %d arrived", len(names), sent)
	}
	_, record := key()
	for who, verify := range verifiers {
		for i, ok := range verify(t, record, arrived) {
			if !ok && names[i] != cannot[who] {
				t.Errorf("%s finds no valid signature in %s: %.2000q", who, names[i], arrived[i])
			}
		}
	}
}

// hand submits a message byte for byte; only lines that begin with a dot get a second one
// (RFC 5321 section 4.5.2), after whatever a server takes for the end of a line.
func hand(ctx context.Context, addr, message string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	text := textproto.NewConn(conn)
	say := func(code int, line string) error {
		if line != "" {
			if _, err := conn.Write([]byte(line + "\r\n")); err != nil {
				return err
			}
		}
		_, _, err := text.ReadResponse(code)
		return err
	}
	err = errors.Join(say(220, ""), say(250, "HELO client.example.test"), say(250, "MAIL FROM:<taro@example.test>"),
		say(250, "RCPT TO:<hanako@example.org>"), say(354, "DATA"))
	if err != nil {
		return err
	}
	data := bytes.ReplaceAll([]byte("\n"+message), []byte("\n."), []byte("\n.."))[1:]
	if !bytes.HasSuffix(data, []byte("\r\n")) {
		data = append(data, "\r\n"...)
	}
	if _, err := conn.Write(append(data, ".\r\n"...)); err != nil {
		return err
	}
	return errors.Join(say(250, ""), say(221, "QUIT"))
}
