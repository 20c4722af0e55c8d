package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lifeboat/configs"
	"lifeboat/failover/failovertest/servers"
	"lifeboat/mailstore"
)

// An own server, whose certificate is of an authority that only its owner has, could not be
// looked at: a file with that authority's certificate is taken, and the server's is
// checked all the same.
func TestBrowsePrivateAuthority(t *testing.T) {
	if !servers.InNamespace(t, servers.Namespace{}) {
		return
	}
	own, other := servers.NewAuthority(t), servers.NewAuthority(t)
	a := &abroad{shelf: newShelf(t)}
	a.server = servers.StartDovecot(t, servers.DovecotConfig{Certificate: own.Issue(t, "imap.own.test")})
	a.opt.Mail.Dialer = a
	a.opt.Mail.TLS = func(p configs.Provider) (*tls.Config, error) {
		c := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
		if p.CAFile == "" {
			return c, nil
		}
		pem, err := os.ReadFile(p.CAFile)
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.Join(errors.New("no certificate"), err)
		}
		return c, nil
	}
	for name, c := range map[string]struct {
		file, host string
		fails      error
	}{
		"its authority":  {own.File, "imap.own.test", nil},
		"none":           {"", "imap.own.test", mailstore.ErrCertificate},
		"another one":    {other.File, "imap.own.test", mailstore.ErrCertificate},
		"another name":   {own.File, "imap.other.test", mailstore.ErrCertificate},
		"a missing file": {filepath.Join(t.TempDir(), "none.pem"), "imap.own.test", mailstore.ErrInvalid},
	} {
		m, err := a.Browse(t.Context(), BrowseRequest{
			Host: c.host, User: "ben2", CAFile: c.file, Reason: "a test",
			Password: func(context.Context) (string, error) { return a.server.Password, nil },
		})
		if err == nil {
			_, err = m.Folders(t.Context(), "", false)
			_ = m.Close()
		}
		if !errors.Is(err, c.fails) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
