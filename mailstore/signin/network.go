package signin

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
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
