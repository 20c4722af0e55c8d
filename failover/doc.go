// Package failover holds the words that everything about switching mail is
// said in: domains, providers, record sets, observations, plans, outcomes and
// errors. It does no I/O of its own; the packages below it do, one concern
// each, and meet only in these types.
//
// # Names and records
//
// A DNS name is always a fully qualified, lower-case name in ASCII (A-labels,
// RFC 5890) with its trailing dot, as [FQDN] makes it. A record set is an
// [RRset]: all values of one name and type, in presentation format (RFC 1035
// section 5.1), canonical and sorted, so that two sets are the same exactly
// when their fields are equal.
//
// # A failover as data
//
// A [Plan] says, for every record set it touches, what must be there before,
// what will be there after, and why. It contains nothing but data: it can be
// saved, sent to a colleague, and applied later if nothing has moved
// meanwhile. What a run did is an [Outcome].
//
// # Sentences
//
// Whatever a person may read is a [Sentence]: an English template with named
// parts, which is at the same time the key of its translation. Errors carry
// one ([Error]), apart from their technical cause.
package failover
