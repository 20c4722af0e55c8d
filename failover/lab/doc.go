// Package lab is a small mail world in one process: a domain with its DNS, two
// mail providers, the domain's staff, and people outside who write to them all the
// time. Practice mode plays in it, and tests switch its mail over and back.
//
// Nothing in it is simulated that can be real. Every server is a server on a
// loopback socket, and what passes between them are the bytes that would pass in
// an outage: DNS over UDP, TCP and HTTPS, dynamic updates signed with TSIG, SMTP
// with STARTTLS, IMAP under TLS. So what works here has parsed real messages and
// met real resets and time-outs, and what is told about a message ("lost",
// "delivered twice") is counted where the message was sent and where it arrived.
//
// # People
//
// Outside there are three groups, [Customers], [Suppliers] and [Partners]. Each has
// a mail server that queues, looks the MX up anew at each try and waits longer
// after each failure, and a resolver whose answers are of another age than the
// others': after a switch the old one runs out for one group after the other, as it
// does in life. [World.Announce] has them write to the emergency subdomain.
//
// With Options.Staff the domain's people are at work. Each reads by IMAP with a
// password of their own at both providers, and hands in what they write at the
// provider of the send route ([World.SetSendRoute]); what nobody takes waits in
// their outbox. With a submission server of their own ([World.SetOffice]) they hand it
// in there, and that server's keeper says what became of it. A provider hands on what is for others outside from a queue of its
// own, and tells whoever wrote a message that it is delayed or came back (RFC 3464).
// One partner, remote.test, can break ([World.BreakRemote]): then mail waits though
// nothing of the domain's is wrong, which a switch would not help.
//
// # Messages
//
// [World.Ledger] follows every message that anybody has written, whatever its
// direction, until nobody holds it any more: then it is delivered, bounced or lost,
// and none is ever in two states or in none. [World.Picture] is the same for a
// drawing. What is kept of each is bounded, so hours of practice take no more memory
// than minutes, but for two bits a message.
//
// # Addresses
//
// The world has addresses of its own, out of the ranges kept for documentation
// (RFC 5737, RFC 3849), and the ports that mail and DNS really use. The servers
// listen on 127.0.0.1, each on a port that the system chose. [World.Dialer]
// joins the two: it is what a program in the world's office has for a network.
// An address with nobody there refuses, a dead host does not answer, and the
// line itself can be cut or keep ports shut ([World.SetLine]).
//
// # Names
//
// The tree is whole: a root server, the top-level domain, the domain's own
// name servers (ns1 takes changes, the others follow after a lag), and one more
// that holds everybody else's zones. Recursive resolvers walk that tree and keep
// answers as long as their TTLs say: the office's, one of each group outside, and
// one of each provider.
//
// # What breaks
//
// [World.Break] gives a provider one of the [Fault] values, at once and in the
// middle of whatever is going on, and [World.Mend] takes it away. Real providers
// seldom fail as a whole: [World.BreakPart] breaks some hosts, or a share of the
// connections, of those in use too. The share is dealt out evenly and not by a coin,
// so that 30 % is 30 % of any run. [World.BreakDNS] breaks a name server,
// [World.BreakUpdates] the DNS host's door for changes alone, [World.BreakRemote] a
// partner's mail server, [World.SetStatusPage] what a provider says of itself, and
// [World.SetLine] the office's line.
//
// In one place the lab plays fair where the real world may not: a provider never
// dies between storing a message and its 250, and stores none after hanging for so
// long that its sender may have given up. There any mail system can deliver a
// message twice (RFC 1047), whoever switches what; [LoseReply] shows that on
// purpose, so that it does not happen by chance.
//
// # Time
//
// The world has a clock of its own ([World.Now]), which runs Options.Factor times
// as fast as life. What anybody waits for by the clock follows it: TTLs, the
// secondaries' lag, the senders' retries and pace, the staff's day, the status page's
// delay. What the network takes does not: connections, replies and time-outs are
// real, and so are the bytes; the certificates' and signatures' dates are those of
// life, as those who check them look at their own clock.
//
// So a compressed run says truly what happens and in which order, and falsely how
// long it takes: of an outage in which the TTL counts for five seconds, detection
// and the switch have a part that in life they have not. Whoever shows a figure out
// of such a run shows the factor beside it, and calls no time of it an RTO; that
// takes factor 1.
//
// Options.Now lets a test turn TTLs and lag forward by hand, without waiting.
//
// # Datagrams
//
// Where the system has no UDP that works, datagrams travel over loopback TCP, each
// with its length before it. Nobody outside the package can tell.
package lab
