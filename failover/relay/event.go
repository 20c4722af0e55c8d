package relay

import (
	"time"

	"lifeboat/failover"
)

// EventKind is what an [Event] tells.
type EventKind string

// The kinds of event, about in the order of a message's life.
const (
	Submitted   EventKind = "submitted" // accepted, durable
	Refused     EventKind = "refused"   // not taken in: a sign-in, a sender, a size, a rate; has no ID
	Attempt     EventKind = "attempt"   // a try at a provider begins
	Handing     EventKind = "handing"   // the data is about to be ended
	Sent        EventKind = "delivered" // the provider took it for To
	Bounce      EventKind = "bounced"   // the provider refused To for good
	Deferred    EventKind = "deferred"  // the provider, or the way to it, put To off
	Doubtful    EventKind = "uncertain" // the reply after the data was lost
	SentAgain   EventKind = "again"     // sent once more after Doubtful, by rule
	Settled     EventKind = "settled"   // a person said what became of an uncertain one
	Hold        EventKind = "held"      // by a person
	Release     EventKind = "released"  // to be sent, by a person
	Rerouted    EventKind = "rerouted"  // a person chose the provider of this message
	Drop        EventKind = "dropped"   // by a person, with a reason
	Expiry      EventKind = "expired"   // nobody took it in time
	Warning     EventKind = "warned"    // the sender was told that it is late
	Reported    EventKind = "reported"  // the sender was told of a Bounce, Expiry or Drop; Other is the report
	RouteChange EventKind = "route"     // a domain's send route was switched; has no ID
	Found       EventKind = "found"     // the queue was opened anew and this was in it
	Pace        EventKind = "paced"     // a provider's limit makes messages wait
)

// TLS is how a connection to a provider was protected.
type TLS struct {
	Version string `json:"version"` // "TLS 1.3"
	Cipher  string `json:"cipher"`
	Name    string `json:"name"` // the host whose certificate was checked
}

// Event is something that happened, and is kept in the queue's log.
type Event struct {
	At   time.Time `json:"at"`
	ID   ID        `json:"id,omitempty"`
	Kind EventKind `json:"kind"`
	User string    `json:"user,omitempty"` // who handed it in, or tried to
	From string    `json:"from,omitempty"`
	To   []string  `json:"to,omitempty"` // those recipients that it is about
	// MessageID, Subject and Size are in Submitted events.
	MessageID string `json:"message_id,omitempty"`
	Subject   string `json:"subject,omitempty"`
	Size      int64  `json:"size,omitempty"`

	Domain string        `json:"domain,omitempty"` // the sender's
	Role   failover.Role `json:"role,omitempty"`   // the provider
	Host   string        `json:"host,omitempty"`   // of the provider, or the client's address
	// Login is whose credential a try is with, see [Credential].
	Login string `json:"login,omitempty"`
	// Answer is the server's full reply, lines joined by "\n"; Code its reply code.
	Answer string `json:"answer,omitempty"`
	Code   int    `json:"code,omitempty"`
	TLS    *TLS   `json:"tls,omitempty"`
	Try    int    `json:"try,omitempty"`
	// By is who did it, of what a person does: user@machine.
	By    string            `json:"by,omitempty"`
	Other ID                `json:"other,omitempty"`
	Say   failover.Sentence `json:"say,omitzero"`
}

// LogQuery selects events. Empty fields select all.
type LogQuery struct {
	ID      ID
	Address string // of sender or a recipient; a part of it is enough
	Text    string // in Message-ID, subject, answer, host or sentence, case-insensitively
	Kinds   []EventKind
	Role    failover.Role
	Since   time.Time
	Until   time.Time
	Limit   int // the newest so many; 0: 1,000
}

// Sample is how many messages of one domain stood how before one provider, at one
// moment: one point of the picture of a pile-up.
type Sample struct {
	At        time.Time     `json:"at"`
	Domain    string        `json:"domain"`
	Role      failover.Role `json:"role"` // the provider that they wait for
	Waiting   int           `json:"waiting"`
	Held      int           `json:"held"`
	Uncertain int           `json:"uncertain"`
	Bytes     int64         `json:"bytes"`
	Oldest    time.Time     `json:"oldest,omitzero"` // when the oldest of them arrived
	// Since the log began: accepted from users of the domain, and delivered, bounced
	// (expired ones too), dropped and sent again at this provider.
	Accepted  uint64 `json:"accepted"`
	Delivered uint64 `json:"delivered"`
	Bounced   uint64 `json:"bounced"`
	Again     uint64 `json:"again"`
}
