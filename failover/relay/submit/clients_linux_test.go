package submit_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lifeboat/failover/relay/submit"
)

// run runs a program that .ci/packages lists.
func run(t *testing.T, input, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s (listed in .ci/packages): %v\n%s", name, err, out)
	}
	return string(out)
}

// authority writes the server's certificate to a file, as a mail program wants it.
func (w *world) authority() string {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "relay.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.der}), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return file
}

// came checks that so many messages came, each whole.
func (w *world) came(n int, user, body string) {
	w.t.Helper()
	all := w.queue.all()
	if len(all) != n {
		w.t.Fatalf("%d messages came, want %d", len(all), n)
	}
	for _, k := range all {
		if k.env.User != user || !strings.Contains(string(k.body), body) {
			w.t.Errorf("of %s came %.500q", k.env.User, k.body)
		}
	}
}

// TestSmtpSource is Postfix's load generator as a device: many sessions at once.
func TestSmtpSource(t *testing.T) {
	t.Parallel()
	w := serve(t, func(o *submit.Options) { o.Devices = append(o.Devices, everyone(copier)) })
	run(t, "", "smtp-source", "-s", "20", "-m", "400", "-l", "10240", "-r", "3", "-f", copier, "-t", someone, w.plain)
	w.came(400, copier, "XXXXXXXX")
	for _, k := range w.queue.all() {
		if len(k.body) < 10_000 || len(k.env.To) != 3 {
			t.Fatalf("%d bytes to %v", len(k.body), k.env.To)
		}
	}
}

func TestSwaks(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	ca := w.authority()
	host, port, _ := net.SplitHostPort(w.plain)
	_, tlsPort, _ := net.SplitHostPort(w.tls)
	common := []string{"--server", host, "--from", tanaka, "--to", someone, "--h-Subject", "swaks", "--body", "by swaks", "--tls-ca-path", ca, "--tls-verify", "--auth-hide-password"}
	signIn := []string{"--auth-user", tanaka, "--auth-password", w.password}
	for _, how := range [][]string{
		{"--port", port, "--tls", "--auth", "PLAIN"}, {"--port", port, "--tls", "--auth", "LOGIN"}, {"--port", tlsPort, "--tls-on-connect", "--auth", "PLAIN"},
		{"--port", port, "--tls", "--auth", "PLAIN", "--pipeline"},
	} {
		out := run(t, "", "swaks", append(append(common, signIn...), how...)...)
		if !strings.Contains(out, "250 2.0.0 queued as ") {
			t.Errorf("%v: %s", how, out)
		}
	}
	w.came(4, tanaka, "by swaks")
}

func TestMsmtp(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	ca := w.authority()
	message := "From: Info <info@example.test>\nTo: " + someone + "\nSubject: msmtp\n\nby msmtp\n.\nand a dot\n"
	for i, how := range []struct{ addr, starttls, auth string }{{w.plain, "on", "plain"}, {w.plain, "on", "login"}, {w.tls, "off", "plain"}} {
		host, port, _ := net.SplitHostPort(how.addr)
		conf := filepath.Join(t.TempDir(), "msmtprc")
		text := fmt.Sprintf("account default\nhost %s\nport %s\ntls on\ntls_starttls %s\ntls_trust_file %s\nauth %s\nuser %s\npassword %s\nfrom %s\n",
			host, port, how.starttls, ca, how.auth, tanaka, w.password, info)
		if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, message, "msmtp", "-C", conf, someone)
		w.came(i+1, tanaka, "by msmtp\r\n.\r\nand a dot\r\n")
	}
}

const smtplib = `
import smtplib, ssl, sys, email.message
host, port, tls_port, ca, user, password, to = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
m = email.message.EmailMessage()
m["From"], m["To"], m["Subject"] = user, to, "会議の件"
m.set_content("by smtplib 会議\r\n.\r\n")
m.add_attachment(bytes(range(256)) * 400, maintype="application", subtype="octet-stream", filename="見積.bin")
with smtplib.SMTP(host, int(port)) as s:
    s.starttls(context=context)
    s.login(user, password)
    s.send_message(m)
    try:
        s.sendmail("boss@example.test", [to], "x")
        sys.exit("somebody else's address is taken")
    except smtplib.SMTPSenderRefused as e:
        assert e.smtp_code == 550 and b"may not send as" in e.smtp_error, e
    s.send_message(m, mail_options=["SMTPUTF8"])
with smtplib.SMTP_SSL(host, int(tls_port), context=context) as s:
    s.ehlo()
    s.user, s.password = user, password
    s.auth("LOGIN", s.auth_login)
    s.send_message(m)
    try:
        s.verify(user)
        s.docmd("EXPN", "all")
    except smtplib.SMTPException as e:
        sys.exit(str(e))
`

func TestPythonSmtplib(t *testing.T) {
	t.Parallel()
	w := serve(t, nil)
	host, port, _ := net.SplitHostPort(w.plain)
	_, tlsPort, _ := net.SplitHostPort(w.tls)
	run(t, "", "python3", "-c", smtplib, host, port, tlsPort, w.authority(), tanaka, w.password, someone)
	w.came(3, tanaka, "filename*=utf-8''")
	for _, k := range w.queue.all() {
		if k.head.Subject != "会議の件" {
			t.Errorf("the subject comes as %q", k.head.Subject)
		}
	}
}
