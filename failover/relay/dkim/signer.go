package dkim

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Key is what the mail of a domain is signed with.
type Key struct {
	Selector string
	// Private gives the private key in PEM; it is asked once, and again after a failure.
	Private func(context.Context) (string, error)
}

// Signer signs for the domains that have a key. It is a [relay.Signer], and safe for
// use by several goroutines.
type Signer struct {
	now  func() time.Time
	keys map[string]*domainKey // by domain in lower case, A-labels
}

var _ relay.Signer = (*Signer)(nil)

type domainKey struct {
	Key
	domain string
	mu     sync.Mutex
	parsed *rsa.PrivateKey
}

// New returns a signer with a key for each domain, named in A-labels. The clock gives
// the time of signatures.
func New(keys map[string]Key, now func() time.Time) *Signer {
	s := &Signer{now: now, keys: map[string]*domainKey{}}
	for domain, key := range keys {
		name := strings.TrimSuffix(lower(domain), ".")
		s.keys[name] = &domainKey{Key: key, domain: name}
	}
	return s
}

// keyFor finds the key of an address's domain, or of the nearest one above it that has
// one: a signature by that is aligned too (RFC 7489 section 3.1.1), unless the domain
// asks for strict alignment.
func (s *Signer) keyFor(from string) *domainKey {
	for name := relay.DomainOf(from); name != ""; {
		if key := s.keys[name]; key != nil {
			return key
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return nil
}

// Sign reads the message once, to the end, and returns the DKIM-Signature field to put
// before it, ended with CRLF, its lines at most 78 octets long. It returns nothing where
// the domain of from, the address in the header's From, has no key, where the message has no
// From or a header beyond all bounds, and where it has a signature that one more would break.
// Errors of the key are failover.ErrCredential; those of message are returned as they are.
func (s *Signer) Sign(ctx context.Context, from string, message io.Reader) ([]byte, error) {
	key := s.keyFor(from)
	if key == nil {
		return nil, nil
	}
	private, err := key.open(ctx)
	if err != nil {
		return nil, err
	}
	in := newLines(message)
	head, err := readHeader(in)
	if err != nil {
		return nil, err
	}
	if head.closed() {
		return nil, nil
	}
	body := sha256.New()
	if err := relaxBody(body, in); err != nil {
		return nil, err
	}
	have := head.count()
	if have["from"] == 0 {
		return nil, nil // RFC 6376 section 5.4: it is what has to be signed
	}
	names := fieldsOf(have)
	field := s.begin(key, names, body.Sum(nil))

	hash := sha256.New()
	for _, line := range head.pick(names) {
		hash.Write(relaxField(line))
	}
	hash.Write(bytes.TrimSuffix(relaxField([]byte(field)), []byte(crlf)))
	// Without a source of randomness: signing with this padding needs none (RFC 8017 section 8.2).
	signature, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, hash.Sum(nil))
	if err != nil {
		return nil, key.unusable(err)
	}
	return []byte(field + folded(base64.StdEncoding.EncodeToString(signature)) + crlf), nil
}

// begin is the signature's header field (RFC 6376 section 3.5) up to and with "b=".
func (s *Signer) begin(key *domainKey, names []string, body []byte) string {
	var out strings.Builder
	out.WriteString("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;" + crlf)
	out.WriteString("\td=" + key.domain + ";" + crlf)
	out.WriteString("\ts=" + key.Selector + "; t=" + strconv.FormatInt(s.now().Unix(), 10) + ";" + crlf)
	line := "\th="
	for i, name := range names {
		if i < len(names)-1 {
			name += ":"
		}
		if len(line)+len(name) >= foldAt {
			out.WriteString(line + crlf)
			line = "\t "
		}
		line += name
	}
	out.WriteString(line + ";" + crlf)
	out.WriteString("\tbh=" + base64.StdEncoding.EncodeToString(body) + ";" + crlf)
	out.WriteString("\tb=")
	return out.String()
}

// foldAt is where lines are folded, in octets (RFC 5322 section 2.1.1).
const foldAt = 76

// folded folds a text in base64, in which white space means nothing.
func folded(text string) string {
	var out strings.Builder
	for width := foldAt - 4; len(text) > width; text = text[width:] {
		out.WriteString(text[:width] + crlf + "\t ")
	}
	out.WriteString(text)
	return out.String()
}

// open asks for the private key and reads it.
func (k *domainKey) open(ctx context.Context) (*rsa.PrivateKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.parsed != nil {
		return k.parsed, nil
	}
	text, err := k.Private(ctx)
	if err != nil {
		return nil, k.unusable(err)
	}
	if k.parsed, err = parse(text); err != nil {
		return nil, k.unusable(err)
	}
	return k.parsed, nil
}

func (k *domainKey) unusable(cause error) error {
	return failover.Fail(failover.ErrCredential,
		"mail of {domain} cannot be signed: its DKIM key cannot be opened; store it again with \"lifeboat secret set\", or take signing out of the settings",
		"domain", failover.Display(k.domain)).Because(cause)
}
