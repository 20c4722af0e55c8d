package dnshost

import "context"

// Trier is a Host that can find out whether it would let us change a zone, without a
// change. It is how an expired or read-only credential is noticed in calm times.
type Trier interface {
	Host

	// TryWriting sends the host a change of the MX records at name, and of the zone's lock
	// record, that it has to be allowed to make and that changes nothing, whatever the
	// zone holds: neither records nor serial number. A nil error means that it would have
	// been carried out. Errors are those of Apply; failover.ErrReadOnly above all.
	TryWriting(ctx context.Context, zone, name string) error
}
