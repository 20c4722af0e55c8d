package relay

import (
	"time"

	"lifeboat/failover"
)

// ActKind is what a person does with messages in the queue.
type ActKind string

// The acts. Retry: send now, also what is held or uncertain (which may double it, and
// is counted). Settle: an uncertain one was delivered after all; it ends.
const (
	ActHold    ActKind = "hold"
	ActRetry   ActKind = "retry"
	ActReroute ActKind = "reroute"
	ActDrop    ActKind = "drop"
	ActSettle  ActKind = "settle"
)

// Act is done to every message that Of selects.
type Act struct {
	Kind   ActKind       `json:"kind"`
	Of     Filter        `json:"of"`
	Via    failover.Role `json:"via,omitempty"` // ActReroute; empty: back to the domain's route
	Reason string        `json:"reason,omitempty"`
	By     string        `json:"by"`
	// Report: ActDrop tells the sender.
	Report bool `json:"report,omitempty"`
}

// Filter selects messages in the queue. Empty fields select all.
type Filter struct {
	IDs     []ID          `json:"ids,omitempty"` // the beginning of an ID is enough where it is one message's only
	State   State         `json:"state,omitempty"`
	Domain  string        `json:"domain,omitempty"`
	Role    failover.Role `json:"role,omitempty"`    // that it waits for
	Address string        `json:"address,omitempty"` // of sender or a recipient; a part of it is enough
}

// Line is a message as a list of the queue shows it.
type Line struct {
	Item
	Role failover.Role `json:"role"` // the provider that it waits for now
}

// Listing is the queue at a moment.
type Listing struct {
	At       time.Time `json:"at"`
	Messages []Line    `json:"messages"` // oldest first, at most as many as asked for
	Total    int       `json:"total"`    // that the filter selects
	Totals   []Sample  `json:"totals"`   // of the whole queue
	Routes   []Routing `json:"routes"`
	Running  bool      `json:"running"` // somebody is sending it on
}

// Routing is a domain's send route.
type Routing struct {
	Domain string        `json:"domain"`
	Role   failover.Role `json:"role"`
	Since  time.Time     `json:"since,omitzero"`
	By     string        `json:"by,omitempty"`
	// Operation is the journal's name of the switch that it was part of.
	Operation string            `json:"operation,omitempty"`
	Reason    failover.Sentence `json:"reason,omitzero"`
}
