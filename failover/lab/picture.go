package lab

import (
	"time"

	"lifeboat/failover"
)

// Picture is what a drawing of the world needs, at one moment of the world's time.
type Picture struct {
	At time.Time
	// Senders are the groups outside: customers, suppliers, partners.
	Senders   []SenderPicture
	DNS       DNSPicture
	Primary   ProviderPicture
	Secondary ProviderPicture
	Staff     StaffPicture
	// Remote is the fault of remote.test, the partner that BreakRemote breaks.
	Remote Fault
}

// SenderPicture is one group outside.
type SenderPicture struct {
	Group Group
	Name  string // of its mail server: "mail.customers.test"
	// Waiting messages have not arrived yet; OnTheWay is how many of them are being
	// tried at this moment.
	Waiting  int
	OnTheWay int
	// NextTry is when the first of the others is tried; zero where none waits.
	NextTry time.Time
	// Route is the provider that the group's resolver leads to as long as its answer
	// is kept; empty while it keeps none, or one that leads elsewhere.
	Route failover.Role
}

// DNSPicture is where the domain's MX records lead.
type DNSPicture struct {
	PointsTo failover.Role // at the primary name server; empty is elsewhere
	// Old is what somebody outside still goes by, until OldUntil at the latest; empty
	// and zero when all go by the same.
	Old      failover.Role
	OldUntil time.Time
}

// ProviderPicture is one provider.
type ProviderPicture struct {
	Role  failover.Role
	Name  string
	Fault Fault
	Took  int // messages from outside that arrived here first
	Held  int // messages that it keeps back, or has yet to hand on to others outside
}

// StaffPicture is the domain's own people.
type StaffPicture struct {
	Read, Wrote int
	// Waiting is what they have written and nobody has received, Outbox the part of it
	// that they cannot even hand in.
	Waiting, Outbox int
	SendRoute       failover.Role
	// CannotRead and CannotSend count those who are in trouble at this moment.
	CannotRead, CannotSend int
}
