package servers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A Letter is a message that a test sends.
type Letter struct {
	// From and To are addresses without angle brackets.
	From string
	To   []string
	// ID is the Message-ID with its angle brackets, by which the message is found again.
	ID      string
	Subject string
	// Body is text with lines ended by LF or CRLF.
	Body string
}

// Send hands a letter to a server by plain SMTP, as a mail program in the outside world would, and returns when the
// server has taken it.
func Send(ctx context.Context, addr string, letter Letter) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c, err := smtp.NewClient(conn, addr)
	if err != nil {
		_ = conn.Close()
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.Mail(letter.From); err != nil {
		return fmt.Errorf("MAIL FROM:<%s>: %w", letter.From, err)
	}
	for _, to := range letter.To {
		if err := c.Rcpt(to); err != nil {
			return fmt.Errorf("RCPT TO:<%s>: %w", to, err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return fmt.Errorf("DATA: %w", err)
	}
	_, err = fmt.Fprintf(w, "From: <%s>\r\nTo: <%s>\r\nDate: %s\r\nMessage-ID: %s\r\nSubject: %s\r\n\r\n%s\r\n",
		letter.From, strings.Join(letter.To, ">, <"), time.Now().Format(time.RFC1123Z), letter.ID, letter.Subject, letter.Body)
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("the end of the message: %w", err)
	}
	return c.Quit()
}

// SourceConfig describes what smtp-source sends.
type SourceConfig struct {
	// Server is the address, such as "127.0.25.1:25".
	Server string
	// From and To are addresses without angle brackets.
	From, To string
	// Messages is how many are sent, Sessions in how many connections at a time, Bytes the length of each; one, one and
	// a few hundred by default.
	Messages, Sessions, Bytes int
}

// Source sends messages by Postfix's smtp-source, as fast as the server takes them, and returns when all are taken. Each
// has a Message-ID of its own.
func Source(t testing.TB, config SourceConfig) {
	t.Helper()
	args := []string{"-f", config.From, "-t", config.To}
	for flag, n := range map[string]int{"-m": config.Messages, "-s": config.Sessions, "-l": config.Bytes} {
		if n > 0 {
			args = append(args, flag, strconv.Itoa(n))
		}
	}
	command(t, "postfix", "smtp-source", append(args, config.Server)...)
}

// SinkConfig describes an SMTP server that takes everything, or fails as it is told.
type SinkConfig struct {
	// Listen is its address; a free one by default.
	Listen string
	// Options are smtp-sink's own: "-r data" answers with 4xx, "-f rcpt" with 5xx, "-q data" hangs up, "-w 2" answers
	// after 2 seconds, "-8", "-e" and "-E" leave out extensions; each a word, such as "-f", "rcpt".
	Options []string
}

// Sink is a running smtp-sink.
type Sink struct {
	*Process
	Addr string

	kept string
}

// StartSink starts Postfix's smtp-sink.
func StartSink(t testing.TB, config SinkConfig) *Sink {
	t.Helper()
	if config.Listen == "" {
		config.Listen = FreeAddress(t)
	}
	dir := tempDir(t)
	kept := filepath.Join(dir, "kept")
	err := os.Mkdir(kept, 0o700)
	// The template is strftime's; equal names get a number.
	args := append([]string{"-d", filepath.Join(kept, "%Y%m%d%H%M%S.")}, config.Options...)
	if os.Geteuid() == 0 && err == nil {
		needUsers(t, "smtp-sink")
		args = append(args, "-u", "nobody") // it refuses to work as root
		err = os.Chown(kept, userID(t, "nobody"), 0)
	}
	if err != nil {
		t.Fatalf("no directory for what smtp-sink keeps: %v", err)
	}
	return &Sink{
		Process: Run(t, Program{
			Name: "smtp-sink", Binary: "smtp-sink", Package: "postfix", Dir: dir,
			Args:   append(args, config.Listen, "100"), // the second is the listen(2) backlog
			Listen: []string{config.Listen},
			Ready: func(ctx context.Context) error {
				conn, err := new(net.Dialer).DialContext(ctx, "tcp", config.Listen)
				if err == nil {
					err = conn.Close()
				}
				return err
			},
		}),
		Addr: config.Listen, kept: kept,
	}
}

// Messages returns what was taken, each after a few X- lines in which smtp-sink notes the client and the envelope.
func (s *Sink) Messages(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(s.kept)
	if err != nil {
		t.Fatalf("what smtp-sink keeps cannot be read: %v", err)
	}
	var all []string
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(s.kept, entry.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // of a message that was broken off meanwhile
		}
		if err != nil {
			t.Fatalf("what smtp-sink keeps cannot be read: %v", err)
		}
		all = append(all, string(text))
	}
	return all
}
