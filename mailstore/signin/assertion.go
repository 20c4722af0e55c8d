package signin

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"time"
)

// assertion is a signed statement about oneself: a JSON Web Token (RFC 7519), made to
// get a token for it (RFC 7523).
type assertion struct {
	header map[string]string
	claims map[string]any
	key    *rsa.PrivateKey
}

// How long an assertion holds, and how much before now it begins: clocks differ.
const (
	assertionLife = 10 * time.Minute
	assertionSlip = time.Minute
)

// sign writes the token in its compact form (RFC 7515 section 7.1), signed with
// RSASSA-PSS where the header says PS256, else with RSASSA-PKCS1-v1_5 (RFC 7518
// sections 3.3, 3.5).
func (a assertion) sign() (string, error) {
	header, err := json.Marshal(a.header)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(a.claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
	digest := sha256.Sum256([]byte(text))
	var options crypto.SignerOpts = crypto.SHA256
	if a.header["alg"] == "PS256" {
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	}
	signature, err := a.key.Sign(rand.Reader, digest[:], options)
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
