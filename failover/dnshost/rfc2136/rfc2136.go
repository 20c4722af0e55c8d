// Package rfc2136 changes zones by DNS dynamic update (RFC 2136), signed with TSIG
// (RFC 8945), as BIND, Knot, PowerDNS, Windows DNS and most other servers take it.
//
// # One message, all or nothing
//
// A change is one message over TCP. Its prerequisites (RFC 2136 section 2.4) are
// the whole record set that must be there before, value for value, or that there
// is none; and the lock record, exactly as it was read. Its updates remove the set
// and insert the new one. The server tests and applies all of it in one step, so
// that of many writers one wins, and nobody sees the set empty.
//
// Prerequisites know nothing of TTLs. The set is therefore read just before, and a
// TTL that is not the expected one makes the change stale as well.
//
// # What is read is signed
//
// Reads are queries to the same server, signed with the same key, and believed
// only if the answer is signed with it too and comes with authority. So a key that
// reads is a key that the server knows; when it then refuses the update, the key
// may read but not change. That tells apart what servers say alike: Knot answers
// BADKEY where only its access rules refuse, and PowerDNS answers REFUSED whatever
// is wrong.
//
// A query sees what wildcards make up; an update does not (RFC 2136 section 3.2
// tests what the zone holds). Where a wildcard of the same type gives the same
// answer, the server is asked whether the name exists at all, and what a wildcard
// made up is read as not there.
package rfc2136

import (
	"encoding/base64"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

const (
	defaultTimeout   = 10 * time.Second
	defaultAlgorithm = dns.HmacSHA256
	// lockTTL is the lock record's, in seconds: nobody caches it for long.
	lockTTL = 60
	// maxTTL: RFC 2181 section 8.
	maxTTL = 1<<31 - 1
)

// Options say which server to ask and with what key.
type Options struct {
	// Server is the primary server that takes updates, as "host:port"; without
	// a port it is 53.
	Server string
	// Dialer makes the connections; nil is a plain net.Dialer.
	Dialer failover.Dialer
	// Key is the TSIG key's name. Algorithm is "hmac-sha256" (also when empty),
	// "-sha1", "-sha224", "-sha384" or "-sha512"; Secret is the key in base64.
	Key       string
	Algorithm string
	Secret    dnshost.Secret
	// Zone is the zone to change; when empty the server is asked for it.
	Zone string
	// Now is the clock that signatures bear; nil is time.Now.
	Now func() time.Time
	// Timeout is for one connection and for each answer; 0 is 10 seconds.
	Timeout time.Duration
}

// Host is a zone's primary server. It implements dnshost.Host.
type Host struct {
	server  string // for the dialer
	name    string // for people
	dialer  failover.Dialer
	key     key
	zone    string
	now     func() time.Time
	timeout time.Duration
}

var _ dnshost.Host = (*Host)(nil)

// New checks the options and returns the host; it asks nobody yet. Options that
// cannot work are failover.ErrInvalid.
func New(o Options) (*Host, error) {
	h := &Host{dialer: o.Dialer, now: o.Now, timeout: o.Timeout}
	server := strings.TrimSpace(o.Server)
	if server == "" {
		return nil, failover.Fail(failover.ErrInvalid, "no DNS server is named; write the address of the zone's primary server, as in ns1.example.net:53")
	}
	h.name = server
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(strings.Trim(server, "[]"), "53")
	}
	h.server = server
	if o.Zone != "" {
		h.zone = failover.FQDN(o.Zone)
	}
	if h.dialer == nil {
		h.dialer = &net.Dialer{}
	}
	if h.now == nil {
		h.now = time.Now
	}
	if h.timeout <= 0 {
		h.timeout = defaultTimeout
	}
	var err error
	h.key, err = newKey(o)
	return h, err
}

func newKey(o Options) (key, error) {
	if strings.TrimSpace(o.Key) == "" {
		return key{}, failover.Fail(failover.ErrInvalid, "no TSIG key is named for {server}; write the key's name as the server knows it", "server", o.Server)
	}
	k := key{name: failover.FQDN(o.Key), algorithm: defaultAlgorithm}
	if o.Algorithm != "" {
		k.algorithm = failover.FQDN(o.Algorithm)
	}
	if newHash[k.algorithm] == nil {
		return key{}, failover.Fail(failover.ErrInvalid,
			`the TSIG algorithm "{algorithm}" is not known; use hmac-sha256 or hmac-sha1, hmac-sha224, hmac-sha384, hmac-sha512`,
			"algorithm", o.Algorithm)
	}
	// Keys are often pasted from configuration files, quotes and line ends included.
	text := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n\"';", r) {
			return -1
		}
		return r
	}, o.Secret.Reveal())
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 {
		// The cause would quote the secret's position at best; it helps nobody.
		return key{}, failover.Fail(failover.ErrInvalid,
			"the secret of the TSIG key {key} is not in base64; copy it again from the server's settings", "key", failover.Display(k.name))
	}
	k.secret = func() []byte { return raw }
	return k, nil
}

// Capabilities are those of dynamic update: it compares and swaps, and holds the
// lock record.
func (h *Host) Capabilities() dnshost.Capabilities {
	return dnshost.Capabilities{CompareAndSwap: true, LockRecord: true, MaxTTL: maxTTL}
}
