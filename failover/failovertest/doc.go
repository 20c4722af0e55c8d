// Package failovertest has fakes for the ports of a failover, for tests of
// whatever stands above them: an [Authority] is a zone in memory, a [Host] the way
// to change it, a [Viewer] the servers that answer for it, a [Clock] time that
// passes at once.
//
// They are no mocks that repeat what a test told them. The host keeps the
// contract of package dnshost, shown by the same suite that every real host
// passes; its capabilities can be chosen, and its calls can be made to fail in the
// ways that networks and companies fail, one call at a time ([Host.Script]). The
// viewer's servers lag behind, fall silent, or are lame.
//
// Package servers, below, starts real DNS and mail servers; package fakedns is
// name servers that answer wrongly on the wire.
package failovertest
