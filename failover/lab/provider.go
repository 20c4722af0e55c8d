package lab

import (
	"bytes"
	"crypto/subtle"
	"crypto/tls"
	"slices"
	"strings"
	"sync"
	"time"

	"lifeboat/failover"
)

// provider is a mail provider: what it takes, and what it has taken.
type provider struct {
	role     failover.Role
	title    string  // as people call it
	zone     string  // its own, as FQDN makes it
	network  byte    // where its addresses in 203.0.113.0/24 begin
	hosts    []*host // two MX, then submission, then IMAP
	dkim     string  // its selector
	key      string  // its DKIM key record (RFC 6376 section 3.6.1)
	domains  []string
	cond     *condition
	books    *books
	ledger   *ledger
	events   *events
	now      func() time.Time
	marker   marker
	user     string // the admin's, for submission in the name of anybody
	password string
	outgoing *outgoing
	asks     *host // its own resolver

	good, bad *tls.Certificate
	ward

	mu         sync.Mutex
	recipients map[string]bool // local parts
	counters   Counters
	mail       []*kept // the oldest first
	bytes      int
	most       int                 // messages that it keeps
	accounts   map[string]*account // by local part
	members    map[string][]string // whose accounts an address that is none leads to
}

// Counters are what a provider's servers have counted since the start.
type Counters struct {
	Sessions  int // SMTP sessions that came as far as EHLO
	Refused   int // recipients refused for good
	Deferred  int // recipients put off
	Stored    int // messages stored in mailboxes
	Submitted int // messages taken from those who signed in
	Relayed   int // messages handed on to others outside
}

// Mail is a message as a provider stored it.
type Mail struct {
	At   time.Time
	From string   // of the envelope
	To   []string // of the envelope
	// Data is the message as it came: every octet, without the dots and the end
	// that SMTP adds (RFC 5321 section 4.5.2).
	Data []byte

	host string // that took it
}

// A provider keeps the last messages only, so that hours of practice take no
// more memory than minutes.
const (
	keepMails     = keepSettled
	keepMailBytes = 64 << 20
	maxMail       = 16 << 20 // one message
)

// Counters returns what a provider has counted.
func (w *World) Counters(role failover.Role) Counters {
	p, ok := w.provider[role]
	if !ok {
		return Counters{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counters
}

// Mailbox returns what a provider has in the mailbox of an address, the oldest
// first: of the last 5,000 messages, as far as they have 64 MiB together.
func (w *World) Mailbox(role failover.Role, address string) []Mail {
	p, ok := w.provider[role]
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Mail
	for _, k := range p.mail {
		if k.isFor(address) {
			m := k.Mail
			m.Data = bytes.Clone(m.Data)
			out = append(out, m)
		}
	}
	return out
}

// SetRecipient adds an address to a provider's, or removes it, as an admin does
// in the provider's console.
func (w *World) SetRecipient(role failover.Role, address string, there bool) {
	p, ok := w.provider[role]
	local, _ := splitAddress(address)
	if !ok || local == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.recipients[local] = there; !there {
		delete(p.recipients, local)
	}
}

// Login is the user name and password for a provider's submission port.
func (w *World) Login(role failover.Role) (user, password string) {
	if p, ok := w.provider[role]; ok {
		return p.user, p.password
	}
	return "", ""
}

// login finds who signs in; nil and true for the admin.
func (p *provider) login(user, password string) (*account, bool) {
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	if strings.EqualFold(user, p.user) {
		return nil, same(password, p.password)
	}
	local, domain := splitAddress(user)
	a := p.accounts[local]
	if a == nil || domain != p.domains[0] {
		return nil, false
	}
	return a, same(password, a.password)
}

// writesAs reports whether somebody may send from an address: their own, at the domain and
// at the emergency subdomain where that is the provider's.
func (p *provider) writesAs(a *account, from string) bool {
	own, _ := splitAddress(a.address)
	local, domain := splitAddress(from)
	return local == own && slices.Contains(p.domains, domain)
}

// has reports whether an address is the provider's to receive, and, if not,
// whether its domain is.
func (p *provider) has(address string) (recipient, local bool) {
	name, domain := splitAddress(address)
	if !slices.Contains(p.domains, domain) {
		return false, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.recipients[name], true
}

func (p *provider) count(what func(c *Counters)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	what(&p.counters)
}

// certificate is what the provider shows, by its condition.
func (p *provider) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	switch faultOf(hello.Conn) {
	case NoTLS:
		return nil, errNoTLS
	case BadCertificate:
		return p.bad, nil
	default:
		return p.good, nil
	}
}
