package signin

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Dialer makes connections; net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Network is the way to a token's issuer, which is HTTPS alone.
type Network struct {
	Dialer Dialer
	// TLS has the certificate authorities to trust; nil: the system's.
	TLS *tls.Config
	// Now is the time; nil: time.Now.
	Now func() time.Time
	// Wait waits, between two questions whether a person has agreed; nil: it waits for
	// the time, or the end of the context.
	Wait func(ctx context.Context, d time.Duration) error
	// Patience is how long one request may take; 0: 30 seconds.
	Patience time.Duration
	// Log is told what was fetched, without secrets; nil: nobody is.
	Log *slog.Logger
}

// Vault keeps refresh tokens between runs.
type Vault interface {
	// Get returns what is stored under the name; an error of kind
	// mailstore.ErrNotFound when there is nothing.
	Get(ctx context.Context, name string) (string, error)
	Set(ctx context.Context, name, value string) error
}

const usualPatience = 30 * time.Second

// complete fills in what was left out.
func (n Network) complete() Network {
	if n.Dialer == nil {
		n.Dialer = new(net.Dialer)
	}
	if n.Now == nil {
		n.Now = time.Now
	}
	if n.Wait == nil {
		n.Wait = wait
	}
	if n.Patience == 0 {
		n.Patience = usualPatience
	}
	if n.Log == nil {
		n.Log = slog.New(slog.DiscardHandler)
	}
	return n
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// client makes HTTPS requests. It follows no redirection, which would hand a secret
// on, and uses no proxy of the environment's: the dialer decides the way.
func (n Network) client() *http.Client {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if n.TLS != nil {
		config = n.TLS.Clone()
		config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: n.Dialer.DialContext, TLSClientConfig: config, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: n.Patience, ResponseHeaderTimeout: n.Patience,
			MaxResponseHeaderBytes: 64 << 10, MaxIdleConns: 2, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       n.Patience,
	}
}
