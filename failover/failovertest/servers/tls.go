package servers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

// An Authority is a certificate authority of the test's own.
type Authority struct {
	// File holds its certificate in PEM. A program started with SSL_CERT_FILE set to it (see Env) trusts it, and on Unix
	// systems nothing else.
	File string

	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// A Certificate is a server's, with its key.
type Certificate struct {
	// File holds the chain, KeyFile the private key, in PEM. Only the user who runs the test may read the key.
	File, KeyFile string
	// TLS is the same for servers within the test.
	TLS tls.Certificate
}

// NewAuthority makes a certificate authority.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: serial(t), Subject: pkix.Name{CommonName: "Lifeboat test authority"},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	certificate, der := sign(t, template, template, key, key)
	dir := tempDir(t)
	return &Authority{
		File: write(t, dir, "authority.pem", encode("CERTIFICATE", der)),
		dir:  dir, certificate: certificate, key: key,
	}
}

// Pool is what a client that trusts this authority alone has in tls.Config.RootCAs.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Env makes a program trust this authority alone: Go's crypto/x509 and OpenSSL read the variables on Unix systems.
func (a *Authority) Env() []string {
	return []string{"SSL_CERT_FILE=" + a.File, "SSL_CERT_DIR=" + a.dir}
}

// Issue makes a certificate that is valid now, for host names and IP addresses.
func (a *Authority) Issue(t testing.TB, names ...string) *Certificate {
	t.Helper()
	return a.issue(t, time.Now().Add(90*24*time.Hour), names)
}

// IssueExpired makes a certificate that ran out an hour ago.
func (a *Authority) IssueExpired(t testing.TB, names ...string) *Certificate {
	t.Helper()
	return a.issue(t, time.Now().Add(-time.Hour), names)
}

// IssueItself makes a certificate that is valid now and that nobody but itself vouches
// for.
func IssueItself(t testing.TB, names ...string) *Certificate {
	t.Helper()
	key := newKey(t)
	return (&Authority{key: key}).issueFor(t, key, time.Now().Add(90*24*time.Hour), names)
}

func (a *Authority) issue(t testing.TB, until time.Time, names []string) *Certificate {
	t.Helper()
	return a.issueFor(t, newKey(t), until, names)
}

// issueFor makes a certificate for a key; one that is the authority's own is the only
// one in its chain.
func (a *Authority) issueFor(t testing.TB, key *ecdsa.PrivateKey, until time.Time, names []string) *Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: serial(t), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: time.Now().Add(-12 * time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	parent := a.certificate
	if key == a.key {
		parent = template
	}
	leaf, der := sign(t, template, parent, key, a.key)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatalf("cannot encode a key: %v", err)
	}
	chain := [][]byte{der}
	if key != a.key {
		chain = append(chain, a.certificate.Raw)
	}
	text := ""
	for _, c := range chain {
		text += encode("CERTIFICATE", c)
	}
	dir := tempDir(t)
	return &Certificate{
		File:    write(t, dir, "chain.pem", text),
		KeyFile: write(t, dir, "key.pem", encode("PRIVATE KEY", keyDER)),
		TLS:     tls.Certificate{Certificate: chain, PrivateKey: key, Leaf: leaf},
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("cannot make a key: %v", err)
	}
	return key
}

func serial(t testing.TB) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatalf("cannot make a serial number: %v", err)
	}
	return n
}

func sign(t testing.TB, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) (*x509.Certificate, []byte) {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		t.Fatalf("cannot sign a certificate: %v", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatalf("cannot read the certificate just made: %v", err)
	}
	return certificate, der
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
