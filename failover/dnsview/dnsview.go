// Package dnsview reads what the DNS says, from outside: what each
// authoritative server answers, what public resolvers answer over HTTPS, and
// what the system's own resolver answers.
//
// Lifeboat never believes one source. A DNS host's API says what was accepted;
// only the authoritative servers say what the world is told, and only at each of
// their addresses; resolvers say what a sender nearby would see, old answers
// included; and a line that filters port 53 can make all of them look silent at
// once, which is no fault of the domain.
//
// Nothing here caches, retries for long or hangs: each question has its own
// deadline, all addresses are asked side by side, and an address that cannot be
// asked (no IPv6 on this line, a server name without an address) is an answer of
// its own kind.
package dnsview

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"time"

	"lifeboat/failover"
)

// Options say how to reach the DNS. The zero value is the machine's own set-up.
type Options struct {
	// Dialer makes every connection; nil is a plain net.Dialer.
	Dialer failover.Dialer
	// Resolvers are recursive resolvers as "host:port"; empty is those of the system.
	Resolvers []string
	// DoH are DNS over HTTPS end points (RFC 8484), as URLs; empty is none. Give
	// them by address ("https://1.1.1.1/dns-query"): where the system's
	// resolver is silent a name in the URL cannot be found either.
	DoH []string
	// Port is where authoritative servers listen; 0 is 53.
	Port uint16
	// Timeout is for one question to one address, all attempts together; 0 is 3 seconds.
	Timeout time.Duration
	// TLS is the configuration for DNS over HTTPS; nil checks against the system's roots.
	TLS *tls.Config
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Controls are servers that have nothing to do with the domains in question
	// and answer for the root zone with authority: what [Reader.Line] asks. Empty
	// is four of the root servers.
	Controls []netip.Addr
}

// Listing says where a server of a zone is named. The two lists ought to be
// the same; a server in only one of them is often a leftover that gives old
// records to some senders.
type Listing string

// Where a server is named. The zero Listing means that only one of the lists
// could be read.
const (
	ListedBoth   Listing = "both"
	ListedParent Listing = "parent" // in the delegation only
	ListedZone   Listing = "zone"   // in the zone's own NS set only
)

// Server is one authoritative server of a zone.
type Server struct {
	Name  string       // as failover.FQDN makes it
	Addrs []netip.Addr // IPv4 first; empty when the name has no address
	// Listed says which list names the server, when it came from Servers.
	Listed Listing
	// Problem is why the address could not be found out; nil when there are
	// addresses, or when the DNS says that there is none.
	Problem error
}

// Reader reads the DNS. It is safe for use by several goroutines.
type Reader struct {
	opt    Options
	http   *http.Client
	system func() []string // the system's resolvers as "host:port"
}

// New returns a Reader.
func New(opt Options) *Reader {
	if opt.Dialer == nil {
		opt.Dialer = &net.Dialer{}
	}
	if opt.Port == 0 {
		opt.Port = 53
	}
	if opt.Timeout <= 0 {
		opt.Timeout = 3 * time.Second
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if len(opt.Controls) == 0 {
		opt.Controls = rootServers()
	}
	return &Reader{opt: opt, http: dohClient(opt), system: systemResolvers}
}
