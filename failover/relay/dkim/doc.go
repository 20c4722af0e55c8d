// Package dkim signs what leaves through the relay with the domain's own key (DKIM,
// RFC 6376), so that it passes DMARC (RFC 7489) whichever provider it leaves through:
// a provider signs for itself, or for domains that were set up there, which an
// emergency's secondary often was not, and SPF fails as soon as somebody forwards.
//
// # What is signed
//
// Header and body relaxed, with RSA of 2,048 bits and SHA-256, which every receiver
// verifies (RFC 8301; Ed25519 of RFC 8463 is still unknown to many). The header
// fields are those of RFC 6376 section 5.4.1 that nobody on the way rewrites, see
// fields.go. From and Reply-To are signed once more than they occur, so that a second
// one cannot be slipped in (section 8.15); the same holds for what else is there.
//
// # Odd line ends
//
// The relay keeps the bytes that were handed in, so that the signatures of others stay
// valid; also a bare LF or CR. What a receiver hashes is something else: servers on the
// way take a bare LF for the end of a line and pass on CRLF, and a bare CR for white
// space (Postfix, smtpd_forbid_bare_newline and cleanup_replace_stray_cr_lf), and
// verifiers do the former too. So that is what is signed here: section 5.3 wants it
// converted before, and relaxed canonicalization makes of it one blank, or nothing at the end
// of a line, whatever the server on the way made of it.
//
// The message is read once and never held: memory does not grow with its size.
package dkim
