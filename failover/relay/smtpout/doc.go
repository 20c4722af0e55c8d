// Package smtpout is the client's side of mail submission: it hands one message after
// the other to a provider over one connection (RFC 5321, RFC 6409).
//
// It exists beside the clients of libraries because the relay needs what they do not
// give. A message's octets arrive as they are, so that signatures of others stay valid:
// bare CR and LF too, by BDAT where the server has CHUNKING (RFC 3030). The moment
// before the data is ended belongs to the caller, who must first write down that it is
// about to happen ([Conn.Send] stops there, [Conn.Finish] goes on). And a server may
// say anything at any pace: lines, replies and waiting are bounded, for a provider in
// trouble is the one that this program is for.
//
// Spoken besides: PIPELINING (RFC 2920), STARTTLS (RFC 3207) and TLS from the start
// (RFC 8314), both with the certificate checked always, AUTH (RFC 4954), SIZE
// (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), enhanced codes (RFC 2034).
package smtpout
