// Package probe takes the evidence that a provider really takes a domain's mail,
// and weighs it. It is the preflight of every switch.
//
// While a primary is down the world's senders wait: their servers keep each
// message and try again for days. Led to a server that refuses them, the same
// messages come back as bounces at once, and nobody sends them again. So no MX
// is changed without evidence, and what nobody could look at counts as not
// known, which is not the same as good.
//
// # Checks
//
// A [Check] looks at one thing, in a file of its own, and says why it looks and
// what to do about what it finds; [Checks] lists them all. To add one, write its
// file and add one line to that list. Checks share what they learn (addresses,
// greetings, the state of the line) through a survey, so that every host is
// disturbed once.
//
// # Telling our line from their server
//
// Most office and home lines let no SMTP out on port 25, in Japan nearly all of
// them (OP25B), and some providers refuse to talk to such lines at all. Neither
// says anything about the domain. Control hosts that have nothing to do with it
// tell the two apart: when nobody answers on port 25, it is the line. The
// verdict is then Unknown with OwnLine set, and the remedy names the other two
// ways to know: a seed message through the provider's own submission port
// ([Prober.Seed]), or what was seen from another line ([Import]).
//
// # What acceptance proves
//
// A server that answers 250 to everything proves nothing by it, so each one is
// asked for an address that does not exist as well, and has to refuse it: putting
// it off is what greylisting does to everybody at first. Addresses are asked for one
// in a transaction, from the null sender as bounces come (RFC 5321 section
// 4.5.5), slowly and in no order, never with a message: neither a harvester nor
// a spammer looks like that.
//
// # Connectivity tests
//
// A [Test] tries one kind of connection, in a file of its own (try*.go), and [Tests]
// lists them in the order of the table that people see. They go beyond what a switch
// depends on: sign-ins, certificates, every name server, the DNS host's credential,
// messages out and back. A [Trial] runs them at one [Site] (a provider under a name), all
// at once; what one learns the others know. Where a test looks at what a check looks at,
// it runs that very check, so that the two never say different things, and what it found
// is kept as evidence. A test has a limit after which it is over, whatever it waits
// for. How fast addresses are asked for is explained at [Pace].
//
// # Weighing
//
// [Evidence] keeps findings over restarts, each with what it was asked about, so
// that a changed setting makes only that part worthless. What nobody could look
// at does not undo what was seen, and is looked at again the next time. [Judge] says whether a
// plan may go ahead. Whoever overrules it does so elsewhere, in writing.
package probe
