// Package cloudflare changes zones at Cloudflare through its API, version 4.
//
// # What a change is
//
// Cloudflare keeps single records, each with an identifier, where DNS has sets. A
// change is one request to the batch endpoint, which carries out deletes, patches,
// puts and posts in that order within one database transaction, or none of them
// (https://developers.cloudflare.com/dns/manage-dns-records/how-to/batch-record-changes/).
// Records that differ are patched in place, so that as few as possible go or come:
// the transaction is atomic in the database, but its propagation to the name
// servers is record by record, and a patched record is there at all times. A patch
// leaves alone what it does not name: comments and tags stay.
//
// There is no precondition on values. The set is read just before, and back after;
// in the moment between, somebody else's change can be overwritten. What a patch
// or delete names by its identifier must still exist, or nothing is done.
//
// # The lock
//
// Cloudflare refuses a record that is there already (error 81058, "An identical
// record already exists."), so a lock record whose content never varies can be
// created once only. Who holds it, for which operation and until when is in the
// record's comment, which only members of the account see, and which holds 100
// characters on the free plan
// (https://developers.cloudflare.com/dns/manage-dns-records/reference/record-attributes/).
// What "identical" takes into account is not documented; should a second lock
// record ever be created, whoever made it sees both and withdraws.
//
// # TTLs
//
// TTL 1 stands for "automatic", which is served as 300 seconds; else it is 60 (30
// for Enterprise zones) to 86,400 seconds
// (https://developers.cloudflare.com/dns/manage-dns-records/reference/ttl/).
package cloudflare

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/dnshost"
)

const (
	defaultURL     = "https://api.cloudflare.com/client/v4"
	defaultTimeout = 15 * time.Second
	minTTL, maxTTL = 60, 86400
	leastTTL       = 30 // on the Enterprise plan
)

// Options say how to reach the API and with what token.
type Options struct {
	// Token is an API token with the permissions Zone:Read and DNS:Edit for the
	// zones.
	Token dnshost.Secret
	// BaseURL is the API's; empty is Cloudflare's own. It must be https, except
	// on this machine.
	BaseURL string
	// HTTPClient makes the requests; when it is nil, one is made over Dialer,
	// and when that is nil too, over a plain net.Dialer.
	HTTPClient *http.Client
	Dialer     failover.Dialer
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Timeout is for one request with its answer; 0 is 15 seconds.
	Timeout time.Duration
	// Wait waits when Cloudflare asks for a short pause; nil is a timer.
	Wait func(context.Context, time.Duration) error
}

// Host is Cloudflare, as one token sees it. It implements dnshost.Host.
type Host struct {
	// token is a function, as whatever prints the Host would print a string.
	token   func() string
	base    *url.URL
	client  *http.Client
	now     func() time.Time
	timeout time.Duration
	wait    func(context.Context, time.Duration) error

	mu  sync.Mutex
	ids map[string]string // zone identifiers by zone
}

var _ dnshost.Host = (*Host)(nil)

// New checks the options and returns the host; it asks nobody yet. Options that
// cannot work are failover.ErrInvalid.
func New(o Options) (*Host, error) {
	token := strings.TrimSpace(o.Token.Reveal())
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, failover.Fail(failover.ErrInvalid,
			"the Cloudflare API token is empty or has characters that no token has; copy it again, or make a new one at dash.cloudflare.com, My Profile, API Tokens")
	}
	h := &Host{token: func() string { return token }, now: o.Now, timeout: o.Timeout, wait: o.Wait, ids: map[string]string{}}
	if h.now == nil {
		h.now = time.Now
	}
	if h.timeout <= 0 {
		h.timeout = defaultTimeout
	}
	if h.wait == nil {
		h.wait = timer
	}
	base := o.BaseURL
	if base == "" {
		base = defaultURL
	}
	u, err := url.Parse(strings.TrimSuffix(base, "/"))
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, failover.Fail(failover.ErrInvalid,
			`"{url}" is no address of the Cloudflare API; leave it out, or write one that begins with https://`, "url", o.BaseURL)
	}
	h.base = u
	h.client = newClient(o)
	return h, nil
}

func newClient(o Options) *http.Client {
	c := http.Client{}
	if o.HTTPClient != nil {
		c = *o.HTTPClient
	} else {
		d := o.Dialer
		if d == nil {
			d = &net.Dialer{}
		}
		c.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: d.DialContext,
			ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 30 * time.Second,
		}
	}
	// The API redirects nowhere; a redirection would carry the token along.
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func timer(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Capabilities are a lock record and Cloudflare's bounds for TTLs; there is no
// precondition on values.
func (h *Host) Capabilities() dnshost.Capabilities {
	return dnshost.Capabilities{LockRecord: true, MinTTL: minTTL, MaxTTL: maxTTL}
}
