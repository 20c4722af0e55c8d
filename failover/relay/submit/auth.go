package submit

import (
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-sasl"

	"lifeboat/failover"
)

// loginServer is the LOGIN mechanism, which was never a standard
// (draft-murchison-sasl-login): two questions and their answers, of which many clients
// give the first unasked. Older printers know no other.
type loginServer struct {
	check func(username, password string) error
	step  int
	user  string
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if l.step == 0 && response == nil {
		l.step = 1
		return []byte("Username:"), false, nil
	}
	switch l.step {
	case 0, 1:
		l.user = string(response)
		l.step = 2
		return []byte("Password:"), false, nil
	case 2:
		l.step = 3
		return nil, true, l.check(l.user, string(response))
	}
	return nil, false, sasl.ErrUnexpectedClientResponse
}

// signIn checks a password, within what the guard allows.
func (s *session) signIn(username, password string) error {
	username = strings.TrimSpace(username)
	s.tried = shown(username, 100)
	name := strings.ToLower(s.tried)
	if until := s.server.guard.shut(s.c.client, name); !until.IsZero() {
		return s.refuse(refusal{454, class{4, 7, 0}, failover.Say("Too many wrong passwords for {user} came from {client}; sign in again after {time}.",
			"user", s.tried, "client", s.c.client, "time", until.In(s.server.opt.Now().Location()).Format("2006-01-02 15:04:05 -0700"))})
	}
	user, ok := s.server.opt.Users.Check(s.server.life, username, password)
	if ok {
		s.server.guard.right(s.c.client, name)
		s.user, s.signedIn = user, true
		return nil
	}
	pause := s.server.guard.wrong(s.c.client, name)
	bad := s.refuse(refusal{535, class{5, 7, 8}, failover.Say("The address or the password is wrong. The password is the app password that lifeboat user add has shown, not that of the mailbox.")})
	if err := s.server.opt.Wait(s.server.life, pause); err != nil {
		return err
	}
	return bad
}

// How guessing is met. The passwords are far too long to be guessed; this keeps guessers
// from using the server up, and makes them visible.
const (
	freeGuesses    = 5           // of one user from one address: then it is shut
	shutFor        = time.Minute // the first time, then twice as long each time
	shutAtMost     = time.Hour
	freeNames      = 10              // users whose passwords were guessed from one address
	slowAfter      = 2               // wrong passwords
	slowAtMost     = 4 * time.Second // before an answer
	guessForgotten = 24 * time.Hour  // without another
	guardClients   = 1000            // addresses that are told apart
	guardNames     = 2 * freeNames   // users that are told apart for one address
	nameTrusted    = 30 * 24 * time.Hour
)

// guard counts wrong passwords by client address and user. A user is shut out at the
// address from which his password was guessed, never anywhere else; and an address that
// tried many names is shut but for those who signed in there in the last month.
type guard struct {
	now func() time.Time

	mu      sync.Mutex
	clients map[netip.Prefix]*guesses
}

// guesses are those of one client address.
type guesses struct {
	count
	names map[string]*count
}

// count is of wrong passwords in a row.
type count struct {
	wrong int
	at    time.Time // the last
	until time.Time // shut
	right time.Time // the last right one
}

func newGuard(now func() time.Time) *guard {
	return &guard{now: now, clients: map[netip.Prefix]*guesses{}}
}

// network is what one machine may have of addresses: one of IPv4, 64 bits of IPv6
// (RFC 8981).
func network(client netip.Addr) netip.Prefix {
	if client.Is6() {
		p, _ := client.Prefix(64) // 64 is a length that IPv6 has
		return p
	}
	return netip.PrefixFrom(client, client.BitLen())
}

// shut returns until when a user cannot sign in from an address; zero if he can.
func (g *guard) shut(client netip.Addr, name string) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.clients[network(client)]
	if c == nil {
		return time.Time{}
	}
	now := g.now()
	if n := c.names[name]; n != nil {
		if n.until.After(now) {
			return n.until
		}
		if now.Sub(n.right) < nameTrusted && !n.right.IsZero() {
			return time.Time{}
		}
	}
	if c.until.After(now) {
		return c.until
	}
	return time.Time{}
}

// right notes that a password was right.
func (g *guard) right(client netip.Addr, name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.name(g.client(client), name)
	*n = count{right: g.now()}
}

// wrong notes that one was wrong, and returns how long the answer should take.
func (g *guard) wrong(client netip.Addr, name string) (pause time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	c := g.client(client)
	n := g.name(c, name)
	n.again(now, freeGuesses)
	if n.wrong == 1 { // a device with an old password counts once
		c.again(now, freeNames)
	}
	if n.wrong <= slowAfter {
		return 0
	}
	return min(slowAtMost, time.Second<<min(n.wrong-slowAfter-1, 10))
}

// again counts one more, and shuts after so many.
func (c *count) again(now time.Time, free int) {
	if now.Sub(c.at) > guessForgotten {
		c.wrong = 0
	}
	c.wrong++
	c.at = now
	if c.wrong >= free {
		c.until = now.Add(min(shutAtMost, shutFor<<min(c.wrong-free, 10)))
	}
}

func (g *guard) client(client netip.Addr) *guesses {
	key := network(client)
	c := g.clients[key]
	if c == nil {
		makeRoom(g.clients, guardClients, func(c *guesses) bool { return g.now().Sub(c.at) > guessForgotten })
		c = &guesses{names: map[string]*count{}}
		g.clients[key] = c
	}
	return c
}

func (g *guard) name(c *guesses, name string) *count {
	n := c.names[name]
	if n == nil {
		makeRoom(c.names, guardNames, func(n *count) bool { return n.right.IsZero() && !n.until.After(g.now()) })
		n = &count{}
		c.names[name] = n
	}
	return n
}

// makeRoom keeps a map below so many entries: it drops those that do not matter any
// more, and if there are none, any one.
func makeRoom[K comparable, V any](m map[K]V, most int, old func(V) bool) {
	if len(m) < most {
		return
	}
	for k, v := range m {
		if old(v) {
			delete(m, k)
		}
	}
	for k := range m {
		if len(m) < most {
			return
		}
		delete(m, k)
	}
}
