package main_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"os/exec"
	"strings"
	"testing"

	"lifeboat/failover/failovertest/servers"
	"lifeboat/failover/relay/dkim"
)

const theirSigner = `
import sys, dkim
private, text = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read()
sys.stdout.buffer.write(dkim.sign(text, b"theirs", b"example.test", private, canonicalize=(b"simple", b"simple"), include_headers=[b"from", b"to", b"subject", b"message-id"]) + text)
`

const perlVerifier = `
use strict; use warnings; use Mail::DKIM::Verifier; use Mail::DKIM::DNS; use Net::DNS;
Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(nameservers => ["127.0.0.53"], force_v4 => 1, udppacketsize => 4096, udp_timeout => 5));
my $message = do { local $/; <STDIN> }; # no further: files of settings are still to be read by lines
my $v = Mail::DKIM::Verifier->new(); $v->PRINT($message); $v->CLOSE;
print join(" ", map { $_->selector . "=" . $_->result } $v->signatures), "\n";
`

// TestWhatLeavesIsSigned: what leaves through a provider has our own signature, whose
// record lifeboat prepare published; verifiers that are not ours find it by DNS. A message
// that somebody else signed, with odd line ends, leaves byte for byte.
func TestWhatLeavesIsSigned(t *testing.T) {
	t.Parallel()
	if !servers.InNamespace(t, resolvConf) {
		return
	}
	ours, _, err := dkim.Generate()
	if err != nil {
		t.Fatal(err)
	}
	theirs, record, err := dkim.Generate()
	if err != nil {
		t.Fatal(err)
	}
	const most = 255 // octets in one string of a TXT record (RFC 1035 section 3.3)
	w := newRelayWorld(t, relayPlan{noPrimary: true, records: fmt.Sprintf("theirs._domainkey TXT %q %q\n", record[:most], record[most:])})
	w.secrets = append(w.secrets, "LIFEBOAT_SECRET_DKIM="+ours)
	w.edit("    mx_ttl: 5\n", "    mx_ttl: 5\n    signing: {selector: lifeboat, key: secret:dkim}\n")
	w.run("prepare", "--yes")
	host := startSickHost(t, w, 1000) // a healthy one
	w.user(anna)
	w.serve("--no-mirror", "--no-watch")

	// Neither CRLF at all ends of lines nor at the very end; blanks and dots in strange places.
	odd := "From: <" + anna + ">\r\nTo: <" + boss + ">\r\nSubject:  two  blanks \r\n\tfolded\r\nDate: Wed, 04 Mar 2026 12:00:00 +0900\r\nMessage-ID: <odd@example.test>\r\n\r\n" +
		"a\nbare\nLF  \r\n.\r\n..b\r\ntab\t\r\n\r\n \r\nend\r\n\r\n\r\n"
	signed := w.tool("", "/usr/bin/python3", "-c", theirSigner, w.inFolder("theirs.pem", theirs), w.inFolder("odd.eml", odd))
	if !strings.HasSuffix(signed, odd) {
		t.Fatalf("signing changes the message: %q", signed)
	}
	for id, text := range map[string]string{"plain": theirMessage("plain@example.test", anna), "odd": signed} {
		if err := w.raw(anna, text); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
		w.await(id+" to leave", func() bool {
			host.mu.Lock()
			defer host.mu.Unlock()
			return host.taken[id+"@example.test"] == 1
		})
		host.mu.Lock()
		left := host.last
		host.mu.Unlock()
		if !bytes.HasSuffix(left, []byte(text)) {
			t.Errorf("%s left as %q", id, left)
		}
		w.verify(id, left, id == "odd")
	}
}

// verify has two programs look for the signatures.
func (w *relayWorld) verify(id string, message []byte, also bool) {
	w.t.Helper()
	for n := range 2 {
		if n == 1 && !also {
			break
		}
		c := exec.CommandContext(w.t.Context(), "dkimverify", "--index", fmt.Sprint(n))
		c.Stdin = bytes.NewReader(message)
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "signature ok") {
			w.t.Errorf("dkimverify of signature %d of %s: %v %s\n%q", n, id, err, out, message)
		}
	}
	// To this one a bare LF ends no line; on its way past other servers it becomes CRLF.
	c := exec.CommandContext(w.t.Context(), "perl", "-e", perlVerifier)
	c.Stdin = bytes.NewReader(bytes.ReplaceAll(bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")))
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "lifeboat=pass") || also && !strings.Contains(string(out), "theirs=pass") {
		w.t.Errorf("Mail::DKIM of %s: %v %s", id, err, out)
	}
}

// raw hands a message in with the bytes that it has: but for dots at the beginning of lines
// (RFC 5321 section 4.5.2) nothing is touched.
func (w *relayWorld) raw(from, text string) error {
	pool := x509.NewCertPool()
	if pem, err := os.ReadFile(w.ca.File); err != nil || !pool.AppendCertsFromPEM(pem) {
		return errors.Join(err, errors.New("no authority"))
	}
	conn, err := tls.Dial("tcp", submitTLS, &tls.Config{RootCAs: pool})
	if err != nil {
		return err
	}
	c := textproto.NewConn(conn)
	defer func() { _ = c.Close() }()
	say := func(code int, line string) error {
		if line != "" {
			line += "\r\n"
		}
		if _, err := conn.Write([]byte(line)); err != nil {
			return err
		}
		_, _, err := c.ReadResponse(code)
		return err
	}
	login := base64.StdEncoding.EncodeToString([]byte("\x00" + from + "\x00" + w.held[from]))
	for _, step := range []struct {
		code int
		line string
	}{{220, ""}, {250, "EHLO here"}, {235, "AUTH PLAIN " + login}, {250, "MAIL FROM:<" + from + "> BODY=8BITMIME"}, {250, "RCPT TO:<" + boss + ">"}, {354, "DATA"}} {
		if err := say(step.code, step.line); err != nil {
			return fmt.Errorf("%.20s: %w", step.line, err)
		}
	}
	stuffed := strings.ReplaceAll("\r\n"+text, "\r\n.", "\r\n..")[len("\r\n"):]
	if _, err := conn.Write([]byte(stuffed)); err != nil {
		return err
	}
	return say(250, ".")
}
