package tokens

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// claims are those of a JSON Web Token that are looked at (RFC 7519 section 4.1).
type claims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Scope    string `json:"scope"`
	ID       string `json:"jti"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

var errToken = errors.New("no JSON Web Token, or not signed with the key that is known")

// unverified reads the claims of a token.
func unverified(token string) (claims, error) {
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, errToken
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	return c, err
}

// verify reads the claims of a token that is signed with the key (RFC 7518 sections
// 3.3, 3.5).
func (i *Issuer) verify(token string, public crypto.PublicKey) (claims, error) {
	c, err := unverified(token)
	if err != nil {
		return c, err
	}
	parts := strings.Split(token, ".")
	var header struct {
		Algorithm string `json:"alg"`
		Print     string `json:"x5t#S256"`
		KeyID     string `json:"kid"`
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || json.Unmarshal(text, &header) != nil {
		return c, errToken
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return c, errToken
	}
	key, ok := public.(*rsa.PublicKey)
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	switch {
	case ok && header.Algorithm == "PS256" && header.Print != "":
		err = rsa.VerifyPSS(key, crypto.SHA256, digest[:], signature, nil)
	case ok && header.Algorithm == "RS256" && header.KeyID != "":
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
	default:
		err = errToken
	}
	return c, err
}
