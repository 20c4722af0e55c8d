// Package relay has the words of the send route: what staff, printers and programs
// hand in, what becomes of it, and which provider it leaves through. It does no I/O;
// the parts that do are below it, and know each other by the interfaces here.
//
//   - submit takes mail in: SMTP submission (RFC 6409) with a user for each person or
//     device (users), and our own DKIM signature (dkim).
//   - queue keeps it, sealed and durable: a 250 means that it survives a kill -9 and a
//     power cut. It keeps what happened to each message too, and how many waited when.
//   - deliver sends it on through the provider of the route, with the sender's own
//     credential, within the provider's limits.
//   - chart draws the pile-up before a broken provider, and how it drained.
//
// # Of one message
//
// A message is [Waiting] until it is its turn, and then one of three things happens to
// each of its recipients: the provider takes it, refuses it, or puts it off. What it
// has taken is the provider's to deliver; this is where the relay's duty ends, and
// "delivered" below means that and no more.
//
// Between the end of the data and the provider's reply to it lies the one moment in
// which nobody here can know whether the provider has the message (RFC 1047). So the
// intent to end the data is made durable before ([Queue.Update] with [Event] Handing);
// whoever finds a Handing without what came of it, after a lost connection or a
// killed process, makes the message [Uncertain]: shown as such, held for a while, and
// sent a second time only by rule, which is said and counted (Again).
package relay
