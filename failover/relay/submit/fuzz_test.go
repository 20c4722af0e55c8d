//go:build linux || windows

// All of 127.0.0.0/8 is this machine there.

package submit_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"lifeboat/failover/relay/submit"
)

// FuzzServer sends a stream to the whole server as a device, in one write, and hangs up.
// Whatever it is, the server answers with whole replies and ends; nothing that it takes in
// has a byte or a line that it must not, and it never panics.
func FuzzServer(f *testing.F) {
	begin := "EHLO x\r\nMAIL FROM:<" + copier + ">\r\nRCPT TO:<" + someone + ">\r\n"
	for _, rest := range []string{
		"DATA\r\n" + header(copier) + "hello\r\n.\r\nQUIT\r\n", "DATA\r\na\r\r\n.\r\n", "DATA\r\na\n.\r\nMAIL FROM:<>\r\n", "BDAT 5\r\nFrom:BDAT 0 LAST\r\n",
		"BDAT 3 LAST\r\na\n.", "BDAT -1\r\n", "RSET\r\nVRFY x\r\nHELP\r\nEXPN x\r\nNOOP\r\n", "AUTH PLAIN\r\nAAAA\r\n", "AUTH LOGIN\r\n*\r\n", "STARTTLS\r\n\x16\x03\x01",
		"MAIL FROM:<\"a@b\"@c> SIZE=99999999999 BODY=8BITMIME SMTPUTF8 AUTH=<>\r\n", "RCPT TO:<@a:b@c> NOTIFY=NEVER ORCPT=rfc822;x\r\n", strings.Repeat("x", 20_000) + "\r\n", "\x00\r\n\r\n \r\n",
	} {
		f.Add([]byte(begin + rest))
	}
	var log syncBuffer
	w := serve(f, func(o *submit.Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
		o.Devices, o.MaxSize, o.MaxRecipients = []submit.Device{everyone(copier)}, 1<<16, 5
	})
	f.Fuzz(func(t *testing.T, stream []byte) {
		var d net.Dialer
		conn, err := d.DialContext(t.Context(), "tcp", w.plain)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = conn.Write(stream) // the server may end before all is sent
			_ = conn.(*net.TCPConn).CloseWrite()
		}()
		replies, err := io.ReadAll(conn)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("the server does not end")
		}
		for line := range bytes.Lines(replies) {
			if whole := bytes.HasSuffix(line, []byte("\r\n")); whole && (len(line) < 6 || len(line) > 600 || line[0] < '2' || line[0] > '5') {
				t.Errorf("a reply is no reply: %q", line)
			}
		}
		if said := log.String(); said != "" {
			t.Fatalf("the server says: %s", said)
		}
		for _, k := range w.queue.take() {
			text := k.text()
			for _, never := range []string{"\x00", "\n.\n", "\n.\r\n", "\r.\r", "\r.\n"} {
				if strings.Contains(strings.ReplaceAll(text, "\r\n.", "\r\n "), never) {
					t.Errorf("%q was taken in", text)
				}
			}
			if k.env.User != copier || len(k.env.To) == 0 || len(k.env.To) > 5 || len(k.body) > 1<<16 || !strings.EqualFold(k.env.Sender(), copier) {
				t.Errorf("%+v was taken in", k.env)
			}
		}
	})
}
