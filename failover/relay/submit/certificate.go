package submit

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io/fs"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"lifeboat/failover"
)

const (
	// selfSignedFor is as long as Apple's systems believe a certificate (825 days at most).
	selfSignedFor = 800 * 24 * time.Hour
	// renewBefore leaves time for a machine that is off over the holidays.
	renewBefore = 45 * 24 * time.Hour
	// backdated allows for clients whose clocks are slow.
	backdated = 24 * time.Hour
	// askAgain is how old a certificate's source lets it get before it is asked again.
	askAgain = time.Hour

	sealMark    = "lifeboat tls 1\n"
	sealPurpose = "relay tls"
)

// certificate is what TLS shows, asked for anew now and then.
type certificate struct {
	source func() (*tls.Certificate, error)
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	last  *tls.Certificate
	asked time.Time
}

// get returns the certificate. A source that fails after it once gave one is logged,
// and the one that it gave holds on.
func (c *certificate) get() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if age := now.Sub(c.asked); c.last != nil && age >= 0 && age < askAgain {
		return c.last, nil
	}
	got, err := c.source()
	if err != nil && c.last == nil {
		return nil, err
	}
	c.asked = now
	if err != nil {
		c.log.Warn("relay: the certificate cannot be read again; the last one stays in use", "error", err)
		return c.last, nil
	}
	c.last = got
	return got, nil
}

// LoadCertificate reads a certificate chain and its private key, both in PEM.
func LoadCertificate(certFile, keyFile string) (tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return c, failover.Fail(failover.ErrInvalid, "The certificate in {file} and its key in {key} cannot be used: both have to be PEM files that may be read, and belong together.", "file", certFile, "key", keyFile).Because(err)
	}
	return c, nil
}

// SelfSigned returns the certificate kept at path, sealed with key, for these host
// names and IP addresses. The first call makes it, with a P-256 key; it is made anew 45
// days before its end, or when it lacks one of the names. A file that cannot be opened is
// replaced: all that is lost is that mail programs ask their users once more.
func SelfSigned(path string, key [32]byte, names []string, now func() time.Time) (tls.Certificate, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return tls.Certificate{}, err
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		return tls.Certificate{}, err
	}
	names = hostNames(names)
	raw, err := os.ReadFile(path)
	switch {
	case err == nil:
		if c, err := opened(box, raw); err == nil && stillGood(c.Leaf, names, now()) {
			return c, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return tls.Certificate{}, failover.Fail(failover.ErrDisk, "The relay's certificate {file} cannot be read; see that the file and its folder are yours.", "file", path).Because(err)
	}
	plain, err := makeCertificate(names, now())
	if err == nil {
		nonce := make([]byte, box.NonceSize())
		_, _ = rand.Read(nonce) // never fails (crypto/rand)
		raw = box.Seal(append([]byte(sealMark), nonce...), nonce, plain, []byte(sealPurpose))
		err = keep(path, raw)
	}
	if err != nil {
		return tls.Certificate{}, failover.Fail(failover.ErrDisk, "The relay's certificate could not be written to {file}; see whether the disk is full and the folder may be written to.", "file", path).Because(err)
	}
	return opened(box, raw)
}

// hostNames returns the names as certificates have them, and at least one.
func hostNames(names []string) []string {
	var all []string
	for _, n := range names {
		if a, err := idna.Lookup.ToASCII(n); err == nil {
			n = a
		}
		if n != "" {
			all = append(all, n)
		}
	}
	if len(all) == 0 {
		return []string{"localhost"}
	}
	return all
}

func stillGood(leaf *x509.Certificate, names []string, now time.Time) bool {
	if leaf == nil || now.Before(leaf.NotBefore) || now.After(leaf.NotAfter.Add(-renewBefore)) {
		return false
	}
	for _, n := range names {
		if leaf.VerifyHostname(n) != nil {
			return false
		}
	}
	return true
}

// opened reads what SelfSigned keeps: the key in PKCS #8 and the certificate, one after
// the other, each with its length before it.
func opened(box cipher.AEAD, raw []byte) (tls.Certificate, error) {
	var c tls.Certificate
	sealed, ok := bytes.CutPrefix(raw, []byte(sealMark))
	if !ok || len(sealed) < box.NonceSize() {
		return c, errors.New("no certificate of the relay's")
	}
	plain, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], []byte(sealPurpose))
	if err != nil {
		return c, err
	}
	n := 0
	if len(plain) >= 2 {
		n = int(plain[0])<<8 | int(plain[1])
	}
	if len(plain) < 2+n {
		return c, errors.New("too short")
	}
	private, err := x509.ParsePKCS8PrivateKey(plain[2 : 2+n])
	if err != nil {
		return c, err
	}
	der := bytes.Clone(plain[2+n:])
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return c, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: leaf}, nil
}

// makeCertificate returns a new key and certificate as opened reads them.
func makeCertificate(names []string, now time.Time) ([]byte, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: cut(names[0], 64), Organization: []string{"Lifeboat"}},
		NotBefore: now.Add(-backdated), NotAfter: now.Add(selfSignedFor),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	n := len(pkcs8)
	return append(append([]byte{byte(n >> 8), byte(n)}, pkcs8...), der...), nil //nolint:gosec // some 140 bytes
}

func cut(s string, n int) string { return s[:min(n, len(s))] }

// keep writes a file in one step: after a power cut there is the old one or the new.
func keep(path string, b []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.new")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there, nor need it be
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
