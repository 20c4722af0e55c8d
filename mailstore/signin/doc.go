// Package signin holds who signs in to a mail server, and with what: passwords
// (SCRAM, PLAIN, LOGIN) and OAuth 2.0 tokens (OAUTHBEARER, XOAUTH2) with the places
// they come from.
//
// # Sources and mechanisms
//
// A [Source] is one account's credential. It is asked for a SASL client (RFC 4422)
// with the mechanisms that the server offers, and gives the strongest one that both
// know. [Do] is the whole of a sign-in: it goes on to another mechanism when one is
// refused because the server lacks it, and never when the credential was refused,
// since a few wrong passwords lock an account out; it throws a refused token away
// once and tries a fresh one; and it says in a sentence why the server lets nobody
// in. Nothing that shows a password or a token goes over a connection without TLS.
//
// # Tokens
//
// [Tokens] are where access tokens come from:
//
//   - [Microsoft]: one application signs in to every mailbox of a tenant (client
//     credentials, RFC 6749 section 4.4), with a secret or a certificate;
//   - [ServiceAccount]: a Google service account with domain-wide delegation asks
//     for a token in the name of each mailbox (RFC 7523);
//   - [Person]: somebody allowed this program in their browser, on this machine
//     (RFC 8252, with the proof key of RFC 7636) or on another one (RFC 8628). The
//     refresh token lies in a [Vault].
//
// However many connections want a token at once, one request is made. A token is
// renewed before it ends, while it still works. An issuer that is busy is left alone
// for as long as it asks, and meanwhile the old token serves.
//
// # What is not shown
//
// No error, sentence or log line of this package holds a password, a secret, a key,
// an assertion or a token, nor the text of an issuer's answer, which may quote them:
// only its error codes, matched against those documented.
package signin
