// Package submit takes mail in from staff, printers and programs: SMTP submission
// (RFC 6409) into the relay's queue. Its 250 is the queue's: the message is on the disk.
//
// # Who may
//
// A person or a program signs in with an app password (package users), by AUTH PLAIN
// (RFC 4616) or LOGIN, under TLS: STARTTLS (RFC 3207) or from the first byte (RFC 8314).
// Devices that can do neither are let in by their address, as a user each. Either may
// name, in MAIL FROM and in From and Sender, the addresses that the user may send as, and
// no other: providers refuse them, and nobody shall write as the boss. Wrong passwords are
// answered slowly, then for a while not at all, at the address that they came from.
//
// # What becomes of the bytes
//
// They are kept as they came: a signature that somebody else made stays valid, odd line
// ends and all. Only before them may something stand: a trace line that tells nothing of
// the office, our DKIM signature, and Date, Message-ID or From where they are missing
// (RFC 6409 section 8). What does not pass is refused whole, with a sentence that says
// what to do: NUL; a header that two readers could read differently; and a dot alone
// between line ends that are not CRLF, which another server could take for the message's
// end and what follows for a second one (SMTP smuggling). Lines may be of any length.
// Each refusal is filed as an event, a bounded number of times.
//
// # How it is made
//
// The protocol's state machine is go-smtp's. Between it and the client stands conn,
// which gives it one command line at a time and nothing else, since go-smtp v0.25.1 by
// itself
//
//   - never sees the end of a body that ends with CR CR LF, and loses the CR of CR LF . CR x;
//   - takes a message that breaks off in the middle of the last BDAT chunk for whole;
//   - sets the read deadline once a command, so that a long DATA runs out of time;
//   - ends the session with a permanent error at a long line, also of a message;
//   - takes the quotes from a local part, so that "a@b"@c and a@b@c are the same.
//
// So conn reads messages (DATA and BDAT, RFC 3030) itself, in slices of its buffer that go
// to the queue without a copy, does TLS, bounds lines, times and errors, answers EHLO, and
// holds replies back until the client waits for them (RFC 2920). session decides on the
// commands, receiver on the message: its header is in memory until it is judged, its
// body never. Profiled with messages of 10 KB and a queue that keeps nothing, three fifths
// of the time are the kernel's, reading and writing the socket; the largest part of our own,
// looking for dots, is a twentieth.
package submit
