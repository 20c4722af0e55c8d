package servers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// PostfixConfig describes a Postfix. With Domains it is a provider: it takes mail for them from everybody and knows who
// exists. Without, it is the outside world: it takes mail from loopback, finds the MX by DNS, and keeps what it cannot
// deliver in a queue, where it tries each message again every few seconds.
type PostfixConfig struct {
	// Hostname is what it calls itself, such as "mx.primary.test".
	Hostname string
	// Listen is the address of its SMTP server, such as "127.0.25.1:25"; a free one by default.
	Listen string
	// Certificate is offered by STARTTLS; nil: no STARTTLS.
	Certificate *Certificate
	// Domains are those that it takes mail for, Recipients all addresses that exist in them. Others get 550 5.1.1.
	Domains, Recipients []string
	// Deliver is the LMTP socket that mail for Domains goes to, such as [Dovecot]'s LMTP.
	Deliver string
	// Submission is the address of a second SMTP server, which takes mail for everywhere, by STARTTLS from those who sign
	// in; SignIn is the socket of Dovecot's that checks them.
	Submission, SignIn string
	// Parameters are further settings of main.cf, over those made here.
	Parameters map[string]string
	// Doors are further addresses of its SMTP server.
	Doors []Door
}

// A Door is an address at which the same Postfix greets in its own way, such as with
// another certificate: a fault that one host has and the others have not.
type Door struct {
	// Listen is the address, such as "127.0.25.3:25".
	Listen string
	// Certificate takes the place of the server's; nil: it is the server's.
	Certificate *Certificate
	// Parameters are settings of this address alone.
	Parameters map[string]string
}

// Postfix is a running Postfix. Stop and Start keep its queue.
type Postfix struct {
	*Process
	// Addr is where it takes mail, "127.0.25.1:25".
	Addr string

	conf string
	log  string
}

// StartPostfix starts Postfix 3 (Debian's postfix). Postfix works with the system's users postfix and postdrop, so the
// test must be root, or in a namespace with more users than its own (see [InNamespace]).
func StartPostfix(t testing.TB, config PostfixConfig) *Postfix {
	t.Helper()
	binary(t, "postfix", "postfix") // named before its parts, which have stranger names
	needUsers(t, "Postfix")
	if config.Listen == "" {
		config.Listen = FreeAddress(t)
	}
	dir := tempDir(t)
	conf := filepath.Join(dir, "conf")
	log := filepath.Join(dir, "mail.log")
	makeQueue(t, dir)
	if err := os.Mkdir(conf, 0o755); err != nil {
		t.Fatalf("no directory for Postfix's settings: %v", err)
	}
	writeSettings(t, conf, "main.cf", mainCF(t, dir, config))
	writeSettings(t, conf, "master.cf", masterCF(config))
	listen := []string{config.Listen}
	if config.Submission != "" {
		listen = append(listen, config.Submission)
	}
	for _, d := range config.Doors {
		listen = append(listen, d.Listen)
	}
	return &Postfix{
		Process: Run(t, Program{
			Name: "postfix (" + config.Hostname + ")", Binary: postfixMaster(t), Package: "postfix", Dir: dir,
			// -d: in the foreground, in the process group that it is given.
			Args: []string{"-c", conf, "-d"}, Env: []string{"MAIL_CONFIG=" + conf},
			LogFiles: []string{log}, Listen: listen,
			Ready: func(ctx context.Context) error { return greets(ctx, listen) },
		}),
		Addr: config.Listen, conf: conf, log: log,
	}
}

// greets reads each server's greeting (RFC 5321 section 3.1).
func greets(ctx context.Context, addrs []string) error {
	for _, addr := range addrs {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return err
		}
		text := textproto.NewConn(conn)
		err = conn.SetDeadline(time.Now().Add(giveUp))
		if err == nil {
			_, _, err = text.ReadResponse(220)
		}
		if err == nil {
			err = text.PrintfLine("QUIT")
		}
		if err == nil {
			_, _, err = text.ReadResponse(221)
		}
		if err := errors.Join(err, text.Close()); err != nil {
			return err
		}
	}
	return nil
}

