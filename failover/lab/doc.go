// Package lab is a small mail world in one process: a domain with its DNS, two
// mail providers, and somebody outside who writes to it all the time. Practice
// mode plays in it, and tests switch its mail over and back.
//
// Nothing in it is simulated that can be real. Every server is a server on a
// loopback socket, and what passes between them are the bytes that would pass in
// an outage: DNS over UDP, TCP and HTTPS, dynamic updates signed with TSIG, SMTP
// with STARTTLS. So what works here has parsed real messages and met real
// resets and time-outs, and what is told about a message ("lost", "delivered
// twice") is counted where the message was sent and where it arrived.
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
// that holds the providers' zones. A recursive resolver walks that tree and
// keeps answers as long as their TTLs say; outside senders ask it, as their like
// would.
//
// # What breaks
//
// [World.Break] gives a provider one of the [Fault] values, at once and in the
// middle of whatever is going on, and [World.Mend] takes it away. Real providers
// seldom fail as a whole: [World.BreakPart] breaks some hosts, or a share of the
// connections, of those in use too. The share is dealt out evenly and not by a coin,
// so that 30 % is 30 % of any run. [World.BreakDNS] breaks a name server,
// [World.BreakUpdates] the DNS host's door for changes alone, [World.SetStatusPage]
// what a provider says of itself, and [World.SetLine] the office's line.
//
// In one place the lab plays fair where the real world may not: a provider never
// dies between storing a message and its 250. There any mail system can deliver
// a message twice (RFC 1047), whoever switches what; [LoseReply] shows that on
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
