// Package detect makes out, from what was seen of two mail providers, how they are:
// healthy, degraded, down or unknown; what is wrong, whose fault it looks like, how
// sure that is, and whether moving the mail away would help. It sees nothing by
// itself: rounds of observations come in ([Detector.Take]), a [State] goes out. It
// does no I/O, has no clock, and the same rounds always give the same state.
//
// # The rules
//
// A switch that was not needed sends the mail of a whole organisation to a place
// where nobody looks; an outage noticed ten minutes late costs ten minutes. So the
// rules lean one way, and say so:
//
//   - Failing and recovering have thresholds of their own. It takes a few looks in
//     a row to call something failing, and more of them, all sound, to call it
//     recovered: a provider that comes and goes has not recovered, and its bad
//     minutes never flap the state.
//   - Silence is unknown. A look that could not be taken says nothing, a last look
//     that is too old holds no longer, and nothing is ever called healthy because
//     nothing bad was heard.
//   - Our own line comes first. Controls, hosts of somebody else's, are looked at in
//     every round; where they fail together the failure is ours and is held against
//     nobody. That goes for each port: a line that lets nothing out on port 25, the
//     rule in Japan, hides the MX hosts and nothing else. Where a port has no control,
//     the other provider serves as one.
//   - "Later" is not "no". A 4xx passes by itself more often than not (greylisting, a
//     restart, a limit), and so does a name that a resolver cannot find; both take
//     longer to believe than a host that is dead, or says that mail is refused for good.
//   - What fails is named, with the exact words of the servers: which hosts, which
//     direction, sign-in only, attachments only. Down is kept for mail that does not
//     arrive, since that is what a switch of the MX records mends.
//   - The provider's status page never decides. Seed messages that arrive outweigh
//     MX hosts that turn only us away.
//
// # Why these thresholds
//
// The defaults (see [Pace]) were weighed against simulated years of a small office: a line
// that is cut, loses packets and changes its address at night, routes that move,
// hosts that restart, greylisting, full mailboxes, status pages that cry wolf, a
// machine that sleeps, and a clock that is put wrong, with true outages of 22 kinds
// strewn among them. The tests hold the first 500 days of it: no false failover, no
// false recovery, every true outage found that lasts; and print the time to detect
// by kind. A dead host takes 6 minutes, one that says "later" 15.
package detect
