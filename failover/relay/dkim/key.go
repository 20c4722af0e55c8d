package dkim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"

	"lifeboat/failover"
)

// keyBits is the size of a key: what RFC 8301 section 3.2 recommends. Its record
// still goes into every zone, in two strings.
const keyBits = 2048

// leastBits is the smallest key that receivers must take (RFC 8301 section 3.2).
const leastBits = 1024

// Generate makes a key: the private one as PEM (PKCS #8, RFC 5958), and the text of
// its record, as [Record] gives it.
func Generate() (private, record string, err error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return "", "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	private = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	record, err = Record(private)
	return private, record, err
}

// Record returns the text of the TXT record that publishes the private key's public
// half (RFC 6376 section 3.6.1), in one piece: it is longer than one string of a TXT
// record holds, and cut where records are written. The error is failover.ErrCredential.
func Record(private string) (string, error) {
	key, err := parse(private)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", err
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der), nil
}

// parse reads a private key: PKCS #8, or PKCS #1 as other programs write it.
func parse(private string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(strings.TrimSpace(private) + "\n"))
	if block == nil {
		return nil, unusable(errors.New("no PEM"))
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return strong(key)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, unusable(errors.New("no private key in PKCS #8")) // whose own words may tell of its bytes
	}
	key, isRSA := parsed.(*rsa.PrivateKey)
	if !isRSA {
		return nil, unusable(errors.New("no RSA key"))
	}
	return strong(key)
}

func strong(key *rsa.PrivateKey) (*rsa.PrivateKey, error) {
	if key.N.BitLen() < leastBits {
		return nil, unusable(errors.New("fewer than 1,024 bits"))
	}
	return key, nil
}

func unusable(cause error) error {
	return failover.Fail(failover.ErrCredential,
		"the DKIM key cannot be used: it must be an RSA private key of at least 1,024 bits in PEM; \"lifeboat init\" makes one").Because(cause)
}
