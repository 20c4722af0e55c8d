package submit

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"lifeboat/failover"
)

// times are how long things may take; all but in tests they are standardTimes.
type times struct {
	idle      time.Duration // between commands of a client that signed in, or a device
	stranger  time.Duration // between commands of others
	data      time.Duration // between two pieces of a message
	message   time.Duration // for a message as a whole
	write     time.Duration // for a reply to be taken
	handshake time.Duration // of TLS
	finish    time.Duration // for messages that are on the way when the server stops
}

// standardTimes follow RFC 5321 section 4.5.3.2, but for strangers: who does not sign in
// within a minute is not writing mail.
var standardTimes = times{
	idle: 5 * time.Minute, stranger: time.Minute, data: 3 * time.Minute, message: time.Hour,
	write: time.Minute, handshake: 30 * time.Second, finish: 30 * time.Second,
}

// turnedAtOnce is how many connections can be being told that there are too many; what
// comes beyond is closed without a word.
const turnedAtOnce = 32

// door is a listener that lets in only as many as there is room for.
type door struct {
	net.Listener
	server   *Server
	security failover.Security
}

// Accept returns the next client that there is room for, as a *conn. The others are told
// 421 (RFC 5321 section 3.8) meanwhile.
func (d *door) Accept() (net.Conn, error) {
	for {
		tcp, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := newConn(tcp, d.server, d.security)
		why := d.server.admit(c)
		if why == "" {
			return c, nil
		}
		d.server.opt.Log.Info("relay turns a client away", "client", c.client, "why", why)
		d.turnAway(c, why)
	}
}

// admit makes room for a connection, or says why there is none.
func (s *Server) admit(c *conn) (why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping:
		return "4.3.2 Lifeboat is being stopped; try again later"
	case len(s.conns) >= s.opt.Sessions:
		return fmt.Sprintf("4.3.2 %d sessions are open, and more are not served at once; try again in a minute", s.opt.Sessions)
	case s.from[c.client] >= s.opt.PerAddress:
		return fmt.Sprintf("4.7.0 %d sessions from your address %s are open, and more are not served at once; end some, or try again in a minute", s.opt.PerAddress, c.client)
	}
	s.conns[c] = struct{}{}
	s.from[c.client]++
	s.open.Add(1)
	c.onClose = s.leave
	return ""
}

func (s *Server) leave(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	if s.from[c.client]--; s.from[c.client] <= 0 {
		delete(s.from, c.client)
	}
	s.mu.Unlock()
	s.open.Done()
}

// turnAway tells a client that there is no room, without keeping the next one waiting.
func (d *door) turnAway(c *conn, why string) {
	select {
	case d.server.turned <- struct{}{}:
	default:
		_ = c.Conn.Close()
		return
	}
	go func() {
		defer func() { <-d.server.turned }()
		c.out = append(c.out, "421 "+why+"\r\n"...)
		_ = c.Close()
	}()
}

// addressOf is a client's address, as limits count it: of IPv4, also where it comes in
// over IPv6, all of it; of IPv6 without the zone.
func addressOf(a net.Addr) netip.Addr {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr().Unmap().WithZone("")
}

// device returns the user that clients at an address are, without signing in.
func (s *Server) device(client netip.Addr) (user string, ok bool) {
	for _, d := range s.opt.Devices {
		for _, p := range d.Prefixes {
			if p.Contains(client) {
				return d.User, true
			}
		}
	}
	return "", false
}

func sprintf(format string, v ...any) string { return fmt.Sprintf(format, v...) }

func sprintln(v ...any) string { return strings.TrimSpace(fmt.Sprintln(v...)) }
