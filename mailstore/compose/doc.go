// Package compose writes messages: new ones, replies and forwards.
//
// What it writes is read by everybody's mail program, so it is plain: a text in UTF-8
// and attachments. Header fields are US-ASCII, names and subjects in encoded-words
// (RFC 2047), lines at most 78 octets long wherever that is possible; file names
// are written by RFC 2231, and once more as encoded-words for the programs that know
// only those. A text in US-ASCII is flowed (RFC 3676), so that it fits every screen;
// any other is in quoted-printable or base64, whichever is shorter.
//
// Nothing that a person typed can become a header field: line ends in names,
// subjects and addresses are refused before anything is written. The same draft with the
// same clock and random bytes gives the same message.
package compose
