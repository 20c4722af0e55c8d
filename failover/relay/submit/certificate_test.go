package submit_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay/submit"
)

func TestSelfSigned(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "relay", "tls")
	key := [32]byte{7}
	now := time.Date(2026, 1, 22, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	made := func(names ...string) tls.Certificate {
		t.Helper()
		c, err := submit.SelfSigned(file, key, names, clock)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			pool := x509.NewCertPool()
			pool.AddCert(c.Leaf)
			if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: pool, CurrentTime: now}); err != nil {
				t.Errorf("whoever trusts it does not: %v", err)
			}
			if err := c.Leaf.VerifyHostname(n); err != nil {
				t.Error(err)
			}
		}
		return c
	}
	same := func(a, b tls.Certificate) bool { return bytes.Equal(a.Certificate[0], b.Certificate[0]) }
	first := made("relay.example.test", "192.0.2.1")
	if again := made("relay.example.test"); !same(first, again) {
		t.Error("the certificate is made anew without a reason")
	}
	if life := first.Leaf.NotAfter.Sub(first.Leaf.NotBefore); life > 825*24*time.Hour {
		t.Errorf("it is valid for %v: longer than Apple's systems take", life)
	}
	raw, err := os.ReadFile(file)
	if err != nil || bytes.Contains(raw, []byte("relay.example.test")) {
		t.Errorf("the file is not sealed: %v", err)
	}
	more := made("relay.example.test", "printer-relay")
	if same(first, more) {
		t.Error("another name did not make it anew")
	}
	now = more.Leaf.NotAfter.Add(-46 * 24 * time.Hour)
	if !same(more, made("printer-relay")) {
		t.Error("it is renewed too early")
	}
	now = now.Add(2 * 24 * time.Hour)
	renewed := made("printer-relay")
	if same(more, renewed) {
		t.Error("it is not renewed before its end")
	}
	for _, damage := range [][]byte{nil, []byte("lifeboat tls 1\n"), raw[:len(raw)-1], bytes.Repeat([]byte("x"), 1000)} {
		if err := os.WriteFile(file, damage, 0o600); err != nil {
			t.Fatal(err)
		}
		made("printer-relay")
	}
	key = [32]byte{8}
	made("printer-relay")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := submit.SelfSigned(file, key, []string{"x"}, clock); !errors.Is(err, failover.ErrDisk) {
		t.Errorf("a folder in its place: %v, want ErrDisk", err)
	}
}

func TestLoadCertificate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := submit.SelfSigned(filepath.Join(dir, "tls"), [32]byte{1}, []string{"localhost"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(file, kind string, der []byte) {
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(cert, "CERTIFICATE", c.Certificate[0])
	if _, err := submit.LoadCertificate(cert, key); !errors.Is(err, failover.ErrInvalid) {
		t.Errorf("no key: %v, want ErrInvalid", err)
	}
	write(key, "PRIVATE KEY", private)
	if _, err := submit.LoadCertificate(cert, key); err != nil {
		t.Error(err)
	}
}
