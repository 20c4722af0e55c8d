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
// The defaults (see [Pace]) were weighed against simulated years of a small office: a
// line that is cut, loses packets and changes its address at night, routes that move,
// hosts that restart, greylisting, full mailboxes, status pages that cry wolf, a
// machine that sleeps, and a clock that is put wrong, with true outages of 22 kinds
// strewn among them. The tests hold 500 days of it: no false failover, no false
// recovery, every true outage found that lasts, and print the time to detect by
// kind. In 21,000 days more one provider was called down that was not: the
// secondary, whose one host lost six looks in a row on a route that lost every
// fourth. In each 1,000 days, with the other thresholds as they are:
//
//   - FailAfter: a provider falsely called down 408 times with 2 looks, 158 with 3, 4
//     with 4, once with 5 and with 6. Routes move for about three minutes, hosts
//     restart within eight. 6 it is; a dead host is found after 6 minutes.
//   - DeferAfter: 348 times with 5, 52 with 10, once with 12 and with 15. Greylisting
//     takes five minutes mostly and ten now and then, and begins anew when our
//     address changes. 15 leaves room; so long it takes to believe a 4xx.
//   - UnsteadyAfter: falsely called degraded 190 times with 4, 21 with 6, 4 with 8.
//     A host that resets half of its connections is found after about 16 minutes.
//   - RecoverAfter: called healthy in the middle of an outage 54 times with 5 looks,
//     16 times with 10, never with 15 or 20. Going home too early is the dearer
//     mistake, so 20.
package detect
