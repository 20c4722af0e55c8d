// Package users keeps who may hand mail in at the relay, with which passwords, and
// which senders each may name.
//
// # Passwords
//
// A password is made here, never chosen by a person, and there is one for each device
// or program: whoever finds the printer's is stopped by revoking that one. It is 125
// random bits, written as 25 characters of Crockford's base 32 in five groups, so that
// it can be typed at a printer's panel; case, hyphens and blanks make no difference, and
// neither do o for 0 and i or l for 1.
//
// What is kept is its salted SHA-256. A slow hash (argon2, bcrypt) makes up for
// passwords that people choose, of which a billion guesses find many. Of 2^125 equally
// likely ones a billion guesses find none, however fast each is: NIST SP 800-63B section
// 5.1.2.2 asks for a plain salted hash from 112 bits on. And a slow hash would be a lever
// for whoever wants to keep the relay busy: a guess would cost us more than him.
//
// # The file
//
// The book is one file, sealed with AES-256-GCM (NIST SP 800-38D) under the key handed
// in, since it tells who works here. It is replaced in one step under a lock file beside
// it, and read again when it has changed, so that `lifeboat user revoke` takes effect in
// a relay that is running. A file that is there and cannot be read any more leaves in
// force what was read last: mail goes on, and the log says so.
package users