// A Queued is a message in Postfix's queue, as `postqueue -j` prints it.
type Queued struct {
	// Queue is "incoming", "active", "deferred", "hold" or "maildrop".
	Queue  string `json:"queue_name"`
	ID     string `json:"queue_id"`
	Sender string `json:"sender"`
	// Arrived is in seconds since 1970.
	Arrived    int64 `json:"arrival_time"`
	Recipients []struct {
		Address string `json:"address"`
		// Delayed says why it has not been delivered yet; empty before the first try.
		Delayed string `json:"delay_reason"`
	} `json:"recipients"`
}

// Queue lists what waits for delivery.
func (p *Postfix) Queue(t testing.TB) []Queued {
	t.Helper()
	out := command(t, "postfix", "postqueue", "-c", p.conf, "-j")
	var queue []Queued
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var q Queued
		err := d.Decode(&q)
		if errors.Is(err, io.EOF) {
			return queue
		}
		if err != nil {
			t.Fatalf("postqueue -j prints something else than JSON: %v", err)
		}
		queue = append(queue, q)
	}
}

// Retire lets the server end what it has begun: it gets no new connections (they are reset), and Retire returns when those
// that were open have ended and its own queue is empty. A Stop after that leaves no message in between. (SMTP promises no
// more than at least one copy to a sender who is cut off between the end of a message and the answer, RFC 1047; and what a
// server had taken and not yet passed on, it passes on when it starts again.) The undo function opens the port again.
// It works in a namespace, and for a server with [PostfixConfig].Domains.
func (p *Postfix) Retire(t testing.TB) (undo func()) {
	t.Helper()
	host, port := hostPort(t, p.Addr)
	undo = Firewall(t, Block{Host: host, Port: port, Reset: true, New: true})
	begun := func() error {
		// TIME-WAIT is what remains of a connection that has ended.
		if open := command(t, "iproute2", "ss", "-Htan", "exclude", "listening", "exclude", "time-wait", "src", p.Addr); open != "" {
			return fmt.Errorf("there are connections:\n%s", open)
		}
		if queue := p.Queue(t); len(queue) > 0 {
			return fmt.Errorf("%d messages wait in it", len(queue))
		}
		return nil
	}
	Await(t, p.program.Name+" to end what it has begun", func(context.Context) error { return begun() })
	return undo
}

// Flush tries to deliver all that waits, now.
func (p *Postfix) Flush(t testing.TB) {
	t.Helper()
	command(t, "postfix", "postqueue", "-c", p.conf, "-f")
}

// A Fate is one try to deliver a message to one recipient, as the log tells it.
type Fate struct {
	// ID is the queue's number of the message, MessageID its Message-ID with angle brackets.
	ID, MessageID string
	// To is the recipient's address, Relay the host that was asked: "mx.primary.test[127.0.25.1]:25" or "none".
	To, Relay string
	// Status is "sent", "deferred", "bounced" or "expired".
	Status string
	// Reply is the DSN code and the other side's words.
	Reply string
}

var (
	messageIDLine = regexp.MustCompile(`postfix/cleanup\[\d+\]: ([0-9A-Za-z]+): message-id=(\S+)`)
	fateLine      = regexp.MustCompile(`postfix/[a-z/]+\[\d+\]: ([0-9A-Za-z]+): to=<([^>]*)>,.* relay=([^,]+),.* dsn=([0-9.]+), status=([a-z]+) \((.*)\)`)
)

// Fates returns every try to deliver, in order, since the server first started.
func (p *Postfix) Fates(t testing.TB) []Fate {
	t.Helper()
	text, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatalf("Postfix has no log: %v", err)
	}
	return fates(string(text))
}

func fates(log string) []Fate {
	ids := make(map[string]string)
	var all []Fate
	for line := range strings.Lines(log) {
		if m := messageIDLine.FindStringSubmatch(line); m != nil {
			ids[m[1]] = m[2]
		}
		if m := fateLine.FindStringSubmatch(line); m != nil {
			all = append(all, Fate{ID: m[1], MessageID: ids[m[1]], To: m[2], Relay: m[3], Status: m[5], Reply: m[4] + " " + m[6]})
		}
	}
	return all
}
