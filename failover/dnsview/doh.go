package dnsview

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/miekg/dns"

	"lifeboat/failover"
)

const dnsMessage = "application/dns-message" // RFC 8484 section 6

// ResolverAnswer is what one resolver over HTTPS said.
type ResolverAnswer struct {
	Resolver string // its URL
	Set      failover.RRset
	Err      error
	// Authenticated is set when the resolver says that DNSSEC proves the answer, a
	// set that is not there included (the AD bit, RFC 4035 section 3.2.3). Resolvers
	// that check no signatures never say so.
	Authenticated bool
	// ServerTime is the Date header of the answer (to the second), for telling
	// whether this machine's clock is right; zero when there was none.
	ServerTime time.Time
}

// DoH asks each resolver of the options over HTTPS (RFC 8484), side by side: a
// way out where port 53 is filtered, and a look from another place. One that
// fails says so in its Err, of kind failover.ErrUnreachable.
func (r *Reader) DoH(ctx context.Context, key failover.Key) []ResolverAnswer {
	key.Name = failover.FQDN(key.Name)
	out := make([]ResolverAnswer, len(r.opt.DoH))
	var wg sync.WaitGroup
	for i, u := range r.opt.DoH {
		wg.Go(func() {
			m, at, err := r.overHTTPS(ctx, u, key)
			out[i] = ResolverAnswer{Resolver: u, Err: err, ServerTime: at}
			if err == nil {
				out[i].Set, out[i].Authenticated = setOf(m, key), m.AuthenticatedData
			}
		})
	}
	wg.Wait()
	return out
}

// dohClient speaks only to the address asked for: no redirects, no proxy.
func dohClient(opt Options) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         opt.Dialer.DialContext,
			TLSClientConfig:     opt.TLS,
			ForceAttemptHTTP2:   true,
			TLSHandshakeTimeout: opt.Timeout,
			IdleConnTimeout:     10 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// overHTTPS puts one question to one resolver.
func (r *Reader) overHTTPS(ctx context.Context, resolver string, key failover.Key) (*dns.Msg, time.Time, error) {
	code, known := typeOf(key.Type)
	if !known {
		return nil, time.Time{}, noType(key.Type)
	}
	if err := mayAsk(resolver); err != nil {
		return nil, time.Time{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.opt.Timeout)
	defer cancel()
	m, at, err := r.post(ctx, resolver, query{name: key.Name, qtype: code, recurse: true})
	if m, err = found(m, err); err != nil {
		return nil, at, failover.Fail(failover.ErrUnreachable, "the resolver {resolver} gives no answer over HTTPS", "resolver", resolver).Because(err)
	}
	return m, at, nil
}

// mayAsk refuses a resolver whose answers anybody on the way could change. On
// this machine itself plain HTTP is let through.
func mayAsk(resolver string) error {
	u, err := url.Parse(resolver)
	if err == nil && u.Host != "" {
		ip, ipErr := netip.ParseAddr(u.Hostname())
		local := u.Hostname() == "localhost" || ipErr == nil && ip.IsLoopback()
		if u.Scheme == "https" || u.Scheme == "http" && local {
			return nil
		}
	}
	return failover.Fail(failover.ErrInvalid,
		`"{resolver}" cannot be asked over HTTPS; write its address as in https://1.1.1.1/dns-query`, "resolver", resolver).Because(err)
}

func (r *Reader) post(ctx context.Context, resolver string, q query) (*dns.Msg, time.Time, error) {
	// The ID is 0, so that the same question is the same bytes (RFC 8484 section 4.1).
	question := q.message(0, true)
	question.AuthenticatedData = true // asks for the AD bit in the answer (RFC 6840 section 5.7)
	wire, err := question.Pack()
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("no DNS question can be made of %q: %w", q.name, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, resolver, bytes.NewReader(wire))
	if err != nil {
		return nil, time.Time{}, err
	}
	req.Header.Set("Content-Type", dnsMessage)
	req.Header.Set("Accept", dnsMessage)
	resp, err := r.http.Do(req)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	at, _ := http.ParseTime(resp.Header.Get("Date"))
	body, err := io.ReadAll(io.LimitReader(resp.Body, dns.MaxMsgSize+1))
	typ, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return nil, at, err
	case resp.StatusCode != http.StatusOK:
		return nil, at, fmt.Errorf("HTTP status %d", resp.StatusCode)
	case typ != dnsMessage:
		return nil, at, fmt.Errorf("content of type %q instead of %s", typ, dnsMessage)
	case len(body) > dns.MaxMsgSize:
		return nil, at, errors.New("an answer longer than DNS allows")
	}
	m, err := q.parse(body, 0)
	return m, at, err
}
