package deliver_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"io"
	"strconv"
	"strings"
	"time"
)

func (p *provider) command(s *session, verb, rest string) error {
	switch verb {
	case "EHLO":
		all := append([]string{"provider.test"}, p.extensions...)
		if p.cert != nil && !s.secure {
			all = append(all, "STARTTLS")
		}
		if p.passwords != nil && (s.secure || p.cert == nil) {
			all = append(all, "AUTH PLAIN XOAUTH2")
		}
		for i, e := range all {
			mark := "-"
			if i == len(all)-1 {
				mark = " "
			}
			if err := p.say(s, "250%s%s", mark, e); err != nil {
				return err
			}
		}
		return nil
	case "STARTTLS":
		if err := p.say(s, "220 2.0.0 go ahead"); err != nil {
			return err
		}
		c := tls.Server(s.conn, p.cert)
		if err := c.Handshake(); err != nil {
			return err
		}
		s.conn, s.secure, s.in = c, true, bufio.NewReader(c)
		return nil
	case "AUTH":
		return p.auth(s, rest)
	case "MAIL":
		s.from, s.to, s.begun = between(rest), nil, true
		s.text.Reset()
		return p.say(s, "250 2.1.0 ok")
	case "RCPT":
		if !s.begun {
			return p.say(s, "503 5.5.1 MAIL first")
		}
		s.to = append(s.to, between(rest))
		return p.say(s, "250 2.1.5 ok")
	case "DATA":
		if len(s.to) == 0 {
			return p.say(s, "554 5.5.1 no valid recipients")
		}
		if err := p.say(s, "354 go"); err != nil {
			return err
		}
		return p.data(s)
	case "BDAT":
		return p.bdat(s, rest)
	case "RSET":
		s.from, s.to, s.begun = "", nil, false
		return p.say(s, "250 2.0.0 ok")
	case "QUIT":
		_ = p.say(s, "221 2.0.0 bye")
		return stop{}
	}
	return p.say(s, "502 5.5.1 what?")
}

func between(s string) string {
	_, s, _ = strings.Cut(s, "<")
	s, _, _ = strings.Cut(s, ">")
	return s
}

func (p *provider) auth(s *session, rest string) error {
	mech, initial, _ := strings.Cut(rest, " ")
	text, _ := base64.StdEncoding.DecodeString(initial)
	user, password := "", ""
	switch mech {
	case "PLAIN":
		parts := strings.Split(string(text), "\x00")
		if len(parts) == 3 {
			user, password = parts[1], parts[2]
		}
	case "XOAUTH2":
		for _, f := range strings.Split(string(text), "\x01") {
			if u, ok := strings.CutPrefix(f, "user="); ok {
				user = u
			}
			if b, ok := strings.CutPrefix(f, "auth=Bearer "); ok {
				password = b
			}
		}
	}
	if want, ok := p.passwords[user]; !ok || want != password {
		return p.say(s, "535 5.7.8 Error: authentication failed: %s", initial)
	}
	s.login = user
	return p.say(s, "235 2.7.0 welcome")
}

func (p *provider) data(s *session) error {
	first := true
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return err
		}
		if first {
			first = false
			if done, err := p.at(s, "body", line); done || err != nil {
				return stop{}
			}
		}
		// Only CRLF ends a line: one that ended with a bare LF goes on.
		for !strings.HasSuffix(line, "\r\n") {
			more, err := s.in.ReadString('\n')
			if err != nil {
				return err
			}
			line += more
		}
		if line == ".\r\n" {
			break
		}
		s.text.WriteString(strings.TrimPrefix(line, "."))
	}
	return p.end(s, "DATA")
}

func (p *provider) bdat(s *session, rest string) error {
	size, last, _ := strings.Cut(rest, " ")
	n, _ := strconv.ParseInt(size, 10, 64)
	if _, err := io.CopyN(&s.text, s.in, n); err != nil {
		return err
	}
	if last == "" {
		return p.say(s, "250 2.0.0 %d octets", n)
	}
	return p.end(s, "BDAT")
}

// end takes the message, unless the script has another end: "take and ..." takes it first.
func (p *provider) end(s *session, by string) error {
	s.begun = false
	keep := func() {
		p.mu.Lock()
		p.got = append(p.got, taken{from: s.from, login: s.login, to: s.to, text: s.text.String(), by: by, at: time.Now()})
		p.mu.Unlock()
	}
	p.mu.Lock()
	script := p.script
	p.mu.Unlock()
	if script != nil {
		what := script(s, "end", "")
		if rest, ok := strings.CutPrefix(what, "take and "); ok {
			keep()
			what = rest
		}
		if what != "" {
			_, err := p.at2(s, what)
			return err
		}
	}
	keep()
	return p.say(s, "250 2.0.0 queued as %d", len(p.messages()))
}

// at2 does one thing of the script's.
func (p *provider) at2(s *session, what string) (bool, error) {
	p2 := &provider{script: func(*session, string, string) string { return what }, free: p.free}
	return p2.at(s, "", "")
}
