package engine

import (
	"context"
	"time"

	"lifeboat/failover"
	"lifeboat/failover/relay"
)

// Desk is where people look at the send route and act on it. It is the same over the
// local API, where a Lifeboat is running in the data folder, and in this process,
// where none is.
type Desk interface {
	// Queue lists the oldest messages that the filter selects, at most limit (0: 200).
	Queue(ctx context.Context, f relay.Filter, limit int) (relay.Listing, error)
	// Log finds events, oldest first.
	Log(context.Context, relay.LogQuery) ([]relay.Event, error)
	// Samples is the history of the queue, see [relay.Log].
	Samples(ctx context.Context, since, until time.Time, most int) ([]relay.Sample, error)
	// Act does what a person asks, and returns the messages as they are afterwards.
	Act(context.Context, relay.Act) ([]relay.Line, error)
	// Send signs a message, queues it, and waits a while for what becomes of it.
	// It returns without an error once the message is durable in the queue.
	Send(context.Context, Outgoing) (SentMail, error)
	// Running reports whether another process, or this one, is sending the queue on
	// without this desk.
	Running() bool
	Close() error
}

// Outgoing is a message of the composer.
type Outgoing struct {
	Envelope relay.Envelope `json:"envelope"`
	Message  []byte         `json:"message"` // as it is to be sent, with CRLF line ends (RFC 5322)
	// Wait is how long to wait for a provider to take it or not; 0: not at all.
	Wait time.Duration `json:"wait"`
}

// SentMail is what became of an Outgoing while it was waited for.
type SentMail struct {
	ID    relay.ID          `json:"id"`
	State relay.State       `json:"state"`
	To    []relay.Recipient `json:"to"`
	// Why is the reason of its not being sent yet.
	Why  failover.Sentence `json:"why,omitzero"`
	Next time.Time         `json:"next,omitzero"` // when it is tried again
	// Via is the provider whose turn it was.
	Via  failover.Role `json:"via,omitempty"`
	Copy SentCopy      `json:"copy"`
	// CopySay says why there is no copy yet; zero: there is nothing to say.
	CopySay failover.Sentence `json:"copy_say,omitzero"`
}

// SentCopy says whether the sender's own copy is in the mirror.
type SentCopy string

// The ways of a copy.
const (
	CopyFiled   SentCopy = "filed"
	CopyPending SentCopy = "pending" // kept, to be filed by whoever holds the mirror next
	CopyNone    SentCopy = "none"    // there is no mirror of the sender's mailbox
)
