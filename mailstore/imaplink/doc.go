// Package imaplink holds connections to IMAP servers: those of a mail provider, from
// which the mirror is filled.
//
// # Who does what
//
// The commands and answers of a session are those of go-imap's client: EXAMINE,
// SEARCH, NAMESPACE, IDLE, NOOP, LOGOUT, with their pipelining and their waiting. But
// that client ends the connection over any word that it does not know, drops a
// message without an error when its UID comes after its body, waits for ever, and has
// none of the extensions that make a mirror cheap. So it does not hold the line: it
// holds a net.Conn of this package (link), which reads everything that the server says
// first, and
//
//   - connects, checks the certificate, signs in (package signin), and hands over a
//     connection that greets with PREAUTH;
//   - sends what the client lacks itself, with tags of its own ("L1", the client's are
//     "T1"): ENABLE (RFC 5161), ID (RFC 2971), COMPRESS (RFC 4978), LIST with STATUS
//     (RFC 5819) and every FETCH. LIST and STATUS are here because servers hold names
//     that are no modified UTF-7, over which the client ends the connection; FETCH
//     because of the order of its items, of VANISHED (RFC 7162), X-GM-MSGID,
//     EMAILID (RFC 8474), and because messages go from the wire into a buffer and from
//     there to whoever takes them, once;
//   - puts the parameters of QRESYNC, and names as the server writes them, into the
//     client's EXAMINE;
//   - gives the client only answers that it can read, and only to what it asked. It
//     is not told of IMAP4rev2 (see masked).
//
// # What a server may not do
//
// Servers stall, lie and flood, or somebody between does. A response without its
// literals has 16 MiB at most, a name 64 KiB; a message larger than 8 MiB comes in
// parts, and at most 16 MiB of messages wait to be taken; what nobody asked for ends
// the connection after 8 MiB. The time that a server lets somebody wait is counted (see
// [Patience]), not the time that we are busy ourselves; an octet a second is no
// progress. Every error is a *mailstore.Error; after one of kind ErrUnreachable or
// protocol trouble the connection is closed, and every later call says so.
//
// What was asked for and did not come is noticed: each UID wanted by [Conn.Bodies] is
// either given whole, or gone from the folder, or named in the error. Microsoft 365
// sometimes says OK without a body, or gives a stub in its place, and its RFC822.SIZE
// is a guess: so a message that is shorter than told is asked what lies behind its
// end, and is whole when nothing does.
//
// # What it costs
//
// Round trips: TCP, TLS, greeting, sign-in, then ENABLE, ID, NAMESPACE and LIST in one
// packet, LOGOUT. Bodies are asked for in batches of up to 64 messages or 2 MiB, four
// at once (eight when the server is far), so that it never waits for us. The line is
// compressed only when it turns out to be slow: DEFLATE costs a server more time than
// a quick line does.
package imaplink
