// Package deliver sends queued mail on through the provider of the route.
//
// It knows a message by its ID, its sender and when its turn is; what it says and what
// became of it stay in the queue. Messages of one sender stand in a lane; a lane leads
// to a login (a credential at a provider's host), and the logins of a host share the
// connections that it allows. Each connection is a goroutine that hands over one
// message after the other. Who is next goes round by sender: two thousand messages of
// one do not stand before the one of another.
//
// # Whose fault it is
//
// An answer may be about the message, about the sender's right to send as this address,
// about the account, or about the provider as a whole ([judge]), and what rests then is
// that and no more: a message by its own backoff, a sender's or an account's mail until
// the next look, a host until a single connection finds it well again, after which all
// its mail goes at once. Only what is about the message is ever bounced.
//
// # What is durable when
//
// Attempt is written when a try begins. Handing is on the disk before the end of the
// data leaves, and is being put there while the data travels; from then until the reply
// is on the disk, a crash makes the message Uncertain. So does a lost reply, and nothing
// else does. A person's act on a message and a running delivery meet in
// [relay.Queue.Update], where each looks at the state as it is then: an act before
// Handing wins, later ones are refused until the reply is there.
//
// # Time
//
// All waiting goes by a clock that does not step, and so does a message's age since this
// run first saw it; the wall clock is only written down. After a start, every message is
// tried for hours before it can expire, so that a wrong clock expires nothing.
package deliver
