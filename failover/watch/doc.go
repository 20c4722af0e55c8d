// Package watch looks at a domain's mail providers again and again: it makes the
// rounds of observations that package detect judges.
//
// A round looks at everything at the same time: each MX host, talked to as a sender
// would and as far as RCPT, with a recipient that there is; the submission and the IMAP servers, sign-in
// included; the domain's MX records at each authoritative server; the controls, which are
// mail hosts and name servers of others that tell our own line from theirs; and, now
// and then, what the providers say of themselves on their status pages. Nothing
// is ever sent: no DATA, no message, no change in a mailbox.
//
// # What a round promises
//
// It ends in time. All its looks share one deadline ([Options.Patience]); one that
// does not obey it is left behind, and its target is not looked at until it has come
// back. So no server, keychain or resolver holds up the others, and rounds never
// overlap.
//
// It is honest about what could not be tried. No password at hand, no IPv6 here, a
// blocklist that names our address: that is [detect.Unable], which counts as not
// having looked.
//
// It does not take its own mistakes for an outage. A server that says no has to have
// said yes before: a sign-in that never worked means a wrong password, a
// recipient that was never taken a wrong address, a certificate that never was right is
// nothing new. What worked once is remembered beyond the end of the
// program ([Memory]).
//
// It is polite: one connection and mostly one recipient a round for each host, sign-ins
// seldom when they are refused, so that no account is locked.
//
// What these looks cannot show, [Watcher.Blind] says.
package watch
