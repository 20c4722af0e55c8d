// Package tokens is an OAuth 2.0 issuer for tests, over HTTPS on loopback: a token
// endpoint for applications, service accounts, devices and browsers, the page where a
// person agrees, and the introspection endpoint (RFC 7662) that Dovecot's passdb
// oauth2 asks. What it issues can be made to end at any moment, and it fails in every
// way that the real ones are documented to.
package tokens
