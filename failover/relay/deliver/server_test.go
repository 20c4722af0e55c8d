package deliver_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeboat/failover"
)

// provider is an SMTP server that does what it is told, and keeps what it takes.
type provider struct {
	t        testing.TB
	listener net.Listener
	// extensions is what EHLO offers.
	extensions []string
	cert       *tls.Config
	implicit   bool
	passwords  map[string]string

	mu sync.Mutex
	// script says what to do at a command ("connect", "EHLO", "MAIL", "RCPT", "DATA", "body", "end", ...);
	// "" is to do it right.
	script func(s *session, verb, line string) string
	got    []taken
	seen   []string // commands
	conns  int
	open   int
	most   int // connections at once
	free   chan struct{}
	work   sync.WaitGroup
}

type taken struct {
	from, login string
	to          []string
	text        string
	by          string // "DATA" or "BDAT"
	at          time.Time
}

type session struct {
	n      int // of the connection
	conn   net.Conn
	in     *bufio.Reader
	login  string
	from   string
	to     []string
	text   strings.Builder
	secure bool
	begun  bool // MAIL was taken
}

func startProvider(t testing.TB, change func(*provider)) *provider {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, listener: l, extensions: []string{"PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES"}, free: make(chan struct{})}
	if change != nil {
		change(p)
	}
	p.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns++
			p.open++
			p.most = max(p.most, p.open)
			n := p.conns
			p.mu.Unlock()
			p.work.Go(func() {
				defer func() {
					_ = c.Close()
					p.mu.Lock()
					p.open--
					p.mu.Unlock()
				}()
				p.serve(&session{n: n, conn: c})
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		close(p.free)
		p.work.Wait()
	})
	return p
}

func (p *provider) endpoint(security failover.Security) failover.Endpoint {
	host, port, _ := net.SplitHostPort(p.listener.Addr().String())
	n, _ := strconv.Atoi(port)
	return failover.Endpoint{Host: host, Port: uint16(n), Security: security}
}

func (p *provider) setScript(script func(s *session, verb, line string) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = script
}

func (p *provider) messages() []taken {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]taken(nil), p.got...)
}

func (p *provider) connections() (all, most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conns, p.most
}

func (p *provider) commands() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.seen, "\n")
}

// stop is an error that ends a session.
type stop struct{}

func (stop) Error() string { return "stop" }

// at does what the script wants; done: the command is dealt with.
func (p *provider) at(s *session, verb, line string) (done bool, err error) {
	p.mu.Lock()
	script := p.script
	p.mu.Unlock()
	if script == nil {
		return false, nil
	}
	switch what := script(s, verb, line); what {
	case "":
		return false, nil
	case "reset":
		c := s.conn
		if t, ok := c.(*tls.Conn); ok {
			c = t.NetConn()
		}
		_ = c.(*net.TCPConn).SetLinger(0)
		return true, stop{}
	case "close":
		return true, stop{}
	case "hang":
		go func() { _, _ = io.Copy(io.Discard, s.in) }()
		<-p.free
		return true, stop{}
	case "endless line":
		for {
			if _, err := s.conn.Write([]byte(strings.Repeat("2", 8192))); err != nil {
				return true, stop{}
			}
		}
	case "endless reply":
		for {
			if _, err := s.conn.Write([]byte("250-and so on\r\n")); err != nil {
				return true, stop{}
			}
		}
	case "trickle":
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-p.free:
				return true, stop{}
			case <-tick.C:
				if _, err := s.conn.Write([]byte("2")); err != nil {
					return true, stop{}
				}
			}
		}
	default:
		_, err := io.WriteString(s.conn, strings.ReplaceAll(what, "\n", "\r\n")+"\r\n")
		if err == nil && strings.HasPrefix(what, "421") {
			err = stop{}
		}
		return true, err
	}
}

func (p *provider) say(s *session, format string, args ...any) error {
	_, err := fmt.Fprintf(s.conn, format+"\r\n", args...)
	return err
}

func (p *provider) serve(s *session) {
	if p.implicit {
		c := tls.Server(s.conn, p.cert)
		if c.Handshake() != nil {
			return
		}
		s.conn, s.secure = c, true
	}
	s.in = bufio.NewReader(s.conn)
	if done, err := p.at(s, "connect", ""); err != nil {
		return
	} else if !done && p.say(s, "220 provider.test ESMTP") != nil {
		return
	}
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		p.mu.Lock()
		if verb != "AUTH" {
			p.seen = append(p.seen, line)
		}
		p.mu.Unlock()
		done, err := p.at(s, verb, line)
		if err != nil {
			return
		}
		if done && verb != "DATA" && verb != "BDAT" {
			continue
		}
		if done && verb == "DATA" {
			continue
		}
		if err := p.command(s, verb, rest); err != nil {
			return
		}
	}
}
